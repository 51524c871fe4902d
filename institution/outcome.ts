// How a payment ends, written once for every way it can begin: the record, the posting, the usage and the journal.
import type { EntryDraft, Put, Rows } from '../store/store.ts'
import { type DeclineClass, type Profile, readBeijingTime } from '../wire/wire.ts'
import { planLegs, type Purse } from './funding.ts'
import { entryOf, type Moved, paidBy, taken } from './legs.ts'
import { asksUser, counted, limitRefusal, tierRefusal } from './limits.ts'
import { isBarred } from './policy.ts'
import {
  coupons,
  type Funding,
  itemKey,
  type Leg,
  type Payment,
  payments,
  type Said,
  users,
} from './records.ts'
import { ruleFor } from './risk.ts'
import type { InstitutionWorld } from './world.ts'

export type Parts = { readonly put: readonly Put[]; readonly append: readonly EntryDraft[] }

export type Judged =
  | { readonly kind: 'legs'; readonly legs: readonly Leg[] }
  | { readonly kind: 'ask user'; readonly legs: readonly Leg[] }
  | { readonly kind: 'refused'; readonly class: DeclineClass; readonly rule?: string }

/** What a refusal by `judgeMoney` says of the payment. */
export const refusedFor = ({ class: why, rule }: Extract<Judged, { kind: 'refused' }>): Said => ({
  class: why,
  ...(rule !== undefined && { rule }),
})

/** Everything about money and limits that can speak against a payment, in the order of wire/classes.ts. */
export function judgeMoney(world: InstitutionWorld, rows: Rows, purse: Purse, payment: Payment): Judged {
  const { profile } = world
  const user = users.in(rows, payment.user)
  if (user === undefined) return { kind: 'refused', class: 'DECL-ACCOUNT' }
  if (isBarred(purse.policy, payment)) return { kind: 'refused', class: 'DECL-MERCH' }
  const rule = ruleFor(purse.policy.rules, rows, payment)
  if (rule?.act === 'decline') return { kind: 'refused', class: 'DECL-RISK', rule: rule.id }
  if (payment.amount > profile.values.amountMaxMinor) return { kind: 'refused', class: 'DECL-AMOUNT' }
  const planned = planLegs(profile, rows, purse, {
    amount: payment.amount,
    at: placedAt(profile, payment),
    by: itemKey(payment),
    ...(payment.merchantCategory !== undefined && { merchantCategory: payment.merchantCategory }),
  })
  // Limits are about what the user pays, not about the list price (MKT-020).
  const spending = planned.kind === 'legs' ? { ...payment, amount: paidBy(planned.legs) } : payment
  const limit = limitRefusal(profile, rows, user, spending)
  if (limit !== undefined) return { kind: 'refused', class: limit }
  if (planned.kind === 'refused') return planned
  const tier = tierRefusal(profile, rows, user, payment.at, planned.legs)
  if (tier !== undefined) return { kind: 'refused', class: tier }
  const asked = rule?.act === 'challenge' || asksUser(profile, rows, user, spending)
  if (payment.verified !== true && asked) return { kind: 'ask user', legs: planned.legs }
  return planned
}

/** When the order was placed: what decides whether a packet or coupon had lapsed, however late it is confirmed or asked
 *  for again (MKT-011). An order that says to be older than orders may be is taken as that old. */
function placedAt({ values }: Profile, { at, orderTime }: Payment): number {
  const placed = readBeijingTime(orderTime) ?? at
  return Math.min(at, Math.max(placed, at - values.orderAgeMaxMs))
}

/** Takes the money and writes the success down; `short` when it is not there. */
export function succeeded(rows: Rows, payment: Payment, legs: readonly Leg[]): Parts | 'short' {
  const moved = taken(rows, payment.user, legs, itemKey(payment))
  if (moved === 'short') return 'short'
  const { put, append } = success(payment, legs, moved, `debit:${itemKey(payment)}`)
  return { put: [...put, ...counted(rows, payment, legs)], append }
}

/** A success whose money `moved` as told, under a posting of that name. What was tried before is counted already: two
 *  payments that wait may not pass a limit together (INV-26). */
export function success(payment: Payment, legs: readonly Leg[], moved: Moved, posting: string): Parts {
  const id = itemKey(payment)
  const { waits: _waits, ...rest } = payment
  const paid: Payment = { ...rest, legs, state: 'SUCCESS', said: { class: 'OK' } }
  return {
    put: [payments.put(id, paid), ...moved.put],
    append: [
      ...booked(payment, moved, posting, 'purchase', payment.clearingDay),
      { item: id, kind: 'payment', body: { state: 'SUCCESS' } },
    ],
  }
}

/** A decline is final under its key: it is kept, and a repeat after a top-up hears it again (CPM-002). */
export function failed(
  rows: Rows,
  payment: Payment,
  said: Said,
  state: 'FAILED' | 'CLOSED' = 'FAILED',
): Parts {
  const id = itemKey(payment)
  const { waits: _waits, ...rest } = payment
  return {
    put: [payments.put(id, { ...rest, legs: [], state, said }), ...unlocked(rows, payment.funding, id)],
    append: [{ item: id, kind: 'payment', body: { state, class: said.class } }, ...audited(payment, said)],
  }
}

/** What a risk rule stopped is for a person to look at, and the user hears of it (LIM-015). */
export function audited(payment: Payment, { rule }: Said): EntryDraft[] {
  if (rule === undefined) return []
  const { user, transaction, amount } = payment
  const about = { transaction, rule, amount }
  return [
    { item: user, kind: 'risk', body: about },
    { item: itemKey(payment), kind: 'case', body: { because: 'stopped by a risk rule', ...about } },
  ]
}

/** Coupons that this payment locked and will not use (MKT-005). */
export function unlocked(rows: Rows, funding: Funding, by: string): Put[] {
  return funding.flatMap((source) => {
    const coupon = source.from === 'coupon' ? coupons.in(rows, source.id) : undefined
    if (coupon?.state !== 'LOCKED' || coupon.by !== by) return []
    const { by: _by, ...free } = coupon
    return [coupons.put(coupon.id, { ...free, state: 'FREE' })]
  })
}

export function locked(rows: Rows, legs: readonly Leg[], by: string): Put[] {
  return legs.flatMap(({ source, ref = '' }) => {
    const coupon = source === 'COUPON' ? coupons.in(rows, ref) : undefined
    return coupon === undefined ? [] : [coupons.put(ref, { ...coupon, state: 'LOCKED', by })]
  })
}

/** The journal's line for what moved; none when nothing did. The network's own id is on it as soon as there is one. */
export function booked(
  payment: Pick<Payment, 'acquirer' | 'order' | 'orderTime' | 'transaction' | 'currency'>,
  moved: Moved,
  posting: string,
  what: 'purchase' | 'refund' | 'reversal' | 'void' | 'try' | 'release',
  clearingDay: string,
): EntryDraft[] {
  const entry = entryOf(posting, payment.currency, moved)
  if (entry === undefined) return []
  const { transaction } = payment
  const body = { entry, clearingDay, what, ...(transaction !== '' && { transaction }) }
  return [{ item: itemKey(payment), kind: 'posting', body }]
}
