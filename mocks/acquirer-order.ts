// Orders that payers come to by themselves: a merchant code on a screen, a page in a browser. Nothing but a signed
// notice or a query's answer makes one paid; nothing but the switch's word makes one closed.
import type { Job, JobDraft } from '../store/store.ts'
import { beijingTime, call, contentDigest, readBeijingTime } from '../wire/wire.ts'
import { hear, kept, withCase } from './acquirer-hear.ts'
import {
  type AcquirerWorld,
  itemId,
  merchants,
  move,
  putSale,
  type Sale,
  saleItem,
  sales,
  TillRefusal,
} from './acquirer-records.ts'
import { askAbout, drop, fresh, known, next, type SaleOrder, saleOf } from './acquirer-sale.ts'
import { queryTold } from './acquirer-told.ts'

export type ShownOrder = Omit<SaleOrder, 'code' | 'memo'> & {
  readonly channel: 'code' | 'online'
  /** Beijing time. */
  readonly validUntil: string
  /** The order that this one takes the place of: nothing new is shown before the switch has closed it (MPM-006). */
  readonly instead?: { readonly order: string; readonly orderTime: string }
}

/** Puts an order where payers find it. On record before the switch hears of it. */
export async function show(world: AcquirerWorld, order: ShownOrder): Promise<void> {
  const id = itemId(order)
  const { instead, channel, validUntil } = order
  const keys = [sales.key(id), merchants.key(order.merchant)]
  const other = instead === undefined ? undefined : itemId(instead)
  if (other !== undefined) keys.push(sales.key(other))
  const digest = contentDigest('order.create', { acquirer: world.me, ...order })
  const begun = await world.store.change<boolean>(keys, (rows) => {
    const before = sales.in(rows, id)
    if (before !== undefined && before.digest !== digest)
      throw new TillRefusal(`order ${id} is there with other content: close it and show a new one`)
    if (before !== undefined) return { result: false }
    const replaced = other === undefined ? undefined : sales.in(rows, other)
    if (other !== undefined && replaced?.state !== 'CLOSED')
      throw new TillRefusal(
        `order ${other} is ${replaced?.state ?? 'not in the book'}, not CLOSED: close it first`,
      )
    const sale: Sale = {
      ...fresh(order, digest, merchants.in(rows, order.merchant)),
      channel,
      validUntil,
      state: 'OPEN',
    }
    const line = { item: saleItem(id), kind: 'sale', body: { state: 'OPEN', amount: order.amount, channel } }
    const dueAt = world.clock.wall() + (world.profile.values.queryLadderMs[0] ?? 1000)
    return { put: [putSale(sale)], append: [line], enqueue: [watchJob(id, dueAt)], result: true }
  })
  if (!begun) return
  const shown = await ask(world, order)
  if (typeof shown === 'string') throw new TillRefusal(shown)
  await world.store.change<void>([sales.key(id)], (rows) => ({
    put: [putSale({ ...known(sales.in(rows, id), id), shown })],
    result: undefined,
  }))
}

async function ask(world: AcquirerWorld, order: ShownOrder): Promise<NonNullable<Sale['shown']> | string> {
  const { channel, instead: _other, terminal: _till, ...fields } = order
  const wait = world.profile.values.purchaseWaitMs
  const own = { acquirer: world.me, ...fields }
  const reply =
    channel === 'code'
      ? await call(world, 'qr.create', world.switchId, { ...own, codeKind: 'DYNAMIC' }, wait)
      : await call(world, 'order.create', world.switchId, own, wait)
  if (reply.kind !== 'answered') return `the switch gave nothing to show: ${reply.because}`
  if (reply.class !== 'OK') return `the switch answered ${reply.class}`
  const said: Readonly<Record<string, unknown>> = reply.fields
  const names = ['qrCode', 'tn', 'link'].filter((name) => typeof said[name] === 'string')
  return Object.fromEntries(names.map((name) => [name, said[name] as string]))
}

const watchJob = (id: string, dueAt: number, attempt = 0): JobDraft => ({
  id: `watch:${id}`,
  kind: 'watch',
  dueAt,
  body: { id, attempt },
})

/** Asks again and again until the order is final (ONL-009); when its time is over, it is closed at the switch. */
export async function watch(world: AcquirerWorld, job: Job): Promise<void> {
  const { id, attempt } = job.body as { id: string; attempt: number }
  const asked = await saleOf(world, id)
  if (asked?.state !== 'OPEN') return drop(world, job)
  const reply = await askAbout(world, asked)
  const { queryLadderMs } = world.profile.values
  const gap = queryLadderMs[Math.min(attempt + 1, queryLadderMs.length - 1)] ?? 1000
  const over = readBeijingTime(asked.validUntil ?? '') ?? 0
  await world.store.change<void>([sales.key(id)], (rows) => {
    const before = known(sales.in(rows, id), id)
    const heard = hear(before, queryTold(before, reply))
    const work = kept(world, before.state, heard, job)
    if (heard.sale.state !== 'OPEN') return { ...work, result: undefined }
    const now = world.clock.wall()
    if (now >= over) {
      const back = closing(heard.sale, now)
      return { ...work, put: [putSale(back.sale)], enqueue: [back.job], result: undefined }
    }
    return { ...work, enqueue: [watchJob(id, Math.min(now + gap, over), attempt + 1)], result: undefined }
  })
}

const closing = (sale: Sale, now: number): { sale: Sale; job: JobDraft } => {
  const id = itemId(sale)
  return {
    sale: move(sale, 'CLOSING'),
    job: { id: `close:${id}`, kind: 'close', dueAt: now, body: { id, attempt: 0 } },
  }
}

/** Asked for at the till: the order is on its way out from here on, and gone when the switch says so. */
export async function closeOrder(world: AcquirerWorld, id: string): Promise<void> {
  await world.store.change<void>([sales.key(id)], (rows) => {
    const sale = sales.in(rows, id)
    if (sale?.channel === undefined) throw new TillRefusal(`no open order ${id} is in the book`)
    if (sale.state === 'CLOSING' || sale.state === 'CLOSED') return { result: undefined }
    if (sale.state !== 'OPEN') throw new TillRefusal(`the order is ${sale.state}: a refund takes it back`)
    const back = closing(sale, world.clock.wall())
    const line = { item: saleItem(id), kind: 'sale', body: { state: 'CLOSING', because: 'the till' } }
    return {
      put: [putSale(back.sale)],
      append: [line],
      enqueue: [{ ...back.job, dueAt: world.clock.wall() + world.profile.values.purchaseWaitMs }],
      cancel: [`watch:${id}`],
      result: undefined,
    }
  })
  await cancelAtSwitch(world, id)
}

export async function insistClose(world: AcquirerWorld, job: Job): Promise<void> {
  const { id } = job.body as { id: string }
  const sale = await saleOf(world, id)
  if (sale?.state !== 'CLOSING') return drop(world, job)
  await cancelAtSwitch(world, id, job)
}

/** What the switch says of an order decides, not our clock: paid in time is paid, whenever we hear of it (MPM-015). */
async function cancelAtSwitch(world: AcquirerWorld, id: string, job?: Job): Promise<void> {
  const { merchant, order, orderTime } = known(await saleOf(world, id), id)
  const fields = { acquirer: world.me, merchant, order, orderTime }
  const wait = world.profile.values.purchaseWaitMs
  const reply = await call(world, 'qr.cancel', world.switchId, fields, wait)
  const closed = reply.kind === 'answered' && reply.class === 'OK'
  const paid = reply.kind === 'answered' && !closed && reply.class === 'DECL-STATE'
  const told = paid ? await askAbout(world, known(await saleOf(world, id), id)) : undefined
  await world.store.change<void>([sales.key(id)], (rows) => {
    const before = known(sales.in(rows, id), id)
    if (before.state !== 'CLOSING') return { finish: job === undefined ? [] : [job], result: undefined }
    if (closed) {
      const line = {
        item: saleItem(id),
        kind: 'sale',
        body: { state: 'CLOSED', because: 'closed by the switch' },
      }
      const heard = { sale: move(before, 'CLOSED'), append: [line] }
      const work = kept(world, before.state, heard, job)
      return { ...work, cancel: job === undefined ? [`close:${id}`] : [], result: undefined }
    }
    const heard = told === undefined ? { sale: before, append: [] } : hear(before, queryTold(before, told))
    const work = kept(world, before.state, heard, job)
    if (heard.sale.state !== 'CLOSING' || job === undefined) return { ...work, result: undefined }
    return { ...work, enqueue: [next(world, job)], result: undefined }
  })
}

/** What a browser brings back from the wallet. It is nobody's word: it can only be refused, or make us ask (ONL-002). */
export type ReturnData = {
  readonly result: string
  readonly order: string
  readonly amount: bigint
  readonly merchant: string
}

export async function returned(world: AcquirerWorld, id: string, data: ReturnData): Promise<void> {
  const sale = await saleOf(world, id)
  if (sale === undefined) throw new TillRefusal(`no order ${id} is in the book`)
  const wrong =
    data.order !== sale.order
      ? `order is ${data.order}`
      : data.amount !== sale.amount
        ? `amount is ${data.amount}`
        : data.merchant !== sale.merchant
          ? `merchant is ${data.merchant}`
          : undefined
  if (wrong === undefined) {
    const reply = await askAbout(world, sale)
    return world.store.change<void>([sales.key(id)], (rows) => {
      const before = known(sales.in(rows, id), id)
      return { ...kept(world, before.state, hear(before, queryTold(before, reply))), result: undefined }
    })
  }
  await world.store.change<void>([sales.key(id)], (rows) => {
    const before = known(sales.in(rows, id), id)
    const cased = withCase(before, { by: 'answer', because: `return data of another order: ${wrong}` })
    return { put: [putSale(cased.sale)], append: cased.append, result: undefined }
  })
  throw new TillRefusal(`the return data is of another order: ${wrong}`)
}

/** The one instant that a merchant's server means, in whichever zone it writes it (ONL-012). */
export function beijingOf(text: string): string | undefined {
  const at = /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : beijingTime(at)
}
