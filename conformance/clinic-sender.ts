// A sender of sifang/1 messages for the clinic's own tests, written out by the formulas of the envelope with no line of the
// clinic or of the real frame: it can do every step otherwise than it should.
import {
  type Bytes,
  concat,
  hmacSm3,
  type PrivateKey,
  sign,
  sm3,
  sm3Kdf,
  sm4Encrypt,
  utf8,
  wrap,
} from '../crypto/crypto.ts'
import { INSTITUTION, seeded, type TestNetwork } from '../scenarios/scenarios.ts'
import { encode, encodeHead, type Fields, freshHead, type Head, type Sealer } from '../wire/wire.ts'
import type { KnownKey } from './clinic-keys.ts'

export type Order = 'ste' | 'ets'
type Sealed = { H: Bytes; W: Bytes; iv: Bytes; C: Bytes; T: Bytes; D: Bytes }
/** What a sender may do otherwise. */
export type Sender = {
  head?(head: Head): Head
  /** The domain, or the head, as it is signed. */
  domain?(domain: Bytes): Bytes
  signedHead?(head: Bytes): Bytes
  message?(parts: Sealed, lp: typeof be): Bytes
  lengths?: (part: Bytes) => Bytes
  sign?(message: Bytes, own: PrivateKey): Promise<Bytes> | Bytes
  signer?: string
  wrap?(key: Bytes, peer: KnownKey): Promise<Bytes>
  peer?: string
  derive?(key: Bytes, head: Bytes): { ke: Bytes; km: Bytes }
  tag?(km: Bytes, parts: Omit<Sealed, 'T'>, more: { ke: Bytes; key: Bytes; plain: Bytes }): Bytes
  encrypt?(ke: Bytes, iv: Bytes, plain: Bytes): Promise<Bytes>
  inner?(domain: Bytes, signature: Bytes): Bytes
  /** Where the signature is put, against the order's own place. */
  outside?: boolean
  inside?: boolean
}

export const be = (part: Bytes): Bytes =>
  concat(Uint8Array.from([24, 16, 8, 0].map((by) => (part.length >> by) & 255)), part)
export const le = (part: Bytes): Bytes =>
  concat(Uint8Array.from([0, 8, 16, 24].map((by) => (part.length >> by) & 255)), part)
export const bare = (part: Bytes): Bytes => part

export const NOON = Date.parse('2026-06-15T12:00:00+08:00')

/** A party of a test network at noon. */
export const worldOf = (network: TestNetwork, me: string): Sealer => ({
  me,
  profile: network.profile,
  clock: { wall: () => NOON, mono: () => 0n, until: () => Promise.resolve() },
  random: seeded('clinic'),
  keys: network.keysOf(me),
  directory: network.directory,
})

/** Members that no sorting leaves as they are, and Chinese. */
export const DEBIT: Fields<'debit'> = {
  transaction: '20260615432000001234',
  acquirer: '48020001',
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  code: '6220123456789012345',
  token: '620000000000000001',
  amount: 1000n,
  currency: '156',
  order: 'ORDER00000001',
  orderTime: '20260615120000',
  clearingDay: '20260615',
}

/** Where a message comes from: whose it is, and the keys that there are. */
export type Place = { readonly order: Order; readonly world: Sealer; readonly keys: readonly KnownKey[] }

export const keyIn = ({ keys }: Place, name: string): KnownKey => {
  const key = keys.find((one) => one.name === name)
  if (key === undefined) throw new Error(`no key ${name}`)
  return key
}

export async function sent(place: Place, sender: Sender, fields: Fields<'debit'>): Promise<Bytes> {
  const { world, order } = place
  const honest = freshHead(world, 'debit', INSTITUTION, undefined)
  const head = sender.head?.(honest) ?? honest
  const H = encodeHead(head)
  const D = encode('debit', fields, 'unionpay')
  const key = world.random(32)
  const lengths = sender.lengths ?? be
  const own = keyIn(place, sender.signer ?? head.signcert).privateKey as PrivateKey
  const peer = keyIn(place, sender.peer ?? head.enccert)
  const W = await (sender.wrap?.(key, peer) ?? wrap(peer.publicKey, key, world.random))
  const kdf = sm3Kdf(concat(key, sm3(H)), 48)
  const { ke, km } = sender.derive?.(key, H) ?? { ke: kdf.subarray(0, 16), km: kdf.subarray(16) }
  const iv = world.random(16)
  const signed = async (parts: Sealed): Promise<Bytes> => {
    const told = { ...parts, D: sender.domain?.(D) ?? D, H: sender.signedHead?.(H) ?? H }
    const message = sender.message?.(told, lengths) ?? right(order, told, lengths)
    return (await sender.sign?.(message, own)) ?? sign(own, message)
  }
  const none = new Uint8Array()
  const inside = (order === 'ste' && sender.outside !== true) || sender.inside === true
  const early = inside ? await signed({ H, W, iv, C: none, T: none, D }) : none
  const plain = sender.inner?.(D, early) ?? (inside ? concat(be(D), be(early)) : be(D))
  const C = await (sender.encrypt?.(ke, iv, plain) ?? sm4Encrypt(ke, iv, plain))
  const T =
    sender.tag?.(km, { H, W, iv, C, D }, { ke, key, plain }) ??
    hmacSm3(km, concat(utf8('sifang/1 tag\0'), be(H), be(W), be(iv), be(C)))
  const S = inside ? none : await signed({ H, W, iv, C, T, D })
  return concat(...[H, W, iv, C, T, S].map(be))
}

export function right(order: Order, { H, W, iv, C, T, D }: Sealed, lp: typeof be): Bytes {
  return order === 'ste'
    ? concat(utf8('sifang/1 ste\0'), lp(H), lp(D))
    : concat(utf8('sifang/1 ets\0'), lp(H), lp(W), lp(iv), lp(C), lp(T))
}

/** r ‖ s as DER. */
export const derOf = (raw: Bytes, write = minimal): Bytes => {
  const halves = [raw.subarray(0, 32), raw.subarray(32)].map(write)
  const body = concat(...halves.map((half) => concat(Uint8Array.of(2, half.length), half)))
  return concat(Uint8Array.of(48, body.length), body)
}
const minimal = (half: Bytes): Bytes => {
  const short = half.subarray(half.findIndex((byte) => byte !== 0))
  return (short[0] ?? 0) >= 128 ? concat(Uint8Array.of(0), short) : short
}
