// `sifang list --coverage`: per group and role, how many rows the catalogue has, how many of them a page plays, and what
// the last run said of them. Rows are counted, never guessed: one without a page is without, one not played is not played.
import { readFile } from 'node:fs/promises'
import { CATALOGUE, GROUPS, type Row, type RunEnd } from '../conformance/conformance.ts'
import { say, widthOf, type WordKey } from '../reports/reports.ts'
import type { LoadedPage } from '../scenarios/scenarios.ts'
import { eventsOf, latestRun } from './runs.ts'

type Lang = 'zh' | 'en'
type Line = {
  readonly group: string
  readonly role: string
  readonly rows: number
  readonly blockers: number
  readonly withPage: number
  readonly pages: number
  readonly pass: number
  readonly fail: number
  readonly notShown: number
  /** Rows with a page that the last run did not judge. */
  readonly notPlayed: number
  readonly without: readonly string[]
}

const ROLES = ['account-institution', 'acquirer', 'both'] as const

export async function coverage(
  pages: readonly LoadedPage[],
  out: string,
  options: { readonly json?: boolean; readonly lang: Lang },
): Promise<void> {
  const last = await lastRun(out)
  const lines = CATALOGUE_GROUPS.flatMap((group) =>
    ROLES.flatMap((role) => lineOf(group, role, pages, last?.rows ?? [])),
  )
  const sums = totals(lines)
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ run: last?.id ?? null, lines, total: sums }, null, 2)}\n`)
  else
    process.stdout.write(
      `${table([...lines, sums], options.lang).join('\n')}\n${foot(last, sums, options.lang)}\n`,
    )
}

const CATALOGUE_GROUPS = Object.keys(GROUPS)

async function lastRun(out: string): Promise<{ id: string; rows: RunEnd['rows'] } | undefined> {
  const folder = await latestRun(out)
  if (folder === undefined) return undefined
  const text = await readFile(await eventsOf(folder, out), 'utf8').catch(() => '')
  const end = text
    .trimEnd()
    .split('\n')
    .findLast((line) => line.startsWith('{"event":"run.end"'))
  if (end === undefined) return undefined
  return { id: folder.split('/').at(-1) ?? folder, rows: (JSON.parse(end) as RunEnd).rows }
}

function lineOf(group: string, role: string, pages: readonly LoadedPage[], results: RunEnd['rows']): Line[] {
  const rows = CATALOGUE.filter((row: Row) => row.group === group && row.role === role)
  if (rows.length === 0) return []
  const own = pages.filter(({ page }) => rows.some(({ id }) => id === page.id))
  const have = new Set(own.map(({ page }) => page.id))
  const verdicts = results.filter(({ row }) => have.has(row))
  const count = (...words: readonly string[]): number =>
    verdicts.filter(({ verdict }) => words.includes(verdict)).length
  const [pass, fail] = [count('pass', 'warn'), count('fail', 'gap closed')]
  const notShown = count('not shown', 'known gap')
  return [
    {
      group,
      role,
      rows: rows.length,
      blockers: rows.filter(({ severity }) => severity === 'blocker').length,
      withPage: have.size,
      pages: own.length,
      pass,
      fail,
      notShown,
      notPlayed: have.size - pass - fail - notShown,
      without: rows.filter(({ id }) => !have.has(id)).map(({ id }) => id),
    },
  ]
}

function totals(lines: readonly Line[]): Line {
  const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0)
  return {
    group: '',
    role: '',
    rows: sum((line) => line.rows),
    blockers: sum((line) => line.blockers),
    withPage: sum((line) => line.withPage),
    pages: sum((line) => line.pages),
    pass: sum((line) => line.pass),
    fail: sum((line) => line.fail),
    notShown: sum((line) => line.notShown),
    notPlayed: sum((line) => line.notPlayed),
    without: lines.flatMap(({ without }) => without),
  }
}

const COLUMNS = [
  ['rows', 'rows'],
  ['blockers', 'blockers'],
  ['withPage', 'with'],
  ['pages', 'pages'],
  ['pass', 'pass'],
  ['fail', 'fail'],
  ['notShown', 'notShown'],
  ['notPlayed', 'notPlayed'],
] as const satisfies readonly (readonly [keyof Line, string])[]

/** Columns are as wide as their widest word; a Chinese character takes two places on a terminal. */
function table(lines: readonly Line[], lang: Lang): readonly string[] {
  const heads = ['', '', ...COLUMNS.map(([, name]) => say(lang, `cli.coverage.${name}` as WordKey))]
  const cells = lines.map((line) => [
    line.group === '' ? say(lang, 'cli.coverage.total') : line.group,
    line.role === '' ? '' : say(lang, `cli.coverage.role.${line.role}` as WordKey),
    ...COLUMNS.map(([key]) => String(line[key])),
  ])
  const widths = heads.map((head, at) =>
    Math.max(widthOf(head), ...cells.map((row) => widthOf(row[at] ?? ''))),
  )
  const shown = (row: readonly string[]): string =>
    row
      .map((cell, at) => {
        const pad = ' '.repeat((widths[at] ?? 0) - widthOf(cell))
        return at < 2 ? `${cell}${pad}` : `${pad}${cell}`
      })
      .join('  ')
      .trimEnd()
  return [shown(heads), ...cells.map(shown)]
}

function foot(last: { id: string } | undefined, { without }: Line, lang: Lang): string {
  const run =
    last === undefined ? say(lang, 'cli.coverage.noRun') : say(lang, 'cli.coverage.run', { run: last.id })
  const listed = say(lang, 'cli.coverage.without', { count: without.length })
  return `\n${run}\n${listed}`
}
