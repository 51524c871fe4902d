// Files too large for memory: two threads and scratch files come to the verdicts, the order and the faults of one.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { writeReconcileFiles } from '../bench/reconcile-lines.ts'
import type { DifferenceKind, LineForm } from '../clearing/clearing.ts'
import { mergedRuns, runWriter, scratchFiles } from './reconcile-files.ts'
import { reconcileFiles } from './reconcile-run.ts'

const folder = await mkdtemp(join(tmpdir(), 'sifang-reconcile-test-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

describe('large files', () => {
  const LINES = 50_000
  const planned = writeReconcileFiles(LINES, 11, { ours: at('many-ours.csv'), theirs: at('many-theirs.csv') })
  const CSV: LineForm = { form: 'separated', separator: ',', header: true, encoding: 'utf-8' }
  const reconciled = async (partitions?: number, ours = planned.ours, theirs = planned.theirs) => {
    const side = (path: string) => ({ path, form: CSV, choice: { unit: 'minor' as const } })
    const done = await reconcileFiles({
      sides: { ours: side(ours), theirs: side(theirs) },
      rules: { toleranceDays: 0 },
      stand: 'payer',
      ...(partitions !== undefined && { partitions }),
    })
    const texts = [...done.differences].map(({ text }) => text)
    done.close()
    return { texts, told: done.told, lines: done.lines }
  }

  test('two threads over scratch files come to what one comes to in memory, in the same order (REC-022)', async () => {
    const small = await reconciled()
    const counts: Partial<Record<DifferenceKind, number>> = {}
    for (const { kind, count } of small.told.totals) counts[kind] = (counts[kind] ?? 0) + count
    expect(counts).toEqual(planned.expected)
    expect(small.texts.length).toBe(LINES / 100)
    const scratch = at('scratch')
    await mkdir(scratch)
    vi.stubEnv('TMPDIR', scratch)
    for (const partitions of [3, 64]) expect(await reconciled(partitions)).toEqual(small)
    vi.unstubAllEnvs()
    expect(await readdir(scratch)).toEqual([])
  })
  test('a fault in a thread is said at its place', async () => {
    const text = await readFile(planned.theirs, 'utf8')
    const lines = text.split('\n')
    lines[30_000] = (lines[30_000] ?? '').replace(/,156,/, ',156,x')
    await writeFile(at('broken.csv'), lines.join('\n'))
    await expect(reconciled(4, planned.ours, at('broken.csv'))).rejects.toMatchObject({
      fault: { side: 'theirs', line: 30_001 },
    })
  })
  test('a column that tells nothing apart is no key', async () => {
    const file = at('same.csv')
    await writeFile(file, `transaction,kind,amount\n${'x,purchase,1\n'.repeat(100_002)}`)
    for (const partitions of [undefined, 3])
      await expect(reconciled(partitions, file, file)).rejects.toThrow(
        'the key “x” stands on more than 100000 lines; --keys should name a column that tells items apart',
      )
  })
})

test('runs are merged into one order', () => {
  const scratch = scratchFiles()
  const item = (transaction: string, line: number) => ({
    kind: 'only_ours' as const,
    transaction,
    ours: { transaction, kind: '', day: '', amount: BigInt(line), currency: '156', line },
  })
  const all = Array.from({ length: 500 }, (_, index) => item(`k${(index * 7919) % 250}`, index))
  const write = runWriter(scratch.file())
  const runs = [0, 1, 2, 3, 4]
    .map((part) => write(all.filter((_, index) => index % 5 === part || (part === 4 && index % 5 === 9))))
    .filter((one) => one !== undefined)
  const merged = [...mergedRuns(runs)]
  expect(merged.length).toBe(500)
  const one = runWriter(scratch.file())(all)
  expect(merged.map(({ text }) => text)).toEqual(
    one === undefined ? [] : [...mergedRuns([one])].map(({ text }) => text),
  )
  expect(merged.map(({ key }) => key)).toEqual(all.map(({ transaction }) => transaction).sort())
  scratch.close()
})
