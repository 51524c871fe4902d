// Which numbers and which points belong to the curve.
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex } from './crypto.ts'
import { isPoint, isPrivateScalar, publicPoint } from './sm2-curve.ts'

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
