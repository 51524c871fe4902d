// The contract of every backend: a suite is a list of promises, and each is kept by memory, SQLite and PostgreSQL
// alike. Nothing in a suite waits for time to pass: `clock.at` is the time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe } from 'vitest'
import { memoryStore } from './memory.ts'
import { postgresStore } from './postgres.ts'
import { sqliteStore } from './sqlite.ts'
import {
  type Decision,
  type Entry,
  type JournalFilter,
  type Key,
  type Position,
  START,
  type Store,
  type Value,
} from './store.ts'

export type Clock = { at: number }
/** Stored rows, on which any number of handles may be opened. */
type Storage = { open(clock: Clock): Promise<Store>; forget(): Promise<void> }
/** A test with a store of its own, its time, and a way to open one more handle on it. */
type Body = (store: Store, clock: Clock, open: () => Promise<Store>) => Promise<void>
export type Play = (body: Body) => () => Promise<void>
/** `durable`: rows outlive the handle, and all handles see the same rows. */
type Suite = (play: Play, durable: boolean) => void

export function storeContract(title: string, postgresUrl: string | undefined, suite: Suite): void {
  describe(`memory: ${title}`, () => suite(playOn(memoryStorage), false))
  describe(`sqlite: ${title}`, () => suite(playOn(sqliteStorage), true))
  if (postgresUrl === undefined || postgresUrl === '')
    describe.skip(`postgres: ${title} (SIFANG_POSTGRES_URL names no database)`)
  else
    describe(`postgres: ${title}`, () =>
      suite(
        playOn(() => postgresStorage(postgresUrl)),
        true,
      ))
}

const playOn =
  (fresh: () => Promise<Storage>): Play =>
  (body) =>
  async () => {
    const clock = { at: 1_000_000 }
    const storage = await fresh()
    const handles: Store[] = []
    const open = async (): Promise<Store> => {
      const handle = await storage.open(clock)
      handles.push(handle)
      return handle
    }
    try {
      await body(await open(), clock, open)
    } finally {
      for (const handle of handles) await handle.close()
      await storage.forget()
    }
  }

const memoryStorage = async (): Promise<Storage> => ({
  open: async (clock) => memoryStore({ now: () => clock.at, checked: true }),
  forget: async () => {},
})

async function sqliteStorage(): Promise<Storage> {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-store-'))
  return {
    open: async (clock) => sqliteStore({ path: join(folder, 'store.db'), now: () => clock.at }),
    forget: async () => rmSync(folder, { recursive: true }),
  }
}

let schemas = 0

/** A schema of its own, dropped when the test is over. */
export async function postgresStorage(url: string): Promise<Storage & { readonly schema: string }> {
  const schema = `sifang_test_${process.pid}_${++schemas}`
  const drop = async (): Promise<void> => {
    await withDatabase(url, (client) => client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`))
  }
  await drop()
  return {
    schema,
    open: (clock) => postgresStore({ url, schema, now: () => clock.at }),
    forget: drop,
  }
}

export async function withDatabase<T>(url: string, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

export const put = (key: Key, value: Value, more: object = {}): Decision<undefined> => ({
  put: [{ key, value, ...more }],
  result: undefined,
})
export const valueOf = async (store: Store, key: Key): Promise<Value | undefined> =>
  (await store.read([key])).get(key)

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
/** As often as another transaction of the database server may hold the journal up: minutes, not more. */
const READINGS_MAX = 200_000

/** The journal, once it shows `count` entries: any transaction of the database server may hold it up a while. */
export async function journalOf(
  store: Store,
  count: number,
  after: Position = START,
  filter: JournalFilter = {},
): Promise<Entry[]> {
  let entries: Entry[] = []
  for (let reading = 0; reading < READINGS_MAX; reading++) {
    entries = await all(store.journal(after, filter))
    if (entries.length >= count) return entries
  }
  throw new Error(`the journal shows ${entries.length} entries and not ${count}, read ${READINGS_MAX} times`)
}

export const increment = (store: Store, key: Key): Promise<number> =>
  store.change([key], (rows) => {
    const next = ((rows.get(key) ?? 0) as number) + 1
    return { put: [{ key, value: next }], result: next }
  })

/** Three row kinds of nastiness: bigint, bytes and what JSON text likes to trip over. */
export const VALUES: readonly Value[] = [
  null,
  true,
  0,
  -1.5,
  9_007_199_254_740_991,
  123_456_789_012_345_678_901_234_567_890n,
  -1n,
  '',
  'line\nfeed "quoted" \\ \u0000 \u2028 张三 🧧 \ud800',
  new Uint8Array([0, 1, 254, 255]),
  new Uint8Array(0),
  [],
  {},
  [1n, [2n, { deep: new Uint8Array([7]) }], null],
  { amount: { minor: 100n, currency: 'CNY' }, text: '{"$n":"1"}', list: ['$n', '$b'] },
]
