// Steps at the subject's own APIs, and what stands at its edge for it to meet: orders, answers laid in front of the
// honest ones, and what it was heard to ask.
import type { Asked, LaidOrder } from '../mocks/mocks.ts'
import {
  type AnswerClass,
  beijingDay,
  beijingTime,
  MESSAGES,
  type RequestType,
  writeLink,
} from '../wire/wire.ts'
import { api, type Cast, judge, Unplayable } from './cast.ts'
import { type Edge, sayOf } from './edge.ts'
import { MERCHANTS } from './ids.ts'
import { memberOf } from './names.ts'
import type { Expectation, JsonText, SingleStep } from './page.ts'
import { ACQUIRER_A, SWITCH } from './parties.ts'
import { resolved } from './say.ts'
import { durationMs } from './spans.ts'
import type { Stage } from './stage.ts'

type At = readonly (string | number)[]
type CallStep = Extract<SingleStep, { call: unknown }>

/** How the call ended: done, refused or failed. One without an expectation must be done, unless `either` will do. */
export async function callApi(cast: Cast, step: CallStep, at: At, either = false): Promise<string> {
  const say = sayOf(cast)
  const [method = 'GET', path = ''] = resolved(say, step.call.do).split(' ')
  const body = step.call.body === undefined ? undefined : bodyOf(cast, step.call.body)
  const { status, body: reply } = await api(cast, method as 'GET' | 'POST' | 'PUT', path, body)
  if (step.call.as !== undefined)
    cast.known.set(step.call.as, (reply ?? {}) as Readonly<Record<string, unknown>>)
  if (status === 0)
    throw new Unplayable('environment', { zh: '被测方不再应答', en: 'the subject no longer answers' })
  const { done, fields = {} } = step.expect ?? { done: undefined }
  // 404 and 405 say that there is no such call; that is no refusal of what it asks for.
  const refused = status >= 400 && status < 500 && status !== 404 && status !== 405
  const ended = status < 300 ? 'done' : refused ? 'refused' : 'failed'
  if (done === undefined) {
    if (either || ended === 'done') return ended
    throw new Unplayable('subject', {
      zh: `${step.call.do}：应答 HTTP ${status}`,
      en: `${step.call.do} answered HTTP ${status}: ${JSON.stringify(reply)}`,
    })
  }
  if (done === 'either') return ended
  const observed = ended === 'done' ? ended : `${ended} (HTTP ${status}: ${memberOf(reply, 'because') ?? ''})`
  const evidence = cast.stage.recorder.numbersFrom(cast.stage.subjectId)
  judge(cast, {
    what: { zh: `${step.call.do} 的结果`, en: `outcome of ${step.call.do}` },
    expected: done === 'yes' ? 'done' : 'refused',
    observed,
    held: done === 'yes' ? status >= 200 && status < 300 : refused,
    evidence,
    at: [...at, 'expect'],
  })
  judgeMembers(cast, reply, fields, evidence, [...at, 'expect', 'fields'])
  return ended
}

export async function judgeGet(
  cast: Cast,
  { get, fields }: Extract<Expectation, { get: unknown }>,
  at: At,
): Promise<void> {
  const { status, body } = await api(cast, 'GET', resolved(sayOf(cast), get))
  const evidence = cast.stage.recorder.numbersFrom(cast.stage.subjectId)
  judgeMembers(cast, status === 200 ? body : { status }, fields, evidence, [...at, 'fields'])
}

function judgeMembers(
  cast: Cast,
  reply: unknown,
  fields: Readonly<Record<string, string>>,
  evidence: readonly number[],
  at: At,
): void {
  for (const [name, value] of Object.entries(fields)) {
    const want = resolved(sayOf(cast), value)
    const got = memberOf(reply, name) ?? 'absent'
    judge(cast, {
      what: { zh: `接口应答中的 ${name}`, en: `${name} in what the API answered` },
      expected: want,
      observed: got,
      held: agrees(got, want),
      evidence,
      at: [...at, name],
      field: name,
    })
  }
}

/** Equal to the literal, or of the form that a pattern between slashes describes. */
function agrees(got: string, want: string): boolean {
  const [, pattern] = /^\/(.+)\/$/.exec(want) ?? []
  return pattern === undefined ? got === want : new RegExp(pattern).test(got)
}

/** A body as the page wrote it, names resolved. */
export function bodyOf(cast: Cast, body: JsonText): unknown {
  if (typeof body === 'string') return resolved(sayOf(cast), body)
  if (Array.isArray(body)) return body.map((one: JsonText) => bodyOf(cast, one))
  return Object.fromEntries(Object.entries(body).map(([name, one]) => [name, bodyOf(cast, one as JsonText)]))
}

type AnswerStep = Extract<SingleStep, { answer: unknown }>['answer']

export function layAnswer(cast: Cast, edge: Edge, step: AnswerStep): void {
  const { class: said, fields = {}, silence, effect, times } = step
  const type = step.type as RequestType
  edge.script.lay({
    type,
    fields: typed(cast, [...MESSAGES[`${type}.reply` as keyof typeof MESSAGES]], fields),
    times: Number(times),
    ...(said !== undefined && { answer: said as AnswerClass }),
    ...(silence !== undefined && { silence: true }),
    ...(effect !== undefined && { effect: true }),
  })
}

/** Values of a page as a message holds them; `absent` takes a field away. */
function typed(
  cast: Cast,
  table: readonly { readonly name: string; readonly format: string }[],
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const value = (name: string, text: string): unknown => {
    if (text === 'absent') return null
    const format = table.find((field) => field.name === name)?.format ?? ''
    const said = resolved(sayOf(cast), text)
    return format.startsWith('amount') ? BigInt(said) : format === 'list' ? rows(said) : said
  }
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, value(name, text)]))
}

/** Rows of a list field, written as JSON with amounts as text. */
const rows = (text: string): unknown =>
  JSON.parse(text, (name: string, inner: unknown) =>
    ['amount', 'face', 'threshold'].includes(name) ? BigInt(String(inner)) : inner,
  )

type OrderStep = Extract<SingleStep, { order: unknown }>['order']
const TN_DIGITS = 21

/** Lays an order at the edge, as the switch would describe it to whoever resolves it. */
export async function layOrder(cast: Cast, edge: Edge, step: OrderStep): Promise<void> {
  const { stage, ids } = cast
  const now = stage.clock.now()
  const { acquirer, merchant, merchantName, merchantCategory } = MERCHANTS[step.acquirer]
  const { order, orderTime, transaction } = ids.item(step.as)
  const tn = (beijingDay(now) + transaction.slice(8)).padEnd(TN_DIGITS, '0')
  const laid: LaidOrder = {
    tn,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order,
    orderTime,
    currency: '156',
    state: 'OPEN',
    validUntil: beijingTime(now + durationMs(step.life)),
    ...(step.kind !== 'ONLINE' && { codeKind: step.kind }),
    ...(step.amount !== undefined && { amount: BigInt(step.amount) }),
    ...(step.kind !== 'ONLINE' && { qrCode: qrOf(step.kind, tn) }),
    ...typed(cast, [...MESSAGES['order.resolve.reply']], step.fields ?? {}),
  }
  const { qrCode, ...told } = laid as LaidOrder & { qrCode?: string }
  const links = await linksOf(stage, tn, now + durationMs(step.life))
  edge.script.order(told)
  if (qrCode !== undefined) edge.script.order({ ...told, qrCode })
  for (const link of Object.values(links)) edge.script.order({ ...told, link })
  cast.known.set(step.as, { ...laid, ...links })
}

/** The switch's link to an order, and three that a wallet must not follow: signed by an acquirer, about another order
 *  than was signed for, and genuine but over. The scripted switch would describe the order for any of them. */
async function linksOf(
  stage: Stage,
  tn: string,
  validUntil: number,
): Promise<Readonly<Record<string, string>>> {
  const own = stage.sealer(SWITCH)
  const link = await writeLink(own, { tn, validUntil })
  const other = tn.replace(/.$/, (last) => (last === '9' ? '8' : '9'))
  return {
    link,
    linkOfOther: await writeLink(stage.sealer(ACQUIRER_A), { tn, validUntil }),
    linkAltered: (await writeLink(own, { tn: other, validUntil })).replace(other, tn),
    linkOver: await writeLink(own, { tn, validUntil: stage.clock.now() - 1000 }),
  }
}

/** The URL form of a UnionPay merchant code (facts/unionpay 3.2): kind, then a number of its own. */
const qrOf = (kind: 'STATIC' | 'DYNAMIC', tn: string): string =>
  `https://qr.95516.com/${kind === 'STATIC' ? '00010001' : '00010000'}/62${tn.slice(-18)}`

type HeardStep = Extract<SingleStep, { heard: unknown }>['heard']

export function judgeAsked(cast: Cast, asked: readonly Asked[], step: HeardStep, at: At): void {
  const where = Object.entries(step.where ?? {}).map(([name, value]) => [name, resolved(sayOf(cast), value)])
  const own = asked.filter(
    ({ type, fields }) =>
      type === step.type && where.every(([name = '', value]) => String(fields[name]) === value),
  )
  const evidence = cast.stage.recorder.numbersFrom(cast.stage.subjectId)
  judge(cast, {
    what: { zh: `被测方发出 ${step.type} 的次数`, en: `how often the subject sent ${step.type}` },
    expected: step.times,
    observed: String(own.length),
    held: step.times.endsWith('+')
      ? own.length >= Number(step.times.slice(0, -1))
      : String(own.length) === step.times,
    evidence,
    at: [...at, 'times'],
  })
  const last = own.at(-1)?.fields
  for (const [name, value] of Object.entries(step.fields ?? {})) {
    const want = resolved(sayOf(cast), value)
    const got = memberOf(bigText(last), name) ?? 'absent'
    judge(cast, {
      what: { zh: `${step.type} 的字段 ${name}`, en: `field ${name} of ${step.type}` },
      expected: want,
      observed: got,
      held: last === undefined ? undefined : got === want,
      evidence,
      at: [...at, 'fields', name],
      field: name,
    })
  }
  for (const [name, count] of Object.entries(step.different ?? {})) {
    const values = new Set(own.map(({ fields }) => String(fields[name])))
    judge(cast, {
      what: { zh: `${step.type} 中不同的 ${name} 个数`, en: `different values of ${name} in ${step.type}` },
      expected: count,
      observed: String(values.size),
      held: String(values.size) === count,
      evidence,
      at: [...at, 'different', name],
      field: name,
    })
  }
}

/** Amounts as text, so that lists can be shown. */
const bigText = (value: unknown): unknown =>
  value === undefined
    ? undefined
    : JSON.parse(
        JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
      )
