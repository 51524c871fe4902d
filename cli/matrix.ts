// `sifang certify --matrix`: the reference over every built-in profile, each in a process of its own, and a grid of what
// came of it. A row that does not apply in a profile is counted as such, never as passed.
import { join, relative } from 'node:path'
import type { RunEnd, Verdict } from '../conformance/conformance.ts'
import { padTo, say, widthOf, type WordKey } from '../reports/reports.ts'
import { PROFILES } from '../wire/wire.ts'
import { certifyChild } from './certify-child.ts'
import { runFolder } from './runs.ts'

export type MatrixCommand = {
  readonly grep?: string
  readonly seed: string
  readonly out: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

type Cell = { readonly profile: string; readonly end?: RunEnd; readonly said: string }

const CHILDREN_AT_ONCE = 2

export async function matrixCommand(options: MatrixCommand): Promise<void> {
  const run = await runFolder(options.out, 'matrix')
  const queue = Object.keys(PROFILES)
  const cells: Cell[] = []
  const worker = async (): Promise<void> => {
    for (let profile = queue.shift(); profile !== undefined; profile = queue.shift()) {
      const rows = options.grep?.split('|')
      const out = join(run.folder, profile)
      const cell = {
        profile,
        ...(await certifyChild({ profile, seed: options.seed, out, ...(rows && { rows }) })),
      }
      cells.push(cell)
      if (options.json !== true) process.stderr.write(`${lineOf(cell, options.lang)}\n`)
    }
  }
  await Promise.all(Array.from({ length: CHILDREN_AT_ONCE }, worker))
  const order = Object.keys(PROFILES)
  cells.sort((a, b) => order.indexOf(a.profile) - order.indexOf(b.profile))
  if (options.json === true) process.stdout.write(`${JSON.stringify(cells.map(plain))}\n`)
  else
    process.stdout.write(
      `${grid(cells, options.lang).join('\n')}\n${say(options.lang, 'cli.report.at', { path: relative(process.cwd(), run.folder) })}\n`,
    )
  process.exitCode = Math.max(...cells.map(({ end }) => end?.exit ?? 5))
}

const plain = ({ profile, end, said }: Cell) => ({
  profile,
  verdict: end?.verdict ?? 'harness defect',
  exit: end?.exit ?? 5,
  ...(end === undefined ? { because: said } : { counts: end.counts, messages: end.messages }),
})

const lineOf = ({ profile, end, said }: Cell, lang: 'zh' | 'en'): string =>
  end === undefined
    ? `✗ ${profile}  ${said}`
    : `${end.exit === 0 ? '✓' : '✗'} ${profile}  ${say(lang, `run.${end.verdict}` as WordKey)}`

const VERDICTS = ['pass', 'fail', 'not shown', 'not applicable'] as const satisfies readonly Verdict[]

/** A line per profile: rows by verdict, then how each group of the catalogue fared. */
function grid(cells: readonly Cell[], lang: 'zh' | 'en'): readonly string[] {
  const groups = [...new Set(cells.flatMap(({ end }) => end?.rows.map(({ group }) => group) ?? []))]
  const head = [
    say(lang, 'cli.matrix.profile'),
    ...VERDICTS.map((one) => say(lang, `verdict.${one}`)),
    ...groups,
  ]
  const lines = cells.map(({ profile, end }) => [
    profile,
    ...VERDICTS.map((one) => String(end?.counts[one] ?? '?')),
    ...groups.map((group) => groupMark(end, group)),
  ])
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => widthOf(line[column] ?? ''))),
  )
  return [head, ...lines].map((line) =>
    line
      .map((text, column) => padTo(text, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** ✓ all passed · – nothing applies · the number of rows that failed or were not shown. */
function groupMark(end: RunEnd | undefined, group: string): string {
  if (end === undefined) return '?'
  const own = end.rows.filter((row) => row.group === group)
  const bad = own.filter(({ verdict }) => ['fail', 'gap closed', 'not shown'].includes(verdict)).length
  if (bad > 0) return `✗${bad}`
  return own.some(({ verdict }) => verdict === 'pass') ? '✓' : '–'
}
