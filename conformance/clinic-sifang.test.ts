// The clinic on sifang/1: every mistake is planted by a sender written out here by the formulas of the envelope, with no line
// of the clinic's own, and the diagnosis must be that mistake and nothing else, whatever the message says.
import fc from 'fast-check'
import { sm2 as otherSm2 } from 'sm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Bytes,
  concat,
  fromHex,
  hmacSm3,
  type PrivateKey,
  sign,
  sm3,
  sm3Kdf,
  SM2_DEFAULT,
  sm4Encrypt,
  toBase64,
  toHex,
  utf8,
  wrap,
  writePkcs8,
} from '../crypto/crypto.ts'
import { seeded, SWITCH, type TestNetwork, testNetwork } from '../scenarios/scenarios.ts'
import { fieldsOf } from '../wire/arbitraries.ts'
import { type Fields, type Profile, PROFILES } from '../wire/wire.ts'
import { examine } from './clinic.ts'
import { outcomeOf } from './clinic-examined.ts'
import { type KnownKey, keysOfNetwork } from './clinic-keys.ts'
import {
  bare,
  be,
  DEBIT,
  derOf,
  le,
  NOON,
  type Order,
  type Place,
  right,
  type Sender,
  worldOf,
  sent as sentFrom,
} from './clinic-sender.ts'

const FULL = process.env['SIFANG_FULL'] === '1'

const PROFILE = { ste: 'unionpay', ets: 'unionpay-ets' } as const

const networks = {} as Record<Order, TestNetwork>
const keys = {} as Record<Order, readonly KnownKey[]>
beforeAll(async () => {
  for (const order of ['ste', 'ets'] as const) {
    networks[order] = await networkOf(PROFILE[order], 'clinic')
    keys[order] = keysOfNetwork(networks[order])
  }
})

const networkOf = (id: string, seed: string): Promise<TestNetwork> =>
  testNetwork(PROFILES[id] as Profile, seeded(seed), NOON)
const random = seeded('clinic wraps')
const placeOf = (order: Order): Place => ({
  order,
  world: worldOf(networks[order], SWITCH),
  keys: keys[order],
})
const sent = (order: Order, sender: Sender, fields: Fields<'debit'> = DEBIT): Promise<Bytes> =>
  sentFrom(placeOf(order), sender, fields)

const diagnose = (bytes: Bytes, order: Order, known = keys[order]) =>
  examine(bytes, { keysOf: async () => known })
type Diagnosed = Awaited<ReturnType<typeof diagnose>>
const ids = ({ steps }: Diagnosed): readonly string[] =>
  steps.flatMap(({ by }) => by.map((set) => set.map(({ id }) => id).join('+')))

/** The message the other way round: signed as the other order signs. */
const asSte: Sender = { message: (parts, lp) => right('ste', parts, lp) }

/** A signature over a digest as it is given: no Z, no hash. */
const over = (e: Bytes, key: PrivateKey): Bytes => {
  const d = /0201010420([0-9a-f]{64})/.exec(toHex(writePkcs8(key)))?.[1] ?? ''
  return fromHex(otherSm2.doSignature([...e] as unknown as string, d, { hash: false }))
}
const rawBy = (key: PrivateKey, message: Bytes): Promise<Bytes> =>
  sign(key, message, { ...SM2_DEFAULT, signature: 'raw' })
const stripped = (raw: Bytes): Bytes => {
  const halves = [raw.subarray(0, 32), raw.subarray(32)]
  return concat(...halves.map((half) => half.subarray(half.findIndex((byte) => byte !== 0))))
}
/** Signs again until a half begins with a zero: one signature in 128 does. */
const withShortHalf = async (key: PrivateKey, message: Bytes): Promise<Bytes> => {
  for (;;) {
    const raw = await rawBy(key, message)
    if (raw[0] === 0 || raw[32] === 0) return raw
  }
}
/** A half with its first bit set, which DER must put a 00 before. */
const withHighHalf = async (key: PrivateKey, message: Bytes): Promise<Bytes> => {
  for (;;) {
    const raw = await rawBy(key, message)
    if ((raw[0] ?? 0) >= 128) return raw
  }
}
const json = (domain: Bytes): Record<string, unknown> =>
  JSON.parse(Buffer.from(domain).toString()) as Record<string, unknown>
const by = (options: Partial<typeof SM2_DEFAULT>): Sender => ({
  sign: (message, own) => sign(own, message, { ...SM2_DEFAULT, ...options }),
})
const signing = (make: (message: Bytes) => Bytes): Sender => ({
  sign: (message, own) => sign(own, make(message)),
})
const wrapping = (
  options: Partial<typeof SM2_DEFAULT>,
  then = (wrapped: Bytes): Bytes => wrapped,
): Sender => ({
  wrap: async (key, peer) => then(await wrap(peer.publicKey, key, random, { ...SM2_DEFAULT, ...options })),
})
const tagged = (tag: NonNullable<Sender['tag']>): Sender => ({ tag })
const TAG = utf8('sifang/1 tag\0')

/** What both orders can have. */
const BOTH: Readonly<Record<string, Sender>> = {
  'user-id-empty': by({ userId: '' }),
  'user-id-sample': by({ userId: 'ALICE123@YAHOO.COM' }),
  'user-id-tls': by({ userId: 'TLSv1.3+GM+Cipher+Suite' }),
  'user-id-certificate': {
    sign: (message, own) => sign(own, message, { ...SM2_DEFAULT, userId: '6800000001' }),
  },
  'user-id-party': by({ userId: SWITCH }),
  'user-id-none': { sign: (message, own) => derOf(over(sm3(message), own)) },
  'hashed-twice': by({ hash: 'twice' }),
  'hashed-hex': signing((message) => utf8(toHex(sm3(message)))),
  'hashed-hex-upper': signing((message) => utf8(toHex(sm3(message)).toUpperCase())),
  'hashed-base64': signing((message) => utf8(toBase64(sm3(message)))),
  'signature-raw': by({ signature: 'raw' }),
  'signature-unpadded': { sign: async (message, own) => stripped(await withShortHalf(own, message)) },
  'signature-loose': {
    sign: async (message, own) => derOf(await withHighHalf(own, message), (half) => half),
  },
  'signature-swapped': {
    sign: async (message, own) => {
      const raw = await rawBy(own, message)
      return derOf(concat(raw.subarray(32), raw.subarray(0, 32)))
    },
  },
  'signature-base64': { sign: async (message, own) => utf8(toBase64(await sign(own, message))) },
  'signature-base64url': {
    sign: async (message, own) => {
      for (;;) {
        const text = toBase64(await sign(own, message))
        if (/[+/]/.test(text)) return utf8(Buffer.from(text, 'base64').toString('base64url'))
      }
    },
  },
  'key-encryption': { signer: '6800000002' },
  'key-other': { signer: '6800000005' },
  'lengths-missing': { lengths: bare },
  'lengths-little-endian': { lengths: le },
  'head-crlf': { signedHead: (head) => utf8(Buffer.from(head).toString('latin1').replaceAll('\n', '\r\n')) },
  'head-no-last-lf': { signedHead: (head) => head.subarray(0, -1) },
  'tail-lf': signing((message) => concat(message, utf8('\n'))),
  'tail-crlf': signing((message) => concat(message, utf8('\r\n'))),
  'wrap-c1c2c3': wrapping({ ciphertext: 'c1c2c3' }),
  'wrap-asn1': wrapping({ ciphertext: 'asn1' }),
  'wrap-without-04': wrapping({ point04: false }),
  'wrap-double-04': wrapping({}, (wrapped) => concat(Uint8Array.of(4), wrapped)),
  'wrap-hex': wrapping({}, (wrapped) => utf8(toHex(wrapped))),
  'wrap-base64': wrapping({}, (wrapped) => utf8(toBase64(wrapped))),
  'wrapped-for-other': { peer: '6800000003' },
  'key-hex-text': {
    wrap: (key, peer) => wrap(peer.publicKey, utf8(toHex(key)), random),
  },
  'key-base64-text': {
    wrap: (key, peer) => wrap(peer.publicKey, utf8(toBase64(key)), random),
  },
  'derive-no-head': {
    derive: (key) => ({ ke: sm3Kdf(key, 48).subarray(0, 16), km: sm3Kdf(key, 48).subarray(16) }),
  },
  'derive-head-itself': {
    derive: (key, head) => {
      const kdf = sm3Kdf(concat(key, head), 48)
      return { ke: kdf.subarray(0, 16), km: kdf.subarray(16) }
    },
  },
  'derive-mac-first': {
    derive: (key, head) => {
      const kdf = sm3Kdf(concat(key, sm3(head)), 48)
      return { ke: kdf.subarray(32), km: kdf.subarray(0, 32) }
    },
  },
  'derive-none': { derive: (key) => ({ ke: key.subarray(0, 16), km: key }) },
  'tag-no-label': tagged((km, { H, W, iv, C }) => hmacSm3(km, concat(be(H), be(W), be(iv), be(C)))),
  'tag-label-no-zero': tagged((km, { H, W, iv, C }) =>
    hmacSm3(km, concat(utf8('sifang/1 tag'), be(H), be(W), be(iv), be(C))),
  ),
  'tag-no-lengths': tagged((km, { H, W, iv, C }) => hmacSm3(km, concat(TAG, H, W, iv, C))),
  'tag-little-endian': tagged((km, { H, W, iv, C }) => hmacSm3(km, concat(TAG, le(H), le(W), le(iv), le(C)))),
  'tag-cipher-only': tagged((km, { C }) => hmacSm3(km, concat(TAG, be(C)))),
  'tag-iv-cipher': tagged((km, { iv, C }) => hmacSm3(km, concat(TAG, be(iv), be(C)))),
  'tag-without-head': tagged((km, { W, iv, C }) => hmacSm3(km, concat(TAG, be(W), be(iv), be(C)))),
  'tag-without-wrap': tagged((km, { H, iv, C }) => hmacSm3(km, concat(TAG, be(H), be(iv), be(C)))),
  'tag-without-iv': tagged((km, { H, W, C }) => hmacSm3(km, concat(TAG, be(H), be(W), be(C)))),
  'tag-over-plain': tagged((km, _, { plain }) => hmacSm3(km, concat(TAG, be(plain)))),
  'tag-wrong-key': tagged((_, { H, W, iv, C }, { ke }) =>
    hmacSm3(ke, concat(TAG, be(H), be(W), be(iv), be(C))),
  ),
  'tag-raw-key': tagged((_, { H, W, iv, C }, { key }) =>
    hmacSm3(key, concat(TAG, be(H), be(W), be(iv), be(C))),
  ),
  'tag-plain-sm3': tagged((km, { H, W, iv, C }) => sm3(concat(km, TAG, be(H), be(W), be(iv), be(C)))),
  'tag-no-key': tagged((_, { H, W, iv, C }) => sm3(concat(TAG, be(H), be(W), be(iv), be(C)))),
  'cipher-ecb': {
    encrypt: (ke, _, plain) => sm4Encrypt(ke, new Uint8Array(), plain, { mode: 'ecb', padding: 'pkcs7' }),
  },
  'cipher-ctr': { encrypt: (ke, iv, plain) => sm4Encrypt(ke, iv, plain, { mode: 'ctr', padding: 'none' }) },
  'iv-zero': { encrypt: (ke, _, plain) => sm4Encrypt(ke, new Uint8Array(16), plain) },
  'iv-key': { encrypt: (ke, _, plain) => sm4Encrypt(ke, ke, plain) },
  'padding-zero': {
    encrypt: (ke, iv, plain) =>
      sm4Encrypt(ke, iv, concat(plain, new Uint8Array((16 - (plain.length % 16)) % 16)), {
        mode: 'cbc',
        padding: 'none',
      }),
  },
  'cipher-key-hex': { encrypt: (ke, iv, plain) => sm4Encrypt(utf8(toHex(ke).slice(0, 16)), iv, plain) },
  'inner-no-lengths': { inner: (domain, signature) => concat(domain, signature) },
  'inner-little-endian': {
    inner: (domain, signature) => (signature.length === 0 ? le(domain) : concat(le(domain), le(signature))),
  },
}

const STE: Readonly<Record<string, Sender>> = {
  'signature-hex': { sign: async (message, own) => utf8(toHex(await sign(own, message))) },
  'signature-hex-upper': {
    sign: async (message, own) => utf8(toHex(await sign(own, message)).toUpperCase()),
  },
  'signature-raw+signature-hex': { sign: async (message, own) => utf8(toHex(await rawBy(own, message))) },
  'signature-unpadded+signature-hex-odd': {
    sign: async (message, own) => {
      // An even number of digits would be bytes as well.
      for (;;) {
        const hex = toHex(await withShortHalf(own, message))
        const text = [hex.slice(0, 64), hex.slice(64)].map((half) => half.replace(/^0+/, '')).join('')
        if (text.length % 2 === 1) return utf8(text)
      }
    },
  },
  'label-missing': { message: ({ H, D }, lp) => concat(lp(H), lp(D)) },
  'label-other-order': { message: ({ H, D }, lp) => concat(utf8('sifang/1 ets\0'), lp(H), lp(D)) },
  'label-no-zero': { message: ({ H, D }, lp) => concat(utf8('sifang/1 ste'), lp(H), lp(D)) },
  'signed-head-only': { message: ({ H }, lp) => concat(utf8('sifang/1 ste\0'), lp(H)) },
  'domain-spaced': {
    domain: (domain) =>
      utf8(
        JSON.stringify(json(domain), null, 1).replace(/\n */g, '\n').replace(/,\n/g, ', ').replace(/\n/g, ''),
      ),
  },
  'domain-ascii': {
    domain: (domain) =>
      utf8(
        Buffer.from(domain)
          .toString()
          .replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
      ),
  },
  'signed-domain-only': { message: ({ D }, lp) => concat(utf8('sifang/1 ste\0'), lp(D)) },
  'domain-sorted': {
    domain: (domain) =>
      utf8(
        JSON.stringify(Object.fromEntries(Object.entries(json(domain)).sort(([a], [b]) => (a < b ? -1 : 1)))),
      ),
  },
  'domain-pretty': { domain: (domain) => utf8(JSON.stringify(json(domain), null, 2)) },
}

const ETS: Readonly<Record<string, Sender>> = {
  'order-signed-inner': asSte,
  'signed-cipher-only': { message: ({ C }, lp) => concat(utf8('sifang/1 ets\0'), lp(C)) },
  'signed-without-tag': {
    message: ({ H, W, iv, C }, lp) => concat(utf8('sifang/1 ets\0'), lp(H), lp(W), lp(iv), lp(C)),
  },
}

const planted = [
  ...Object.entries(BOTH).flatMap(([id, sender]) => [
    { id, order: 'ste' as const, sender },
    { id, order: 'ets' as const, sender },
  ]),
  ...Object.entries(STE).map(([id, sender]) => ({ id, order: 'ste' as const, sender })),
  ...Object.entries(ETS).map(([id, sender]) => ({ id, order: 'ets' as const, sender })),
]

describe('a planted mistake is the diagnosis, and nothing else is', () => {
  test.each(planted)('$order: $id', async ({ id, order, sender }) => {
    const examined = await diagnose(await sent(order, sender), order)
    expect(ids(examined)).toEqual([id])
    expect(outcomeOf(examined)).toBe('explained')
  })
})

describe('chance', () => {
  const RUNS = FULL ? 20 : 1
  test.each(planted)('$order: $id is found in any message', async ({ id, order, sender }) => {
    await fc.assert(
      fc.asyncProperty(fieldsOf('debit'), async (fields) => {
        const examined = await diagnose(await sent(order, sender, fields), order)
        // A mistake that leaves this message as it is, is none; one that others come to as well is named beside them.
        const named = ids(examined)
        if (outcomeOf(examined) === 'right')
          expect(['domain-ascii', 'domain-sorted', 'padding-zero']).toContain(id)
        else expect(named).toContain(id)
      }),
      { seed: 6, numRuns: RUNS },
    )
  })
})
