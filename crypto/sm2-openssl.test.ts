// Our SM2 against OpenSSL's, the second independent opinion: signatures under any user id and ciphertexts, both ways,
// with keys and coordinates that begin with zeros. Skipped, with the reason, where Node does not show its OpenSSL.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  fromHex,
  type PrivateKey,
  publicHalf,
  Secret,
  SM2_DEFAULT,
  sign,
  sm3Kdf,
  toHex,
  unwrap,
  utf8,
  verify,
  wrap,
} from './crypto.ts'
import { writePkcs8, writeSpki } from './key-forms.ts'
import { type OpenSsl, type OpenSslKey, openSsl } from './openssl.ts'
import { isPrivateScalar, publicPoint } from './sm2-curve.ts'

const FULL = import.meta.env.MODE === 'full'
const ROUNDS = { numRuns: FULL ? 5_000 : 60 }
const PATIENCE_MS = FULL ? 1_200_000 : 30_000
const ASN1 = { ...SM2_DEFAULT, ciphertext: 'asn1' } as const
// OpenSSL stops one short of the 8,191 bytes that sixteen bits can count.
const OPENSSL_ID_BYTES_MAX = 8190

type Pair = Extract<PrivateKey, { suite: 'sm' }>

const found = await oracle()
const missing = typeof found === 'string' ? found : ''
if (missing !== '') console.warn(`OpenSSL is no oracle here: ${missing}`)

// Few bytes are a number with many zeros before it.
const scalar = (): fc.Arbitrary<Bytes> =>
  fc
    .oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 1, maxLength: 31 }),
      fc.constant(Uint8Array.of(1)),
    )
    .map((digits) => concat(new Uint8Array(32 - digits.length), digits))
    .filter(isPrivateScalar)

const userId = (): fc.Arbitrary<string> => {
  const point = fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code >> 11 !== 27)
  const text = fc.array(point, { maxLength: 40 }).map((codes) => String.fromCodePoint(...codes))
  const long = fc.integer({ min: 1_000, max: OPENSSL_ID_BYTES_MAX }).map((length) => 'i'.repeat(length))
  return fc.oneof(fc.constantFrom('', SM2_DEFAULT.userId, '四方支付'), text, long)
}

const message = (): fc.Arbitrary<Bytes> => fc.uint8Array({ maxLength: 2_000 })
const secret = (): fc.Arbitrary<Bytes> => fc.uint8Array({ minLength: 1, maxLength: 300 })

describe.skipIf(missing !== '')(`SM2 and OpenSSL${missing && `, skipped: ${missing}`}`, () => {
  it(
    'hold each other’s signatures, and neither holds one for another id, message or bit',
    async () => {
      const agree = async (d: Bytes, id: string, bytes: Bytes, at: number): Promise<void> => {
        const pair = pairOf(d)
        const options = { ...SM2_DEFAULT, userId: id }
        await withKeys(pair, async (ssl, keys) => {
          const [theirs, ours] = [ssl.sign(keys.private, utf8(id), bytes), await sign(pair, bytes, options)]
          expect(await verify(publicHalf(pair), bytes, theirs, options)).toBe(true)
          expect(ssl.verify(keys.public, utf8(id), bytes, ours)).toBe(true)

          const other = { ...options, userId: `${id.slice(0, 100)}.` }
          expect(await verify(publicHalf(pair), bytes, theirs, other)).toBe(false)
          expect(ssl.verify(keys.public, utf8(other.userId), bytes, ours)).toBe(false)
          const wrong = flipped(ours, at)
          expect(await verify(publicHalf(pair), bytes, wrong, options)).toBe(false)
          expect(ssl.verify(keys.public, utf8(id), bytes, wrong)).toBe(false)
        })
      }
      await fc.assert(fc.asyncProperty(scalar(), userId(), message(), fc.nat(), agree), ROUNDS)
    },
    PATIENCE_MS,
  )

  it(
    'open each other’s ciphertexts, and neither opens one with a flipped bit',
    async () => {
      const agree = async (d: Bytes, bytes: Bytes, seed: string, at: number): Promise<void> => {
        const pair = pairOf(d)
        await withKeys(pair, async (ssl, keys) => {
          const theirs = ssl.encrypt(keys.public, bytes)
          expect(await unwrap(pair, theirs, ASN1)).toEqual(bytes)
          const ours = await wrap(publicHalf(pair), bytes, seeded(seed), ASN1)
          expect(ssl.decrypt(keys.private, ours)).toEqual(bytes)
          // Inside the hash and the cipher; OpenSSL forgives a changed sign of a coordinate (sm2-neg-dec-der-neg-y).
          const wrong = flipped(ours, (ours.length - 32) * 8 + (at % 256))
          expect(await unwrap(pair, wrong, ASN1)).toBeUndefined()
          expect(ssl.decrypt(keys.private, wrong)).toBeUndefined()
        })
      }
      await fc.assert(fc.asyncProperty(scalar(), secret(), fc.string(), fc.nat(), agree), ROUNDS)
    },
    PATIENCE_MS,
  )

  it('agree where a coordinate of the key, or of C1, begins with zero', async () => {
    for (const at of [1, 33]) {
      const d = counted((candidate) => publicPoint(candidate)[at] === 0)
      const pair = pairOf(d)
      await withKeys(pair, async (ssl, keys) => {
        const [bytes, id] = [utf8('zeros'), utf8(SM2_DEFAULT.userId)]
        expect(await verify(publicHalf(pair), bytes, ssl.sign(keys.private, id, bytes))).toBe(true)
        expect(ssl.verify(keys.public, id, bytes, await sign(pair, bytes))).toBe(true)
        const wrapped = await wrap(publicHalf(pair), bytes, () => d, ASN1)
        expect(wrapped.length).toBeLessThan(2 + 35 + 35 + 34 + 2 + bytes.length)
        expect(ssl.decrypt(keys.private, wrapped)).toEqual(bytes)
        expect(await unwrap(pair, ssl.encrypt(keys.public, bytes), ASN1)).toEqual(bytes)
      })
    }
  })

  it('agree that a public point off the curve is no key', async () => {
    const off = publicPoint(fromHex('03'.repeat(32)))
    off[64] = (off[64] ?? 0) ^ 1
    expect(() => oracleOr().publicKey(writeSpki(off))).toThrow('d2i_PUBKEY_bio')
    await expect(wrap({ suite: 'sm', publicKey: off }, off, seeded('off'))).rejects.toThrow('must be a point')
  })
})

async function oracle(): Promise<OpenSsl | string> {
  try {
    const koffi = await import('koffi')
    return openSsl(koffi.default)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function oracleOr(): OpenSsl {
  return typeof found === 'string' ? expect.unreachable(found) : found
}

async function withKeys(
  pair: Pair,
  use: (ssl: OpenSsl, keys: { readonly private: OpenSslKey; readonly public: OpenSslKey }) => Promise<void>,
): Promise<void> {
  const ssl = oracleOr()
  const keys = {
    private: ssl.privateKey(writePkcs8(pair)),
    public: ssl.publicKey(writeSpki(pair.publicKey)),
  }
  try {
    await use(ssl, keys)
  } finally {
    ssl.free(keys.private)
    ssl.free(keys.public)
  }
}

function pairOf(d: Bytes): Pair {
  return { suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) }
}

function seeded(seed: string): (length: number) => Bytes {
  let draws = 0
  return (length) => sm3Kdf(utf8(`${toHex(utf8(seed))} ${draws++}`), length)
}

function flipped(bytes: Bytes, bit: number): Bytes {
  const at = bit % (bytes.length * 8)
  return bytes.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte))
}

// The first of ten thousand numbers that does.
function counted(does: (scalar: Bytes) => boolean): Bytes {
  for (let count = 1; count < 10_000; count++) {
    const candidate = fromHex(count.toString(16).padStart(64, '0'))
    if (does(candidate)) return candidate
  }
  throw new Error('none in ten thousand')
}
