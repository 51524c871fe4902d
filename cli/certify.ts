// `sifang certify`: from options to an exam, a folder of reports and an exit code. What is played is chosen in
// chosen.ts, what it is played on is built in examined.ts.
import { appendFileSync, existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import about from '../package.json' with { type: 'json' }
import {
  certify,
  type CertifyOptions,
  type PageEvent,
  type RunEnd,
  type RunEvent,
} from '../conformance/conformance.ts'
import { eventLine, say, terminalSummary, writeReports } from '../reports/reports.ts'
import { type LoadedPage, type Role, ROLES, VIRTUAL_START } from '../scenarios/scenarios.ts'
import type { Profile } from '../wire/wire.ts'
import { type ChoiceOptions, type Chosen, chosenPages } from './chosen.ts'
import { readConfig, type SubjectConfig } from './config.ts'
import { type Exam, type ExamOptions, exam, networkFor } from './examined.ts'
import { pagesFor } from './pages.ts'
import { type Circumstances, writeStillFailing } from './last-failed.ts'
import { peersOf } from './peers.ts'
import { EVENTS, latestRun, pointLatest, runFolder } from './runs.ts'
import { type Helper, helper, playShares, worthSharing } from './shares.ts'
import { type Recording, recordPages, tapesFolder, tapesWanted } from './tapes.ts'
import { profileNamed } from './profile.ts'
import { UsageError } from './usage.ts'

export type CertifyCommand = ChoiceOptions & {
  readonly profile: string
  readonly config?: string
  readonly role?: string
  readonly inProcess?: boolean
  readonly seed: string
  readonly store?: string
  readonly bail?: string | true
  readonly watch?: boolean
  readonly tapes?: string | true
  readonly json?: boolean
  readonly peers?: boolean
  readonly lang: 'zh' | 'en'
}

const ENDED_WAIT_MS = 1_000
const WRITTEN_AT: ReadonlySet<RunEvent['event']> = new Set(['run.start', 'page.end', 'run.end'])

export async function certifyCommand(options: CertifyCommand): Promise<void> {
  if (options.watch === true) return (await import('./watch.ts')).watchCommand(options)
  const profile = await profileNamed(options.profile)
  const most = failuresMost(options.bail)
  const which = tapesWanted(options.tapes)
  const config = options.config === undefined ? undefined : await readConfig(options.config)
  if (options.peers === true) return tellPeers(options, profile, config)
  const of = circumstancesOf(options)
  const roles = rolesOf(options.role, config)
  // Where all pages are played the second stage is made ready while they are read.
  const early = narrowed(options) ? undefined : secondStage(options)
  const chosen = await chosenPages({ ...options, roles }, of)
  const second = early ?? (worthSharing(chosen.pages) && !quick(options) ? secondStage(options) : undefined)
  const before = await latestRun(options.out)
  const run = await runFolder(options.out, profile.id)
  const progress = progressOn(process.stderr, chosen.pages.length)
  const bail = new AbortController()
  const { events, sink } = written(join(run.folder, EVENTS), progress, most, bail)
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt)
  const { lang } = options
  const log = join(run.folder, 'subject.log')
  const held: RoleExam[] = []
  try {
    // A role of which no page was chosen is nobody's business in this run.
    for (const role of roles.filter((one) => pagesFor(chosen.pages, [one]).length > 0 || chosen.whole)) {
      const own = { ...examOf(options, profile, config, sink), role, lang, log, stop: stop.signal }
      held.push({ ...(await exam(storeOnce(own, held.length))), role })
    }
    const tapes = which && { folder: tapesFolder(run.folder), which, seed: config?.seed ?? options.seed }
    const halts = { stop: stop.signal, bail: bail.signal }
    const going = { run: run.id, chosen, sink, second, ...halts, ...(tapes && { tapes }) }
    const end = await judged(options, config, held, going)
    progress(undefined)
    // A subject that answers no more may have ended a moment ago; one that runs is not waited for.
    const gone = await held[0]?.ended?.(end.exit === 3 ? ENDED_WAIT_MS : 0)
    if (gone !== undefined) process.stderr.write(`${gone}\n`)
    const inOrder = ordered(events, chosen.pages)
    const reports = await writeReports(run.folder, inOrder, { lang: options.lang, version: about.version })
    const names = chosen.pages.map(({ name }) => name)
    await writeStillFailing(run.folder, before, { id: run.id, of, chosen: names, all: chosen.all }, events)
    await pointLatest(options.out, run.id)
    process.exitCode = end.exit
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ ...end, event: undefined, folder: run.folder, reports })}\n`)
    else tell(options, inOrder, chosen.pages, reports.html)
    if (tapes !== undefined && options.json !== true && existsSync(tapes.folder))
      process.stdout.write(`${say(lang, 'cli.tapes.at', { path: relative(process.cwd(), tapes.folder) })}\n`)
  } finally {
    process.off('SIGINT', interrupt)
    second?.end()
    for (const one of held.toReversed()) await one.close()
  }
}

/** The events of a run, written down as they come; after so many failures `bail` is raised. */
function written(
  file: string,
  progress: (event: RunEvent) => void,
  most: number,
  bail: AbortController,
): { readonly events: readonly RunEvent[]; sink(event: RunEvent): void } {
  const events: RunEvent[] = []
  let failures = 0
  let lines: string[] = []
  const sink = (event: RunEvent): void => {
    events.push(event)
    lines.push(eventLine(event))
    // A page at a time: whoever reads along wants whole pages, and a file is not opened for every line.
    if (WRITTEN_AT.has(event.event)) {
      appendFileSync(file, lines.join(''))
      lines = []
    }
    progress(event)
    if (failed(event)) failures += 1
    if (failures >= most) bail.abort()
  }
  return { events, sink }
}

type RoleExam = Exam & { readonly role: Role }

/** Somebody else's system plays one part; of ours both are judged, one after the other. */
function rolesOf(wanted: string | undefined, config: SubjectConfig | undefined): readonly Role[] {
  const role = ROLES.find((one) => one === wanted)
  if (wanted !== undefined && role === undefined)
    throw new UsageError(`--role ${wanted}: there is ${ROLES.join(', ')}`)
  if (config !== undefined && role !== undefined && config.role !== role)
    throw new UsageError(
      `--role ${role}: ${config.name} is configured as subject.role: ${config.role}; leave one of them out`,
    )
  if (config !== undefined) return [config.role]
  return role === undefined ? ROLES : [role]
}

/** A store that was named is one party's. */
function storeOnce({ store, ...own }: ExamOptions, index: number): ExamOptions {
  return index > 0 || store === undefined ? own : { ...own, store }
}

/** How many failed pages end the run. */
function failuresMost(bail: string | true | undefined): number {
  if (bail === undefined) return Infinity
  if (bail === true) return 1
  if (/^[1-9][0-9]{0,5}$/.test(bail)) return Number(bail)
  throw new UsageError(`--bail ${bail}: after how many failed pages to stop, such as 3; 1 when not given`)
}

const failed = (event: RunEvent): boolean =>
  event.event === 'page.end' && (event.verdict === 'fail' || event.verdict === 'gap closed')

const circumstancesOf = ({ profile, config, pages }: CertifyCommand): Circumstances => ({
  profile,
  ...(config !== undefined && { config: resolve(config) }),
  ...(pages !== undefined && { pages: resolve(pages) }),
})

/** What a page is played again with. The seed of somebody else's system stands in its configuration. */
function commandOf({ profile, config, seed, inProcess, pages, role }: CertifyCommand): readonly string[] {
  return [
    '--profile',
    profile,
    ...(config === undefined ? ['--seed', seed] : ['--config', config]),
    ...(inProcess === true ? ['--in-process'] : []),
    ...(pages === undefined ? [] : ['--pages', pages]),
    ...(role === undefined ? [] : ['--role', role]),
  ]
}

function examOf(
  options: CertifyCommand,
  profile: Profile,
  config: SubjectConfig | undefined,
  sink: (event: PageEvent) => void,
): ExamOptions {
  return {
    profile,
    seed: config?.seed ?? options.seed,
    inProcess: options.inProcess === true,
    sink,
    ...(options.store !== undefined && { store: options.store }),
    ...(config !== undefined && { config }),
  }
}

async function tellPeers(
  options: CertifyCommand,
  profile: Profile,
  config: SubjectConfig | undefined,
): Promise<void> {
  const network = await networkFor(examOf(options, profile, config, () => undefined))
  process.stdout.write(`${JSON.stringify(peersOf(network), null, 2)}\n`)
}

type Going = {
  readonly run: string
  readonly chosen: Chosen
  readonly sink: (event: RunEvent) => void
  readonly stop: AbortSignal
  readonly bail: AbortSignal
  readonly tapes?: Recording
  readonly second?: Helper | undefined
}

function judged(
  options: CertifyCommand,
  config: SubjectConfig | undefined,
  exams: readonly RoleExam[],
  { run, chosen, sink, stop, bail, tapes, second }: Going,
): Promise<RunEnd> {
  const { pages, revision, whole, required } = chosen
  const seed = config?.seed ?? options.seed
  const tag = tagOf(seed, config)
  const elapsed = (): number => performance.now()
  const subject = subjectsOf(exams)
  if (options.json !== true)
    process.stderr.write(
      `${say(options.lang, 'cli.certify.start', { subject: subject.name, pages: pages.length, profile: options.profile, seed })}\n`,
    )
  const own = exams.map(({ stage, role }) => {
    // What is on a tape is played again for an institution.
    const taped = role === 'acquirer' ? undefined : tapes
    const over = taped && { tapes: taped, over: recordPages(taped, stage) }
    const stopped = AbortSignal.any([stop, bail])
    return { stage, role, pages: pagesFor(pages, [role]), tag, elapsed, stop: stopped, ...over }
  })
  return certify(
    {
      subject,
      profile: options.profile,
      pages,
      revision,
      whole,
      seed,
      version: about.version,
      run,
      at: exams[0]?.stage.clock.now() ?? VIRTUAL_START,
      sink,
      elapsed,
      stop,
      bail,
      command: commandOf(options),
      ...(required !== undefined && { required }),
      ...(options.shard !== undefined && { part: options.shard }),
    },
    () => playShares(own, second, sink),
  )
}

/** One line for all that were judged. */
function subjectsOf(exams: readonly RoleExam[]): CertifyOptions['subject'] {
  const all = exams.map(({ stage }) => stage.subject)
  const [first] = all
  if (first !== undefined && all.length === 1) return first
  return {
    name: all.map(({ name }) => name).join(' + '),
    kind: first?.kind ?? 'in-process',
    features: new Set(all.flatMap(({ features }) => [...features])),
  }
}

/** Only our own parties can be had twice; a stranger, or a store that was named, is one. And where the run stops
 *  must not depend on which of two stages was faster. */
function secondStage(options: CertifyCommand): Helper | undefined {
  const { profile, config, seed, store, inProcess = false, bail } = options
  const alone = config !== undefined || store !== undefined || bail !== undefined
  return alone ? undefined : helper({ profile, seed, tag: tagOf(seed, undefined), inProcess })
}

/** In process some pages are over before a second stage is there. And a planted defect (mutant-child.ts) is in this thread
 *  alone, so what names its rows stays here. */
const quick = (options: CertifyCommand): boolean => options.inProcess === true && narrowed(options)

const narrowed = ({ pages, grep, page, lastFailed, shard }: CertifyCommand): boolean =>
  [pages, grep, page, lastFailed, shard].some((option) => option !== undefined)

/** The events of a run with its pages in their own order, whichever stage came first. */
function ordered(events: readonly RunEvent[], pages: readonly LoadedPage[]): readonly RunEvent[] {
  const place = new Map(pages.map(({ name }, index) => [name, index]))
  const at = (event: RunEvent): number =>
    event.event === 'run.start' ? -1 : event.event === 'run.end' ? pages.length : (place.get(event.page) ?? 0)
  return events
    .map((event, index) => ({ event, index }))
    .sort((a, b) => at(a.event) - at(b.event) || a.index - b.index)
    .map(({ event }) => event)
}

function tell(
  options: CertifyCommand,
  events: readonly RunEvent[],
  pages: readonly LoadedPage[],
  html: string,
): void {
  const colour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
  process.stdout.write(
    terminalSummary(events, { lang: options.lang, colour, width: process.stdout.columns ?? 96 }),
  )
  const failing = new Set(events.filter(failed).map(pageOf))
  const broken = pages.find(({ name }) => failing.has(name))
  process.stdout.write(`\n${say(options.lang, 'cli.report.at', { path: relative(process.cwd(), html) })}\n`)
  const exit = events.findLast((event) => event.event === 'run.end')?.exit ?? 0
  const next =
    broken === undefined ? (NEXT[exit] ?? 'npx sifang mutants') : `npx sifang explain ${broken.page.id}`
  process.stdout.write(`${say(options.lang, 'cli.next', { command: next })}\n`)
}

const pageOf = (event: RunEvent): string | undefined => ('page' in event ? event.page : undefined)

/** What to do next after an ending that no page explains. */
const NEXT: Readonly<Record<number, string>> = {
  2: 'npx sifang doctor',
  3: 'npx sifang doctor',
  4: 'npx sifang list',
}

/** With our own institution a run starts from nothing, so its names may follow the seed; a stranger keeps its data. */
function tagOf(seed: string, config: SubjectConfig | undefined): string {
  if (config === undefined) return `s${seed.replace(/[^A-Za-z0-9]/g, '').slice(0, 4)}`
  return Date.now().toString(36).slice(-7)
}

/** One line that moves, on a terminal; nothing elsewhere. */
function progressOn(stream: NodeJS.WriteStream, total: number): (event: RunEvent | undefined) => void {
  if (stream.isTTY !== true) return () => undefined
  let done = 0
  return (event) => {
    if (event === undefined) stream.write('\r\u001b[K')
    else if (event.event === 'page.start') stream.write(`\r\u001b[K[${done + 1}/${total}] ${event.page}`)
    else if (event.event === 'page.end') done += 1
  }
}
