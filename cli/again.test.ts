// Playing again: the line under a failure, only what failed, stopping early, and parts of a whole.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunEnd, RunEvent } from '../conformance/conformance.ts'
import { commandLine, readEvents } from '../reports/reports.ts'
import { sifang } from './as-user.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang again '))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Several processes one after the other, on a machine that may be busy. */
const PROCESSES_MS = 120_000

type Ran = { readonly exit: number | null; readonly end: RunEnd & { folder: string }; readonly err: string }
const certify = async (args: readonly string[], mutant?: string): Promise<Ran> => {
  const said = await sifang(['certify', '--profile', 'sim', '--json', ...args], {
    cwd: folder,
    ...(mutant !== undefined && { mutant }),
  })
  return { exit: said.exit, err: said.err, end: (said.out === '' ? {} : JSON.parse(said.out)) as Ran['end'] }
}
const events = (ran: Ran): Promise<readonly RunEvent[]> =>
  readEvents(join(folder, ran.end.folder, 'events.ndjson'))
const ended = async (ran: Ran): Promise<readonly string[]> =>
  (await events(ran)).flatMap((event) =>
    event.event === 'page.end' ? [`${event.page} ${event.verdict}`] : [],
  )

/** The words of a command line as a POSIX shell takes it. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(`'\\''`, "'") ?? plain ?? '',
  )

test(
  'every failure ends, in each format, with the line that plays just it again, and it does',
  async () => {
    const out = "it's here"
    const first = await certify(
      ['--grep', 'RFD-003', '--seed', '7 of 9', '--in-process', '--out', out],
      'M-19',
    )
    expect(await ended(first)).toEqual(['RFD-003.one-fen fail', 'RFD-003 fail'])
    const read = (file: string): Promise<string> => readFile(join(folder, first.end.folder, file), 'utf8')
    const line = "npx sifang certify --profile sim --seed '7 of 9' --in-process --page RFD-003"
    expect((await read('summary.md')).split('\n')).toContain(line)
    expect((await read('junit.xml')).replaceAll('&apos;', "'")).toContain(`replay    ${line}</failure>`)
    expect(JSON.parse(await read('ctrf.json'))).toMatchObject({
      results: { tests: [{}, { trace: expect.stringMatching(new RegExp(`replay    ${line}$`)) as string }] },
    })
    const [, , , ...rest] = words(line)
    const again = await certify([...rest, '--out', out], 'M-19')
    expect(await ended(again)).toEqual(['RFD-003 fail'])
  },
  PROCESSES_MS,
)

test('whatever stands in a word, a shell gives it back', async () => {
  const odd = [
    'a b',
    "it's",
    '$HOME',
    '`x`',
    '*',
    '',
    'a"b',
    'x\\y',
    '四方',
    '--page',
    '~',
    '#',
    '!x',
    'plain.yaml',
  ]
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    commandLine('', odd).replace('npx sifang', "printf '%s\\n'"),
  ])
  expect(stdout.split('\n').slice(0, -1)).toEqual(odd)
})

test(
  '--last-failed plays what failed, then what still fails, then nothing, which is no verdict',
  async () => {
    const run = (args: readonly string[], mutant?: string): Promise<Ran> =>
      certify(['--in-process', '--out', 'last', ...args], mutant)
    expect((await run(['--grep', 'RFD-003|CPM-001'], 'M-19')).exit).toBe(1)
    expect(await ended(await run(['--last-failed', '--grep', 'one-fen']))).toEqual(['RFD-003.one-fen pass'])
    expect(await ended(await run(['--last-failed']))).toEqual(['RFD-003 pass'])
    expect(await run(['--last-failed'])).toMatchObject({
      exit: 4,
      err: expect.stringMatching(/nothing is left that failed.*that is no verdict/s) as string,
    })
  },
  PROCESSES_MS,
)

describe('--bail', () => {
  test(
    'stops after the n-th failure; what was not reached is not shown, says why, and is played by --last-failed',
    async () => {
      const all = await certify(
        ['--in-process', '--grep', 'RFD-001|RFD-002|RFD-003|RFD-004|RFD-006', '--out', 'all'],
        'M-19',
      )
      const failures = (await ended(all)).filter((one) => one.endsWith('fail'))
      expect(failures.length).toBeGreaterThan(2)
      for (const most of [1, 2]) {
        const ran = await certify(
          [
            '--in-process',
            '--grep',
            'RFD-001|RFD-002|RFD-003|RFD-004|RFD-006',
            '--out',
            'bail',
            '--bail',
            String(most),
          ],
          'M-19',
        )
        const played = await ended(ran)
        expect(ran.exit).toBe(1)
        expect(played).toEqual((await ended(all)).slice(0, played.length))
        expect(played.filter((one) => one.endsWith('fail'))).toEqual(failures.slice(0, most))
        expect(played.at(-1)).toBe(failures[most - 1])
        const missing = (await ended(all)).length - played.length
        expect(ran.end.unreached).toEqual({
          pages: missing,
          because: expect.objectContaining({ en: 'stopped by --bail' }) as object,
        })
        const reached = new Set(played.map((one) => one.slice(0, 7)))
        for (const { row, verdict, because } of ran.end.rows.filter((one) => !reached.has(one.row)))
          expect([row, verdict, because?.en]).toEqual([row, 'not shown', 'stopped by --bail'])
        // A row of which one page passed and another was not reached has not passed.
        expect(ran.end.counts.pass).toBeLessThan(all.end.counts.pass)
        expect(await readFile(join(folder, ran.end.folder, 'summary.md'), 'utf8')).toContain(
          `Pages not reached: ${missing} (stopped by --bail)`,
        )
      }
      // The two that failed, and what came after them.
      const after = (await ended(all)).slice((await ended(all)).indexOf(failures[1] ?? '') + 1)
      const rest = await ended(await certify(['--in-process', '--last-failed', '--out', 'bail']))
      expect(rest.map((one) => one.split(' ')[0])).toEqual(
        [...failures.slice(0, 2), ...after].map((one) => one.split(' ')[0]),
      )
    },
    PROCESSES_MS,
  )
  test.each(['0', '-1', 'x', '1.5'])('--bail=%s is refused', async (most) => {
    expect(await certify([`--bail=${most}`])).toMatchObject({
      exit: 2,
      err: expect.stringContaining(`--bail ${most}: after how many`) as string,
    })
  })
})

test(
  '--shard: the parts’ counts and pages together are those of the whole',
  async () => {
    const run = (args: readonly string[]) => certify(['--in-process', '--grep', 'COD|RFD-003', ...args])
    const whole = await run(['--out', 'whole'])
    const parts = [await run(['--out', 's1', '--shard', '1/2']), await run(['--out', 's2', '--shard', '2/2'])]
    const pages = await Promise.all(parts.map(ended))
    expect(pages.flat().sort()).toEqual([...(await ended(whole))].sort())
    for (const verdict of ['pass', 'fail', 'not shown', 'not applicable'] as const)
      expect(parts.reduce((sum, { end }) => sum + end.counts[verdict], 0)).toBe(whole.end.counts[verdict])
    expect(await readFile(join(folder, parts[1]?.end.folder ?? '', 'summary.md'), 'utf8')).toContain(
      'part 2/2',
    )
  },
  PROCESSES_MS,
)
