// The codec: what goes in comes out, and what cannot come out does not go in.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VALUES } from './contract.ts'
import type { Value } from './store.ts'
import { decodeValue, encodeValue } from './values.ts'

const name = fc.string().filter((text) => !text.startsWith('$') && text !== '__proto__')
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n))
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    double,
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(name, tie('value')),
  ),
}))

describe('values', () => {
  test('any value survives the way to text and back', () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(decodeValue(encodeValue(each))).toEqual(each)
      }),
    )
  })
  test.each(VALUES.map((each) => [each]))('%o survives', (each) => {
    expect(decodeValue(encodeValue(each))).toEqual(each)
  })
  test('encoding leaves the value as it is', () => {
    const each = { list: [1n, { bytes: new Uint8Array([1]) }], gone: undefined }
    expect(encodeValue(each)).toBe('{"list":[{"$n":"1"},{"bytes":{"$b":"AQ=="}}]}')
    expect(each).toEqual({ list: [1n, { bytes: new Uint8Array([1]) }], gone: undefined })
  })
  test('undefined members are dropped', () => {
    expect(encodeValue({ a: undefined, b: { c: undefined }, d: 1n })).toBe('{"b":{},"d":{"$n":"1"}}')
  })
  test.each([
    ['a member with $', { a: { $n: '1' } }, '$n'],
    ['a member __proto__', JSON.parse('{"__proto__":1}'), '__proto__'],
    ['NaN', [Number.NaN], 'NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['an integer that a double rounds', 2 ** 53, 'bigint'],
    ['undefined itself', undefined, 'undefined'],
    ['undefined in a list', [undefined], 'undefined'],
    ['a function', { a: () => 1 }, 'function'],
    ['a date', { a: new Date(0) }, 'plain records'],
    ['a map', new Map(), 'plain records'],
  ])('%s is refused', (_, each, word) => {
    expect(() => encodeValue(each as Value)).toThrow(word)
  })
})
