// `sifang certify`: from options to an exam, a folder of reports and an exit code.
import { appendFileSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import about from '../package.json' with { type: 'json' }
import { certify, type RunEvent } from '../conformance/conformance.ts'
import { eventLine, say, terminalSummary, writeReports } from '../reports/reports.ts'
import type { LoadedPage } from '../scenarios/scenarios.ts'
import { type Profile, PROFILES } from '../wire/wire.ts'
import { readConfig, type SubjectConfig } from './config.ts'
import { exam, peersOf } from './examined.ts'
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
  const pages = choose(await allPages(), options.grep)
  const run = await runFolder(options)
  const events: RunEvent[] = []
  const progress = progressOn(process.stderr, pages.length)
  const sink = (event: RunEvent): void => {
    events.push(event)
    appendFileSync(join(run.folder, 'events.ndjson'), eventLine(event))
    progress(event)
  }
  const seed = config?.seed ?? options.seed
  const held = await exam({
    profile,
    seed,
    inProcess: options.inProcess === true,
    sink,
    ...(options.store !== undefined && { store: options.store }),
    ...(config !== undefined && { config }),
  })
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt)
  try {
    if (options.peers === true)
      return void process.stdout.write(`${JSON.stringify(peersOf(held.network), null, 2)}\n`)
    if (options.json !== true) {
      const { name } = held.stage.subject
      process.stderr.write(
        `${say(options.lang, 'cli.certify.start', { subject: name, pages: pages.length, profile: profile.id, seed })}\n`,
      )
    }
    const end = await certify({
      stage: held.stage,
      pages,
      revision: revision(),
      whole: options.grep === undefined,
      seed,
      version: about.version,
      run: run.id,
      tag: tagOf(seed, config),
      sink,
      elapsed: () => performance.now(),
      stop: stop.signal,
    })
    progress(undefined)
    const written = await writeReports(run.folder, events, { lang: options.lang, version: about.version })
    await pointLatest(options.out, run.id)
    process.exitCode = end.exit
    if (options.json === true)
      process.stdout.write(
        `${JSON.stringify({ ...end, event: undefined, folder: run.folder, reports: written })}\n`,
      )
    else tell(options, events, pages, written.html)
  } finally {
    process.off('SIGINT', interrupt)
    await held.close()
  }
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
  const next = failed === undefined ? 'npx sifang mutants' : `npx sifang explain ${failed.page.id}`
  process.stdout.write(`${say(options.lang, 'cli.next', { command: next })}\n`)
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
