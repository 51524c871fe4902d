// The acquirer's own book: a sale owes the merchant what the network owes us; a refund and a reversal go back.
// Entries stand in the journal only; what the network calls an item is read from its record.
import { creditLine, debitLine, post, type PostingEntry } from '../ledger/ledger.ts'
import { type EntryDraft, START } from '../store/store.ts'
import {
  type AcquirerWorld,
  itemId,
  type Refund,
  refundItem,
  refunds,
  type Sale,
  saleItem,
  sales,
} from './acquirer-records.ts'

/** One item as the acquirer books it; compared with the switch's file by reconciliation. */
export type BookItem = {
  /** Empty while the network has not told its id: such an item matches nothing. */
  readonly transaction: string
  readonly kind: 'purchase' | 'refund'
  readonly day: string
  readonly amount: bigint
  readonly currency: string
}

type PostingBody = {
  readonly entry: PostingEntry
  readonly what: 'sale' | 'refund' | 'reversal'
  readonly id: string
}

export const saleEntry = (sale: Sale): EntryDraft =>
  posting('sale', saleItem(itemId(sale)), sale, 'CLR', `MER:${sale.merchant}`)
export const reversalEntry = (sale: Sale): EntryDraft =>
  posting('reversal', saleItem(itemId(sale)), sale, `MER:${sale.merchant}`, 'CLR')
export const refundEntry = (refund: Refund): EntryDraft =>
  posting('refund', refundItem(itemId(refund)), refund, `MER:${refund.merchant}`, 'CLR')

function posting(
  what: PostingBody['what'],
  item: string,
  { order, orderTime, amount, currency }: Sale | Refund,
  debit: string,
  credit: string,
): EntryDraft {
  const id = itemId({ order, orderTime })
  const entry = {
    id: `${what}:${id}`,
    currency,
    lines: [debitLine(debit, amount), creditLine(credit, amount)],
  }
  const posted = post(new Map(), entry)
  if (posted.status !== 'posted') throw new Error(`${what} ${id} cannot be posted: ${posted.status}`)
  const body: PostingBody = { entry, what, id }
  return { item, kind: 'posting', body }
}

/** Every sale that stands and every refund, in the order of posting. A sale that was taken back is no item. */
export async function* book({ store }: Pick<AcquirerWorld, 'store'>): AsyncIterable<BookItem> {
  for await (const entry of store.journal(START, { kinds: ['posting'] })) {
    const { what, id } = entry.body as PostingBody
    if (what === 'reversal') continue
    const rows = await store.read([sales.key(id), refunds.key(id)])
    const item = what === 'sale' ? sales.in(rows, id) : refunds.in(rows, id)
    if (item === undefined || ('posted' in item && !item.posted)) continue
    const { transaction = '', clearingDay = '', amount, currency } = item
    yield { transaction, kind: what === 'sale' ? 'purchase' : 'refund', day: clearingDay, amount, currency }
  }
}

/** Every posting as the ledger knows it, for an auditor. */
export async function* entries({ store }: Pick<AcquirerWorld, 'store'>): AsyncIterable<PostingEntry> {
  for await (const entry of store.journal(START, { kinds: ['posting'] }))
    yield (entry.body as PostingBody).entry
}
