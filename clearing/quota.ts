// An institution's quota at the switch (额度映射, 可支取额度): what is available is what was granted, plus receipts, minus
// payments, until settlement moves the money. Pure: the switch keeps the record and changes it together with the payment.
import type { Text } from '../wire/wire.ts'

/** Of one clearing day, whole minor units: what went out, what came back, and what settlement has moved of the difference. */
export type QuotaDay = { readonly payments: bigint; readonly receipts: bigint; readonly settled: bigint }

export type Quota = {
  readonly granted: bigint
  /** Days that are not settled, by YYYYMMDD. */
  readonly days: Readonly<Record<string, QuotaDay>>
}

export type QuotaPolicy = 'decline' | 'warn'

export type QuotaDecision =
  | { readonly kind: 'covered'; readonly quota: Quota }
  /** The payment goes on, and somebody is told. */
  | { readonly kind: 'warned'; readonly quota: Quota; readonly alarm: Text }
  | { readonly kind: 'declined'; readonly class: 'DECL-QUOTA'; readonly alarm: Text }

export const openQuota = (granted: bigint): Quota => ({ granted, days: {} })

const NO_DAY: QuotaDay = { payments: 0n, receipts: 0n, settled: 0n }
const dayOf = ({ days }: Quota, day: string): QuotaDay => days[day] ?? NO_DAY

/** What an institution owes for a day; below zero it is owed. */
export function netDebit(quota: Quota, day: string): bigint {
  const { payments, receipts, settled } = dayOf(quota, day)
  return payments - receipts - settled
}

/** For payments of `day`. Receipts of the same day count at once. Another day that is not settled takes what is owed for it,
 *  and gives nothing where the institution is to receive: that money comes with settlement. So no day's net debit is ever
 *  above what is granted (INV-36). */
export function available(quota: Quota, day: string): bigint {
  let left = quota.granted - netDebit(quota, day)
  for (const other of Object.keys(quota.days)) {
    const owed = other === day ? 0n : netDebit(quota, other)
    if (owed > 0n) left -= owed
  }
  return left
}

export function payWithin(
  quota: Quota,
  policy: QuotaPolicy,
  { day, amount }: { readonly day: string; readonly amount: bigint },
): QuotaDecision {
  const left = available(quota, day)
  if (amount <= left) return { kind: 'covered', quota: book(quota, { day, payment: amount }) }
  const alarm = short(left, amount)
  return policy === 'warn'
    ? { kind: 'warned', quota: book(quota, { day, payment: amount }), alarm }
    : { kind: 'declined', class: 'DECL-QUOTA', alarm }
}

const short = (left: bigint, amount: bigint): Text => ({
  zh: `可支取额度不足：可用 ${left}，本笔 ${amount}；请机构调增额度映射，至少增加 ${amount - left}`,
  en: `the quota at the switch is short: ${left} available, ${amount} asked for; have the institution raise it by ${amount - left} or more`,
})

export type Movement = { readonly day: string } & (
  | { readonly payment: bigint }
  /** A refund, a void or a reversal. */
  | { readonly receipt: bigint }
  /** What the institution has paid for the day; below zero, what it was paid. */
  | { readonly settled: bigint }
)

/** What has happened is not decided about: a refund, an undone void, settlement. Settlement restores the quota, and a day with
 *  nothing left to settle is forgotten. */
export function book(quota: Quota, movement: Movement): Quota {
  const { day } = movement
  const before = dayOf(quota, day)
  const after: QuotaDay =
    'payment' in movement
      ? { ...before, payments: before.payments + movement.payment }
      : 'receipt' in movement
        ? { ...before, receipts: before.receipts + movement.receipt }
        : { ...before, settled: before.settled + movement.settled }
  const { [day]: _, ...others } = quota.days
  const over = 'settled' in movement && after.payments - after.receipts - after.settled === 0n
  return { ...quota, days: over ? others : { ...others, [day]: after } }
}

export type Adjusted =
  | { readonly kind: 'adjusted'; readonly quota: Quota }
  | { readonly kind: 'refused'; readonly said: Text }

/** By message. What is taken cannot be withdrawn: a quota is lowered no further than what unsettled days owe. */
export function adjust(quota: Quota, granted: bigint): Adjusted {
  const taken = Object.keys(quota.days)
    .map((day) => netDebit(quota, day))
    .reduce((sum, owed) => (owed > 0n ? sum + owed : sum), 0n)
  if (granted >= 0n && (granted >= quota.granted || granted >= taken))
    return { kind: 'adjusted', quota: { ...quota, granted } }
  return {
    kind: 'refused',
    said: {
      zh: `额度不能调到 ${granted}：未结算的清算日已占用 ${taken}；请待结算后再调减，或不低于 ${taken}`,
      en: `the quota cannot become ${granted}: days that are not settled take ${taken}; ask for no less, or wait for settlement`,
    },
  }
}
