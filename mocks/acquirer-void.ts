// A void: whole, and on the sale's own clearing day. One id until it is final; where it must not have been, it is undone
// by a reversal of its own (撤销冲正), and the sale stands again.
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Job } from '../store/store.ts'
import { type Answered, call, contentDigest, type Fields } from '../wire/wire.ts'
import {
  type AcquirerWorld,
  itemId,
  type Sale,
  sales,
  TillRefusal,
  type Void,
  voidItem,
  voids,
} from './acquirer-records.ts'
import { drop, known, next, saleOf } from './acquirer-sale.ts'
import { differs, queryTold, type Told, voidAnswerTold } from './acquirer-told.ts'
import { hearVoid, keptVoid } from './acquirer-void-hear.ts'

export type VoidOrder = {
  readonly order: string
  readonly orderTime: string
  readonly of: { readonly order: string; readonly orderTime: string }
}

/** Whether the sale's clearing day still runs, so that it can be voided rather than refunded (VOD-011). */
export function isSameDay(world: AcquirerWorld, sale: Sale): boolean {
  const today = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
  return sale.clearingDay === today
}

export async function voidSale(world: AcquirerWorld, order: VoidOrder): Promise<void> {
  const of = itemId(order.of)
  const sale = await saleOf(world, of)
  if (sale === undefined) throw new TillRefusal(`no sale ${of} is in the book`)
  const fields = requestOf(world, sale, order)
  if (!(await begin(world, order, fields))) return
  const reply = await call(world, 'void', world.switchId, fields, world.profile.values.purchaseWaitMs)
  await learn(world, itemId(order), (one) => voidAnswerTold(one, reply))
}

function requestOf(
  world: AcquirerWorld,
  sale: Sale,
  { order, orderTime }: Pick<VoidOrder, 'order' | 'orderTime'>,
): Fields<'void'> {
  const { merchant, amount, currency } = sale
  return {
    acquirer: world.me,
    merchant,
    order,
    orderTime,
    origOrder: sale.order,
    origOrderTime: sale.orderTime,
    amount,
    currency,
  }
}

async function begin(world: AcquirerWorld, order: VoidOrder, fields: Fields<'void'>): Promise<boolean> {
  const [id, of] = [itemId(order), itemId(order.of)]
  const digest = contentDigest('void', fields)
  return world.store.change<boolean>([voids.key(id), sales.key(of)], (rows) => {
    const sale = known(sales.in(rows, of), of)
    const before = voids.in(rows, id)
    if (before !== undefined && before.digest !== digest)
      throw new TillRefusal(`void ${id} was begun before with other content`)
    if (before !== undefined) return { result: false }
    if (sale.state !== 'SUCCESS') throw new TillRefusal(`a sale that is ${sale.state} cannot be voided`)
    if (!isSameDay(world, sale))
      throw new TillRefusal('the sale belongs to another clearing day: a refund takes it back')
    const { merchant, amount, currency } = sale
    const { orderTime } = order
    const one: Void = {
      order: order.order,
      orderTime,
      of,
      merchant,
      amount,
      currency,
      digest,
      state: 'V_PENDING',
      reversal: `RV${digest.slice(0, 28)}`,
      cases: [],
    }
    const dueAt = world.clock.wall() + world.profile.values.purchaseWaitMs + 1000
    return {
      put: [voids.put(id, one)],
      append: [{ item: voidItem(id), kind: 'void', body: { state: 'V_PENDING', of } }],
      enqueue: [{ id: `void:${id}`, kind: 'void', dueAt, body: { id, attempt: 0 } }],
      result: true,
    }
  })
}

export const voidOf = async ({ store }: AcquirerWorld, id: string): Promise<Void | undefined> =>
  voids.in(await store.read([voids.key(id)]), id)

async function learn(world: AcquirerWorld, id: string, tell: (one: Void) => Told, job?: Job): Promise<void> {
  const { of } = known(await voidOf(world, id), id)
  await world.store.change<void>([voids.key(id), sales.key(of)], (rows) => {
    const [one, sale] = [known(voids.in(rows, id), id), known(sales.in(rows, of), of)]
    const heard = hearVoid(one, sale, tell(one))
    const work = keptVoid(world, sale, heard, job)
    const open = heard.one.state === 'V_PENDING' || heard.one.state === 'V_UNDOING'
    if (job === undefined || !open) return { ...work, result: undefined }
    const attempt = (job.body as { attempt: number }).attempt + 1
    const late = attempt === world.profile.values.insistAttemptsCase
    const because = `the void is not final: ${heard.one.state}`
    const line = { item: voidItem(id), kind: 'case', body: { because, state: heard.one.state } }
    return {
      ...work,
      append: [...(work.append ?? []), ...(late ? [line] : [])],
      enqueue: [...(work.enqueue ?? []), next(world, job)],
      result: undefined,
    }
  })
}

const askAbout = (world: AcquirerWorld, { order, orderTime }: Void): Promise<Answered<'query'>> =>
  call(
    world,
    'query',
    world.switchId,
    { acquirer: world.me, asked: 'void', order, orderTime },
    world.profile.values.purchaseWaitMs,
  )

/** Asks; and where the switch has never heard of it, sends it again under its one id (VOD-008). */
export async function insistVoid(world: AcquirerWorld, job: Job): Promise<void> {
  const { id } = job.body as { id: string }
  const asked = known(await voidOf(world, id), id)
  if (asked.state !== 'V_PENDING') return drop(world, job)
  const reply = await askAbout(world, asked)
  if (reply.kind !== 'answered' || reply.class !== 'NOT_FOUND')
    return learn(world, id, (one) => queryTold(one, reply), job)
  const sale = known(await saleOf(world, asked.of), asked.of)
  const fields = requestOf(world, sale, asked)
  const again = await call(world, 'void', world.switchId, fields, world.profile.values.purchaseWaitMs)
  return learn(world, id, (one) => voidAnswerTold(one, again), job)
}

/** Takes the void itself back. The sale stands again when that is acknowledged, and not before. */
export async function undoVoid(world: AcquirerWorld, id: string): Promise<void> {
  await world.store.change<void>([voids.key(id)], (rows) => {
    const one = voids.in(rows, id)
    if (one === undefined) throw new TillRefusal(`no void ${id} is in the book`)
    if (one.state === 'V_UNDOING' || one.state === 'V_UNDONE') return { result: undefined }
    if (one.state === 'V_FAILED') throw new TillRefusal('the void failed: there is nothing to undo')
    const undoing: Void = { ...one, state: 'V_UNDOING' }
    return {
      put: [voids.put(id, undoing)],
      append: [{ item: voidItem(id), kind: 'void', body: { state: 'V_UNDOING' } }],
      cancel: [`void:${id}`],
      enqueue: [{ id: `undo:${id}`, kind: 'undo', dueAt: world.clock.wall(), body: { id, attempt: 0 } }],
      result: undefined,
    }
  })
}

/** Sends the undoing until it is acknowledged, always under the same id. */
export async function pressUndo(world: AcquirerWorld, job: Job): Promise<void> {
  const { id } = job.body as { id: string }
  const one = known(await voidOf(world, id), id)
  if (one.state !== 'V_UNDOING') return drop(world, job)
  const { merchant, reversal, order, orderTime, amount, currency } = one
  const fields = { acquirer: world.me, merchant, reversal, order, orderTime, amount, currency, about: 'void' }
  const reply = await call(world, 'reversal', world.switchId, fields, world.profile.values.purchaseWaitMs)
  // A void that never came is fenced, whichever way the profile has that said (reversalOfMissing).
  const ended =
    reply.kind === 'answered' &&
    (reply.class === 'OK' || (reply.class === 'DECL-ORIG' && reply.fields.state !== undefined))
  const done = ended && differs(one, reply.fields, []) === undefined
  const because = reply.kind === 'answered' ? `answered ${reply.class}` : reply.because
  await learn(world, id, () => ({ by: 'reversal', says: done ? 'reversed' : 'pending', because }), job)
}
