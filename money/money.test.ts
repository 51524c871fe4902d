// Yuan and fen: what a person types becomes exact minor units or nothing (RFD-025).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { currencyOfNumeric, formatMajor, money, parseMajor, sum } from './money.ts'

test.each([
  ['19.90', 1990n],
  ['77.60', 7760n],
  ['1.68', 168n],
  ['0.1', 10n],
  ['0', 0n],
  ['12', 1200n],
])('%s yuan', (text, minor) => {
  expect(parseMajor(text, 'CNY')).toEqual(money(minor, 'CNY'))
})
test.each(['1.999', '01', '+1', '-1', '1e3', '1,00', '', '.5', 'NaN'])('%j is no amount', (text) => {
  expect(parseMajor(text, 'CNY')).toBeUndefined()
})
test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (minor) => {
      expect(parseMajor(formatMajor(money(minor, 'CNY')), 'CNY')?.minor).toBe(minor)
    }),
  )
})
test('a currency without minor units has no point', () => {
  expect(formatMajor(money(5n, 'JPY'))).toBe('5')
  expect(parseMajor('5.0', 'JPY')).toBeUndefined()
  expect(formatMajor(money(-5n, 'CNY'))).toBe('-0.05')
})
test('numbers of currencies, and sums', () => {
  expect(currencyOfNumeric('156')).toBe('CNY')
  expect(currencyOfNumeric('999')).toBeUndefined()
  expect(sum([1n, 2n, 3n])).toBe(6n)
})
