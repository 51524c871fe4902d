// News about an item changes it here and nowhere else: its state, its posting, its delivery, its cases; and the jobs
// that the new state needs are made in the same change.
import type { Decision, EntryDraft, Job, JobDraft } from '../store/store.ts'
import { beijingTime } from '../wire/wire.ts'
import { refundEntry, reversalEntry, saleEntry } from './acquirer-book.ts'
import {
  type AcquirerWorld,
  itemId,
  move,
  putSale,
  type Refund,
  REFUND_HEARS,
  refundItem,
  refunds,
  type Sale,
  SALE_HEARS,
  saleItem,
  type SaleState,
} from './acquirer-records.ts'
import type { Told } from './acquirer-told.ts'

export type Heard = {
  readonly sale: Sale
  readonly append: readonly EntryDraft[]
  /** Payments that the sale is not credited with, to be sent back. */
  readonly back?: readonly Payment[]
}
/** What the switch took from a payer for an order of ours. */
export type Payment = { readonly transaction: string; readonly amount: bigint; readonly currency: string }
export type RefundHeard = Heard & { readonly refund: Refund }
export type Work = Omit<Decision<unknown>, 'result'>

export function hear(before: Sale, told: Told): Heard {
  const item = saleItem(itemId(before))
  const step = SALE_HEARS[before.state][told.says]
  const sale = {
    ...named(before, told),
    ...(told.by === 'answer' && told.said !== undefined && { said: told.said }),
  }
  if (step === 'case') return withCase(afterOddity(sale, told), told)
  if (step === 'ignores')
    return { sale, append: [{ item, kind: 'ignored', body: lineOf(before.state, told) }] }
  if (step === 'gives-back') return paidTooLate(sale, told)
  if (step === 'stays') return delivered({ sale, append: [] }, told)
  if (step === 'REVERSED') return reversed(sale, told)
  const next = move(sale, step)
  const line = { item, kind: 'sale', body: lineOf(step, told) }
  if (step !== 'SUCCESS') return { sale: next, append: [line] }
  return delivered({ sale: { ...next, posted: true }, append: [line, saleEntry(next)] }, told)
}

/** Money for an order that is closed goes back by itself; the order stays closed (MPM-005). */
function paidTooLate(sale: Sale, told: Told): Heard {
  const cased = withCase(sale, { ...told, because: 'paid when it was closed: the payment is given back' })
  const { transaction } = told
  if (transaction === undefined || cased.append.length === 0) return cased
  return { ...cased, back: [{ transaction, amount: sale.amount, currency: sale.currency }] }
}

/** A second payer's money for an order that is paid goes back; an attempt that failed says nothing of the order
 *  (ONL-008, QRY-014). */
export function otherAttempt(sale: Sale, told: Told, transaction: string): Heard {
  if (told.says !== 'success') return { sale, append: [] }
  const because = `paid twice: ${transaction} is given back`
  const cased = withCase(sale, { by: told.by, because })
  if (cased.append.length === 0) return cased
  return { ...cased, back: [{ transaction, amount: sale.amount, currency: sale.currency }] }
}

/** A final refund counts against its sale once, and proves that the sale was paid (NTF-004). */
export function hearRefund(before: Refund, sale: Sale, told: Told): RefundHeard {
  const item = refundItem(itemId(before))
  const step = REFUND_HEARS[before.state][told.says]
  const refund = {
    ...named(before, told),
    ...(told.by === 'answer' && told.said !== undefined && { said: told.said }),
  }
  if (step === 'stays' || step === 'ignores' || step === 'gives-back') return { refund, sale, append: [] }
  if (step === 'case') {
    const because = `${told.by}: ${told.because}`
    if (before.cases.includes(because)) return { refund, sale, append: [] }
    return {
      refund: { ...refund, cases: [...refund.cases, because] },
      sale,
      append: [{ item, kind: 'case', body: { because, state: before.state } }],
    }
  }
  const ended = { ...refund, state: step }
  const line = { item, kind: 'refund', body: { state: step, because: `${told.by}: ${told.because}` } }
  if (step !== 'R_SUCCESS') return { refund: ended, sale, append: [line] }
  // What is given back was never the merchant's: nothing is posted and nothing counts against the sale.
  if (ended.givesBack !== undefined) return { refund: ended, sale, append: [line] }
  const counted = countRefund(sale, ended, told.by)
  return { refund: ended, sale: counted.sale, append: [line, refundEntry(ended), ...counted.append] }
}

const PAID_OR_OPEN: readonly SaleState[] = ['SENT', 'PENDING', 'SUCCESS', 'PART_REFUNDED']

function countRefund(before: Sale, refund: Refund, by: Told['by']): Heard {
  const sale = { ...before, refunded: before.refunded + refund.amount }
  if (!PAID_OR_OPEN.includes(before.state) || sale.refunded > sale.amount)
    return withCase(sale, { by, because: `refund ${itemId(refund)} of a sale that was ${before.state}` })
  const state = sale.refunded === sale.amount ? 'REFUNDED' : 'PART_REFUNDED'
  const line = {
    item: saleItem(itemId(sale)),
    kind: 'sale',
    body: { state, because: `refund ${itemId(refund)}` },
  }
  return {
    sale: { ...move(sale, state), posted: true },
    append: [...(before.posted ? [] : [saleEntry(sale)]), line],
  }
}

/** Begins to take a sale back: for an outcome nobody knows, or for a slip that did not print. */
export function reversing(before: Sale, because: string): Heard {
  const line = { item: saleItem(itemId(before)), kind: 'sale', body: { state: 'REVERSING', because } }
  return {
    sale: { ...move(before, 'REVERSING'), posted: false },
    append: [line, ...(before.posted ? [reversalEntry(before)] : [])],
  }
}

function reversed(before: Sale, told: Told): Heard {
  const line = { item: saleItem(itemId(before)), kind: 'sale', body: lineOf('REVERSED', told) }
  const done = {
    sale: { ...move(before, 'REVERSED'), posted: false },
    append: [line, ...(before.posted ? [reversalEntry(before)] : [])],
  }
  if (before.state !== 'SUCCESS') return done
  // Nobody here asked for it, and the goods are gone.
  const cased = withCase(done.sale, { ...told, because: 'reversed by the network after it was delivered' })
  return { sale: cased.sale, append: [...done.append, ...cased.append] }
}

/** Goods go out once, on word of the payment itself, and not for what is already given back. */
function delivered({ sale, append }: Heard, { says, refunded }: Told): Heard {
  const due = sale.state === 'SUCCESS' || sale.state === 'PART_REFUNDED'
  if (says !== 'success' || !due || sale.deliveries > 0 || refunded === true) return { sale, append }
  const line = { item: saleItem(itemId(sale)), kind: 'delivery', body: { amount: sale.amount } }
  return { sale: { ...sale, deliveries: sale.deliveries + 1 }, append: [...append, line] }
}

/** The outcome of a sale whose answer makes no sense is open: the ladder asks. An odd notice is not its answer. */
const afterOddity = (sale: Sale, { by }: Told): Sale =>
  sale.state === 'SENT' && by !== 'notice' ? move(sale, 'PENDING') : sale

export function withCase(sale: Sale, { by, because: what }: Pick<Told, 'by' | 'because'>): Heard {
  const because = `${by}: ${what}`
  if (sale.cases.includes(because)) return { sale, append: [] }
  const line = { item: saleItem(itemId(sale)), kind: 'case', body: { because, state: sale.state } }
  return { sale: { ...sale, cases: [...sale.cases, because] }, append: [line] }
}

/** The network's names for an item are taken from the first message that tells them, if it is no oddity. */
function named<T extends Sale | Refund>(item: T, told: Told): T {
  const { says, transaction, clearingDay, paid, legs } = told
  const isSale = !('of' in item)
  // A failed attempt at an order that others may still pay names nothing of it.
  if (says === 'odd' || (isSale && says !== 'success' && isShown((item as Sale).state))) return item
  return {
    ...item,
    ...(isSale && (item as Sale).paid === undefined && paid !== undefined && { paid }),
    ...(isSale && (item as Sale).legs === undefined && legs !== undefined && { legs }),
    ...(item.transaction === undefined && transaction !== undefined && { transaction }),
    ...(item.clearingDay === undefined && clearingDay !== undefined && { clearingDay }),
  }
}

const lineOf = (state: SaleState, { by, because }: Told): { state: SaleState; because: string } => ({
  state,
  because: `${by}: ${because}`,
})

/** A code or an order that is, or was, there for anybody to pay. */
const isShown = (state: SaleState): boolean => state === 'OPEN' || state === 'CLOSING' || state === 'CLOSED'
const isOpen = (state: SaleState): boolean => state === 'SENT' || state === 'PENDING'
export const askJob = (id: string, dueAt: number, attempt = 0): JobDraft => ({
  id: `ask:${id}`,
  kind: 'ask',
  dueAt,
  body: { id, attempt },
})

/** Writes what was heard: the row, its lines, and the jobs of its new state; `job` is the one that this change ends. */
export function kept(
  world: AcquirerWorld,
  before: SaleState,
  { sale, append, back = [] }: Heard,
  job?: Job,
): Work {
  const id = itemId(sale)
  const now = world.clock.wall()
  const [first = 1000] = world.profile.values.queryLadderMs
  const enqueue: JobDraft[] = []
  const needless: string[] = []
  if (before === 'SENT' && sale.state === 'PENDING') enqueue.push(askJob(id, now + first))
  if (isOpen(before) && !isOpen(sale.state)) needless.push(`ask:${id}`)
  if (before !== 'REVERSING' && sale.state === 'REVERSING')
    enqueue.push({ id: `reverse:${id}`, kind: 'reverse', dueAt: now, body: { id, attempt: 0 } })
  if (before === 'REVERSING' && sale.state !== 'REVERSING') needless.push(`reverse:${id}`)
  if (isShown(before) && !isShown(sale.state)) needless.push(`watch:${id}`, `close:${id}`)
  for (const payment of back)
    enqueue.push({
      id: `back:${id}.${payment.transaction}`,
      kind: 'back',
      dueAt: now,
      body: { id, ...payment, orderTime: beijingTime(now), attempt: 0 },
    })
  return {
    put: [putSale(sale)],
    append,
    enqueue,
    cancel: needless.filter((needlessId) => needlessId !== job?.id),
    finish: job === undefined ? [] : [job],
  }
}

/** The same for a refund and the sale it is of. */
export function keptRefund(
  world: AcquirerWorld,
  before: { readonly refund: Refund; readonly sale: Sale },
  heard: RefundHeard,
  job?: Job,
): Work {
  const { refund } = heard
  const of = kept(world, before.sale.state, heard, job)
  const jobId = `refund:${itemId(refund)}`
  const ended = before.refund.state === 'R_PENDING' && refund.state !== 'R_PENDING' && job?.id !== jobId
  return {
    ...of,
    put: [...(of.put ?? []), refunds.put(itemId(refund), refund)],
    cancel: [...(of.cancel ?? []), ...(ended ? [jobId] : [])],
  }
}
