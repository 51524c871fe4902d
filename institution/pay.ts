// A payment that the wallet begins: what was shown is tried (frozen), sent to the switch, and then taken or given back,
// by the switch's final word and by nothing else. An answer that does not come releases nothing (MPM, ONL, INV-11).
import type { Decision, EntryDraft, JobDraft, Key, Put, Rows } from '../store/store.ts'
import type { AnswerClass } from '../wire/wire.ts'
import { tryKeys, tryRemote } from './bank-payment.ts'
import { isRemote } from './card-leg.ts'
import { distinct } from './funding.ts'
import { reserved } from './legs.ts'
import { counted } from './limits.ts'
import { audited, booked, judgeMoney, locked, refusedFor } from './outcome.ts'
import { inTheWay, mayTryAgain, no, type Order, orderKey, orders, type Refusal } from './orders.ts'
import { type Payer, payerKeys, payerOf } from './payer.ts'
import {
  FROM_BALANCE,
  type Funding,
  itemKey,
  type Leg,
  type Payment,
  payments,
  paysOn,
  tokens,
  users,
} from './records.ts'
import { bookDay, nameOf, ownPayments, payJob } from './own-payments.ts'
import { shopKeys, shopRefusal } from './shops.ts'
import { pinDigest } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type PayOrder = {
  readonly tn: string
  /** What the user typed, or confirmed; must be the order's own where it has one. */
  readonly amount?: bigint
  readonly funding?: Funding
  readonly pin?: string
}
/** `value` names the payment's row. */
export type Begun = { readonly kind: 'done'; readonly value: string } | Refusal

/** Begins a payment of an order that was shown to this user. What it waits for next is on its record. */
export async function beginPayment(world: InstitutionWorld, user: string, wish: PayOrder): Promise<Begun> {
  const shown = orderKey(user, wish.tn)
  const order = orders.in(await world.store.read([orders.key(shown)]), shown)
  if (order === undefined) return no('DECL-ORIG', 'no such order was shown to this user: scan it first')
  const payer = await payerOf(world, user, wish.funding ?? FROM_BALANCE)
  const at = world.clock.wall()
  const own = newPaymentId(world, at)
  const keys: Key[] = distinct([
    orders.key(shown),
    payments.key(itemKey(order)),
    ownPayments.key(own),
    tokens.key(order.token),
    ...shopKeys(order),
    ...payerKeys(payer),
    ...tryKeys(world, own),
  ])
  return world.store.change<Begun>(keys, (rows) => {
    // Scanned again meanwhile: what counts is what the user saw last.
    const now = orders.in(rows, shown) ?? order
    if (itemKey(now) !== itemKey(order)) return { result: no('DECL-STATE', 'the order was scanned anew') }
    return decide(world, rows, { order: now, payer, wish, own, at })
  })
}

type Wanted = {
  readonly order: Order
  readonly payer: Payer
  readonly wish: PayOrder
  readonly own: string
  readonly at: number
}

function decide(world: InstitutionWorld, rows: Rows, wanted: Wanted): Decision<Begun> {
  const { order, payer, wish, own } = wanted
  const refusal = refusalOf(rows, wanted)
  if (refusal !== undefined) return { result: refusal }
  const amount = order.amount ?? wish.amount ?? 0n
  const right = wish.pin !== undefined && users.in(rows, payer.user)?.pin === pinDigest(payer.user, wish.pin)
  const payment = { ...paymentOf(wanted, amount), ...(right && { verified: true }) }
  const money = judgeMoney(world, rows, payer.purse, payment)
  if (money.kind === 'refused')
    return { append: audited(payment, refusedFor(money)), result: no(money.class) }
  const result: Begun = { kind: 'done', value: itemKey(order) }
  const put = [ownPayments.put(own, { id: itemKey(order) })]
  if (money.kind === 'ask user') {
    const waits = waiting(world, rows, payment, money.legs, wish.pin === undefined ? 0 : 1)
    return { ...waits, put: [...put, ...waits.put], result }
  }
  const tried = tryNow(world, rows, payment, money.legs)
  if (tried === 'short') return { result: no('DECL-FUNDS') }
  return { ...tried, put: [...put, ...tried.put], result }
}

/** In the order of wire/classes.ts; what limits and money say comes after. */
function refusalOf(rows: Rows, { order, payer, wish, at }: Wanted): Refusal | undefined {
  const known = payments.in(rows, itemKey(order))
  if (known !== undefined && !mayTryAgain(known)) return no('DECL-STATE', ...inTheWay(known, payer.user))
  if (at > order.validUntil) return no('DECL-STATE', 'the order is over')
  const shop = shopRefusal(rows, order)
  if (shop !== undefined) return no(shop)
  if (users.in(rows, payer.user)?.status !== 'active') return no('DECL-ACCOUNT')
  if (!paysOn(tokens.in(rows, order.token), at)) return no('DECL-TOKEN')
  if (order.amount === undefined && (wish.amount ?? 0n) === 0n)
    return no('DECL-AMOUNT', 'this code names no amount: say how much', { field: 'amount' })
  if (order.amount !== undefined && wish.amount !== undefined && wish.amount !== order.amount)
    return no('DECL-AMOUNT', 'another amount was shown', { field: 'amount' })
  return undefined
}

function paymentOf({ order, payer, own, at }: Wanted, amount: bigint): Payment {
  const { scene, tn, token, acquirer, merchant, merchantName, merchantCategory, currency, validUntil } = order
  const { order: id, orderTime, codeKind, region, business } = order
  return {
    scene,
    tn,
    payment: own,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order: id,
    orderTime,
    transaction: '',
    clearingDay: '',
    user: payer.user,
    token,
    amount,
    currency,
    validUntil,
    at,
    funding: payer.purse.funding,
    legs: [],
    state: 'PENDING',
    said: { class: 'PENDING' },
    refunded: 0n,
    refunding: 0n,
    refunds: [],
    digest: own,
    ...(codeKind === 'STATIC' && { staticCode: true }),
    ...(region !== undefined && { region }),
    ...(business !== undefined && { business }),
  }
}

type Waits = {
  readonly put: readonly Put[]
  readonly append: readonly EntryDraft[]
  readonly enqueue: readonly JobDraft[]
}

/** The password page: nothing is frozen, and a coupon is kept for this payment; never longer than the order lives. */
function waiting(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  legs: readonly Leg[],
  wrong: number,
): Waits {
  const id = itemKey(payment)
  const until = Math.min(payment.at + world.profile.values.userWaitMs, (payment.validUntil ?? payment.at) + 1)
  const said = { class: 'PENDING', detail: 'the user is asked' } as const
  const waits = { for: 'user', until, ...(wrong > 0 && { wrong }) } as const
  return {
    put: [payments.put(id, { ...payment, said, waits }), ...locked(rows, legs, id)],
    append: [{ item: id, kind: 'payment', body: { state: 'PENDING', waits: 'user' } }],
    enqueue: [{ id: `user:${id}`, kind: 'user', dueAt: until, body: { id } }],
  }
}

/** Freezes the legs and counts them; from here on only the switch's final word moves the money. The job finds the
 *  payment if this process dies before the word is there. Where a card or the network pays a part, they are asked first:
 *  the switch hears of nothing that is not secured. */
export function tryNow(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  legs: readonly Leg[],
): Waits | 'short' {
  if (isRemote(legs)) {
    const begun = tryRemote(world, rows, payment, legs)
    if (begun === 'short') return begun
    const { put, append, enqueue } = begun
    return { put, append, enqueue }
  }
  const id = itemKey(payment)
  const moved = reserved(rows, payment.user, legs, id)
  if (moved === 'short') return 'short'
  const now = world.clock.wall()
  const tried: Payment = {
    ...payment,
    legs,
    said: { class: 'PENDING', detail: 'the switch is asked' },
    waits: { for: 'order', until: payment.validUntil ?? now },
  }
  const dueAt = now + world.profile.values.askWaitMs + 1000
  return {
    put: [payments.put(id, tried), ...moved.put, ...counted(rows, tried, legs)],
    append: [
      ...booked(tried, moved, `try:${nameOf(tried)}`, 'try', bookDay(world, tried)),
      { item: id, kind: 'payment', body: { state: 'PENDING', waits: 'order' } },
    ],
    enqueue: [payJob(id, dueAt)],
  }
}

/** `W`, Beijing time and ten digits by chance: the wallet's own name for a payment, the same at every try. */
function newPaymentId(world: InstitutionWorld, at: number): string {
  const random = world.random(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return `W${at.toString().padStart(14, '0')}${(random % 10_000_000_000n).toString().padStart(10, '0')}`
}

export type Final =
  | { readonly kind: 'paid'; readonly transaction: string; readonly clearingDay: string }
  | { readonly kind: 'refused'; readonly class: AnswerClass }
