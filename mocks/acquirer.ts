// An honest acquirer with a till and a book of its own: it sells, asks, takes back, refunds and hears notices.
// The story of a sale is told in acquirer-sale.ts; everything that outlives a call is a job, done by `work`.
import { doDueJobs, type JobStories, START } from '../store/store.ts'
import { type AnswerClass, type Endpoint, inFlight, storyFor } from '../wire/wire.ts'
import { book, type BookItem } from './acquirer-book.ts'
import { closeDayJob, dayView, heardNet } from './acquirer-close.ts'
import { askOrphan, notice } from './acquirer-notice.ts'
import { payOut } from './acquirer-payout.ts'
import { askSwitchKey, watchSwitchKey } from './acquirer-key.ts'
import {
  type AcquirerWorld,
  itemId,
  type Refund,
  type RefundState,
  type Sale,
  type SaleState,
} from './acquirer-records.ts'
import { giveBack, insist, queryRefund, refund, refundOf, type RefundOrder } from './acquirer-refund.ts'
import { insistClose, watch } from './acquirer-order.ts'
import { climb, known, press, query, reverse, saleOf, sell, type SaleOrder } from './acquirer-sale.ts'
import { insistVoid, pressUndo, undoVoid, type VoidOrder, voidSale } from './acquirer-void.ts'

export type { BookItem } from './acquirer-book.ts'
export { entries } from './acquirer-book.ts'
export { startAcquirerClosing } from './acquirer-close.ts'
export {
  type AcquirerWorld,
  type RefundState,
  SALE_HEARS,
  SALE_NEXT,
  type SaleState,
} from './acquirer-records.ts'
export type { RefundOrder } from './acquirer-refund.ts'
export type { SaleOrder } from './acquirer-sale.ts'

export type SaleView = {
  readonly order: string
  readonly orderTime: string
  readonly merchant: string
  readonly state: SaleState
  readonly amount: bigint
  readonly currency: string
  readonly refunded: bigint
  /** How often goods went out. */
  readonly deliveries: number
  /** What the purchase itself was answered, once it was. */
  readonly said?: AnswerClass
  readonly transaction?: string
  readonly clearingDay?: string
}

export type RefundView = {
  readonly order: string
  readonly orderTime: string
  readonly state: RefundState
  readonly amount: bigint
  readonly currency: string
  readonly said?: AnswerClass
  readonly transaction?: string
  readonly clearingDay?: string
}

export type AcquirerCase = { readonly item: string; readonly because: string }

/** What a till can do. A call about an order that is not in the book, or one reused for another, rejects: our bug. */
export type AcquirerDesk = {
  sell(order: SaleOrder): Promise<SaleView>
  refund(order: RefundOrder): Promise<RefundView>
  /** For an outcome nobody knows; no_slip is the one reason that takes back a sale already final (CPM-015). */
  reverse(order: string, orderTime: string, because?: 'unknown' | 'no_slip'): Promise<SaleView>
  /** Takes a sale back whole on its clearing day; `undoVoid` lets it stand again (撤销冲正). */
  voidSale(order: VoidOrder): Promise<void>
  undoVoid(order: string, orderTime: string): Promise<void>
  query(order: string, orderTime: string): Promise<SaleView>
  queryRefund(order: string, orderTime: string): Promise<RefundView>
  sale(order: string, orderTime: string): Promise<SaleView | undefined>
  refundOf(order: string, orderTime: string): Promise<RefundView | undefined>
  book(): AsyncIterable<BookItem>
  /** Counts as under way what a till of this party does until it is over. */
  during<T>(act: () => Promise<T>): Promise<T>
  /** How the own close of a clearing day stands. */
  closeView(day: string): Promise<Readonly<Record<string, unknown>>>
  /** What waits for a person. Items are `sale.`, `refund.` or `void.` with order time and order id. */
  cases(): AsyncIterable<AcquirerCase>
}

const JOBS: JobStories<AcquirerWorld> = {
  ask: climb,
  reverse: (world, job) => press(world, (job.body as { id: string }).id, job),
  refund: insist,
  void: insistVoid,
  undo: pressUndo,
  watch,
  close: insistClose,
  back: giveBack,
  orphan: askOrphan,
  'switch-key': askSwitchKey,
  'close-day': closeDayJob,
  payout: payOut,
}

/** Anything else is a notice of a payment, or is turned away as one. */
const STORIES: Readonly<Record<string, typeof notice>> = { 'net.notice': heardNet }

/** Above the two calls that one job may wait for. */
const LEASE_MS = 60_000

/** `failed` hears of jobs that threw: a defect of ours, or a store that does not answer. They come back later. */
export function acquirerParty(
  world: AcquirerWorld,
  failed: (error: unknown) => void,
): Endpoint & AcquirerDesk {
  const flights = inFlight()
  const saleAfter = async (id: string, act: Promise<void>): Promise<SaleView> => {
    await act
    return view(known(await saleOf(world, id), id))
  }
  const refundAfter = async (id: string, act: Promise<void>): Promise<RefundView> => {
    await act
    return refundView(known(await refundOf(world, id), id))
  }
  return {
    me: world.me,
    receive: (sealed) => flights.track((storyFor(STORIES, sealed) ?? notice)(world, sealed)),
    work: () => flights.track(watchSwitchKey(world).then(() => doDueJobs(world, JOBS, LEASE_MS, failed))),
    nextDue: () => world.store.nextDue(),
    inFlight: () => flights.count(),
    sell: (order) => flights.track(saleAfter(itemId(order), sell(world, order))),
    refund: (order) => flights.track(refundAfter(itemId(order), refund(world, order))),
    reverse: (order, orderTime, because = 'unknown') => {
      const id = itemId({ order, orderTime })
      return flights.track(saleAfter(id, reverse(world, id, because)))
    },
    voidSale: (order) => flights.track(voidSale(world, order)),
    undoVoid: (order, orderTime) => flights.track(undoVoid(world, itemId({ order, orderTime }))),
    query: (order, orderTime) => {
      const id = itemId({ order, orderTime })
      return flights.track(saleAfter(id, query(world, id)))
    },
    queryRefund: (order, orderTime) => {
      const id = itemId({ order, orderTime })
      return flights.track(refundAfter(id, queryRefund(world, id)))
    },
    sale: async (order, orderTime) => {
      const sale = await saleOf(world, itemId({ order, orderTime }))
      return sale && view(sale)
    },
    refundOf: async (order, orderTime) => {
      const found = await refundOf(world, itemId({ order, orderTime }))
      return found && refundView(found)
    },
    during: (act) => flights.track(act()),
    book: () => book(world),
    closeView: (day) => dayView(world, day),
    cases: () => cases(world),
  }
}

async function* cases({ store }: AcquirerWorld): AsyncIterable<AcquirerCase> {
  for await (const { item, body } of store.journal(START, { kinds: ['case'] }))
    yield { item, because: (body as { because: string }).because }
}

function view(sale: Sale): SaleView {
  const { order, orderTime, merchant, state, amount, currency, refunded, deliveries } = sale
  return { order, orderTime, merchant, state, amount, currency, refunded, deliveries, ...told(sale) }
}

function refundView(refund: Refund): RefundView {
  const { order, orderTime, state, amount, currency } = refund
  return { order, orderTime, state, amount, currency, ...told(refund) }
}

const told = ({ said, transaction, clearingDay }: Sale | Refund) => ({
  ...(said !== undefined && { said }),
  ...(transaction !== undefined && { transaction }),
  ...(clearingDay !== undefined && { clearingDay }),
})
