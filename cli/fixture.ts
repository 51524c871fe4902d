// A network for somebody else's tests: the real switch with its acquirers and bank, listening on free loopback ports, with
// test keys from a seed and nothing on disk. Each call starts one of its own, so tests may run side by side.
import { randomBytes } from 'node:crypto'
import { type PrivateKey, type PublicKey, writePem, writePkcs8 } from '../crypto/crypto.ts'
import { institutionApp } from '../institution/app.ts'
import { institutionParty } from '../institution/institution.ts'
import { type AcquirerDesk, acquirerParty, bankParty } from '../mocks/mocks.ts'
import {
  ACQUIRER_A,
  ACQUIRER_B,
  BANK,
  INSTITUTION,
  seeded,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/scenarios.ts'
import { memoryStore, type Store } from '../store/store.ts'
import { switchParty } from '../switch/switch.ts'
import {
  beijingTime,
  type Endpoint,
  type PartyId,
  type Profile,
  type World,
  wireRoutes,
} from '../wire/wire.ts'
import { liveWorld } from './live-world.ts'
import { listen, type Listening } from './network.ts'
import { type Peer, peersOf } from './peers.ts'
import { profileNamed } from './profile.ts'
import { pump } from './pump.ts'
import { realClock } from './real-clock.ts'

export type SwitchOptions = {
  /** A profile's name; `unionpay` if none is named. */
  readonly profile?: string
  /** The test keys follow from it. */
  readonly seed?: string
  /** Your own wallet, where it is what is tested; otherwise ours takes part, with its wallet and control API. */
  readonly institution?: {
    readonly url: string
    readonly sign: { readonly id: string; readonly publicKey: Uint8Array }
    readonly encrypt: { readonly id: string; readonly publicKey: Uint8Array }
  }
}

export type Paid = { readonly order: string; readonly orderTime: string; readonly state: string }

export type RunningSwitch = {
  /** Milliseconds from the call to the moment at which every address answered. */
  readonly readyMs: number
  /** Where messages for the switch are posted: `${url}/sifang/1/purchase` and so on. */
  readonly url: string
  /** Of our institution: wallet and control API, and the edge that the switch asks. */
  readonly institutionUrl: string
  /** Every party with its certificates and public keys, as `sifang certify --peers` prints them. */
  readonly peers: readonly Peer[]
  /** Test keys of a party as PKCS#8 PEM, by certificate id. */
  keysOf(party: PartyId): ReadonlyMap<string, string>
  /** A user of our institution who has signed up; gives the way to a fresh payment code. */
  user(id: string, balance: bigint): Promise<{ code(): Promise<string> }>
  /** A sale at the acquirer's till; resolves when it is final, or as it stands when the wait is over. */
  sell(sale: { readonly code: string; readonly amount: bigint }): Promise<Paid>
  refund(of: Paid, amount: bigint): Promise<Paid>
  close(): Promise<void>
}

const OPENING = 100_000_000_00n
const FINAL_WAIT_MS = 5_000
const LOOK_MS = 10
const MERCHANT = {
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  terminal: '01080209',
  currency: '156',
}

export async function startSwitch(options: SwitchOptions = {}): Promise<RunningSwitch> {
  const began = performance.now()
  const profile = await profileNamed(options.profile ?? 'unionpay')
  const doors = await Promise.all([SWITCH, INSTITUTION, ACQUIRER_A, BANK].map((party) => door(party)))
  const urls: Record<PartyId, string> = Object.fromEntries(doors.map(({ party, url }) => [party, url]))
  if (options.institution !== undefined) urls[INSTITUTION] = options.institution.url
  const network = await testNetwork(
    profile,
    seeded(`${profile.id}/${options.seed ?? 'fixture'}`),
    Date.now(),
    {
      urls,
      ...(options.institution !== undefined && { foreign: foreignOf(options.institution) }),
    },
  )
  const stop = new AbortController()
  const failed = (error: unknown): void => void failures.push(error)
  const failures: unknown[] = []
  const { bank, acquirer, parties, served } = partiesOn(profile, network, failed)
  for (const one of doors) one.open(served[one.party])
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await bank.open(party, OPENING)
  const pumps = parties.map((party) => pump(party, realClock, stop.signal, failed))
  return {
    readyMs: performance.now() - began,
    url: urls[SWITCH] ?? '',
    institutionUrl: urls[INSTITUTION] ?? '',
    peers: peersOf(network),
    keysOf: (party) => new Map([...network.privateKeysOf(party)].map(([id, key]) => [id, pemOf(key)])),
    user: (id, balance) => wallet(urls[INSTITUTION] ?? '', id, balance),
    ...till(acquirer),
    close: async () => {
      stop.abort()
      await Promise.all(doors.map((one) => one.close()))
      await Promise.all(pumps)
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** The four parties of the network, each with a world of its own, and what answers at their addresses. */
function partiesOn(profile: Profile, network: TestNetwork, failed: (error: unknown) => void) {
  const world = (me: PartyId): World<Store> => liveWorld(network, me, memoryStore({ now: () => Date.now() }))
  const bank = bankParty(world(BANK))
  const acquirer = acquirerParty({ ...world(ACQUIRER_A), switchId: SWITCH }, failed)
  const clearing = switchParty({ ...world(SWITCH), bankId: BANK }, failed)
  const own = { ...world(INSTITUTION), switchId: SWITCH }
  const institution = institutionParty(own)
  const still = async (): Promise<void> => undefined
  const idle = async (): Promise<{ inFlight: number }> => ({ inFlight: institution.inFlight() })
  const served: Readonly<Record<PartyId, Serving>> = {
    [SWITCH]: wireRoutes(clearing.receive, profile),
    [ACQUIRER_A]: wireRoutes(acquirer.receive, profile),
    [BANK]: wireRoutes(bank.receive, profile),
    [INSTITUTION]: institutionApp(institution, own, { idle, setClock: still, restart: still }),
  }
  const parties: readonly Endpoint[] = [clearing, institution, bank, acquirer]
  return { bank, acquirer, parties, served }
}

/** Keys of the suite `sm` only: in `sm3-shared` both sides hold one secret, and there is no file for it. */
function pemOf(key: PrivateKey): string {
  return key.suite === 'sm' ? writePem('PRIVATE KEY', writePkcs8(key)) : ''
}

/** For `test.extend({ network: switchFixture })`: started before the test, closed after it. */
export async function switchFixture(
  // Vitest reads from the pattern which other fixtures are wanted: none.
  // oxlint-disable-next-line no-empty-pattern -- Vitest demands a pattern here
  {}: object,
  use: (network: RunningSwitch) => Promise<void>,
): Promise<void> {
  const network = await startSwitch()
  try {
    await use(network)
  } finally {
    await network.close()
  }
}

function foreignOf({ sign, encrypt }: NonNullable<SwitchOptions['institution']>) {
  const key = (publicKey: Uint8Array): PublicKey => ({ suite: 'sm', publicKey })
  return {
    party: INSTITUTION,
    sign: { id: sign.id, key: key(sign.publicKey) },
    encrypt: { id: encrypt.id, key: key(encrypt.publicKey) },
  }
}

type Serving = { fetch(request: Request): Response | Promise<Response> }
type Door = Listening & { readonly party: PartyId; open(to: Serving | undefined): void }

/** An address before anybody lives there: the directory must name it before the parties are made. */
async function door(party: PartyId): Promise<Door> {
  let behind: Serving | undefined
  const listening = await listen(
    (request) => behind?.fetch(request) ?? new Response('not open yet', { status: 503 }),
    0,
  )
  return {
    ...listening,
    party,
    open: (to) => {
      behind = to
    },
  }
}

async function wallet(url: string, id: string, balance: bigint): Promise<{ code(): Promise<string> }> {
  const post = async (path: string, body: unknown = {}): Promise<Record<string, string>> => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const said = (await response.json()) as Record<string, string>
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${said['because'] ?? ''}`)
    return said
  }
  await post('/control/users', { id, balance: String(balance) })
  await post(`/wallet/users/${id}/sign-up`)
  return { code: async () => (await post(`/wallet/users/${id}/codes`))['code'] ?? '' }
}

function till(desk: AcquirerDesk): Pick<RunningSwitch, 'sell' | 'refund'> {
  const fresh = (): { order: string; orderTime: string } => ({
    order: `F${randomBytes(8).toString('hex')}`,
    orderTime: beijingTime(Date.now()),
  })
  const settled = async (read: () => Promise<{ readonly state: string } | undefined>): Promise<string> => {
    for (const end = Date.now() + FINAL_WAIT_MS; ; ) {
      const state = (await read())?.state ?? 'UNKNOWN'
      if (!OPEN.has(state) || Date.now() > end) return state
      await realClock.until(Date.now() + LOOK_MS)
    }
  }
  return {
    sell: async ({ code, amount }) => {
      const ids = fresh()
      await desk.sell({ ...ids, ...MERCHANT, code, amount })
      return { ...ids, state: await settled(() => desk.sale(ids.order, ids.orderTime)) }
    },
    refund: async (of, amount) => {
      const ids = fresh()
      await desk.refund({ ...ids, of: { order: of.order, orderTime: of.orderTime }, amount })
      return { ...ids, state: await settled(() => desk.refundOf(ids.order, ids.orderTime)) }
    },
  }
}

const OPEN = new Set(['SENT', 'PENDING', 'R_PENDING', 'UNKNOWN'])
