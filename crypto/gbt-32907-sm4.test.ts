// SM4 (GB/T 32907) in CBC with PKCS#7 and in CTR: published values, bad paddings, and sm-crypto's own SM4.
import fc from 'fast-check'
import { sm4 as oracle } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { fromHex, sm4CbcDecrypt, sm4CbcEncrypt, toHex, utf8 } from './crypto.ts'
import { sm4Ctr } from './sm4.ts'
import decryptions from './vectors/sm4-cbc-decrypt.json' with { type: 'json' }
import encryptions from './vectors/sm4-cbc-encrypt.json' with { type: 'json' }
import counters from './vectors/sm4-ctr.json' with { type: 'json' }

const block = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('SM4-CBC, published', () => {
  for (const { id, source, inputs, expected, valid } of encryptions) {
    it(`${id} (${source}) is ${valid ? 'reproduced' : 'refused'}`, async () => {
      const [key, iv, plain] = [fromHex(inputs.key), fromHex(inputs.iv), fromHex(inputs.msg)]
      if (!valid) return expect(sm4CbcEncrypt(key, iv, plain)).rejects.toThrow('iv must be 16 bytes, got 12')
      const cipher = await sm4CbcEncrypt(key, iv, plain)
      // We always pad: a vector without padding is the beginning of ours.
      const kept = inputs.padding === 'none' ? cipher.length - 16 : cipher.length
      expect(toHex(cipher.slice(0, kept))).toBe(expected)
      expect(await sm4CbcDecrypt(key, iv, cipher)).toEqual(plain)
    })
  }
  for (const { id, note, inputs } of decryptions) {
    it(`${id} (${note}) is refused`, async () => {
      const opened = await sm4CbcDecrypt(fromHex(inputs.key), fromHex(inputs.iv), fromHex(inputs.ct))
      expect(opened).toBeUndefined()
    })
  }
})

describe('SM4-CTR, published', () => {
  for (const { id, source, inputs, expected } of counters) {
    it(`${id} (${source}) is reproduced`, () => {
      const [key, iv] = [fromHex(inputs.key), fromHex(inputs.iv)]
      expect(toHex(sm4Ctr(key, iv, fromHex(inputs.msg)))).toBe(expected)
    })
  }
})

describe('SM4-CBC', () => {
  it('agrees with sm-crypto in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(block(), block(), fc.uint8Array({ maxLength: 100 }), async (key, iv, plain) => {
        const cipher = await sm4CbcEncrypt(key, iv, plain)
        const mode = { mode: 'cbc', iv: toHex(iv), padding: 'pkcs#7', output: 'array' } as const
        expect(toHex(cipher)).toBe(toHex(Uint8Array.from(oracle.encrypt([...plain], toHex(key), mode))))
        expect(await sm4CbcDecrypt(key, iv, cipher)).toEqual(plain)
      }),
      { numRuns: 50 },
    )
  })

  it('accepts the sixteen paddings and no other ending', async () => {
    const key = fromHex('0123456789abcdeffedcba9876543210')
    const zero = new Uint8Array(16)
    for (let count = 0; count <= 255; count++) {
      // Under CBC the last block alone, with the block before as iv, is a ciphertext of its own.
      const ending = new Uint8Array(16).fill(count, Math.max(0, 16 - count))
      ending[15] = count
      const cipher = (await sm4CbcEncrypt(key, zero, ending)).slice(0, 16)
      const opened = await sm4CbcDecrypt(key, zero, cipher)
      expect(opened?.length).toBe(count >= 1 && count <= 16 ? 16 - count : undefined)
    }
  })

  it.each([1, 15, 17, 31])('refuses %d bytes, no whole number of blocks', async (length) => {
    const key = new Uint8Array(16)
    expect(await sm4CbcDecrypt(key, key, new Uint8Array(length))).toBeUndefined()
  })

  it('names the argument that is wrong', async () => {
    const [good, short] = [new Uint8Array(16), new Uint8Array(15)]
    await expect(sm4CbcEncrypt(short, good, utf8('a'))).rejects.toThrow('key must be 16 bytes, got 15')
    await expect(sm4CbcDecrypt(good, short, good)).rejects.toThrow('iv must be 16 bytes, got 15')
    await expect(sm4CbcDecrypt(new Uint8Array(24), good, good)).rejects.toThrow(
      'key must be 16 bytes, got 24',
    )
    const text: unknown = 'a'
    await expect(sm4CbcEncrypt(good, good, text as Uint8Array)).rejects.toThrow(
      'plain must be bytes, got string',
    )
    await expect(sm4CbcDecrypt(good, good, text as Uint8Array)).rejects.toThrow(
      'cipher must be bytes, got string',
    )
  })
})
