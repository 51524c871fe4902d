// The gateway as an acquirer of the network, in which it brings the merchants that come to it directly. It has a world, a
// store and keys of its own; switch and gateway send each other sealed messages like any two parties.
import { generateKeyPair, keyring, publicHalf, rsaTestKey, testAuthority } from '../crypto/crypto.ts'
import type { Store } from '../store/store.ts'
import {
  type Certificate,
  type Directory,
  faultOf,
  isTurned,
  type PartyId,
  pemOf,
  type Reply,
  type Sealed,
  type Turned,
  type World,
} from '../wire/wire.ts'
import type { AcpIdentity } from './acp-merchants.ts'
import type { SwitchWorld } from './world.ts'

/** Ours: the acquirer code of merchants that no acquirer brings. */
export const DIRECT = '48029999'

/** How a merchant's backUrl answered: its status, or nothing within the time. */
export type PostNotice = (url: string, body: Uint8Array, loopback: boolean) => Promise<number | undefined>
/** Pays an order with a test user's wallet; what it says when it cannot. */
export type PayByWallet = (tn: string, user: string) => Promise<string | undefined>

export type GatewayWorld = World<Store> & {
  readonly switchId: PartyId
  identity(): AcpIdentity
  /** The switch's own journal, from which a day's file is made. */
  readonly journal: Store['journal']
  readonly postNotice: PostNotice
  readonly payByWallet?: PayByWallet
}

type Receive = (sealed: Sealed) => Promise<Sealed | Turned>
/** How each of the two is reached: both live in one process, and may begin later than their worlds. */
export type Doors = { readonly toSwitch: Receive; readonly toGateway: Receive }

export type Outside = Pick<GatewayWorld, 'postNotice'> & {
  readonly store: Store
  readonly payByWallet?: PayByWallet
}

const YEAR_MS = 365 * 24 * 3600 * 1000
/** Serial numbers of the gateway's, apart from those of the network's certificates. */
const SERIALS = {
  sign: '48029999001',
  encrypt: '48029999002',
  acpSign: '69026276696',
  acpEncrypt: '69026276697',
}

/** Both worlds with the gateway in them. */
export async function gatewayWorlds(
  plain: SwitchWorld,
  outside: Outside,
  doors: Doors,
): Promise<{ readonly switchWorld: SwitchWorld; readonly gateway: GatewayWorld }> {
  const now = plain.clock.wall()
  const keys = new Map()
  const certificates: Certificate[] = []
  for (const use of ['sign', 'encrypt'] as const) {
    const key = await generateKeyPair(plain.profile.suite, plain.random)
    keys.set(SERIALS[use], key)
    const life = { notBefore: now - YEAR_MS, notAfter: now + 20 * YEAR_MS }
    certificates.push({ id: SERIALS[use], owner: DIRECT, use, key: publicHalf(key), ...life })
  }
  let identity: AcpIdentity | undefined
  const directory = withDirect(plain.directory, certificates)
  const within =
    (me: PartyId, other: PartyId, door: (sealed: Sealed) => Promise<Sealed | Turned>) =>
    async (to: PartyId, sealed: Sealed, deadline: number): Promise<Reply> => {
      if (to !== other) return me === DIRECT ? { kind: 'not_sent' } : plain.send(to, sealed, deadline)
      const reply = await door(sealed)
      return isTurned(reply) ? { kind: 'no_reply' } : { kind: 'reply', sealed: reply }
    }
  return {
    switchWorld: { ...plain, directory, send: within(plain.me, DIRECT, (sealed) => doors.toGateway(sealed)) },
    gateway: {
      me: DIRECT,
      profile: plain.profile,
      clock: plain.clock,
      random: plain.random,
      directory,
      keys: keyring(keys, plain.profile.sm2),
      send: within(DIRECT, plain.me, (sealed) => doors.toSwitch(sealed)),
      ...(plain.observe !== undefined && { observe: plain.observe }),
      switchId: plain.me,
      identity: () => (identity ??= testIdentity(now)),
      journal: plain.store.journal.bind(plain.store),
      ...outside,
    },
  }
}

function withDirect(network: Directory, certificates: readonly Certificate[]): Directory {
  const party = { id: DIRECT, role: 'acquirer', name: 'Direct merchants (ACP gateway)' } as const
  const own = new Map(certificates.map((one) => [one.id, one]))
  return {
    ...network,
    party: (id) => (id === DIRECT ? party : network.party(id)),
    parties: () => [...network.parties(), party],
    certificate: (id) => own.get(id) ?? network.certificate(id),
    current: (owner, use, at) =>
      owner === DIRECT
        ? certificates.find((one) => one.use === use && faultOf(one, at) === undefined)
        : network.current(owner, use, at),
  }
}

/** Test keys and certificates of the test authority. Public libraries look into the third part of the subject's name for
 *  what the network's test environment has there. */
function testIdentity(now: number): AcpIdentity {
  const authority = testAuthority('rsa')
  const [key, encryptKey] = [rsaTestKey('15'), rsaTestKey('16')]
  const life = { notBefore: now - YEAR_MS, notAfter: now + 10 * YEAR_MS }
  const issue = (name: string, use: 'sign' | 'encrypt', own: typeof key, serial: string): string =>
    pemOf(authority.issue({ commonName: name, use, key: publicHalf(own), serial, ...life }))
  return {
    certId: SERIALS.acpSign,
    key,
    certificate: issue('041@TEST@00040000:SIGN@00000001', 'sign', key, SERIALS.acpSign),
    encryptCertId: SERIALS.acpEncrypt,
    encryptKey,
    encryptCertificate: issue('041@TEST@00040000:ENC@00000002', 'encrypt', encryptKey, SERIALS.acpEncrypt),
    middle: pemOf(authority.issuing.der),
    root: pemOf(authority.root.der),
  }
}
