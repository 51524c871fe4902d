// The parties that stand around the subject in a whole network, each with a store that outlives its process.
import { acquirerApp } from '../mocks/acquirer-app.ts'
import { type AcquirerDesk, acquirerParty, bankParty } from '../mocks/mocks.ts'
import type { Store } from '../store/store.ts'
import { opsApi } from '../switch/ops.ts'
import { switchParty, type SwitchWorld } from '../switch/switch.ts'
import type { Endpoint, World } from '../wire/wire.ts'
import { type AcquirerName, MERCHANTS } from './ids.ts'
import { mortal } from './mortal.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, SWITCH } from './parties.ts'
import type { Stage } from './stage.ts'
import type { ApiReply } from './subject.ts'

export type NetworkParties = {
  /** Starts the party anew on its store; the one there before is cut off. */
  start(party: 'switch' | AcquirerName): void
  desk(name: AcquirerName): AcquirerDesk
  switchWorld(): SwitchWorld
  /** The till API of acquirer A, as it is served. */
  till(method: string, path: string, body?: unknown): Promise<ApiReply>
  /** The operators' API of the switch, as it is served. */
  ops(method: string, path: string, body?: unknown): Promise<ApiReply>
  /** What threw in a party's own work: a defect of ours. */
  readonly failures: unknown[]
  /** The next instant at which a party has something to do, or anybody stops waiting. */
  nextDue(): Promise<number | undefined>
  close(): Promise<void>
}

type Placed = { world: World<Store> & Record<string, unknown>; kill(): void }

const OPENING = 100_000_000_00n
const ACQUIRERS: Readonly<Record<AcquirerName, string>> = { A: ACQUIRER_A, B: ACQUIRER_B }

export async function networkParties(stage: Stage): Promise<NetworkParties> {
  const stores = new Map<string, Store>()
  for (const id of [SWITCH, ACQUIRER_A, ACQUIRER_B, BANK]) stores.set(id, await stage.storeFor(id))
  const storeOf = (id: string): Store => stores.get(id) ?? notHere(id)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const lives = new Map<string, Placed>()
  const endpoints = new Map<string, Endpoint>()
  const desks = new Map<AcquirerName, AcquirerDesk>()
  // Few pages call a till, and building its API costs more than a payment: it is built where one does.
  const tills = new Map<AcquirerName, () => ReturnType<typeof acquirerApp>>()
  const live = (id: string, more: Readonly<Record<string, unknown>>): Placed['world'] => {
    lives.get(id)?.kill()
    const life = mortal({ ...stage.sealer(id), store: storeOf(id), ...more })
    lives.set(id, life)
    return life.world
  }
  const place = (id: string, endpoint: Endpoint): void => {
    endpoints.set(id, endpoint)
    stage.place(id, (sealed) => endpoint.receive(sealed), endpoint)
  }
  const start: NetworkParties['start'] = (party) => {
    if (party === 'switch')
      return place(SWITCH, switchParty(live(SWITCH, { bankId: BANK }) as unknown as SwitchWorld, failed))
    const world = live(ACQUIRERS[party], { switchId: SWITCH }) as unknown as Parameters<
      typeof acquirerParty
    >[0]
    const acquirer = acquirerParty(world, failed)
    desks.set(party, acquirer)
    let app: ReturnType<typeof acquirerApp> | undefined
    tills.set(party, () => (app ??= acquirerApp(acquirer, world)))
    place(ACQUIRERS[party], acquirer)
  }
  start('switch')
  start('A')
  start('B')
  stage.mortal(SWITCH, () => start('switch'))
  stage.mortal(ACQUIRER_A, () => start('A'))
  stage.mortal(ACQUIRER_B, () => start('B'))
  const bank = bankParty({ ...stage.sealer(BANK), store: storeOf(BANK) }, failed)
  place(BANK, bank)
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await bank.open(party, OPENING)
  if (stage.profile.flags.unknownMerchant !== 'allowed')
    await enrol((lives.get(SWITCH)?.world ?? notHere(SWITCH)) as unknown as SwitchWorld)
  return {
    start,
    failures,
    desk: (name) => desks.get(name) ?? notHere(name),
    switchWorld: () => (lives.get(SWITCH)?.world ?? notHere(SWITCH)) as unknown as SwitchWorld,
    till: async (method, path, body) => {
      const served = tills.get('A') ?? notHere('A')
      const response = await served().request(path, initOf(method, body))
      return { status: response.status, body: await response.json() }
    },
    ops: async (method, path, body) => {
      const api = opsApi((lives.get(SWITCH)?.world ?? notHere(SWITCH)) as unknown as SwitchWorld)
      const response = await api.request(path.replace(/^\/ops/, ''), initOf(method, body))
      return { status: response.status, body: await response.json() }
    },
    nextDue: async () => {
      const dues = await Promise.all([...endpoints.values()].map((endpoint) => endpoint.nextDue()))
      const known = [...dues, stage.clock.nextWait()].filter((due) => due !== undefined)
      return known.length === 0 ? undefined : Math.min(...known)
    },
    close: async () => {
      for (const life of lives.values()) life.kill()
      for (const store of stores.values()) await store.close()
    },
  }
}

/** Where the switch lets in no merchant that it does not know, its operators have entered those of the stage. */
async function enrol(world: SwitchWorld): Promise<void> {
  const api = opsApi(world)
  const open = { status: 'active', scenes: ['CPM', 'MPM', 'ONLINE'], categories: [], provinces: [] }
  for (const { acquirer, merchant, merchantName: name } of Object.values(MERCHANTS)) {
    const terms = { name, ...open, fee: 'standard', returnHosts: [] }
    const done = await api.request(
      `/merchants/${acquirer}/${merchant}`,
      initOf('PUT', { from: '20000101', terms }),
    )
    if (!done.ok) throw new Error(`merchant ${merchant} was not entered: ${await done.text()}`)
  }
}

function initOf(method: string, body: unknown) {
  const headers = { 'content-type': 'application/json' }
  return body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
}

export function notHere(name: string): never {
  throw new Error(`${name} is not on this stage`)
}
