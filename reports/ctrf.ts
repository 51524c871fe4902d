// ctrf.json, the common test report format (ctrf-io/ctrf, schema/ctrf.schema.json). It holds no time but the events'
// own: equal events give equal bytes.
import type { RunEvent } from './events.ts'
import { failureText, headline } from './failure.ts'
import { judgedOf, type Outcome, outcomeOf, type Page, type Run, runOf, titleOf } from './pages.ts'

type Status = 'passed' | 'failed' | 'skipped' | 'pending' | 'other'

/** A warning and a defect of ours are neither passed nor failed. */
const STATUS: Readonly<Record<Outcome, Status>> = {
  passed: 'passed',
  warned: 'other',
  failed: 'failed',
  defect: 'other',
  skipped: 'skipped',
}

export function ctrfReport(events: readonly RunEvent[]): string {
  const run = runOf(events)
  const tests = run.pages.map((page) => testOf(page, run))
  const count = (status: Status): number => tests.filter((test) => test.status === status).length
  const report = {
    reportFormat: 'CTRF',
    specVersion: '1.0.0',
    generatedBy: 'sifang',
    results: {
      tool: { name: 'sifang', ...(run.start && { version: run.start.version }) },
      summary: {
        tests: tests.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        start: instant(run.start?.at),
        stop: instant(run.end?.at ?? run.start?.at),
      },
      tests,
      extra: extraOf(run),
    },
  }
  return `${JSON.stringify(report, null, 1)}\n`
}

const instant = (at: string | undefined): number =>
  at === undefined || Number.isNaN(Date.parse(at)) ? 0 : Date.parse(at)

function testOf(page: Page, { start }: Run) {
  const status = STATUS[outcomeOf(page)]
  const title = titleOf(page)
  const failed = status === 'failed' || page.cause === 'harness'
  return {
    name: `${page.id} ${title.zh} · ${title.en}`,
    status,
    duration: Math.round(page.durationMs),
    suite: ['sifang', page.group],
    rawStatus: page.verdict,
    ...(status !== 'passed' && {
      message: status === 'failed' ? headline(page) : (page.because?.en ?? page.verdict),
    }),
    ...(failed && { trace: failureText(page, start) }),
    ...(page.start && { filePath: page.start.where.file, line: page.start.where.line }),
    tags: [page.group, page.severity, page.role],
    extra: {
      row: page.row,
      ...(page.start?.case !== undefined && { case: page.start.case }),
      verdict: page.verdict,
      ...(page.cause && { cause: page.cause }),
      ...(page.because && { because: page.because }),
      severity: page.severity,
      role: page.role,
      ...(page.start && { clause: page.start.clause }),
    },
  }
}

function extraOf({ start, end, verdict, counts }: Run) {
  return {
    verdict,
    counts,
    judged: judgedOf(counts),
    ...(start && {
      run: start.run,
      subject: start.subject,
      profile: start.profile,
      revision: start.revision,
      seed: start.seed,
    }),
    ...(end && {
      exit: end.exit,
      catalogue: end.catalogue,
      without: end.without,
      messages: end.messages,
      transcript: end.transcript,
    }),
    official: false,
  }
}
