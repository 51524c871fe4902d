// A sale, top to bottom: written down, sent, and followed until it is final. What is not known is asked for on the
// query ladder with the same original id (CPM-008); what stays unknown is taken back until that is acknowledged.
import type { Job, JobDraft } from '../store/store.ts'
import { type Answered, type AnswerClass, call, contentDigest, isDecline } from '../wire/wire.ts'
import { answerTold, differs, queryTold, type Told } from './acquirer-told.ts'
import { askJob, hear, type Heard, kept, reversing, withCase, type Work } from './acquirer-hear.ts'
import {
  type AcquirerWorld,
  itemId,
  type Merchant,
  merchants,
  orphans,
  OWED,
  owedAt,
  type Sale,
  saleItem,
  sales,
  TillRefusal,
} from './acquirer-records.ts'
import { adopt } from './acquirer-notice.ts'

/** What the till asks for; amounts in minor units, the code as it was scanned. */
export type SaleOrder = {
  readonly order: string
  readonly orderTime: string
  readonly merchant: string
  readonly merchantName: string
  readonly merchantCategory: string
  readonly terminal: string
  readonly code: string
  readonly amount: bigint
  readonly currency: string
  readonly memo?: string
}

/** A crash between writing and answer is found by the job, after the answer would have come. */
const CRASH_MARGIN_MS = 1000
const REVERSALS_OWED_MAX = 8

export async function sell(world: AcquirerWorld, order: SaleOrder): Promise<void> {
  const fields = { acquirer: world.me, ...order }
  const digest = contentDigest('purchase', fields)
  const id = itemId(order)
  if (!(await begin(world, order, digest))) return
  if (await owesReversal(world, order))
    return learn(world, id, {
      by: 'reversal',
      says: 'failed',
      because: 'the terminal still owes a reversal: not sent',
    })
  const reply = await call(world, 'purchase', world.switchId, fields, world.profile.values.purchaseWaitMs)
  await learn(world, id, (sale) => answerTold(sale, reply))
}

/** The order is on record before anything is sent. False when there is nothing to send: it is known already. */
async function begin(world: AcquirerWorld, order: SaleOrder, digest: string): Promise<boolean> {
  const id = itemId(order)
  const keys = [sales.key(id), orphans.key(saleItem(id)), merchants.key(order.merchant)]
  return world.store.change<boolean>(keys, (rows) => {
    const known = sales.in(rows, id)
    if (known !== undefined && known.digest !== digest)
      throw new TillRefusal(`order ${id} was sold before with other content: a new sale needs a new order id`)
    if (known !== undefined) return { result: false }
    const { merchant, terminal, amount } = order
    const sent: Sale = { ...fresh(order, digest, merchants.in(rows, merchant)), state: 'SENT' }
    const early = adopt(sent, orphans.in(rows, saleItem(id)))
    const line = { item: saleItem(id), kind: 'sale', body: { state: 'SENT', amount, merchant, terminal } }
    const due = world.clock.wall() + world.profile.values.purchaseWaitMs + CRASH_MARGIN_MS
    const work = kept(world, 'SENT', early)
    const { state } = early.sale
    return {
      ...work,
      append: [line, ...(work.append ?? [])],
      enqueue: state === 'SENT' ? [askJob(id, due)] : (work.enqueue ?? []),
      remove: [orphans.key(saleItem(id))],
      result: state === 'SENT' || state === 'PENDING',
    }
  })
}

/** A sale as it begins; amounts, shop and ids as they were asked for. */
export function fresh(
  { order, orderTime, merchant, terminal, amount, currency }: Omit<SaleOrder, 'code'>,
  digest: string,
  shop: Merchant | undefined,
): Omit<Sale, 'state'> {
  return {
    order,
    orderTime,
    merchant,
    terminal,
    amount,
    currency,
    digest,
    fee: (amount * (shop?.feeBasisPoints ?? 0n) + 5_000n) / 10_000n,
    reversal: `RV${digest.slice(0, 28)}`,
    refunded: 0n,
    deliveries: 0,
    posted: false,
    disputed: false,
    cases: [],
  }
}

/** Hears news about a sale, in a change of its own. */
export async function learn(
  world: AcquirerWorld,
  id: string,
  told: Told | ((sale: Sale) => Told),
): Promise<void> {
  await world.store.change([sales.key(id)], (rows) => {
    const sale = known(sales.in(rows, id), id)
    return {
      ...kept(world, sale.state, hear(sale, typeof told === 'function' ? told(sale) : told)),
      result: undefined,
    }
  })
}

export function known<T>(record: T | undefined, id: string): T {
  if (record === undefined) throw new Error(`no item ${id} is in the book`)
  return record
}

export const saleOf = async ({ store }: AcquirerWorld, id: string): Promise<Sale | undefined> =>
  sales.in(await store.read([sales.key(id)]), id)

export function askAbout(world: AcquirerWorld, { order, orderTime }: Sale): Promise<Answered<'query'>> {
  const fields = { acquirer: world.me, asked: 'purchase', order, orderTime }
  return call(world, 'query', world.switchId, fields, world.profile.values.purchaseWaitMs)
}

/** The till asks by hand; a final sale is asked about, too, and hears what its state lets it hear. */
export async function query(world: AcquirerWorld, id: string): Promise<void> {
  const reply = await askAbout(world, known(await saleOf(world, id), id))
  await learn(world, id, (sale) => queryTold(sale, reply))
}

/** One rung of the ladder. After the last the outcome counts as unknown, and the sale is taken back (CPM-009). */
export async function climb(world: AcquirerWorld, job: Job): Promise<void> {
  const { id, attempt } = job.body as { id: string; attempt: number }
  const asked = await saleOf(world, id)
  if (asked?.state !== 'SENT' && asked?.state !== 'PENDING') return drop(world, job)
  const reply = await askAbout(world, asked)
  const gap = world.profile.values.queryLadderMs[attempt + 1]
  await world.store.change([sales.key(id)], (rows) => {
    const before = known(sales.in(rows, id), id)
    const heard = hear(before, queryTold(before, reply))
    const work = kept(world, before.state, heard, job)
    if (before.state !== 'PENDING' || heard.sale.state !== 'PENDING') return { ...work, result: undefined }
    if (gap !== undefined)
      return { ...work, enqueue: [askJob(id, world.clock.wall() + gap, attempt + 1)], result: undefined }
    const back = reversing(heard.sale, 'the query ladder ended without a final answer')
    const both = { sale: back.sale, append: [...heard.append, ...back.append] }
    return { ...kept(world, before.state, both, job), result: undefined }
  })
}

/** Asked for at the till. A sale that is final is refunded, not reversed (REV-022), unless its slip never printed. */
export async function reverse(
  world: AcquirerWorld,
  id: string,
  because: 'unknown' | 'no_slip',
): Promise<void> {
  await world.store.change<void>([sales.key(id)], (rows) => {
    const sale = known(sales.in(rows, id), id)
    const open = sale.state === 'SENT' || sale.state === 'PENDING'
    if (open || (sale.state === 'SUCCESS' && because === 'no_slip'))
      return { ...kept(world, sale.state, reversing(sale, `the till: ${because}`)), result: undefined }
    if (sale.state === 'REVERSING' || sale.state === 'REVERSED') return { result: undefined }
    const body = { act: 'reverse', because: `${sale.state} is final: a refund takes it back` }
    return { append: [{ item: saleItem(id), kind: 'refused', body }], result: undefined }
  })
}

/** Sends the reversal once; the job comes back until it is acknowledged, with the same reversal id (REV-013). */
export async function press(world: AcquirerWorld, id: string, job?: Job): Promise<void> {
  const asked = await saleOf(world, id)
  if (asked?.state !== 'REVERSING') return job && drop(world, job)
  const { merchant, reversal, order, orderTime, amount, currency } = asked
  const fields = { acquirer: world.me, merchant, reversal, order, orderTime, amount, currency }
  const wait = world.profile.values.purchaseWaitMs
  const reply = await call(world, 'reversal', world.switchId, fields, wait)
  const told = acknowledged(asked, reply) ?? queryTold(asked, await askAbout(world, asked))
  await world.store.change<void>([sales.key(id)], (rows) => {
    const before = known(sales.in(rows, id), id)
    if (before.state !== 'REVERSING') return { finish: job === undefined ? [] : [job], result: undefined }
    if (told.says === 'reversed')
      return { ...kept(world, before.state, hear(before, told), job), result: undefined }
    if (reply.kind === 'answered' && isDecline(reply.class))
      return { ...refused(world, before, reply.class, job), result: undefined }
    return { ...again(world, before, reply, job), result: undefined }
  })
}

const UNPAID: readonly string[] = ['REVERSED', 'FENCED', 'FAILED']

/** OK acknowledges, unless the echo is another order's or its state says that it is still paid. */
function acknowledged(sale: Sale, reply: Answered<'reversal'>): Told | undefined {
  if (reply.kind !== 'answered' || differs(sale, reply.fields, []) !== undefined) return undefined
  const { state } = reply.fields
  const done = reply.class === 'OK' && (state === undefined || UNPAID.includes(state))
  const fenced = reply.class === 'DECL-ORIG' && state === 'FENCED'
  return done || fenced ? { by: 'reversal', says: 'reversed', because: `answered ${reply.class}` } : undefined
}

/** A definite no will not become a yes under this id: the sale is not credited and waits for a person (REV-014). */
function refused(world: AcquirerWorld, before: Sale, said: AnswerClass, job?: Job): Work {
  const cased = withCase(
    { ...before, reversalRefused: said },
    { by: 'reversal', because: `answered ${said}` },
  )
  const work = kept(world, before.state, cased, job)
  return job === undefined ? { ...work, cancel: [`reverse:${itemId(before)}`] } : work
}

function again(world: AcquirerWorld, before: Sale, reply: Answered<'reversal'>, job?: Job): Work {
  if (job === undefined) return {}
  const { attempt } = job.body as { attempt: number }
  const said = reply.kind === 'answered' ? reply.class : reply.because
  const late = attempt + 1 === world.profile.values.insistAttemptsCase
  const heard: Heard = late
    ? withCase(before, { by: 'reversal', because: `not acknowledged: ${said}` })
    : { sale: before, append: [] }
  return { ...kept(world, before.state, heard, job), enqueue: [next(world, job)] }
}

/** The same job later; after the last gap of the profile, that gap again. */
export function next(world: AcquirerWorld, { id, kind, body }: Job): JobDraft {
  const { insistGapsMs } = world.profile.values
  const attempt = (body as { attempt: number }).attempt
  const gap = insistGapsMs[Math.min(attempt, insistGapsMs.length - 1)] ?? CRASH_MARGIN_MS
  return { id, kind, dueAt: world.clock.wall() + gap, body: { ...(body as object), attempt: attempt + 1 } }
}

/** Reversals of a terminal go before its next sale (REV-011): true when one is still not acknowledged. */
async function owesReversal(world: AcquirerWorld, { merchant, terminal }: SaleOrder): Promise<boolean> {
  const at = owedAt({ merchant, terminal })
  const owed = () => world.store.scan(OWED, at, `${at}!`, REVERSALS_OWED_MAX)
  for (const { value } of await owed()) await press(world, itemId(value as Sale))
  return (await owed()).length > 0
}

export const drop = (world: AcquirerWorld, job: Job): Promise<void> =>
  world.store.change<void>([], () => ({ finish: [job], result: undefined }))
