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
  voids,
} from './acquirer-records.ts'

/** One item as the acquirer books it; compared with the switch's file by reconciliation. */
export type BookItem = {
  /** Empty while the network has not told its id: such an item matches nothing. */
  readonly transaction: string
  readonly kind: 'purchase' | 'refund' | 'void'
  readonly day: string
  readonly amount: bigint
  readonly currency: string
}

type PostingBody = {
  readonly entry: PostingEntry
  readonly what: 'sale' | 'refund' | 'reversal' | 'void' | 'undo' | 'case' | 'payout'
  readonly id: string
  /** The void by which a sale was taken back: a transaction of its own. */
  readonly by?: string
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
export const reversalEntry = (
  sale: Sale,
  what: 'reversal' | 'void' = 'reversal',
  by?: string,
): EntryDraft => {
  const due = sale.amount - merchantFunded(sale)
  const fee = sale.fee === 0n ? [] : [debitLine('FEE', sale.fee)]
  const lines = [debitLine(`MER:${sale.merchant}`, creditOf(sale)), ...fee, creditLine('CLR', due)]
  return posting(what, saleItem(itemId(sale)), sale, lines, by)
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
  by?: string,
): EntryDraft {
  const id = itemId({ order, orderTime })
  const entry = { id: `${what}:${id}`, currency, lines }
  const posted = post(new Map(), entry)
  if (posted.status !== 'posted') throw new Error(`${what} ${id} cannot be posted: ${posted.status}`)
  const body: PostingBody = { entry, what, id, ...(by !== undefined && { by }) }
  return { item, kind: 'posting', body }
}

/** Every sale that stands, every refund, and every void beside its sale, in the order of posting. A sale that was reversed
 *  is no item; nor is a void that was undone. */
export async function* book({ store }: Pick<AcquirerWorld, 'store'>): AsyncIterable<BookItem> {
  for await (const entry of store.journal(START, { kinds: ['posting'] })) {
    const { what, id, by = '' } = entry.body as PostingBody
    const rows = await store.read([sales.key(id), refunds.key(id), voids.key(by)])
    const item =
      what === 'sale'
        ? standing(sales.in(rows, id))
        : what === 'refund'
          ? refunds.in(rows, id)
          : what === 'void' && voids.in(rows, by)?.state === 'V_SUCCESS'
            ? voids.in(rows, by)
            : undefined
    if (item === undefined) continue
    const { transaction = '', clearingDay = '', amount, currency } = item
    const kind = what === 'sale' ? 'purchase' : what === 'refund' ? 'refund' : 'void'
    yield { transaction, kind, day: clearingDay, amount, currency }
  }
}

const standing = (sale: Sale | undefined): Sale | undefined =>
  sale !== undefined && (sale.posted || sale.state === 'VOIDED') ? sale : undefined

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

/** An item as it stands in a clearing day, with what its merchant gets of it. */
export type DayItem = BookItem & {
  readonly merchant: string
  readonly credit: bigint
  /** The sale that a void takes back. */
  readonly original?: string
}

/** The book as clearing knows it: a sale and the void of it are two items, and a sale that was reversed is none. */
export async function dayBook(world: Pick<AcquirerWorld, 'store'>): Promise<readonly DayItem[]> {
  const items: DayItem[] = []
  for await (const { what, id, by = '', entry } of bodies(world)) {
    const rows = await world.store.read([sales.key(id), refunds.key(id), voids.key(by)])
    const found =
      what === 'sale'
        ? standing(sales.in(rows, id))
        : what === 'refund'
          ? refunds.in(rows, id)
          : what === 'void' && voids.in(rows, by)?.state === 'V_SUCCESS'
            ? voids.in(rows, by)
            : undefined
    if (found === undefined) continue
    const { transaction = '', clearingDay = '', amount, currency, merchant } = found
    const kind = what === 'sale' ? 'purchase' : what === 'refund' ? 'refund' : 'void'
    const credit = entry.lines
      .filter(({ account }) => account === `MER:${merchant}`)
      .reduce((sum, { side, amount: part }) => sum + (side === 'credit' ? part : -part), 0n)
    const original = kind === 'void' ? sales.in(rows, id)?.transaction : undefined
    const of = { transaction, kind, day: clearingDay, amount, currency, merchant, credit } as const
    items.push({ ...of, ...(original !== undefined && { original }) })
  }
  return items
}

async function* bodies({ store }: Pick<AcquirerWorld, 'store'>): AsyncIterable<PostingBody> {
  for await (const entry of store.journal(START, { kinds: ['posting'] })) yield entry.body as PostingBody
}
