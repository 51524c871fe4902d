// What becomes of rows, on every backend: when they expire, how they are found, who else sees them.
import { expect, test } from 'vitest'
import { increment, journalOf, type Play, put, storeContract, valueOf } from './contract.ts'
import { memoryStore } from './memory.ts'
import type { Key } from './store.ts'

const url = process.env['SIFANG_POSTGRES_URL']
storeContract('rows that expire', url, expiryPromises)
storeContract('indexes', url, indexPromises)
storeContract('several handles', url, sharedPromises)

test('memory: expired rows are cleared away, not only hidden', async () => {
  const clock = { at: 1 }
  const store = memoryStore({ now: () => clock.at })
  const put = { key: 'nonce/1', value: 1, expiresAt: 10 } as const
  await store.change([put.key], () => ({ put: [put], result: undefined }))
  clock.at = 10
  await increment(store, 'a/1')
  clock.at = 9 // only a test can look at what is left by setting the clock back
  expect(await valueOf(store, 'nonce/1')).toBeUndefined()
})

function expiryPromises(play: Play): void {
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

function indexPromises(play: Play): void {
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

function sharedPromises(play: Play, durable: boolean): void {
  test.skipIf(!durable)(
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
