// What the institution keeps about clearing days: its own items by the switch's day, the days themselves, the files they were
// reconciled with, and what the switch told as the net.
import type { OwnItem, VerdictKind } from '../clearing/clearing.ts'
import { type Key, kind, type Position, type Put, type Store } from '../store/store.ts'

/** An own item, with the verdict about it once there is one, and the day whose file gave it. */
export type CloseItem = OwnItem & {
  readonly acquirer: string
  /** The item of the book: a payment, refund or void. */
  readonly item: string
  readonly verdict?: { readonly kind: VerdictKind; readonly day: string }
}
const ITEMS = 'close-items'
const plainItems = kind<CloseItem>('close-item')
export const closeItems = {
  ...plainItems,
  put: (id: string, item: CloseItem): Put =>
    plainItems.put(id, item, { indexed: { [ITEMS]: `${item.day}.${id}` } }),
}
export const closeItemId = ({ kind, transaction }: Pick<OwnItem, 'kind' | 'transaction'>): string =>
  `${transaction}.${kind}`

export const closeReads = kind<{ readonly read: Position }>('close-read')
export const CLOSE_BOOK = 'book'

export type NetOf = { readonly counterparty: string; readonly currency: string; readonly net: bigint }

export type CloseDay = {
  readonly day: string
  /** LOADED: the file is in, and breaks are open. BALANCED: none is. */
  readonly state: 'LOADED' | 'BALANCED'
  readonly version: number
  readonly digest: string
  readonly lines: number
  readonly verdicts: Readonly<Record<string, number>>
  /** By counterparty, from the lines of the file; positive: we receive. */
  readonly nets: readonly NetOf[]
  readonly loadedAt: number
}
const DAYS = 'close-days'
const plainDays = kind<CloseDay>('close-day')
export const closeDays = {
  ...plainDays,
  put: (day: string, record: CloseDay): Put => plainDays.put(day, record, { indexed: { [DAYS]: day } }),
}
/** Every version as it came, for whoever audits it (STL-011). */
export const closeFiles = kind<Uint8Array>('close-file')
export const netNotices = kind<{
  readonly digest: string
  readonly nets: readonly NetOf[]
  readonly net: bigint
}>('net-notice')
/** Why a day is not closed yet. */
export const closeTrouble = kind<{ readonly attempts: number; readonly because: string }>('close-trouble')

const PAGE = 500

export async function itemsOfDay(
  { store }: { readonly store: Store },
  day: string,
): Promise<readonly CloseItem[]> {
  const items: CloseItem[] = []
  for (let from = `${day}.`; ; ) {
    const page = await store.scan(ITEMS, from, `${day}/`, PAGE)
    for (const { value } of page) items.push(value as CloseItem)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return items
    from = `${last.at}!`
  }
}

export const itemKeys = (ids: readonly string[]): Key[] => [...new Set(ids)].map((id) => closeItems.key(id))
