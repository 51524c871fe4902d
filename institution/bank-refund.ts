// A refund that goes home to a card: it counts from the first moment (RFD-016), is done when the bank has done it, goes to
// the card that paid, bound or not (BNK-008), and what a dead card will not take waits in suspense (BNK-007). Nothing is
// posted before the end, so a refund that fails leaves nothing to undo and frees its amount (RFD-015).
import type { Put, Rows } from '../store/store.ts'
import { between, posting } from './bank-book.ts'
import { caseOf, type Ending, type Heard, type LookSide } from './bank-order.ts'
import { cardOf } from './card-leg.ts'
import { attemptOf, bankJob, type BankOrder, bankOrders, putOrder, receivable } from './card-records.ts'
import { couponsRefunded, NO_COUPONS } from './coupon-return.ts'
import { returnedTo, withReturned } from './legs.ts'
import { uncountedRefund } from './limits.ts'
import { booked } from './outcome.ts'
import { payerOfPayment, samePayer, undoKeys } from './payer.ts'
import {
  itemKey,
  type Leg,
  type Payment,
  payments,
  type Refund,
  refunds,
  type Said,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

/** What of a refund a card gets; nothing where no card paid. */
export const cardPart = ({ legs }: Payment, parts: readonly bigint[]): bigint => {
  const leg = cardOf(legs)
  return leg === undefined ? 0n : (parts[legs.indexOf(leg)] ?? 0n)
}

export const refundOrderKey = (me: string, refund: string) => bankOrders.key(attemptOf(me, 'refund', refund))

/** Puts the amount aside and leaves the giving back to the bank's answer. */
export function refundBegun(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  refund: Pick<Refund, 'amount' | 'currency'>,
  id: string,
  parts: readonly bigint[],
): Ending {
  const original = payment.attempt === undefined ? undefined : bankOrders.in(rows, payment.attempt)
  if (original === undefined) throw new Error(`payment ${itemKey(payment)} has a card leg and no bank order`)
  const order: BankOrder = {
    attempt: attemptOf(world.me, 'refund', id),
    what: 'refund',
    purpose: 'REFUND',
    owner: 'refund',
    of: id,
    origAttempt: original.attempt,
    bank: original.bank,
    card: original.card,
    amount: cardPart(payment, parts),
    currency: refund.currency,
    state: 'ASKED',
  }
  return {
    put: [
      putOrder(order),
      payments.put(itemKey(payment), {
        ...payment,
        refunding: payment.refunding + refund.amount,
        legs: withReturned(payment.legs, parts),
        refunds: [...payment.refunds, id],
      }),
    ],
    append: [{ item: id, kind: 'refund', body: { state: 'R_PENDING' } }],
    enqueue: [bankJob(order.attempt, world.clock.wall())],
  }
}

export const lookRefund: LookSide = async (world, { of }) => {
  const refund = refunds.in(await world.store.read([refunds.key(of)]), of)
  if (refund === undefined) throw new Error(`a bank order for ${of}, which is no refund`)
  const payer = await payerOfPayment(world, refund.of)
  return {
    keys: [refunds.key(of), payments.key(refund.of), ...undoKeys(payer)],
    ended: (rows, order, heard) => {
      const payment = payments.in(rows, refund.of)
      const now = refunds.in(rows, of)
      if (!samePayer(payment, payer) || payment === undefined || now === undefined) return undefined
      return refundEnded(world, rows, payment, now, order, heard)
    },
  }
}

function refundEnded(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  refund: Refund,
  order: BankOrder,
  heard: Heard,
): Ending {
  if (refund.state !== 'R_PENDING' || order.state !== 'ASKED') return {}
  if (heard.kind === 'yes')
    return settled(world, rows, payment, refund, 'R_SUCCESS', { class: 'OK' }, [
      putOrder({ ...order, state: 'SUCCESS' }),
    ])
  const why = heard.kind === 'no' ? heard.class : 'DECL-STATE'
  const { day: _day, ...undated } = order
  const over = putOrder({ ...undated, state: 'FAILED' })
  if (why !== 'DECL-ACCOUNT') return freed(payment, refund, { class: why, detail: 'the bank refused' }, over)
  // The card is no more: its part is owed to somebody, and a person finds out to whom.
  const said: Said = { class: 'PENDING', detail: 'the card is closed; held in suspense' }
  const held = settled(world, rows, payment, refund, 'R_ABNORMAL', said, [over])
  return { ...held, append: [...(held.append ?? []), caseOf(order, 'the card is closed: SUS:L')] }
}

/** The money goes home, leg by leg; the card's part into suspense where the card is dead. */
function settled(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  refund: Refund,
  state: 'R_SUCCESS' | 'R_ABNORMAL',
  said: Said,
  put: readonly Put[],
): Ending {
  const closed = users.in(rows, payment.user)?.status === 'closed'
  const suspended = ({ source }: Leg): boolean =>
    source === 'CARD' ? state === 'R_ABNORMAL' : closed && source === 'BALANCE'
  const moved = returnedTo(rows, payment.user, payment.legs, refund.parts, (leg) =>
    suspended(leg) ? 'SUS:L' : undefined,
  )
  const held = payment.legs.some((leg, at) => (refund.parts[at] ?? 0n) > 0n && suspended(leg))
  const refunded = payment.refunded + refund.amount
  const whole = refunded === payment.amount
  const after: Payment = {
    ...payment,
    refunded,
    refunding: payment.refunding - refund.amount,
    state: whole ? 'REFUNDED' : 'PART_REFUNDED',
  }
  const id = itemKey(refund)
  const back = whole ? couponsRefunded(world.profile, rows, payment.legs, world.clock.wall()) : NO_COUPONS
  const now: Refund = {
    ...refund,
    state: held ? 'R_ABNORMAL' : state,
    said,
    ...(back.fates.length > 0 && { coupons: back.fates }),
  }
  return {
    put: [
      ...put,
      refunds.put(id, now),
      payments.put(refund.of, after),
      ...moved.put,
      ...back.put,
      ...uncountedRefund(world.profile, rows, payment, payment.legs, refund.parts),
    ],
    append: [
      ...booked(refund, moved, `credit:${id}`, 'refund', refund.clearingDay),
      { item: id, kind: 'refund', body: { state: now.state } },
      { item: refund.of, kind: 'payment', body: { state: after.state } },
      ...(held && state === 'R_SUCCESS' ? [{ item: id, kind: 'case', body: { account: 'SUS:L' } }] : []),
      ...back.append,
    ],
  }
}

/** A refund that failed counts no longer, in any leg (RFD-015). */
function freed(payment: Payment, refund: Refund, said: Said, put: Put): Ending {
  const id = itemKey(refund)
  const back = refund.parts.map((part) => -part)
  return {
    put: [
      put,
      refunds.put(id, { ...refund, state: 'R_FAILED', said }),
      payments.put(refund.of, {
        ...payment,
        refunding: payment.refunding - refund.amount,
        legs: withReturned(payment.legs, back),
      }),
    ],
    append: [{ item: id, kind: 'refund', body: { state: 'R_FAILED', class: said.class } }],
  }
}

/** The bank gives a refund back (退票): it is owed again, once, and a person sees to it (BNK-017). */
export function refundReturned(rows: Rows, order: BankOrder, day: string): Ending {
  const refund = refunds.in(rows, order.of)
  if (refund === undefined || order.state !== 'SUCCESS') return {}
  const lines = between(receivable(order.bank), 'SUS:L', order.amount)
  return {
    put: [
      putOrder({ ...order, state: 'RETURNED' }),
      refunds.put(order.of, {
        ...refund,
        state: 'R_ABNORMAL',
        said: { class: 'PENDING', detail: 'returned by the bank' },
      }),
    ],
    append: [
      posting(`returned:${order.attempt}`, order.of, day, lines),
      { item: order.of, kind: 'refund', body: { state: 'R_ABNORMAL' } },
      caseOf(order, 'the bank returned the refund: SUS:L'),
    ],
  }
}
