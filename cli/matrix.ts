// `sifang certify --matrix`: the reference over every built-in profile, each in a process of its own, and a grid of what
// came of it; with `--flags` also over `sim` with one flag turned, choice after choice. A row that does not apply in a
// profile is counted as such, never as passed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { RunEnd, Verdict } from '../conformance/conformance.ts'
import { padTo, say, widthOf, type WordKey } from '../reports/reports.ts'
import { FLAG_CHOICES, PROFILES } from '../wire/wire.ts'
import { certifyChild } from './certify-child.ts'
import { runFolder } from './runs.ts'

export type MatrixCommand = {
  readonly grep?: string
  /** Also `sim` with each flag turned, one line a choice. */
  readonly flags?: boolean
  readonly seed: string
  readonly out: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

/** A line of the grid: its name, and the profile as a child is told it. */
type Line = { readonly name: string; readonly profile: string }
type Cell = { readonly profile: string; readonly end?: RunEnd; readonly said: string }

const CHILDREN_AT_ONCE = 2

export async function matrixCommand(options: MatrixCommand): Promise<void> {
  const run = await runFolder(options.out, 'matrix')
  const files = await mkdtemp(join(tmpdir(), 'sifang-flags-'))
  try {
    const builtIn = Object.keys(PROFILES).map((name) => ({ name, profile: name }))
    const lines = [...builtIn, ...(options.flags === true ? await turned(files) : [])]
    const cells = await played(options, run.folder, lines)
    if (options.json === true) process.stdout.write(`${JSON.stringify(cells.map(plain))}\n`)
    else
      process.stdout.write(
        `${grid(cells, options.lang).join('\n')}\n${say(options.lang, 'cli.report.at', { path: relative(process.cwd(), run.folder) })}\n`,
      )
    process.exitCode = Math.max(...cells.map(({ end }) => end?.exit ?? 5))
  } finally {
    await rm(files, { recursive: true, force: true })
  }
}

/** Every certificate of a stage is under a test root: where those are refused there is nobody to play with. */
const NO_STAGE: ReadonlySet<string> = new Set(['testRoots'])

/** `sim` with one flag on another choice than the built-in one, each as a file that somebody could have written. */
async function turned(folder: string): Promise<readonly Line[]> {
  const choices = Object.entries(FLAG_CHOICES)
    .filter(([flag]) => !NO_STAGE.has(flag))
    .flatMap(([flag, [, ...others]]) => others.map((choice) => [flag, String(choice)] as const))
  return Promise.all(
    choices.map(async ([flag, choice]) => {
      const id = `${flag}-${choice}`.toLowerCase()
      const profile = join(folder, `${id}.yaml`)
      await writeFile(profile, `id: ${id}\nextends: sim\nflags:\n  ${flag}: ${choice}\n`)
      return { name: `${flag}=${choice}`, profile }
    }),
  )
}

/** Every line in a child of its own, two at a time; in the order of the lines, whichever ended first. */
async function played(
  { grep, seed, json, lang }: MatrixCommand,
  folder: string,
  lines: readonly Line[],
): Promise<readonly Cell[]> {
  const cells = new Map<Line, Cell>()
  const queue = [...lines]
  const worker = async (): Promise<void> => {
    for (let line = queue.shift(); line !== undefined; line = queue.shift()) {
      const { name, profile } = line
      const rows = grep?.split('|')
      const out = join(folder, name.replace('=', '-'))
      const cell = { profile: name, ...(await certifyChild({ profile, seed, out, ...(rows && { rows }) })) }
      cells.set(line, cell)
      if (json !== true) process.stderr.write(`${lineOf(cell, lang)}\n`)
    }
  }
  await Promise.all(Array.from({ length: CHILDREN_AT_ONCE }, worker))
  return lines.flatMap((line) => cells.get(line) ?? [])
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
