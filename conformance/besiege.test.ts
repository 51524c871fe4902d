// Stories under adversaries: whatever is done to any one message, the invariants hold. A few stories here, every page in
// the full form. And an adversary finds what the page alone would not: a planted defect dies by an invariant.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ADVERSARIES, inProcessStage, loadPages, MISBEHAVIOURS } from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import { besiege } from './conformance.ts'

const full = import.meta.env.MODE === 'full'
const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))
const QUICK = new Set(['CPM-001.network', 'REV-001'])
const chosen = full ? pages : pages.filter(({ name }) => QUICK.has(name))
const profile = PROFILES['sim'] ?? expect.fail('sim')

test('every misbehaviour but the plain delay of a page is some adversary’s', () => {
  const used = new Set(ADVERSARIES.map(({ what }) => what))
  expect(MISBEHAVIOURS.filter((one) => !used.has(one))).toEqual(['delay'])
  expect(new Set(ADVERSARIES.map(({ id }) => id)).size).toBe(ADVERSARIES.length)
  expect(chosen.length).toBeGreaterThanOrEqual(QUICK.size)
})

describe('the invariants hold under', () => {
  test.each(ADVERSARIES.map((adversary) => [adversary.id, adversary] as const))(
    '%s',
    async (_id, adversary) => {
      const stage = await inProcessStage({ profile, seed: '1', sink: () => undefined })
      let tags = 0
      let numbers = 0
      let plays = 0
      for (const loaded of chosen) {
        const besieged = await besiege({
          stage,
          loaded,
          adversary,
          between: {},
          nextTag: () => `a${(tags += 1)}`,
          nextNumber: () => (numbers += 1),
        })
        plays += besieged.plays
        expect(besieged.broken).toEqual([])
      }
      // A misbehaviour that never found a message to be upon would have shown nothing.
      expect(plays).toBeGreaterThan(0)
    },
    600_000,
  )
})

test('an institution that debits again at every repeat dies under “again” on a page that repeats nothing', async () => {
  const child = fileURLToPath(new URL('../cli/mutant-child.ts', import.meta.url))
  const args = [
    'M-01',
    'explore',
    '--adversary',
    'again',
    '--between',
    'switch:institution',
    '--grep',
    'CPM-001',
    '--json',
  ]
  const { exit, out } = await new Promise<{ exit: number | null; out: string }>((resolve) => {
    const run = spawn(process.execPath, [child, ...args])
    let text = ''
    run.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    run.on('close', (code) => resolve({ exit: code, out: text }))
  })
  const { besieged } = JSON.parse(out) as { besieged: { broken: { ruling?: { invariant: string } }[] }[] }
  expect(exit).toBe(1)
  expect(besieged.flatMap(({ broken }) => broken.map(({ ruling }) => ruling?.invariant))).toContain('INV-12')
}, 60_000)
