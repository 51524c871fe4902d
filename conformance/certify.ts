// A run: preflight, then page after page on a stage, every event handed on as it happens, one verdict at the end. The
// pages may be shared among several stages, each with a subject and stand-ins of its own.
import {
  type Cause,
  type LoadedPage,
  type PageStart,
  play,
  type Played,
  roleOf,
  type RunEnd,
  type RunEvent,
  type Stage,
  type Subject,
} from '../scenarios/scenarios.ts'
import { sm3, toHex, utf8 } from '../crypto/crypto.ts'
import { stamp, type Text } from '../wire/wire.ts'
import { diagnosesOf, explainedBy } from './clinic-page.ts'
import { rulings } from './oracles.ts'
import { partiesOf } from './parties-view.ts'
import { preflight, type Trouble } from './preflight.ts'
import { CATALOGUE, type Revision } from './requirements.ts'
import { conclude, countsOf, EXITS, type PageResult, roleResults, rowResults } from './verdict.ts'

export type PlayPages = {
  readonly stage: Stage
  readonly pages: readonly LoadedPage[]
  /** Part of every order id and user name of the run: letters and digits, at most eight. */
  readonly tag: string
  readonly sink: (event: RunEvent) => void
  /** Milliseconds that only go forward, for durations. */
  readonly elapsed: () => number
  readonly stop?: AbortSignal
  /** Told of each page when it is over, while the stage still holds what was seen of it. */
  readonly over?: (loaded: LoadedPage, played: PageResult['played']) => void
}

/** What one stage has to say about its share of the pages. Plain data: it may come from another thread. */
export type Share = {
  readonly results: readonly { readonly page: string; readonly played: PageResult['played'] }[]
  readonly trouble?: Trouble
  readonly messages: number
  readonly transcript: string
}

/** Preflight, then page after page on one stage. */
export async function playPages(playing: PlayPages): Promise<Share> {
  const { stage, pages, tag, sink, elapsed, stop, over } = playing
  const results: { page: string; played: PageResult['played'] }[] = []
  const trouble = await preflight(stage)
  let number = 0
  const play1 = { tag, nextNumber: () => (number += 1) }
  for (const loaded of trouble === undefined ? pages : []) {
    if (stop?.aborted === true) break
    const started = elapsed()
    sink(startOf(stage, loaded))
    const judged = ruled(stage, loaded, await playSafely(stage, loaded, play1), sink)
    const diagnoses = await diagnosesOf(stage, loaded.name)
    for (const event of diagnoses) sink(event)
    const played = explainedBy(judged, diagnoses[0])
    const { verdict, cause, because } = played
    results.push({
      page: loaded.name,
      played: { verdict, ...(cause !== undefined && { cause }), ...(because !== undefined && { because }) },
    })
    sink({
      event: 'page.end',
      page: loaded.name,
      row: loaded.page.id,
      at: stamp(stage.clock.now()),
      verdict,
      durationMs: Math.round(elapsed() - started),
      ...(cause !== undefined && { cause }),
      ...(because !== undefined && { because }),
    })
    over?.(loaded, played)
  }
  return {
    results,
    messages: stage.recorder.count(),
    transcript: stage.recorder.transcript(),
    ...(trouble !== undefined && { trouble }),
  }
}

export type CertifyOptions = {
  readonly subject: Pick<Subject, 'name' | 'kind' | 'url' | 'features'>
  readonly profile: string
  readonly pages: readonly LoadedPage[]
  readonly revision: Revision
  /** True when the pages are all that the revision requires; a filtered run judges only what it chose. */
  readonly whole: boolean
  readonly seed: string
  readonly version: string
  readonly run: string
  /** When the run begins, by the stage's clock. */
  readonly at: number
  readonly sink: (event: RunEvent) => void
  readonly elapsed: () => number
  readonly stop?: AbortSignal
  /** Raised by who wants no more after a failure; what was not reached by then is not shown. */
  readonly bail?: AbortSignal
  /** Rows that a part of a whole run answers for, whether one of its pages plays them or not. */
  readonly required?: readonly string[]
  readonly part?: string
  readonly command?: readonly string[]
}

/** A run over any number of stages: `play` has all pages played, in shares; what they say becomes one verdict. */
export async function certify(
  options: CertifyOptions,
  play: () => Promise<readonly Share[]>,
): Promise<RunEnd> {
  const { subject, pages, sink, elapsed } = options
  const began = elapsed()
  const { name, kind, url, features } = subject
  sink({
    event: 'run.start',
    at: stamp(options.at),
    run: options.run,
    version: options.version,
    profile: options.profile,
    seed: options.seed,
    revision: options.revision.id,
    subject: { name, kind, features: [...features], ...(url !== undefined && { url }) },
    pages: pages.length,
    whole: options.whole,
    ...(options.part !== undefined && { part: options.part }),
    ...(options.command !== undefined && { command: options.command }),
  })
  const shares = await play()
  const end = endOf(options, shares, Math.round(elapsed() - began))
  sink(end)
  return end
}

function endOf(options: CertifyOptions, shares: readonly Share[], durationMs: number): RunEnd {
  const { pages } = options
  const byName = new Map(pages.map((loaded) => [loaded.name, loaded]))
  const results = shares.flatMap(({ results: own }) =>
    own.flatMap(({ page, played }) => ({ loaded: byName.get(page), played })),
  )
  const trouble = shares.find((share) => share.trouble !== undefined)?.trouble
  const causes = new Set<Cause>(trouble === undefined ? [] : [trouble.cause])
  for (const { played } of results)
    if (played.cause !== undefined && played.verdict !== 'pass') causes.add(played.cause)
  const played = pages.map(({ page }) => page.id)
  const required = options.whole ? options.revision.rows : (options.required ?? [])
  const chosen = [...new Set([...required, ...played])]
  const known = results.flatMap(({ loaded, played: one }) =>
    loaded === undefined ? [] : [{ loaded, played: one }],
  )
  const unreached = unreachedOf(options, known)
  const roles = roleResults([...known, ...unreached])
  const rows = rowResults(chosen, [...known, ...unreached]).map((row) =>
    trouble === undefined || row.verdict !== 'not shown' ? row : { ...row, because: trouble.because },
  )
  return {
    event: 'run.end',
    at: stamp(options.at),
    ...(trouble?.cause === 'configuration'
      ? { verdict: 'unreachable', exit: EXITS.usage }
      : conclude(rows, causes, options.stop?.aborted === true)),
    counts: countsOf(rows),
    rows,
    ...(roles.some(({ role }) => role === 'acquirer') && { roles }),
    without: CATALOGUE.filter(({ id }) => !played.includes(id)).length,
    catalogue: CATALOGUE.length,
    messages: shares.reduce((sum, share) => sum + share.messages, 0),
    durationMs,
    transcript: toHex(sm3(utf8(shares.map(({ transcript }) => transcript).join('\n')))),
    ...(unreached[0]?.played.because !== undefined && {
      unreached: { pages: unreached.length, because: unreached[0].played.because },
    }),
  }
}

const BAILED = { zh: '因 --bail 提前停止', en: 'stopped by --bail' }
const INTERRUPTED = { zh: '运行被中断', en: 'the run was interrupted' }

/** Pages that were chosen and never begun, because somebody stopped the run: a row of which one is missing is not shown. */
function unreachedOf(
  { pages, stop, bail }: CertifyOptions,
  known: readonly PageResult[],
): readonly PageResult[] {
  if (stop?.aborted !== true && bail?.aborted !== true) return []
  const because = stop?.aborted === true ? INTERRUPTED : BAILED
  const reached = new Set(known.map(({ loaded }) => loaded))
  return pages
    .filter((loaded) => !reached.has(loaded))
    .map((loaded) => ({ loaded, played: { verdict: 'not shown', because } }))
}

async function playSafely(
  stage: Stage,
  loaded: LoadedPage,
  options: Parameters<typeof play>[2],
): Promise<Played> {
  try {
    return await play(stage, loaded, options)
  } catch (error) {
    // Whatever a subject does ends in a verdict; something thrown here is our own defect and must never look like a pass.
    const what = error instanceof Error ? error.message : String(error)
    return {
      verdict: 'not shown',
      cause: 'harness',
      judged: [],
      because: { zh: `考试程序自身出错：${what}`, en: `the harness itself failed: ${what}` },
    }
  }
}

/** What the oracles make of the page: a violated invariant fails it, and a dispute between them is our own defect. */
function ruled(
  stage: Stage,
  loaded: LoadedPage,
  played: Played,
  sink: PlayPages['sink'],
): PageResult['played'] {
  if (played.cause === 'harness') return played
  // The oracles are an institution's: of an acquirer they know no rule yet.
  if (roleOf(loaded.page) === 'acquirer') return played
  // A page that failed or was not shown may fail for what its literals rest on: then it has no say about the oracles.
  // And one that was cut off never came to rest: its parties may still be about to agree.
  const rested = played.verdict !== 'not shown' || played.cause === 'undecidable'
  const all = rulings(stage.recorder.seen(), played.verdict === 'pass' ? played.judged : []).filter(
    ({ network }) => rested || network !== true,
  )
  const at = stamp(stage.clock.now())
  for (const { invariant, result, by, items, because, evidence } of all)
    sink({ event: 'invariant', page: loaded.name, at, invariant, result, by, items, because, evidence })
  const disputed = all.find(({ result }) => result === 'disputed')
  const told = all.some(({ result, network }) => result === 'violated' && network !== true)
  // A subject that breaks one rule may well leave two readings of another: then the fault that is certain is its own.
  // But against what a page saw hold with its own eyes no oracle is right.
  if (disputed !== undefined && played.verdict !== 'fail' && (!told || disputed.by.includes('page')))
    return { verdict: 'not shown', cause: 'harness', because: named(disputed.invariant, disputed.because) }
  const broken = all.filter(({ result }) => result === 'violated')
  const violated = broken.find(({ network }) => network !== true)
  if (played.verdict === 'fail' || broken[0] === undefined)
    return asksInvariants(loaded, played) && all.some(({ result }) => result === 'holds')
      ? { verdict: 'pass' }
      : played
  // The institution kept to its own words, and still the acquirer heard otherwise: between them stands only what is ours.
  if (violated === undefined)
    return { verdict: 'not shown', cause: 'harness', because: named(broken[0].invariant, broken[0].because) }
  return { verdict: 'fail', cause: 'subject', because: named(violated.invariant, violated.because) }
}

/** A page that expects nothing else is judged by the invariants; one that expects more must have shown that first. */
const asksInvariants = ({ page }: LoadedPage, { cause, judged }: Played): boolean =>
  page.expect.some((one) => 'invariants' in one) && cause === 'undecidable' && judged.length === 0

const named = (invariant: string, { zh, en }: Text): Text => ({
  zh: `${invariant}：${zh}`,
  en: `${invariant}: ${en}`,
})

function startOf(stage: Stage, loaded: LoadedPage): PageStart {
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
