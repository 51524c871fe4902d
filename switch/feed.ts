// Journal → clearing book, as transactions happen: no nightly batch over the transaction store (sources/000). At least
// once, in the order of each item, idempotent: items and the position up to which the journal was read change together.
// A retry batch reads any days again: it changes nothing that was right, and mends what was lost or altered.
import { type ClearingItem, dayBefore, nextDay } from '../clearing/clearing.ts'
import { type Entry, type Key, type Position, START } from '../store/store.ts'
import type { Final } from './conclude.ts'
import {
  bookId,
  bookItems,
  collected,
  closedDays,
  days,
  FEED,
  feeds,
  type FeedState,
  itemOf,
  itemsOfDays,
  sameItem,
  sumKeyOf,
  summed,
  sumRows,
  sumsOf,
  sumsOfDays,
  sumText,
} from './feed-book.ts'
import type { SwitchWorld } from './world.ts'

const BATCH = 200
const NOTHING: FeedState = { read: START, fed: 0 }
/** Closed days that anything new can still be stamped with. */
const BACK_DAYS_MAX = 400

export const feedState = async ({ store }: Pick<SwitchWorld, 'store'>): Promise<FeedState> =>
  feeds.in(await store.read([feeds.key(FEED)]), FEED) ?? NOTHING

/** Reads on until nothing is left, and says how many entries there were. Several at once do no harm. */
export async function feed(world: SwitchWorld): Promise<number> {
  let done = 0
  for (;;) {
    const before = await feedState(world)
    const entries = await finals(world, before.read, BATCH)
    if (entries.length === 0) return done
    if (await fed(world, before, entries)) done += entries.length
  }
}

async function finals({ store }: SwitchWorld, after: Position, most: number): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const entry of store.journal(after, { kinds: ['final'] })) {
    entries.push(entry)
    if (entries.length === most) break
  }
  return entries
}

/** One change: the items, the sums of their pairs and the position. False where somebody else was faster. */
async function fed(world: SwitchWorld, before: FeedState, entries: readonly Entry[]): Promise<boolean> {
  const { store } = world
  const told = [
    ...new Map(
      entries.flatMap(({ body }) => itemOf(body as Final) ?? []).map((item) => [bookId(item), item]),
    ).values(),
  ]
  const closed = await closings(world, told)
  const items = told.map((item) => placed(item, undefined, closed))
  const stands = await store.read(items.map((item) => bookItems.key(bookId(item))))
  const known = items.flatMap((item) => bookItems.in(stands, bookId(item)) ?? [])
  const keys = new Set<Key>([
    feeds.key(FEED),
    ...items.map((item) => bookItems.key(bookId(item))),
    ...[...items, ...known].map(sumKeyOf),
    ...items.map(({ day }) => days.key(day)),
  ])
  return store.change([...keys], (rows) => {
    const now = feeds.in(rows, FEED) ?? NOTHING
    if (now.read !== before.read || items.some(({ day }) => days.in(rows, day) !== undefined))
      return { result: false }
    const fresh = items.filter((item) => {
      const there = bookItems.in(rows, bookId(item))
      return there === undefined || !sameItem(there, item)
    })
    // One that stands there in another form came by another hand: it is taken out as it stands, and the journal holds.
    const gone = fresh.flatMap((item) => bookItems.in(rows, bookId(item)) ?? [])
    if (!gone.every((item) => keys.has(sumKeyOf(item)))) return { result: false }
    const changes = [
      ...gone.map((item) => ({ item, by: -1 as const })),
      ...fresh.map((item) => ({ item, by: 1 as const })),
    ]
    return {
      put: [
        feeds.put(FEED, { read: entries.at(-1)?.position ?? before.read, fed: before.fed + told.length }),
        ...fresh.map((item) => bookItems.put(bookId(item), item)),
        ...summed(rows, changes),
      ],
      append: late(told, items),
      result: true,
    }
  })
}

type Closings = ReadonlyMap<string, Position>

/** Where days were closed, from the earliest that an item is stamped with. */
async function closings({ store }: SwitchWorld, items: readonly ClearingItem[]): Promise<Closings> {
  const first = items.map(({ day }) => day).sort()[0]
  if (first === undefined) return new Map()
  const closed = await collected(closedDays(store, first, '99991231'))
  return new Map(closed.map(({ day, read }) => [day, read]))
}

/** The day that takes the item: its own, or the first after it that had not been closed before the item was final. */
function placed(item: ClearingItem, position: Position | undefined, closed: Closings): ClearingItem {
  let { day } = item
  for (let steps = 0; steps < BACK_DAYS_MAX; steps += 1) {
    const read = closed.get(day)
    if (read === undefined || (position !== undefined && position <= read)) break
    day = nextDay(day)
  }
  return day === item.day ? item : { ...item, day }
}

const late = (told: readonly ClearingItem[], items: readonly ClearingItem[]) =>
  items.flatMap((item, at) => {
    const stamped = told[at]?.day
    if (stamped === item.day) return []
    const because = `became final after its clearing day ${stamped} was closed: it is cleared on ${item.day}`
    return [{ item: item.transaction, kind: 'case', body: { because, stamped, day: item.day } }]
  })

export type Refed = {
  readonly from: string
  readonly to: string
  readonly looked: number
  /** Lines put back or put right, lines taken out that the journal does not have, and days in which anything changed. */
  readonly mended: number
  readonly removed: number
  readonly days: readonly string[]
}

/** Reads the journal again for the days from `from` to `to`, and makes the book say what the journal says. */
export async function refeed(world: SwitchWorld, from: string, to: string): Promise<Refed> {
  await feed(world)
  for (;;) {
    const done = await refedOnce(world, from, to)
    if (done !== undefined) return done
  }
}

async function refedOnce(world: SwitchWorld, from: string, to: string): Promise<Refed | undefined> {
  const { store } = world
  const state = await feedState(world)
  const due = await expected(world, state.read, from, to)
  const stands = new Map((await collected(itemsOfDays(store, from, to))).map((item) => [bookId(item), item]))
  const wrong = [...due.values()].filter((item) => {
    const there = stands.get(bookId(item))
    return there === undefined || !sameItem(there, item)
  })
  const extra = [...stands.values()].filter((item) => !due.has(bookId(item)))
  const sums = sumsOf(due.values())
  const told = await collected(sumsOfDays(store, from, to))
  const [named, right] = [new Set(sumRows.keys(sums)), new Set(told.map(sumText))]
  const stale = told.filter((sum) => sumRows.keys([sum]).some((key) => !named.has(key)))
  const wrongSums = sums.filter((sum) => !right.has(sumText(sum)))
  const changed = new Set(
    [...wrong, ...extra, ...wrongSums, ...stale.filter(({ items }) => items !== 0)].map(({ day }) => day),
  )
  const refed = {
    from,
    to,
    looked: due.size,
    mended: wrong.length,
    removed: extra.length,
    days: [...changed].sort(),
  }
  if (changed.size === 0) return refed
  const keys = [
    feeds.key(FEED),
    ...[...wrong, ...extra].map((item) => bookItems.key(bookId(item))),
    ...sumRows.keys([...wrongSums, ...stale]),
  ]
  return store.change<Refed | undefined>([...new Set(keys)], (rows) => {
    // The feed went on meanwhile: what was due is looked for anew.
    if ((feeds.in(rows, FEED) ?? NOTHING).read !== state.read) return { result: undefined }
    return {
      put: [...wrong.map((item) => bookItems.put(bookId(item), item)), ...wrongSums.map(sumRows.put)],
      remove: [...extra.map((item) => bookItems.key(bookId(item))), ...sumRows.keys(stale)],
      append: [{ item: 'clearing-book', kind: 'refed', body: refed }],
      result: refed,
    }
  })
}

/** Where nothing of a day is before: a day begins within the window in which the one before it is closed. */
export async function beforeDay({ store }: Pick<SwitchWorld, 'store'>, day: string): Promise<Position> {
  const before = dayBefore(dayBefore(day))
  return days.in(await store.read([days.key(before)]), before)?.read ?? START
}

/** What the journal says stands in these days, by id, as far as it was fed. An item of before the earliest day looked at
 *  cannot have been put off to it: its own day was closed at most a day after. */
async function expected(
  { store }: SwitchWorld,
  read: Position,
  from: string,
  to: string,
): Promise<ReadonlyMap<string, ClearingItem>> {
  const before = dayBefore(dayBefore(from))
  const closed = new Map(
    (await collected(closedDays(store, before, '99991231'))).map((one) => [one.day, one.read]),
  )
  const due = new Map<string, ClearingItem>()
  for await (const { position, body } of store.journal(await beforeDay({ store }, from), {
    kinds: ['final'],
  })) {
    if (position > read) break
    const told = itemOf(body as Final)
    const item = told === undefined ? undefined : placed(told, position, closed)
    if (item !== undefined && item.day >= from && item.day <= to) due.set(bookId(item), item)
  }
  return due
}

/** Finals that are not in the book yet, and for how long the oldest has waited. */
export async function feedLag(world: SwitchWorld): Promise<{ entries: number; ms: number; fed: number }> {
  const { read, fed: count } = await feedState(world)
  let [entries, oldest] = [0, world.clock.wall()]
  for await (const { body } of world.store.journal(read, { kinds: ['final'] })) {
    if (entries === 0) oldest = (body as Final).at
    entries += 1
  }
  return { entries, ms: Math.max(0, world.clock.wall() - oldest), fed: count }
}
