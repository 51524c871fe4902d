// summary.md, for the summary of a CI job: the verdict in one line, the counts, what failed and what was not shown.
import { type Lang, say } from './dictionary.ts'
import type { RunEvent } from './events.ts'
import {
  beyondOf,
  diagnosesOf,
  durationText,
  faultsOf,
  judgedOf,
  outcomeOf,
  type Page,
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

/** A CI summary is a screen, not an archive. */
const FAILURES_MAX = 50

export function summaryReport(events: readonly RunEvent[], lang: Lang): string {
  const run = runOf(events)
  const of = (...outcomes: readonly string[]): readonly Page[] =>
    run.pages.filter((page) => outcomes.includes(outcomeOf(page)))
  return `${[
    ...headOf(run, lang),
    ...failuresOf(of('failed', 'defect'), run, lang),
    ...unshownOf(
      run.pages.filter(({ verdict, cause }) => verdict === 'not shown' && cause !== 'harness'),
      lang,
    ),
    `*${say(lang, 'report.unofficial')}*`,
  ].join('\n\n')}\n`
}

function headOf(run: Run, lang: Lang): readonly string[] {
  const { start, end, counts, verdict } = run
  const beyond = beyondOf(run)
  const present = VERDICTS.filter((name) => counts[name] > 0)
  const facts = [
    start && `**${cell(start.subject.name)}**`,
    start && `${say(lang, 'run.profile')} \`${start.profile}\``,
    start && `${say(lang, 'run.revision')} \`${start.revision}\``,
    start && `${say(lang, 'run.seed')} \`${start.seed}\``,
    start?.part && say(lang, 'run.part', { part: start.part }),
    end && say(lang, 'count.messages', { n: end.messages }),
    end && durationText(end.durationMs),
  ].filter((fact) => fact !== undefined)
  return [
    `## ${RUN_SYMBOLS[verdict]} ${say(lang, `run.${verdict}`)}`,
    say(lang, totalOf(counts) === 0 ? 'report.nothing' : `run.${verdict}.because`),
    facts.join(' · '),
    table(
      [say(lang, 'verdict.of'), say(lang, 'table.count')],
      present.map((name) => [`${SYMBOLS[name]} ${say(lang, `verdict.${name}`)}`, String(counts[name])]),
    ),
    ...(end?.unreached === undefined ? [] : [`**${unreachedText(end.unreached, lang)}**`]),
    ...(beyond === 0 ? [] : [`**${say(lang, 'report.beyond', { n: beyond })}**`]),
    ...(end === undefined
      ? []
      : [
          say(lang, 'report.of', {
            catalogue: end.catalogue,
            rows: end.rows.length,
            judged: judgedOf(counts),
            without: end.without,
          }),
        ]),
  ].filter((part) => part !== '')
}

function failuresOf(pages: readonly Page[], { start }: Run, lang: Lang): readonly string[] {
  if (pages.length === 0) return []
  const rows = pages.slice(0, FAILURES_MAX).flatMap((page) => {
    const name = `\`${page.id}\``
    const title = cell(titleOf(page)[lang])
    const faults = faultsOf(page)
    if (faults.length === 0) return [[name, title, '', '', cell(page.because?.[lang] ?? page.verdict)]]
    return faults.map(({ broken, field }) => [
      name,
      `${title}: ${cell(broken.what[lang])}`,
      field === undefined ? '' : `\`${cell(field)}\``,
      cell(broken.expected),
      cell(broken.observed),
    ])
  })
  const columns = (['row', 'title', 'field', 'expected', 'observed'] as const).map((name) =>
    say(lang, `table.${name}`),
  )
  const more = pages.length - FAILURES_MAX
  return [
    `### ${say(lang, 'list.failures')} (${pages.length})`,
    table(columns, rows),
    ...(more > 0 ? [say(lang, 'list.more', { n: more })] : []),
    ...diagnosed(pages.slice(0, FAILURES_MAX), lang),
    `${say(lang, 'list.replay')}\n\n\`\`\`sh\n${pages
      .slice(0, FAILURES_MAX)
      .map((page) => replayLine(page, start))
      .join('\n')}\n\`\`\``,
  ]
}

/** One line for each thing that messages had wrong, with the pages that showed it. */
function diagnosed(pages: readonly Page[], lang: Lang): readonly string[] {
  const told = new Map<string, string[]>()
  for (const page of pages)
    for (const { what, fix } of diagnosesOf(page)) {
      const line = `**${say(lang, 'fault.diagnosis')}**: ${cell(what[lang])}. **${say(lang, 'fault.fix')}**: ${cell(fix[lang])}`
      told.set(line, [...(told.get(line) ?? []), `\`${page.id}\``])
    }
  return [...told].map(([line, ids]) => `${line} (${ids.join(' ')})`)
}

function unshownOf(pages: readonly Page[], lang: Lang): readonly string[] {
  if (pages.length === 0) return []
  const rows = reasonsOf(pages).map(({ because, pages: same }) => [
    cell(because[lang]),
    String(same.length),
    idsOf(same, lang),
  ])
  const columns = (['reason', 'count', 'row'] as const).map((name) => say(lang, `table.${name}`))
  return [`### ${say(lang, 'list.unshown')} (${pages.length})`, table(columns, rows)]
}

function idsOf(pages: readonly Page[], lang: Lang): string {
  const more = pages.length - FAILURES_MAX
  const ids = pages.slice(0, FAILURES_MAX).map(({ id }) => `\`${id}\``)
  return [...ids, ...(more > 0 ? [say(lang, 'list.more', { n: more })] : [])].join(' ')
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return rows.length === 0
    ? ''
    : [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text as one cell: what Markdown or HTML would take for its own is shown as written. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\|`*_[\]]/g, '\\$&')
}
