// Our SM2 against sm-crypto 0.5.8, an implementation with other authors and other arithmetic. It manages about a
// hundred operations per second, hence 500 cases, in full 20,000. `hash` is always said: its default is not that of sm-crypto-v2.
import fc from 'fast-check'
import { sm2 as oracle, sm3 as oracleDigest } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import {
  fromHex,
  type PrivateKey,
  publicHalf,
  Secret,
  SM2_DEFAULT,
  type Sm2Options,
  sign,
  toHex,
  unwrap,
  verify,
  wrap,
} from './crypto.ts'
import { isPrivateScalar, publicPoint } from './sm2-curve.ts'

const FULL = import.meta.env.MODE === 'full'
const SIGNATURES = { numRuns: FULL ? 5_000 : 125 }
const CIPHERTEXTS = { numRuns: FULL ? 5_000 : 125 }

// Few bytes are a number with many zeros before it.
const scalar = (): fc.Arbitrary<Uint8Array> =>
  fc
    .oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 1, maxLength: 31 }))
    .map((digits) => {
      const padded = new Uint8Array(32)
      padded.set(digits, 32 - digits.length)
      return padded
    })
    .filter(isPrivateScalar)

const key = (): fc.Arbitrary<Extract<PrivateKey, { suite: 'sm' }>> =>
  scalar().map((d) => ({ suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) }))

// Any code points but surrogates; fast-check's own table of all characters takes a second to build.
const text = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.integer({ min: 0, max: 0x10ffff }).filter((point) => point >> 11 !== 27),
      { maxLength: 40 },
    )
    .map((points) => String.fromCodePoint(...points))

const options = (): fc.Arbitrary<Sm2Options> =>
  fc.record({
    userId: fc.oneof(fc.constant(SM2_DEFAULT.userId), text()),
    hash: fc.constantFrom('once', 'twice'),
    signature: fc.constantFrom('der', 'raw'),
    ciphertext: fc.constantFrom('c1c3c2', 'c1c2c3'),
    point04: fc.boolean(),
  })

// sm-crypto sends one-byte messages in the clear when the mask is zero (1 in 256), which we rightly refuse.
const secret = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 8, maxLength: 80 })

describe('SM2 and sm-crypto', () => {
  it('our signature holds there', async () => {
    const holds = async (k: PrivateKey, message: Uint8Array, chosen: Sm2Options): Promise<void> => {
      const signed = toHex(await sign(k, message, chosen))
      expect(oracle.doVerifySignature(hashed(message, chosen), signed, publicHex(k), asked(chosen))).toBe(
        true,
      )
    }
    await fc.assert(fc.asyncProperty(key(), fc.uint8Array({ maxLength: 200 }), options(), holds), SIGNATURES)
  })

  it('its signature holds here', async () => {
    const holds = async (k: PrivateKey, message: Uint8Array, chosen: Sm2Options): Promise<void> => {
      // It is not told the public key: it derives its own for Z, and they must be the same.
      const signed = fromHex(
        oracle.doSignature(hashed(message, chosen), toHex(k.key.reveal()), asked(chosen)),
      )
      expect(await verify(publicHalf(k), message, signed, chosen)).toBe(true)
    }
    await fc.assert(fc.asyncProperty(key(), fc.uint8Array({ maxLength: 200 }), options(), holds), SIGNATURES)
  })

  it('our wrapped secret opens there', async () => {
    const opens = async (
      k: PrivateKey,
      bytes: Uint8Array,
      nonce: Uint8Array,
      chosen: Sm2Options,
    ): Promise<void> => {
      const wrapped = toHex(await wrap(publicHalf(k), bytes, () => nonce, chosen))
      // sm-crypto's ciphertexts never begin with 04.
      const bare = chosen.point04 ? wrapped.slice(2) : wrapped
      const how = { output: 'array' } as const
      const opened: unknown = oracle.doDecrypt(bare, toHex(k.key.reveal()), mode(chosen), how)
      expect(opened).toEqual([...bytes])
    }
    await fc.assert(fc.asyncProperty(key(), secret(), scalar(), options(), opens), CIPHERTEXTS)
  })

  it('its ciphertext opens here', async () => {
    const opens = async (k: PrivateKey, bytes: Uint8Array, chosen: Sm2Options): Promise<void> => {
      const bare = oracle.doEncrypt([...bytes], publicHex(k), mode(chosen))
      expect(await unwrap(k, fromHex(chosen.point04 ? `04${bare}` : bare), chosen)).toEqual(bytes)
    }
    await fc.assert(fc.asyncProperty(key(), secret(), options(), opens), CIPHERTEXTS)
  })
})

function publicHex(k: PrivateKey): string {
  return k.suite === 'sm' ? toHex(k.publicKey) : expect.unreachable('these keys are sm')
}

function asked({ userId, signature }: Sm2Options): { hash: true; der: boolean; userId: string } {
  return { hash: true, der: signature === 'der', userId }
}

function mode({ ciphertext }: Sm2Options): 0 | 1 {
  return ciphertext === 'c1c3c2' ? 1 : 0
}

// The oracle's own SM3 makes the inner digest of 'twice', so that not even that is ours.
function hashed(message: Uint8Array, { hash }: Sm2Options): number[] {
  return hash === 'twice' ? [...fromHex(oracleDigest([...message]))] : [...message]
}
