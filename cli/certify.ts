// `sifang certify`: from options to an exam, a folder of reports and an exit code.
import { appendFileSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import about from '../package.json' with { type: 'json' }
import {
  certify,
  type PageEvent,
  playPages,
  type RunEnd,
  type RunEvent,
  type Share,
} from '../conformance/conformance.ts'
import { eventLine, say, terminalSummary, writeReports } from '../reports/reports.ts'
import type { LoadedPage } from '../scenarios/scenarios.ts'
import { type Profile, PROFILES } from '../wire/wire.ts'
import { readConfig, type SubjectConfig } from './config.ts'
import { type Exam, type ExamOptions, exam, peersOf } from './examined.ts'
import { playShares, WORTH_SHARING } from './shares.ts'
import { allPages, choose, revision } from './pages.ts'
import { UsageError } from './usage.ts'

export type CertifyCommand = {
  readonly profile: string
  readonly config?: string
  readonly inProcess?: boolean
  readonly grep?: string
  readonly seed: string
  readonly store?: string
  readonly out: string
  readonly json?: boolean
  readonly peers?: boolean
  readonly lang: 'zh' | 'en'
}

export async function certifyCommand(options: CertifyCommand): Promise<void> {
  const profile = profileNamed(options.profile)
  const config = options.config === undefined ? undefined : await readConfig(options.config)
  if (options.peers === true) return tellPeers(options, profile, config)
  const pages = choose(await allPages(), options.grep)
  const run = await runFolder(options)
  const events: RunEvent[] = []
  const progress = progressOn(process.stderr, pages.length)
  const sink = (event: RunEvent): void => {
    events.push(event)
    appendFileSync(join(run.folder, 'events.ndjson'), eventLine(event))
    progress(event)
  }
  const held = await exam(examOf(options, profile, config, sink))
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt)
  try {
    const end = await judged(options, config, held, { run: run.id, pages, sink, stop: stop.signal })
    progress(undefined)
    const inOrder = ordered(events, pages)
    const written = await writeReports(run.folder, inOrder, { lang: options.lang, version: about.version })
    await pointLatest(options.out, run.id)
    process.exitCode = end.exit
    if (options.json === true)
      process.stdout.write(
        `${JSON.stringify({ ...end, event: undefined, folder: run.folder, reports: written })}\n`,
      )
    else tell(options, inOrder, pages, written.html)
  } finally {
    process.off('SIGINT', interrupt)
    await held.close()
  }
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
  const held = await exam(examOf(options, profile, config, () => undefined))
  process.stdout.write(`${JSON.stringify(peersOf(held.network), null, 2)}\n`)
  await held.close()
}

type Going = {
  readonly run: string
  readonly pages: readonly LoadedPage[]
  readonly sink: (event: RunEvent) => void
  readonly stop: AbortSignal
}

function judged(
  options: CertifyCommand,
  config: SubjectConfig | undefined,
  { stage }: Exam,
  { run, pages, sink, stop }: Going,
): Promise<RunEnd> {
  const seed = config?.seed ?? options.seed
  const tag = tagOf(seed, config)
  const elapsed = (): number => performance.now()
  if (options.json !== true)
    process.stderr.write(
      `${say(options.lang, 'cli.certify.start', { subject: stage.subject.name, pages: pages.length, profile: options.profile, seed })}\n`,
    )
  // Only our own institution can be had twice; a stranger, or a store that was named, is one.
  const alone =
    config !== undefined ||
    options.store !== undefined ||
    options.inProcess === true ||
    pages.length < WORTH_SHARING
  const all = { stage, pages, tag, sink, elapsed, stop }
  const play = async (): Promise<readonly Share[]> =>
    alone ? [await playPages(all)] : playShares({ ...all, order: { profile: options.profile, seed, tag } })
  return certify(
    {
      subject: stage.subject,
      profile: options.profile,
      pages,
      revision: revision(),
      whole: options.grep === undefined,
      seed,
      version: about.version,
      run,
      at: stage.clock.now(),
      sink,
      elapsed,
      stop,
    },
    play,
  )
}

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
  const failed = pages.find(({ name }) =>
    events.some((event) => event.event === 'page.end' && event.page === name && event.verdict === 'fail'),
  )
  process.stdout.write(`\n${say(options.lang, 'cli.report.at', { path: relative(process.cwd(), html) })}\n`)
  const exit = events.findLast((event) => event.event === 'run.end')?.exit ?? 0
  const next =
    failed === undefined ? (NEXT[exit] ?? 'npx sifang mutants') : `npx sifang explain ${failed.page.id}`
  process.stdout.write(`${say(options.lang, 'cli.next', { command: next })}\n`)
}

/** What to do next after an ending that no page explains. */
const NEXT: Readonly<Record<number, string>> = {
  2: 'npx sifang doctor',
  3: 'npx sifang doctor',
  4: 'npx sifang list',
}

export function profileNamed(name: string): Profile {
  const profile = PROFILES[name]
  if (profile !== undefined) return profile
  throw new UsageError(`there is no profile “${name}”; there are: ${Object.keys(PROFILES).join(', ')}`)
}

/** With our own institution a run starts from nothing, so its names may follow the seed; a stranger keeps its data. */
function tagOf(seed: string, config: SubjectConfig | undefined): string {
  if (config === undefined) return `s${seed.replace(/[^A-Za-z0-9]/g, '').slice(0, 4)}`
  return Date.now().toString(36).slice(-7)
}

async function runFolder(options: CertifyCommand): Promise<{ id: string; folder: string }> {
  const id = `${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}-${options.profile}`
  for (let count = 0; ; count += 1) {
    const name = count === 0 ? id : `${id}-${count}`
    const folder = join(options.out, name)
    if (await made(folder)) return { id: name, folder }
  }
}

async function made(folder: string): Promise<boolean> {
  await mkdir(join(folder, '..'), { recursive: true })
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new UsageError(
      `cannot write to ${folder}: ${(error as Error).message}; choose another folder with --out`,
    )
  }
}

async function pointLatest(out: string, id: string): Promise<void> {
  const latest = join(out, 'latest')
  await rm(latest, { force: true, recursive: true })
  // Where links are not allowed, the run's own folder is still printed.
  await symlink(id, latest, 'junction').catch(() => undefined)
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
