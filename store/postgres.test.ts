// What only PostgreSQL can get wrong: slow transactions, lost answers, deadlocks, two processes at the start.
import { once } from 'node:events'
import { createServer, connect as dial, type Socket, type AddressInfo } from 'node:net'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { all, increment, journalOf, postgresStorage, valueOf, withDatabase } from './contract.ts'
import { crew, goOnThenHold, type Place, SEED, survives } from './crash.ts'
import { faultsIn, journalReader } from './evidence.ts'
import { postgresStore } from './postgres.ts'
import { type Instant, OutcomeUnknown, START, type Store } from './store.ts'

const url = process.env['SIFANG_POSTGRES_URL'] ?? ''
const now = (): number => 1
/** The quick form is one schema and twenty kills; the full form ten schemas, each with a seed of its own. */
const schemas = import.meta.env.MODE === 'full' ? 10 : 1

type Scene = {
  readonly schema: string
  readonly store: Store
  readonly raw: pg.Client
  open(clock: { at: Instant }): Promise<Store>
}

const scene = (body: (on: Scene) => Promise<void>) => async () => {
  const { schema, open, forget } = await postgresStorage(url)
  const store = await open({ at: 1 })
  try {
    await withDatabase(url, (raw) => body({ schema, store, raw, open }))
  } finally {
    await store.close()
    await forget()
  }
}

const why = url === '' ? ' (SIFANG_POSTGRES_URL names no database)' : ''
if (why !== '') console.warn(`Killed and competing PostgreSQL processes are left out${why}`)
describe.skipIf(url === '')(`postgres${why}`, () => {
  test('an entry of a slow transaction never appears behind a position already read', scene(slowTransaction))
  test('the journal keeps its order when transaction ids grow a digit', scene(growingIds))
  test('a change that waits for its rows keeps no other change waiting', scene(disjointRows))
  test('a change that loses a deadlock is decided again', scene(deadlock), 60_000)
  test('an answer lost with the commit is an unknown outcome, never a success', scene(lostCommit))
  test('an answer lost before the commit is a plain failure', scene(lostLock))
  test('expired rows leave the tables', scene(expired))
  test(
    'two processes under load share counters, jobs and a journal with slow transactions in it',
    scene(twoNodes),
  )
  test.each(Array.from({ length: schemas }, (_, index) => SEED + index))(
    'a process killed at any of twenty moments has lost nothing that it acknowledged, and left no half change (seed %i)',
    (seed) => scene((on) => survives(placeIn(on), seed, 20))(),
    120_000,
  )
  test('eight processes may create the schema at once', async () => {
    const { schema, forget } = await postgresStorage(url)
    const stores = await Promise.all(
      Array.from({ length: 8 }, () => postgresStore({ url, schema, now, poolSize: 2 })),
    )
    await Promise.all(stores.map((store) => increment(store, 'a/1')))
    expect(await valueOf(stores[0] as Store, 'a/1')).toBe(8)
    for (const store of stores) await store.close()
    await forget()
  })
})

function placeIn({ schema, raw, open }: Scene): Place {
  const nameOf = (node: string): string => `${schema}_${node}`
  const count = async (sql: string, values: readonly string[] = []): Promise<number> =>
    Number((await raw.query<{ count: string }>(`SELECT COUNT(*) FROM ${sql}`, [...values])).rows[0]?.count)
  return {
    address(node) {
      const address = new URL(url)
      address.searchParams.set('schema', schema)
      address.searchParams.set('application_name', nameOf(node))
      return address.href
    },
    open,
    // A COMMIT that was on its way when its process died is made all the same, a moment later.
    async gone(node) {
      while ((await count('pg_stat_activity WHERE application_name = $1', [nameOf(node)])) > 0);
    },
    journal: async (store) => journalOf(store, await count(`${schema}.entries`)),
  }
}

async function twoNodes(scene: Scene): Promise<void> {
  const { schema, store, raw } = scene
  const place = placeIn(scene)
  const on = crew(place)
  const watch = journalReader()
  const readOn = (): Promise<void> => watch.readOn(store)
  try {
    const [one, other] = await Promise.all([on.start(), on.start()])
    const bothGoOn = (): Promise<void> => {
      const goals = [one, other].map((child) => ({ child, goal: child.acknowledged() + 50 }))
      return on.until(() => goals.every(({ child, goal }) => child.acknowledged() >= goal), readOn)
    }
    for (const child of [one, other]) child.go(1)
    for (let slow = 0; slow < 6; slow++) {
      const append = `INSERT INTO ${schema}.entries (item, kind, body) VALUES ($1, 'slow', 'null')`
      await bothGoOn()
      await raw.query('BEGIN')
      await raw.query(append, [`slow-${slow}`])
      await bothGoOn()
      await raw.query(append, [`slow-${slow}`])
      await raw.query('COMMIT')
    }
    await goOnThenHold(on, readOn)
    const journal = await place.journal(store)
    await readOn()
    expect(watch.faults(journal)).toEqual([])
    expect(await faultsIn(store, journal, on.told, 1)).toEqual([])
    const kinds = (kind: string): number => journal.filter((entry) => entry.kind === kind).length
    expect([kinds('paid'), kinds('worked'), kinds('slow')]).toEqual([
      on.told.paid.size,
      on.told.worked.size,
      12,
    ])
  } finally {
    await on.end()
  }
}

async function slowTransaction({ schema, store, raw }: Scene): Promise<void> {
  const append = (item: string): Promise<undefined> =>
    store.change([], () => ({ append: [{ item, kind: 'k', body: null }], result: undefined }))
  const items = (entries: readonly { readonly item: string }[]): string[] => entries.map(({ item }) => item)
  await append('before')
  await raw.query('BEGIN')
  const insert = `INSERT INTO ${schema}.entries (item, kind, body) VALUES ($1, 'k', 'null') RETURNING seq`
  const slow = await raw.query<{ seq: string }>(insert, ['slow'])
  await append('fast')

  const read = await journalOf(store, 1)
  expect(items(read)).toEqual(['before'])
  expect(items(await store.history('fast'))).toEqual(['fast'])
  // A reader by sequence alone would have gone on to `fast` and never come back for `slow`.
  const fast = await raw.query<{ seq: string }>(`SELECT seq FROM ${schema}.entries WHERE item = 'fast'`)
  expect(Number(slow.rows[0]?.seq)).toBeLessThan(Number(fast.rows[0]?.seq))

  await raw.query(insert, ['slow again'])
  await raw.query('COMMIT')
  const rest = await journalOf(store, 3, read.at(-1)?.position)
  expect(items(rest)).toEqual(['slow', 'slow again', 'fast'])
  expect(items(await all(store.journal(START)))).toEqual(['before', 'slow', 'slow again', 'fast'])
}

async function growingIds({ schema, store, raw }: Scene): Promise<void> {
  const ids = ['9', '10', '99', '100']
  const insert = `INSERT INTO ${schema}.entries (xid, item, kind, body) VALUES ($1::xid8, 'i', $2, 'null')`
  for (const id of ids.toReversed()) await raw.query(insert, [id, id])
  const kinds = (entries: readonly { readonly kind: string }[]): string[] => entries.map(({ kind }) => kind)
  const entries = await all(store.journal(START))
  expect(kinds(entries)).toEqual(ids)
  expect(kinds(await all(store.journal(START, { item: 'i' })))).toEqual(ids)
  expect(kinds(await store.history('i'))).toEqual(ids)
  expect(kinds(await all(store.journal(entries[1]?.position ?? START)))).toEqual(['99', '100'])
}

async function disjointRows({ schema, store, raw }: Scene): Promise<void> {
  const lock = `hashtextextended('a/1', hashtextextended('${schema}', 0))`
  await raw.query(`SELECT pg_advisory_lock(${lock})`)
  const waiting = Array.from({ length: 50 }, () => increment(store, 'a/1'))
  const free = await Promise.all(Array.from({ length: 50 }, (_, index) => increment(store, `b/${index}`)))
  expect(free).toEqual(free.map(() => 1))
  expect(await valueOf(store, 'a/1')).toBeUndefined()
  await raw.query(`SELECT pg_advisory_unlock(${lock})`)
  expect((await Promise.all(waiting)).at(-1)).toBe(50)
}

async function deadlock({ schema, store, raw }: Scene): Promise<void> {
  const jobs = ['a', 'b'].map((id) => ({ id, kind: 'k', dueAt: 1, body: null }))
  await store.change([], () => ({ enqueue: jobs, result: undefined }))
  const touch = (id: string): Promise<unknown> =>
    raw.query(`UPDATE ${schema}.jobs SET due_at = due_at + 1 WHERE id = $1`, [id])
  await raw.query(`SET deadlock_timeout = '1h'`) // so that the other one is the victim
  await raw.query('BEGIN')
  await touch('b')
  let decided = 0
  const cancelled = store.change([], () => ({ cancel: ['a', 'b'], result: ++decided }))
  await withDatabase(url, async (watcher) => {
    const waits = `SELECT 1 FROM pg_locks WHERE NOT granted AND transactionid = $1::text::xid`
    const own = await raw.query<{ xid: string }>('SELECT pg_current_xact_id()::xid::text AS xid')
    while ((await watcher.query(waits, [own.rows[0]?.xid])).rowCount === 0);
  })
  await touch('a')
  await raw.query('COMMIT')
  expect(await cancelled).toBeGreaterThan(1)
  expect(await store.nextDue()).toBeUndefined()
}

async function lostCommit({ schema, store }: Scene): Promise<void> {
  const line = await cuttingLine('COMMIT\0', 'COMMIT\0')
  const far = await postgresStore({ url: line.url, schema, now, poolSize: 1 })
  expect(await increment(far, 'a/1')).toBe(1)
  line.cutNext()
  const change = increment(far, 'a/1')
  await expect(change).rejects.toBeInstanceOf(OutcomeUnknown)
  // It did happen; with a server that died a moment earlier it would not have.
  expect(await valueOf(store, 'a/1')).toBe(2)
  expect(await increment(far, 'a/1')).toBe(3)
  await far.close()
  line.close()
}

async function lostLock({ schema, store }: Scene): Promise<void> {
  const line = await cuttingLine('BEGIN ', 'BEGIN\0')
  const far = await postgresStore({ url: line.url, schema, now, poolSize: 1 })
  line.cutNext()
  const failure = await increment(far, 'a/1').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Error)
  expect(failure).not.toBeInstanceOf(OutcomeUnknown)
  expect(await valueOf(store, 'a/1')).toBeUndefined()
  expect(await increment(far, 'a/1')).toBe(1)
  await far.close()
  line.close()
}

async function expired({ schema, raw }: Scene): Promise<void> {
  const clock = { at: 1 }
  const store = await postgresStore({ url, schema, now: () => clock.at })
  const put = (index: number) =>
    ({ key: `nonce/${index}`, value: 1, expiresAt: 10, indexed: { by: 'x' } }) as const
  for (let index = 0; index < 20; index++) {
    await store.change([put(index).key], () => ({ put: [put(index)], result: undefined }))
  }
  clock.at = 10
  for (let index = 0; index < 64; index++) await increment(store, 'a/1')
  await store.close()
  const left = await raw.query(
    `SELECT (SELECT COUNT(*) FROM ${schema}.rows) AS rows, COUNT(*) AS marks FROM ${schema}.marks`,
  )
  expect(left.rows).toEqual([{ rows: '1', marks: '0' }])
}

/** A line to the server that can be told to swallow the answer to the next such request, and break. */
async function cuttingLine(request: string, answer: string) {
  const target = new URL(url)
  const [port, host] = [Number(target.port || 5432), target.hostname]
  let cutting = false
  const server = createServer((near: Socket) => {
    const far = dial(port, host)
    let doomed = false
    near.on('data', (bytes) => {
      doomed ||= cutting && bytes.includes(request)
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (!doomed) near.write(bytes)
      else if (bytes.includes(answer)) {
        cutting = false
        near.destroy()
      }
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  target.hostname = '127.0.0.1'
  target.port = String((server.address() as AddressInfo).port)
  return {
    url: target.href,
    cutNext: (): void => {
      cutting = true
    },
    close: (): void => {
      server.close()
    },
  }
}
