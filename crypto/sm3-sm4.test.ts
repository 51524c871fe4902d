// Our own SM3 and SM4 against OpenSSL's through node:crypto, at every length around a block and around the lengths from which
// OpenSSL is asked; then what a memory that serves every call must not do.
import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  type Decipheriv,
  createHmac,
  hash,
} from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, concat, hmacSm3, sm3, sm3Hex, sm3Kdf, sm4Decrypt, sm4Encrypt, toHex } from './crypto.ts'
import { hmacSm3With, macKey } from './sm3.ts'
import { sm4Ctr } from './sm4.ts'

const RUNS = import.meta.env.MODE === 'full' ? 5_000 : 300
const NO_IV = new Uint8Array(0)
const BLOCKS = ['cbc', 'ecb'] as const
const PADDINGS = ['pkcs7', 'none'] as const

// Where anything changes: blocks of SM4 and of SM3, the padding of SM3, and from where on OpenSSL is asked.
const EDGES = [0, 1, 15, 16, 17, 48, 55, 56, 63, 64, 65, 119, 120, 128, 256, 1024, 2048, 4096, 8192, 16_384]
const length = fc.oneof(
  fc.nat({ max: 600 }),
  fc
    .tuple(fc.constantFrom(...EDGES), fc.integer({ min: -17, max: 17 }))
    .map(([at, by]) => Math.max(0, at + by)),
)
const bytesOf = (lengths: fc.Arbitrary<number>): fc.Arbitrary<Bytes> =>
  fc.tuple(lengths, fc.nat()).map(([count, seed]) => filled(count, seed))
const text = bytesOf(length)
const block = fc.uint8Array({ minLength: 16, maxLength: 16 })
const macKeys = bytesOf(fc.oneof(fc.nat({ max: 80 }), fc.constantFrom(63, 64, 65, 5_000)))

// Cheap bytes that do not repeat: shrinking by length and seed says all there is to say.
function filled(count: number, seed: number): Bytes {
  let x = (seed ^ 0x9e3779b9) >>> 0 || 1
  return Uint8Array.from({ length: count }, () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x & 0xff
  })
}

const theirMac = (key: Bytes, bytes: Bytes): Bytes =>
  new Uint8Array(createHmac('sm3', key).update(bytes).digest())

type Make = (name: string, key: Bytes, iv: Bytes | null) => Cipheriv | Decipheriv

function theirs(make: Make, name: string, key: Bytes, iv: Bytes | null, bytes: Bytes): Bytes {
  const cipher = make(name, key, iv).setAutoPadding(false)
  return concat(cipher.update(bytes), cipher.final())
}

function padded(bytes: Bytes): Bytes {
  const count = 16 - (bytes.length % 16)
  return concat(bytes, new Uint8Array(count).fill(count))
}

const holds = { numRuns: RUNS }

describe('SM3 is OpenSSL’s', () => {
  it.each(EDGES.flatMap((at) => [at, at + 1]))('on %d bytes, in both spellings', (count) => {
    const bytes = filled(count, 7)
    expect(toHex(sm3(bytes))).toBe(hash('sm3', bytes, 'hex'))
    expect(sm3Hex(bytes)).toBe(hash('sm3', bytes, 'hex'))
  })

  it('on any bytes', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        expect(toHex(sm3(bytes))).toBe(hash('sm3', bytes, 'hex'))
        expect(sm3Hex(bytes)).toBe(hash('sm3', bytes, 'hex'))
      }),
      holds,
    )
  })

  it('under HMAC, with a key and with one that was prepared', () => {
    fc.assert(
      fc.property(macKeys, text, text, (key, bytes, more) => {
        const prepared = macKey(key)
        expect(hmacSm3(key, bytes)).toEqual(theirMac(key, bytes))
        expect(hmacSm3With(prepared, more)).toEqual(theirMac(key, more))
        expect(hmacSm3With(prepared, bytes)).toEqual(theirMac(key, bytes))
      }),
      holds,
    )
  })

  it('in the key derivation', () => {
    fc.assert(
      fc.property(bytesOf(fc.nat({ max: 2_100 })), fc.integer({ min: 1, max: 1_100 }), (z, count) => {
        const blocks = Array.from(
          { length: Math.ceil(count / 32) },
          (_, at) => new Uint8Array(hash('sm3', concat(z, Uint8Array.of(0, 0, 0, at + 1)), 'buffer')),
        )
        expect(sm3Kdf(z, count)).toEqual(concat(...blocks).slice(0, count))
      }),
      { numRuns: Math.ceil(RUNS / 3) },
    )
  })
})

describe('SM4 is OpenSSL’s', () => {
  for (const mode of BLOCKS)
    for (const padding of PADDINGS)
      it(`in ${mode} with padding ${padding}, there and back`, async () => {
        await fc.assert(
          fc.asyncProperty(block, block, text, async (key, iv, bytes) => {
            const whole = padding === 'pkcs7' ? padded(bytes) : bytes.subarray(0, bytes.length & ~15)
            const plain = padding === 'pkcs7' ? bytes : whole
            const own = mode === 'cbc' ? iv : NO_IV
            const cipher = await sm4Encrypt(key, own, plain, { mode, padding })
            const their = mode === 'cbc' ? iv : null
            expect(toHex(cipher)).toBe(toHex(theirs(createCipheriv, `sm4-${mode}`, key, their, whole)))
            expect(await sm4Decrypt(key, own, cipher, { mode, padding })).toEqual(plain)
          }),
          holds,
        )
      })

  it('deciphering what nobody enciphered', async () => {
    await fc.assert(
      fc.asyncProperty(block, block, text, async (key, iv, bytes) => {
        const cipher = bytes.subarray(0, bytes.length & ~15)
        expect(await sm4Decrypt(key, iv, cipher, { mode: 'cbc', padding: 'none' })).toEqual(
          theirs(createDecipheriv, 'sm4-cbc', key, iv, cipher),
        )
      }),
      holds,
    )
  })

  it('in CTR, also where the counter runs over', () => {
    const ending = fc.tuple(block, fc.nat({ max: 16 })).map(([iv, count]) => iv.fill(0xff, 16 - count))
    fc.assert(
      fc.property(block, ending, text, (key, iv, bytes) => {
        expect(sm4Ctr(key, iv, bytes)).toEqual(theirs(createCipheriv, 'sm4-ctr', key, iv, bytes))
      }),
      holds,
    )
  })
})

describe('one memory for all calls', () => {
  const [one, other] = [filled(16, 1), filled(16, 2)]
  const plain = filled(100, 3)
  const ECB = { mode: 'ecb', padding: 'pkcs7' } as const

  it('keeps no key: one after the other is as one alone', async () => {
    const alone = await sm4Encrypt(one, NO_IV, plain, ECB)
    const differing = Uint8Array.from(one, (byte, at) => (at === 15 ? byte ^ 1 : byte))
    for (const key of [other, differing]) {
      expect(await sm4Encrypt(key, NO_IV, plain, ECB)).not.toEqual(alone)
      expect(await sm4Encrypt(one, NO_IV, plain, ECB)).toEqual(alone)
    }
  })

  it('takes a key that changes under its name as another key', async () => {
    const key = Uint8Array.from(one)
    await sm4Encrypt(key, NO_IV, plain, ECB)
    key.set(other)
    expect(await sm4Encrypt(key, NO_IV, plain, ECB)).toEqual(await sm4Encrypt(other, NO_IV, plain, ECB))
    const macs = Uint8Array.from(one)
    const prepared = macKey(macs)
    macs.set(other)
    expect(hmacSm3With(prepared, plain)).toEqual(theirMac(one, plain))
  })

  it('gives answers that the next call leaves alone, and leaves its arguments alone', async () => {
    const given = Uint8Array.from(plain)
    const answers = async (): Promise<readonly Bytes[]> => [
      sm3(given),
      hmacSm3(one, given),
      sm3Kdf(given, 100),
      await sm4Encrypt(one, other, given),
      sm4Ctr(one, other, given),
    ]
    const before = await answers()
    const shown = before.map(toHex)
    sm3(filled(2_000, 9))
    await sm4Encrypt(other, one, filled(200, 8))
    expect(before.map(toHex)).toEqual(shown)
    expect((await answers()).map(toHex)).toEqual(shown)
    expect(given).toEqual(plain)
    expect(before.map((answer) => Object.getPrototypeOf(answer) === Uint8Array.prototype)).toEqual(
      before.map(() => true),
    )
  })

  it('digests what lies in a view, and a digest of itself', () => {
    const within = concat(filled(3, 1), plain, filled(3, 1)).subarray(3, 103)
    expect(sm3(within)).toEqual(sm3(plain))
    expect(toHex(sm3(sm3(plain)))).toBe(hash('sm3', hash('sm3', plain, 'buffer'), 'hex'))
  })
})
