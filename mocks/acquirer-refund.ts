// A refund: one id until it is final (RFD-007). Accepted is not refunded: a notice or a query says so (RFD-024).
import type { Job } from '../store/store.ts'
import { type Answered, call, contentDigest, type Fields } from '../wire/wire.ts'
import { hearRefund, keptRefund } from './acquirer-hear.ts'
import { adoptRefund } from './acquirer-notice.ts'
import {
  type AcquirerWorld,
  itemId,
  type Merchant,
  merchants,
  orphans,
  type Refund,
  refundItem,
  refunds,
  type Sale,
  sales,
  TillRefusal,
} from './acquirer-records.ts'
import { drop, known, next, saleOf } from './acquirer-sale.ts'
import { queryTold, refundAnswerTold, type Told } from './acquirer-told.ts'

export type RefundOrder = {
  readonly order: string
  readonly orderTime: string
  readonly of: { readonly order: string; readonly orderTime: string }
  readonly amount: bigint
  readonly memo?: string
  /** The network's number of the one payment that goes back, where the sale is not credited with it. */
  readonly givesBack?: string
}

export async function refund(world: AcquirerWorld, order: RefundOrder): Promise<void> {
  const of = itemId(order.of)
  const sale = await saleOf(world, of)
  if (sale === undefined) throw new TillRefusal(`no item ${of} is in the book`)
  const fields = requestOf(world, sale, order)
  if (!(await begin(world, order, of))) return
  const reply = await call(world, 'refund', world.switchId, fields, world.profile.values.purchaseWaitMs)
  await learn(world, itemId(order), (known) => refundAnswerTold(known, reply))
}

/** The same at every send, so that a repeat is a repeat: it names the original by our own order. The network's number
 *  is named only where two payments bear that order. */
function requestOf(world: AcquirerWorld, sale: Sale, order: Omit<RefundOrder, 'of'>): Fields<'refund'> {
  const { merchant, currency } = sale
  const { amount, memo, orderTime, givesBack } = order
  return {
    acquirer: world.me,
    merchant,
    order: order.order,
    orderTime,
    origOrder: sale.order,
    origOrderTime: sale.orderTime,
    amount,
    currency,
    ...(memo !== undefined && { memo }),
    ...(givesBack !== undefined && { origTransaction: givesBack }),
  }
}

/** On record before it is sent, with the job that follows it. False: this refund was begun before, and goes on. */
async function begin(world: AcquirerWorld, order: RefundOrder, of: string): Promise<boolean> {
  const id = itemId(order)
  const { merchant: shop } = known(await saleOf(world, of), of)
  const keys = [refunds.key(id), sales.key(of), orphans.key(refundItem(id)), merchants.key(shop)]
  return world.store.change<boolean>(keys, (rows) => {
    const sale = known(sales.in(rows, of), of)
    const digest = contentDigest('refund', requestOf(world, sale, order))
    const before = refunds.in(rows, id)
    if (before !== undefined && before.digest !== digest)
      throw new TillRefusal(
        `refund ${id} was begun before with other content: a new refund needs a new order id`,
      )
    if (before !== undefined) return { result: false }
    const { amount, memo, orderTime, givesBack } = order
    const { merchant, currency } = sale
    const taken = givesBack === undefined ? takenFrom(sale, amount, merchants.in(rows, merchant)) : undefined
    const begun: Refund = {
      order: order.order,
      orderTime,
      merchant,
      amount,
      currency,
      digest,
      of,
      ...(memo !== undefined && { memo }),
      ...(givesBack !== undefined && { givesBack }),
      state: 'R_PENDING',
      cases: [],
    }
    const early = adoptRefund(begun, sale, orphans.in(rows, refundItem(id)))
    const work = keptRefund(world, { refund: begun, sale }, early)
    const open = early.refund.state === 'R_PENDING'
    const dueAt = world.clock.wall() + world.profile.values.purchaseWaitMs + 1000
    const line = { item: refundItem(id), kind: 'refund', body: { state: 'R_PENDING', of, amount } }
    return {
      ...work,
      put: [...(work.put ?? []), ...(taken === undefined ? [] : [merchants.put(merchant, taken)])],
      append: [line, ...(work.append ?? [])],
      enqueue: [
        ...(work.enqueue ?? []),
        ...(open ? [{ id: `refund:${id}`, kind: 'refund', dueAt, body: { id, attempt: 0 } }] : []),
      ],
      remove: [orphans.key(refundItem(id))],
      result: open,
    }
  })
}

/** The merchant pays before the network is asked: from what is not settled yet, then from its deposit (RFD-022). */
function takenFrom(sale: Sale, amount: bigint, shop: Merchant | undefined): Merchant | undefined {
  if (sale.disputed) throw new TillRefusal('a chargeback of this sale is open: no refund until it is closed')
  if (amount > sale.amount - sale.refunded)
    throw new TillRefusal(`only ${sale.amount - sale.refunded} fen of the sale are left to refund`)
  if (shop?.unsettled === undefined) return undefined
  const short = amount > shop.unsettled ? amount - shop.unsettled : 0n
  if (short > shop.deposit)
    throw new TillRefusal(`the merchant has ${shop.unsettled} fen unsettled and ${shop.deposit} deposited`)
  return { ...shop, unsettled: shop.unsettled - (amount - short), deposit: shop.deposit - short }
}

export const refundOf = async ({ store }: AcquirerWorld, id: string): Promise<Refund | undefined> =>
  refunds.in(await store.read([refunds.key(id)]), id)

async function learn(
  world: AcquirerWorld,
  id: string,
  tell: (refund: Refund) => Told,
  job?: Job,
): Promise<void> {
  const { of } = known(await refundOf(world, id), id)
  await world.store.change<void>([refunds.key(id), sales.key(of)], (rows) => {
    const before = { refund: known(refunds.in(rows, id), id), sale: known(sales.in(rows, of), of) }
    const heard = hearRefund(before.refund, before.sale, tell(before.refund))
    const work = keptRefund(world, before, heard, job)
    if (job === undefined || heard.refund.state !== 'R_PENDING') return { ...work, result: undefined }
    const attempt = (job.body as { attempt: number }).attempt + 1
    const late = attempt === world.profile.values.insistAttemptsCase
    const because = 'the refund is not final'
    const line = { item: refundItem(id), kind: 'case', body: { because, state: 'R_PENDING' } }
    return {
      ...work,
      append: [...(work.append ?? []), ...(late ? [line] : [])],
      enqueue: [...(work.enqueue ?? []), next(world, job)],
      result: undefined,
    }
  })
}

function askAbout(world: AcquirerWorld, { order, orderTime }: Refund): Promise<Answered<'query'>> {
  const fields = { acquirer: world.me, asked: 'refund', order, orderTime }
  return call(world, 'query', world.switchId, fields, world.profile.values.purchaseWaitMs)
}

/** The till asks by hand. */
export async function queryRefund(world: AcquirerWorld, id: string): Promise<void> {
  const reply = await askAbout(world, known(await refundOf(world, id), id))
  await learn(world, id, (refund) => queryTold(refund, reply))
}

/** Asks; and where the switch has never heard of it, sends it again under its one id. */
export async function insist(world: AcquirerWorld, job: Job): Promise<void> {
  const { id } = job.body as { id: string; attempt: number }
  const asked = known(await refundOf(world, id), id)
  if (asked.state !== 'R_PENDING') return drop(world, job)
  const reply = await askAbout(world, asked)
  if (reply.kind !== 'answered' || reply.class !== 'NOT_FOUND')
    return learn(world, id, (refund) => queryTold(refund, reply), job)
  const sale = known(await saleOf(world, asked.of), asked.of)
  const fields = requestOf(world, sale, asked)
  const again = await call(world, 'refund', world.switchId, fields, world.profile.values.purchaseWaitMs)
  return learn(world, id, (refund) => resentTold(refund, again), job)
}

/** Sends back what a sale is not credited with; the id is the payment's, so that it goes back once. */
export async function giveBack(world: AcquirerWorld, job: Job): Promise<void> {
  const { id, transaction, amount, orderTime } = job.body as {
    id: string
    transaction: string
    amount: bigint
    orderTime: string
  }
  const { order, orderTime: soldAt } = known(await saleOf(world, id), id)
  const of = { order, orderTime: soldAt }
  await refund(world, { order: `GB${transaction}`, orderTime, of, amount, givesBack: transaction })
  await drop(world, job)
}

/** A repeat that is rejected as a message says nothing about the first; only a decline is about the refund itself. */
function resentTold(refund: Refund, reply: Answered<'refund'>): Told {
  if (reply.kind === 'answered' && reply.class.startsWith('REJ-'))
    return { by: 'answer', says: 'pending', because: `the repeat was answered ${reply.class}` }
  return refundAnswerTold(refund, reply)
}
