// The store of simulations and unit tests: rows kept by reference, nothing serialised. `decide` is
// synchronous, so a change reads, decides and writes in one go and needs no locks; promises only keep the form.
import { JobLost } from './errors.ts'
import { assertLease, assertNamed, indexedOf, isLive, rowsOf } from './decision.ts'
import { compareTexts, type Sorted, sorted } from './sorted.ts'
import type {
  Decision,
  Entry,
  EntryDraft,
  Found,
  Instant,
  Job,
  JobDraft,
  JournalFilter,
  Key,
  Position,
  Put,
  Rows,
  Store,
  Value,
} from './store.ts'
import { freezeValue } from './values.ts'

type HeldJob = { readonly draft: JobDraft; readonly readyAt: Instant; readonly lease: string | undefined }
type Ready = { readonly at: Instant; readonly id: string }
type Mark = { readonly at: string; readonly key: Key }
type Expiry = { readonly at: Instant; readonly key: Key }

type Memory = {
  readonly rows: Map<Key, Put>
  readonly indexes: Map<string, Sorted<Mark>>
  readonly expiries: Sorted<Expiry>
  readonly entries: Entry[]
  readonly entriesOf: Map<string, Entry[]>
  readonly jobs: Map<string, HeldJob>
  readonly ready: Sorted<Ready>
}

type MemoryOptions = {
  readonly now: () => Instant
  /** Refuse what the durable stores would refuse and freeze what is stored; up to a fifth slower, so for tests. */
  readonly checked?: boolean
}

/** How many expired rows a change clears away: more than it can add, so that they never pile up. */
const EXPIRED_PER_CHANGE = 16
const POSITION_DIGITS = 16

export function memoryStore({ now, checked = false }: MemoryOptions): Store {
  let memory = emptyMemory()
  // These two go on counting over a reset: a position or lease from before it must match nothing after it.
  let positionsForgotten = 0
  let leasesGiven = 0
  let closed = false

  const open = (): Memory => {
    if (closed) throw new Error('this store is closed')
    return memory
  }
  const live = (from: Memory, keys: readonly Key[]): Rows => {
    const found = new Map<Key, Value>()
    const at = now()
    for (const key of keys) {
      const row = from.rows.get(key)
      if (row !== undefined && isLive(row.expiresAt, at)) found.set(key, row.value)
    }
    return rowsOf(keys, found)
  }

  return {
    async change(keys, decide) {
      const into = open()
      const decision = decide(live(into, keys))
      assertNamed(keys, decision)
      if (checked) freezeValues(decision)
      apply(into, decision, positionsForgotten)
      removeExpired(into, now())
      return decision.result
    },
    async read(keys) {
      return live(open(), keys)
    },
    async scan(index, from, to, most) {
      return found(open(), index, from, to, most, now())
    },
    async *journal(after, filter = {}) {
      const { entries, entriesOf } = open()
      const of = filter.item === undefined ? entries : (entriesOf.get(filter.item) ?? [])
      yield* entriesAfter(of, after, filter.kinds)
    },
    async history(item) {
      return [...(open().entriesOf.get(item) ?? [])]
    },
    async claim(at, most, leaseMs, node) {
      assertLease(leaseMs)
      return claimJobs(open(), at, most, leaseMs, () => `${node}:${++leasesGiven}`)
    },
    async nextDue() {
      return open().ready.first()?.at
    },
    async reset() {
      positionsForgotten += open().entries.length
      memory = emptyMemory()
    },
    async close() {
      closed = true
    },
  }
}

function emptyMemory(): Memory {
  return {
    rows: new Map(),
    indexes: new Map(),
    expiries: sorted((a, b) => a.at - b.at || compareTexts(a.key, b.key)),
    entries: [],
    entriesOf: new Map(),
    jobs: new Map(),
    ready: sorted((a, b) => a.at - b.at || compareTexts(a.id, b.id)),
  }
}

/** Nothing here may fail once the first line has changed something, so the lost jobs are looked for before. */
function apply(into: Memory, decision: Decision<unknown>, positionsForgotten: number): void {
  for (const { id, lease } of decision.finish ?? []) {
    if (into.jobs.get(id)?.lease !== lease) throw new JobLost(id)
  }
  for (const { id } of decision.finish ?? []) forgetJob(into, id)
  for (const id of decision.cancel ?? []) forgetJob(into, id)
  for (const key of decision.remove ?? []) removeRow(into, key)
  for (const put of decision.put ?? []) putRow(into, put)
  for (const draft of decision.append ?? []) appendEntry(into, draft, positionsForgotten)
  for (const draft of decision.enqueue ?? []) {
    forgetJob(into, draft.id)
    holdJob(into, { draft, readyAt: draft.dueAt, lease: undefined })
  }
}

function putRow(into: Memory, put: Put): void {
  removeRow(into, put.key)
  into.rows.set(put.key, put)
  if (put.expiresAt !== undefined) into.expiries.add({ at: put.expiresAt, key: put.key })
  for (const [index, at] of indexedOf(put)) indexIn(into, index).add({ at, key: put.key })
}

function removeRow(from: Memory, key: Key): void {
  const row = from.rows.get(key)
  if (row === undefined) return
  from.rows.delete(key)
  if (row.expiresAt !== undefined) from.expiries.remove({ at: row.expiresAt, key })
  for (const [index, at] of indexedOf(row)) indexIn(from, index).remove({ at, key })
}

function removeExpired(from: Memory, now: Instant): void {
  for (let removed = 0; removed < EXPIRED_PER_CHANGE; removed++) {
    const next = from.expiries.first()
    if (next === undefined || isLive(next.at, now)) return
    removeRow(from, next.key)
  }
}

function indexIn(memory: Memory, name: string): Sorted<Mark> {
  const index = memory.indexes.get(name)
  if (index !== undefined) return index
  const added = sorted<Mark>((a, b) => compareTexts(a.at, b.at) || compareTexts(a.key, b.key))
  memory.indexes.set(name, added)
  return added
}

function found(memory: Memory, index: string, from: string, to: string, most: number, now: Instant): Found[] {
  const rows: Found[] = []
  if (most <= 0) return rows
  for (const { at, key } of memory.indexes.get(index)?.from({ at: from, key: '' as Key }) ?? []) {
    if (at >= to) break
    const row = memory.rows.get(key) as Put
    if (!isLive(row.expiresAt, now)) continue
    rows.push({ key, value: row.value, at })
    if (rows.length === most) break
  }
  return rows
}

function appendEntry(into: Memory, draft: EntryDraft, positionsForgotten: number): void {
  const count = positionsForgotten + into.entries.length + 1
  const entry = { ...draft, position: String(count).padStart(POSITION_DIGITS, '0') }
  into.entries.push(entry)
  const of = into.entriesOf.get(entry.item)
  if (of === undefined) into.entriesOf.set(entry.item, [entry])
  else of.push(entry)
}

/** What is there when it is asked, and nothing that is appended while the caller reads. */
function* entriesAfter(
  entries: readonly Entry[],
  after: Position,
  kinds: JournalFilter['kinds'],
): Iterable<Entry> {
  const end = entries.length
  let low = 0
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as Entry).position <= after) low = middle + 1
    else high = middle
  }
  for (let index = low; index < end; index++) {
    const entry = entries[index] as Entry
    if (kinds === undefined || kinds.includes(entry.kind)) yield entry
  }
}

function claimJobs(from: Memory, at: Instant, most: number, leaseMs: number, newLease: () => string): Job[] {
  const claimed: Job[] = []
  while (claimed.length < most) {
    const next = from.ready.first()
    if (next === undefined || next.at > at) break
    const { draft } = from.jobs.get(next.id) as HeldJob
    const lease = newLease()
    forgetJob(from, next.id)
    holdJob(from, { draft, lease, readyAt: at + leaseMs })
    claimed.push({ ...draft, lease })
  }
  return claimed
}

function holdJob(into: Memory, job: HeldJob): void {
  into.jobs.set(job.draft.id, job)
  into.ready.add({ at: job.readyAt, id: job.draft.id })
}

function forgetJob(from: Memory, id: string): void {
  const job = from.jobs.get(id)
  if (job === undefined) return
  from.jobs.delete(id)
  from.ready.remove({ at: job.readyAt, id })
}

function freezeValues(decision: Decision<unknown>): void {
  for (const { value } of decision.put ?? []) freezeValue(value)
  for (const { body } of decision.append ?? []) freezeValue(body)
  for (const { body } of decision.enqueue ?? []) freezeValue(body)
}
