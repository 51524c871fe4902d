// `sifang certify --watch`: the same command again whenever something that it reads has changed. Every round is a process
// of its own, so that our own institution is loaded anew.
import { spawn } from 'node:child_process'
import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { say } from '../reports/reports.ts'
import type { CertifyCommand } from './certify.ts'
import { EXIT_CODES } from './exits.ts'
import { FOLDER, folderThere } from './pages.ts'
import { UsageError } from './usage.ts'

/** Editors write a file in several steps, and a branch is changed file by file. */
const QUIET_MS = 150
const INTERRUPTED = 130

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What our own institution and the exam are made of. */
const ROOMS =
  'money crypto store wire clearing ledger switch institution mocks scenarios conformance reports cli'.split(
    ' ',
  )

type Watched = {
  readonly folder: string
  readonly counts: (name: string) => boolean
  readonly recursive: boolean
}

export async function watchCommand(options: CertifyCommand): Promise<void> {
  // A folder that is not there is said now; a page or a configuration that is wrong is what a round is for.
  if (options.pages !== undefined) await folderThere(options.pages)
  const rounds = roundsOf(options)
  const open = watchedBy(options).map((one) => watched(one, rounds.changed))
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  await rounds.until(stop.signal)
  for (const one of open) one.close()
  process.exitCode = INTERRUPTED
}

function watchedBy({ pages, config }: CertifyCommand): readonly Watched[] {
  const isPage = (name: string): boolean => name.endsWith('.yaml')
  const isSource = (name: string): boolean => /\.(ts|json|yaml)$/.test(name) && !name.endsWith('.test.ts')
  // What is installed does not change under a run; a checkout does.
  const own = config === undefined && !ROOT.includes('node_modules')
  return [
    { folder: pages ?? FOLDER, counts: isPage, recursive: true },
    // Editors put a new file in the place of the old one, so it is the folder that tells.
    ...(config === undefined ? [] : [besides(config)]),
    ...(own ? ROOMS.map((room) => ({ folder: resolve(ROOT, room), counts: isSource, recursive: true })) : []),
  ]
}

const besides = (config: string): Watched => ({
  folder: dirname(resolve(config)),
  counts: (name) => name === basename(config),
  recursive: false,
})

function watched({ folder, counts, recursive }: Watched, changed: (path: string) => void): FSWatcher {
  try {
    const watcher = watch(folder, { recursive }, (_event, name) => {
      if (name !== null && counts(name)) changed(resolve(folder, name))
    })
    // A folder that goes away is no reason to stop.
    return watcher.on('error', () => undefined)
  } catch (error) {
    throw new UsageError(`--watch: cannot watch ${folder}: ${(error as Error).message}`)
  }
}

/** One round at a time; changes during a round lead to one more. */
function roundsOf(options: CertifyCommand) {
  const talk = (line: string): void => void process.stderr.write(`${line}\n`)
  const { lang } = options
  let since: string[] = []
  let timer: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined
  const changed = (path: string): void => {
    const shown = relative(process.cwd(), path)
    if (!since.includes(shown)) since.push(shown)
    clearTimeout(timer)
    timer = setTimeout(() => wake?.(), QUIET_MS)
  }
  const quiet = (stop: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (stop.aborted) return resolve()
      wake = () => resolve()
      stop.addEventListener('abort', () => resolve(), { once: true })
      // Whatever came during the round has already been waited for.
      if (since.length > 0) timer = setTimeout(() => wake?.(), QUIET_MS)
    })
  const until = async (stop: AbortSignal): Promise<void> => {
    for (let round = 1; !stop.aborted; round += 1) {
      since = []
      const exit = await played(stop)
      if (stop.aborted) break
      const outcome = EXIT_CODES.find(({ code }) => code === exit)?.[lang] ?? `exit ${exit}`
      talk(say(lang, 'cli.watch.round', { round, sign: exit === 0 ? '✓' : '✗', exit, outcome }))
      await quiet(stop)
      if (!stop.aborted) talk(say(lang, 'cli.watch.changed', { files: since.slice(0, 3).join(', ') }))
    }
    clearTimeout(timer)
    talk(say(lang, 'cli.watch.stopped'))
  }
  return { changed, until }
}

function played(stop: AbortSignal): Promise<number> {
  // The very program that runs, however it was begun.
  const words = process.argv.slice(1).filter((word) => word !== '--watch')
  // In a group of its own, or a Ctrl-C would reach it twice, and the second cut off its report.
  const child = spawn(process.execPath, [...process.execArgv, ...words], {
    stdio: 'inherit',
    detached: process.platform !== 'win32',
  })
  const interrupt = (): void => void child.kill('SIGINT')
  stop.addEventListener('abort', interrupt, { once: true })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      stop.removeEventListener('abort', interrupt)
      resolve(code ?? INTERRUPTED)
    })
  })
}
