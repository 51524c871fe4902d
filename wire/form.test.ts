// The form itself: what parts a member from the next, which spellings are one value, what is signed; and where exactly a
// body stops being a form. Bad input is refused with its byte, and never throws.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../crypto/crypto.ts'
import { asMembers, canonical, type FormRead, readBody, readLine, writeBody, writeLine } from './form.ts'
import { encodeText } from './form-charset.ts'
import {
  readBlock,
  readRows,
  textFrom,
  textInBody,
  textInLine,
  writeBlock,
  writeRows,
} from './form-values.ts'

const texts = (read: FormRead): Record<string, string> | string =>
  'fault' in read
    ? `${read.fault.field} at ${read.fault.offset}`
    : Object.fromEntries([...read.form.members.values()].map(({ name, text }) => [name, text]))
const gbk = (text: string): string => Buffer.from(encodeText(text, 'GBK')).toString('hex')

describe('a body', () => {
  test.each([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=x+y%2Bz', { a: 'x y+z' }],
    ['sign=AbC%3D%3D&x=a=b', { sign: 'AbC==', x: 'a=b' }],
    ['a=', { a: '' }],
    ['name=%E5%9B%9B%E6%96%B9', { name: '四方' }],
    [`encoding=GBK&name=${gbk('四方').replace(/../g, '%$&')}`, { encoding: 'GBK', name: '四方' }],
  ])('%s', (body, members) => {
    expect(texts(readBody(utf8(body)))).toEqual(members)
  })

  test.each([
    ['a=1&b=%4', 'b at 6'],
    ['a=1&b=%zz', 'b at 6'],
    ['a=1&&b=2', '(message) at 4'],
    ['a=1&b=2&', '(message) at 8'],
    ['a=1&txnAmt', '(message) at 4'],
    ['=1', '(message) at 0'],
    ['a.b=1', '(message) at 0'],
    ['txnAmt=1&x=2&txnAmt=1', 'txnAmt at 13'],
    ['a=1&name=四方', '(message) at 9'],
    ['a=1&name=x y', '(message) at 10'],
    ['a=1&name=%E5%9B', 'name at 9'],
    ['encoding=latin1&a=1', 'encoding at 9'],
    ['encoding=GBK&a=%81', 'a at 15'],
    ['a=+x', 'a at 2'],
    ['a=x%20', 'a at 2'],
    ['a=%0A', 'a at 2'],
  ])('%s is refused: %s', (body, where) => {
    expect(texts(readBody(utf8(body)))).toBe(where)
  })

  test('four hundred members are too many', () => {
    const body = Array.from({ length: 400 }, (_, index) => `m${index}=1`).join('&')
    expect(texts(readBody(utf8(body)))).toBe('(message) at 0')
  })

  test('what is written is read back, whatever it says', () => {
    const value = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .filter((text) => !/^[\0-\x20]|[\0-\x20]$/.test(text))
    fc.assert(
      fc.property(
        fc.dictionary(
          fc
            .stringMatching(/^[A-Za-z0-9_]{1,9}$/)
            .filter((name) => name !== 'encoding' && name !== '__proto__'),
          value,
          { minKeys: 1 },
        ),
        (members) => {
          expect(texts(readBody(writeBody(Object.entries(members))))).toEqual({ ...members })
        },
      ),
    )
  })
})

describe('a line', () => {
  test.each([
    ['a=1&b=四方', { a: '1', b: '四方' }],
    ['reserved={x=1&y=2}&b=2', { reserved: '{x=1&y=2}', b: '2' }],
    ['list=[{"a":"1&2"}]&b=2', { list: '[{"a":"1&2"}]', b: '2' }],
    ['signature=Ab==&a=1', { signature: 'Ab==', a: '1' }],
    ['{a=1&b=2}', { a: '1', b: '2' }],
    ['a=100%&b=x+y', { a: '100%', b: 'x+y' }],
    [
      'signPubKeyCert=-----BEGIN-----\nAB\n-----END-----\n&b=2',
      { signPubKeyCert: '-----BEGIN-----\nAB\n-----END-----\n', b: '2' },
    ],
  ])('%s', (line, members) => {
    expect(texts(readLine(utf8(line)))).toEqual(members)
  })

  test('in GBK, with its offsets in bytes', () => {
    const line = encodeText('encoding=GBK&respMsg=成功&txnAmt=1&txnAmt=2', 'GBK')
    expect(texts(readLine(line))).toBe('txnAmt at 35')
    expect(texts(readLine(encodeText('encoding=GBK&respMsg=成功', 'GBK')))).toEqual({
      encoding: 'GBK',
      respMsg: '成功',
    })
  })

  test.each([
    ['a=1&reserved={x=1&b=2', 'reserved at 13'],
    ['a=成功&txnAmt=1&txnAmt=2', 'txnAmt at 18'],
    ['a=1&b', '(message) at 4'],
    ['', '(message) at 0'],
  ])('%s is refused: %s', (line, where) => {
    expect(texts(readLine(utf8(line)))).toBe(where)
  })

  test('bytes that are no UTF-8 are refused where they begin to be none', () => {
    expect(texts(readLine(Uint8Array.of(0x61, 0x3d, 0x31, 0xff, 0x32)))).toBe('(message) at 3')
  })

  test('free text survives it, with any sign and any edge', () => {
    const signs = fc.constantFrom(...Array.from(' \r\n\t&={}[]%"\'2560DBA5四é😀'))
    fc.assert(
      fc.property(fc.string({ unit: signs, maxLength: 30 }), (text) => {
        const read = texts(
          readLine(
            writeLine([
              ['a', textInLine(text)],
              ['b', '2'],
            ]),
          ),
        )
        expect(typeof read === 'string' ? read : textFrom(read['a'] ?? '')).toBe(text)
        expect(textFrom(textInBody(text))).toBe(text)
        const block = readBlock(
          `{${writeBlock([
            ['x', text],
            ['y', '1'],
          ])}}`,
        )
        expect(block === 'not a block' || 'twice' in block ? block : block.get('x')).toBe(text)
      }),
      { numRuns: 400 },
    )
  })
})

test('nothing that anybody can send makes it throw', () => {
  const signs = fc.constantFrom(...Buffer.from('a=&%+{}[]\n\x80\xff 0'))
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 40 }), (bytes) => {
      for (const read of [readBody, readLine]) expect(read(Uint8Array.from(bytes))).toBeTypeOf('object')
    }),
    { numRuns: 500 },
  )
})

test('what is signed: sorted by bytes, empty ones and the signature left out, values as they came', () => {
  const members = asMembers([
    ['b', '2'],
    ['signature', 'x'],
    ['a', ''],
    ['B', '四'],
    ['_c', ' 1 '],
    ['a1', '1&2=3'],
  ])
  expect(Buffer.from(canonical(members)).toString()).toBe('B=四&_c=1&a1=1&2=3&b=2')
})

test('blocks and lists: a name twice, bad base64, bad JSON', () => {
  expect(readBlock('{a=1&a=2}')).toEqual({ twice: 'a' })
  expect(readBlock('no block')).toBe('not a block')
  expect(readRows(writeRows([{ a: '1' }, { b: '2' }]))).toEqual([{ a: '1' }, { b: '2' }])
  for (const text of [
    '!',
    Buffer.from('{"a":"1"}').toString('base64'),
    Buffer.from('[{"a":1}]').toString('base64'),
    Buffer.from('[],"x":"1"').toString('base64'),
  ])
    expect(readRows(text), text).toBeUndefined()
})
