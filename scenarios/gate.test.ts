// The scheduler proves itself: it plays every interleaving once, finds a race that luck would miss, and replays one by
// its list of choices.
import { expect, test } from 'vitest'
import { memoryStore, type Store } from '../store/store.ts'
import { type Choices, drawn, enumeration, gate, hashOf } from './gate.ts'
import { seeded } from './scenarios.ts'

type Racer = (store: Store, name: string) => Promise<void>

const amountOf = async (store: Store): Promise<number> =>
  Number((await store.read(['sum/x'])).get('sum/x') ?? 0)

/** Looks first and writes what it saw plus one: right alone, wrong together. */
const careless: Racer = async (store, name) => {
  const seen = Number((await store.read(['sum/x', `own/${name}`])).get('sum/x') ?? 0)
  await store.change(['sum/x', `own/${name}`], () => ({
    put: [{ key: 'sum/x', value: seen + 1 }],
    result: undefined,
  }))
}

const careful: Racer = async (store, name) => {
  await store.read(['sum/x', `own/${name}`])
  await store.change(['sum/x', `own/${name}`], (rows) => ({
    put: [{ key: 'sum/x', value: Number(rows.get('sum/x') ?? 0) + 1 }],
    result: undefined,
  }))
}

async function raced(racer: Racer, names: readonly string[], choices: Choices): Promise<number> {
  const held = gate(choices)
  const store = memoryStore({ now: () => 0 })
  const guarded = held.guard(store)
  await held.race(names.map((name) => () => racer(guarded, name)))
  return amountOf(store)
}

async function all(
  racer: Racer,
  names: readonly string[],
): Promise<{ sums: readonly number[]; plays: number; distinct: number }> {
  const plan = enumeration()
  const sums: number[] = []
  for (let choices = plan.begin(); choices !== undefined; choices = plan.begin())
    sums.push(await raced(racer, names, choices))
  return { sums, plays: sums.length, distinct: plan.hashes().size }
}

test('two racers of two steps have six interleavings, three have ninety; each is played once', async () => {
  expect(await all(careful, ['a', 'b'])).toMatchObject({ plays: 6, distinct: 6 })
  expect(await all(careful, ['a', 'b', 'c'])).toMatchObject({ plays: 90, distinct: 90 })
})

test('a lost update is found in exactly the interleavings that lose it', async () => {
  const { sums } = await all(careless, ['a', 'b'])
  expect(sums.filter((sum) => sum === 2)).toHaveLength(2)
  expect(sums.filter((sum) => sum === 1)).toHaveLength(4)
  expect(new Set((await all(careful, ['a', 'b', 'c'])).sums)).toEqual(new Set([3]))
})

test('four racers have 2,520 interleavings; drawn by chance, a seed draws the same ones again', async () => {
  const hashes = async (seed: string): Promise<readonly string[]> => {
    const random = seeded(seed)
    const seen: string[] = []
    for (let play = 0; play < 50; play += 1) {
      const choices = drawn(random)
      await raced(careful, ['a', 'b', 'c', 'd'], choices)
      seen.push(hashOf(choices.taken))
    }
    return seen
  }
  const first = await hashes('1')
  expect(await hashes('1')).toEqual(first)
  expect(new Set(first).size).toBeGreaterThan(40)
})

test('outside of a race the gate stands open, and a racer that throws ends the race with its error', async () => {
  const held = gate({ next: () => 0, taken: [] })
  const guarded = held.guard(memoryStore({ now: () => 0 }))
  await careful(guarded, 'a')
  await expect(held.race([() => Promise.reject(new Error('fell'))])).rejects.toThrow('fell')
  await careful(guarded, 'b')
  expect(await amountOf(guarded)).toBe(2)
})
