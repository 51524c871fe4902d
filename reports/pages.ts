// The events of a run, sorted into pages; and for a page that failed, what is at fault. Every report reads this and
// nothing else. Pure: the viewer inlines it and reads the run in the same way.
import type {
  Cause,
  DiagnosisEvent,
  ExpectationEvent,
  MessageEvent,
  PageEnd,
  PageEvent,
  PageStart,
  RunEnd,
  RunEvent,
  RunStart,
  Verdict,
} from './events.ts'
import { fill, type Lang, REPORT_WORDS, type Text } from './words.ts'

export type Page = {
  readonly id: string
  readonly row: string
  readonly group: string
  readonly severity: string
  readonly role: string
  readonly verdict: Verdict
  readonly cause?: Cause
  readonly because?: Text
  readonly durationMs: number
  /** Absent for a required row of which nothing was played. */
  readonly start?: PageStart
  readonly events: readonly PageEvent[]
}

export type Run = {
  readonly start?: RunStart
  readonly end?: RunEnd
  readonly verdict: RunEnd['verdict']
  readonly pages: readonly Page[]
  /** By row where the run ended, by page where it did not. */
  readonly counts: Readonly<Record<Verdict, number>>
}

/** In the order in which a reader wants them. */
export const VERDICTS: readonly Verdict[] = [
  'fail',
  'gap closed',
  'warn',
  'not shown',
  'known gap',
  'not applicable',
  'pass',
]

/** A verdict is never told by colour alone. */
export const SYMBOLS: Readonly<Record<Verdict, string>> = {
  pass: '✓',
  fail: '✗',
  warn: '!',
  'not applicable': '–',
  'not shown': '?',
  'known gap': '◇',
  'gap closed': '◆',
}

export const RUN_SYMBOLS: Readonly<Record<RunEnd['verdict'], string>> = {
  pass: '✓',
  fail: '✗',
  incomplete: '?',
  'harness defect': '⚠',
  unreachable: '⌀',
  interrupted: '■',
}

type Gathered = { start?: PageStart; end?: PageEnd; events: PageEvent[] }

export function runOf(events: readonly RunEvent[]): Run {
  const gathered = new Map<string, Gathered>()
  let start: RunStart | undefined
  let end: RunEnd | undefined
  for (const event of events) {
    if (event.event === 'run.start') start = event
    else if (event.event === 'run.end') end = event
    else gather(gathered, event)
  }
  const pages = [...gathered].map(([id, page]) => pageOf(id, page, end))
  const all = [...pages, ...unplayed(end, pages)]
  return {
    ...(start && { start }),
    ...(end && { end }),
    verdict: end?.verdict ?? 'interrupted',
    pages: all,
    counts: end?.counts ?? countsOf(all),
  }
}

function gather(pages: Map<string, Gathered>, event: PageStart | PageEvent | PageEnd): void {
  const page = pages.get(event.page) ?? { events: [] }
  pages.set(event.page, page)
  if (event.event === 'page.start') page.start = event
  else if (event.event === 'page.end') page.end = event
  else page.events.push(event)
}

function pageOf(id: string, { start, end, events }: Gathered, run: RunEnd | undefined): Page {
  const row = start?.row ?? end?.row ?? id
  const told = run?.rows.find((result) => result.row === row)
  const because = end === undefined ? REPORT_WORDS['page.unfinished'] : end.because
  return {
    id,
    row,
    group: start?.group ?? told?.group ?? row.split('-')[0] ?? row,
    severity: start?.severity ?? told?.severity ?? 'major',
    role: start?.role ?? told?.role ?? 'both',
    verdict: end?.verdict ?? 'not shown',
    ...(end?.cause && { cause: end.cause }),
    ...(because && { because }),
    durationMs: end?.durationMs ?? 0,
    ...(start && { start }),
    events,
  }
}

/** Rows of which nothing was played, or of which the page that decides the verdict was not. */
function unplayed(end: RunEnd | undefined, pages: readonly Page[]): readonly Page[] {
  const shown = new Set(pages.map(({ row, verdict }) => `${row} ${verdict}`))
  const played = new Set(pages.map(({ row }) => row))
  return (end?.rows ?? [])
    .filter(
      ({ row, verdict }) => !played.has(row) || (verdict === 'not shown' && !shown.has(`${row} ${verdict}`)),
    )
    .map((told) => ({
      ...told,
      id: played.has(told.row) ? `${told.row}.*` : told.row,
      durationMs: 0,
      events: [],
    }))
}

function countsOf(pages: readonly Page[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>
  for (const { verdict } of pages) counts[verdict] += 1
  return counts
}

/** `known gap` and what was not shown are neither: never a pass, and not the fault of this run. */
export type Outcome = 'passed' | 'warned' | 'failed' | 'defect' | 'skipped'

export function outcomeOf({ verdict, cause }: Page): Outcome {
  if (verdict === 'pass') return 'passed'
  if (verdict === 'warn') return 'warned'
  if (cause === 'harness') return 'defect'
  return verdict === 'fail' || verdict === 'gap closed' ? 'failed' : 'skipped'
}

/** Why, where no broken expectation already says so better. */
export function reasonOf(page: Page): Text | undefined {
  return page.cause === 'subject' && faultsOf(page).length > 0 ? undefined : page.because
}

/** Failing pages whose rows the requirement set does not name: they change no verdict, and must not go unseen. */
export function beyondOf({ end, pages }: Run): number {
  const required = new Set(end?.rows.map(({ row }) => row))
  if (end === undefined || end.verdict === 'fail') return 0
  return pages.filter((page) => outcomeOf(page) === 'failed' && !required.has(page.row)).length
}

/** How many pages a run did not come to, and why. */
export function unreachedText({ pages, because }: NonNullable<RunEnd['unreached']>, lang: Lang): string {
  return fill(REPORT_WORDS['run.unreached'][lang], { n: pages, because: because[lang] })
}

/** How many rows got an answer to "does it conform?". */
export function judgedOf(counts: Readonly<Record<Verdict, number>>): number {
  return counts.pass + counts.fail + counts.warn + counts['known gap'] + counts['gap closed']
}

export const totalOf = (counts: Readonly<Record<Verdict, number>>): number =>
  VERDICTS.reduce((total, verdict) => total + counts[verdict], 0)

export function groupsOf(pages: readonly Page[]): ReadonlyMap<string, readonly Page[]> {
  const groups = new Map<string, Page[]>()
  for (const page of pages) groups.set(page.group, [...(groups.get(page.group) ?? []), page])
  return groups
}

/** Pages by the reason they share, in the order in which the reasons first appear. */
export function reasonsOf(pages: readonly Page[]): readonly { because: Text; pages: readonly Page[] }[] {
  const reasons = new Map<string, { because: Text; pages: Page[] }>()
  for (const page of pages) {
    const because = page.because ?? REPORT_WORDS['page.unexplained']
    const reason = reasons.get(because.en) ?? { because, pages: [] }
    reasons.set(because.en, { because, pages: [...reason.pages, page] })
  }
  return [...reasons.values()]
}

export const messagesOf = (page: Page): readonly MessageEvent[] =>
  page.events.filter((event) => event.event === 'message')
export const expectationsOf = (page: Page): readonly ExpectationEvent[] =>
  page.events.filter((event) => event.event === 'expectation')

/** What the clinic made of refused messages, each once: a subject says the same thing wrongly again and again. */
export function diagnosesOf(page: Page): readonly DiagnosisEvent[] {
  const told = page.events.filter((event) => event.event === 'diagnosis')
  return told.filter(({ what }, index) => told.findIndex((one) => one.what.en === what.en) === index)
}

export type Fault = {
  readonly broken: ExpectationEvent
  readonly field?: string
  readonly rule?: Text
  readonly offset?: number
  /** What the offset counts in. */
  readonly within?: 'message' | 'domain'
}

/** What is at fault, one for each broken expectation; rule and offset come from the message that shows it. */
export function faultsOf(page: Page): readonly Fault[] {
  const messages = messagesOf(page)
  return expectationsOf(page)
    .filter(({ result }) => result === 'broken')
    .map((broken) => {
      const refusals = messages.flatMap(({ n, refused }) =>
        refused !== undefined && broken.evidence.includes(n) ? [refused] : [],
      )
      const refused = refusals.find(({ field }) => broken.field === undefined || broken.field === field)
      const field = broken.field ?? refused?.field
      return {
        broken,
        ...(field !== undefined && { field }),
        ...(refused && { rule: refused.rule }),
        ...(refused?.offset !== undefined && {
          offset: refused.offset,
          within: refused.step === 'fields' ? ('domain' as const) : ('message' as const),
        }),
      }
    })
}

/** The line that plays a page again and nothing else, with all that its outcome depends on. */
export function replayLine(page: Page, start: RunStart | undefined): string {
  const known = start === undefined ? [] : ['--profile', start.profile, '--seed', start.seed]
  // Where nothing was played there is no page that could be named exactly.
  const which = page.start === undefined ? ['--grep', page.row] : ['--page', page.id]
  return commandLine('certify', [...(start?.command ?? known), ...which])
}

/** A line that may be copied into any shell of the POSIX kind as it is. */
export const commandLine = (command: string, words: readonly string[]): string =>
  ['npx sifang', command, ...words.map(shellWord)].join(' ')

/** One word of a command line: as it is where every shell leaves it alone, else in quotes that hide everything. */
function shellWord(word: string): string {
  return /^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

export function titleOf(page: Page): Text {
  return page.start?.title ?? REPORT_WORDS['page.unplayed']
}

/** 1234 → "1.2 s"; 65000 → "1 min 5 s". */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}
