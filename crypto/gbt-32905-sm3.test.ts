// SM3 (GB/T 32905), HMAC-SM3 and the KDF of GB/T 32918.4 against published values, then their own laws.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, hmacSm3, sm3, sm3Kdf, toHex, utf8 } from './crypto.ts'
import macs from './vectors/hmac-sm3.json' with { type: 'json' }
import digests from './vectors/sm3.json' with { type: 'json' }

type DigestInput = {
  readonly msg?: string
  readonly repeat?: { readonly byte: string; readonly count: number }
}

function message({ msg, repeat }: DigestInput): Uint8Array {
  return repeat === undefined
    ? fromHex(msg ?? '')
    : new Uint8Array(repeat.count).fill(Number(`0x${repeat.byte}`))
}

describe('SM3, published', () => {
  for (const { id, source, inputs, expected, valid } of digests) {
    it(`${id} (${source}) is ${valid ? 'reproduced' : 'not reproduced'}`, () => {
      expect(toHex(sm3(message(inputs))) === expected).toBe(valid)
    })
  }
})

describe('HMAC-SM3, published', () => {
  for (const { id, source, inputs, expected, valid } of macs) {
    it(`${id} (${source}) is ${valid ? 'reproduced' : 'not reproduced'}`, () => {
      const mac = toHex(hmacSm3(fromHex(inputs.key), fromHex(inputs.msg)))
      // Wycheproof cuts some tags short: the published part is what must match.
      expect(mac.slice(0, expected.length) === expected).toBe(valid)
    })
  }
})

describe('KDF, GB/T 32918.4 clause 5.4.3', () => {
  it('is SM3(z ‖ 1) ‖ SM3(z ‖ 2) ‖ …, cut to length', () => {
    const z = utf8('z')
    const blocks = concat(...[1, 2, 3].map((count) => sm3(concat(z, Uint8Array.of(0, 0, 0, count)))))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 96 }), (length) => {
        expect(sm3Kdf(z, length)).toEqual(blocks.slice(0, length))
      }),
    )
  })

  it('counts in four bytes: block 257 follows block 256', () => {
    const z = utf8('z')
    expect(sm3Kdf(z, 257 * 32).slice(256 * 32)).toEqual(sm3(concat(z, Uint8Array.of(0, 0, 1, 1))))
  })

  it.each([0, -1, 1.5, Number.NaN, 1024 * 1024 + 1])('refuses the length %d', (length) => {
    expect(() => sm3Kdf(utf8('z'), length)).toThrow(/^length must be a whole number from 1 to 1048576/)
  })
})

describe('arguments', () => {
  it('are named when they are not bytes', () => {
    const text: unknown = 'abc'
    expect(() => sm3(text as Uint8Array)).toThrow(new TypeError('bytes must be bytes, got string'))
    expect(() => hmacSm3(text as Uint8Array, utf8(''))).toThrow(
      new TypeError('key must be bytes, got string'),
    )
    expect(() => sm3Kdf(text as Uint8Array, 1)).toThrow(new TypeError('z must be bytes, got string'))
  })

  it('may be Buffers and views; the answer is a plain Uint8Array', () => {
    const buffer = Buffer.from('xabcx').subarray(1, 4)
    expect(sm3(buffer)).toEqual(sm3(utf8('abc')))
    expect(Object.getPrototypeOf(sm3(buffer))).toBe(Uint8Array.prototype)
  })
})
