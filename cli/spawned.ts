// A subject that we start ourselves: the process, how it is known to be ready, and its end, which comes whatever happens
// to us: when the run is over, when it is interrupted, and when we fail.
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { say } from '../reports/reports.ts'
import { realClock } from './real-clock.ts'
import { filled, type Placeholder, type SpawnConfig } from './spawn-config.ts'
import { UsageError } from './usage.ts'

export type Starting = {
  readonly config: SpawnConfig
  readonly values: Readonly<Record<Placeholder, string>>
  /** Where it will be reached. */
  readonly url: string
  /** A file that keeps what it says on stdout and stderr. */
  readonly log?: string
  readonly stop?: AbortSignal
  readonly lang: 'zh' | 'en'
}

export type Spawned = {
  /** One sentence on its having ended by itself; undefined if it still runs when the wait is over. */
  ended(withinMs: number): Promise<string | undefined>
  stop(): Promise<void>
}

/** How long it may take to end after SIGTERM, and a process of ours to notice that it has. */
const END_WAIT_MS = 3_000
const LOOK_MS = 50
const LAST_LINES = 12
/** What is kept of a talkative subject. */
const KEPT_CHARACTERS = 16_384
const LOG_BYTES_MAX = 16 * 1024 * 1024

/** Starts it and waits until it is ready; otherwise says what it said last. */
export async function startSubject(starting: Starting): Promise<Spawned> {
  const running = begin(starting)
  try {
    await ready(starting, running)
  } catch (error) {
    await running.stop()
    throw error
  }
  const { lang } = starting
  return {
    stop: () => running.stop(),
    ended: async (withinMs) => {
      const waited = new AbortController()
      await Promise.race([running.heard, realClock.until(Date.now() + withinMs, waited.signal)])
      waited.abort()
      const how = running.ended()
      return how === undefined || running.byUs()
        ? undefined
        : say(lang, 'cli.spawn.midway', { how, last: running.last() })
    },
  }
}

async function ready({ config, url, stop, lang, ...starting }: Starting, running: Running): Promise<void> {
  const { ready: sign, withinMs } = config
  const command = config.command.map((word) => filled(word, starting.values)).join(' ')
  const answers = 'answers' in sign
  const awaited = answers ? `${url}${sign.answers}` : `“${sign.line}”`
  const end = Date.now() + withinMs
  for (;;) {
    if (stop?.aborted === true) throw new UsageError(say(lang, 'cli.up.stopped'), 130)
    const how = running.ended()
    if (how !== undefined) {
      await running.heard
      throw new UsageError(say(lang, 'cli.spawn.ended', { how, command, last: running.last() }), 3)
    }
    if (answers ? await somebodyAnswers(awaited) : running.printed(sign.line)) return
    if (Date.now() > end) {
      const seconds = withinMs / 1000
      const late = answers ? 'cli.spawn.late.answer' : 'cli.spawn.late.line'
      throw new UsageError(say(lang, late, { seconds, awaited, command, last: running.last() }), 3)
    }
    await realClock.until(Date.now() + LOOK_MS, stop)
  }
}

/** Any answer at all: whether it is the right one, the preflight will say. */
export async function somebodyAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(1_000) })
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}

type Running = {
  /** It ended because we were interrupted. */
  byUs(): boolean
  /** How it ended, in words. */
  ended(): string | undefined
  /** All that it said has arrived. */
  readonly heard: Promise<void>
  last(): string
  printed(text: string): boolean
  stop(): Promise<void>
}

function begin({ config, values, log, lang }: Starting): Running {
  const [program = '', ...rest] = config.command.map((word) => filled(word, values))
  const own = Object.entries(config.environment).map(([name, text]) => [name, filled(text, values)])
  // A group of its own: Ctrl-C is ours to pass on, and whatever it starts ends with it.
  const child = spawn(program, rest, {
    cwd: config.folder,
    env: { ...process.env, ...(Object.fromEntries(own) as Record<string, string>) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  })
  let how: string | undefined
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      how = error.code === 'ENOENT' ? say(lang, 'cli.spawn.none', { program }) : error.message
      resolve()
    })
    child.once('exit', (code, signal) => {
      how =
        signal === null
          ? say(lang, 'cli.spawn.code', { code: String(code) })
          : say(lang, 'cli.spawn.signal', { signal })
      signalGroup(child, 'SIGKILL')
      resolve()
    })
  })
  const said = listenTo(child, log)
  const guarded = guard(child)
  return {
    ended: () => how,
    byUs: () => guarded.signalled(),
    heard: Promise.race([said.closed, gone.then(() => realClock.until(Date.now() + LOOK_MS))]),
    last: () => said.last() || say(lang, 'cli.spawn.silent'),
    printed: said.printed,
    stop: async () => {
      if (how === undefined) signalGroup(child, 'SIGTERM')
      await atMost(END_WAIT_MS, gone)
      if (how === undefined) signalGroup(child, 'SIGKILL')
      await atMost(END_WAIT_MS, gone)
      guarded.release()
    },
  }
}

/** Waits, and leaves no timer behind that would keep us from ending. */
async function atMost(waitMs: number, wanted: Promise<void>): Promise<void> {
  const over = new AbortController()
  await Promise.race([wanted, realClock.until(Date.now() + waitMs, over.signal)])
  over.abort()
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // Nobody of the group is left.
  }
}

/** Whatever ends us ends it. The first Ctrl-C lets the page in play come to its end; the next does not wait for it. */
function guard(child: ChildProcess): { signalled(): boolean; release(): void } {
  let interrupts = 0
  const interrupted = (): void => {
    interrupts += 1
    if (interrupts > 1) signalGroup(child, 'SIGKILL')
  }
  const killed = (signal: NodeJS.Signals): void => {
    signalGroup(child, 'SIGKILL')
    release()
    process.kill(process.pid, signal)
  }
  const leaving = (): void => signalGroup(child, 'SIGKILL')
  const release = (): void => {
    process.off('SIGINT', interrupted)
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, killed)
    process.off('exit', leaving)
  }
  process.on('SIGINT', interrupted)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, killed)
  process.on('exit', leaving)
  for (const end of ['exit', 'error'] as const) child.once(end, release)
  return { release, signalled: () => interrupts > 1 }
}

/** What it says: the end of stderr for a sentence, stdout for a sign of readiness, both for the log. */
function listenTo(child: ChildProcess, log: string | undefined) {
  const heard = { stdout: '', stderr: '' }
  let logged = 0
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => {
      heard[stream] = (heard[stream] + chunk.toString()).slice(-KEPT_CHARACTERS)
      if (log !== undefined && logged < LOG_BYTES_MAX) appendFileSync(log, chunk)
      logged += chunk.length
    })
  }
  return {
    closed: new Promise<void>((resolve) => void child.once('close', () => resolve())),
    printed: (text: string): boolean => heard.stdout.includes(text),
    last: (): string => heard.stderr.trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
  }
}
