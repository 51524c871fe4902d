// Whatever story is played, every backend tells it as the memory store does.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Clock, journalOf, storeContract } from './contract.ts'
import { memoryStore } from './memory.ts'
import type { Decision, Entry, Job, Key, Store, Value } from './store.ts'

type Act = (store: Store, clock: Clock, held: Map<string, Job>) => Promise<unknown>

const small = fc.nat(5)
const key = small.map((n): Key => `a/${n}`)
const TEXTS = ['', 'x', 'y', 'yy', 'z'] as const
const text = fc.constantFrom(...TEXTS)
const few = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 })
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(of, { nil: undefined, freq: 2 })

const decision: fc.Arbitrary<Decision<number> & { readonly finishes: readonly string[] }> = fc.record({
  put: few(
    fc
      .record({
        key,
        value: fc.nat(),
        expiresIn: maybe(fc.nat(20)),
        indexed: maybe(fc.dictionary(fc.constantFrom('by', 'too'), text)),
      })
      .map(({ expiresIn, indexed, ...put }) => ({
        ...put,
        ...(expiresIn === undefined ? {} : { expiresAt: expiresIn }),
        ...(indexed === undefined ? {} : { indexed }),
      })),
  ),
  remove: few(key),
  append: few(fc.record({ item: text, kind: text, body: fc.nat() })),
  enqueue: few(fc.record({ id: text, kind: text, dueAt: fc.nat(40), body: fc.nat() })),
  cancel: few(text),
  finishes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.uniqueArray(text, { maxLength: 2 })),
  result: fc.nat(),
})

const byKey = ([a]: [string, Value], [b]: [string, Value]): number => (a < b ? -1 : 1)
const withoutPosition = ({ item, kind, body }: Entry): object => ({ item, kind, body })
/** Positions and leases are each backend's own, so a story is told without them. */
const withoutLease = ({ id, kind, dueAt, body }: Job): object => ({ id, kind, dueAt, body })

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: decision.map(changeBy) },
  fc.nat(10).map(
    (by): Act =>
      async (_, clock) => {
        clock.at += by
      },
  ),
  fc.tuple(fc.nat(30), fc.nat(3), fc.integer({ min: 1, max: 15 })).map(([at, most, lease]): Act => {
    return async (store, _, held) => {
      const jobs = await store.claim(at, most, lease, 'node')
      for (const job of jobs) held.set(job.id, job)
      return jobs.map(withoutLease)
    }
  }),
  fc.tuple(text, text, small).map(
    ([from, to, most]): Act =>
      (store) =>
        store.scan('by', from, to, most),
  ),
)

function changeBy({
  finishes,
  ...decided
}: Decision<number> & { readonly finishes: readonly string[] }): Act {
  const keys = [...(decided.put ?? []).map((put) => put.key), ...(decided.remove ?? [])]
  return async (store, clock, held) => {
    const put = (decided.put ?? []).map(({ expiresAt, ...rest }) =>
      expiresAt === undefined ? rest : { ...rest, expiresAt: clock.at + expiresAt },
    )
    const finish = finishes.flatMap((id) => held.get(id) ?? [])
    try {
      const seen = await store.change(keys, (rows) => ({
        ...decided,
        put,
        finish,
        result: [...rows].toSorted(byKey),
      }))
      return seen
    } catch (error) {
      return error instanceof Error ? error.name : error
    }
  }
}

async function tell(store: Store, clock: Clock, acts: readonly Act[]): Promise<unknown[]> {
  const held = new Map<string, Job>()
  const told: unknown[] = []
  for (const each of acts) told.push(await each(store, clock, held))
  const histories = await Promise.all(TEXTS.map((item) => store.history(item)))
  const entries = await journalOf(store, histories.flat().length)
  const rows = await store.read(['a/0', 'a/1', 'a/2', 'a/3', 'a/4', 'a/5'])
  told.push(await store.scan('too', '', '~', 99), await store.nextDue(), [...rows].toSorted(byKey))
  told.push([...histories, entries].map((list) => list.map(withoutPosition)))
  return told
}

storeContract('stories', process.env['SIFANG_POSTGRES_URL'], (play) => {
  test(
    'any story goes as it does in the memory store',
    play(async (store, clock) => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 25 }), async (acts) => {
          const simple = { at: 0 }
          clock.at = 0
          await store.reset()
          const expected = await tell(memoryStore({ now: () => simple.at, checked: true }), simple, acts)
          expect(await tell(store, clock, acts)).toEqual(expected)
        }),
        { numRuns: 60 },
      )
    }),
  )
})
