// Switch, wallet and gateway in one process on a clock that only a test moves, and a merchant outside. Test-only.
import {
  INSTITUTION,
  reference,
  seeded,
  stageClock,
  SWITCH,
  testNetwork,
  BANK,
} from '../scenarios/scenarios.ts'
import { memoryStore, START, type Store } from '../store/store.ts'
import { gatewayOn } from '../switch/acp-gateway.ts'
import { type Gateway, gatewayWorlds, type Outside, switchParty } from '../switch/switch.ts'
import { beijingTime, PROFILES, type Reply, type Sealed, type World } from '../wire/wire.ts'
import {
  bodyOf,
  type Heard,
  MERCHANT,
  merchantCertificate,
  type Params,
  parsed,
  SECURE_KEY,
  signed,
  verifies,
} from './acp-client.ts'

export const NOON = Date.parse('2026-06-15T12:00:00+08:00')
export const BACK = 'https://shop.example/back'

type Sent = { readonly at: number; readonly url: string; readonly params: Params }

type Profiled = ReturnType<typeof profiled>

function profiled(profileId: string) {
  const profile = PROFILES[profileId] ?? missing(profileId)
  const clock = stageClock(NOON)
  const store = (): Store => memoryStore({ now: () => clock.now() })
  return { profile, clock, random: seeded(`acp ${profileId}`), store }
}

/** Switch and wallet, each of which reaches the other through a door that is opened when both are there. */
async function parties({ profile, clock, random, store }: Profiled, outside: Outside) {
  const network = await testNetwork(profile, random, NOON)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const toWallet = async (sealed: Sealed): Promise<Reply> => {
    const headers = { 'content-type': sealed.contentType }
    const answer = await wallet.fetch(sealed.path, {
      method: 'POST',
      headers,
      body: Buffer.from(sealed.bytes),
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const contentType = answer.headers.get('content-type') ?? ''
    return { kind: 'reply', sealed: { path: sealed.path, contentType, bytes } }
  }
  const plain: World<Store> = {
    me: SWITCH,
    profile,
    clock: clock.view(),
    random,
    keys: network.keysOf(SWITCH),
    directory: network.directory,
    store: store(),
    send: async (to, sealed) => (to === INSTITUTION ? toWallet(sealed) : { kind: 'not_sent' }),
  }
  const worlds = await gatewayWorlds({ ...plain, bankId: BANK }, outside, {
    toSwitch: (sealed) => party.receive(sealed),
    toGateway: (sealed) => gateway.endpoint.receive(sealed),
  })
  const party = switchParty(worlds.switchWorld, failed)
  const gateway = gatewayOn(worlds.gateway, failed)
  const wallet = reference({
    network,
    random,
    store: store(),
    clock: clock.view(),
    moved: clock,
    send: async (to, sealed) => {
      if (to !== SWITCH) return { kind: 'not_sent' }
      const reply = await party.receive(sealed)
      return 'refusal' in reply ? { kind: 'no_reply' } : { kind: 'reply', sealed: reply }
    },
  })
  const settle = async (): Promise<void> => {
    for (;;) {
      // Asked before: what ends while the work is done may leave more of it.
      const busy = party.inFlight() + gateway.endpoint.inFlight()
      const done = (await party.work()) + (await gateway.endpoint.work())
      if (done === 0 && busy === 0) return
    }
  }
  return { gateway, wallet, settle, failures }
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>
const calls = (fetch: Fetch) => async (path: string, body: unknown) => {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { ok: answer.ok, said: (await answer.json()) as Record<string, string> }
}

export async function acpNetwork(profileId = 'unionpay') {
  const on = profiled(profileId)
  const { clock } = on
  const notices: Sent[] = []
  let status: (sent: Sent) => number | undefined = () => 200
  const store = on.store()
  const { gateway, wallet, settle, failures } = await parties(on, {
    store,
    postNotice: async (url, body) => {
      const params = Object.fromEntries(new URLSearchParams(Buffer.from(body).toString()))
      const sent = { at: clock.now(), url, params }
      notices.push(sent)
      return status(sent)
    },
    payByWallet: async (tn, user) => {
      for (const step of ['scans', 'payments']) {
        const { ok, said } = await call(`/wallet/users/${user}/${step}`, { tn })
        if (!ok) return said['because'] ?? step
      }
      return undefined
    },
  })
  const call = calls((path, init) => wallet.fetch(path, init))
  for (const [id, balance] of [
    ['alice', '100000'],
    ['bob', '500'],
  ]) {
    await call('/control/users', { id, balance })
    await call(`/wallet/users/${id ?? ''}/sign-up`, {})
  }
  return {
    gateway,
    notices,
    failures,
    settle,
    ...(await merchantAt(gateway.app, settle, () => clock.now())),
    answerNotices: (by: typeof status) => void (status = by),
    moveTo: (at: number) => clock.moveTo(at, settle),
    code: async (user = 'alice') =>
      (await call(`/wallet/users/${user}/codes`, {})).said['code'] ?? missing('code'),
    balance: async () => {
      const answer = await wallet.fetch('/control/users/alice', { method: 'GET' })
      return ((await answer.json()) as { available: string }).available
    },
    cases: async () => {
      const found: string[] = []
      for await (const { body } of store.journal(START, { kinds: ['case'] }))
        found.push((body as { because: string }).because)
      return found
    },
  }
}

/** The merchant: its row at the gateway, its requests, and what it believes of the answers. */
async function merchantAt({ request }: Gateway['app'], settle: () => Promise<void>, now: () => number) {
  const register = async (more: Readonly<Record<string, unknown>> = {}, id = MERCHANT): Promise<Response> => {
    const certificates = [merchantCertificate()]
    const row = { name: '直连测试商户', category: '5411', methods: ['01', '11', '12'], certificates }
    const body = JSON.stringify({ ...row, secureKey: SECURE_KEY, ...more })
    return request(`/gateway/merchants/${id}`, { method: 'PUT', body })
  }
  const registered = await register()
  if (!registered.ok) throw new Error(await registered.text())
  const ours = await request('/gateway/certificates')
  const { middle = '', certificate = '' } = (await ours.json()) as Record<string, string>
  const post = async (door: string, params: Params): Promise<Response> =>
    request(`/gateway/api/${door}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: bodyOf(params),
    })
  let orders = 0
  const base = (): Params => ({
    version: '5.1.0',
    encoding: 'UTF-8',
    accessType: '0',
    channelType: '08',
    bizType: '000000',
    currencyCode: '156',
    merId: MERCHANT,
    orderId: `SHOP${String((orders += 1)).padStart(8, '0')}`,
    txnTime: beijingTime(now()),
    backUrl: BACK,
  })
  /** Signs, posts, settles what follows, and says whether the answer's signature holds. */
  const ask = async (params: Params, door = 'backTransReq.do', method = '01'): Promise<Heard> => {
    const answer = await post(door, signed(params, method))
    const line = await answer.text()
    const told = parsed(line)
    await settle()
    return { params: told, verified: verifies(told, middle), line }
  }
  return { register, post, base, ask, middle, certificate }
}

function missing(what: string): never {
  throw new Error(`${what} is missing`)
}
