// The gateway of direct merchants as `sifang up` serves it: the only place that posts to a merchant's address, and that
// knows where the test wallet is. Names are resolved here, and an address inside is refused at the moment of connecting.
import { lookup } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as securedRequest } from 'node:https'
import { Hono } from 'hono'
import type { Store } from '../store/store.ts'
import {
  type Gateway,
  type GatewayWorld,
  gatewayWorlds,
  isLoopback,
  isPublicAddress,
  type SwitchWorld,
} from '../switch/switch.ts'
import type { Endpoint, Sealed, Turned } from '../wire/wire.ts'

const NOTICE_WAIT_MS = 10_000

/** The status of the answer, which is all that counts; a redirect is an answer and is not followed (SEC-036). */
export function postNotice(url: string, body: Uint8Array, loopback: boolean): Promise<number | undefined> {
  const send = url.startsWith('https:') ? securedRequest : plainRequest
  const allowed = (address: string): boolean => isPublicAddress(address) || (loopback && isLoopback(address))
  return new Promise((resolve) => {
    const sent = send(
      url,
      {
        method: 'POST',
        timeout: NOTICE_WAIT_MS,
        headers: {
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
          'content-length': body.length,
        },
        lookup: (host, options, done) =>
          lookup(host, options, (error, address, family) => {
            const found = Array.isArray(address) ? address.map((one) => one.address) : [address]
            const inside = error === null && !found.every(allowed)
            done(inside ? new Error(`${host} is an address inside`) : error, address, family)
          }),
      },
      (response) => {
        resolve(response.statusCode)
        response.destroy()
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', () => resolve(undefined))
    sent.end(body)
  })
}

/** Shows an order to a test user's wallet and pays it; what the wallet says when it does not. */
const walletPays =
  (walletUrl: string) =>
  async (tn: string, user: string): Promise<string | undefined> => {
    for (const step of ['scans', 'payments']) {
      const response = await fetch(`${walletUrl}/wallet/users/${user}/${step}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ tn }),
      })
      const said = (await response.json()) as Readonly<Record<string, string>>
      if (!response.ok) return said['because'] ?? `${step} ${response.status}`
    }
    return undefined
  }

export type MerchantDoor = {
  /** What the switch is made of, so that it knows the gateway. */
  readonly switchWorld: SwitchWorld
  /** The gateway's jobs; the gateway itself is loaded when it is first needed. */
  readonly endpoint: Endpoint
  /** Takes what merchants and payers send before the paths of the profile's own frame do. */
  before(messages: Hono): Hono
}

export async function merchantDoor(
  plain: SwitchWorld,
  { store, walletUrl }: { readonly store: Store; readonly walletUrl: string },
  toSwitch: (sealed: Sealed) => Promise<Sealed | Turned>,
  failed: (error: unknown) => void,
): Promise<MerchantDoor> {
  const outside = { store, postNotice, payByWallet: walletPays(walletUrl) }
  let loading: Promise<Gateway> | undefined
  const load = (world: GatewayWorld): Promise<Gateway> =>
    (loading ??= import('../switch/acp-gateway.ts').then(({ gatewayOn }) => gatewayOn(world, failed)))
  const worlds = await gatewayWorlds(plain, outside, {
    toSwitch,
    toGateway: async (sealed) => (await gateway()).endpoint.receive(sealed),
  })
  const gateway = (): Promise<Gateway> => load(worlds.gateway)
  const endpoint: Endpoint = {
    me: worlds.gateway.me,
    receive: async (sealed) => (await gateway()).endpoint.receive(sealed),
    work: async () => (await gateway()).endpoint.work(),
    nextDue: () => store.nextDue(),
    inFlight: () => 0,
  }
  return {
    switchWorld: worlds.switchWorld,
    endpoint,
    before: (messages) => before(messages, gateway, plain.profile.values.bodyBytesMax),
  }
}

/** Between two parties the same form travels as a frame; those say accessType 1, and a merchant 0 or 2. */
function before(messages: Hono, gateway: () => Promise<Gateway>, most: number): Hono {
  const app = new Hono()
  app.all('/gateway/*', async (c, next) => {
    const { raw } = c.req
    const form = raw.method === 'POST' && c.req.path.startsWith('/gateway/api/')
    // A body that does not say how long it is, or is too long, is the gateway's to refuse.
    const told = Number(raw.headers.get('content-length') ?? 'NaN')
    if (form && told <= most && /(?:^|&)accessType=1(?:&|$)/.test(await raw.clone().text())) return next()
    return (await gateway()).app.fetch(raw)
  })
  return app.route('/', messages)
}
