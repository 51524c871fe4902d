// The RSA suite: round trips, what is refused, no word about paddings, and jsrsasign and OpenSSL as second opinions.
import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  generateKeyPair,
  type PrivateKey,
  publicHalf,
  RSA_TEST_KEYS,
  rsaKeyOf,
  rsaTestKey,
  Secret,
  sign,
  signRsa,
  sm3Kdf,
  toHex,
  unwrap,
  utf8,
  verify,
  verifyRsa,
  wrap,
} from './crypto.ts'

const seeded = (seed: string): ((length: number) => Bytes) => {
  let draws = 0
  return (length) => sm3Kdf(utf8(`${seed} ${draws++}`), length)
}
const key = rsaTestKey('1')
const other = rsaTestKey('2')
const message = utf8('a message')
const MODULUS_BYTES = 256

describe('suite rsa', () => {
  it('signs and verifies, wraps and unwraps, alike for the same chance', async () => {
    const secrets = fc.uint8Array({ minLength: 1, maxLength: MODULUS_BYTES - 11 })
    const returns = async (bytes: Bytes, secret: Bytes, seed: string): Promise<void> => {
      const signature = await sign(key, bytes)
      expect(signature.length).toBe(MODULUS_BYTES)
      expect(await verify(publicHalf(key), bytes, signature)).toBe(true)
      const wrapped = await wrap(publicHalf(key), secret, seeded(seed))
      expect(await unwrap(key, wrapped)).toEqual(secret)
      expect(await wrap(publicHalf(key), secret, seeded(seed))).toEqual(wrapped)
      expect(await wrap(publicHalf(key), secret, seeded(`${seed}+`))).not.toEqual(wrapped)
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array(), secrets, fc.string(), returns), { numRuns: 30 })
  })

  it('wraps what OpenSSL unwraps, and the other way round', async () => {
    const pkcs8 = Buffer.from(key.key.reveal())
    const secret = utf8('0123456789abcdefghijklmnopqrstuv')
    const padding = constants.RSA_PKCS1_PADDING
    const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
    const theirs = new Uint8Array(publicEncrypt({ key: publicKey, padding }, secret))
    expect(await unwrap(key, theirs)).toEqual(secret)
  })

  it.each(['sha256', 'sha1'] as const)('signs over %s as jsrsasign does', (digest) => {
    const { KJUR } = createRequire(import.meta.url)('jsrsasign') as {
      KJUR: {
        crypto: {
          Signature: new (
            of: object,
          ) => { init(key: string): void; updateHex(hex: string): void; sign(): string }
        }
      }
    }
    const pem = createPrivateKey({ key: Buffer.from(key.key.reveal()), format: 'der', type: 'pkcs8' }).export(
      {
        type: 'pkcs8',
        format: 'pem',
      },
    ) as string
    const signer = new KJUR.crypto.Signature({ alg: digest === 'sha1' ? 'SHA1withRSA' : 'SHA256withRSA' })
    signer.init(pem)
    signer.updateHex(toHex(message))
    const signature = signRsa(key, message, digest)
    expect(toHex(signature)).toBe(signer.sign())
    expect(verifyRsa(key, message, signature, digest)).toBe(true)
    expect(verifyRsa(key, message, signature, digest === 'sha1' ? 'sha256' : 'sha1')).toBe(false)
  })

  it('refuses other messages, other keys, other lengths, and every flipped bit', async () => {
    const signature = await sign(key, message)
    expect(await verify(publicHalf(key), utf8('another'), signature)).toBe(false)
    expect(await verify(publicHalf(other), message, signature)).toBe(false)
    for (const length of [0, 1, 64, MODULUS_BYTES - 1, MODULUS_BYTES, MODULUS_BYTES + 1])
      expect(await verify(publicHalf(key), message, new Uint8Array(length))).toBe(false)
    for (let bit = 0; bit < MODULUS_BYTES * 8; bit += 7) {
      const flipped = Uint8Array.from(signature)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await verify(publicHalf(key), message, flipped)).toBe(false)
    }
    // A number with zeros before it, written shorter.
    const shorter = await verify(publicHalf(key), message, signature.subarray(1))
    expect(shorter).toBe(false)
  })

  it('says nothing of a wrong padding: bytes come back that nobody wrapped, always the same ones', async () => {
    const secret = sm3Kdf(utf8('secret'), 32)
    const padding = constants.RSA_NO_PADDING
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' })
    const block = (...bytes: readonly number[]): Bytes =>
      Uint8Array.from({ length: MODULUS_BYTES }, (_, index) => bytes[index] ?? 7)
    const zeroAt = (at: number, bytes: Bytes): Bytes => bytes.with(at, 0)
    const wrong = [
      block(0, 1), // another block type
      block(1, 2), // no zero in front
      block(0, 2), // no zero behind the padding
      zeroAt(5, block(0, 2)), // a padding of three bytes
    ]
    for (const spoiled of wrong) {
      const wrapped = new Uint8Array(publicEncrypt({ key: publicKey, padding }, spoiled))
      const found = await unwrap(key, wrapped)
      expect(found).toBeInstanceOf(Uint8Array)
      expect(found).not.toEqual(secret)
      expect(await unwrap(key, wrapped)).toEqual(found)
    }
    const foreign = await unwrap(other, await wrap(publicHalf(key), secret, seeded('w')))
    expect(foreign).not.toEqual(secret)
  })

  it('says of a length and of a number what everybody sees', async () => {
    for (const length of [0, 1, MODULUS_BYTES - 1, MODULUS_BYTES + 1])
      expect(await unwrap(key, new Uint8Array(length))).toBeUndefined()
    expect(await unwrap(key, new Uint8Array(MODULUS_BYTES).fill(255))).toBeUndefined()
  })

  it('names the argument that is wrong', async () => {
    const most = MODULUS_BYTES - 11
    await expect(wrap(key, new Uint8Array(most + 1), seeded(''))).rejects.toThrow(
      `secret must be 1 to ${most} bytes, got ${most + 1}`,
    )
    await expect(wrap(key, message, (length) => new Uint8Array(length))).rejects.toThrow(
      'random gave too few bytes other than zero in 16 draws',
    )
    const mixed = { ...key, publicKey: other.publicKey }
    await expect(sign(mixed, message)).rejects.toThrow(
      'key.publicKey must be the public half of key.key, it is another',
    )
    const bare: unknown = { ...key, key: key.key.reveal() }
    await expect(sign(bare as PrivateKey, message)).rejects.toThrow('key.key must be a Secret, got object')
    const broken = { ...key, key: new Secret(new Uint8Array(9)) }
    await expect(sign(broken, message)).rejects.toThrow('key.key must be an RSA key in PKCS#8, it is not')
    const digest: unknown = 'md5'
    expect(() => signRsa(key, message, digest as 'sha1')).toThrow(
      "digest must be one of sha256, sha1, got 'md5'",
    )
  })

  it.each([
    ['of 1024 bits', 1024, 65_537, 'must have 2048 to 8192 bits, it has 1024'],
    ['with the exponent 3', 2048, 3, 'must have an odd public exponent from 65537 to 2^64'],
  ])('takes no key %s', (_, modulusLength, publicExponent, because) => {
    const pair = generateKeyPairSync('rsa', { modulusLength, publicExponent })
    const pkcs8 = new Uint8Array(pair.privateKey.export({ type: 'pkcs8', format: 'der' }))
    expect(() => rsaKeyOf(pkcs8)).toThrow(because)
    const publicKey = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }))
    expect(() => verifyRsa({ suite: 'rsa', publicKey }, message, message)).toThrow(because)
  })
})

describe('RSA keys', () => {
  it('follow from chance, and are whole', async () => {
    const [one, again] = [
      await generateKeyPair('rsa', seeded('k')),
      await generateKeyPair('rsa', seeded('k')),
    ]
    expect(toHex(again.key.reveal())).toBe(toHex(one.key.reveal()))
    const read = createPrivateKey({ key: Buffer.from(one.key.reveal()), format: 'der', type: 'pkcs8' })
    expect(read.asymmetricKeyDetails).toEqual({ modulusLength: 2048, publicExponent: 65_537n })
    await expect(generateKeyPair('rsa', (length) => new Uint8Array(length))).rejects.toThrow(
      'random gave no prime in 10000 draws',
    )
  })

  it('come from no chance that repeats itself', async () => {
    const { p = '' } = createPrivateKey({
      key: Buffer.from(key.key.reveal()),
      format: 'der',
      type: 'pkcs8',
    }).export({ format: 'jwk' })
    const same = new Uint8Array(Buffer.from(p, 'base64url'))
    await expect(generateKeyPair('rsa', () => same)).rejects.toThrow(
      'random gave two primes that are too close to each other',
    )
  })

  it('for tests are what their description says, and all different', async () => {
    const made = await generateKeyPair('rsa', seeded('sifang RSA test key 7'))
    expect(toHex(rsaTestKey('7').key.reveal())).toBe(toHex(made.key.reveal()))
    const names = [
      'root',
      'issuing',
      'stranger',
      ...Array.from({ length: RSA_TEST_KEYS }, (_, index) => `${index + 1}`),
    ]
    expect(new Set(names.map((name) => toHex(rsaTestKey(name).publicKey))).size).toBe(names.length)
    expect(() => rsaTestKey('nobody')).toThrow('there is no RSA test key named nobody')
  })
})
