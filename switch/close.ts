// The end of a clearing day: at the cut-off and its window, when all that was stamped with the day is final and fed, the day
// is closed over the book and takes nothing more. Then its files, the nets that are told, and the money, each a job.
import {
  clearingDayOf,
  nextBusinessDay,
  nextDay,
  type Position as NetPosition,
  startOfClearingDay,
} from '../clearing/clearing.ts'
import { type Job, type JobDraft, START } from '../store/store.ts'
import { readBeijingTime } from '../wire/wire.ts'
import type { ClearingDay } from './clear.ts'
import { settleDay } from './clear.ts'
import { type PairNet, pairNets, positionsOf } from './close-nets.ts'
import { noticeJobs } from './close-notice.ts'
import type { Final } from './conclude.ts'
import { beforeDay, feed, feedLag, feedState, refeed } from './feed.ts'
import {
  collected,
  type DayRecord,
  days,
  FEED,
  feeds,
  itemsOfDays,
  sumRows,
  sumsOf,
  sumsOfDays,
  sumText,
} from './feed-book.ts'
import { publishFiles } from './files.ts'
import { purchases, refunds, voids } from './records.ts'
import type { SwitchWorld } from './world.ts'

/** What a closed day says about itself. */
export type ClosedDay = DayRecord & {
  readonly nets: readonly PairNet[]
  readonly positions: readonly NetPosition[]
}

export async function closedDay(
  { store }: Pick<SwitchWorld, 'store'>,
  day: string,
): Promise<ClosedDay | undefined> {
  const record = days.in(await store.read([days.key(day)]), day)
  if (record === undefined) return undefined
  const nets = pairNets(record.sums)
  return { ...record, nets, positions: positionsOf(nets) }
}

/** When the day's window is over, and what was stamped with it can be closed. */
const closesAt = ({ profile: { values } }: Pick<SwitchWorld, 'profile'>, day: string): number =>
  startOfClearingDay(nextDay(day), values.cutOff) + values.cutWindowMs
const hourOf = (day: string, afterMs: number): number => (readBeijingTime(`${day}000000`) ?? 0) + afterMs
const filesAt = ({ profile: { values } }: Pick<SwitchWorld, 'profile'>, day: string): number =>
  Math.max(
    hourOf(nextDay(day), values.fileAfterMs),
    startOfClearingDay(nextDay(day), values.cutOff) + values.cutWindowMs,
  )
const settlesAt = ({ profile: { values } }: Pick<SwitchWorld, 'profile'>, day: string): number =>
  hourOf(nextBusinessDay(day), values.settleAfterMs)

export type Closing =
  | { readonly kind: 'closed'; readonly day: ClosedDay }
  /** `until`: before then nobody may close it. */
  | { readonly kind: 'early'; readonly until: number }
  /** So many of its items are in flight, and the day waits for them. */
  | { readonly kind: 'waits'; readonly items: number }

export async function closeDay(world: SwitchWorld, day: string): Promise<Closing> {
  const until = closesAt(world, day)
  if (world.clock.wall() < until) return { kind: 'early', until }
  for (;;) {
    const before = await closedDay(world, day)
    if (before !== undefined) return { kind: 'closed', day: before }
    await feed(world)
    const flying = await inFlight(world, day)
    const latest = until + world.profile.values.closeLatestMs
    if (flying > 0 && world.clock.wall() < latest) return { kind: 'waits', items: flying }
    await closeOnce(world, day)
  }
}

async function closeOnce(world: SwitchWorld, day: string): Promise<void> {
  const { store } = world
  const state = await feedState(world)
  const items = await collected(itemsOfDays(store, day, day))
  const told = await collected(sumsOfDays(store, day, day))
  const sums = sumsOf(items)
  const { mended, removed } = await refeed(world, day, day)
  // A book that did not say what the journal says was put right just now: it is read once more.
  if (
    mended > 0 ||
    removed > 0 ||
    sums.map(sumText).join() !==
      told
        .filter(({ items: n }) => n !== 0)
        .map(sumText)
        .join()
  )
    return
  const now = world.clock.wall()
  await store.change<void>([feeds.key(FEED), days.key(day), ...sumRows.keys(told)], (rows) => {
    const read = feeds.in(rows, FEED)?.read ?? START
    const same = told.every((sum) => {
      const there = sumRows.in(rows, sum)
      return there !== undefined && sumText(there) === sumText(sum)
    })
    if (read !== state.read || !same || days.in(rows, day) !== undefined) return { result: undefined }
    const record: DayRecord = { day, state: 'CLOSED', read, closedAt: now, sums, version: 0 }
    return {
      put: [days.put(day, record)],
      append: [{ item: `day:${day}`, kind: 'closed', body: { day, items: items.length } }],
      enqueue: [
        job('publish', day, Math.max(now, filesAt(world, day))),
        job('settle-day', day, Math.max(now, settlesAt(world, day))),
        ...noticeJobs(world, record, now),
      ],
      result: undefined,
    }
  })
}

const job = (kind: string, day: string, dueAt: number, attempt = 0): JobDraft => ({
  id: `${kind}:${day}`,
  kind,
  dueAt,
  body: { day, attempt },
})

/** Items of a day that have no end yet: begun in the journal, not final there, and open by their records. */
async function inFlight({ store }: SwitchWorld, day: string): Promise<number> {
  const open = new Map<string, string>()
  const kinds = ['purchase', 'refund', 'void', 'final']
  for await (const { item, kind, body } of store.journal(await beforeDay({ store }, day), { kinds })) {
    const told = body as { clearingDay?: string; about?: string }
    if (kind !== 'final') open.set(`${kind}.${item}`, item)
    else open.delete(`${told.about === 'reversal' ? 'purchase' : told.about}.${item}`)
  }
  let flying = 0
  for (const [name, id] of open) {
    const rows = await store.read([purchases.key(id), refunds.key(id), voids.key(id)])
    const item = name.startsWith('purchase.')
      ? purchases.in(rows, id)
      : name.startsWith('refund.')
        ? refunds.in(rows, id)
        : voids.in(rows, id)
    if (item?.clearingDay === day && UNENDED.has(item.state)) flying += 1
  }
  return flying
}
const UNENDED: ReadonlySet<string> = new Set([
  'ASKED',
  'UNKNOWN',
  'REVERSING',
  'R_PENDING',
  'V_PENDING',
  'UNDOING',
])

/** The first day that is open: that of the first entry of all, or the one after the newest that was closed. */
async function firstOpen(world: SwitchWorld): Promise<string> {
  const { store, clock, profile } = world
  let day: string | undefined
  for await (const { body } of store.journal(START, { kinds: ['final'] })) {
    day = (body as Final).clearingDay
    break
  }
  const today = clearingDayOf(clock.wall(), profile.values.cutOff)
  return day === undefined || day > today ? today : day
}

/** Makes the days close by themselves from now on; told again it changes nothing. */
export async function startClearing(world: SwitchWorld): Promise<void> {
  const before = feeds.in(await world.store.read([feeds.key(FEED)]), FEED)
  if (before !== undefined) return
  const first = await firstOpen(world)
  await world.store.change([feeds.key(FEED)], (rows) => {
    if (feeds.in(rows, FEED) !== undefined) return { result: undefined }
    return {
      put: [feeds.put(FEED, { read: START, fed: 0 })],
      enqueue: [job('close', first, closesAt(world, first))],
      result: undefined,
    }
  })
}

type Body = { readonly day: string; readonly attempt: number }

export async function closeJob(world: SwitchWorld, held: Job): Promise<void> {
  const { day, attempt } = held.body as Body
  const closing = await closeDay(world, day)
  const { closeGapMs } = world.profile.values
  const next =
    closing.kind === 'closed'
      ? { ...job('close', nextDay(day), closesAt(world, nextDay(day))) }
      : job(
          'close',
          day,
          closing.kind === 'early' ? closing.until : world.clock.wall() + closeGapMs,
          attempt + 1,
        )
  await world.store.change([], () => ({ finish: [held], enqueue: [next], result: undefined }))
}

export async function publishJob(world: SwitchWorld, held: Job): Promise<void> {
  const { day } = held.body as Body
  await publishFiles(world, day)
  await world.store.change([], () => ({ finish: [held], result: undefined }))
}

/** T+1: the bank is told until it has moved everything. */
export async function settleJob(world: SwitchWorld, held: Job): Promise<void> {
  const { day, attempt } = held.body as Body
  const left = await settleClosed(world, day)
  const { insistGapsMs } = world.profile.values
  const gap = insistGapsMs[Math.min(attempt, insistGapsMs.length - 1)] ?? 1000
  await world.store.change([], () => ({
    finish: [held],
    ...(left.length > 0 && { enqueue: [job('settle-day', day, world.clock.wall() + gap, attempt + 1)] }),
    result: undefined,
  }))
}

export async function settleClosed(world: SwitchWorld, day: string): Promise<readonly NetPosition[]> {
  const closed = await closedDay(world, day)
  if (closed === undefined) return []
  const due: ClearingDay = {
    day,
    items: [],
    positions: closed.positions.filter(({ party }) => party !== world.me),
  }
  const left = await settleDay(world, due)
  if (left.length > 0 || closed.settled === true) return left
  await world.store.change([days.key(day)], (rows) => {
    const record = days.in(rows, day)
    if (record === undefined || record.settled === true) return { result: undefined }
    return {
      put: [days.put(day, { ...record, settled: true })],
      append: [{ item: `day:${day}`, kind: 'settled', body: { day } }],
      result: undefined,
    }
  })
  return left
}

/** Reads a range of days again; where files of them had been published, corrected ones follow as the next version. */
export async function refeedDays(world: SwitchWorld, from: string, to: string) {
  const refed = await refeed(world, from, to)
  for (const day of refed.days) {
    const closed = await closedDay(world, day)
    if (closed === undefined) continue
    const sums = sumsOf(await collected(itemsOfDays(world.store, day, day)))
    await world.store.change([days.key(day)], (rows) => {
      const record = days.in(rows, day)
      return { ...(record !== undefined && { put: [days.put(day, { ...record, sums })] }), result: undefined }
    })
    if (closed.version > 0) await publishFiles(world, day)
  }
  return refed
}

/** How the clearing stands: the feed's lag and every day from `from` on, open or closed. */
export async function clearingState(world: SwitchWorld, from: string) {
  const today = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
  const told: { day: string; state: string; items: number; version: number; settled: boolean }[] = []
  for (let day = from; day <= today; day = nextDay(day)) {
    const closed = await closedDay(world, day)
    const sums = closed?.sums ?? (await collected(sumsOfDays(world.store, day, day)))
    const items = sums.reduce((sum, one) => sum + one.items, 0)
    told.push({
      day,
      state: closed?.state ?? 'OPEN',
      items,
      version: closed?.version ?? 0,
      settled: closed?.settled === true,
    })
  }
  return { lag: await feedLag(world), days: told }
}
