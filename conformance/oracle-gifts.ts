// The state machine's view of marketing: a coupon pays for one living payment and is locked only while one is open
// (INV-23); a campaign gives no more than its budget, and a split packet is all of its sum (INV-24). From control and
// wallet replies, and from the legs that answers tell.
import { type Call, type Finding, ruling, type Story, unknown } from './exchanges.ts'
import { callsOf, couponsChosen, goneFrom, mayBeOpen, type Paid, paidIn } from './oracle-paid.ts'

export function gifts(story: Story): readonly Finding[] {
  const calls = callsOf(story)
  const paid = paidIn(story)
  return [
    ...couponsOnce(calls, paid),
    ...couponsSeen(story, calls, paid),
    ...budgets(calls),
    ...splits(calls),
  ]
}

type Use = { readonly paid: Paid; readonly sure: boolean }

/** Payments by the coupons they certainly, or perhaps, used. */
function usesOf(calls: readonly Call[], paid: readonly Paid[]): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>()
  const chosen = couponsChosen(calls)
  for (const one of paid) {
    const named = chosen.get(one.payment === '' ? one.code : one.payment) ?? []
    if (one.coupons === 0) continue
    for (const coupon of named)
      uses.set(coupon, [...(uses.get(coupon) ?? []), { paid: one, sure: one.coupons === named.length }])
  }
  return uses
}

/** Two payments lived with the coupon at once where the later was told before the earlier was asked back. */
const together = (a: Paid, b: Paid): boolean => Math.max(a.told, b.told) < Math.min(goneFrom(a), goneFrom(b))

function couponsOnce(calls: readonly Call[], paid: readonly Paid[]): Finding[] {
  return [...usesOf(calls, paid)].map(([coupon, uses]) => {
    const item = `payments by ${coupon}`
    const evidence = uses.flatMap(({ paid: one }) => one.evidence)
    const clash = (all: readonly Use[]): boolean =>
      all.some((a, i) => all.slice(i + 1).some((b) => together(a.paid, b.paid)))
    const sure = uses.filter((use) => use.sure)
    if (!clash(sure) && clash(uses))
      return unknown(
        'INV-23',
        item,
        { zh: '应答未说明用的是哪张券', en: 'no answer tells which coupon was used' },
        evidence,
      )
    const wrong = clash(sure)
      ? {
          zh: `同一张券同时用于 ${sure.length} 笔有效付款`,
          en: `one coupon is in ${sure.length} payments that stand at once`,
        }
      : undefined
    return ruling(
      'INV-23',
      item,
      wrong,
      { zh: '至多用于一笔有效付款', en: 'in one payment that stands at most' },
      evidence,
    )
  })
}

type CouponView = { readonly id: string; readonly state: string }
const couponViews = ({ path, status, reply }: Call): readonly CouponView[] => {
  if (!/^\/wallet\/users\/[^/]+\/coupons$/.test(path) || status !== 200) return []
  const { coupons } = (reply ?? {}) as { coupons?: unknown }
  return Array.isArray(coupons) ? (coupons as CouponView[]) : []
}

/** Each look at a user's coupons: locked for nothing, or to be spent again while it is spent. */
function couponsSeen(story: Story, calls: readonly Call[], paid: readonly Paid[]): Finding[] {
  const uses = usesOf(calls, paid)
  return calls.flatMap((call) => {
    const user = /^\/wallet\/users\/([^/]+)\//.exec(call.path)?.[1] ?? ''
    const open = couponViews(call).length > 0 && mayBeOpen(story, user, call.after)
    return couponViews(call).flatMap(({ id, state }) => {
      const item = `${id} at a look after ${call.after}`
      const living = (uses.get(id) ?? []).filter(
        ({ sure, paid: one }) => sure && one.told <= call.after && goneFrom(one) > call.after,
      )
      const evidence = living.flatMap(({ paid: one }) => one.evidence)
      if (state === 'LOCKED' && open)
        return [
          unknown('INV-23', item, { zh: '可能仍有未了结的付款', en: 'a payment may be open' }, [call.after]),
        ]
      if (state === 'LOCKED')
        return [
          ruling(
            'INV-23',
            item,
            { zh: '没有未了结的付款，券却被锁定', en: 'it is locked, and no payment is open' },
            { zh: '', en: '' },
            [call.after],
          ),
        ]
      if (living.length === 0) return []
      const again = state === 'FREE'
      return [
        ruling(
          'INV-23',
          item,
          again ? { zh: '已用于有效付款，却仍可使用', en: 'it paid, and can be spent again' } : undefined,
          { zh: '已用的券不可再用', en: 'what paid cannot be spent again' },
          [...evidence, call.after],
        ),
      ]
    })
  })
}

const views = (calls: readonly Call[], path: RegExp): readonly (readonly [Call, Record<string, unknown>])[] =>
  calls
    .filter((call) => path.test(call.path) && call.status === 200)
    .map((call) => [call, (call.reply ?? {}) as Record<string, unknown>] as const)
const amountOf = (value: unknown): bigint | undefined =>
  /^[0-9]+$/.test(String(value)) ? BigInt(String(value)) : undefined

/** Whatever was given on one asking: the gift's own id, once, however often it was asked for. */
function given(calls: readonly Call[], path: RegExp, member: string): ReadonlyMap<string, Map<string, Call>> {
  const all = new Map<string, Map<string, Call>>()
  for (const [call, { id }] of views(calls, path)) {
    const from = ((call.request ?? {}) as Record<string, unknown>)[member]
    if (typeof from !== 'string' || typeof id !== 'string') continue
    all.set(from, (all.get(from) ?? new Map<string, Call>()).set(id, call))
  }
  return all
}

/** INV-24: what was grabbed, and what the campaign says it gave, is within its budget. */
function budgets(calls: readonly Call[]): Finding[] {
  const grabbed = given(calls, /^\/wallet\/users\/[^/]+\/grabs$/, 'campaign')
  const seen = views(calls, /^\/control\/campaigns(?:\/[^/]+)?$/)
  const campaigns = new Map(seen.map(([, view]) => [String(view['id']), view]))
  return [...campaigns].flatMap(([id, view]) => {
    const [budget, face] = [amountOf(view['budget']), amountOf(view['face'])]
    if (budget === undefined || face === undefined) return []
    const gave = grabbed.get(id) ?? new Map<string, Call>()
    const own = seen.filter(([, other]) => other['id'] === view['id'])
    const said = own.map(([, { granted }]) => amountOf(granted) ?? 0n)
    const most = [BigInt(gave.size) * face, ...said].reduce((a, b) => (a > b ? a : b))
    const evidence = [...gave.values(), ...own.map(([call]) => call)].map(({ after }) => after)
    return [
      ruling(
        'INV-24',
        `campaign ${id}`,
        most > budget
          ? { zh: `预算 ${budget}，已发放 ${most}`, en: `${most} was given of a budget of ${budget}` }
          : undefined,
        { zh: `预算 ${budget} 之内发放 ${most}`, en: `${most} given, within the budget of ${budget}` },
        evidence,
      ),
    ]
  })
}

/** INV-24: the shares of a split packet, as their users saw them before they spent anything, are all of its sum. */
function splits(calls: readonly Call[]): Finding[] {
  const claimed = given(calls, /^\/wallet\/users\/[^/]+\/claims$/, 'split')
  const made = views(calls, /^\/control\/pools\/[^/]+\/splits$/)
  const worth = firstWorth(calls)
  return made.flatMap(([call, view]) => {
    const [total, shares] = [amountOf(view['total']), amountOf(view['shares'])]
    const gave = claimed.get(String(view['id'])) ?? new Map<string, Call>()
    if (total === undefined || shares === undefined || gave.size === 0) return []
    const item = `split ${String(view['id'])}`
    const known = [...gave.keys()].flatMap((id) => worth.get(id) ?? [])
    const sum = known.reduce((a, b) => a + b, 0n)
    const whole = known.length === gave.size && BigInt(gave.size) === shares
    const empty = known.some((share) => share < 1n)
    const evidence = [call.after, ...[...gave.values()].map(({ after }) => after)]
    if (!whole && sum <= total && !empty && BigInt(gave.size) <= shares)
      return [unknown('INV-24', item, { zh: '未见到每一份', en: 'not every share was looked at' }, evidence)]
    const wrong = empty || sum > total || (whole && sum !== total) || BigInt(gave.size) > shares
    return [
      ruling(
        'INV-24',
        item,
        wrong
          ? {
              zh: `总额 ${total} 拆 ${shares} 份，实得 ${gave.size} 份合计 ${sum}`,
              en: `${total} in ${shares} shares became ${gave.size} shares of ${sum}`,
            }
          : undefined,
        { zh: '各份至少一分，合计等于总额', en: 'each share at least one, together the whole' },
        evidence,
      ),
    ]
  })
}

/** What a packet held when it was first looked at; not known where it may have been spent before. */
function firstWorth(calls: readonly Call[]): ReadonlyMap<string, bigint> {
  const worth = new Map<string, bigint>()
  const spendable = new Set<string>()
  for (const { path, status, request, reply } of calls) {
    const { funding } = (request ?? {}) as { funding?: unknown }
    if (Array.isArray(funding))
      for (const { id } of funding as { id?: unknown }[]) if (typeof id === 'string') spendable.add(id)
    if (!/^\/wallet\/users\/[^/]+\/packets$/.test(path) || status !== 200) continue
    const { packets } = (reply ?? {}) as { packets?: unknown }
    for (const { id, left } of Array.isArray(packets) ? (packets as { id: string; left: unknown }[]) : []) {
      const amount = amountOf(left)
      if (amount !== undefined && !worth.has(id) && !spendable.has(id)) worth.set(id, amount)
    }
  }
  return worth
}
