// Durable records, jobs and the append-only journal. The store knows no domain: a row is a value under
// a key, a journal entry is a value in an order that no reader ever sees change behind it.
// Every backend (memory, SQLite, PostgreSQL) is held to the one contract in store/contract.ts.

/** Milliseconds since 1970-01-01T00:00:00Z, a whole number. */
export type Instant = number

/** `kind/id`. The kind groups rows of one shape; the id may hold any printable text. */
export type Key = `${string}/${string}`

/** What a row, an entry or a job can hold: JSON plus bigint and bytes. Never mutated once handed over. */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly Value[]
  | { readonly [member: string]: Value | undefined }

/** Live rows only: a key without a row, or with an expired one, is absent. */
export type Rows = ReadonlyMap<Key, Value>

export type Put = {
  readonly key: Key
  readonly value: Value
  /** The row is absent for every reader from this instant on. */
  readonly expiresAt?: Instant
  /** Index name → text to find the row by; replaces whatever the row was found by before. */
  readonly indexed?: Readonly<Record<string, string>>
}

/** Opaque, comparable with `<`; START lies before every entry. */
export type Position = string
export const START: Position = ''

export type EntryDraft = { readonly item: string; readonly kind: string; readonly body: Value }
export type Entry = EntryDraft & { readonly position: Position }

export type JobDraft = {
  readonly id: string
  readonly kind: string
  readonly dueAt: Instant
  readonly body: Value
}
/** A job held under a lease; hand it to `finish` in the change that does its work. */
export type Job = JobDraft & { readonly lease: string }

/** What a change decides: all of it becomes durable together, or none. The order is finish, cancel, remove,
 *  put, append, enqueue: a finished job may be put again, and of two puts of one key the last counts. */
export type Decision<T> = {
  readonly put?: readonly Put[]
  readonly remove?: readonly Key[]
  readonly append?: readonly EntryDraft[]
  /** A job with an id that exists replaces it and ends its lease. */
  readonly enqueue?: readonly JobDraft[]
  /** Jobs this change completes. One that is no longer held under its lease makes the change reject with JobLost.
   *  A lease that ran out still holds until somebody else claims the job: no clock decides, only the row. */
  readonly finish?: readonly Job[]
  /** Jobs that became needless, held or not; an id that does not exist is no error. */
  readonly cancel?: readonly string[]
  readonly result: T
}

export type JournalFilter = { readonly item?: string; readonly kinds?: readonly string[] }
export type Found = { readonly key: Key; readonly value: Value; readonly at: string }

export interface Store {
  /** Locks `keys` (in key order), hands their rows to `decide`, and resolves once its decision is durable.
   *  `decide` is pure and synchronous: it may run again, and may put or remove only keys that it named.
   *  Rejects with what `decide` threw, with JobLost, or with OutcomeUnknown; only then may it have happened. */
  change<T>(keys: readonly Key[], decide: (rows: Rows) => Decision<T>): Promise<T>
  read(keys: readonly Key[]): Promise<Rows>
  /** Live rows whose text in `index` lies in [from, to), in the order of that text and then of the key.
   *  Beyond U+FFFF the backends' orders differ; keep such characters out of what is searched by. */
  scan(index: string, from: string, to: string, most: number): Promise<readonly Found[]>
  /** Entries after `after`, up to the newest that no slower change can precede. Ends there. */
  journal(after: Position, filter?: JournalFilter): AsyncIterable<Entry>
  /** Every committed entry of one item, in order. Sees the caller's own change at once. */
  history(item: string): Promise<readonly Entry[]>
  /** Due jobs, earliest first, at most `most`, each held by `node` until now + leaseMs.
   *  No job is ever held twice at a time. */
  claim(now: Instant, most: number, leaseMs: number, node: string): Promise<readonly Job[]>
  /** When the earliest job that nobody holds, or whose lease ends, can be claimed; undefined when there is none. */
  nextDue(): Promise<Instant | undefined>
  /** Forgets everything. For test subjects only. */
  reset(): Promise<void>
  close(): Promise<void>
}

export { JobLost, OutcomeUnknown } from './errors.ts'
export { type Kind, kind } from './kind.ts'
export { memoryStore } from './memory.ts'
export { openStore } from './open.ts'
export { doDueJobs, type JobStories } from './work.ts'
