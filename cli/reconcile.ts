// `sifang reconcile OURS THEIRS`: one book against another. Exit 0 where nothing differs, 1 with differences, 2 for a file
// that cannot be read, with its place.
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  type ColumnChoice,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  LEGS_MAX,
  type Side,
} from '../clearing/clearing.ts'
import {
  csvLine,
  DIFFERENCE_COLUMNS,
  type DifferenceCells,
  differenceCount,
  reconcileHtml,
  reconcileTable,
  say,
  SHOWN_PER_KIND,
} from '../reports/reports.ts'
import { choiceOf, type FormChoice, formOf, readLayout } from './reconcile-layout.ts'
import { type Reconciled, reconcileFiles, type ReconcileOrder, type ReconcileSide } from './reconcile-run.ts'
import { ReconcileFault } from './reconcile-work.ts'
import { UsageError } from './usage.ts'

type Lang = 'zh' | 'en'
export type ReconcileCommand = {
  readonly layout?: string
  readonly keys?: string
  readonly amount?: string
  readonly fee?: string
  readonly status?: string
  readonly day?: string
  readonly kind?: string
  readonly currency?: string
  readonly original?: string
  readonly legs?: string
  readonly unit?: string
  readonly toleranceDays: string
  readonly we: string
  readonly encoding?: string
  readonly separator?: string
  readonly header?: string
  readonly out: string
  readonly json?: boolean
  readonly lang: Lang
}

export async function reconcileCommand(
  ours: string,
  theirs: string,
  options: ReconcileCommand,
): Promise<void> {
  const { lang } = options
  const paths = { ours, theirs }
  const order: ReconcileOrder = {
    sides: { ours: await sideOf('ours', ours, options), theirs: await sideOf('theirs', theirs, options) },
    rules: { toleranceDays: whole('--tolerance-days', options.toleranceDays, 366) },
    stand: oneOf('--we', options.we, ['payer', 'payee']),
    progress: progress(lang),
  }
  const legs = [order.sides.ours, order.sides.theirs].map(({ choice }) => choice.legs?.length ?? 0)
  if (legs[0] !== legs[1] && !legs.includes(0))
    throw new UsageError(`--legs: ${legs.join(' and ')} columns; they are compared one by one 两方列数应相同`)
  const files = { csv: join(options.out, 'differences.csv'), html: join(options.out, 'differences.html') }
  // Nobody is to take yesterday's differences for those of a file that could not be read.
  for (const file of Object.values(files)) rmSync(file, { force: true })
  const done = await reconcileFiles(order).catch((error: unknown) => Promise.reject(told(error, paths, lang)))
  try {
    const first = written(done, files.csv, options.out)
    const { lines } = done
    const names = { ours: basename(ours), theirs: basename(theirs) }
    writeFileSync(files.html, reconcileHtml({ ...names, lines, told: done.told, first }, lang))
  } finally {
    done.close()
  }
  const count = differenceCount(done.told.totals)
  process.exitCode = count === 0 ? 0 : 1
  if (options.json === true) tellMachine(done, count, paths, files)
  else tell(done, count, files, lang)
}

const FAULT_EXIT = 2

function told(error: unknown, paths: Record<Side, string>, lang: Lang): unknown {
  if (!(error instanceof ReconcileFault)) return error
  const { side, line, column, said } = error.fault
  const place = line === undefined ? '' : `:${line}:${column ?? 1}`
  return new UsageError(`${paths[side]}${place}: ${said[lang]}`, FAULT_EXIT)
}

/** Writes every difference out as it comes, and keeps the first of each kind. */
function written(
  { differences }: Reconciled,
  path: string,
  folder: string,
): ReadonlyMap<DifferenceKind, readonly DifferenceCells[]> {
  mkdirSync(folder, { recursive: true })
  const first = new Map<DifferenceKind, DifferenceCells[]>()
  const file = openSync(path, 'w')
  let lines = [csvLine(DIFFERENCE_COLUMNS)]
  const write = (): void => {
    writeFileSync(file, lines.join(''))
    lines = []
  }
  try {
    for (const { rank, cells } of differences) {
      const kind = DIFFERENCE_KINDS[rank] ?? 'matched'
      const kept = first.get(kind) ?? []
      first.set(kind, kept)
      if (kept.length < SHOWN_PER_KIND) kept.push(cells)
      if (lines.push(csvLine(cells)) >= 4096) write()
    }
    write()
  } finally {
    closeSync(file)
  }
  return first
}

function tellMachine(
  { told, lines }: Reconciled,
  differences: number,
  paths: Record<Side, string>,
  files: Readonly<Record<string, string>>,
): void {
  const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
  process.stdout.write(`${JSON.stringify({ ...paths, lines, differences, ...told, files }, plain)}\n`)
}

function tell(
  { told, lines }: Reconciled,
  count: number,
  files: { csv: string; html: string },
  lang: Lang,
): void {
  const result = count === 0 ? say(lang, 'cli.reconcile.fine') : say(lang, 'cli.reconcile.bad', { count })
  const text = [say(lang, 'cli.reconcile.lines', lines), '', ...reconcileTable(told, lang), '', result]
  process.stdout.write(`${text.join('\n')}\n${say(lang, 'cli.reconcile.files', files)}\n`)
}

/** `name` for both files, or `ours:theirs`; a layout's names are taken where nothing is said. */
async function sideOf(side: Side, path: string, options: ReconcileCommand): Promise<ReconcileSide> {
  const layoutPath = halfOf(options.layout, side, ',')
  const layout = layoutPath === undefined ? undefined : await readLayout(layoutPath)
  const half = (name: Exclude<keyof ReconcileCommand, 'json' | 'lang'>): string | undefined =>
    halfOf(options[name], side, ':')
  const list = (name: 'keys' | 'original' | 'legs'): readonly string[] | undefined =>
    half(name)
      ?.split(',')
      .filter((one) => one !== '')
  const form = formChoice(options, side)
  const given: Partial<Record<keyof ColumnChoice, unknown>> = {
    keys: list('keys'),
    originals: list('original'),
    legs: list('legs'),
    amount: half('amount'),
    fee: half('fee'),
    status: half('status'),
    day: half('day'),
    kind: half('kind'),
    currency: half('currency'),
  }
  const said = Object.fromEntries(Object.entries(given).filter(([, name]) => name !== undefined))
  const choice = { ...choiceOf(layout, form), ...(said as Partial<ColumnChoice>) }
  if ((choice.legs?.length ?? 0) > LEGS_MAX)
    throw new UsageError(`--legs: at most ${LEGS_MAX} columns 最多 ${LEGS_MAX} 列`)
  return { path, form: formOf(layout, form, layoutPath ?? path), choice }
}

function formChoice(options: ReconcileCommand, side: Side): FormChoice {
  const encoding = halfOf(options.encoding, side, ':')
  const header = halfOf(options.header, side, ':')
  const unit = halfOf(options.unit, side, ':')
  const separator = separatorOf(options.separator, side)
  return {
    ...(encoding !== undefined && {
      encoding: oneOf('--encoding', encoding.toLowerCase().replace(/^utf8$/, 'utf-8'), ['utf-8', 'gbk']),
    }),
    ...(header !== undefined && { header: oneOf('--header', header, ['yes', 'no']) === 'yes' }),
    ...(unit !== undefined && { unit: oneOf('--unit', unit, ['minor', 'major']) }),
    ...(separator !== undefined && { separator }),
  }
}

/** A separator may be the very colon that divides ours from theirs. */
function separatorOf(given: string | undefined, side: Side): string | undefined {
  if (given === undefined) return undefined
  const text = given.replaceAll('tab', '\t').replaceAll('\\t', '\t')
  const one = text.length === 3 && text[1] === ':' ? text[side === 'ours' ? 0 : 2] : text
  if (one !== undefined && /^[\x09\x20-\x7e]$/.test(one) && one !== '"') return one
  throw new UsageError(`--separator ${given}: one character, such as , or | or tab 一个字符`)
}

function halfOf(given: string | undefined, side: Side, mark: string): string | undefined {
  if (given === undefined || given === '') return undefined
  const halves = given.split(mark)
  if (halves.length > 2) throw new UsageError(`${given}: ours${mark}theirs, not more 至多两部分`)
  const half = halves.length === 1 ? given : halves[side === 'ours' ? 0 : 1]
  return half === '' ? undefined : half
}

function oneOf<Word extends string>(option: string, given: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === given)
  if (found === undefined) throw new UsageError(`${option} ${given}: ${words.join(' | ')}`)
  return found
}

function whole(option: string, text: string, most: number): number {
  if (/^[0-9]{1,4}$/.test(text) && Number(text) <= most) return Number(text)
  throw new UsageError(`${option} ${text}: a whole number from 0 to ${most} 整数`)
}

const BAR = 30
const STEPS = 200

/** A bar on a terminal, and nothing elsewhere. */
function progress(lang: Lang): NonNullable<ReconcileOrder['progress']> {
  if (process.stderr.isTTY !== true) return () => undefined
  let last = ''
  return (phase, share) => {
    const now = `${phase}${Math.floor(share * STEPS)}`
    if (now === last) return
    last = now
    const full = Math.min(BAR, Math.round(share * BAR))
    const over = phase === 'join' && share >= 1
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(share * 100)} %`
    process.stderr.write(over ? '\r\x1b[K' : `\r\x1b[K${say(lang, `cli.reconcile.${phase}`)} ${bar}`)
  }
}
