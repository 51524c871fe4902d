// Hex, base64 and UTF-8 are strict: one text for one sequence of bytes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, equalBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './crypto.ts'

const bytes = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 80 })
// Any code points but surrogates; fast-check's own table of all characters takes a second to build.
const text = (): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 0x10ffff }).filter((point) => point >> 11 !== 27))
    .map((points) => String.fromCodePoint(...points))

const unknownText = (value: unknown): string => value as string
const unknownBytes = (value: unknown): Uint8Array => value as Uint8Array

describe('hex', () => {
  it('returns what it was given, in lower case', () => {
    const returns = (b: Uint8Array): void => {
      expect(fromHex(toHex(b))).toEqual(b)
      expect(fromHex(toHex(b).toUpperCase())).toEqual(b)
      expect(toHex(b)).toMatch(/^([0-9a-f]{2})*$/)
    }
    fc.assert(fc.property(bytes(), (b) => void returns(b)))
  })

  it('says what is wrong, and never the text', () => {
    expect(() => fromHex('abc')).toThrow(new TypeError('text must have an even number of hex digits, got 3'))
    expect(() => fromHex('ab0g')).toThrow(new TypeError('text must be hexadecimal, character 4 is not'))
    expect(() => fromHex(' ab0')).toThrow(new TypeError('text must be hexadecimal, character 1 is not'))
    expect(() => fromHex('0x12')).toThrow(new TypeError('text must be hexadecimal, character 2 is not'))
    expect(() => fromHex(unknownText(12))).toThrow(new TypeError('text must be a string, got number'))
    expect(() => toHex(unknownBytes([1]))).toThrow(new TypeError('b must be bytes, got an array'))
  })
})

describe('base64', () => {
  it('returns what it was given', () => {
    fc.assert(fc.property(bytes(), (b) => void expect(fromBase64(toBase64(b))).toEqual(b)))
  })

  const refused = {
    'no padding': 'QQ',
    'half the padding': 'QQ=',
    'too much padding': 'QQ===',
    'bits left over': 'QR==',
    'a line break': 'QUJD\nREVG',
    'a space': 'QUJD REVG',
    'the URL alphabet': '-_-_',
    'padding in the middle': 'QQ==QQ==',
    'a stranger': 'QU*D',
    'a character that looks the same': 'ＱUJD',
    'one digit': 'Q',
  }
  for (const [what, text] of Object.entries(refused)) {
    it(`with ${what} is refused`, () => expect(fromBase64(text)).toBeUndefined())
  }

  it('reads the empty text as no bytes, and names what is no text', () => {
    expect(fromBase64('')).toEqual(new Uint8Array(0))
    expect(() => fromBase64(unknownText(undefined))).toThrow('text must be a string, got undefined')
    expect(() => toBase64(unknownBytes(null))).toThrow('b must be bytes, got null')
  })
})

describe('utf8', () => {
  it('agrees with Node', () => {
    const agrees = (text: string): void => expect(toHex(utf8(text))).toBe(Buffer.from(text).toString('hex'))
    fc.assert(fc.property(text(), (text) => void agrees(text)))
  })

  it('refuses a lone surrogate, which would be signed as another text', () => {
    expect(() => utf8('a\ud800')).toThrow('text must be well-formed Unicode, it holds a lone surrogate')
    expect(() => utf8(unknownText(1))).toThrow('text must be a string, got number')
  })
})

describe('concat and equalBytes', () => {
  it('concat puts parts in order and copies them', () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    const whole = concat(a, new Uint8Array(0), b)
    a[0] = 9
    expect(whole).toEqual(Uint8Array.of(1, 2, 3))
    expect(concat()).toEqual(new Uint8Array(0))
    expect(() => concat(a, unknownBytes('b'))).toThrow('parts[1] must be bytes, got string')
  })

  it('equalBytes compares content and length', () => {
    const compares = (a: Uint8Array, b: Uint8Array): void =>
      expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b))
    fc.assert(fc.property(bytes(), bytes(), (a, b) => void compares(a, b)))
    fc.assert(fc.property(bytes(), (a) => void expect(equalBytes(a, Uint8Array.from(a))).toBe(true)))
    expect(() => equalBytes(unknownBytes('a'), new Uint8Array(1))).toThrow('a must be bytes, got string')
    expect(() => equalBytes(new Uint8Array(1), unknownBytes('b'))).toThrow('b must be bytes, got string')
  })
})
