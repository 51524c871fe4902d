// The embedded store: durable changes a second, alone and when many ask at once; and whether a change costs more when a
// hundred times as much is stored already. What is compared takes turns, so that a busy machine slows both.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../store/store.ts'
import { interleaved, median, type Row, rounded, row } from './row.ts'

const SMALL = 10_000
const LARGE = 1_000_000
const AT_ONCE = 32
const SAMPLE = 1_000
const ROUNDS = 9
/** Changes of a slice, one by one and many at once. */
const SLICES = { alone: 400, grouped: 4_000 } as const

type Filled = { readonly store: Store; readonly counter: { next: number } }

export async function storeRows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-store-'))
  const opened = async (name: string): Promise<Filled> => ({
    store: await openStore(`sqlite:${join(folder, `${name}.db`)}`, () => Date.now()),
    counter: { next: 0 },
  })
  const [fresh, small, large] = [await opened('fresh'), await opened('small'), await opened('large')]
  try {
    const alone: number[] = []
    const grouped: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      alone.push(await perSecond(fresh, SLICES.alone, 1))
      grouped.push(await perSecond(fresh, SLICES.grouped, AT_ONCE))
    }
    await many(small, SMALL, 256)
    await many(large, LARGE, 256)
    const changes = ({ store, counter }: Filled) => ({
      times: SAMPLE,
      run: (times: number) => many({ store, counter }, counter.next + times, AT_ONCE),
    })
    const costs = await interleaved(
      [
        { name: 'early', ...changes(small) },
        { name: 'late', ...changes(large) },
      ],
      ROUNDS,
    )
    const [early, late] = [costs.get('early') ?? Number.NaN, costs.get('late') ?? Number.NaN]
    return [
      row({
        id: 'store-changes',
        what: `durable changes a second on SQLite, ${AT_ONCE} at once (${Math.round(median(alone))}/s one by one)`,
        value: Math.round(median(grouped)),
        unit: '/s',
        bar: { least: 10_000 },
        yardstick: 'one by one, each with a sync of its own',
      }),
      row({
        id: 'store-growth',
        what: `processor time of a payment's change at 10⁶ stored payments (${rounded(late, 1)} µs) beside 10⁴ (${rounded(early, 1)} µs)`,
        value: rounded(late / early),
        unit: '×',
        bar: { most: 1.15 },
        yardstick: 'the same change at 10⁴',
      }),
    ]
  } finally {
    for (const { store } of [fresh, small, large]) await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What an institution writes for a payment: record, nonce, balance, code, and two lines of journal. */
async function change(store: Store, number: number): Promise<void> {
  const id = `48020001.20260615100000.order${number.toString(16).padStart(12, '0')}`
  const user = number % 1000
  const keys = [`payment/${id}`, `nonce/${id}`, `balance/USR:u${user}`, `code/${id}`] as const
  await store.change(keys, (rows) => ({
    put: [
      { key: keys[0], value: { id, amount: 1000n, state: 'SUCCESS', refunded: 0n, user: `u${user}` } },
      { key: keys[1], value: { seen: true } },
      { key: keys[2], value: { amount: BigInt(number) } },
      { key: keys[3], value: { state: 'C_USED', usedBy: id, before: rows.size } },
    ],
    append: [
      { item: id, kind: 'posting', body: { id, lines: [`USR:u${user}`, 'CLR'], amount: 1000n } },
      { item: id, kind: 'payment', body: { state: 'SUCCESS' } },
    ],
    result: undefined,
  }))
}

async function many({ store, counter }: Filled, upTo: number, lanes: number): Promise<void> {
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (counter.next < upTo) {
        counter.next += 1
        await change(store, counter.next)
      }
    }),
  )
}

async function perSecond(filled: Filled, times: number, lanes: number): Promise<number> {
  const began = performance.now()
  await many(filled, filled.counter.next + times, lanes)
  return (times * 1000) / (performance.now() - began)
}
