// The store of one machine: a SQLite file in write-ahead mode, flushed at every commit. Writes go through
// the group; reads go straight to the file, which between two groups shows committed changes only.
import { DatabaseSync } from 'node:sqlite'
import { assertLease, assertNamed, inKeyOrder, liveRows } from './decision.ts'
import { explain, groupCommits } from './sqlite-group.ts'
import { asSoonAsFree } from './sqlite-lock.ts'
import { createTables, prepareTables, type Tables } from './sqlite-tables.ts'
import type { Entry, Instant, JournalFilter, Position, Store } from './store.ts'
import { decodeValue } from './values.ts'

/** How long a commit waits for another process. It blocks this one, so a dead lock must show soon. */
const LOCK_WAIT_MS = 5_000
/** Rows a group clears away on its way, so that expired ones never pile up. */
const EXPIRED_PER_GROUP = 512
/** Sequence numbers, not entries: a filter that matches little must not block the event loop either. */
const JOURNAL_PAGE = 1_000

type SqliteOptions = {
  readonly path: string
  readonly now: () => Instant
  readonly lockWaitMs?: number
  /** False for a file that is thrown away after its use and that nobody else opens: a power cut may then lose what was
   *  committed, and the file is held by this process alone, so that no statement has to lock it. */
  readonly flushed?: boolean
}

export function sqliteStore(options: SqliteOptions): Store {
  const { path, now, lockWaitMs = LOCK_WAIT_MS, flushed = true } = options
  const db = openFile(path, lockWaitMs, flushed)
  const tables = prepareTables(db)
  const before = (): void => tables.removeExpired(now(), EXPIRED_PER_GROUP)
  const group = groupCommits(db, { path, lockWaitMs, before })

  return {
    async change(keys, decide) {
      const named = inKeyOrder(keys)
      return group.run(() => {
        const raw = tables.rawRows(named)
        const decision = decide(liveRows(named, raw.values(), now()))
        assertNamed(named, decision)
        tables.apply(raw, decision)
        return decision.result
      })
    },
    async read(keys) {
      return tables.rows(inKeyOrder(keys), now())
    },
    async scan(index, from, to, most) {
      const rows = tables.scan(index, from, to, now(), Math.max(0, most))
      return rows.map(({ key, value, at }) => ({ key, value: decodeValue(value), at }))
    },
    journal: (after, filter) => entriesAfter(tables, after, filter),
    async history(item) {
      return tables.entriesOf(item, 0, null)
    },
    async claim(at, most, leaseMs, node) {
      assertLease(leaseMs)
      // Nodes ask far more often than jobs fall due, and looking costs no commit.
      const next = tables.nextReady()
      if (next === undefined || next > at) return []
      return group.run(() => tables.claim(at, Math.max(0, most), leaseMs, node))
    },
    async nextDue() {
      return tables.nextReady()
    },
    async reset() {
      await group.run(() => tables.removeAll())
    },
    async close() {
      group.close()
      if (db.isOpen) db.close()
    },
  }
}

function openFile(path: string, lockWaitMs: number, flushed: boolean): DatabaseSync {
  try {
    const db = new DatabaseSync(path, { timeout: 0 })
    // Before the first access: only then does write-ahead mode do without memory shared among processes.
    if (!flushed) db.exec('PRAGMA locking_mode = EXCLUSIVE')
    asSoonAsFree(lockWaitMs, () => {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA cache_size = -32768')
      db.exec(`PRAGMA synchronous = ${flushed ? 'FULL' : 'OFF'}`)
      createTables(db)
    })
    db.exec(`PRAGMA busy_timeout = ${lockWaitMs}`)
    return db
  } catch (error) {
    throw explain(error, path, false)
  }
}

/** Ends at what was there when it was asked, read in pages of their own, so it holds no snapshot open. */
async function* entriesAfter(
  tables: Tables,
  after: Position,
  filter: JournalFilter = {},
): AsyncGenerator<Entry> {
  const kinds = filter.kinds === undefined ? null : JSON.stringify(filter.kinds)
  if (filter.item !== undefined) {
    yield* tables.entriesOf(filter.item, Number(after), kinds)
    return
  }
  const { first, last } = tables.ends(Number(after))
  if (first === null || last === null) return
  for (let from = first; from <= last; from += JOURNAL_PAGE) {
    yield* tables.entries(from, Math.min(last, from + JOURNAL_PAGE - 1), kinds)
  }
}
