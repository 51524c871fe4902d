// Our own acquirer as a subject: the same code as in `sifang up`, on a clock that the stage moves, over any store.
// A restart drops the party and everything it holds in memory; its store is what survives.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { acquirerApp, type AcquirerHost } from '../mocks/acquirer-app.ts'
import { acquirerParty, type AcquirerWorld } from '../mocks/mocks.ts'
import type { Store } from '../store/store.ts'
import { messageDoor } from '../wire/wire.ts'
import { type StageClock, stageClock } from './clock.ts'
import { ACQUIRER_A, SWITCH } from './parties.ts'
import type { Reference, ReferenceParts } from './reference.ts'
import { asked, OFFERED, type Subject, subjectOver } from './subject.ts'

type TillParts = Omit<ReferenceParts, 'moved'> & { readonly moved: StageClock }
type Built = { readonly party: ReturnType<typeof acquirerParty>; readonly world: AcquirerWorld }

export function tillReference(parts: TillParts): Reference {
  let store = parts.store
  let failing = 0
  const breakable = (real: Store): Store => ({
    ...real,
    change: async (keys, decide) => {
      if (failing === 0) return real.change(keys, decide)
      failing -= 1
      throw new Error('the database is down: this change was asked to fail')
    },
  })
  let built = build(parts, breakable(store))
  const host: AcquirerHost = {
    setClock: async (now) => parts.moved.moveTo(now, async () => void (await built.party.work())),
    restart: async () => {
      if (parts.reopen !== undefined) {
        await store.close()
        store = await parts.reopen()
      }
      built = build(parts, breakable(store))
      serving = acquirerApp(built.party, built.world, host)
    },
    breakStore: (changes) => {
      failing = changes
    },
    // The request that asks is not counted: it ends when it is answered.
    idle: async () => {
      const nextDue = await built.party.nextDue()
      return { inFlight: built.party.inFlight(), ...(nextDue !== undefined && { nextDue }) }
    },
  }
  let serving: OpenAPIHono = acquirerApp(built.party, built.world, host)
  return {
    app: () => serving,
    // The party there is now: a restart puts another in its place.
    door: messageDoor((sealed) => built.party.receive(sealed), parts.network.profile),
    fetch: async (path, init) => serving.fetch(asked(path, init)),
  }
}

function build({ network, clock, random, send }: TillParts, store: Store): Built {
  const world: AcquirerWorld = {
    me: ACQUIRER_A,
    switchId: SWITCH,
    profile: network.profile,
    clock,
    random,
    keys: network.keysOf(ACQUIRER_A),
    directory: network.directory,
    store,
    send,
  }
  // A job that failed comes back when its lease is over; the outage that a page asked for is no news.
  return { world, party: acquirerParty(world, () => undefined) }
}

type InProcessParts = Omit<TillParts, 'clock' | 'moved' | 'store' | 'reopen'> & {
  readonly start: number
  /** A store on the subject's own clock, so that what expires for it expires there. */
  storeOn(now: () => number): Store
}

/** The reference as a subject in this process: no socket, its own clock. */
export function tillInProcess({ start, storeOn, ...parts }: InProcessParts): Subject {
  const moved = stageClock(start)
  const served = tillReference({ ...parts, store: storeOn(() => moved.now()), clock: moved.view(), moved })
  const features = new Set(OFFERED.acquirer)
  return subjectOver(served.fetch, { name: 'Sifang acquirer', kind: 'in-process', features }, served.door)
}
