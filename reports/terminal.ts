// What a person reads at the end of a run: the verdict first, then the counts, then each failure from its cause to
// the line that plays it again, then what was not shown and why. Never by colour alone.
import picocolors from 'picocolors'
import { padTo, widthOf, wrap } from './columns.ts'
import { type Lang, say } from './dictionary.ts'
import type { RoleResult, RunEnd, RunEvent, Verdict } from './events.ts'
import {
  beyondOf,
  diagnosesOf,
  durationText,
  type Fault,
  faultsOf,
  judgedOf,
  outcomeOf,
  type Page,
  reasonOf,
  reasonsOf,
  replayLine,
  RUN_SYMBOLS,
  type Run,
  runOf,
  SYMBOLS,
  titleOf,
  totalOf,
  unreachedText,
  VERDICTS,
} from './pages.ts'

type Paint = ReturnType<typeof picocolors.createColors>
type Look = { readonly lang: Lang; readonly paint: Paint; readonly width: number }

const WIDTH_MIN = 40
const WIDTH_MAX = 100
/** A terminal is read from its end; the rest is in the report. */
const FAILURES_MAX = 25
const IDS_MAX = 24

export function terminalSummary(
  events: readonly RunEvent[],
  options: { readonly lang: Lang; readonly colour: boolean; readonly width: number },
): string {
  const width = Math.min(Math.max(options.width, WIDTH_MIN), WIDTH_MAX)
  const look = { lang: options.lang, paint: picocolors.createColors(options.colour), width }
  const run = runOf(events)
  const of = (outcome: ReturnType<typeof outcomeOf>): readonly Page[] =>
    run.pages.filter((page) => outcomeOf(page) === outcome)
  const unshown = run.pages.filter(({ verdict, cause }) => verdict === 'not shown' && cause !== 'harness')
  const lines = [
    ...verdictOf(run, look),
    ...failuresOf('list.failures', of('failed'), run, look),
    ...failuresOf('list.defects', of('defect'), run, look),
    ...reasonsTold('list.warnings', of('warned'), look),
    ...reasonsTold('list.unshown', unshown, look),
    '',
    look.paint.dim(say(look.lang, 'report.unofficial')),
  ]
  return `${lines.join('\n')}\n`
}

function verdictOf(run: Run, look: Look): readonly string[] {
  const { start, end, counts, verdict } = run
  const { lang, paint, width } = look
  const beyond = beyondOf(run)
  const colour = runColour(verdict, paint)
  const why = say(lang, totalOf(counts) === 0 ? 'report.nothing' : `run.${verdict}.because`)
  const facts = [
    start && `${say(lang, 'run.profile')} ${start.profile}`,
    start && `${say(lang, 'run.revision')} ${start.revision}`,
    start && `${say(lang, 'run.seed')} ${start.seed}`,
    start?.part && say(lang, 'run.part', { part: start.part }),
    end && say(lang, 'count.messages', { n: end.messages }),
    end && durationText(end.durationMs),
  ].filter((fact) => fact !== undefined)
  const about =
    start &&
    `${start.subject.name} (${start.subject.kind}${start.subject.url === undefined ? '' : ` ${start.subject.url}`})`
  const scope =
    end &&
    say(lang, 'report.of', {
      catalogue: end.catalogue,
      rows: end.rows.length,
      judged: judgedOf(counts),
      without: end.without,
    })
  return [
    `${colour(paint.bold(`${RUN_SYMBOLS[verdict]} ${say(lang, `run.${verdict}`)}`))}`,
    ...wrap(why, width - 2).map((line) => `  ${line}`),
    ...countsOf(counts, look),
    ...(end?.roles ?? []).flatMap((one) => roleOf(one, look)),
    ...(end?.unreached === undefined
      ? []
      : wrap(unreachedText(end.unreached, lang), width - 2).map((line) => `  ${paint.yellow(line)}`)),
    ...(beyond === 0
      ? []
      : wrap(say(lang, 'report.beyond', { n: beyond }), width - 2).map((line) => `  ${paint.red(line)}`)),
    '',
    ...(about === undefined ? [] : wrap(about, width - 2).map((line) => `  ${line}`)),
    ...wrap(facts.join(' · '), width - 2).map((line) => `  ${paint.dim(line)}`),
    ...(scope === undefined ? [] : wrap(scope, width - 2).map((line) => `  ${paint.dim(line)}`)),
  ]
}

/** What came of one role's rows; a row of both roles counts in each that was judged. */
function roleOf({ role, counts }: RoleResult, look: Look): readonly string[] {
  const { lang, width } = look
  const told = VERDICTS.filter((verdict) => counts[verdict] > 0)
    .toReversed()
    .map((name) => `${SYMBOLS[name]} ${counts[name]} ${say(lang, `verdict.${name}`)}`)
  const line = `${say(lang, `role.${role}`)}: ${told.join(' · ')}`
  return wrap(line, width - 4).map((text) => `    ${look.paint.dim(text)}`)
}

/** One line if it fits; a count is never torn from its word. */
function countsOf(counts: Run['counts'], { lang, paint, width }: Look): readonly string[] {
  const lines: { text: string; columns: number }[] = []
  for (const name of VERDICTS.filter((verdict) => counts[verdict] > 0).toReversed()) {
    const plain = `${SYMBOLS[name]} ${counts[name]} ${say(lang, `verdict.${name}`)}`
    const last = lines.at(-1)
    const columns = widthOf(plain) + (last?.columns ?? 0) + 3
    if (last !== undefined && columns <= width - 2) {
      last.text += ` · ${verdictColour(name, paint)(plain)}`
      last.columns = columns
    } else lines.push({ text: `  ${verdictColour(name, paint)(plain)}`, columns: widthOf(plain) })
  }
  return lines.map(({ text }) => text)
}

function failuresOf(
  title: 'list.failures' | 'list.defects',
  pages: readonly Page[],
  { start }: Run,
  look: Look,
): readonly string[] {
  if (pages.length === 0) return []
  const more = pages.length - FAILURES_MAX
  return [
    '',
    look.paint.bold(`${say(look.lang, title)} (${pages.length})`),
    ...pages.slice(0, FAILURES_MAX).flatMap((page) => failureOf(page, start, look)),
    ...(more > 0 ? ['', `  ${say(look.lang, 'list.more', { n: more })}`] : []),
  ]
}

function failureOf(page: Page, start: Run['start'], look: Look): readonly string[] {
  const { lang, paint, width } = look
  const [first = '', ...rest] = wrap(titleOf(page)[lang], width - widthOf(page.id) - 4)
  const indent = ' '.repeat(widthOf(page.id) + 4)
  const cause =
    page.cause === undefined ? [] : rowOf(say(lang, 'fault.whose'), say(lang, `cause.${page.cause}`), look)
  const reason = reasonOf(page)
  const because = reason === undefined ? [] : rowOf(say(lang, 'fault.because'), reason[lang], look)
  return [
    '',
    `${paint.red(SYMBOLS[page.verdict])} ${paint.bold(page.id)}  ${first}`,
    ...rest.map((line) => indent + line),
    ...faultsOf(page).flatMap((fault) => faultOf(fault, page, look)),
    ...diagnosesOf(page).flatMap(({ n, what, fix }) => [
      ...rowOf(say(lang, 'fault.diagnosis'), `#${n} ${what[lang]}`, look, paint.yellow),
      ...rowOf(say(lang, 'fault.fix'), fix[lang], look, paint.green),
    ]),
    ...cause,
    ...because,
    // Whole, however wide the terminal is: it is there to be copied.
    `      ${paint.dim(padTo(say(lang, 'fault.replay'), LABEL_COLUMNS))}${paint.cyan(replayLine(page, start))}`,
  ]
}

function faultOf({ broken, field, rule, offset, within }: Fault, page: Page, look: Look): readonly string[] {
  const { lang, paint, width } = look
  const row = (
    key: 'expected' | 'observed' | 'field' | 'rule' | 'clause' | 'offset' | 'evidence',
    text: string | undefined,
    colour?: (line: string) => string,
  ): readonly string[] =>
    text === undefined || text === '' ? [] : rowOf(say(lang, `fault.${key}`), text, look, colour)
  return [
    ...wrap(broken.what[lang], width - 4).map((line) => `    ${line}`),
    ...row('expected', broken.expected, paint.green),
    ...row('observed', broken.observed, paint.red),
    ...row('field', field),
    ...row('rule', rule?.[lang]),
    ...row('clause', page.start?.clause),
    ...row(
      'offset',
      offset === undefined ? undefined : say(lang, `fault.offset.${within ?? 'message'}`, { n: offset }),
    ),
    ...row('evidence', broken.evidence.map((n) => `#${n}`).join(' ')),
  ]
}

const LABEL_COLUMNS = 10

function rowOf(
  label: string,
  text: string,
  { paint, width }: Look,
  colour = (line: string): string => line,
): readonly string[] {
  const indent = ' '.repeat(6 + LABEL_COLUMNS)
  const [first = '', ...rest] = wrap(text, width - indent.length)
  return [
    `      ${paint.dim(padTo(label, LABEL_COLUMNS))}${colour(first)}`,
    ...rest.map((line) => indent + colour(line)),
  ]
}

function reasonsTold(
  title: 'list.unshown' | 'list.warnings',
  pages: readonly Page[],
  look: Look,
): readonly string[] {
  if (pages.length === 0) return []
  const { lang, paint, width } = look
  const told = reasonsOf(pages).flatMap(({ because, pages: same }) => {
    const [first = '', ...rest] = wrap(because[lang], width - 10)
    return [
      `  ${SYMBOLS[same[0]?.verdict ?? 'not shown']} ${String(same.length).padStart(4)}  ${first}`,
      ...rest.map((line) => `         ${line}`),
      ...wrap(idsOf(same, lang), width - 10).map((line) => `         ${paint.dim(line)}`),
    ]
  })
  return ['', paint.bold(`${say(lang, title)} (${pages.length})`), ...told]
}

function idsOf(pages: readonly Page[], lang: Lang): string {
  const more = pages.length - IDS_MAX
  const ids = pages.slice(0, IDS_MAX).map(({ id }) => id)
  return [...ids, ...(more > 0 ? [say(lang, 'list.more', { n: more })] : [])].join(' ')
}

function verdictColour(verdict: Verdict, paint: Paint): (text: string) => string {
  if (verdict === 'pass') return paint.green
  if (verdict === 'fail' || verdict === 'gap closed') return paint.red
  return verdict === 'warn' || verdict === 'not shown' ? paint.yellow : paint.dim
}

function runColour(verdict: RunEnd['verdict'], paint: Paint): (text: string) => string {
  if (verdict === 'pass') return paint.green
  return verdict === 'fail' || verdict === 'harness defect' ? paint.red : paint.yellow
}
