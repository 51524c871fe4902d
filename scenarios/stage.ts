// The stage puts parties together: one clock, one network with its faults, a recorder, the subject and the stand-ins.
// It moves time only when nothing moves by itself any more; nothing here sleeps.
import type { Keyring } from '../crypto/crypto.ts'
import type { Store } from '../store/store.ts'
import {
  claimedType,
  type Endpoint,
  type Evidence,
  type PartyId,
  type Profile,
  type Reply,
  type Sealed,
  type Sealer,
  type Turned,
  type World,
} from '../wire/wire.ts'
import { carrier, type Carry } from './carry.ts'
import type { Random } from './chance.ts'
import type { StageClock } from './clock.ts'
import type { Gate } from './gate.ts'
import type { WireFault } from './misbehave.ts'
import type { TestNetwork } from './parties.ts'
import type { Recorder } from './recorder.ts'
import type { Subject } from './subject.ts'

export type Receive = (sealed: Sealed) => Promise<Sealed | Turned | 'silence'>

export type Stage = Carry & {
  readonly profile: Profile
  readonly clock: StageClock
  readonly random: Random
  readonly network: TestNetwork
  readonly subject: Subject
  /** Which party of the network is judged. */
  readonly subjectId: PartyId
  readonly recorder: Recorder
  /** What a stand-in party is given, but for its store. */
  sealer(me: PartyId, keys?: Keyring): Sealer & Pick<World<unknown>, 'send'>
  /** Puts a party at its place on the network; the one there before is gone. */
  place(id: PartyId, receive: Receive, endpoint?: Endpoint): void
  /** How a party of the stage is killed and started again; the subject is by its own control API. */
  mortal(id: PartyId, restart: () => void): void
  /** Takes every stand-in away. */
  clear(): void
  /** What the page laid in the way of its messages. */
  readonly faults: WireFault[]
  /** What lies in the way of any page, until it is taken away. */
  readonly adversaries: WireFault[]
  /** Lets everything happen that can happen now. */
  settle(): Promise<void>
  /** Moves time, step by step through everything that becomes due. */
  advance(to: number): Promise<void>
  /** Runs something with every store access and message of every party under the scheduler, where the stage has one. */
  scheduled<T>(work: () => Promise<T>): Promise<T>
  /** Waits for something that may itself wait on the stage's clock: time moves until it is over. */
  through<T>(work: Promise<T>): Promise<T>
  /** Waits for a call to the subject, which may itself ask something of the stage: then too time moves. */
  answered<T>(call: Promise<T>): Promise<T>
  /** Runs things at once: through the gate where the stage has one, as they come otherwise. */
  race<T>(racers: readonly (() => Promise<T>)[]): Promise<T[]>
  /** How far the subject's ledger has been read, by pages before this one; given a position, it is that from now on. */
  ledgerAt(position?: string): string
  /** A fresh store for a stand-in; its work is something the stage waits for before it moves time. */
  storeFor(party: PartyId): Promise<Store>
}

export type StageParts = {
  readonly profile: Profile
  readonly clock: StageClock
  readonly random: Random
  readonly network: TestNetwork
  readonly recorder: Recorder
  /** How the party that is judged is reached: the subject, or something standing in for it. */
  readonly subject: Subject
  readonly subjectId: PartyId
  /** A fresh store for a stand-in of one page. */
  storeFor(party: PartyId): Promise<Store>
  /** Decides the order of the subject's store accesses while messages race. */
  readonly gate?: Gate
}

const TURNS_MAX = 100_000
const nothing = (): void => undefined
type Place = { readonly receive: Receive; readonly endpoint?: Endpoint }

export function stage(parts: StageParts): Stage {
  const { clock, subject, gate } = parts
  const places = new Map<PartyId, Place>()
  const restarts = new Map<PartyId, () => void>()
  const faults: WireFault[] = []
  const adversaries: WireFault[] = []
  const outside = new Set<Promise<unknown>>()
  const track = <T>(work: Promise<T>): Promise<T> => {
    // The stage waits for its end; how it ends is the business of whoever began it.
    const ended: Promise<unknown> = work.then(nothing, nothing).finally(() => outside.delete(ended))
    outside.add(ended)
    return work
  }
  const { carry, sealer } = network(parts, {
    places,
    restarts,
    track,
    laid: () => [...faults, ...adversaries],
  })
  const settle = (): Promise<void> => rest(places, clock, outside, gate)
  const asking = askings()
  let ledgerAt = ''
  return {
    profile: parts.profile,
    clock,
    random: parts.random,
    network: parts.network,
    subject,
    subjectId: parts.subjectId,
    recorder: parts.recorder,
    faults,
    adversaries,
    ...carry,
    incoming: (from, to, sealed) => asking.track(carry.incoming(from, to, sealed)),
    settle,
    sealer,
    place: (id, receive, endpoint) =>
      void places.set(id, { receive, ...(endpoint !== undefined && { endpoint }) }),
    mortal: (id, restart) => void restarts.set(id, restart),
    clear: () => {
      places.clear()
      restarts.clear()
      faults.length = 0
    },
    advance: (to) => advance(places, clock, settle, to),
    through: (work) => through(work, places, clock, settle),
    answered: (call) => {
      if (subject.kind === 'in-process') return through(call, places, clock, settle)
      return subject.features.has('clock') ? alongside(call, asking, places, clock, settle) : call
    },
    race: (racers) => gate?.race(racers) ?? Promise.all(racers.map((racer) => racer())),
    ledgerAt: (position = ledgerAt) => {
      ledgerAt = position
      return ledgerAt
    },
    storeFor: async (party) => {
      const store = await parts.storeFor(party)
      return tracked(gate?.guard(store, party) ?? store, track)
    },
    scheduled: async (work) => {
      gate?.shut()
      try {
        return await work()
      } finally {
        gate?.open()
      }
    },
  }
}

type Around = {
  readonly places: ReadonlyMap<PartyId, Place>
  readonly restarts: ReadonlyMap<PartyId, () => void>
  readonly track: Track
  laid(): readonly WireFault[]
}

/** The wire of the stage, and what its parties seal and send with. */
function network(parts: StageParts, { places, restarts, track, laid }: Around) {
  const { clock, recorder, subject, subjectId, gate } = parts
  const sealer: Stage['sealer'] = (me, keys) => ({
    me,
    profile: parts.profile,
    clock: clock.view(),
    random: parts.random,
    keys: keys ?? parts.network.keysOf(me),
    directory: parts.network.directory,
    observe: (evidence: Evidence) => recorder.observed(evidence),
    send: (to, sealed, deadline) => {
      const go = (): Promise<Reply> => carry.deliver(me, to, sealed, deadline)
      return gate?.pass(`${me} send ${claimedType(sealed)} to ${to}`, go) ?? go()
    },
  })
  const carry = carrier({
    clock,
    recorder,
    laid,
    network: parts.network,
    sealer: (me) => sealer(me),
    crash: async (party) => {
      if (party === subjectId) return restarted(subject, clock)
      restarts.get(party)?.()
      return restarts.has(party)
    },
    reach: (to, sealed, encoding) => {
      const place = places.get(to)
      if (place !== undefined) return place.receive(sealed)
      return to === subjectId ? track(subject.post(sealed, encoding)) : Promise.resolve('no_reply')
    },
  })
  return { carry, sealer }
}

async function restarted(subject: Subject, clock: StageClock): Promise<boolean> {
  if (!subject.features.has('restart')) return false
  await subject.api('POST', '/control/restart', {})
  if (subject.features.has('clock')) await subject.api('POST', '/control/clock', { now: clock.now() })
  return true
}

type Track = <T>(work: Promise<T>) => Promise<T>

function tracked(store: Store, track: Track): Store {
  return {
    ...store,
    change: (keys, decide) => track(store.change(keys, decide)),
    read: (keys) => track(store.read(keys)),
    history: (item) => track(store.history(item)),
    claim: (now, most, leaseMs, node) => track(store.claim(now, most, leaseMs, node)),
  }
}

/** Starts what is due and waits for what is outside the process, until only waits on the clock are left. */
async function rest(
  places: ReadonlyMap<PartyId, Place>,
  clock: StageClock,
  outside: ReadonlySet<Promise<unknown>>,
  gate: Gate | undefined,
): Promise<void> {
  for (let turns = 0; turns < TURNS_MAX; turns += 1) {
    const started = await startDueWork(places, clock.now())
    await turn()
    if ((await gate?.letOne()) === true) continue
    if (outside.size > 0) await Promise.race(outside)
    else if (started === 0) {
      await turn()
      if (outside.size === 0 && !(await anythingDue(places, clock.now()))) return
    }
  }
  throw new Error(
    `the stage did not come to rest within ${TURNS_MAX} turns: something keeps making work for itself`,
  )
}

async function advance(
  places: ReadonlyMap<PartyId, Place>,
  clock: StageClock,
  settle: () => Promise<void>,
  to: number,
): Promise<void> {
  await settle()
  for (
    let next = await nextDue(places, clock);
    next !== undefined && next <= to;
    next = await nextDue(places, clock)
  ) {
    await clock.moveTo(next, settle)
  }
  await clock.moveTo(to, settle)
}

async function through<T>(
  work: Promise<T>,
  places: ReadonlyMap<PartyId, Place>,
  clock: StageClock,
  settle: () => Promise<void>,
): Promise<T> {
  let over = false
  const done = work.finally(() => {
    over = true
  })
  // How it ends is said to whoever awaits it below.
  done.catch(nothing)
  await settle()
  while (!over) {
    const next = await nextDue(places, clock)
    if (next === undefined) break
    await clock.moveTo(next, settle)
  }
  return done
}

/** The messages of a subject on a socket that wait for their answer here, and the next moment at which that changes. */
type Askings = { track<T>(asked: Promise<T>): Promise<T>; count(): number; changed(): Promise<void> }

function askings(): Askings {
  let count = 0
  let next = Promise.withResolvers<void>()
  const add = (one: 1 | -1): void => {
    count += one
    next.resolve()
    next = Promise.withResolvers()
  }
  return {
    track: (asked) => {
      add(1)
      return asked.finally(() => add(-1))
    },
    count: () => count,
    changed: () => next.promise,
  }
}

/** A subject on a socket works in real time; only while it waits for an answer of the stage, which is at rest, does the
 *  stage's time move. Otherwise it would sit out in real time what a clock moved by hand skips. */
async function alongside<T>(
  call: Promise<T>,
  asking: Askings,
  places: ReadonlyMap<PartyId, Place>,
  clock: StageClock,
  settle: () => Promise<void>,
): Promise<T> {
  let over = false
  const done = call.finally(() => {
    over = true
  })
  const ended = done.then(nothing, nothing)
  while (!over) {
    const changed = asking.changed()
    if (asking.count() > 0) await settle()
    const next = asking.count() > 0 && !over ? await nextDue(places, clock) : undefined
    if (next === undefined) await Promise.race([ended, changed])
    else await clock.moveTo(next, settle)
  }
  return done
}

/** Work begun here may wait for the clock; what it does outside the process is tracked by the stores and the network. */
async function startDueWork(places: ReadonlyMap<PartyId, Place>, now: number): Promise<number> {
  let started = 0
  for (const { endpoint } of places.values()) {
    const due = await endpoint?.nextDue()
    if (endpoint === undefined || due === undefined || due > now) continue
    started += 1
    void endpoint.work().catch(() => undefined)
  }
  return started
}

async function anythingDue(places: ReadonlyMap<PartyId, Place>, now: number): Promise<boolean> {
  for (const { endpoint } of places.values())
    if (((await endpoint?.nextDue()) ?? Number.POSITIVE_INFINITY) <= now) return true
  return false
}

async function nextDue(places: ReadonlyMap<PartyId, Place>, clock: StageClock): Promise<number | undefined> {
  let next = clock.nextWait()
  for (const { endpoint } of places.values()) {
    const due = await endpoint?.nextDue()
    if (due !== undefined && (next === undefined || due < next)) next = Math.max(due, clock.now())
  }
  return next
}

/** One turn of the event loop: every microtask that could run has run when it is over. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
