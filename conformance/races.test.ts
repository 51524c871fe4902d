// Every race row holds in every interleaving that is played: a few dozen each here, a thousand (or all there are) in the
// full form. And a race that luck may miss is found by counting: the planted check-then-act dies in process.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadPages } from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import { isRace, race } from './conformance.ts'

const full = import.meta.env.MODE === 'full'
const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))
const profile = PROFILES['sim'] ?? expect.fail('sim')
const MOST = full ? 1000 : 24

describe('race rows', () => {
  test('there are some', () => {
    expect(pages.filter(isRace).length).toBeGreaterThan(4)
  })
  for (const page of pages.filter(isRace)) {
    test(`${page.name} holds in ${MOST} distinct interleavings, or in all there are`, async () => {
      const raced = await race(page, profile, '1', MOST)
      expect(raced.broken?.played.because).toBeUndefined()
      expect(raced.distinct).toBe(raced.plays)
      expect(raced.exhausted || raced.distinct === MOST).toBe(true)
    }, 120_000)
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
      '50',
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
