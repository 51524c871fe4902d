// Random stories over all parties: sales, refunds, reversals, crashes, and anything that may happen to a message, with the
// oracles asked after every step. A planted defect is found, shrunk and written down as a page that shows it again.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { PROFILES } from '../wire/wire.ts'
import { exploreStories } from './conformance.ts'
import { loadedOf, pageOf, stories } from './stories.ts'

const full = import.meta.env.MODE === 'full'
const profile = PROFILES['sim'] ?? expect.fail('sim')
const folder = mkdtempSync(join(tmpdir(), 'sifang-stories-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('every story is a page that can be read', () => {
  fc.assert(
    fc.property(stories(20), (story) => {
      expect(loadedOf(pageOf(story, 'any')).page.steps.length).toBeGreaterThan(0)
    }),
    { numRuns: 100 },
  )
})

test('the invariants hold after every step of random stories', async () => {
  let [told, steps, cut] = [0, 0, 0]
  for (let seed = 1; seed <= (full ? 1_000 : 1); seed += 1) {
    const explored = await exploreStories({ profile, stories: 14, steps: 14, seed })
    expect(explored, `seed ${seed}`).toMatchObject({ held: true })
    if (!explored.held) return
    told += explored.stories
    steps += explored.steps
    cut += explored.cut
  }
  // A story that the parties would not have played to its end is the exception.
  expect(cut * 10).toBeLessThan(told)
  if (full) expect(steps).toBeGreaterThan(100_000)
}, 7_200_000)

test('the same seed tells the same stories', async () => {
  const told = () => exploreStories({ profile, stories: 10, steps: 10, seed: 42 })
  expect(await told()).toEqual(await told())
})

async function sifang(...args: string[]): Promise<{ exit: number | null; out: string }> {
  const [script, ...rest] = args
  return new Promise((resolve) => {
    const run = spawn(process.execPath, [
      fileURLToPath(new URL(`../cli/${script}`, import.meta.url)),
      ...rest,
    ])
    let out = ''
    run.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    run.on('close', (exit) => resolve({ exit, out }))
  })
}

test('a planted defect is found, shrunk, and shown again by its page, its seed and its path', async () => {
  const defect = ['mutant-child.ts', 'M-42']
  const found = await sifang(
    ...defect,
    'explore',
    '--stories',
    '40',
    '--seed',
    '12',
    '--out',
    folder,
    '--json',
  )
  const told = JSON.parse(found.out) as {
    file: string
    seed: number
    path: string
    shrinks: number
    because: string
  }
  expect(found.exit).toBe(1)
  expect(told.because).toMatch(/^INV-/)
  expect(told.shrinks).toBeGreaterThan(0)
  const { page } = loadedOf(readFileSync(told.file, 'utf8'))
  expect(page.steps.length).toBeLessThan(8)
  const again = [
    'explore',
    '--stories',
    '1',
    '--seed',
    String(told.seed),
    '--path',
    told.path,
    '--out',
    folder,
    '--json',
  ]
  expect((await sifang(...defect, ...again)).exit).toBe(1)
  expect((await sifang('main.ts', ...again)).exit).toBe(0)
  const certify = [
    'certify',
    '--pages',
    dirname(told.file),
    '--profile',
    'sim',
    '--in-process',
    '--json',
    '--out',
    join(folder, 'runs'),
  ]
  expect((await sifang(...defect, ...certify)).exit).toBe(1)
  expect((await sifang('main.ts', ...certify)).exit).toBe(0)
}, 120_000)
