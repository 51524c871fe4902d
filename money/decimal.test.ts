// Exact decimals: read strictly, multiplied without loss, rounded once and a half up (XBR-009, XBR-016).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { divideHalfUp, multiplyHalfUp, parseCurrency, parseDecimal } from './money.ts'

const decimal = (text: string) => {
  const read = parseDecimal(text)
  if (read === undefined) throw new Error(`${text} is no decimal`)
  return read
}

test.each(['', '.5', '5.', '01', '-1', '+1', '1e3', '1,0', 'NaN', '٣', `0.${'1'.repeat(30)}`])(
  '%j is no decimal',
  (text) => expect(parseDecimal(text)).toBeUndefined(),
)
test.each([
  // 1.005 × 100 is 100.49999999999999 as a binary fraction.
  [100n, '1.005', 0, 101n],
  [1n, '0.5', 0, 1n],
  [3n, '0.5', 0, 2n],
  [5n, '0.5', 0, 3n],
  [1n, '0.4999999999999999999', 0, 0n],
  [1_000_000_000n, '0.123456789', 0, 123_456_789n],
  [1_000_000_000n, '7.12345678951', 0, 7_123_456_790n],
  [7n, '3', 3, 21_000n],
])('%s × %s shifted by %s is %s', (amount, factor, shift, product) => {
  expect(multiplyHalfUp(amount, decimal(factor), shift)).toBe(product)
})
test('the product is the whole number nearest to the exact one, a half up', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 15n })
  const units = fc.bigInt({ min: 0n, max: 10n ** 12n })
  fc.assert(
    fc.property(amount, units, fc.integer({ min: 0, max: 12 }), (minor, whole, places) => {
      const product = multiplyHalfUp(minor, { units: whole, places })
      const twice = 2n * (minor * whole - product * 10n ** BigInt(places))
      expect(twice >= -(10n ** BigInt(places)) && twice < 10n ** BigInt(places)).toBe(true)
    }),
  )
})
test('a sign is refused, for a half below zero has no side', () => {
  expect(() => divideHalfUp(-1n, 2n)).toThrow('no rounding')
  expect(() => multiplyHalfUp(-1n, decimal('2'))).toThrow('no rounding')
})
test('156 and CNY are one currency, and nothing else is (XBR-014)', () => {
  expect(parseCurrency('156')).toBe('CNY')
  expect(parseCurrency('CNY')).toBe('CNY')
  for (const text of ['cny', '', ' ', 'Cny', 'CNY ', '0156', '999', 'toString'])
    expect(parseCurrency(text)).toBeUndefined()
})
