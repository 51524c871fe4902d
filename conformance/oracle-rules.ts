// The state machine's view of what is not a payment's state: legs that add up, tokens that name one account, branches of
// which only one phase two is answered, and outcomes that are never taken back. From answers and control replies alone.
import {
  type Call,
  type Exchange,
  type Finding,
  keyOf,
  legsTold,
  minor,
  type Story,
  text,
  tokenGiven,
  type ToldLeg,
} from './exchanges.ts'
import { approved, before, grouped, numbers } from './oracle-items.ts'

export function rules(exchanges: readonly Exchange[], story: Story): readonly Finding[] {
  const inward = exchanges.filter((one) => one.inward)
  const calls = story.events.filter((event): event is Call => event.kind === 'call')
  return [
    ...exactSplit(inward),
    ...legCaps(inward),
    ...oneTokenOneAccount(calls),
    ...twoPhase(inward),
    ...oneOutcome(inward),
    ...durable(inward, calls),
  ]
}

const sum = (legs: readonly ToldLeg[]): bigint => legs.reduce((total, { amount }) => total + amount, 0n)
const legKey = ({ source, sponsor = '' }: ToldLeg): string => `${source} ${sponsor}`

/** INV-07: the legs of a payment or a refund add up to its amount, and none is negative. */
function exactSplit(inward: readonly Exchange[]): Finding[] {
  const told = inward.filter(
    (one) => (one.type === 'debit' || one.type === 'credit') && approved(one) && legsTold(one) !== undefined,
  )
  return told.map((one) => {
    const legs = legsTold(one) ?? []
    const [total, amount] = [sum(legs), minor(one.asked, 'amount') ?? 0n]
    const bad = total !== amount || legs.some((leg) => leg.amount <= 0n)
    return {
      invariant: 'INV-07',
      item: `legs of ${one.type} ${keyOf(one.asked)}`,
      result: bad ? 'violated' : 'holds',
      because: { zh: `各项合计 ${total}，金额 ${amount}`, en: `the legs add up to ${total} of ${amount}` },
      evidence: numbers([one]),
    }
  })
}

/** INV-06 and INV-08: over all refunds no leg gets back more than it gave, and each exactly that once all is refunded. */
function legCaps(inward: readonly Exchange[]): Finding[] {
  const refunds = grouped(
    inward.filter((one) => one.type === 'credit' && approved(one) && legsTold(one) !== undefined),
    ({ asked }) => keyOf(asked, 'orig'),
  )
  return [...refunds].flatMap(([key, all]) => {
    const paid = inward.find((one) => one.type === 'debit' && approved(one) && keyOf(one.asked) === key)
    const legs = paid === undefined ? undefined : legsTold(paid)
    if (paid === undefined || legs === undefined) return []
    const once = new Map(all.map((one) => [keyOf(one.asked), one]))
    const back = new Map<string, bigint>()
    for (const one of once.values())
      for (const leg of legsTold(one) ?? []) back.set(legKey(leg), (back.get(legKey(leg)) ?? 0n) + leg.amount)
    const gave = new Map<string, bigint>()
    for (const leg of legs) gave.set(legKey(leg), (gave.get(legKey(leg)) ?? 0n) + leg.amount)
    const over = [...back].find(([leg, amount]) => amount > (gave.get(leg) ?? 0n))
    const whole = [...back.values()].reduce((total, one) => total + one, 0n) === sum(legs)
    const uneven = whole ? [...gave].find(([leg, amount]) => back.get(leg) !== amount) : undefined
    const evidence = numbers([paid, ...all])
    const cap: Finding = {
      invariant: 'INV-06',
      item: `legs given back of ${key}`,
      result: over === undefined ? 'holds' : 'violated',
      because: {
        zh:
          over === undefined
            ? '各项退回不超过原额'
            : `${over[0]} 退回 ${over[1]}，原额 ${gave.get(over[0]) ?? 0n}`,
        en:
          over === undefined
            ? 'no leg got back more than it gave'
            : `${over[0]} got back ${over[1]} of ${gave.get(over[0]) ?? 0n}`,
      },
      evidence,
    }
    if (!whole) return [cap]
    return [
      cap,
      {
        invariant: 'INV-08',
        item: `the whole refund of ${key}`,
        result: uneven === undefined ? 'holds' : 'violated',
        because: {
          zh:
            uneven === undefined
              ? '全额退款后各项复原'
              : `${uneven[0]} 应退 ${uneven[1]}，实退 ${back.get(uneven[0]) ?? 0n}`,
          en:
            uneven === undefined
              ? 'after the whole refund each leg is what it was'
              : `${uneven[0]} should have got ${uneven[1]} back, got ${back.get(uneven[0]) ?? 0n}`,
        },
        evidence,
      },
    ]
  })
}

type View = { readonly user: string; readonly token: string; readonly state: string; readonly call: Call }

/** INV-20: at any look a token names one account, and an account has one token that is active. */
function oneTokenOneAccount(calls: readonly Call[]): Finding[] {
  const owners = new Map<string, string>()
  const wrong: View[] = []
  const seen: View[] = []
  for (const call of calls) {
    const view = tokenView(call)
    if (view === undefined) continue
    seen.push(view)
    const owner = owners.get(view.token)
    if (owner !== undefined && owner !== view.user) wrong.push(view)
    owners.set(view.token, view.user)
  }
  if (seen.length === 0) return []
  const [bad] = wrong
  return [
    {
      invariant: 'INV-20',
      item: 'tokens and accounts',
      result: bad === undefined ? 'holds' : 'violated',
      because: {
        zh: bad === undefined ? '账户标识与账户一一对应' : `同一账户标识先后属于两个用户，后者为 ${bad.user}`,
        en:
          bad === undefined
            ? 'each token names one account'
            : `one token named two users, the later ${bad.user}`,
      },
      evidence: [...new Set(seen.map(({ call }) => call.after))],
    },
  ]
}

function tokenView(call: Call): View | undefined {
  const given = tokenGiven(call)
  if (given !== undefined && call.status < 300) return { ...given, state: 'T_ACTIVE', call }
  const user = /^\/control\/users\/([^/]+)/.exec(call.path)?.[1]
  const { token, tokenState } = (call.reply ?? {}) as { token?: unknown; tokenState?: unknown }
  return user === undefined || typeof token !== 'string' || call.status >= 300
    ? undefined
    : { user, token, state: String(tokenState), call }
}

/** INV-28: of a branch either its confirmation or its cancellation is ever answered OK, and no try after a fence. */
function twoPhase(inward: readonly Exchange[]): Finding[] {
  const branches = grouped(
    inward.filter(({ type }) => type.startsWith('branch.')),
    ({ asked }) => `${text(asked, 'composite')}.${text(asked, 'branch')}`,
  )
  return [...branches].map(([key, all]) => {
    const ok = (type: string): readonly Exchange[] => all.filter((one) => one.type === type && approved(one))
    const [tried, confirmed, cancelled] = [ok('branch.try'), ok('branch.confirm'), ok('branch.cancel')]
    const late = tried.some((one) => !one.repeated && cancelled.some((cancel) => before(cancel, one)))
    const both = confirmed.length > 0 && cancelled.length > 0
    const empty = confirmed.some((one) => !tried.some((first) => first.request < one.request))
    return {
      invariant: 'INV-28',
      item: `branch ${key}`,
      result: both || late || empty ? 'violated' : 'holds',
      because: {
        zh: both ? '既确认又取消' : late ? '取消之后又尝试' : empty ? '未尝试就确认' : '二阶段只有一种结果',
        en: both
          ? 'confirmed and cancelled as well'
          : late
            ? 'tried after it was cancelled'
            : empty
              ? 'confirmed without a try'
              : 'one phase two, after its try',
      },
      evidence: numbers(all),
    }
  })
}

const TAKEN = new Set(['SUCCESS', 'VOIDED', 'PART_REFUNDED', 'REFUNDED'])
const NOT_TAKEN = new Set(['FAILED', 'CLOSED', 'FENCED'])

/** INV-11: of a payment never both is reported: that its money was taken, and that it never was. */
function oneOutcome(inward: readonly Exchange[]): Finding[] {
  const told = new Map<string, { taken: Exchange[]; not: Exchange[] }>()
  const of = (key: string) => {
    const one = told.get(key) ?? { taken: [], not: [] }
    told.set(key, one)
    return one
  }
  for (const one of inward) {
    if (one.type === 'debit' && approved(one)) of(keyOf(one.asked)).taken.push(one)
    if (one.type !== 'debit.query' || one.answer !== 'OK' || text(one.asked, 'asked') !== 'debit') continue
    const key = keyOf({ ...one.said, acquirer: one.asked['acquirer'] })
    if (TAKEN.has(text(one.said, 'state'))) of(key).taken.push(one)
    if (NOT_TAKEN.has(text(one.said, 'state'))) of(key).not.push(one)
  }
  return [...told]
    .filter(([, { taken, not }]) => taken.length + not.length > 1)
    .map(([key, { taken, not }]) => {
      const both = taken.length > 0 && not.length > 0
      return {
        invariant: 'INV-11',
        item: key,
        result: both ? 'violated' : 'holds',
        because: {
          zh: both ? '同一付款先后被报为已扣与未扣' : '终局结果始终一致',
          en: both
            ? 'one payment was reported taken and never taken'
            : 'its outcome was reported one way only',
        },
        evidence: numbers([...taken, ...not]),
      }
    })
}

/** INV-15: what was answered OK before a restart is still known, and still taken or undone, after it. */
function durable(inward: readonly Exchange[], calls: readonly Call[]): Finding[] {
  const restarts = calls.filter(({ path, status }) => path === '/control/restart' && status < 300)
  return restarts.flatMap(({ after }) => {
    const said = inward.filter(
      (one) => one.type === 'debit' && approved(one) && (one.reply ?? after + 1) <= after,
    )
    return said.flatMap((one) => {
      const key = keyOf(one.asked)
      const asked = inward.filter(
        (query) =>
          query.type === 'debit.query' &&
          query.request > after &&
          query.reply !== undefined &&
          text(query.asked, 'order') !== '' &&
          text(query.asked, 'asked') === 'debit' &&
          keyOf(query.asked) === key,
      )
      const [first] = asked
      if (first === undefined || (first.answer !== 'OK' && first.answer !== 'NOT_FOUND')) return []
      const lost = first.answer === 'NOT_FOUND' || NOT_TAKEN.has(text(first.said, 'state'))
      return [
        {
          invariant: 'INV-15',
          item: `${key} after ${after}`,
          result: lost ? 'violated' : 'holds',
          because: {
            zh: lost ? '重启前答成功的付款，重启后不见了' : '重启后仍记得',
            en: lost ? 'answered OK before the restart and gone after it' : 'still known after the restart',
          },
          evidence: numbers([one, first]),
        } as const,
      ]
    })
  })
}
