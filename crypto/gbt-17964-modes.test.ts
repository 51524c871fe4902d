// SM4 in its modes of operation (GB/T 17964, RFC 8998): published values, then their laws. ECB, CBC, CTR and GCM are ours to offer; OFB,
// CFB, CCM and XTS have no use in any profile and are made here, from OpenSSL or from our ECB, for the vectors alone.
import { type CipherCCM, createCipheriv, createDecipheriv, type DecipherCCM } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  fromHex,
  sm4Decrypt,
  sm4Encrypt,
  type Sm4Options,
  toHex,
  utf8,
} from './crypto.ts'
import opened from './vectors/sm4-aead-decrypt.json' with { type: 'json' }
import sealed from './vectors/sm4-aead-encrypt.json' with { type: 'json' }
import blocks from './vectors/sm4-ecb.json' with { type: 'json' }
import feedback from './vectors/sm4-feedback.json' with { type: 'json' }
import sectors from './vectors/sm4-xts.json' with { type: 'json' }

const FULL = import.meta.env.MODE === 'full'
const NONE = new Uint8Array(0)
const ECB = { mode: 'ecb', padding: 'none' } as const
const GCM = { mode: 'gcm', padding: 'none' } as const

describe('SM4-ECB, published', () => {
  for (const { id, source, inputs, expected, valid } of blocks) {
    const [key, message] = [fromHex(inputs.key), fromHex(inputs.msg)]
    const { iterations } = inputs
    if (iterations !== undefined) {
      it(`${id} (${source}) is reproduced: CBC over zeros feeds each block back into the cipher`, async () => {
        expect(toHex((await chain(key, message, iterations)).slice(-16))).toBe(expected)
      })
      // One call a block is slow; the chain knows every number of times on the way.
      const count = FULL ? iterations : 2_000
      it(`${id}: ECB itself, ${count} times, and back`, async () => {
        let block = message
        for (let round = 0; round < count; round++) block = await sm4Encrypt(key, NONE, block, ECB)
        expect(block).toEqual((await chain(key, message, count)).slice(-16))
        for (let round = 0; round < count; round++)
          block = (await sm4Decrypt(key, NONE, block, ECB)) ?? expect.unreachable('whole blocks decrypt')
        expect(block).toEqual(message)
      })
    } else {
      it(`${id} (${source}) is ${valid ? 'reproduced' : 'refused'}`, async () => {
        const cipher = sm4Encrypt(key, NONE, message, ECB)
        if (!valid) return expect(cipher).rejects.toThrow('key must be 16 bytes, got 24')
        expect(toHex(await cipher)).toBe(expected)
        expect(await sm4Decrypt(key, NONE, await cipher, ECB)).toEqual(message)
      })
    }
  }
})

describe('SM4-OFB and SM4-CFB, published', () => {
  for (const { id, source, algorithm, inputs, expected } of feedback) {
    it(`${id} (${source}) is reproduced and opens`, () => {
      const [name, key, iv] = [algorithm.toLowerCase(), fromHex(inputs.key), fromHex(inputs.iv)]
      expect(toHex(createCipheriv(name, key, iv).update(fromHex(inputs.msg)))).toBe(expected)
      expect(toHex(createDecipheriv(name, key, iv).update(fromHex(expected)))).toBe(inputs.msg)
    })
  }
})

describe('SM4-GCM and SM4-CCM, published', () => {
  for (const { id, source, algorithm, inputs, expected } of sealed) {
    it(`${id} (${source}) is reproduced and opens`, async () => {
      const [key, iv, aad] = [fromHex(inputs.key), fromHex(inputs.iv), fromHex(inputs.aad)]
      const seal = algorithm === 'SM4-GCM' ? sm4Encrypt : ccmSeal
      expect(toHex(await seal(key, iv, fromHex(inputs.msg), GCM, aad))).toBe(expected)
      const [cipher, tag] = [expected.slice(0, -32), expected.slice(-32)]
      const back = await open(algorithm, { ...inputs, ct: cipher, tag })
      expect(back && toHex(back)).toBe(inputs.msg)
    })
  }
  for (const { id, source, algorithm, inputs, note, expected, valid } of opened) {
    it(`${id} (${note ?? source}) is ${valid ? 'opened' : 'refused'}`, async () => {
      const plain = await open(algorithm, inputs)
      expect(plain && toHex(plain)).toBe(valid ? expected : undefined)
    })
  }
})

describe('SM4-XTS, published', () => {
  for (const { id, source, inputs, expected } of sectors) {
    const standard = inputs.standard === 'GB' ? 'GB' : 'IEEE'
    const [key, iv, message] = [fromHex(inputs.key), fromHex(inputs.iv), fromHex(inputs.msg)]
    it(`${id} (${source}) is reproduced over our ECB`, async () => {
      expect(toHex(await xts(key, iv, message, standard))).toBe(expected)
    })
    if (standard === 'IEEE') continue
    it(`${id} is what OpenSSL answers, whose default is GB`, () => {
      expect(toHex(createCipheriv('sm4-xts', key, iv).update(message))).toBe(expected)
    })
  }
})

describe('the modes that a profile may name', () => {
  const block = (): fc.Arbitrary<Bytes> => fc.uint8Array({ minLength: 16, maxLength: 16 })
  const rounds = { numRuns: FULL ? 2_000 : 60 }
  const modes: readonly Sm4Options[] = [
    { mode: 'cbc', padding: 'pkcs7' },
    { mode: 'cbc', padding: 'none' },
    { mode: 'ecb', padding: 'pkcs7' },
    { mode: 'ecb', padding: 'none' },
    { mode: 'ctr', padding: 'none' },
    { mode: 'gcm', padding: 'none' },
  ]

  it.each(modes)('$mode with padding $padding returns what it was given', async (options) => {
    const returns = async (key: Bytes, chance: Bytes, any: Bytes): Promise<void> => {
      const iv = options.mode === 'ecb' ? NONE : chance
      const whole =
        options.padding === 'none' && options.mode !== 'ctr' && options.mode !== 'gcm'
          ? any.slice(0, any.length & ~15)
          : any
      const cipher = await sm4Encrypt(key, iv, whole, options)
      expect(await sm4Decrypt(key, iv, cipher, options)).toEqual(whole)
    }
    await fc.assert(fc.asyncProperty(block(), block(), fc.uint8Array({ maxLength: 100 }), returns), rounds)
  })

  it('gcm refuses every flipped bit of ciphertext, tag, iv and aad, and every cut', async () => {
    const [key, iv, aad] = [fromHex('00'.repeat(16)), fromHex('01'.repeat(12)), utf8('bound')]
    const cipher = await sm4Encrypt(key, iv, utf8('a secret'), GCM, aad)
    expect(await sm4Decrypt(key, iv, cipher, GCM, aad)).toEqual(utf8('a secret'))
    for (const wrong of flips(cipher)) expect(await sm4Decrypt(key, iv, wrong, GCM, aad)).toBeUndefined()
    for (const wrong of flips(iv)) expect(await sm4Decrypt(key, wrong, cipher, GCM, aad)).toBeUndefined()
    for (const wrong of flips(aad)) expect(await sm4Decrypt(key, iv, cipher, GCM, wrong)).toBeUndefined()
    for (let length = 0; length < cipher.length; length++)
      expect(await sm4Decrypt(key, iv, cipher.slice(0, length), GCM, aad)).toBeUndefined()
  })

  it('whole blocks or nothing, where there is no padding', async () => {
    const key = fromHex('00'.repeat(16))
    await expect(sm4Encrypt(key, NONE, utf8('abc'), ECB)).rejects.toThrow(
      'plain must be whole blocks of 16 bytes without padding, got 3',
    )
    expect(await sm4Decrypt(key, NONE, utf8('abc'), ECB)).toBeUndefined()
    expect(await sm4Decrypt(key, NONE, NONE, { mode: 'ecb', padding: 'pkcs7' })).toBeUndefined()
  })

  it('names the argument that is wrong', async () => {
    const key = fromHex('00'.repeat(16))
    const attempt = (options: unknown, iv: Bytes = key, aad: Bytes = NONE) =>
      expect(sm4Encrypt(key, iv, key, options as Sm4Options, aad)).rejects
    await attempt(null).toThrow('options must be a record, got null')
    await attempt({ mode: 'ofb', padding: 'none' }).toThrow(
      "options.mode must be one of cbc, ecb, ctr, gcm, got 'ofb'",
    )
    await attempt({ mode: 'ctr', padding: 'pkcs7' }).toThrow(
      "options.padding must be one of none, got 'pkcs7'",
    )
    await attempt(ECB).toThrow('iv must be 0 bytes, got 16')
    await attempt({ mode: 'cbc', padding: 'none' }, NONE).toThrow('iv must be 16 bytes, got 0')
    await attempt(GCM, NONE).toThrow('the length of iv must be a whole number from 1 to 128, got 0')
    await attempt({ mode: 'cbc', padding: 'none' }, key, key).toThrow('aad must be 0 bytes, got 16')
  })
})

// E(m), E(E(m)), … in one call: with iv = m and a plaintext of zeros each CBC block is the last one, encrypted.
async function chain(key: Bytes, message: Bytes, count: number): Promise<Bytes> {
  return sm4Encrypt(key, message, new Uint8Array(16 * count), { mode: 'cbc', padding: 'none' })
}

type Sealed = {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly ct: string
  readonly tag: string
}

// A refusal by length (an argument) and one by tag (the peer's) are both a refusal of the vector.
async function open(algorithm: string, { key, iv, aad, ct, tag }: Sealed): Promise<Bytes | undefined> {
  const [k, v, a, c, t] = [key, iv, aad, ct, tag].map(fromHex) as [Bytes, Bytes, Bytes, Bytes, Bytes]
  try {
    if (algorithm === 'SM4-GCM') return await sm4Decrypt(k, v, concat(c, t), GCM, a)
    const decipher = createDecipheriv('sm4-ccm' as 'aes-128-ccm', k, v, { authTagLength: t.length })
    return ccmOpen(decipher, c, t, a)
  } catch {
    return undefined
  }
}

function ccmOpen(decipher: DecipherCCM, cipher: Bytes, tag: Bytes, aad: Bytes): Bytes {
  decipher.setAuthTag(tag).setAAD(aad, { plaintextLength: cipher.length })
  return concat(decipher.update(cipher), decipher.final())
}

async function ccmSeal(key: Bytes, iv: Bytes, plain: Bytes, _options: unknown, aad: Bytes): Promise<Bytes> {
  const cipher: CipherCCM = createCipheriv('sm4-ccm' as 'aes-128-ccm', key, iv, { authTagLength: 16 })
  cipher.setAAD(aad, { plaintextLength: plain.length })
  return concat(cipher.update(plain), cipher.final(), cipher.getAuthTag())
}

// XTS encryption over ECB, with ciphertext stealing. GB/T 17964-2021 reads the tweak as a number with its first byte highest
// and shifts right; IEEE 1619 reads it with its first byte lowest and shifts left.
async function xts(keys: Bytes, iv: Bytes, plain: Bytes, standard: 'GB' | 'IEEE'): Promise<Bytes> {
  const [key, tweakKey] = [keys.slice(0, 16), keys.slice(16)]
  let tweak = await sm4Encrypt(tweakKey, NONE, iv, ECB)
  const encrypt = async (block: Bytes): Promise<Bytes> => {
    const cipher = xor(await sm4Encrypt(key, NONE, xor(block, tweak), ECB), tweak)
    tweak = standard === 'GB' ? doubledGb(tweak) : doubledIeee(tweak)
    return cipher
  }
  const whole = plain.length & ~15
  const ciphers: Bytes[] = []
  for (let at = 0; at < whole; at += 16) ciphers.push(await encrypt(plain.slice(at, at + 16)))
  const rest = plain.slice(whole)
  const last = ciphers.at(-1)
  if (rest.length === 0 || last === undefined) return concat(...ciphers)
  const stolen = await encrypt(concat(rest, last.slice(rest.length)))
  return concat(...ciphers.slice(0, -1), stolen, last.slice(0, rest.length))
}

function doubledIeee(tweak: Bytes): Bytes {
  return doubledGb(tweak.map(mirrored)).map(mirrored)
}

function doubledGb(tweak: Bytes): Bytes {
  const carry = (tweak[15] ?? 0) & 1
  const shifted = tweak.map((byte, index) => (byte >> 1) | (((tweak[index - 1] ?? 0) & 1) << 7))
  shifted[0] = (shifted[0] ?? 0) ^ (carry === 1 ? 0xe1 : 0)
  return shifted
}

function mirrored(byte: number): number {
  return Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2)
}

function xor(a: Bytes, b: Bytes): Bytes {
  return a.map((byte, index) => byte ^ (b[index] ?? 0))
}

function* flips(bytes: Bytes): Generator<Bytes> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield flipped
  }
}
