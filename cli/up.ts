// `sifang up`: the whole network on loopback, or the institution alone for somebody to judge, until it is stopped. Parties
// listen as soon as they can take messages; what they serve as JSON is loaded behind that (later.ts).
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { Hono } from 'hono'
import { institutionParty, type InstitutionWorld, startClosing } from '../institution/institution.ts'
import { type AcquirerDesk, acquirerParty, bankParty, startAcquirerClosing } from '../mocks/mocks.ts'
import type { Role } from '../scenarios/scenarios.ts'
import {
  ACQUIRER_A,
  ACQUIRER_B,
  BANK,
  INSTITUTION,
  seeded,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/test-network.ts'
import { openStore, type Store } from '../store/store.ts'
import { DIRECT, startClearing, type SwitchWorld } from '../switch/switch.ts'
import { type Endpoint, type PartyId, type Profile, type World, wireRoutes } from '../wire/wire.ts'
import { later, type Later, type Serving } from './later.ts'
import { type LivingSwitch, livingSwitch } from './living-switch.ts'
import { liveWorld } from './live-world.ts'
import { listen, type Listening } from './network.ts'
import { profileNamed } from './profile.ts'
import { type MerchantDoor, merchantDoor } from './merchant-door.ts'
import { pump } from './pump.ts'
import { realClock } from './real-clock.ts'
import { till } from './till.ts'
import type { TapeFile } from './tape-file.ts'
import type { TlsDoors } from './tls-doors.ts'
import { type Traffic, trafficOf } from './traffic.ts'
import { UsageError } from './usage.ts'

export type UpCommand = {
  readonly profile: string
  readonly port: string
  readonly seed: string
  readonly data?: string
  readonly only?: string
  readonly control?: boolean
  readonly tape?: string
  /** Messages over TLS, at five ports of their own. */
  readonly tls?: boolean
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

const PARTIES = [SWITCH, INSTITUTION, ACQUIRER_A, ACQUIRER_B, BANK] as const
const OPENING = 1_000_000_00n
const ALONE: Readonly<Record<string, Role>> = { institution: 'account-institution', acquirer: 'acquirer' }
const DEMO = { user: 'alice', balance: 100_00n }

export async function upCommand(options: UpCommand): Promise<void> {
  const profile = await profileNamed(options.profile)
  const port = Number(options.port)
  const ports = options.tls === true ? 2 * PARTIES.length : PARTIES.length
  if (!Number.isInteger(port) || port < 1 || port > 65_536 - ports)
    throw new UsageError(
      `--port ${options.port}: a number from 1 to ${65_536 - ports} (${ports === 5 ? 'five' : 'ten'} ports from there on are used)`,
    )
  const alone = options.only === undefined ? undefined : ALONE[options.only]
  if (options.only !== undefined && alone === undefined)
    throw new UsageError(`--only ${options.only}: only “institution” or “acquirer” can stand alone`)
  if (alone === 'acquirer' && options.control !== true)
    throw new UsageError('--only acquirer: by itself it is there to be judged; add --control')
  if (options.only !== undefined && options.tape !== undefined)
    throw new UsageError('--tape records what the whole network says: leave --only out')
  if (options.only !== undefined && options.tls === true)
    throw new UsageError('--tls is for the whole network: leave --only out')
  if (options.data !== undefined) await mkdir(options.data, { recursive: true })
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const standing =
    alone === undefined
      ? wholeNetwork(options, profile, port, stop.signal)
      : (await import('./up-alone.ts')).partyAlone(options, profile, port, alone)
  const open = await standing.catch((error: unknown) => {
    stop.abort()
    throw error
  })
  // A process that is killed writes nothing down: what was compiled is kept now for the next start.
  flushCompileCache()
  // Who asked to stop while the parties were still starting is heard as well.
  if (!stop.signal.aborted)
    await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()))
  for (const one of open) await one.close()
  const { tellStopped } = await import('./up-told.ts')
  tellStopped(options)
}

const failed = (error: unknown): void =>
  void process.stderr.write(`sifang up: ${error instanceof Error ? error.message : String(error)}\n`)

async function wholeNetwork(
  options: UpCommand,
  profile: Profile,
  port: number,
  stop: AbortSignal,
): Promise<readonly { close(): Promise<void> }[]> {
  const urls = Object.fromEntries(PARTIES.map((id, index) => [id, `http://127.0.0.1:${port + index}`]))
  const tls = options.tls === true ? await securely(port + PARTIES.length) : undefined
  const network = await testNetwork(profile, seeded(`${profile.id}/${options.seed}`), Date.now(), {
    urls: tls?.urls ?? urls,
  })
  const tape = options.tape === undefined ? undefined : (await taping()).tapeFile(options.tape, options)
  const stores = await storesFor(options)
  const traffic = trafficOf(tape)
  const world = (me: PartyId): World<Store> => ({
    ...liveWorld(network, me, stores.get(me) ?? missing(me), tls?.agentOf(me)),
    observe: traffic.carried.observe,
  })
  const bank = bankParty(world(BANK))
  const acquirers = [ACQUIRER_A, ACQUIRER_B].map((id) => ({
    id,
    url: urls[id] ?? '',
    desk: acquirerParty({ ...world(id), switchId: SWITCH }, failed),
  }))
  const plain = { ...world(SWITCH), bankId: BANK, clears: true }
  const { merchants, clearing } = await switchOf(options, plain, urls[INSTITUTION] ?? '', stop)
  const own = { ...world(INSTITUTION), switchId: SWITCH }
  const institution = institutionParty(own)
  const seen: Standing['seen'] = (party) => ({
    ...party,
    receive: traffic.carried.door(party.me, party.receive),
  })
  const apis = apisOf({
    network,
    traffic,
    tape,
    urls,
    world,
    own,
    acquirers,
    clearing,
    institution,
    seen,
    stop,
  })
  const inOrder = [clearing, institution, ...acquirers.map(({ desk }) => desk), bank]
  // Where messages come over TLS, no other door takes them.
  const listening = await openDoors({
    messages: inOrder.map((party) => messagesAt(seen(party), profile, merchants)),
    apis: inOrder.map(({ me }) => apis.get(me) ?? {}),
    port,
    tls,
    stop,
  }).catch(async (error: unknown) => {
    await tape?.discard()
    throw error
  })
  const parties: readonly Endpoint[] = [institution, bank, ...acquirers.map(({ desk }) => desk)]
  const pumps = [...parties, merchants.endpoint].map((party) => pump(party, realClock, stop, failed))
  clearing.start()
  await daysClose(world, plain, own)
  await begun(bank, apis, urls, listening)
  ;(await import('./up-told.ts')).tellNetwork(options, { network, urls, demo: DEMO })
  return [
    ...listening,
    { close: async () => void (await Promise.all([...pumps, clearing.stopped()])) },
    ...[...stores.values()].map((store) => ({ close: () => store.close() })),
    ...(tape === undefined ? [] : [tape]),
  ]
}

const securely = async (port: number) => (await import('./tls-doors.ts')).tlsDoors(PARTIES, port)

/** The switch, and beside it the gateway that it knows as one of its acquirers. */
async function switchOf(
  options: UpCommand,
  plain: SwitchWorld,
  walletUrl: string,
  stop: AbortSignal,
): Promise<{ readonly merchants: MerchantDoor; readonly clearing: LivingSwitch }> {
  const beside = { store: await storeAt(options, DIRECT), walletUrl }
  const merchants = await merchantDoor(plain, beside, (sealed) => clearing.receive(sealed), failed)
  const clearing: LivingSwitch = livingSwitch(merchants.switchWorld, failed, stop)
  return { merchants, clearing }
}

function messagesAt(
  { me, receive }: Pick<Endpoint, 'me' | 'receive'>,
  profile: Profile,
  merchants: MerchantDoor,
): Hono {
  const routes = wireRoutes(receive, profile)
  return me === SWITCH ? merchants.before(routes) : routes
}

/** From today on clearing days are closed, filed, loaded and paid by those whose days they are. */
async function daysClose(
  world: (me: PartyId) => World<Store>,
  plain: SwitchWorld,
  own: InstitutionWorld,
): Promise<void> {
  await Promise.all([startClearing(plain), startClosing(own)])
  for (const id of [ACQUIRER_A, ACQUIRER_B]) await startAcquirerClosing({ ...world(id), switchId: SWITCH })
}

/** Accounts, what people use besides messages, and a user; where that fails, nobody listens any more. */
async function begun(
  bank: ReturnType<typeof bankParty>,
  apis: ReadonlyMap<PartyId, Apis>,
  urls: Readonly<Record<string, string>>,
  listening: readonly Listening[],
): Promise<void> {
  try {
    for (const id of PARTIES) await bank.open(id, OPENING).catch(() => undefined)
    for (const each of apis.values()) for (const api of Object.values(each)) await api.load()
    await demoUser(urls[INSTITUTION] ?? '')
  } catch (error) {
    for (const one of listening) await one.close()
    throw error
  }
}

type Doors = {
  readonly messages: readonly Hono[]
  readonly apis: readonly Apis[]
  readonly port: number
  readonly tls: TlsDoors | undefined
  readonly stop: AbortSignal
}

/** One door for each party; over TLS two, of which only the secured one takes messages. */
async function openDoors({ messages, apis, port, tls, stop }: Doors): Promise<readonly Listening[]> {
  if (tls === undefined)
    return listenAll(
      messages.map((wire, place) => answering(wire, apis[place] ?? {})),
      port,
    )
  const plain = await listenAll(
    apis.map((api) => answering(new Hono(), api)),
    port,
  )
  try {
    return [...plain, ...(await tls.listen(messages, stop, failed))]
  } catch (error) {
    for (const one of plain) await one.close()
    throw error
  }
}

const taping = () => import('./tape-file.ts')

type Standing = {
  readonly network: TestNetwork
  readonly traffic: Traffic
  readonly tape: TapeFile | undefined
  readonly urls: Readonly<Record<string, string>>
  world(me: PartyId): World<Store>
  readonly acquirers: readonly { id: PartyId; url: string; desk: Endpoint & AcquirerDesk }[]
  readonly clearing: LivingSwitch
  readonly institution: Endpoint
  /** The institution's world. */
  readonly own: InstitutionWorld
  /** The same party; what comes in at its door is written down. */
  seen<P extends Pick<Endpoint, 'me' | 'receive'>>(party: P): P
  readonly stop: AbortSignal
}

/** What a party serves besides messages, by the paths below which it does. */
type Apis = Readonly<Record<string, Later>>

function apisOf(standing: Standing): ReadonlyMap<PartyId, Apis> {
  const { network, traffic, tape, urls, world, own, acquirers, clearing, institution, seen, stop } = standing
  const idle = async (): Promise<{ inFlight: number }> => ({ inFlight: institution.inFlight() })
  const still = async (): Promise<void> => undefined
  const wallet = later(async () => {
    const { institutionApp } = await import('../institution/app.ts')
    const app = institutionApp(seen(institution), own, { idle, setClock: still, restart: still })
    return tape === undefined ? app : (await taping()).notingCalls(app, traffic.carried)
  })
  const desk = later(async () => {
    const { deskOf } = await import('./desk.ts')
    return deskOf({ traffic, network, acquirers, clearing, sealer: world, stop, failed })
  })
  const ops = later(async () => {
    const { opsApi } = await import('../switch/ops.ts')
    return new Hono().route('/ops', opsApi({ ...world(SWITCH), bankId: BANK }))
  })
  // With what people with curl leave out filled in.
  const tillOf = ({ id, desk: party }: Standing['acquirers'][number]): Later =>
    later(async () => {
      const { acquirerApp } = await import('../mocks/acquirer-app.ts')
      const acquirer = acquirerApp(seen(party), { ...world(id), switchId: SWITCH })
      const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
      return till({ acquirer, clock: realClock, walletUrl: urls[INSTITUTION] ?? '', random })
    })
  return new Map<PartyId, Apis>([
    [SWITCH, { '/_sifang/*': desk, '/ops/*': ops }],
    [INSTITUTION, { '*': wallet }],
    ...acquirers.map((one) => [one.id, { '*': tillOf(one) }] as const),
  ])
}

/** Messages are answered as soon as a party listens; whoever asks for more waits until it is loaded. */
function answering(wire: Hono, apis: Apis): Hono {
  for (const [path, api] of Object.entries(apis)) wire.all(path, (c) => api.fetch(c.req.raw))
  return wire
}

/** All of them or none: a network that lacks a party is no network. */
async function listenAll(servings: readonly Serving[], port: number): Promise<readonly Listening[]> {
  const listening: Listening[] = []
  try {
    for (const serving of servings)
      listening.push(await listen((request) => serving.fetch(request), port + listening.length))
    return listening
  } catch (error) {
    for (const one of listening) await one.close()
    throw error
  }
}

async function storesFor(options: UpCommand): Promise<ReadonlyMap<PartyId, Store>> {
  const stores = new Map<PartyId, Store>()
  for (const id of PARTIES) stores.set(id, await storeAt(options, id))
  return stores
}

const storeAt = ({ data }: UpCommand, id: PartyId): Promise<Store> =>
  openStore(data === undefined ? 'memory:' : `sqlite:${join(data, `${id}.db`)}`, () => Date.now())

function missing(id: string): never {
  throw new Error(`party ${id} has no store`)
}

async function demoUser(url: string): Promise<void> {
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  // With kept data the user is there already, and keeps what it has.
  await post('/control/users', { id: DEMO.user, balance: String(DEMO.balance) })
  await post(`/wallet/users/${DEMO.user}/sign-up`, {})
}
