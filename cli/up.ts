// `sifang up`: the whole network on loopback, or the institution alone for somebody to judge, until it is stopped.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { institutionApp, institutionParty } from '../institution/institution.ts'
import { type AcquirerDesk, acquirerApp, acquirerParty, bankParty } from '../mocks/mocks.ts'
import { money, formatMajor } from '../money/money.ts'
import { say } from '../reports/reports.ts'
import {
  ACQUIRER_A,
  ACQUIRER_B,
  BANK,
  INSTITUTION,
  OFFERED,
  PARTIES as JUDGED,
  reference,
  type Role,
  seeded,
  stageClock,
  SWITCH,
  type TestNetwork,
  testNetwork,
  tillReference,
  VIRTUAL_START,
} from '../scenarios/scenarios.ts'
import { openStore, type Store } from '../store/store.ts'
import { opsApi } from '../switch/switch.ts'
import {
  type Directory,
  type Endpoint,
  type PartyId,
  type Profile,
  type World,
  wireRoutes,
} from '../wire/wire.ts'
import { profileNamed } from './profile.ts'
import { at } from './desk-client.ts'
import { livingSwitch } from './living-switch.ts'
import { httpSend, listen, type Listening } from './network.ts'
import { peersOf } from './peers.ts'
import { pump } from './pump.ts'
import { liveWorld } from './live-world.ts'
import { realClock } from './real-clock.ts'
import { notingCalls, tapeFile } from './tape-file.ts'
import { till } from './till.ts'
import { deskOf, trafficOf } from './traffic.ts'
import { UsageError } from './usage.ts'

type UpCommand = {
  readonly profile: string
  readonly port: string
  readonly seed: string
  readonly data?: string
  readonly only?: string
  readonly control?: boolean
  readonly tape?: string
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
  if (!Number.isInteger(port) || port < 1 || port > 65_531)
    throw new UsageError(
      `--port ${options.port}: a number from 1 to 65531 (five ports from there on are used)`,
    )
  const alone = options.only === undefined ? undefined : ALONE[options.only]
  if (options.only !== undefined && alone === undefined)
    throw new UsageError(`--only ${options.only}: only “institution” or “acquirer” can stand alone`)
  if (alone === 'acquirer' && options.control !== true)
    throw new UsageError('--only acquirer: by itself it is there to be judged; add --control')
  if (options.only !== undefined && options.tape !== undefined)
    throw new UsageError('--tape records what the whole network says: leave --only out')
  if (options.data !== undefined) await mkdir(options.data, { recursive: true })
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const open =
    alone === undefined
      ? await wholeNetwork(options, profile, port, stop.signal)
      : await partyAlone(options, profile, port, alone)
  // Who asked to stop while the parties were still starting is heard as well.
  if (!stop.signal.aborted)
    await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()))
  for (const one of open) await one.close()
  process.stderr.write(`${say(options.lang, 'cli.up.stopped')}\n`)
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
  const network = await testNetwork(profile, seeded(`${profile.id}/${options.seed}`), Date.now(), { urls })
  const tape = options.tape === undefined ? undefined : tapeFile(options.tape, options)
  const stores = await storesFor(options)
  const traffic = trafficOf(tape)
  const world = (me: PartyId): World<Store> => ({
    ...liveWorld(network, me, stores.get(me) ?? missing(me)),
    observe: traffic.carried.observe,
  })
  const bank = bankParty(world(BANK))
  const acquirers = [ACQUIRER_A, ACQUIRER_B].map((id) => ({
    id,
    url: urls[id] ?? '',
    desk: acquirerParty({ ...world(id), switchId: SWITCH }, failed),
  }))
  const clearing = livingSwitch({ ...world(SWITCH), bankId: BANK }, failed, stop)
  const ownWorld = { ...world(INSTITUTION), switchId: SWITCH }
  const institution = institutionParty(ownWorld)
  const idle = async (): Promise<{ inFlight: number }> => ({ inFlight: institution.inFlight() })
  const still = async (): Promise<void> => undefined
  const seen = <P extends Pick<Endpoint, 'me' | 'receive'>>(party: P): P => ({
    ...party,
    receive: traffic.carried.door(party.me, party.receive),
  })
  const app = institutionApp(seen(institution), ownWorld, { idle, setClock: still, restart: still })
  const tills = acquirers.map(({ id, desk: party }) =>
    tillOf(seen(party), world(id), urls[INSTITUTION] ?? '', profile),
  )
  const routes = (party: Pick<Endpoint, 'me' | 'receive'>) => wireRoutes(seen(party).receive, profile)
  const help = deskOf({ traffic, network, acquirers, clearing, sealer: world, stop, failed })
  const wallet = tape === undefined ? app : notingCalls(app, traffic.carried)
  const ops = opsApi({ ...world(SWITCH), bankId: BANK })
  const servings = [routes(clearing).route('/', help).route('/ops', ops), wallet, ...tills, routes(bank)]
  const listening = await listenAll(servings, port).catch(async (error: unknown) => {
    await tape?.discard()
    throw error
  })
  const parties: readonly Endpoint[] = [institution, bank, ...acquirers.map(({ desk }) => desk)]
  const pumps = parties.map((party) => pump(party, realClock, stop, failed))
  clearing.start()
  for (const id of PARTIES) await bank.open(id, OPENING).catch(() => undefined)
  await demoUser(urls[INSTITUTION] ?? '')
  tellNetwork(options, network, urls)
  return [
    ...listening,
    { close: async () => void (await Promise.all([...pumps, clearing.stopped()])) },
    ...[...stores.values()].map((store) => ({ close: () => store.close() })),
    ...(tape === undefined ? [] : [tape]),
  ]
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

async function storesFor({ data }: UpCommand): Promise<ReadonlyMap<PartyId, Store>> {
  const stores = new Map<PartyId, Store>()
  for (const id of PARTIES) {
    const address = data === undefined ? 'memory:' : `sqlite:${join(data, `${id}.db`)}`
    stores.set(id, await openStore(address, () => Date.now()))
  }
  return stores
}

type Serving = { fetch(request: Request): Response | Promise<Response> }

/** An acquirer's messages and its till, with what people with curl leave out filled in. */
function tillOf(
  party: Endpoint & AcquirerDesk,
  world: World<Store>,
  walletUrl: string,
  profile: Profile,
): Serving {
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
  const acquirer = acquirerApp(party, { ...world, switchId: SWITCH })
  const served = wireRoutes(party.receive, profile)
  return served.route('/', till({ acquirer, clock: realClock, walletUrl, random }))
}

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

function tellNetwork(options: UpCommand, network: TestNetwork, urls: Readonly<Record<string, string>>): void {
  const { lang } = options
  const peers = peersOf(network)
  if (options.json === true)
    return void process.stdout.write(
      `${JSON.stringify({ profile: options.profile, parties: peers }, null, 2)}\n`,
    )
  const lines = [say(lang, 'cli.up.ready', { profile: options.profile }), '']
  for (const { id, role, name, url, certificates } of peers) {
    lines.push(`  ${role.padEnd(12)} ${id}  ${url ?? ''}  ${name}`)
    for (const { use, id: certificate, publicKey } of certificates.slice(0, 2))
      lines.push(
        `    ${use.padEnd(8)} ${certificate}  ${publicKey === undefined ? '' : `${publicKey.slice(0, 34)}…`}`,
      )
  }
  lines.push(
    '',
    say(lang, 'cli.up.user', { user: DEMO.user, amount: formatMajor(money(DEMO.balance, 'CNY')) }),
  )
  lines.push(
    say(lang, 'cli.up.try'),
    `  curl -s -X POST ${urls[ACQUIRER_A] ?? ''}/till/sales -H 'content-type: application/json' -d '{"payer":"${DEMO.user}","amount":"1000"}'`,
  )
  const desk = at(urls[SWITCH] ?? '')
  lines.push(
    say(lang, 'cli.up.hand'),
    `  npx sifang listen${desk}; npx sifang trigger sale${desk}; npx sifang resend 1${desk}`,
  )
  if (options.tape !== undefined) lines.push(say(lang, 'cli.up.tape', { file: options.tape }))
  lines.push(
    say(lang, 'cli.up.watch'),
    `  curl -s ${urls[INSTITUTION] ?? ''}/control/users/${DEMO.user}; curl -s ${urls[INSTITUTION] ?? ''}/control/ledger`,
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** A party by itself: a subject in a process of its own, as somebody else's would be. */
async function partyAlone(
  options: UpCommand,
  profile: Profile,
  port: number,
  role: Role,
): Promise<readonly Listening[]> {
  const start = options.control === true ? VIRTUAL_START : Date.now()
  const clock = stageClock(start)
  const peer = `http://127.0.0.1:${port}`
  const own = port + 1
  const network = await testNetwork(profile, seeded(`${profile.id}/${options.seed}`), start, {
    urls: { [SWITCH]: peer, [JUDGED[role]]: `http://127.0.0.1:${own}` },
  })
  const address =
    options.data === undefined ? 'memory:' : `sqlite:${join(options.data, `${JUDGED[role]}.db`)}`
  const now = options.control === true ? () => clock.now() : () => Date.now()
  const reopen = (): Promise<Store> => openStore(address, now)
  const parts = {
    network,
    random: (length: number) => new Uint8Array(randomBytes(length)),
    store: await reopen(),
    clock: options.control === true ? clock.view() : realClock,
    send: httpSend(() => network.directory, now),
    ...(options.data !== undefined && { reopen }),
  }
  const moved = options.control === true ? { moved: clock } : {}
  const served =
    role === 'acquirer' ? tillReference({ ...parts, moved: clock }) : reference({ ...parts, ...moved })
  const listening = await listen((request) => served.app().fetch(request), own)
  tellAlone(options, network.directory, { url: listening.url, peer, port, role })
  return [listening]
}

type Alone = { readonly url: string; readonly peer: string; readonly port: number; readonly role: Role }

function tellAlone(options: UpCommand, directory: Directory, { url, peer, port, role }: Alone): void {
  const { lang } = options
  const at = options.control === true ? VIRTUAL_START : Date.now()
  const shown = (use: 'sign' | 'encrypt'): string => {
    const certificate = directory.current(JUDGED[role], use, at)
    const key = certificate?.key.suite === 'sm' ? Buffer.from(certificate.key.publicKey).toString('hex') : ''
    return `  ${use}: { id: '${certificate?.id ?? ''}', publicKey: '${key}' }`
  }
  const features = options.control === true ? OFFERED[role].join(', ') : 'wallet'
  const config = [
    'subject:',
    `  name: my ${options.only ?? ''}`,
    `  role: ${role}`,
    `  url: ${url}`,
    shown('sign'),
    shown('encrypt'),
    `  features: [${features}]`,
    `switch: { port: ${port} }`,
    `seed: '${options.seed}'`,
  ]
  process.stdout.write(
    `${[say(lang, 'cli.up.single', { url, peer }), '  npx sifang certify --config sifang.config.yaml', '', say(lang, 'cli.up.config'), ...config].join('\n')}\n`,
  )
}
