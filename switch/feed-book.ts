// The clearing book of the switch: one row per item, by day, and what each pair comes to on it. Fed from the journal by
// feed.ts; days are closed over it, and files are made of it and of nothing else.
import { type ClearingItem, type ClearingKind, paysOut } from '../clearing/clearing.ts'
import { sm3Hex, utf8 } from '../crypto/crypto.ts'
import { type Key, kind, type Position, type Put, type Rows, type Store } from '../store/store.ts'
import type { Final } from './conclude.ts'

/** How far the journal has been read, and how many items it gave. */
export type FeedState = { readonly read: Position; readonly fed: number }
export const feeds = kind<FeedState>('clearing-feed')
export const FEED = 'book'

const BOOK = 'clearing-book'
const plainItems = kind<ClearingItem>('clearing-item')
export const bookItems = {
  ...plainItems,
  put: (id: string, item: ClearingItem): Put =>
    plainItems.put(id, item, { indexed: { [BOOK]: `${item.day}.${id}` } }),
}
/** A void and its undoing, a sale and its reversal are two items each. */
export const bookId = ({ transaction, kind }: ClearingItem): string => `${transaction}.${kind}`

/** What moved between an institution and an acquirer on a day: out to the acquirer, back from it, fees by who gets them. */
export type PairSum = {
  readonly day: string
  readonly institution: string
  readonly acquirer: string
  readonly currency: string
  readonly items: number
  readonly out: bigint
  readonly back: bigint
  readonly fees: Readonly<Record<string, bigint>>
}
const SUMS = 'clearing-sums'
const plainSums = kind<PairSum>('clearing-sum')
type Pair = Pick<PairSum, 'day' | 'institution' | 'acquirer' | 'currency'>
const sumId = ({ day, institution, acquirer, currency }: Pair): string =>
  `${day}.${institution}.${acquirer}.${currency}`
const sumPut = (sum: PairSum): Put => plainSums.put(sumId(sum), sum, { indexed: { [SUMS]: sumId(sum) } })

/** A day that takes nothing more. One without a row is open. */
export type DayRecord = {
  readonly day: string
  readonly state: 'CLOSED' | 'PUBLISHED'
  /** Where in the journal it was closed: what became final behind it belongs to a later day. */
  readonly read: Position
  readonly closedAt: number
  readonly sums: readonly PairSum[]
  /** Of its files; 0 before the first. */
  readonly version: number
  readonly publishedAt?: number
  readonly settled?: boolean
}
const DAYS = 'clearing-days'
const plainDays = kind<DayRecord>('clearing-day')
export const days = {
  ...plainDays,
  put: (day: string, record: DayRecord): Put => plainDays.put(day, record, { indexed: { [DAYS]: day } }),
}

const moved = ({ state, undoes }: Final): boolean =>
  ['SUCCESS', 'R_SUCCESS', 'VOIDED'].includes(state) || (state === 'REVERSED' && undoes)

/** What the item is charged, where the network charges anything. */
type Charged = { readonly fee?: bigint; readonly shares?: ClearingItem['shares'] }

/** The line of the book for a final entry; undefined where no money moved. */
export function itemOf(final: Final & Charged): ClearingItem | undefined {
  if (!moved(final)) return undefined
  const { about, transaction, acquirer, institution, merchant, order, orderTime, amount, currency } = final
  const kind: ClearingKind = about === 'void' && final.state === 'REVERSED' ? 'undo' : about
  const again = kind === 'reversal' || kind === 'undo'
  const original = again ? transaction : final.original
  return {
    transaction: again ? ownId(transaction, kind) : transaction,
    kind,
    day: final.clearingDay,
    acquirer,
    institution,
    merchant,
    order,
    orderTime,
    ...(original !== undefined && { original }),
    amount,
    currency,
    fee: final.fee ?? 0n,
    shares: final.shares ?? [],
    ...(final.business !== undefined && { business: final.business }),
    ...(final.category !== undefined && { category: final.category }),
  }
}

/** Ours: a reversal and an undoing go under the number of what they take back, and stand in files under one made from it. */
const ownId = (transaction: string, kind: ClearingKind): string =>
  transaction.slice(0, 8) +
  String(BigInt(`0x${sm3Hex(utf8(`${kind} ${transaction}`))}`) % 10n ** 12n).padStart(12, '0')

export const sumKeyOf = (item: ClearingItem): Key => plainSums.key(sumId(item))

/** The sums with items put in (and others taken out): what stands in `rows`, changed. */
export function summed(
  rows: Rows,
  changes: readonly { readonly item: ClearingItem; readonly by: 1 | -1 }[],
): readonly Put[] {
  const sums = new Map<string, PairSum>()
  for (const { item, by } of changes) {
    const id = sumId(item)
    sums.set(id, added(sums.get(id) ?? plainSums.in(rows, id) ?? emptySum(item), item, by))
  }
  return [...sums.values()].map(sumPut)
}

const emptySum = ({ day, institution, acquirer, currency }: Pair): PairSum => {
  return { day, institution, acquirer, currency, items: 0, out: 0n, back: 0n, fees: {} }
}

function added(sum: PairSum, item: ClearingItem, by: 1 | -1): PairSum {
  const sign = BigInt(by)
  const pays = paysOut(item.kind)
  const fees = { ...sum.fees }
  for (const { to, amount } of item.shares) fees[to] = (fees[to] ?? 0n) + (pays ? amount : -amount) * sign
  return {
    ...sum,
    items: sum.items + by,
    out: sum.out + (pays ? item.amount * sign : 0n),
    back: sum.back + (pays ? 0n : item.amount * sign),
    fees,
  }
}

/** The sums that these items come to, made anew. */
export function sumsOf(items: Iterable<ClearingItem>): readonly PairSum[] {
  const sums = new Map<string, PairSum>()
  for (const item of items) {
    const id = sumId(item)
    sums.set(id, added(sums.get(id) ?? emptySum(item), item, 1))
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

export const sumRows = {
  keys: (sums: readonly PairSum[]): readonly Key[] => sums.map((sum) => plainSums.key(sumId(sum))),
  put: sumPut,
  in: (rows: Rows, sum: PairSum): PairSum | undefined => plainSums.in(rows, sumId(sum)),
}

/** A sum as text, to be compared. */
export const sumText = ({ items, out, back, fees, ...pair }: PairSum): string => {
  const told = Object.entries(fees)
    .filter(([, amount]) => amount !== 0n)
    .map(([to, amount]) => `${to}=${amount}`)
  return [sumId(pair), items, out, back, ...told.sort()].join('|')
}

const PAGE = 500

async function* scanned(store: Store, index: string, from: string, to: string): AsyncIterable<unknown> {
  for (let at = from; ; ) {
    const page = await store.scan(index, at, to, PAGE)
    for (const { value } of page) yield value
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    at = `${last.at}!`
  }
}

/** What stands in the book under these days, by their network ids. */
export const itemsOfDays = (store: Store, from: string, to: string): AsyncIterable<ClearingItem> =>
  scanned(store, BOOK, `${from}.`, `${to}/`) as AsyncIterable<ClearingItem>
export const sumsOfDays = (store: Store, from: string, to: string): AsyncIterable<PairSum> =>
  scanned(store, SUMS, `${from}.`, `${to}/`) as AsyncIterable<PairSum>
export const closedDays = (store: Store, from: string, to: string): AsyncIterable<DayRecord> =>
  scanned(store, DAYS, from, `${to}/`) as AsyncIterable<DayRecord>

export async function collected<T>(all: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const one of all) list.push(one)
  return list
}

export function sameItem(a: ClearingItem, b: ClearingItem): boolean {
  return shown(a) === shown(b)
}
const shown = (item: ClearingItem): string =>
  JSON.stringify(
    Object.entries(item)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value),
  )
