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
  readonly what: 'sale' | 'refund' | 'reversal' | 'void' | 'undo'
  readonly id: string
}

/** A discount that the merchant grants is money nobody pays; one of the platform's comes with the clearing (MKT-015). */
export const merchantFunded = ({ legs = [], merchant }: Pick<Sale, 'legs' | 'merchant'>): bigint =>
  legs.reduce((sum, { sponsor, amount }) => (sponsor === merchant ? sum + amount : sum), 0n)
/** What the merchant gets for a sale: the order, less its own discount, less the fee. */
export const creditOf = (sale: Sale): bigint => sale.amount - merchantFunded(sale) - sale.fee

/** `undo`: the sale stands again, once the void of it is undone. */
export const saleEntry = (sale: Sale, what: 'sale' | 'undo' = 'sale'): EntryDraft => {
  const due = sale.amount - merchantFunded(sale)
  const fee = sale.fee === 0n ? [] : [creditLine('FEE', sale.fee)]
  const lines = [debitLine('CLR', due), creditLine(`MER:${sale.merchant}`, creditOf(sale)), ...fee]
  return posting(what, saleItem(itemId(sale)), sale, lines)
}
export const reversalEntry = (sale: Sale, what: 'reversal' | 'void' = 'reversal'): EntryDraft => {
  const due = sale.amount - merchantFunded(sale)
  const fee = sale.fee === 0n ? [] : [debitLine('FEE', sale.fee)]
  const lines = [debitLine(`MER:${sale.merchant}`, creditOf(sale)), ...fee, creditLine('CLR', due)]
  return posting(what, saleItem(itemId(sale)), sale, lines)
}
export const refundEntry = (refund: Refund): EntryDraft => {
  const { merchant, amount } = refund
  const lines = [debitLine(`MER:${merchant}`, amount), creditLine('CLR', amount)]
  return posting('refund', refundItem(itemId(refund)), refund, lines)
}

function posting(
  what: PostingBody['what'],
  item: string,
  { order, orderTime, currency }: Sale | Refund,
  lines: PostingEntry['lines'],
): EntryDraft {
  const id = itemId({ order, orderTime })
  const entry = { id: `${what}:${id}`, currency, lines }
  const posted = post(new Map(), entry)
  if (posted.status !== 'posted') throw new Error(`${what} ${id} cannot be posted: ${posted.status}`)
  const body: PostingBody = { entry, what, id }
  return { item, kind: 'posting', body }
}

/** Every sale that stands and every refund, in the order of posting. A sale that was taken back is no item. */
export async function* book({ store }: Pick<AcquirerWorld, 'store'>): AsyncIterable<BookItem> {
  for await (const entry of store.journal(START, { kinds: ['posting'] })) {
    const { what, id } = entry.body as PostingBody
    if (what !== 'sale' && what !== 'refund') continue
    const rows = await store.read([sales.key(id), refunds.key(id)])
    const item = what === 'sale' ? sales.in(rows, id) : refunds.in(rows, id)
    if (item === undefined || ('posted' in item && !item.posted)) continue
    const { transaction = '', clearingDay = '', amount, currency } = item
    yield { transaction, kind: what === 'sale' ? 'purchase' : 'refund', day: clearingDay, amount, currency }
  }
}

/** What a merchant is credited with by now. */
export async function credited(world: Pick<AcquirerWorld, 'store'>, merchant: string): Promise<bigint> {
  let sum = 0n
  for await (const { lines } of entries(world))
    for (const { account, side, amount } of lines)
      if (account === `MER:${merchant}`) sum += side === 'credit' ? amount : -amount
  return sum
}

/** Every posting as the ledger knows it, for an auditor. */
export async function* entries({ store }: Pick<AcquirerWorld, 'store'>): AsyncIterable<PostingEntry> {
  for await (const entry of store.journal(START, { kinds: ['posting'] }))
    yield (entry.body as PostingBody).entry
}
