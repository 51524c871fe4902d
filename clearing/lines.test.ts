// Lines of files: whatever the pieces in which the bytes come, quotes, marks and ends of lines; fixed widths by bytes;
// trailers; and every fault at its place.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAmount, readDay, readText } from './lines-cells.ts'
import { lineReader } from './lines.ts'
import { type CellKind, type Cells, LineFault, type LineForm } from './lines-record.ts'
import { readZip, ZipFault } from './lines-zip.ts'

const CSV = {
  form: 'separated',
  separator: ',',
  header: false,
  encoding: 'utf-8',
} as const satisfies LineForm
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function read(form: LineForm, bytes: Uint8Array, chunk = bytes.length + 1): readonly (readonly string[])[] {
  const rows: string[][] = []
  const texts = (cells: Cells): string[] =>
    Array.from({ length: cells.count }, (_, cell) => readText(cells, cell, form.encoding))
  const reader = lineReader(form, {
    record: (cells) => void rows.push(texts(cells)),
    trailer: (cells) => void rows.push(['trailer', ...texts(cells).slice(0, 2)]),
  })
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk))
  reader.end()
  return rows
}

function faultOf(form: LineForm, text: string | Uint8Array): string {
  try {
    read(form, typeof text === 'string' ? bytesOf(text) : text)
  } catch (error) {
    if (error instanceof LineFault) return error.message
    throw error
  }
  return 'no fault'
}

describe('separated values', () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom('', '"', '""', 'a,b', 'a\r\nb', '\n', 'é中😀', '"x"'))
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((columns) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 6 }),
    )
  const plain = (text: string): boolean => !/[",\r\n]/.test(text)
  const written = (rows: readonly (readonly string[])[], end: string, last: string): string =>
    rows
      .map((row) => row.map((text) => (plain(text) ? text : `"${text.replaceAll('"', '""')}"`)).join(','))
      .join(end) + last

  test('are what was written, in whatever pieces they come (STL-013)', () => {
    fc.assert(
      fc.property(
        table,
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('', '\n', '\r\n', '\r\n\r\n'),
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        (rows, end, last, mark, chunk) => {
          const text = (mark ? '\u{feff}' : '') + written(rows, end, last)
          // A mark of order inside a text is not the file's.
          fc.pre(!rows.flat().some((one) => one.includes('\u{feff}')))
          expect(read(CSV, bytesOf(text), chunk)).toEqual(rows)
        },
      ),
      { numRuns: 400 },
    )
  })
  test('of GBK may have a separator as the second byte of a character', () => {
    // 亅 is 81 7C and 亄 is 81 7B; 7C is the bar.
    const bytes = Uint8Array.from([0x61, 0x7c, 0x81, 0x7c, 0x7c, 0x62, 0x0a])
    expect(read({ ...CSV, separator: '|', encoding: 'gbk' }, bytes)).toEqual([['a', '亅', 'b']])
    expect(read({ ...CSV, separator: '|', encoding: 'gbk' }, bytes, 1)).toEqual([['a', '亅', 'b']])
  })
  test.each([
    ['a,b\nc\n', '2:2: 2 columns expected, found 1'],
    ['a,b\nc,d,e\n', '2:4: 2 columns expected, found 3'],
    ['a,b\n\nc,d\n', '2:1: an empty line'],
    ['a,"b\nc,d\n', '1:3: a quote that is never closed'],
    ['a,"b"x\n', '1:6: behind a closing quote'],
    ['a,b\n"c\nd",e\nf\n', '4:2: 2 columns expected, found 1'],
    ['\u{fffe}a', 'no fault'],
  ])('%j is said to be wrong at its place: %s', (text, said) => {
    expect(faultOf(CSV, text)).toContain(said)
  })
  test('in UTF-16 or without end are refused', () => {
    expect(faultOf(CSV, Uint8Array.from([0xff, 0xfe, 0x61, 0]))).toContain('1:1: this is UTF-16')
    expect(faultOf(CSV, new Uint8Array(3 << 20).fill(97))).toMatch(/1:1: more than 1048576 bytes in one line/)
  })
})

describe('fixed widths', () => {
  const column = (name: string, from: number, length: number) => ({
    name,
    from,
    length,
    kind: 'text' as const,
    strip: false,
  })
  const form: LineForm = {
    form: 'fixed',
    encoding: 'gbk',
    length: 14,
    columns: [column('id', 1, 4), column('name', 5, 6), column('amount', 11, 4)],
  }
  // 张三丰 in GBK.
  const name = [0xd5, 0xc5, 0xc8, 0xfd, 0xb7, 0xe1]
  const line = (id: string, middle: readonly number[], amount: string): number[] => [
    ...Buffer.from(id),
    ...middle,
    ...Buffer.from(amount),
  ]
  test('are cut by bytes, then decoded (STL-012)', () => {
    const bytes = Uint8Array.from([
      ...line('0001', name, '0100'),
      13,
      10,
      ...line('0002', name, '0200'),
      13,
      10,
    ])
    for (const chunk of [1, 5, 100])
      expect(read(form, bytes, chunk)).toEqual([
        ['0001', '张三丰', '0100'],
        ['0002', '张三丰', '0200'],
      ])
  })
  test('of another length have another layout (STL-016)', () => {
    const bytes = Uint8Array.from([...line('0001', name, '0100'), 10, ...line('0002', name, '020'), 10])
    expect(faultOf(form, bytes)).toContain('2:14: 14 bytes expected, found 13')
  })
  test('that cut a character in two are refused at its column', () => {
    const bytes = Uint8Array.from([...line('0001', [0x20, ...name], '010'), 10])
    expect(faultOf(form, bytes)).toContain('1:5: these bytes are no GBK')
  })
})

describe('a trailer', () => {
  const form: LineForm = {
    ...CSV,
    trailer: { mark: 'END', count: { from: 2, length: 1 }, amount: { from: 3, length: 1 } },
  }
  test('is told apart', () => {
    expect(read(form, bytesOf('a,1\nEND,1,1,x\n'))).toEqual([
      ['a', '1'],
      ['trailer', '1', '1'],
    ])
  })
  test.each([
    ['a,1\n', '2:1: the file ends here without its trailer'],
    ['a,1\nEND,1,1\nb,2\n', '3:1: there is more behind the trailer of line 2'],
    ['a,1\nEND,1\n', '2:1: the trailer has 2 columns'],
  ])('%j: %s (STL-007)', (text, said) => {
    expect(faultOf(form, text)).toContain(said)
  })
})

function inCell<T>(text: string, act: (cells: Cells) => T): T | string {
  let found: T | string = 'no record'
  const reader = lineReader(CSV, {
    record: (cells) => {
      try {
        found = act(cells)
      } catch (error) {
        found = error instanceof LineFault ? error.message : String(error)
      }
    },
    trailer: () => undefined,
  })
  reader.push(bytesOf(`x,${text}\n`))
  reader.end()
  return found
}

describe('amounts', () => {
  const amountOf = (text: string, kind: CellKind, digits = 2): string =>
    String(
      inCell(text, (cells) => {
        const limbs = { high: 0, low: 0 }
        return readAmount(cells, 1, kind, digits, limbs)
          ? String(BigInt(limbs.high) * 1_000_000_000n + BigInt(limbs.low))
          : 'empty'
      }),
    )
  test('are exact up to eighteen digits', () => {
    const whole = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n })
    fc.assert(
      fc.property(whole, fc.nat(9), (amount, zeros) => {
        const digits = `${'0'.repeat(zeros)}${amount < 0n ? -amount : amount}`
        expect(amountOf(`${amount < 0n ? '-' : ''}${digits}`, 'minor')).toBe(String(amount))
        const padded = digits.padStart(3, '0')
        const major = `${amount < 0n ? '-' : ''}${padded.slice(0, -2)}.${padded.slice(-2)}`
        expect(amountOf(major, 'major')).toBe(String(amount))
      }),
    )
  })
  test.each<[string, CellKind, number, string]>([
    ['12.3', 'major', 2, '1230'],
    ['12', 'major', 2, '1200'],
    ['12', 'major', 0, '12'],
    ['D000000002861', 'debit', 2, '2861'],
    ['C000000002861', 'debit', 2, '-2861'],
    ['C000000473939', 'credit', 2, '473939'],
    ['   100', 'minor', 2, '100'],
    ['', 'minor', 2, 'empty'],
    ['-0', 'minor', 2, '0'],
  ])('%j as %s with %i digits is %s', (text, kind, digits, amount) => {
    expect(amountOf(text, kind, digits)).toBe(amount)
  })
  test.each<[string, CellKind, RegExp]>([
    ['12.34', 'minor', /^1:3: “12\.34” is no whole number of minor units.*--unit major/],
    ['1e3', 'minor', /^1:3: “1e3” is no whole/],
    ['1 000', 'minor', /is no whole/],
    ['0x10', 'minor', /is no whole/],
    ['--1', 'minor', /is no whole/],
    ['-', 'minor', /is no whole/],
    ['1234567890123456789', 'minor', /is no whole/],
    ['12.345', 'major', /^1:3: “12\.345” is no amount/],
    ['12.', 'major', /is no amount/],
    ['.5', 'major', /is no amount/],
    ['1.2.3', 'major', /is no amount/],
    ['12345678901234567', 'major', /is no amount/],
    ['100', 'debit', /is no signed amount/],
    ['D', 'debit', /is no signed amount/],
  ])('%j is no %s', (text, kind, said) => {
    expect(amountOf(text, kind)).toMatch(said)
  })
})

test.each([
  ['20260615', 20260615],
  ['2026-06-15', 20260615],
  ['2026/06/15', 20260615],
  ['20280229', 20280229],
  ['20260229', '1:3: “20260229” is no day'],
  ['20261301', 'is no day'],
  ['2026-06/15', 'is no day'],
  ['260615', 'is no day'],
  ['2026O615', 'is no day'],
])('%s is the day %s', (text, day) => {
  const found = inCell(text, (cells) => readDay(cells, 1))
  if (typeof day === 'number') expect(found).toBe(day)
  else expect(found).toContain(day)
})

describe('the list of a zip', () => {
  test.each([0, 10, 22, 100])('of %i zeros is damaged', (size) => {
    expect(() => readZip(new Uint8Array(size), size)).toThrow(ZipFault)
  })
  test('of any bytes is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), (bytes, at) => {
        const end = new Uint8Array(22)
        new DataView(end.buffer).setUint32(0, 0x06054b50, true)
        new DataView(end.buffer).setUint16(10, 1, true)
        new DataView(end.buffer).setUint32(16, at, true)
        const tail = Buffer.concat([bytes, end])
        try {
          readZip(tail, tail.length)
        } catch (error) {
          expect(error).toBeInstanceOf(ZipFault)
        }
      }),
    )
  })
})
