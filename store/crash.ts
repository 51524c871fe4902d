// Processes under the load of load.ts, killed at moments that chance picks and the processes' own words count:
// nothing here waits for time. After every kill the store is looked at; then the next generation goes on with it.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { playUntilKilled } from './crash-child.ts'
import { afterLooking, faultsIn, journalReader } from './evidence.ts'
import { TELLINGS, type Telling } from './load.ts'
import type { Entry, Instant, Store } from './store.ts'

/** Where processes meet. `node` names the process that asks. */
export type Place = {
  address(node: string): string
  open(clock: { at: Instant }): Promise<Store>
  /** Resolves when nothing of a killed process is under way in the database any more. */
  gone(node: string): Promise<void>
  /** Every committed entry. Nothing may be under way. */
  journal(store: Store): Promise<Entry[]>
}

export type Child = {
  readonly node: string
  /** How many changes it has been told are durable. */
  acknowledged(): number
  isReady(): boolean
  isHeld(): boolean
  go(at: Instant): void
  hold(): void
  kill(): Promise<void>
}

type Said = { readonly child: Child; readonly telling: Telling; readonly id: string }

/** What a process tells whoever has started it. */
type Ears = {
  said(said: Said): void
  heard(): void
  failed(because: string): void
  killed(child: Child): void
}

export type Crew = ReturnType<typeof crew>

/** The processes on one store, and everything that they have said. */
export function crew(place: Place) {
  const told: Record<Telling, Set<string>> = {
    decides: new Set(),
    paid: new Set(),
    worked: new Set(),
    lost: new Set(),
  }
  const alive = new Set<Child>()
  let news = Promise.withResolvers<void>()
  let failure: string | undefined
  let started = 0
  let said = 0
  let last: Said | undefined

  const ears: Ears = {
    said(what) {
      told[what.telling].add(what.id)
      said++
      last = what
    },
    heard() {
      news.resolve()
      news = Promise.withResolvers()
    },
    failed(because) {
      failure = because
    },
    killed: (child) => void alive.delete(child),
  }
  /** Does `meanwhile` after whatever a process says, until that makes `holds` true. */
  const until = async (holds: () => boolean, meanwhile = async (): Promise<void> => {}): Promise<void> => {
    while (!holds()) {
      if (failure !== undefined) throw new Error(failure)
      await news.promise
      if (!holds()) await meanwhile()
    }
  }

  return {
    alive: (): readonly Child[] => [...alive],
    /** How many times they have said anything of a change or a job. */
    said: (): number => said,
    last: (): Said | undefined => last,
    told,
    until,
    async start(): Promise<Child> {
      const child = startChild(place, `node${++started}`, ears)
      alive.add(child)
      await until(child.isReady)
      return child
    },
    async end(): Promise<void> {
      await Promise.all([...alive].map((child) => child.kill()))
    },
  }
}

function startChild(place: Place, node: string, ears: Ears): Child {
  const running = spawnChild(place.address(node), node)
  const closed = once(running, 'close')
  const state = { acknowledged: 0, ready: false, held: true, killed: false }
  const child: Child = {
    node,
    acknowledged: () => state.acknowledged,
    isReady: () => state.ready,
    isHeld: () => state.held,
    go(at) {
      state.held = false
      running.stdin.write(`go ${at}\n`)
    },
    hold: () => void running.stdin.write('hold\n'),
    async kill() {
      state.killed = true
      running.kill('SIGKILL')
      ears.killed(child)
      await closed
      await place.gone(node)
    },
  }
  const hear = (line: string): void => {
    const [word, id = ''] = line.split(' ')
    const telling = TELLINGS.find((each) => each === word)
    if (word === 'ready') state.ready = true
    else if (word === 'held') state.held = true
    else if (telling === undefined) ears.failed(`${node} said "${line}"`)
    else {
      if (telling === 'paid' || telling === 'worked') state.acknowledged++
      ears.said({ child, telling, id })
    }
  }
  wholeLines(running.stdout, hear, ears.heard)
  running.on('close', (code) => {
    if (!state.killed) ears.failed(`${node} ended by itself with exit code ${code}; see its stderr`)
    ears.heard()
  })
  return child
}

/** Started from text, so that the file needs no command line of its own; the cache makes starting thrice as fast. */
function spawnChild(address: string, node: string): ChildProcessByStdio<Writable, Readable, null> {
  const file = pathToFileURL(join(import.meta.dirname, 'crash-child.ts')).href
  const given = [address, node].map((each) => JSON.stringify(each)).join(', ')
  const name = playUntilKilled.name
  const text = `import { enableCompileCache } from 'node:module'; enableCompileCache()
    const { ${name} } = await import('${file}'); await ${name}(${given})`
  const started = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  started.stdin.on('error', () => {}) // a killed process no longer reads
  return started
}

/** A line that the kill cut off in the middle is none. */
function wholeLines(stream: Readable, hear: (line: string) => void, heard: () => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(hear)
    heard()
  })
}

/** Most kills come early, so that there can be many; some come late enough for checkpoints and sweeps. */
const LINES_MOST = { often: 60, seldom: 800 } as const
/** What a survivor must bring about after the other's death before it is stopped. */
const GOES_ON = 8
/** One fault seldom comes alone. */
const FAULTS_MOST = 8

/** Of the first generation's moments; each further file or schema has the next. */
export const SEED = 20_250_301

/** A whole number below `below`. */
type Chance = (below: number) => number

function chanceFrom(seed: number): Chance {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** Kills one process after another on one place, sometimes two, sometimes beside one that goes on. Throws with the
 *  seed and the kill at the first fault. */
export async function survives(place: Place, seed: number, kills: number): Promise<void> {
  const chance = chanceFrom(seed)
  const on = crew(place)
  const clock = { at: 1 }
  const watch = journalReader()
  let store = await place.open(clock)
  let kill = 0
  try {
    while (kill < kills) {
      const missing = Math.max(0, Math.min(kills - kill, 1 + chance(2)) - on.alive().length)
      await Promise.all(Array.from({ length: missing }, () => on.start()))
      for (const child of on.alive()) child.go(clock.at)
      await on.until(moment(on, chance), () => watch.readOn(store))

      // Without a handle of the parent on it, the store is recovered by whoever opens it next.
      const closed = chance(2) === 0
      if (closed) await store.close()
      const spoke = on.alive().filter((child) => child === on.last()?.child)
      const victims = chance(3) === 0 || spoke.length === 0 ? on.alive() : spoke
      kill += victims.length
      await Promise.all(victims.map((child) => child.kill()))
      if (closed) store = await place.open(clock)

      await goOnThenHold(on, () => watch.readOn(store))
      const journal = await place.journal(store)
      await watch.readOn(store)
      const faults = [...watch.faults(journal), ...(await faultsIn(store, journal, on.told, clock.at))]
      if (faults.length > 0) throw new Error(faults.slice(0, FAULTS_MOST).join('\n'))
      clock.at = afterLooking(clock.at)
    }
    const { decides, paid, worked } = on.told
    const underWay = [...decides].filter((id) => !paid.has(id) && !worked.has(id)).length
    if (underWay < kills / 10) throw new Error(`only ${underWay} changes were cut off: this shows nothing`)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new Error(`seed ${seed}, kill ${kill} of ${kills}: ${because}`, { cause: error })
  } finally {
    await on.end()
    await store.close()
  }
}

/** Now and then before a process has opened the store; else some lines after each has given an acknowledgement,
 *  and then, as chance wills, in the middle of a change. */
function moment(on: Crew, chance: Chance): () => boolean {
  if (chance(8) === 0) return () => true
  const more = chance(chance(8) === 0 ? LINES_MOST.seldom : LINES_MOST.often)
  const amid = chance(2) === 0
  const before = new Map(on.alive().map((child) => [child, child.acknowledged()]))
  let from: number | undefined
  return () => {
    const begun = [...before].every(([child, count]) => child.acknowledged() > count)
    if (begun) from ??= on.said() + more
    if (from === undefined || on.said() < from) return false
    return !amid || on.last()?.telling === 'decides'
  }
}

/** Whoever is left must be able to go on; then nothing is under way. */
export async function goOnThenHold(on: Crew, meanwhile?: () => Promise<void>): Promise<void> {
  const goals = on.alive().map((child) => ({ child, goal: child.acknowledged() + GOES_ON }))
  await on.until(() => goals.every(({ child, goal }) => child.acknowledged() >= goal), meanwhile)
  for (const { child } of goals) child.hold()
  await on.until(() => goals.every(({ child }) => child.isHeld()), meanwhile)
}
