// The whole network on real sockets, for the contract suites: switch, institution, acquirer and bank on 127.0.0.1 at
// free ports, one clock that only a test moves, and stores that can be told to fail. Test-only.
import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { type AcquirerDesk, acquirerParty, bankParty } from '../mocks/mocks.ts'
import {
  ACQUIRER_A,
  BANK,
  INSTITUTION,
  reference,
  type Reference,
  seeded,
  stageClock,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/scenarios.ts'
import { type Entry, memoryStore, START, type Store } from '../store/store.ts'
import { switchParty } from '../switch/switch.ts'
import { type Endpoint, type PartyId, PROFILES, type Sealer, type World, wireRoutes } from '../wire/wire.ts'

export const NOON = Date.parse('2026-06-15T12:00:00+08:00')
export const OPENING = 1_000_000n

type Fetch = (request: Request) => Response | Promise<Response>
type Bank = ReturnType<typeof bankParty>

export type Served = {
  readonly network: TestNetwork
  readonly institution: Reference
  readonly desk: AcquirerDesk
  readonly bank: Bank
  url(party: PartyId): string
  sealer(party: PartyId): Sealer
  journal(party: PartyId): Promise<readonly Entry[]>
  /** From now on a party's store refuses everything, or works again. */
  breakStore(party: PartyId, broken: boolean): void
  close(): Promise<void>
}

const PARTIES = [SWITCH, INSTITUTION, ACQUIRER_A, BANK] as const

export async function servedNetwork(profileId: string, seed: string): Promise<Served> {
  const profile = PROFILES[profileId] ?? missing(profileId)
  const clock = stageClock(NOON)
  const random = seeded(seed)
  const fetches = new Map<PartyId, Fetch>()
  const sockets = new Map<PartyId, Socket>()
  // The ports are known before the parties are: they stand in the directory that every party is given.
  for (const id of PARTIES)
    sockets.set(id, await listening((request) => (fetches.get(id) ?? missing(id))(request)))
  const url = (id: PartyId): string => sockets.get(id)?.url ?? missing(id)
  const urls = Object.fromEntries(PARTIES.map((id) => [id, url(id)]))
  const network = await testNetwork(profile, random, NOON, { urls })
  const broken = new Set<PartyId>()
  const stores = new Map<PartyId, Store>(
    PARTIES.map((id) => [id, breakable(memoryStore({ now: () => clock.now() }), () => broken.has(id))]),
  )
  const storeOf = (id: PartyId): Store => stores.get(id) ?? missing(id)
  const sealer = (me: PartyId): Sealer => ({
    me,
    profile,
    clock: clock.view(),
    random,
    keys: network.keysOf(me),
    directory: network.directory,
  })
  const world = (me: PartyId): World<Store> => ({ ...sealer(me), store: storeOf(me), send: post(network) })
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)

  const institution = reference({
    network,
    random,
    store: storeOf(INSTITUTION),
    clock: clock.view(),
    moved: clock,
    send: post(network),
  })
  const desk = acquirerParty({ ...world(ACQUIRER_A), switchId: SWITCH }, failed)
  const bank = bankParty(world(BANK))
  for (const id of PARTIES) await bank.open(id, OPENING)
  const wire = (party: Endpoint): Fetch => {
    const routes = wireRoutes(party.receive, profile)
    return (request) => routes.fetch(request)
  }
  fetches.set(SWITCH, wire(switchParty({ ...world(SWITCH), bankId: BANK }, failed)))
  fetches.set(ACQUIRER_A, wire(desk))
  fetches.set(BANK, wire(bank))
  fetches.set(INSTITUTION, (request) => institution.app().fetch(request))
  return {
    network,
    institution,
    desk,
    bank,
    url,
    sealer,
    journal: (id) => gathered(storeOf(id).journal(START)),
    breakStore: (id, now) => void (now ? broken.add(id) : broken.delete(id)),
    close: async () => {
      for (const socket of sockets.values()) await socket.close()
      if (failures.length > 0) throw failures[0]
    },
  }
}

function missing(what: string): never {
  throw new Error(`${what} is not in the network`)
}

type Socket = { readonly url: string; close(): Promise<void> }

function listening(fetch: Fetch): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
      const close = (): Promise<void> =>
        new Promise((closed) => {
          if ('closeAllConnections' in server) server.closeAllConnections()
          server.close(() => closed())
        })
      resolve({ url: `http://127.0.0.1:${port}`, close })
    })
    server.on('error', reject)
  })
}

/** Waits as long as it takes: what never answers is for vitest's own limit to say. */
function post(network: TestNetwork): World<unknown>['send'] {
  return async (to, sealed) => {
    const url = network.directory.party(to)?.url
    if (url === undefined) return { kind: 'not_sent' }
    const response = await fetch(url + sealed.path, {
      method: 'POST',
      headers: { 'content-type': sealed.contentType },
      body: new Uint8Array(sealed.bytes),
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const contentType = response.headers.get('content-type') ?? ''
    return { kind: 'reply', sealed: { path: sealed.path, contentType, bytes } }
  }
}

/** What a store says of itself names its machine: none of it may reach a caller. */
function breakable(store: Store, broken: () => boolean): Store {
  const unlessBroken =
    <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      broken() ? Promise.reject(new Error('disk full at /var/lib/sifang/secret.db')) : act(...args)
  return {
    ...store,
    change: unlessBroken(store.change) as Store['change'],
    read: unlessBroken(store.read),
  }
}

async function gathered<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
