// A run: preflight, then page after page on one stage, every event handed on as it happens, one verdict at the end.
import {
  type Cause,
  type LoadedPage,
  type PageStart,
  play,
  type RunEnd,
  type RunEvent,
  type Stage,
} from '../scenarios/scenarios.ts'
import { stamp } from '../wire/wire.ts'
import { partiesOf } from './parties-view.ts'
import { preflight } from './preflight.ts'
import { CATALOGUE, type Revision } from './requirements.ts'
import { conclude, countsOf, type PageResult, rowResults } from './verdict.ts'

export type CertifyOptions = {
  readonly stage: Stage
  readonly pages: readonly LoadedPage[]
  readonly revision: Revision
  /** True when the pages are all that the revision requires; a filtered run judges only what it chose. */
  readonly whole: boolean
  readonly seed: string
  readonly version: string
  readonly run: string
  /** Part of every order id and user name of the run: letters and digits, at most eight. */
  readonly tag: string
  readonly sink: (event: RunEvent) => void
  /** Milliseconds that only go forward, for durations. */
  readonly elapsed: () => number
  readonly stop?: AbortSignal
}

export async function certify(options: CertifyOptions): Promise<RunEnd> {
  const { stage, pages, sink, elapsed } = options
  const began = elapsed()
  const { subject, profile } = stage
  sink({
    event: 'run.start',
    at: stamp(stage.clock.now()),
    run: options.run,
    version: options.version,
    profile: profile.id,
    seed: options.seed,
    revision: options.revision.id,
    subject: {
      name: subject.name,
      kind: subject.kind,
      features: [...subject.features],
      ...(subject.url !== undefined && { url: subject.url }),
    },
    pages: pages.length,
  })
  const results: PageResult[] = []
  const causes = new Set<Cause>()
  const trouble = await preflight(stage)
  let number = 0
  const play1 = { tag: options.tag, nextNumber: () => (number += 1) }
  for (const loaded of trouble === undefined ? pages : []) {
    if (options.stop?.aborted === true) break
    const started = elapsed()
    sink(startOf(options, loaded))
    const played = await playSafely(stage, loaded, play1)
    if (played.cause !== undefined && played.verdict !== 'pass') causes.add(played.cause)
    results.push({ loaded, played })
    sink({
      event: 'page.end',
      page: loaded.name,
      row: loaded.page.id,
      at: stamp(stage.clock.now()),
      verdict: played.verdict,
      durationMs: Math.round(elapsed() - started),
      ...(played.cause !== undefined && { cause: played.cause }),
      ...(played.because !== undefined && { because: played.because }),
    })
  }
  if (trouble !== undefined) causes.add(trouble.cause)
  const played = pages.map(({ page }) => page.id)
  const chosen = [...new Set(options.whole ? [...options.revision.rows, ...played] : played)]
  const rows = rowResults(chosen, results).map((row) =>
    trouble === undefined || row.verdict !== 'not shown' ? row : { ...row, because: trouble.because },
  )
  const end: RunEnd = {
    event: 'run.end',
    at: stamp(stage.clock.now()),
    ...(trouble?.cause === 'configuration'
      ? { verdict: 'unreachable', exit: 2 }
      : conclude(rows, causes, options.stop?.aborted === true)),
    counts: countsOf(rows),
    rows,
    without: CATALOGUE.length - new Set(pages.map(({ page }) => page.id)).size,
    catalogue: CATALOGUE.length,
    messages: stage.recorder.count(),
    durationMs: Math.round(elapsed() - began),
    transcript: stage.recorder.transcript(),
  }
  sink(end)
  return end
}

async function playSafely(
  stage: Stage,
  loaded: LoadedPage,
  options: Parameters<typeof play>[2],
): Promise<PageResult['played']> {
  try {
    return await play(stage, loaded, options)
  } catch (error) {
    // Whatever a subject does ends in a verdict; something thrown here is our own defect and must never look like a pass.
    const what = error instanceof Error ? error.message : String(error)
    return {
      verdict: 'not shown',
      cause: 'harness',
      because: { zh: `考试程序自身出错：${what}`, en: `the harness itself failed: ${what}` },
    }
  }
}

function startOf({ stage }: CertifyOptions, loaded: LoadedPage): PageStart {
  const { page } = loaded
  return {
    event: 'page.start',
    page: loaded.name,
    row: page.id,
    at: stamp(stage.clock.now()),
    title: page.title,
    given: page.given,
    clause: page.clause,
    severity: page.severity,
    role: page.role,
    group: page.id.slice(0, 3),
    parties: partiesOf(page.cast),
    where: loaded.where([]),
    ...(loaded.caseName !== undefined && { case: loaded.caseName }),
  }
}
