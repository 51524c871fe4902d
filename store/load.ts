// A mixed load of which everything can be counted afterwards: rows that must stay equal, counters, entries, rows
// that expire, and jobs that are enqueued, claimed and finished in the change that does their work. crash-child.ts
// plays it in processes that are killed; evidence.ts says what must hold of what it leaves behind.
import { type Instant, type Job, JobLost, type Key, type Rows, type Store } from './store.ts'

export const LOAD = {
  lanes: 4,
  pairs: 16, // few, so that lanes and processes meet on them
  counters: 4,
  claimMost: 3,
  leaseMs: 1_000_000, // time stands still while the load runs: no lease ends under its holder
  rowLifeMs: 1,
} as const

export const leftOf = (pair: number): Key => `left/${pair}`
export const rightOf = (pair: number): Key => `right/${pair}`
export const paidOf = (counter: number): Key => `paid/${counter}`
export const workedOf = (counter: number): Key => `worked/${counter}`
export const effectOf = (jobId: string): Key => `effect/${jobId}`
export const jobOf = (changeId: string): string => `job-${changeId}`

/** What the bodies of the load's entries hold, by the entry's kind. */
export type Paid = { readonly id: string; readonly nth: number; readonly at: Instant }
export type Held = { readonly lease: string; readonly at: Instant }
export type Worked = { readonly lease: string }

/** `paid` and `worked` acknowledge: they are told once the store has said that the change is durable. `decides` is
 *  told in the middle of a change, so that a kill can be timed to its writing and its commit. */
export const TELLINGS = ['decides', 'paid', 'worked', 'lost'] as const
export type Telling = (typeof TELLINGS)[number]
export type Tell = (what: Telling, id: string) => void

export type Load = {
  readonly store: Store
  /** Sets this process's changes apart from those of all others. */
  readonly node: string
  readonly at: () => Instant
  readonly tell: Tell
}

/** Plays until `over`; then nothing is under way any more and no job is held. */
export function loadOf({ store, node, at, tell }: Load): (over: () => boolean) => Promise<void> {
  let changes = 0

  const pay = async (): Promise<void> => {
    const nth = changes++
    const id = `${node}-${nth}`
    const pair = nth % LOAD.pairs
    const counter = paidOf(pair % LOAD.counters)
    const keys: readonly Key[] = [leftOf(pair), rightOf(pair), counter, `once/${id}`]
    await store.change(keys, (rows) => {
      tell('decides', id)
      const count = numberIn(rows, leftOf(pair)) + 1
      const body: Paid = { id, nth: count, at: at() }
      const side = { key: leftOf(pair), value: count, indexed: { pair: `${pair}:${count}` } }
      return {
        put: [
          side,
          { ...side, key: rightOf(pair) },
          { key: counter, value: numberIn(rows, counter) + 1 },
          { key: `once/${id}`, value: id, expiresAt: at() + LOAD.rowLifeMs, indexed: { once: id } },
        ],
        append: [{ item: leftOf(pair), kind: 'paid', body }],
        enqueue: [{ id: jobOf(id), kind: 'work', dueAt: at(), body: id }],
        result: undefined,
      }
    })
    tell('paid', id)
  }

  const work = async (job: Job): Promise<void> => {
    const held: Held = { lease: job.lease, at: at() }
    await store.change([], () => ({
      append: [{ item: job.id, kind: 'held', body: held }],
      result: undefined,
    }))
    const counter = workedOf(changes % LOAD.counters)
    const worked: Worked = { lease: job.lease }
    await store.change([effectOf(job.id), counter], (rows) => {
      tell('decides', job.id)
      return {
        finish: [job],
        put: [effectOf(job.id), counter].map((key) => ({ key, value: numberIn(rows, key) + 1 })),
        append: [{ item: job.id, kind: 'worked', body: worked }],
        result: undefined,
      }
    })
    tell('worked', job.id)
  }

  const workOrLose = (job: Job): Promise<void> =>
    work(job).catch((error: unknown) => {
      if (!(error instanceof JobLost)) throw error
      tell('lost', job.id)
    })

  return async (over) => {
    const lane = async (): Promise<void> => {
      while (!over()) {
        await pay()
        for (const job of await store.claim(at(), LOAD.claimMost, LOAD.leaseMs, node)) await workOrLose(job)
      }
    }
    await Promise.all(Array.from({ length: LOAD.lanes }, lane))
  }
}

export const numberIn = (rows: Rows, key: Key): number => (rows.get(key) ?? 0) as number
