// SM2 (GB/T 32918) against published values: Z, signatures with their stated nonce, verification and its long
// list of refusals, decryption in all three forms, and which numbers are private keys.
import { describe, expect, it } from 'vitest'
import {
  fromHex,
  type PrivateKey,
  Secret,
  SM2_DEFAULT,
  type Sm2Options,
  sign,
  toHex,
  unwrap,
  verify,
} from './crypto.ts'
import { verifyWith } from './sm2-arithmetic.ts'
import { publicPoint } from './sm2-curve.ts'
import { identityDigest, signingKeyOf, signSm2 } from './sm2-sign.ts'
import { readSignatureDer } from './der.ts'
import decryptions from './vectors/sm2-decrypt.json' with { type: 'json' }
import asn1Decryptions from './vectors/sm2-decrypt-asn1.json' with { type: 'json' }
import privateKeys from './vectors/sm2-private-key-check.json' with { type: 'json' }
import signatures from './vectors/sm2-sign.json' with { type: 'json' }
import verifications from './vectors/sm2-verify.json' with { type: 'json' }
import prehashed from './vectors/sm2-verify-prehashed.json' with { type: 'json' }
import identities from './vectors/sm2-za.json' with { type: 'json' }

const BAD_KEYS = ['sm2-neg-offcurve', 'sm2-neg-key-xge-p', 'sm2-neg-key-zero']

const CIPHERTEXT_FORMS: Readonly<Record<string, Sm2Options['ciphertext']>> = {
  c1c2c3: 'c1c2c3',
  der: 'asn1',
}

const userId = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8')

function privateKey(hex: string): PrivateKey {
  const d = fromHex(hex)
  return { suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) }
}

describe('Z, GB/T 32918.2 clause 5.5', () => {
  for (const { id, source, inputs, expected } of identities) {
    it(`${id} (${source}) is reproduced`, () => {
      const options = { ...SM2_DEFAULT, userId: userId(inputs.id) }
      expect(toHex(identityDigest(fromHex(inputs.pub), options))).toBe(expected)
    })
  }
})

describe('signing with the stated nonce, GB/T 32918.2 clause 6', () => {
  for (const { id, source, inputs, expected } of signatures) {
    it(`${id} (${source}) is reproduced in both forms and verifies`, async () => {
      const [d, k, message] = [fromHex(inputs.priv), fromHex(inputs.k), fromHex(inputs.msg)]
      const publicKey = publicPoint(d)
      for (const signature of ['der', 'raw'] as const) {
        const options = { ...SM2_DEFAULT, userId: userId(inputs.id), signature }
        const signed = signSm2(signingKeyOf(d), message, options, () => k)
        expect(toHex(signed)).toBe(
          signature === 'raw' ? expected.r + expected.s : (expected.der ?? toHex(signed)),
        )
        expect(await verify({ suite: 'sm', publicKey }, message, signed, options)).toBe(true)
      }
    })
  }
})

describe('verification, GB/T 32918.2 clause 7', () => {
  for (const { id, source, inputs, note, valid } of verifications) {
    it(`${id} (${note ?? source}) is ${valid ? 'accepted' : 'refused'}`, async () => {
      const signature = inputs.encoding === 'raw' ? ('raw' as const) : ('der' as const)
      const options = { ...SM2_DEFAULT, userId: userId(inputs.id), signature }
      const key = { suite: 'sm' as const, publicKey: fromHex(inputs.pub) }
      const verdict = verify(key, fromHex(inputs.msg), fromHex(inputs.sig), options)
      if (BAD_KEYS.includes(id)) {
        await expect(verdict).rejects.toThrow(
          'key.publicKey must be a point of the curve sm2p256v1, it is not',
        )
      } else {
        expect(await verdict).toBe(valid)
      }
    })
  }
  for (const { id, source, inputs } of prehashed) {
    it(`${id} (${source}) is accepted for its digest and for no other`, () => {
      const pub = fromHex(inputs.pub)
      const [e, raw] = [fromHex(inputs.e), readSignatureDer(fromHex(inputs.sig))]
      if (raw === undefined) return expect.unreachable('the published signature is DER')
      expect(verifyWith(pub, e, raw)).toBe(true)
      expect(verifyWith(pub, e.toReversed(), raw)).toBe(false)
    })
  }
  it('sm2-neg-double-hash is accepted under the option that names this habit', async () => {
    const twice = verifications.find(({ id }) => id === 'sm2-neg-double-hash')
    if (twice === undefined) return expect.unreachable('the vector is there')
    const key = { suite: 'sm' as const, publicKey: fromHex(twice.inputs.pub) }
    const [message, signature] = [fromHex(twice.inputs.msg), fromHex(twice.inputs.sig)]
    expect(await verify(key, message, signature, { ...SM2_DEFAULT, hash: 'twice' })).toBe(true)
  })
})

describe('decryption, GB/T 32918.4 clause 7', () => {
  for (const { id, source, inputs, expected, note, valid } of [...decryptions, ...asn1Decryptions]) {
    it(`${id} (${note ?? source}) is ${valid ? 'opened' : 'refused'}`, async () => {
      const options = { ...SM2_DEFAULT, ciphertext: CIPHERTEXT_FORMS[inputs.encoding] ?? 'c1c3c2' }
      const opened = await unwrap(privateKey(inputs.priv), fromHex(inputs.ct), options)
      expect(opened && toHex(opened)).toBe(valid ? expected : undefined)
    })
  }
})

describe('private keys, GB/T 32918.1 clause 6.1', () => {
  for (const { id, note, inputs } of privateKeys) {
    it(`${id} (${note}) is refused before it does anything`, async () => {
      const key = {
        suite: 'sm' as const,
        key: new Secret(fromHex(inputs.priv)),
        publicKey: publicPoint(fromHex('01'.repeat(32))),
      }
      const because = 'key.key must be a number from 1 to n - 2, it is not'
      await expect(sign(key, new Uint8Array(1))).rejects.toThrow(because)
      await expect(unwrap(key, new Uint8Array(1))).rejects.toThrow(because)
    })
  }
})
