// The feed from journal to clearing book: whatever is appended and wherever it is cut off, the book says what the journal
// says, once; the retry batch mends what was taken away or altered and changes nothing else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClearingItem, paysOut } from '../clearing/clearing.ts'
import { type Entry, memoryStore, START, type Store } from '../store/store.ts'
import type { Final } from './conclude.ts'
import { feed, feedLag, refeed } from './feed.ts'
import {
  bookId,
  bookItems,
  collected,
  days,
  itemsOfDays,
  sumsOf,
  sumsOfDays,
  sumText,
  itemOf,
  sumKeyOf,
  summed,
} from './feed-book.ts'
import type { SwitchWorld } from './world.ts'

const NOW = Date.parse('2026-06-15T22:00:00+08:00')
const DAYS = ['20260615', '20260616'] as const

const worldOf = (store: Store): SwitchWorld =>
  ({
    store,
    clock: { wall: () => NOW, mono: () => 0n, until: async () => undefined },
  }) as unknown as SwitchWorld

type Drawn = {
  readonly n: number
  readonly about: Final['about']
  readonly day: string
  readonly amount: bigint
  readonly ok: boolean
}
const drawn: fc.Arbitrary<readonly Drawn[]> = fc.uniqueArray(
  fc.record({
    n: fc.nat({ max: 400 }),
    about: fc.constantFrom('purchase' as const, 'refund' as const, 'reversal' as const, 'void' as const),
    day: fc.constantFrom(...DAYS),
    amount: fc.bigInt({ min: 1n, max: 10_000n }),
    ok: fc.boolean(),
  }),
  { selector: ({ n, about }) => `${n} ${about}`, maxLength: 40 },
)

const finalFrom = ({ n, about, day, amount, ok }: Drawn): Final => ({
  about,
  transaction: `2026061500000000${String(n).padStart(4, '0')}`,
  acquirer: n % 3 === 0 ? '48220001' : '48220002',
  institution: '62010001',
  merchant: '777290058110048',
  order: `ORDER${String(n).padStart(4, '0')}`,
  orderTime: '20260615120000',
  amount,
  currency: '156',
  clearingDay: day,
  state: !ok
    ? 'FAILED'
    : { purchase: 'SUCCESS', refund: 'R_SUCCESS', reversal: 'REVERSED', void: 'VOIDED' }[about],
  class: ok ? 'OK' : 'DECL-FUNDS',
  undoes: about === 'reversal' || about === 'void',
  at: NOW - 1000,
})

const appended = (store: Store, drafts: readonly Drawn[]): Promise<void> =>
  store.change([], () => ({
    append: drafts.map((one) => ({ item: `item ${one.n}`, kind: 'final', body: finalFrom(one) })),
    result: undefined,
  }))

const newStore = (): Store => memoryStore({ now: () => NOW, checked: true })

const bookOf = async (store: Store): Promise<readonly ClearingItem[]> =>
  collected(itemsOfDays(store, ...DAYS))
async function shownBook(store: Store): Promise<{ items: readonly string[]; sums: readonly string[] }> {
  const items = (await bookOf(store)).map(
    ({ transaction, kind, day, amount }) => `${day} ${transaction} ${kind} ${amount}`,
  )
  const sums = (await collected(sumsOfDays(store, ...DAYS))).filter(({ items: n }) => n !== 0).map(sumText)
  return { items, sums }
}

test('every final item that moved money is one line, and the sums are those of the lines', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, fc.nat({ max: 40 }), async (all, cut) => {
      const store = newStore()
      const world = worldOf(store)
      await appended(store, all.slice(0, cut))
      await feed(world)
      await appended(store, all.slice(cut))
      expect((await feedLag(world)).entries).toBe(Math.max(0, all.length - cut))
      await feed(world)
      expect(await feedLag(world)).toMatchObject({ entries: 0, ms: 0 })
      const book = await bookOf(store)
      expect(book).toHaveLength(all.filter(({ ok }) => ok).length)
      const due = all
        .filter(({ ok }) => ok)
        .reduce((sum, { about, amount }) => sum + (about === 'purchase' ? amount : -amount), 0n)
      expect(book.reduce((sum, { kind, amount }) => sum + (paysOut(kind) ? amount : -amount), 0n)).toBe(due)
      expect((await shownBook(store)).sums).toEqual(sumsOf(book).map(sumText))
    }),
    { numRuns: 60 },
  )
})

const SOME: readonly Drawn[] = Array.from({ length: 9 }, (_, n) => ({
  n,
  about: (['purchase', 'refund', 'reversal', 'void'] as const)[n % 4] ?? 'purchase',
  day: DAYS[n % 2] ?? DAYS[0],
  amount: BigInt(100 + n),
  ok: n !== 5,
}))

/** A store that is cut off at its k-th step, with that step done or not. */
function cutOff(store: Store, at: number, when: 'before' | 'after'): { store: Store; steps: () => number } {
  let steps = 0
  const dead = new Promise<never>(() => undefined)
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    steps += 1
    if (steps > at) return dead
    if (steps < at) return act()
    if (when === 'after') await act()
    throw new Error('cut off')
  }
  return {
    steps: () => steps,
    store: {
      ...store,
      change: (keys, decide) => step(() => store.change(keys, decide)),
      read: (keys) => step(() => store.read(keys)),
      scan: (...args) => step(() => store.scan(...args)),
    },
  }
}

describe('a feed that is cut off', () => {
  test('before or after any step, the next one ends with the same book', async () => {
    const whole = newStore()
    await appended(whole, SOME)
    const counting = cutOff(whole, Number.POSITIVE_INFINITY, 'before')
    await feed(worldOf(counting.store))
    const right = await shownBook(whole)
    expect(right.items).toHaveLength(8)
    expect(counting.steps()).toBeGreaterThan(3)
    for (let at = 1; at <= counting.steps(); at += 1)
      for (const when of ['before', 'after'] as const) {
        const store = newStore()
        await appended(store, SOME)
        await expect(feed(worldOf(cutOff(store, at, when).store))).rejects.toThrow('cut off')
        await feed(worldOf(store))
        expect(await shownBook(store), `${when} step ${at}`).toEqual(right)
      }
  })

  test('two at once feed each entry once', async () => {
    const store = newStore()
    await appended(store, SOME)
    const fed = await Promise.all([feed(worldOf(store)), feed(worldOf(store))])
    expect(fed.reduce((sum, one) => sum + one, 0)).toBe(SOME.length)
    expect((await shownBook(store)).sums).toEqual(sumsOf(await bookOf(store)).map(sumText))
  })
})

test('a line that stands there otherwise, with its sum, is replaced in both', async () => {
  const store = newStore()
  const [first] = SOME
  const item = first === undefined ? undefined : itemOf(finalFrom(first))
  if (item === undefined) expect.fail('an item')
  const other = { ...item, amount: 1n }
  await store.change([bookItems.key(bookId(other)), sumKeyOf(other)], (rows) => ({
    put: [bookItems.put(bookId(other), other), ...summed(rows, [{ item: other, by: 1 }])],
    result: undefined,
  }))
  await appended(store, SOME)
  await feed(worldOf(store))
  const book = await bookOf(store)
  expect(book).toHaveLength(8)
  expect(book).not.toContainEqual(other)
  expect((await shownBook(store)).sums).toEqual(sumsOf(book).map(sumText))
})

describe('the retry batch', () => {
  async function fedStore() {
    const store = newStore()
    await appended(store, SOME)
    await feed(worldOf(store))
    return { store, right: await shownBook(store), book: await bookOf(store) }
  }
  const journalOf = async (store: Store): Promise<readonly Entry[]> => collected(store.journal(START))

  test('changes nothing that was right, not even the journal', async () => {
    const { store, right } = await fedStore()
    const before = (await journalOf(store)).length
    expect(await refeed(worldOf(store), ...DAYS)).toMatchObject({
      looked: 8,
      mended: 0,
      removed: 0,
      days: [],
    })
    expect(await shownBook(store)).toEqual(right)
    expect(await journalOf(store)).toHaveLength(before)
  })

  test.each([
    ['a line that was deleted', (item: ClearingItem) => ({ remove: [bookItems.key(bookId(item))] })],
    [
      'an amount that was altered',
      (item: ClearingItem) => ({ put: [bookItems.put(bookId(item), { ...item, amount: 1n })] }),
    ],
    [
      'a line moved to the other day',
      (item: ClearingItem) => {
        const day = item.day === DAYS[0] ? DAYS[1] : DAYS[0]
        return { put: [bookItems.put(bookId(item), { ...item, day })] }
      },
    ],
  ])('%s is put right', async (_, damage) => {
    const { store, right, book } = await fedStore()
    const item = book[3] ?? expect.fail('an item')
    await store.change([bookItems.key(bookId(item))], () => ({ ...damage(item), result: undefined }))
    expect(await shownBook(store)).not.toEqual(right)
    const refed = await refeed(worldOf(store), ...DAYS)
    expect(refed).toMatchObject({ mended: 1 })
    expect(refed.days).toContain(item.day)
    expect(await shownBook(store)).toEqual(right)
  })

  test('a line that the journal does not have is taken out', async () => {
    const { store, right, book } = await fedStore()
    const forged = { ...(book[0] ?? expect.fail('an item')), transaction: '20260615999999999999' }
    await store.change([bookItems.key(bookId(forged))], () => ({
      put: [bookItems.put(bookId(forged), forged)],
      result: undefined,
    }))
    expect(await refeed(worldOf(store), ...DAYS)).toMatchObject({ mended: 0, removed: 1, days: [forged.day] })
    expect(await shownBook(store)).toEqual(right)
  })

  test('a sum that was altered is made anew', async () => {
    const { store, right } = await fedStore()
    const [sum] = await collected(sumsOfDays(store, ...DAYS))
    if (sum === undefined) expect.fail('a sum')
    const { key } = {
      key: `clearing-sum/${sum.day}.${sum.institution}.${sum.acquirer}.${sum.currency}` as const,
    }
    await store.change([key], () => ({
      put: [
        {
          key,
          value: { ...sum, out: sum.out + 1n },
          indexed: { 'clearing-sums': key.slice('clearing-sum/'.length) },
        },
      ],
      result: undefined,
    }))
    expect(await refeed(worldOf(store), ...DAYS)).toMatchObject({ mended: 0, removed: 0, days: [sum.day] })
    expect(await shownBook(store)).toEqual(right)
  })
})

test('what becomes final after its day was closed is cleared on the next, with a case', async () => {
  const store = newStore()
  const world = worldOf(store)
  await appended(store, SOME.slice(0, 4))
  await feed(world)
  const read = (await collected(store.journal(START))).at(-1)?.position ?? ''
  const closed = { day: DAYS[0], state: 'CLOSED' as const, read, closedAt: NOW, sums: [], version: 0 }
  await store.change([days.key(DAYS[0])], () => ({ put: [days.put(DAYS[0], closed)], result: undefined }))
  const before = (await bookOf(store)).filter(({ day }) => day === DAYS[0]).length
  await appended(store, [{ n: 90, about: 'purchase', day: DAYS[0], amount: 7n, ok: true }])
  await feed(world)
  const book = await bookOf(store)
  expect(book.filter(({ day }) => day === DAYS[0])).toHaveLength(before)
  expect(book.find(({ amount }) => amount === 7n)).toMatchObject({ day: DAYS[1] })
  const cases = (await collected(store.journal(START))).filter(({ kind }) => kind === 'case')
  expect(cases).toHaveLength(1)
  // The retry batch knows where it belongs, and where it does not.
  expect(await refeed(world, ...DAYS)).toMatchObject({ mended: 0, removed: 0 })
})
