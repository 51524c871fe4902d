// The embedded store: durable changes a second, alone and when many ask at once; and whether a change costs more when a
// hundred times as much is stored already.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../store/store.ts'
import { type Row, rounded, row } from './row.ts'

const SMALL = 10_000
const LARGE = 1_000_000
const AT_ONCE = 32
const SAMPLE = 4_000

export async function storeRows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-store-'))
  const store = await openStore(`sqlite:${join(folder, 'bench.db')}`, () => Date.now())
  try {
    const counter = { next: 0 }
    const alone = await perSecond(store, counter, 2_000, 1)
    await filled(store, counter, SMALL)
    const grouped = await perSecond(store, counter, 20_000, AT_ONCE)
    const early = await microseconds(store, counter)
    await filled(store, counter, LARGE)
    const late = await microseconds(store, counter)
    return [
      row({
        id: 'store-changes',
        what: `durable changes a second on SQLite, ${AT_ONCE} at once (${Math.round(alone)}/s one by one)`,
        value: Math.round(grouped),
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
    await store.close()
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

async function many(store: Store, counter: { next: number }, upTo: number, lanes: number): Promise<void> {
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (counter.next < upTo) {
        counter.next += 1
        await change(store, counter.next)
      }
    }),
  )
}

const filled = (store: Store, counter: { next: number }, upTo: number): Promise<void> =>
  many(store, counter, upTo, 256)

async function perSecond(
  store: Store,
  counter: { next: number },
  times: number,
  lanes: number,
): Promise<number> {
  const began = performance.now()
  await many(store, counter, counter.next + times, lanes)
  return (times * 1000) / (performance.now() - began)
}

async function microseconds(store: Store, counter: { next: number }): Promise<number> {
  const slices: number[] = []
  for (let slice = 0; slice < 7; slice += 1) {
    const before = process.cpuUsage()
    await many(store, counter, counter.next + SAMPLE, AT_ONCE)
    const { user, system } = process.cpuUsage(before)
    slices.push((user + system) / SAMPLE)
  }
  return slices.toSorted((a, b) => a - b)[3] ?? Number.NaN
}
