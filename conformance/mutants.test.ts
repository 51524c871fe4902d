// The exam examined: every planted defect is still where its data says, and dies by a row that it names; the clean
// reference passes the same rows. A defect that only breaks or slows a run does not count as caught.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CATALOGUE, MUTANTS } from './conformance.ts'

test.each(MUTANTS)(
  '$id replaces text that stands exactly once in $file',
  ({ also = [], caughtBy, ...first }) => {
    for (const { file, find, replace } of [first, ...also]) {
      const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
      expect(source.split(find).length - 1, find).toBe(1)
      expect(replace).not.toBe(find)
    }
    for (const row of caughtBy) expect(CATALOGUE.map(({ id }) => id)).toContain(row)
  },
)

const full = import.meta.env.MODE === 'full'
/** All of them in the full form; of every so many one in `npm test` and in `.ci/run`. */
const EVERY = full ? 1 : import.meta.env['SIFANG_SLOW'] === '1' ? 5 : 80
const chosen = MUTANTS.filter((_, at) => at % EVERY === 0)

test(`each of ${chosen.length} of ${MUTANTS.length} is caught by a row it names, and the clean reference has no finding`, async () => {
  const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
  const { exit, out } = await new Promise<{ exit: number | null; out: string }>((resolve) => {
    const child = spawn(process.execPath, [
      main,
      'mutants',
      '--json',
      '--profile',
      'sim',
      '--grep',
      chosen.map(({ id }) => id).join('|'),
    ])
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', (code) => resolve({ exit: code, out: text }))
  })
  const { mutants } = JSON.parse(out) as {
    mutants: { id: string; caught: string[]; survived: boolean; why?: string }[]
  }
  expect(mutants.filter(({ survived }) => survived)).toEqual([])
  expect(mutants.map(({ id }) => id).sort()).toEqual(chosen.map(({ id }) => id).sort())
  for (const { id, caught } of mutants) {
    const named = MUTANTS.find((one) => one.id === id)?.caughtBy ?? []
    expect(
      caught.some((row) => named.includes(row)),
      `${id} caught by ${caught.join()}`,
    ).toBe(true)
  }
  expect(exit).toBe(0)
}, 900_000)
