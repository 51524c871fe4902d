// What a change is, on every backend: whole or not at all, about the keys it named, one at a time on each.
import { expect, test } from 'vitest'
import { increment, journalOf, type Play, put, storeContract, VALUES, valueOf } from './contract.ts'
import type { Decision, Key, Store } from './store.ts'

const url = process.env['SIFANG_POSTGRES_URL']
if (url === undefined) console.warn('PostgreSQL is left out: SIFANG_POSTGRES_URL names no database')

storeContract('changes are whole', url, togetherPromises)
storeContract('changes keep to their keys', url, keyPromises)
storeContract('changes that race', url, racePromises)

function togetherPromises(play: Play): void {
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
}

function keyPromises(play: Play): void {
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
}

function racePromises(play: Play): void {
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
      expect([...(await store.read(['a/1', 'a/2', 'a/3']))]).toEqual([
        ['a/1', 40],
        ['a/2', 60],
        ['a/3', 60],
      ])
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
