// The store of several machines: nodes keep nothing, PostgreSQL 13 or newer holds it all. A change locks its
// keys, reads, decides, writes and commits in two round trips (the driver's pipeline sends two statements at once).
import pg from 'pg'
import { JobLost, OutcomeUnknown } from './errors.ts'
import { assertLease, assertNamed, inKeyOrder, liveRows } from './decision.ts'
import { applicable, changesNothing, type RowRecord } from './postgres-apply.ts'
import { createSchema, JOB_LOST, type StatementName, statementsIn } from './postgres-schema.ts'
import type { Decision, Entry, Instant, Job, JournalFilter, Key, Position, Rows, Store } from './store.ts'
import { turns } from './turns.ts'
import { decodeValue } from './values.ts'

type PostgresOptions = {
  readonly url: string
  readonly schema: string
  readonly now: () => Instant
  /** Connections, and so changes at a time; more than twice the server's cores seldom helps. */
  readonly poolSize?: number
}

const LIMITS = {
  poolSize: 16,
  connectMs: 10_000,
  lockWaitMs: 10_000,
  statementMs: 30_000,
  answerMs: 45_000, // a server that is gone without a word; above its own limit, so that it can say no first
  idleInTransactionMs: 30_000, // a node that hangs between lock and commit must let go
  attempts: 8, // after a deadlock or serialization failure; each loser means that somebody else went on
  journalPageEntries: 1_000,
  changesPerSweep: 64,
  rowsPerSweep: 1_024,
} as const

type Client = pg.PoolClient
type Query = <R extends pg.QueryResultRow>(
  on: Client | pg.Pool,
  name: StatementName,
  values: readonly unknown[],
) => Promise<R[]>
type EntryRecord = { xid: string; seq: string; item: string; kind: string; body: string }
type JobRecord = { id: string; kind: string; due_at: string; body: string; lease: string; ready_at: string }

export async function postgresStore({ url, schema, now, poolSize }: PostgresOptions): Promise<Store> {
  const pool = openPool(url, poolSize ?? LIMITS.poolSize)
  try {
    await createSchema(pool, schema)
  } catch (error) {
    await pool.end()
    throw error
  }
  const query = queryIn(schema)
  const inTurn = turns()
  let changesMade = 0

  return {
    async change(keys, decide) {
      const named = inKeyOrder(keys)
      return inTurn(named, () =>
        withClient(pool, async (client) => {
          const result = await changeWithRetries(client, query, named, now, decide)
          if (++changesMade % LIMITS.changesPerSweep === 0) await sweep(client, query, now())
          return result
        }),
      )
    },
    async read(keys) {
      const rows = await query<RowRecord>(pool, 'read', [keys])
      return liveRows(keys, rows, now())
    },
    async scan(index, from, to, most) {
      type Record = { key: Key; value: string; at: string }
      const rows = await query<Record>(pool, 'scan', [index, from, to, now(), Math.max(0, most)])
      return rows.map(({ key, value, at }) => ({ key, value: decodeValue(value), at }))
    },
    journal: (after, filter) => entriesAfter(pool, query, after, filter),
    async history(item) {
      return (await query<EntryRecord>(pool, 'history', [item])).map(entryOf)
    },
    async claim(at, most, leaseMs, node) {
      assertLease(leaseMs)
      const jobs = await query<JobRecord>(pool, 'claim', [at, Math.max(0, most), leaseMs, node])
      return jobs.sort(byReadiness).map(jobOf)
    },
    async nextDue() {
      const [next] = await query<{ at: string | null }>(pool, 'nextDue', [])
      return next === undefined || next.at === null ? undefined : Number(next.at)
    },
    async reset() {
      await query(pool, 'reset', [])
    },
    async close() {
      if (!pool.ending) await pool.end()
    },
  }
}

function openPool(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    pipeline: true,
    connectionTimeoutMillis: LIMITS.connectMs,
    lock_timeout: LIMITS.lockWaitMs,
    statement_timeout: LIMITS.statementMs,
    query_timeout: LIMITS.answerMs,
    keepAlive: true,
    idle_in_transaction_session_timeout: LIMITS.idleInTransactionMs,
    application_name: 'sifang',
  })
  // A lost connection also fails the query that used it; without a listener the event would end the process.
  const ignore = (): void => {}
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

function queryIn(schema: string): Query {
  const statements = statementsIn(schema)
  return async <R extends pg.QueryResultRow>(
    on: Client | pg.Pool,
    name: StatementName,
    values: readonly unknown[],
  ) => (await on.query<R>({ name, text: statements[name], values: [...values] })).rows
}

/** A connection whose last act failed in an unknown state is thrown away: its transaction dies with it. */
async function withClient<T>(pool: pg.Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    return await work(client)
  } finally {
    client.release(client.getTransactionStatus() !== 'I')
  }
}

async function changeWithRetries<T>(
  client: Client,
  query: Query,
  named: readonly Key[],
  now: () => Instant,
  decide: (rows: Rows) => Decision<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await changeOnce(client, query, named, now, decide)
    } catch (error) {
      if (!isTransient(error)) throw explain(error)
      if (attempt === LIMITS.attempts) {
        throw new Error(`the change lost against others ${attempt} times and was not made`, { cause: error })
      }
    }
  }
}

async function changeOnce<T>(
  client: Client,
  query: Query,
  named: readonly Key[],
  now: () => Instant,
  decide: (rows: Rows) => Decision<T>,
): Promise<T> {
  const [, records] = await Promise.all([
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    query<RowRecord>(client, 'lock', [named]),
  ]).catch((error: unknown) => rollbackAndThrow(client, error))
  let decision: Decision<T>
  let changes: readonly unknown[]
  try {
    decision = decide(liveRows(named, records, now()))
    assertNamed(named, decision)
    changes = applicable(decision, records)
  } catch (error) {
    return await rollbackAndThrow(client, error)
  }
  await commit(client, changesNothing(changes) ? undefined : query(client, 'apply', changes))
  return decision.result
}

/** `applied` is already on its way: COMMIT follows it without waiting, and rolls back if it failed. */
async function commit(client: Client, applied: Promise<unknown> | undefined): Promise<void> {
  const [apply, end] = await Promise.allSettled([applied, client.query('COMMIT')])
  const failed = apply.status === 'rejected' ? apply : end.status === 'rejected' ? end : undefined
  if (failed !== undefined) {
    if (serverRefused(failed.reason)) throw failed.reason
    throw new OutcomeUnknown('the connection to PostgreSQL was lost during the commit', failed.reason)
  }
  if (end.status === 'fulfilled' && end.value.command !== 'COMMIT') {
    throw new Error(`PostgreSQL answered COMMIT with ${end.value.command}: the change was not made`)
  }
}

/** `error` stays the answer even when the ROLLBACK fails: the connection is thrown away then. */
async function rollbackAndThrow(client: Client, error: unknown): Promise<never> {
  await client.query('ROLLBACK').catch(() => {})
  throw error
}

/** Expired rows are absent already, so a sweep that fails is only late; the next one does its work. */
async function sweep(client: Client, query: Query, now: Instant): Promise<void> {
  await query(client, 'sweep', [now, LIMITS.rowsPerSweep]).catch(() => {})
}

const SERIALIZATION_FAILURE = '40001'
const DEADLOCK = '40P01'
const LOCK_TIMEOUT = '55P03'
/** Codes with which a server goes away instead of answering: connection, shutdown, disk, internal, unknown. */
const NO_ANSWER = /^(?:08|57P|58|XX|40003)/

const codeOf = (error: unknown): string => (error instanceof pg.DatabaseError ? (error.code ?? '') : '')
const isTransient = (error: unknown): boolean => [SERIALIZATION_FAILURE, DEADLOCK].includes(codeOf(error))

/** The server itself said no, so the transaction is certainly gone. */
function serverRefused(error: unknown): boolean {
  const code = codeOf(error)
  return code !== '' && !NO_ANSWER.test(code)
}

function explain(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  if (error.code === JOB_LOST) return new JobLost(error.detail ?? '')
  if (error.code !== LOCK_TIMEOUT) return error
  return new Error(`another change kept a row locked for ${LIMITS.lockWaitMs} ms`, { cause: error })
}

const XID_DIGITS = 20
const SEQ_DIGITS = 19

const entryOf = ({ xid, seq, item, kind, body }: EntryRecord): Entry => ({
  position: `${xid.padStart(XID_DIGITS, '0')}.${seq.padStart(SEQ_DIGITS, '0')}`,
  item,
  kind,
  body: decodeValue(body),
})

async function* entriesAfter(
  pool: pg.Pool,
  query: Query,
  after: Position,
  { item, kinds }: JournalFilter = {},
): AsyncGenerator<Entry> {
  // As BigInt, because PostgreSQL reads a transaction id that begins with 0 as octal.
  let [xid, seq] = (after === '' ? '0.0' : after).split('.').map((part) => String(BigInt(part)))
  let safe: string | null = null
  for (;;) {
    const values = [xid, seq, safe, kinds ?? null, LIMITS.journalPageEntries]
    const page: (EntryRecord & { safe: string })[] =
      item === undefined
        ? await query(pool, 'journal', values)
        : await query(pool, 'journalOfItem', [...values, item])
    yield* page.map(entryOf)
    const end = page.at(-1)
    if (end === undefined || page.length < LIMITS.journalPageEntries) return
    ;({ xid, seq } = end)
    safe ??= end.safe
  }
}

function byReadiness(a: JobRecord, b: JobRecord): number {
  return Number(a.ready_at) - Number(b.ready_at) || (a.id < b.id ? -1 : 1)
}

const jobOf = ({ id, kind, due_at, body, lease }: JobRecord): Job => ({
  id,
  kind,
  dueAt: Number(due_at),
  body: decodeValue(body),
  lease,
})
