// What is refused of XML, each with its place; and what is written is read back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../crypto/crypto.ts'
import { type Element, readXml, XML_LIMITS } from './xml-read.ts'
import { writeElement, writeText } from './xml-write.ts'

const read = (text: string) => readXml(utf8(text), ['Itm'])
const fault = (text: string) => {
  const result = read(text)
  if ('root' in result) throw new Error('was read')
  return result.fault
}
const plain = ({ name, children, text }: Element): unknown =>
  children.length > 0 ? { [name]: children.map(plain) } : { [name]: text }

describe('what is read', () => {
  test('elements, text and the five entities, exactly', () => {
    const result = read(
      '<?xml version="1.0" encoding="utf-8"?>\n<r>\n <a> x &amp;&lt;&gt;&quot;&apos;&#20013; </a>\n <b></b></r>',
    )
    expect('root' in result && plain(result.root)).toEqual({ r: [{ a: ' x &<>"\'中 ' }, { b: '' }] })
  })
  test('where each element begins, in bytes', () => {
    const result = read('<r><a>中</a><b>1</b></r>')
    expect('root' in result && result.root.children.map(({ offset }) => offset)).toEqual([3, 13])
  })
  test('rows', () => {
    const result = read('<r><l><Itm><a>1</a></Itm><Itm><a>2</a></Itm></l></r>')
    expect('root' in result && plain(result.root)).toEqual({
      r: [{ l: [{ Itm: [{ a: '1' }] }, { Itm: [{ a: '2' }] }] }],
    })
  })
  test('whatever XML can carry comes back as it was written', () => {
    const unit = fc.oneof(
      fc.constantFrom('\t', '\n', '\r', '&', '<', '>', '"', "'", ']', ' ', '中', '😀'),
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
        .filter((one) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(one)),
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        const result = read(writeElement('r', writeText('a', text)))
        expect('root' in result && result.root.children[0]?.text).toBe(text)
      }),
    )
  })
  test('what XML cannot carry is not written', () => {
    for (const text of ['\u0000', '\u0001', '\u001f', '\ufffe', '\ud800'])
      expect(() => writeText('a', text)).toThrow(/XML 1.0/)
  })
})

describe('what is refused', () => {
  test.each([
    ['<!DOCTYPE r><r/>', 0, 'DOCTYPE'],
    ['<?xml version="1.0"?><!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', 21, 'DOCTYPE'],
    ['<r>&xxe;</r>', 8, 'entity'],
    ['<r><a>1</a><a>2</a></r>', 11, 'comes twice'],
    ['<r a="1" a="2"/>', 16, 'duplicate attribute'],
    ['<r>text<a>1</a></r>', 7, 'mixes'],
    ['<r><a>1</a>text</r>', 0, 'mixes'],
    ['<r><!-- x --></r>', 3, 'comment'],
    ['<r><![CDATA[x]]></r>', 3, 'CDATA'],
    ['<r><?x y?></r>', 3, 'processing instruction'],
    ['<?xml version="1.0" encoding="GBK"?><r/>', 0, 'encoding GBK'],
    ['<?xml version="1.1"?><r/>', 0, 'declaration'],
    ['\ufeff<r/>', 0, 'byte-order'],
    ['<r><a></r>', 10, 'well-formed'],
    ['<r/><r/>', 7, 'well-formed'],
    ['', 0, 'well-formed'],
    ['<r>', 3, 'well-formed'],
    ['<r>&#0;</r>', 7, 'well-formed'],
    [`${'<a>'.repeat(9)}${'</a>'.repeat(9)}`, 24, 'deep'],
    ['<r a="1" b="2" c="3" d="4" e="5"/>', 0, 'attributes'],
  ])('%s', (text, offset, because) => {
    const { offset: at, rule } = fault(text)
    expect(rule.en).toContain(because)
    expect(rule.zh).not.toBe('')
    expect(at).toBe(offset)
  })
  test('line, column and path', () => {
    expect(fault('<r>\n <a>中<b>1</b></a></r>')).toMatchObject({
      line: 2,
      column: 6,
      offset: 11,
      path: 'r/a',
    })
  })
  test('bytes that are not UTF-8, by their offset', () => {
    expect(readXml(Uint8Array.from([0x3c, 0x72, 0x3e, 0xff]))).toMatchObject({ fault: { offset: 3 } })
  })
  test('too long, too many elements, too many references', () => {
    expect(fault(`<r>${' '.repeat(XML_LIMITS.bytesMax)}</r>`).rule.en).toContain('bytes')
    expect(fault(`<r>${'<Itm/>'.repeat(XML_LIMITS.elementsMax)}</r>`).rule.en).toContain('elements')
    expect(fault(`<r>${'&amp;'.repeat(XML_LIMITS.referencesMax + 1)}</r>`).rule.en).toContain('references')
  })
  test('never throws, whatever the bytes are', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void readXml(bytes)))
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '&',
      ';',
      '#',
      'x',
      '"',
      '=',
      ' ',
      '!',
      '?',
      '[',
      ']',
      'DOCTYPE',
      '中',
      '\0',
    )
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 40 }), (text) => void readXml(utf8(text))),
      { numRuns: 500 },
    )
  })
})
