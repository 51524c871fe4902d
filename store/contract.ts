// What every backend promises, as one suite: changes and rows here, the journal and jobs in contract-jobs.ts.
// Nothing in it waits for time to pass: `clock.at` is the time.
import { describe, expect, test } from 'vitest'
import { jobContract, journalContract } from './contract-jobs.ts'
import { agreementContract } from './contract-model.ts'
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
/** Opens one more handle on the same stored rows; what it opens, the contract closes. */
export type Opener = (clock: Clock) => Promise<Store>
export type Storage = { readonly open: Opener; forget(): Promise<void> }
export type Backend = {
  readonly fresh: () => Promise<Storage>
  /** Rows outlive the handle, and several handles see the same rows. */
  readonly durable: boolean
}
/** A test with a store of its own, its time, and a way to open one more handle on it. */
export type Play = (body: Body) => () => Promise<void>
type Body = (store: Store, clock: Clock, open: () => Promise<Store>) => Promise<void>

export function storeContract(name: string, backend: Backend): void {
  const play: Play = (body) => async () => {
    const clock = { at: 1_000_000 }
    const storage = await backend.fresh()
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
  describe(`${name} keeps the store's contract`, () => {
    describe('changes', () => changeContract(play))
    describe('rows that expire', () => expiryContract(play))
    describe('indexes', () => indexContract(play))
    describe('journal', () => journalContract(play))
    describe('jobs', () => jobContract(play))
    if (backend.durable) describe('several handles', () => sharedContract(play))
    agreementContract(play)
  })
}

export const put = (key: Key, value: Value, more: object = {}): Decision<undefined> => ({
  put: [{ key, value, ...more }],
  result: undefined,
})
export const valueOf = async (store: Store, key: Key): Promise<Value | undefined> =>
  (await store.read([key])).get(key)

/** The journal, once it shows `count` entries: some other transaction of the database may hold it up a while. */
export async function journalOf(
  store: Store,
  count: number,
  after: Position = START,
  filter: JournalFilter = {},
): Promise<Entry[]> {
  let entries: Entry[] = []
  for (let reading = 0; reading < 5_000 && (reading === 0 || entries.length < count); reading++) {
    entries = await Array.fromAsync(store.journal(after, filter))
  }
  return entries
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

function changeContract(play: Play): void {
  test(
    'every kind of value comes back as it was put',
    play(async (store) => {
      const keys = VALUES.map((_, index): Key => `value/${index}`)
      const puts = VALUES.map((value, index) => ({ key: keys[index] as Key, value }))
      await store.change(keys, () => ({ put: puts, result: undefined }))
      const rows = await store.read(keys)
      expect(keys.map((key) => rows.get(key))).toEqual(VALUES)
    }),
  )
  test(
    'rows, entries, jobs and the finished job become true together',
    play(async (store, clock) => {
      const job = { id: 'first', kind: 'ask', dueAt: clock.at, body: 1 }
      await store.change([], () => ({ enqueue: [job], result: undefined }))
      const finish = await store.claim(clock.at, 10, 1_000, 'node')
      const answer = await store.change(['a/1', 'a/2'], () => ({
        put: [
          { key: 'a/1', value: 1 },
          { key: 'a/2', value: 2 },
        ],
        append: [{ item: 'i', kind: 'k', body: 3n }],
        enqueue: [{ ...job, id: 'second', dueAt: clock.at + 5 }],
        finish,
        result: 'done',
      }))
      expect(answer).toBe('done')
      expect([...(await store.read(['a/1', 'a/2', 'a/3']))]).toEqual([
        ['a/1', 1],
        ['a/2', 2],
      ])
      expect(await store.history('i')).toMatchObject([{ item: 'i', kind: 'k', body: 3n }])
      expect(await store.nextDue()).toBe(clock.at + 5)
    }),
  )
  test('what throws leaves nothing, and its neighbours alone', play(throwingLeavesNothing))
  test(
    'decide sees the rows of its keys and no others',
    play(async (store) => {
      await store.change(['a/1', 'a/2'], () => ({
        put: [
          { key: 'a/1', value: 1 },
          { key: 'a/2', value: 2 },
        ],
        result: undefined,
      }))
      const seen = await store.change(['a/2', 'a/3', 'a/2'], (rows) => ({ result: [...rows] }))
      expect(seen).toEqual([['a/2', 2]])
      const peek = store.change(['a/2'], (rows) => ({ result: rows.get('a/1') }))
      await expect(peek).rejects.toThrow('a/1 was not among the keys')
    }),
  )
  test(
    'putting or removing a key that was not named rejects the whole change',
    play(async (store) => {
      await expect(store.change(['a/1'], () => put('a/2', 1))).rejects.toThrow('not a/2')
      await expect(store.change(['a/1'], () => ({ remove: ['a/2'], result: 0 }))).rejects.toThrow('not a/2')
      expect((await store.read(['a/1', 'a/2'])).size).toBe(0)
    }),
  )
  test(
    'a removed row is absent, and one put in the same change stays; the last put of a key counts',
    play(async (store) => {
      await store.change(['a/1', 'a/2'], () => ({
        put: [
          { key: 'a/1', value: 1, indexed: { by: 'x' } },
          { key: 'a/2', value: 2, indexed: { by: 'x' } },
        ],
        result: undefined,
      }))
      await store.change(['a/1', 'a/2'], () => ({
        remove: ['a/1', 'a/2'],
        put: [
          { key: 'a/2', value: 3, indexed: { by: 'y' } },
          { key: 'a/2', value: 4, indexed: { by: 'z' } },
        ],
        result: undefined,
      }))
      expect([...(await store.read(['a/1', 'a/2']))]).toEqual([['a/2', 4]])
      expect(await store.scan('by', '', '~', 9)).toEqual([{ key: 'a/2', value: 4, at: 'z' }])
    }),
  )
  test(
    '200 concurrent changes of one row lose no update, while others go on',
    play(async (store) => {
      const busy = Array.from({ length: 200 }, () => increment(store, 'a/busy'))
      const others = Array.from({ length: 20 }, (_, index) => increment(store, `a/${index}`))
      expect(await Promise.all(others)).toEqual(others.map(() => 1))
      expect((await Promise.all(busy)).toSorted((a, b) => a - b)).toEqual(busy.map((_, index) => index + 1))
      expect(await valueOf(store, 'a/busy')).toBe(200)
    }),
  )
  test(
    'changes that name the same keys in different orders all come through',
    play(async (store) => {
      const pairs: (readonly Key[])[] = [
        ['a/1', 'a/2', 'a/3'],
        ['a/3', 'a/2', 'a/1'],
        ['a/2', 'a/3'],
      ]
      const move = (keys: readonly Key[]): Promise<undefined> =>
        store.change(keys, (rows) => ({
          put: keys.map((key) => ({ key, value: ((rows.get(key) ?? 0) as number) + 1 })),
          result: undefined,
        }))
      await Promise.all(Array.from({ length: 60 }, (_, index) => move(pairs[index % 3] ?? [])))
      expect([...(await store.read(['a/1', 'a/2', 'a/3'])).values()].toSorted()).toEqual([40, 60, 60])
    }),
  )
  test(
    'a reset forgets everything, and a closed store does nothing more',
    play(async (store, clock) => {
      await store.change(['a/1'], () => ({
        put: [{ key: 'a/1', value: 1, indexed: { by: 'x' } }],
        append: [{ item: 'i', kind: 'k', body: 1 }],
        enqueue: [{ id: 'j', kind: 'k', dueAt: 1, body: 1 }],
        result: undefined,
      }))
      const [before] = await store.history('i')
      await store.reset()
      expect(await valueOf(store, 'a/1')).toBeUndefined()
      expect(await store.scan('by', '', '~', 9)).toEqual([])
      expect(await store.history('i')).toEqual([])
      expect(await store.nextDue()).toBeUndefined()
      expect(await store.claim(clock.at, 9, 10, 'node')).toEqual([])
      await store.change([], () => ({ append: [{ item: 'i', kind: 'k', body: 2 }], result: undefined }))
      expect(await journalOf(store, 1, before?.position)).toMatchObject([{ body: 2 }])
      await store.close()
      await expect(increment(store, 'a/1')).rejects.toThrow()
      await expect(store.read(['a/1'])).rejects.toThrow()
    }),
  )
}

async function throwingLeavesNothing(store: Store): Promise<void> {
  const doomed = (): Decision<undefined> => {
    throw new Error('no')
  }
  const unstorable = (): Decision<undefined> => ({
    put: [{ key: 'a/1', value: 1 }],
    append: [{ item: 'i', kind: 'k', body: { $n: 'not ours' } }],
    result: undefined,
  })
  const changes = await Promise.allSettled([
    increment(store, 'a/before'),
    store.change(['a/1'], doomed),
    store.change(['a/1'], unstorable),
    increment(store, 'a/after'),
  ])
  expect(changes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(changes[1]).toMatchObject({ reason: { message: 'no' } })
  expect([...(await store.read(['a/before', 'a/1', 'a/after'])).keys()].toSorted()).toEqual([
    'a/after',
    'a/before',
  ])
  expect(await store.history('i')).toEqual([])
}

function expiryContract(play: Play): void {
  test(
    'a row is absent for everybody from its instant on, and can be put again',
    play(async (store, clock) => {
      const more = { expiresAt: clock.at + 10, indexed: { by: 'x' } }
      await store.change(['a/1'], () => put('a/1', 'old', more))
      clock.at += 9
      expect(await valueOf(store, 'a/1')).toBe('old')
      clock.at += 1
      expect(await valueOf(store, 'a/1')).toBeUndefined()
      expect(await store.scan('by', '', '~', 9)).toEqual([])
      const seen = await store.change(['a/1'], (rows) => ({ ...put('a/1', 'new', more), result: rows.size }))
      expect(seen).toBe(0)
      expect(await valueOf(store, 'a/1')).toBeUndefined()
      await store.change(['a/1'], () => put('a/1', 'for good', { indexed: { by: 'x' } }))
      clock.at += 1_000_000
      await Promise.all(Array.from({ length: 100 }, (_, index) => increment(store, `b/${index}`)))
      expect(await valueOf(store, 'a/1')).toBe('for good')
      expect(await store.scan('by', '', '~', 9)).toHaveLength(1)
    }),
  )
}

function indexContract(play: Play): void {
  test(
    'a scan goes through [from, to) in the order of the text and then of the key, and stops where it is told',
    play(async (store) => {
      const rows: [Key, string][] = [
        ['a/4', 'b'],
        ['a/2', 'b'],
        ['a/3', 'a'],
        ['a/1', 'c'],
        ['a/5', 'B'],
      ]
      await store.change(
        rows.map(([key]) => key),
        () => ({
          put: rows.map(([key, at]) => ({ key, value: at, indexed: { by: at, other: 'z' } })),
          result: undefined,
        }),
      )
      const keys = async (from: string, to: string, most = 9): Promise<Key[]> =>
        (await store.scan('by', from, to, most)).map(({ key }) => key)
      expect(await keys('', '~')).toEqual(['a/5', 'a/3', 'a/2', 'a/4', 'a/1'])
      expect(await keys('a', 'c')).toEqual(['a/3', 'a/2', 'a/4'])
      expect(await keys('a', '~', 2)).toEqual(['a/3', 'a/2'])
      expect(await keys('', '~', 0)).toEqual([])
      expect(await store.scan('nowhere', '', '~', 9)).toEqual([])
    }),
  )
  test(
    'a put replaces what the row was found by before, or takes it out',
    play(async (store) => {
      const found = async (): Promise<string[]> =>
        [...(await store.scan('by', '', '~', 9)), ...(await store.scan('too', '', '~', 9))].map(
          ({ at }) => at,
        )
      await store.change(['a/1'], () => put('a/1', 1, { indexed: { by: 'x', too: 'y' } }))
      expect(await found()).toEqual(['x', 'y'])
      await store.change(['a/1'], () => put('a/1', 2, { indexed: { by: 'w' } }))
      expect(await found()).toEqual(['w'])
      await store.change(['a/1'], () => put('a/1', 3))
      expect(await found()).toEqual([])
      await store.change(['a/1'], () => put('a/1', 4, { indexed: { by: 'v' } }))
      await store.change(['a/1'], () => ({ remove: ['a/1'], result: undefined }))
      expect(await found()).toEqual([])
    }),
  )
}

function sharedContract(play: Play): void {
  test(
    'what one handle did is there for another, and after all are closed',
    play(async (store, clock, open) => {
      const other = await open()
      await Promise.all([...Array(50)].flatMap(() => [increment(store, 'a/1'), increment(other, 'a/1')]))
      expect(await valueOf(store, 'a/1')).toBe(100)
      expect(await valueOf(other, 'a/1')).toBe(100)
      await other.change([], () => ({
        append: [{ item: 'i', kind: 'k', body: 1n }],
        enqueue: [{ id: 'j', kind: 'k', dueAt: clock.at, body: 'b' }],
        result: undefined,
      }))
      await store.close()
      await other.close()
      const again = await open()
      expect(await valueOf(again, 'a/1')).toBe(100)
      expect(await journalOf(again, 1)).toMatchObject([{ item: 'i', kind: 'k', body: 1n }])
      expect(await again.claim(clock.at, 9, 10, 'node')).toMatchObject([{ id: 'j', body: 'b' }])
    }),
  )
}
