// The contract that both suites keep: round trips, refusals that are values, misuse that is loud. Then what only
// sm3-shared promises, and the keyring that keeps the keys.
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  generateKeyPair,
  hmacSm3,
  keyring,
  type PrivateKey,
  publicHalf,
  rsaTestKey,
  Secret,
  SM2_DEFAULT,
  sign,
  sm3,
  sm3Kdf,
  toHex,
  unwrap,
  utf8,
  verify,
  wrap,
} from './crypto.ts'
import { sealShared } from './sm3-shared.ts'

// Chance with a seed: SM3 of a count, cut to length.
function seeded(seed: string): (count: number) => Bytes {
  let draws = 0
  return (length) => sm3Kdf(utf8(`${seed} ${draws++}`), length)
}

const message = utf8('a message')
const unknownBytes = (value: unknown): Bytes => value as Bytes

describe.each(['sm', 'sm3-shared'] as const)('suite %s', (suite) => {
  it('signs and verifies, wraps and unwraps', async () => {
    const key = await generateKeyPair(suite, seeded('round trip'))
    const returns = async (bytes: Bytes, secret: Bytes, seed: string): Promise<void> => {
      expect(await verify(publicHalf(key), bytes, await sign(key, bytes))).toBe(true)
      const wrapped = await wrap(publicHalf(key), secret, seeded(seed))
      expect(await unwrap(key, wrapped)).toEqual(secret)
      expect(await wrap(publicHalf(key), secret, seeded(seed))).toEqual(wrapped)
    }
    const secrets = fc.uint8Array({ minLength: 1, maxLength: 200 })
    await fc.assert(fc.asyncProperty(fc.uint8Array(), secrets, fc.string(), returns), {
      numRuns: 30,
    })
  })

  it('refuses other messages, other keys, other lengths and other suites', async () => {
    const [key, other] = [
      await generateKeyPair(suite, seeded('a')),
      await generateKeyPair(suite, seeded('b')),
    ]
    const foreign = await generateKeyPair(suite === 'sm' ? 'sm3-shared' : 'sm', seeded('c'))
    const signature = await sign(key, message)
    expect(await verify(publicHalf(key), utf8('another'), signature)).toBe(false)
    expect(await verify(publicHalf(other), message, signature)).toBe(false)
    expect(await verify(publicHalf(foreign), message, signature)).toBe(false)
    for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 4096]) {
      expect(await verify(publicHalf(key), message, new Uint8Array(length))).toBe(false)
      expect(await unwrap(key, new Uint8Array(length))).toBeUndefined()
    }
    const wrapped = await wrap(publicHalf(key), message, seeded('d'))
    expect(await unwrap(other, wrapped)).toBeUndefined()
    expect(await unwrap(foreign, wrapped)).toBeUndefined()
    expect(await unwrap(key, new Uint8Array(64 * 1024 + 129))).toBeUndefined()
  })

  it('derives the same key from the same chance, and hides it', async () => {
    const [key, again] = [
      await generateKeyPair(suite, seeded('e')),
      await generateKeyPair(suite, seeded('e')),
    ]
    const secret = key.key.reveal()
    expect(secret.length).toBe(32)
    expect(again.key.reveal()).toEqual(secret)
    for (const shown of [
      inspect(key, { depth: null, showHidden: true }),
      JSON.stringify(key),
      `${key.key}`,
    ]) {
      expect(shown).not.toContain(toHex(secret))
      expect(shown).not.toContain(secret.slice(0, 4).join())
    }
  })

  it('names the argument that is wrong', async () => {
    const key = await generateKeyPair(suite, seeded('f'))
    const half = publicHalf(key)
    await expect(sign(key, unknownBytes('a'))).rejects.toThrow('bytes must be bytes, got string')
    await expect(verify(half, unknownBytes(1), message)).rejects.toThrow('bytes must be bytes, got number')
    await expect(verify(half, message, unknownBytes({}))).rejects.toThrow(
      'signature must be bytes, got object',
    )
    await expect(wrap(half, unknownBytes(null), seeded(''))).rejects.toThrow('secret must be bytes, got null')
    await expect(wrap(half, message, () => new Uint8Array(3))).rejects.toThrow(
      /^random\(\d+\) must be \d+ bytes, got 3$/,
    )
    await expect(unwrap(key, unknownBytes([]))).rejects.toThrow('wrapped must be bytes, got an array')
    const short = { ...key, key: new Secret(new Uint8Array(31)) }
    await expect(sign(short, message)).rejects.toThrow('key.key must be 32 bytes, got 31')
    const bare: unknown = { ...key, key: key.key.reveal() }
    await expect(sign(bare as PrivateKey, message)).rejects.toThrow('key.key must be a Secret, got object')
    const nameless: unknown = { ...key, suite: 'md5' }
    await expect(unwrap(nameless as PrivateKey, message)).rejects.toThrow(
      "key.suite must be one of sm, rsa, sm3-shared, got 'md5'",
    )
  })
})

describe('suite sm', () => {
  it('draws again until a number is a private key, and gives up on a broken source', async () => {
    const n = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'
    const draws = [new Uint8Array(32), Buffer.from(n, 'hex'), new Uint8Array(32).fill(255)]
    const good = sm3(message)
    const key = await generateKeyPair('sm', () => draws.shift() ?? good)
    expect(key.key.reveal()).toEqual(good)
    const broken = generateKeyPair('sm', (length) => new Uint8Array(length))
    await expect(broken).rejects.toThrow('random gave no number from 1 to n - 2 in 8 draws')
  })

  it('refuses a private key beside the public key of another', async () => {
    const [key, other] = [await generateKeyPair('sm', seeded('g')), await generateKeyPair('sm', seeded('h'))]
    const mixed = { ...key, ...publicHalf(other) } as PrivateKey
    await expect(sign(mixed, message)).rejects.toThrow(
      'key.publicKey must be the public half of key.key, it is another',
    )
  })

  it('needs the same options on both sides', async () => {
    const key = await generateKeyPair('sm', seeded('i'))
    const signature = await sign(key, message)
    for (const other of [
      { userId: 'ALICE123@YAHOO.COM' },
      { userId: '' },
      { hash: 'twice' },
      { signature: 'raw' },
    ] as const) {
      expect(await verify(publicHalf(key), message, signature, { ...SM2_DEFAULT, ...other })).toBe(false)
      const chosen = { ...SM2_DEFAULT, ...other }
      expect(await verify(publicHalf(key), message, await sign(key, message, chosen), chosen)).toBe(true)
    }
  })

  it('names the option that is wrong', async () => {
    const key = await generateKeyPair('sm', seeded('j'))
    const wrong: [object, string][] = [
      [{ userId: 1 }, 'options.userId must be a string, got number'],
      [{ userId: 'x'.repeat(8192) }, 'options.userId must be at most 8191 bytes, got 8192'],
      [{ hash: 'thrice' }, "options.hash must be one of once, twice, got 'thrice'"],
      [{ signature: 'plain' }, "options.signature must be one of der, raw, got 'plain'"],
      [{ ciphertext: 'c3' }, "options.ciphertext must be one of c1c3c2, c1c2c3, asn1, got 'c3'"],
      [{ point04: 1 }, 'options.point04 must be one of true, false, got number'],
    ]
    for (const [option, because] of wrong) {
      await expect(sign(key, message, { ...SM2_DEFAULT, ...option })).rejects.toThrow(because)
      await expect(unwrap(key, message, { ...SM2_DEFAULT, ...option })).rejects.toThrow(because)
    }
    const longest = { ...SM2_DEFAULT, userId: 'x'.repeat(8191) }
    expect(await verify(publicHalf(key), message, await sign(key, message, longest), longest)).toBe(true)
  })
})

describe('suite sm3-shared', () => {
  const secret = sm3(utf8('shared'))
  const key = { suite: 'sm3-shared', key: new Secret(secret) } as const

  it('is what its description says', async () => {
    const signKey = sm3Kdf(concat(secret, utf8('sign')), 32)
    expect(await sign(key, message)).toEqual(hmacSm3(signKey, message))
    const wrapped = await wrap(key, message, seeded('iv'))
    expect(wrapped.length).toBe(16 + message.length + 32)
    expect(wrapped.slice(0, 16)).toEqual(seeded('iv')(16))
    const tagKey = sm3Kdf(concat(secret, utf8('wrap')), 48).slice(16)
    expect(wrapped.slice(-32)).toEqual(hmacSm3(tagKey, wrapped.slice(0, -32)))
  })

  it('wraps 64 KiB and unwraps no more', async () => {
    const most = new Uint8Array(64 * 1024).fill(7)
    expect(await unwrap(key, await wrap(key, most, seeded('iv')))).toEqual(most)
    const more = concat(most, new Uint8Array(81))
    await expect(wrap(key, more, seeded('iv'))).rejects.toThrow('secret must be 1 to 65536 bytes, got 65617')
    expect(await unwrap(key, sealShared(secret, more, seeded('iv')))).toBeUndefined()
  })

  it('refuses every flipped bit and every cut', async () => {
    const wrapped = await wrap(key, message, seeded('iv'))
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const flipped = Uint8Array.from(wrapped)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await unwrap(key, flipped)).toBeUndefined()
    }
    for (let length = 0; length < wrapped.length; length++) {
      expect(await unwrap(key, wrapped.slice(0, length))).toBeUndefined()
    }
  })
})

describe('a keyring', () => {
  it('signs and unwraps by name, under its options, in every suite', async () => {
    const options = { ...SM2_DEFAULT, signature: 'raw', ciphertext: 'c1c2c3' } as const
    const keys = new Map<string, PrivateKey>()
    for (const suite of ['sm', 'rsa', 'sm3-shared'] as const)
      keys.set(suite, await generateKeyPair(suite, seeded(suite)))
    const ring = keyring(keys, options)
    for (const [keyId, key] of keys) {
      expect(await verify(publicHalf(key), message, await ring.sign(keyId, message), options)).toBe(true)
      const wrapped = await wrap(publicHalf(key), message, seeded('w'), options)
      expect(await ring.unwrap(keyId, wrapped)).toEqual(message)
      expect(await ring.unwrap(keyId, wrapped.slice(1))).toBeUndefined()
    }
  })

  it('takes other options for one message', async () => {
    const [sm, rsa] = [await generateKeyPair('sm', seeded('own')), rsaTestKey('1')]
    const ring = keyring(
      new Map<string, PrivateKey>([
        ['sm', sm],
        ['rsa', rsa],
      ]),
    )
    const twice = { ...SM2_DEFAULT, userId: '6800000001', hash: 'twice', signature: 'raw' } as const
    const signature = await ring.sign('sm', message, twice)
    expect(await verify(publicHalf(sm), message, signature, twice)).toBe(true)
    expect(await verify(publicHalf(sm), message, signature)).toBe(false)
    const old = { ...SM2_DEFAULT, digest: 'sha1' } as const
    const sha1 = await ring.sign('rsa', message, old)
    expect(await verify(publicHalf(rsa), message, sha1, old)).toBe(true)
    expect(await verify(publicHalf(rsa), message, sha1)).toBe(false)
  })

  it('says in a sentence that it does not hold a key, and what it was given', async () => {
    const ring = keyring(new Map())
    await expect(ring.sign('nobody', message)).rejects.toThrow('The keyring holds no key named nobody.')
    await expect(ring.unwrap('nobody', message)).rejects.toThrow('The keyring holds no key named nobody.')
    const list: unknown = []
    expect(() => keyring(list as Map<string, PrivateKey>)).toThrow('keys must be a map, got an array')
    const wrong = new Map([['a', { suite: 'sm3-shared', key: new Secret(new Uint8Array(3)) } as const]])
    expect(() => keyring(wrong)).toThrow('key a.key must be 32 bytes, got 3')
  })

  it('keeps its keys: they are not to be seen, listed or exchanged', async () => {
    const key = await generateKeyPair('sm3-shared', seeded('hidden'))
    const keys = new Map([['a', key]])
    const ring = keyring(keys)
    const signature = await ring.sign('a', message)
    keys.set('a', await generateKeyPair('sm3-shared', seeded('other')))
    expect(await ring.sign('a', message)).toEqual(signature)
    expect(Object.keys(ring)).toEqual(['sign', 'unwrap'])
    expect(Object.isFrozen(ring)).toBe(true)
    expect(inspect(ring, { depth: null, showHidden: true })).not.toContain('sm3-shared')
  })
})
