// The SQLite backend's tables and what one decision does to them. Everything here is synchronous and runs
// inside a transaction that somebody else opened; statements are prepared once per file.
import { JobLost } from './errors.ts'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { indexedOf, liveRows } from './decision.ts'
import type { Decision, Entry, Instant, Job, Key, Put, Rows } from './store.ts'
import { decodeValue, encodeValue } from './values.ts'

// AUTOINCREMENT keeps a position from being given again after a reset. One writer at a time holds the file,
// so here (unlike PostgreSQL) the order of seq is the order of commits.
// `rows` has a rowid, because its values are long: in key order they would be spread over the whole file, and what a
// change writes would grow with it (measured: a fifth more pages, and three times the growth). Files of before have
// none, and the same statements.
const SCHEMA = `
  CREATE TABLE rows (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, expires_at INTEGER, indexed TEXT);
  CREATE INDEX rows_expiring ON rows (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE marks (name TEXT, at TEXT, key TEXT, PRIMARY KEY (name, at, key)) WITHOUT ROWID;
  CREATE TABLE entries (seq INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
  CREATE INDEX entries_of_item ON entries (item, seq);
  CREATE TABLE jobs (id TEXT PRIMARY KEY, kind TEXT NOT NULL, due_at INTEGER NOT NULL, body TEXT NOT NULL,
    ready_at INTEGER NOT NULL, lease TEXT) WITHOUT ROWID;
  CREATE INDEX jobs_ready ON jobs (ready_at, id);
  CREATE TABLE counters (leases INTEGER NOT NULL);
  INSERT INTO counters VALUES (0);
`
const SCHEMA_VERSION = 1

type RowRecord = { key: Key; value: string; expires_at: number | null; indexed: string | null }
type MarkRecord = { key: Key; value: string; at: string }
type EntryRecord = { seq: number; item: string; kind: string; body: string }
type Ends = { first: number | null; last: number | null }
type JobRecord = { id: string; kind: string; due_at: number; body: string }

/** Creates the tables once; another process may be doing the same, so the version is read again under the lock. */
export function createTables(db: DatabaseSync): void {
  const versionNow = (): number =>
    (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
  if (versionNow() === SCHEMA_VERSION) return
  db.exec('BEGIN IMMEDIATE')
  try {
    const version = versionNow()
    if (version === 0) db.exec(`${SCHEMA}; PRAGMA user_version = ${SCHEMA_VERSION}`)
    else if (version !== SCHEMA_VERSION) {
      throw new Error(`the file has store version ${version}, this program reads version ${SCHEMA_VERSION}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

export type Tables = ReturnType<typeof prepareTables>
type Statements = ReturnType<typeof prepareStatements>
type Raw = Map<Key, RowRecord>

export function prepareTables(db: DatabaseSync) {
  const sql = prepareStatements(db)
  return {
    rawRows(keys: readonly Key[]): Raw {
      const raw: Raw = new Map()
      for (const key of keys) {
        const row = one<RowRecord>(sql.row, key)
        if (row !== undefined) raw.set(key, row)
      }
      return raw
    },
    /** One statement, so that another process cannot write between two of the rows. */
    rows(keys: readonly Key[], now: Instant): Rows {
      const [only] = keys
      if (only !== undefined && keys.length === 1) {
        const row = one<RowRecord>(sql.row, only)
        return liveRows(keys, row === undefined ? [] : [row], now)
      }
      return liveRows(keys, all<RowRecord>(sql.rows, JSON.stringify(keys)), now)
    },
    apply: (raw: Raw, decision: Decision<unknown>): void => apply(sql, raw, decision),
    removeExpired(now: Instant, most: number): void {
      for (const { key, indexed } of all<RowRecord>(sql.expired, now, most)) {
        sql.removeRow.run(key)
        moveMarks(sql, key, indexed, null)
      }
    },
    scan: (index: string, from: string, to: string, now: Instant, most: number) =>
      all<MarkRecord>(sql.scan, index, from, to, now, most),
    ends: (after: number) => one<Ends>(sql.ends, after) as Ends,
    entries: (from: number, to: number, kinds: string | null): Entry[] =>
      all<EntryRecord>(sql.entries, from, to, kinds).map(entryOf),
    entriesOf: (item: string, after: number, kinds: string | null): Entry[] =>
      all<EntryRecord>(sql.entriesOf, item, after, kinds).map(entryOf),
    claim(now: Instant, most: number, leaseMs: number, node: string): Job[] {
      return all<JobRecord>(sql.due, now, most).map(({ id, kind, due_at, body }) => {
        const { leases } = one<{ leases: number }>(sql.countLease) as { leases: number }
        const lease = `${node}:${leases}`
        sql.hold.run(lease, now + leaseMs, id)
        return { id, kind, dueAt: due_at, body: decodeValue(body), lease }
      })
    },
    nextReady: (): Instant | undefined => one<{ at: number | null }>(sql.nextReady)?.at ?? undefined,
    removeAll(): void {
      for (const table of ['rows', 'marks', 'entries', 'jobs']) db.exec(`DELETE FROM ${table}`)
    },
  }
}

function prepareStatements(db: DatabaseSync) {
  return {
    row: db.prepare('SELECT key, value, expires_at, indexed FROM rows WHERE key = ?'),
    rows: db.prepare('SELECT key, value, expires_at FROM rows WHERE key IN (SELECT value FROM json_each(?))'),
    putRow:
      db.prepare(`INSERT INTO rows (key, value, expires_at, indexed) VALUES (?, ?, ?, ?) ON CONFLICT (key)
      DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, indexed = excluded.indexed`),
    removeRow: db.prepare('DELETE FROM rows WHERE key = ?'),
    expired: db.prepare(`SELECT key, indexed FROM rows WHERE expires_at IS NOT NULL AND expires_at <= ?
      ORDER BY expires_at LIMIT ?`),
    mark: db.prepare('INSERT INTO marks (name, at, key) VALUES (?, ?, ?)'),
    unmark: db.prepare('DELETE FROM marks WHERE name = ? AND at = ? AND key = ?'),
    scan: db.prepare(`SELECT key, value, at FROM marks JOIN rows USING (key) WHERE name = ? AND at >= ? AND at < ?
      AND (expires_at IS NULL OR expires_at > ?) ORDER BY at, key LIMIT ?`),
    append: db.prepare('INSERT INTO entries (item, kind, body) VALUES (?, ?, ?)'),
    ends: db.prepare('SELECT MIN(seq) AS first, MAX(seq) AS last FROM entries WHERE seq > ?'),
    entries: db.prepare(`SELECT seq, item, kind, body FROM entries WHERE seq BETWEEN ?1 AND ?2
      AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3))) ORDER BY seq`),
    entriesOf: db.prepare(`SELECT seq, item, kind, body FROM entries WHERE item = ?1 AND seq > ?2
      AND (?3 IS NULL OR kind IN (SELECT value FROM json_each(?3))) ORDER BY seq`),
    finish: db.prepare('DELETE FROM jobs WHERE id = ? AND lease = ?'),
    cancel: db.prepare('DELETE FROM jobs WHERE id = ?'),
    enqueue: db.prepare(
      'INSERT OR REPLACE INTO jobs (id, kind, due_at, body, ready_at) VALUES (?, ?, ?, ?, ?)',
    ),
    due: db.prepare(
      `SELECT id, kind, due_at, body FROM jobs WHERE ready_at <= ? ORDER BY ready_at, id LIMIT ?`,
    ),
    hold: db.prepare('UPDATE jobs SET lease = ?, ready_at = ? WHERE id = ?'),
    nextReady: db.prepare('SELECT MIN(ready_at) AS at FROM jobs'),
    countLease: db.prepare('UPDATE counters SET leases = leases + 1 RETURNING leases'),
  }
}

function apply(sql: Statements, raw: Raw, decision: Decision<unknown>): void {
  for (const { id, lease } of decision.finish ?? []) {
    if (sql.finish.run(id, lease).changes === 0) throw new JobLost(id)
  }
  for (const id of decision.cancel ?? []) sql.cancel.run(id)
  for (const key of decision.remove ?? []) removeRow(sql, raw, key)
  for (const put of decision.put ?? []) putRow(sql, raw, put)
  for (const { item, kind, body } of decision.append ?? []) sql.append.run(item, kind, encodeValue(body))
  for (const { id, kind, dueAt, body } of decision.enqueue ?? []) {
    sql.enqueue.run(id, kind, dueAt, encodeValue(body), dueAt)
  }
}

function removeRow(sql: Statements, raw: Raw, key: Key): void {
  const before = raw.get(key)
  if (before === undefined) return
  raw.delete(key)
  sql.removeRow.run(key)
  moveMarks(sql, key, before.indexed, null)
}

function putRow(sql: Statements, raw: Raw, put: Put): void {
  const { key } = put
  const value = encodeValue(put.value)
  const expiresAt = put.expiresAt ?? null
  const indexed = indexedOf(put).length === 0 ? null : JSON.stringify(put.indexed)
  sql.putRow.run(key, value, expiresAt, indexed)
  moveMarks(sql, key, raw.get(key)?.indexed ?? null, indexed)
  raw.set(key, { key, value, expires_at: expiresAt, indexed })
}

function moveMarks(sql: Statements, key: Key, before: string | null, after: string | null): void {
  if (before === after) return
  for (const [name, at] of marksIn(before)) sql.unmark.run(name, at, key)
  for (const [name, at] of marksIn(after)) sql.mark.run(name, at, key)
}

const POSITION_DIGITS = 16

const entryOf = ({ seq, item, kind, body }: EntryRecord): Entry => ({
  position: String(seq).padStart(POSITION_DIGITS, '0'),
  item,
  kind,
  body: decodeValue(body),
})

/** The rows of a statement, whose columns its SQL text names: the one place where they get their type. */
const all = <T>(statement: StatementSync, ...values: SQLInputValue[]): T[] => statement.all(...values) as T[]
const one = <T>(statement: StatementSync, ...values: SQLInputValue[]): T | undefined =>
  statement.get(...values) as T | undefined

const marksIn = (indexed: string | null): [name: string, at: string][] =>
  indexed === null ? [] : Object.entries(JSON.parse(indexed) as Record<string, string>)
