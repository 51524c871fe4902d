// Our own institution as a subject: the same code as in production, on a clock that the stage moves, over any store.
// A restart drops the party and everything it holds in memory; its store is what survives.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { institutionApp } from '../institution/app.ts'
import { type Host, institutionParty, type InstitutionWorld } from '../institution/institution.ts'
import type { Store } from '../store/store.ts'
import {
  type Clock,
  type Endpoint,
  type MessageDoor,
  messageDoor,
  type PartyId,
  type Reply,
  type Sealed,
} from '../wire/wire.ts'
import type { Random } from './chance.ts'
import { type StageClock, stageClock } from './clock.ts'
import { INSTITUTION, SWITCH, type TestNetwork } from './parties.ts'
import { asked, OFFERED, type Subject, subjectOver } from './subject.ts'

export type Send = (to: PartyId, sealed: Sealed, deadline: number) => Promise<Reply>

export type Reference = {
  /** Answers requests as its server would. */
  fetch(path: string, init: RequestInit): Promise<Response>
  /** Takes messages as its server would, without one. */
  readonly door: MessageDoor
  readonly app: () => OpenAPIHono
}

export type ReferenceParts = {
  readonly network: TestNetwork
  readonly random: Random
  readonly store: Store
  /** Opens the same store again, as a new process would; absent where the store outlives the process by itself. */
  readonly reopen?: () => Promise<Store>
  readonly clock: Clock
  /** The clock an examiner moves. Without it the institution keeps real time and offers no control API. */
  readonly moved?: StageClock
  readonly send: Send
}

export function reference(parts: ReferenceParts): Reference {
  let store = parts.store
  let built = build(parts, store)
  const host: Host = {
    setClock: async (now) => moveThrough(parts.moved, built, now),
    restart: async () => {
      if (parts.reopen !== undefined) {
        await store.close()
        store = await parts.reopen()
      }
      built = build(parts, store)
      serving = institutionApp(built.party, built.world, controlled)
    },
    // The request that asks is not counted: it ends when it is answered.
    idle: async () => {
      const nextDue = await built.party.nextDue()
      return { inFlight: built.party.inFlight(), ...(nextDue !== undefined && { nextDue }) }
    },
  }
  const controlled = parts.moved === undefined ? undefined : host
  let serving = institutionApp(built.party, built.world, controlled)
  return {
    app: () => serving,
    // The party there is now: a restart puts another in its place.
    door: messageDoor((sealed) => built.party.receive(sealed), parts.network.profile),
    fetch: async (path, init) => serving.fetch(asked(path, init)),
  }
}

/** Through everything that becomes due on the way, each at its own instant. */
async function moveThrough(
  clock: StageClock | undefined,
  { party }: { party: Endpoint },
  now: number,
): Promise<void> {
  if (clock === undefined) return
  const work = async (): Promise<void> => void (await party.work())
  for (;;) {
    const due = await party.nextDue()
    if (due === undefined || due > now || due <= clock.now()) break
    await clock.moveTo(due, work)
  }
  await clock.moveTo(now, work)
}

function build(parts: ReferenceParts, store: Store): { party: Endpoint; world: InstitutionWorld } {
  const world: InstitutionWorld = {
    me: INSTITUTION,
    switchId: SWITCH,
    profile: parts.network.profile,
    clock: parts.clock,
    random: parts.random,
    keys: parts.network.keysOf(INSTITUTION),
    directory: parts.network.directory,
    store,
    send: parts.send,
  }
  return { party: institutionParty(world), world }
}

type InProcessParts = Omit<ReferenceParts, 'clock' | 'moved' | 'store' | 'reopen'> & {
  readonly start: number
  /** A store on the subject's own clock, so that what expires for it expires there. */
  storeOn(now: () => number): Store
}

/** The reference as a subject in this process: no socket, its own clock. */
export function inProcess({ start, storeOn, ...parts }: InProcessParts): Subject {
  const moved = stageClock(start)
  const served = reference({ ...parts, store: storeOn(() => moved.now()), clock: moved.view(), moved })
  const features = new Set(OFFERED['account-institution'])
  return subjectOver(served.fetch, { name: 'Sifang institution', kind: 'in-process', features }, served.door)
}
