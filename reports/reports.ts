// The front door of the room: what a run leaves behind, for people and machines. Reports decide nothing; all of them
// are made from the one list of events (events.ts). html.ts, junit.ts, ctrf.ts, summary.ts and terminal.ts each
// write one format; pages.ts is how all of them read a run.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ctrfReport } from './ctrf.ts'
import type { Lang } from './dictionary.ts'
import type { RunEvent } from './events.ts'
import { htmlReport } from './html.ts'
import { junitReport } from './junit.ts'
import { maskedEvent } from './mask.ts'
import { summaryReport } from './summary.ts'

export {
  type AnswerChange,
  type Change,
  compareRuns,
  type Comparison,
  type Differing,
  type RunView,
} from './compare.ts'
export { ctrfReport } from './ctrf.ts'
export { DICTIONARY, type Lang, say, type WordKey } from './dictionary.ts'
export { htmlReport } from './html.ts'
export { junitReport } from './junit.ts'
export { commandLine, SYMBOLS } from './pages.ts'
export { readEvents } from './read.ts'
export {
  csvLine,
  DIFFERENCE_COLUMNS,
  type DifferenceCells,
  differenceCells,
  differenceCount,
  reconcileHtml,
  reconcileTable,
  SHOWN_PER_KIND,
} from './reconcile.ts'
export { summaryReport } from './summary.ts'
export { terminalSummary } from './terminal.ts'

/** Where each format was written. */
export type Written = {
  readonly html: string
  readonly junit: string
  readonly ctrf: string
  readonly summary: string
}

export async function writeReports(
  folder: string,
  events: readonly RunEvent[],
  options: { readonly lang: Lang; readonly version: string },
): Promise<Written> {
  const written = {
    html: join(folder, 'report.html'),
    junit: join(folder, 'junit.xml'),
    ctrf: join(folder, 'ctrf.json'),
    summary: join(folder, 'summary.md'),
  }
  await mkdir(folder, { recursive: true })
  await Promise.all([
    writeFile(written.html, htmlReport(events, options.lang, options.version)),
    writeFile(written.junit, junitReport(events)),
    writeFile(written.ctrf, ctrfReport(events)),
    writeFile(written.summary, summaryReport(events, options.lang)),
  ])
  return written
}

/** One event as one line of events.ndjson, its end included. */
export const eventLine = (event: RunEvent): string => `${JSON.stringify(maskedEvent(event))}\n`
export { padTo, widthOf } from './columns.ts'
