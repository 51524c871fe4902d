// The points that are remembered: each checked once, so many and no more, the least recently used one forgotten.
import { describe, expect, it } from 'vitest'
import { concat, fromHex, sm3, toHex, utf8 } from './crypto.ts'
import { isPoint, isPrivateScalar, knownPoint, pointCache, publicPoint } from './sm2-curve.ts'

const [a, b, c] = ['a', 'b', 'c'].map((name) => publicPoint(sm3(utf8(name))))

describe('remembered points', () => {
  it('are prepared once, and again only after they made room', () => {
    if (a === undefined || b === undefined || c === undefined)
      return expect.unreachable('three keys were made')
    const prepared: string[] = []
    const point = knownPoint('a', a)
    const cache = pointCache(2, (hex) => {
      prepared.push(hex)
      return point
    })
    for (const key of [a, b, a, b, a, c, a, c, b]) cache('key', key)
    // c pushed b out, which had not been asked for since a; then b came back.
    expect(prepared).toEqual([a, b, c, b].map((key) => toHex(key)))
  })

  it('are the point itself', () => {
    const key = publicPoint(sm3(utf8('a')))
    expect(knownPoint('key', key).toHex(false)).toBe(toHex(key))
    expect(knownPoint('key', key)).toBe(knownPoint('key', Uint8Array.from(key)))
  })

  it('are never prepared when they are off the curve, and the key is named', () => {
    const cache = pointCache(2, () => expect.unreachable('not a point'))
    const off = concat(Uint8Array.of(4), new Uint8Array(64))
    expect(() => cache('their key', off)).toThrow(
      'their key must be a point of the curve sm2p256v1, it is not',
    )
    expect(() => cache('their key', off.slice(1))).toThrow('their key must be 65 bytes, got 64')
  })
})

describe('the curve', () => {
  it('has its base point and the multiples of it, in uncompressed form only', () => {
    const base = publicPoint(fromHex('01'.padStart(64, '0')))
    expect(toHex(base.slice(1, 5))).toBe('32c4ae2c')
    expect(isPoint(base)).toBe(true)
    expect(isPoint(concat(Uint8Array.of(2), base.slice(1)))).toBe(false)
    expect(isPoint(base.slice(0, 33))).toBe(false)
    expect(isPoint(Uint8Array.of(0))).toBe(false)
  })

  it('has private keys from 1 to n - 2', () => {
    const last = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d541'
    const verdicts = [
      '00'.repeat(32),
      '01'.padStart(64, '0'),
      `${last}21`,
      `${last}22`,
      `${last}23`,
      'ff'.repeat(32),
    ]
    expect(verdicts.map((hex) => isPrivateScalar(fromHex(hex)))).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
