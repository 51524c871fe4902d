// Every race row holds in every interleaving that is played: a few dozen each here, a thousand in the full form; and whole
// networks hold in as many orders of everybody's store accesses and sends. A race that luck may miss is found by counting:
// the planted check-then-act dies in process.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadPages, notApplicable } from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import { isRace, race } from './conformance.ts'

const full = import.meta.env.MODE === 'full'
const profile = PROFILES['sim'] ?? expect.fail('sim')
const { pages: all } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))
const pages = all.filter(({ page }) => notApplicable(profile, page) === undefined)
const MOST = full ? 1000 : 5
const DRAWN = full ? 1000 : 4
const QUICK = new Set(['CPM-011.network', 'REV-011.network'])

describe('race rows', () => {
  const rows = pages.filter((page) => isRace(page) && page.page.cast === 'edge')
  test('there are some', () => {
    expect(rows.length).toBeGreaterThan(5)
  })
  for (const page of rows) {
    test(`${page.name} holds in ${MOST} distinct interleavings`, async () => {
      const raced = await race(page, profile, '1', MOST)
      expect(raced.broken?.played.because).toBeUndefined()
      // Some races have fewer orders than that: then all there are were played.
      if (!raced.exhausted) expect(raced.distinct).toBe(MOST)
      expect(raced.distinct).toBe(raced.plays)
      expect(raced.distinct).toBeGreaterThan(1)
    }, 120_000)
  }
})

describe('whole networks, everybody at once', () => {
  const networks = pages.filter(({ page, name }) => page.cast === 'network' && (full || QUICK.has(name)))
  test('there are some', () => expect(networks.length).toBeGreaterThanOrEqual(QUICK.size))
  for (const page of networks) {
    test(`${page.name} holds in ${DRAWN} plays of orders drawn from the seed`, async () => {
      const raced = await race(page, profile, '1', DRAWN)
      expect(raced.broken?.played.because).toBeUndefined()
      expect(raced.distinct).toBeGreaterThan(1)
    }, 240_000)
  }
})

test('a code that is checked before it is spent is spent twice in some interleaving, and that one is shown', async () => {
  const child = fileURLToPath(new URL('../cli/mutant-child.ts', import.meta.url))
  const { exit, out } = await new Promise<{ exit: number | null; out: string }>((resolve) => {
    const run = spawn(process.execPath, [
      child,
      'M-68',
      'explore',
      '--grep',
      'COD-004',
      '--json',
      '--most',
      '300',
    ])
    let text = ''
    run.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    run.on('close', (code) => resolve({ exit: code, out: text }))
  })
  const { races } = JSON.parse(out) as { races: { held: boolean; taken: string[] }[] }
  expect(exit).toBe(1)
  expect(races[0]?.held).toBe(false)
  expect(races[0]?.taken.length).toBeGreaterThan(3)
}, 60_000)
