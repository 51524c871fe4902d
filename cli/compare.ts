// `sifang compare A B`: what has changed between two runs. Exit 1 when something got worse, so that CI can hold a run
// against the one before it.
import {
  type AnswerChange,
  type Change,
  compareRuns,
  type Comparison,
  readEvents,
  type RunView,
  say,
  SYMBOLS,
} from '../reports/reports.ts'
import type { RunEvent, Verdict } from '../conformance/conformance.ts'
import { eventsOf } from './runs.ts'
import { UsageError } from './usage.ts'

type CompareCommand = { readonly out: string; readonly json?: boolean; readonly lang: Lang }
type Lang = 'zh' | 'en'

/** A terminal is read from its end; --json has them all. */
const ANSWERS_MAX = 60
const ONLY_MAX = 24

export async function compareCommand(a: string, b: string, options: CompareCommand): Promise<void> {
  const [one, other] = [await eventsOf(a, options.out), await eventsOf(b, options.out)]
  const compared = compareRuns(await eventsIn(one), await eventsIn(other))
  const paths = { a: one, b: other }
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...compared, paths })}\n`
      : `${text(compared, paths, options.lang).join('\n')}\n`,
  )
  process.exitCode = compared.worse > 0 ? 1 : 0
}

async function eventsIn(path: string): Promise<readonly RunEvent[]> {
  let events: readonly RunEvent[]
  try {
    events = await readEvents(path)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  if (events[0]?.event === 'run.start') return events
  throw new UsageError(`${path}:1: a run begins with its run.start, and here is none; was the file cut?`)
}

function text(compared: Comparison, paths: { a: string; b: string }, lang: Lang): readonly string[] {
  const { a, b, differing, changes, answers, only } = compared
  const chosen = (names: readonly string[], from: 'a' | 'b'): readonly string[] =>
    names.length === 0 ? [] : [say(lang, `cli.compare.only.${from}`, { n: names.length, pages: some(names) })]
  return [
    `A  ${runLine(a, lang)}  ${paths.a}`,
    `B  ${runLine(b, lang)}  ${paths.b}`,
    ...differing.map(
      (name) =>
        `!  ${say(lang, 'cli.compare.differ', { what: say(lang, `run.${name}`), a: a[name], b: b[name] })}`,
    ),
    ...(differing.length === 0 ? [] : [`   ${say(lang, 'cli.compare.differ.mind')}`]),
    say(lang, transcripts(compared)),
    '',
    `${say(lang, 'cli.compare.changes')} (${changes.length})`,
    ...changes.flatMap((change) => changeLines(change, lang)),
    '',
    `${say(lang, 'cli.compare.answers')} (${answers.length})`,
    ...answers.slice(0, ANSWERS_MAX).map(answerLine),
    ...(answers.length > ANSWERS_MAX
      ? [`  ${say(lang, 'cli.compare.more', { n: answers.length - ANSWERS_MAX })}`]
      : []),
    '',
    ...chosen(only.a, 'a'),
    ...chosen(only.b, 'b'),
    counted(compared, lang),
  ]
}

function runLine({ run, verdict, ended }: RunView, lang: Lang): string {
  return `${run}  ${ended ? say(lang, `run.${verdict}`) : say(lang, 'cli.compare.unended')}`
}

function transcripts({ transcriptsEqual }: Comparison) {
  if (transcriptsEqual === undefined) return 'cli.compare.transcript.open'
  return transcriptsEqual ? 'cli.compare.transcript.equal' : 'cli.compare.transcript.differ'
}

function changeLines({ page, kind, before, after, title, because }: Change, lang: Lang): readonly string[] {
  const shown = (verdict: Verdict): string => `${SYMBOLS[verdict]} ${say(lang, `verdict.${verdict}`)}`
  return [
    `  ${say(lang, `cli.compare.${kind}`)}: ${page}  ${shown(before)} → ${shown(after)}  ${title[lang]}`,
    ...(because === undefined ? [] : [`      ${because[lang]}`]),
  ]
}

function answerLine({ page, type, n, before, after }: AnswerChange): string {
  return `  ${page.padEnd(24)} ${`${type} ${n}`.padEnd(26)} ${before ?? '–'} → ${after ?? '–'}`
}

function counted({ changes, same, worse, answers }: Comparison, lang: Lang): string {
  const kinds = [...new Set(changes.map(({ kind }) => kind))]
  const each = kinds.map(
    (kind) => `${say(lang, `cli.compare.${kind}`)} ${changes.filter((one) => one.kind === kind).length}`,
  )
  const sum = [say(lang, 'cli.compare.same', { n: same }), ...each].join(' · ')
  const end = worse === 0 ? 'cli.compare.fine' : 'cli.compare.bad'
  return `${sum}\n${say(lang, end, { n: worse, answers: answers.length })}`
}

function some(names: readonly string[]): string {
  const more = names.length - ONLY_MAX
  return `${names.slice(0, ONLY_MAX).join(' ')}${more > 0 ? ` … +${more}` : ''}`
}
