// Fields, domain bytes and the strict reader: what is written is read back, and what is not exactly right is refused
// with its field and its byte offset.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../crypto/crypto.ts'
import { readJson } from './json.ts'
import { example, MESSAGE_TYPES } from './testing.ts'
import { contentDigest, decode, encode, maskFields, maskText, MESSAGES } from './wire.ts'

describe('domain bytes', () => {
  test.each(MESSAGE_TYPES)('%s is read back as it was written', (type) => {
    expect(decode(type, encode(type, example(type)))).toEqual({ message: { type, fields: example(type) } })
  })

  test('member order and white space do not change the content; a field does', () => {
    const fields = example('debit')
    const text = JSON.parse(Buffer.from(encode('debit', fields)).toString()) as Record<string, string>
    const shuffled = utf8(
      `{ ${Object.entries(text)
        .reverse()
        .map(([name, value]) => `${JSON.stringify(name)} : ${JSON.stringify(value)}`)
        .join(' ,\n')} }`,
    )
    const read = decode('debit', shuffled)
    if ('fault' in read) throw new Error('not read')
    expect(contentDigest('debit', read.message.fields)).toBe(contentDigest('debit', fields))
    expect(contentDigest('debit', { ...fields, amount: 1001n })).not.toBe(contentDigest('debit', fields))
  })

  test('a text with any printable sign survives', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => !text.includes('\0')),
        (memo) => {
          const read = decode('purchase', encode('purchase', { ...example('purchase'), memo }))
          expect('message' in read && read.message.fields.memo).toBe(memo)
        },
      ),
    )
  })

  test.each(['9223372036854775808', '1e3', '01', '+1', '1.0', '1 ', 'NaN', '', '-1', '0', '１２'])(
    'amount %j is refused',
    (text) => {
      const bytes = utf8(
        Buffer.from(encode('debit', example('debit')))
          .toString()
          .replace('"txnAmt":"1000"', `"txnAmt":${JSON.stringify(text)}`),
      )
      expect(decode('debit', bytes)).toMatchObject({ fault: { field: 'txnAmt' } })
    },
  )
})

describe('strict reader', () => {
  test.each([
    ['{"a":"1","a":"2"}', 9, 'a'],
    ['{"a":1}', 5, 'a'],
    ['{"a":null}', 5, 'a'],
    ['{"a":"1"} x', 10, ''],
    ['{"a":"1",}', 9, ''],
    ['["a"]', 0, ''],
    ['{"a":"1"', 8, ''],
    ['{"a":"\\ud800"}', 5, 'a'],
    ['\ufeff{"a":"1"}', 0, ''],
    ['{"a":[{"b":[{"c":[{}]}]}]}', 18, 'a[0].b[0].c[0]'],
  ])('%s', (text, offset, path) => {
    expect(readJson(utf8(text.replaceAll('\\ud800', '\\ud800')))).toMatchObject({ misread: { offset, path } })
  })

  test('bytes that are not UTF-8 are named by their offset', () => {
    expect(readJson(Uint8Array.from([0x7b, 0x22, 0xff]))).toMatchObject({ misread: { offset: 2 } })
  })

  test('never throws, and reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => void readJson(Buffer.from(text))),
    )
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 8 }).filter((name) => name !== '__proto__'),
          fc.string({ unit: 'grapheme', maxLength: 20 }),
        ),
        (object) => {
          expect(readJson(utf8(JSON.stringify(object)))).toEqual({ tree: object })
        },
      ),
    )
  })
})

describe('masking follows from the tables', () => {
  test('a masked value shows its ends only when it is long enough to hide something', () => {
    expect(maskText('6220123456789012345')).toBe('6220***********2345')
    expect(maskText('62201234567')).toBe('********')
  })
  test('no masked field of any message is shown whole', () => {
    for (const type of MESSAGE_TYPES) {
      const shown = maskFields(type, example(type))
      for (const { name, secrecy } of MESSAGES[type]) {
        if (secrecy !== 'public')
          expect(shown[name], `${type}.${name}`).not.toBe(
            String((example(type) as Record<string, unknown>)[name]),
          )
      }
    }
  })
})
