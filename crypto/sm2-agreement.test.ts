// Our SM2 and OpenSSL's in 10,000 random cases, in full 1,000,000, in both directions, shared between worker threads. The seed
// is new in every run and is told with whatever is found. Skipped, with the reason, where Node does not show its OpenSSL.
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { toHex } from './crypto.ts'
import { openSsl } from './openssl.ts'
import type { Slice, Told } from './sm2-slice.ts'

const FULL = import.meta.env.MODE === 'full'
const CASES = FULL ? 1_000_000 : 10_000
const SLICES = Math.min(availableParallelism(), 4)
const PATIENCE_MS = FULL ? 3_600_000 : 120_000

const missing = await reason()
if (missing !== '') console.warn(`OpenSSL is no oracle here: ${missing}`)

describe.skipIf(missing !== '')(`SM2 and OpenSSL${missing && `, skipped: ${missing}`}`, () => {
  it(
    `agree in ${CASES} random cases`,
    async () => {
      const seed = toHex(randomBytes(8))
      const slices = Array.from({ length: SLICES }, (_, at) => {
        const cases = Math.floor((CASES * (at + 1)) / SLICES) - Math.floor((CASES * at) / SLICES)
        return inWorker({ seed: `${seed}-${at}`, cases })
      })
      const told = await Promise.all(slices)
      expect(told.flatMap(({ differences }) => differences)).toEqual([])
      const sum = (name: 'signedHere' | 'signedThere' | 'wrappedHere' | 'wrappedThere' | 'keys'): number =>
        told.reduce((total, each) => total + each[name], 0)
      expect(sum('signedHere') + sum('signedThere') + sum('wrappedHere') + sum('wrappedThere')).toBe(CASES)
      for (const name of ['signedHere', 'signedThere'] as const) expect(sum(name)).toBeGreaterThan(CASES / 3)
      for (const name of ['wrappedHere', 'wrappedThere'] as const)
        expect(sum(name)).toBeGreaterThan(CASES / 10)
      expect(sum('keys')).toBeGreaterThan(CASES / 70)
    },
    PATIENCE_MS,
  )
})

async function inWorker(slice: Slice): Promise<Told> {
  const worker = new Worker(new URL('./sm2-slice.ts', import.meta.url), { workerData: slice })
  return await new Promise<Told>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the worker left with ${code} and no word`)))
  })
}

async function reason(): Promise<string> {
  try {
    const koffi = await import('koffi')
    openSsl(koffi.default)
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
