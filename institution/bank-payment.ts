// A payment with a card in it: everything of the wallet's own is tried in one change, the bank is asked by a job, and its
// answer confirms all or releases all (BNK-001, BNK-006). Until then the payment is PENDING, whatever the bank's first
// words were (BNK-002, BNK-013). Of a payment that the wallet began the switch hears only when the bank has said yes, and
// it is the switch's word that takes or gives back (pay-end.ts).
import type { JobDraft, Rows } from '../store/store.ts'
import { lateSuccess, returnKey } from './bank-book.ts'
import type { Ending, Heard, LookSide } from './bank-order.ts'
import { cardOf, isRemote } from './card-leg.ts'
import {
  attemptOf,
  bankJob,
  type BankOrder,
  bankOrders,
  branchOf,
  cards,
  composites,
  putOrder,
  type Through,
} from './card-records.ts'
import { abandoned, askSwitch, branchUndo, committed, composed, networkLeg } from './compose.ts'
import { counted, uncounted } from './limits.ts'
import { bookDay, nameOf } from './own-payments.ts'
import { endTold } from './tell.ts'
import { confirmed, released, reserved } from './legs.ts'
import { booked, failed, type Parts, succeeded, success } from './outcome.ts'
import { payerOfPayment, samePayer, undoKeys } from './payer.ts'
import { itemKey, type Leg, type Payment, payments } from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Begun = Parts & { readonly enqueue?: readonly JobDraft[]; readonly ended: Payment }

/** Pays at once where all the money is the wallet's own; tries it and asks the bank where a card is among it. */
export function payOrTry(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  legs: readonly Leg[],
): Begun | 'short' {
  if (isRemote(legs)) return tryRemote(world, rows, payment, legs)
  const parts = succeeded(rows, payment, legs)
  const ended = { ...payment, legs, state: 'SUCCESS', said: { class: 'OK' } } as const
  return parts === 'short' ? parts : { ...parts, ended }
}

/** Freezes and counts what is the wallet's own, and leaves the rest to be asked for: the network first, the bank last. */
export function tryRemote(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  legs: readonly Leg[],
): Required<Begun> | 'short' {
  const id = itemKey(payment)
  const name = nameOf(payment)
  const moved = reserved(rows, payment.user, legs, id)
  if (moved === 'short') return 'short'
  const leg = cardOf(legs)
  const network = networkLeg(legs)
  const attempt = attemptOf(world.me, 'payment', name)
  const tried: Payment = {
    ...payment,
    legs,
    ...(leg !== undefined && { attempt }),
    ...(network !== undefined && { branch: branchOf(world.me, name) }),
    state: 'PENDING',
    said: { class: 'PENDING', detail: 'the bank is asked' },
    waits: { for: 'card', until: payment.at },
  }
  const bank = leg === undefined ? [] : [putOrder(orderOf(rows, tried, leg, attempt))]
  const first = network === undefined ? undefined : composed(world, tried, network)
  return {
    put: [
      payments.put(id, tried),
      ...moved.put,
      ...counted(rows, payment, legs),
      ...bank,
      ...(first?.put ?? []),
    ],
    append: [
      ...booked(payment, moved, `try:${name}`, 'try', bookDay(world, payment)),
      { item: id, kind: 'payment', body: { state: 'PENDING', waits: 'card' } },
    ],
    enqueue: first?.enqueue ?? [bankJob(attempt, world.clock.wall())],
    ended: tried,
  }
}

function orderOf(rows: Rows, payment: Payment, leg: Leg, attempt: string): BankOrder {
  const card = cards.in(rows, leg.ref ?? '')
  if (card === undefined) throw new Error(`a leg of ${itemKey(payment)} is a card that is not bound`)
  return {
    attempt,
    what: 'debit',
    purpose: 'PAY',
    owner: 'payment',
    of: itemKey(payment),
    bank: card.bank,
    card: card.card,
    amount: leg.amount,
    currency: payment.currency,
    through: throughOf(payment),
    state: 'ASKED',
  }
}

/** The rows that trying a payment may touch beyond its payer's. */
export const tryKeys = (world: InstitutionWorld, name: string) => [
  bankOrders.key(attemptOf(world.me, 'payment', name)),
  composites.key(branchOf(world.me, name)),
]

function throughOf(payment: Payment): Through {
  const { acquirer, merchant, merchantName, order, orderTime, business } = payment
  return {
    acquirer,
    merchant,
    order,
    orderTime,
    ...(merchantName !== undefined && { merchantName }),
    ...(business !== undefined && { business }),
  }
}

export const lookPayment: LookSide = async (world, { of, attempt }) => {
  const payer = await payerOfPayment(world, of)
  return {
    keys: [payments.key(of), ...undoKeys(payer), returnKey(world.me, attempt)].filter(
      (key) => key !== bankOrders.key(attempt),
    ),
    ended: (rows, order, heard) => {
      const payment = payments.in(rows, of)
      if (!samePayer(payment, payer) || payment === undefined) return undefined
      return paymentEnded(world, rows, payment, order, heard)
    },
  }
}

function paymentEnded(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  order: BankOrder,
  heard: Heard,
): Ending {
  const { undo: _undo, ...rest } = order
  if (heard.kind === 'undone') return { put: [putOrder({ ...rest, state: 'REVERSED' })] }
  // The bank will not undo it: what it took goes back as a refund.
  if (heard.kind === 'kept') return lateSuccess(world, rows, order)
  // The order may be of an earlier try, whose end changes nothing in the one that stands there now.
  const mine = payment.attempt === order.attempt
  const waits = mine && payment.state === 'PENDING' && payment.waits?.for === 'card'
  if (heard.kind === 'yes') {
    if (waits) return taken(world, rows, payment, rest)
    // Being taken back already: that job goes on to its end.
    if (order.undo === true) return { enqueue: [bankJob(order.attempt, world.clock.wall())] }
    return order.state === 'SUCCESS' ? {} : lateSuccess(world, rows, order)
  }
  if (!waits) return { put: [putOrder({ ...rest, state: 'FAILED' })] }
  return refused(world, rows, payment, rest, heard.kind === 'no' ? heard.class : 'DECL-STATE')
}

function taken(world: InstitutionWorld, rows: Rows, payment: Payment, order: BankOrder): Ending {
  const id = itemKey(payment)
  const composite = payment.branch === undefined ? undefined : composites.in(rows, payment.branch)
  if (payment.scene !== 'CPM' || composite !== undefined) {
    const { put = [], ...more } =
      payment.scene !== 'CPM' || composite === undefined
        ? askSwitch(world, payment)
        : committed(world, composite)
    return { ...more, put: [...put, putOrder({ ...order, state: 'SUCCESS' })] }
  }
  const moved = confirmed(rows, payment.user, payment.legs, id)
  const { put, append } = success(payment, payment.legs, moved, `debit:${id}`)
  return {
    put: [...put, putOrder({ ...order, state: 'SUCCESS' })],
    append,
    enqueue: endTold(world, payment),
  }
}

function refused(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  order: BankOrder,
  why: Payment['said']['class'],
): Ending {
  const said = { class: why, detail: 'the bank did not pay' }
  const { day: _day, ...undated } = order
  const composite = payment.branch === undefined ? undefined : composites.in(rows, payment.branch)
  if (composite !== undefined) {
    const { put = [], ...more } = abandoned(world, rows, payment, composite, said)
    return { ...more, put: [...put, putOrder({ ...undated, state: 'FAILED' })] }
  }
  const moved = released(rows, payment.user, payment.legs)
  const { put, append } = failed(rows, payment, said)
  return {
    put: [
      ...put,
      ...moved.put,
      ...uncounted(rows, payment, payment.legs),
      putOrder({ ...undated, state: 'FAILED' }),
    ],
    append: [
      ...booked(payment, moved, `release:${nameOf(payment)}`, 'release', bookDay(world, payment)),
      ...append,
    ],
    enqueue: endTold(world, payment),
  }
}

/** What others hold of a payment that is taken back: they are told until they have done it, in the change that says OK
 *  (REV-019). */
export function remoteUndo(rows: Rows, payment: Payment) {
  const { attempt, at } = payment
  const branch = branchUndo(rows, payment)
  const order = attempt === undefined ? undefined : bankOrders.in(rows, attempt)
  if (order === undefined || (order.state !== 'ASKED' && order.state !== 'SUCCESS')) return branch
  return {
    put: [...branch.put, putOrder({ ...order, undo: true })],
    enqueue: [...branch.enqueue, bankJob(order.attempt, at)],
  }
}
