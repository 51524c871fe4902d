// The cast around an acquirer: a scripted switch at its edge, and its till, at which the page sells and takes back. What
// became of it is asked of the till; what was said of it stands in the messages.
import { clearingDayOf } from '../clearing/clearing.ts'
import { tillAnswers } from '../mocks/mocks.ts'
import { api, type Cast, judge, Unplayable } from './cast.ts'
import { type Edge, edgeSwitch } from './edge.ts'
import { memberOf } from './names.ts'
import type { Expectation, SingleStep } from './page.ts'
import { itemOf, type TillKind } from './till-names.ts'

type TillStep = Extract<
  SingleStep,
  { sell: unknown } | { refund: unknown } | { reversal: unknown } | { void: unknown }
>
type At = readonly (string | number)[]

/** The test code that a till scans where the page names none. */
const CODE = '6223000000000000017'

/** Each page has an acquirer that knows nothing of the one before. */
export async function tillEdge(cast: Cast): Promise<Edge> {
  const { stage } = cast
  const { values } = stage.profile
  if (stage.subject.features.has('control')) await post(cast, '/control/reset', {})
  return edgeSwitch(
    stage,
    tillAnswers(() => clearingDayOf(stage.clock.now(), values.cutOff)),
  )
}

export const isTillStep = (step: SingleStep): step is TillStep =>
  'sell' in step || 'refund' in step || 'reversal' in step || 'void' in step

/** What a cashier does. That it is refused is no play of the page: a refusal is expected by `call`. */
export async function tillStep(cast: Cast, step: TillStep): Promise<void> {
  if ('sell' in step) {
    const { as, amount } = step.sell
    const { order, orderTime } = begun(cast, as, 'sale', amount)
    await post(cast, '/till/sales', { order, orderTime, code: CODE, amount })
  } else if ('refund' in step) {
    const { as, of, amount } = step.refund
    const { order, orderTime } = begun(cast, as, 'refund', amount)
    await post(cast, '/till/refunds', { order, orderTime, of: named(cast, of), amount })
  } else if ('void' in step) {
    const { as = 'void', of = '' } = step.void
    const { order, orderTime } = begun(cast, as, 'void', itemOf(cast, of).amount)
    await post(cast, '/till/voids', { order, orderTime, of: named(cast, of) })
  } else await post(cast, '/till/reversals', { ...named(cast, step.reversal.of), because: 'no_slip' })
}

function begun(
  cast: Cast,
  name: string,
  kind: TillKind,
  amount: string,
): { order: string; orderTime: string } {
  cast.known.set(name, { ...cast.ids.item(name), kind, amount })
  const item = itemOf(cast, name)
  cast.known.set(name, item)
  return item
}

const named = (cast: Cast, name: string): { order: string; orderTime: string } => {
  const { order, orderTime } = itemOf(cast, name)
  return { order, orderTime }
}

async function post(cast: Cast, path: string, body: unknown): Promise<void> {
  const { status, body: said } = await api(cast, 'POST', path, body)
  if (status >= 200 && status < 300) return
  if (status === 0)
    throw new Unplayable('environment', { zh: '被测方不再应答', en: 'the subject no longer answers' })
  throw new Unplayable('subject', {
    zh: `POST ${path}：应答 HTTP ${status}`,
    en: `POST ${path} answered HTTP ${status}: ${JSON.stringify(said)}`,
  })
}

const PLURALS: Readonly<Record<TillKind, string>> = { sale: 'sales', refund: 'refunds', void: 'voids' }

export async function judgeTill(cast: Cast, expectation: Expectation, at: At): Promise<void> {
  if ('sale' in expectation)
    for (const [name, state] of Object.entries(expectation.sale)) {
      const what = { zh: `收单机构所见 ${name} 的状态`, en: `state of ${name} at the acquirer` }
      judgeMember(cast, what, state, memberOf(await found(cast, name), 'state'), [...at, 'sale', name])
    }
  if ('fulfilled' in expectation)
    for (const [name, count] of Object.entries(expectation.fulfilled)) {
      const what = { zh: `${name} 的发货次数`, en: `times the goods of ${name} went out` }
      const observed = memberOf(await found(cast, name), 'deliveries')
      judgeMember(cast, what, count, observed, [...at, 'fulfilled', name])
    }
  if ('cases' in expectation)
    for (const [name, wanted] of Object.entries(expectation.cases)) {
      const { body } = await api(cast, 'GET', '/till/cases')
      const { order } = itemOf(cast, name)
      const cases = ((body as { cases?: unknown } | undefined)?.cases ?? []) as readonly { item?: unknown }[]
      const open = cases.some(({ item }) => String(item).endsWith(`.${order}`))
      const what = { zh: `${name} 的待处理差错`, en: `cases about ${name} that wait for a person` }
      judgeMember(cast, what, wanted, open ? 'open' : 'none', [...at, 'cases', name])
    }
}

async function found(cast: Cast, name: string): Promise<unknown> {
  const { kind, order, orderTime } = itemOf(cast, name)
  const { status, body } = await api(cast, 'GET', `/till/${PLURALS[kind]}/${order}/${orderTime}`)
  return status === 200 ? body : { state: 'none', deliveries: '0' }
}

function judgeMember(
  cast: Cast,
  what: { zh: string; en: string },
  expected: string,
  observed: string | undefined,
  at: At,
): void {
  judge(cast, {
    what,
    expected,
    observed: observed ?? 'none',
    held: observed === expected,
    evidence: cast.stage.recorder.numbersFrom(cast.stage.subjectId),
    at,
  })
}
