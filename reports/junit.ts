// junit.xml for CI servers: a suite for each group, a case for each page, named by its catalogue id. What was not
// shown is skipped with its reason, never passed; our own defects are errors.
import type { RunEvent } from './events.ts'
import { failureText, headline } from './failure.ts'
import { groupsOf, outcomeOf, type Page, type Run, runOf, titleOf } from './pages.ts'

export function junitReport(events: readonly RunEvent[]): string {
  const run = runOf(events)
  const suites = [...groupsOf(run.pages)].map(([group, pages]) => suiteOf(group, pages, run))
  const name = `sifang ${run.start?.subject.name ?? ''}`.trim()
  const attributes = { name, ...countsOf(run.pages), time: secondsOf(run.pages) }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, suites)}\n`
}

function suiteOf(group: string, pages: readonly Page[], run: Run): string {
  const attributes = {
    name: `sifang.${group}`,
    ...countsOf(pages),
    time: secondsOf(pages),
    ...(run.start && { timestamp: run.start.at }),
  }
  return element(
    'testsuite',
    attributes,
    pages.map((page) => caseOf(page, run)),
  )
}

function caseOf(page: Page, run: Run): string {
  const title = titleOf(page)
  const attributes = {
    name: `${page.id} ${title.zh} · ${title.en}`,
    classname: `sifang.${page.group}`,
    time: (page.durationMs / 1000).toFixed(3),
    ...(page.start && { file: page.start.where.file, line: page.start.where.line }),
  }
  const properties = {
    row: page.row,
    role: page.role,
    severity: page.severity,
    verdict: page.verdict,
    ...(page.start && { clause: page.start.clause }),
    ...(run.start && { profile: run.start.profile, seed: run.start.seed }),
    ...(run.start?.part !== undefined && { part: run.start.part }),
  }
  const rows = Object.entries(properties).map(([name, value]) => element('property', { name, value }))
  return element('testcase', attributes, [element('properties', {}, rows), ...outcome(page, run)])
}

function outcome(page: Page, { start }: Run): readonly string[] {
  const reason = [page.verdict, page.cause, page.because?.en].filter((part) => part !== undefined).join(': ')
  switch (outcomeOf(page)) {
    case 'passed':
      return []
    case 'warned':
      return [element('system-out', {}, [escapeXml(reason)])]
    case 'skipped':
      return [element('skipped', { message: reason })]
    case 'defect':
      return [element('error', { type: 'harness', message: reason }, [escapeXml(failureText(page, start))])]
    case 'failed':
      return [
        element('failure', { type: page.verdict, message: headline(page) }, [
          escapeXml(failureText(page, start)),
        ]),
      ]
  }
}

function countsOf(pages: readonly Page[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> {
  const of = (outcome: ReturnType<typeof outcomeOf>): number =>
    pages.filter((page) => outcomeOf(page) === outcome).length
  return { tests: pages.length, failures: of('failed'), errors: of('defect'), skipped: of('skipped') }
}

const secondsOf = (pages: readonly Page[]): string =>
  (pages.reduce((total, { durationMs }) => total + durationMs, 0) / 1000).toFixed(3)

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  inside: readonly string[] = [],
): string {
  const head = [
    name,
    ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(String(value))}"`),
  ].join(' ')
  return inside.length === 0 ? `<${head}/>` : `<${head}>${inside.join('')}</${name}>`
}

/** What XML 1.0 cannot hold even escaped (control characters, lone surrogates) is shown as U+FFFD. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
