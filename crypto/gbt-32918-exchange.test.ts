// The SM2 key exchange (GB/T 32918.3) and the published values of the test curve. Our SM2 knows one curve, sm2p256v1,
// so these are proved on the textbook (sm2-textbook.ts), and then the textbook is held against our SM2.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, concat, fromHex, SM2_DEFAULT, toHex, utf8, verify } from './crypto.ts'
import { isPrivateScalar } from './sm2-curve.ts'
import { signingKeyOf, signSm2 } from './sm2-sign.ts'
import {
  type Curve,
  GBT_FP256_TEST,
  SM2P256V1,
  textbookExchange,
  textbookPublicKey,
  textbookSign,
} from './sm2-textbook.ts'
import exchanges from './vectors/sm2-key-exchange.json' with { type: 'json' }
import testCurveSignatures from './vectors/sm2-sign-test-curve.json' with { type: 'json' }

const CURVES: Readonly<Record<string, Curve>> = { gbtFp256Test: GBT_FP256_TEST, sm2p256v1: SM2P256V1 }

function curveOf(name: string): Curve {
  return CURVES[name] ?? expect.unreachable(`no curve ${name}`)
}

describe('key exchange, GB/T 32918.3 clause 6', () => {
  for (const { id, source, inputs, expected } of exchanges) {
    const curve = curveOf(inputs.curve)
    const side = (name: Bytes, d: Bytes, r: Bytes) => ({
      id: name,
      publicKey: textbookPublicKey(curve, d),
      ephemeral: textbookPublicKey(curve, r),
    })
    const [dA, rA, dB, rB] = [inputs.dA, inputs.rA, inputs.dB, inputs.rB].map(fromHex) as [
      Bytes,
      Bytes,
      Bytes,
      Bytes,
    ]
    const sides = { a: side(fromHex(inputs.idA), dA, rA), b: side(fromHex(inputs.idB), dB, rB) }

    it.each([
      ['A', { side: 'a', d: dA, r: rA }],
      ['B', { side: 'b', d: dB, r: rB }],
    ] as const)(`${id} (${source}): %s gets the key and both confirmations`, (_name, mine) => {
      const { key, sA, sB } = textbookExchange(curve, mine, sides, inputs.klenBytes)
      expect({ key: toHex(key), sA: toHex(sA), sB: toHex(sB) }).toEqual(expected)
    })

    it(`${id}: a peer off the curve is refused`, () => {
      const ephemeral = concat(sides.b.ephemeral.slice(0, 64), Uint8Array.of(0))
      const wrong = { ...sides, b: { ...sides.b, ephemeral } }
      expect(() => textbookExchange(curve, { side: 'a', d: dA, r: rA }, wrong, 16)).toThrow('must be a point')
    })
  }
})

describe('signing on the test curve, GB/T 32918.2 annex A', () => {
  for (const { id, source, inputs, expected } of testCurveSignatures) {
    it(`${id} (${source}) is reproduced by the textbook; our SM2 has no other curve than sm2p256v1`, () => {
      const [d, k, name, message] = [inputs.priv, inputs.k, inputs.id, inputs.msg].map(fromHex) as [
        Bytes,
        Bytes,
        Bytes,
        Bytes,
      ]
      const signed = textbookSign(curveOf(inputs.curve), { d, k, id: name, message })
      expect(toHex(signed)).toBe(expected.r + expected.s)
    })
  }
})

describe('our SM2 and the textbook', () => {
  const scalar = (): fc.Arbitrary<Bytes> =>
    fc.uint8Array({ minLength: 1, maxLength: 32 }).map(padded).filter(isPrivateScalar)

  it('derive the same public keys and make the same signatures from the same nonce', async () => {
    const agree = async (d: Bytes, k: Bytes, name: string, message: Bytes): Promise<void> => {
      const options = { ...SM2_DEFAULT, userId: name, signature: 'raw' } as const
      const own = signingKeyOf(d)
      const { publicKey } = own
      expect(publicKey).toEqual(textbookPublicKey(SM2P256V1, d))
      const ours = signSm2(own, message, options, () => k)
      expect(ours).toEqual(textbookSign(SM2P256V1, { d, k, id: utf8(name), message }))
      expect(await verify({ suite: 'sm', publicKey }, message, ours, options)).toBe(true)
    }
    const names = fc.constantFrom('', SM2_DEFAULT.userId, '四方', 'x'.repeat(8191))
    const rounds = { numRuns: import.meta.env.MODE === 'full' ? 300 : 10 }
    await fc.assert(fc.asyncProperty(scalar(), scalar(), names, fc.uint8Array(), agree), rounds)
  })
})

function padded(digits: Bytes): Bytes {
  return concat(new Uint8Array(32 - digits.length), digits)
}
