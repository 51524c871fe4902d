// What is still owed, from run to run: nothing is forgotten because another page was played, nothing is owed for ever.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cause, RunEvent, Verdict } from '../conformance/conformance.ts'
import { type Circumstances, stillFailing, writeStillFailing } from './last-failed.ts'
import { latestRun } from './runs.ts'

let out = ''
let count = 0
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'sifang-owed-'))
})
afterEach(() => rm(out, { recursive: true, force: true }))

const SIM: Circumstances = { profile: 'sim' }
type End = readonly [verdict: Verdict, cause?: Cause]

/** A run that chose some pages of all and brought some of them to an end. */
async function run(
  ends: Readonly<Record<string, End>>,
  { of = SIM, unreached = [] as readonly string[], all = ['A', 'B', 'C'] as readonly string[] } = {},
): Promise<void> {
  const before = await latestRun(out)
  const id = `run-${(count += 1).toString().padStart(4, '0')}`
  const folder = join(out, id)
  mkdirSync(folder)
  const events = Object.entries(ends).map(
    ([page, [verdict, cause]]) => ({ event: 'page.end', page, verdict, ...(cause && { cause }) }) as RunEvent,
  )
  const chosen = [...Object.keys(ends), ...unreached]
  await writeStillFailing(folder, before, { id, of, chosen, all }, events)
  await rm(join(out, 'latest'), { force: true })
  await symlink(id, join(out, 'latest'))
}
const owed = async (of = SIM): Promise<readonly string[]> => [...(await stillFailing(out, of)).pages].sort()
const nothing = (of = SIM) => expect(stillFailing(out, of)).rejects

test('what failed is owed until it passes, whatever else is played in between', async () => {
  await run({ A: ['fail', 'subject'], B: ['gap closed'], C: ['pass'] })
  expect(await owed()).toEqual(['A', 'B'])
  await run({ C: ['pass'] })
  expect(await owed()).toEqual(['A', 'B'])
  await run({ A: ['pass'] })
  expect(await owed()).toEqual(['B'])
  await run({ B: ['pass'] })
  await nothing().toMatchObject({ exit: 4, message: expect.stringContaining('that is no verdict') as string })
})

test('what was not shown is owed, unless the subject only lacks a feature', async () => {
  await run({ A: ['not shown', 'undecidable'], B: ['not shown'], C: ['warn'] })
  expect(await owed()).toEqual(['A'])
})

test('what was not reached is owed; what was owed before it was not reached still is', async () => {
  await run({ A: ['fail', 'subject'] }, { unreached: ['B'] })
  expect(await owed()).toEqual(['A', 'B'])
  await run({}, { unreached: ['A'] })
  expect(await owed()).toEqual(['A', 'B'])
})

test('another profile, configuration or folder is another matter', async () => {
  await run({ A: ['fail', 'subject'] })
  const others = [
    { profile: 'sim-ets' },
    { profile: 'sim', config: '/c.yaml' },
    { profile: 'sim', pages: '/p' },
  ]
  for (const of of others) {
    await nothing(of).toThrow('there is with: --profile sim')
    await run({ A: ['pass'] }, { of })
    expect(await owed()).toEqual(['A'])
  }
})

test('a page that has been thrown away owes nothing', async () => {
  await run({ A: ['fail', 'subject'], B: ['fail', 'subject'] })
  await run({ C: ['pass'] }, { all: ['B', 'C'] })
  expect(await owed()).toEqual(['B'])
})

test('no run, and a file that no run wrote, are said', async () => {
  await nothing().toMatchObject({ exit: 4, message: expect.stringContaining('there is no run in') as string })
  await run({ A: ['fail', 'subject'] })
  await writeFile(join(out, 'latest', 'still-failing.json'), '{"version":7}')
  await nothing().toThrow('is not what a run wrote there')
})
