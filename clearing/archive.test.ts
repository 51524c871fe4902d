// Archives: what goes in comes out, by name; nothing unfolds to more than was allowed, and none points outside.
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../crypto/crypto.ts'
import { ARCHIVE_LIMITS, downloadText, readDownload, unzip, zip } from './archive.ts'
import { isFault } from './file-fault.ts'
import type { ZipFile } from './file-zm-set.ts'

const DAY = '20260615'
const LIMITS = { membersMax: 4, bytesMax: 100_000 }
const file = (name: string, text: string): ZipFile => ({ name, bytes: utf8(text) })

function fault(read: object): string {
  return isFault(read) ? `${read.rule} ${read.file}: ${read.said.en}` : 'no fault'
}

describe('an archive', () => {
  test('holds its members by their names, in their order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(
            fc.string({ unit: fc.constantFrom('A', 'Z', '0', '_', '汇', '总'), minLength: 1, maxLength: 20 }),
            fc.uint8Array({ maxLength: 2000 }),
          ),
          { maxLength: 5, selector: ([name]) => name },
        ),
        (members) => {
          const files = members.map(([name, bytes]) => ({ name, bytes }))
          expect(unzip('x.zip', zip(files, DAY))).toEqual(files)
          expect(readDownload('x.zip', downloadText(zip(files, DAY)))).toEqual(zip(files, DAY))
        },
      ),
    )
  })

  test('is the same for the same files, dated by its day', () => {
    const one = zip([file('a', 'x')], DAY)
    expect(zip([file('a', 'x')], DAY)).toEqual(one)
    const view = new DataView(one.buffer)
    const date = view.getUint16(12, true)
    expect([(date >> 9) + 1980, (date >> 5) & 15, date & 31]).toEqual([2026, 6, 15])
  })

  test.each(['../etc/passwd', '/etc/passwd', 'a/../../b', '..\\b', 'C:\\b', 'C:b', '..'])(
    'is refused for a member %j (STL-017)',
    (name) => {
      expect(fault(unzip('x.zip', zip([file('good', '1'), file(name, '2')], DAY)))).toContain(
        `archive x.zip: the archive has a member “${name}”, whose name points outside`,
      )
    },
  )

  test('is refused when it would unfold to more than is allowed, or has too many members (STL-017)', () => {
    const noughts = { name: 'bomb', bytes: new Uint8Array(60_000) }
    expect(unzip('x.zip', zip([noughts], DAY), LIMITS)).toHaveLength(1)
    const two = zip([noughts, { ...noughts, name: 'bomb 2' }], DAY)
    expect(two.length).toBeLessThan(1000)
    expect(fault(unzip('x.zip', two, LIMITS))).toContain('would unfold to more than 100000 bytes')
    const many = Array.from({ length: 5 }, (_, index) => file(`m${index}`, ''))
    expect(fault(unzip('x.zip', zip(many, DAY), LIMITS))).toContain('has 5 members, at most 4')
    expect(fault(unzip('x.zip', zip([file('a', '1'), file('a', '2')], DAY)))).toContain('has “a” twice')
  })

  test('is refused when a member says that it is smaller than it is: it never unfolds further', () => {
    const bytes = zip([{ name: 'bomb', bytes: new Uint8Array(50_000_000) }], DAY)
    const view = new DataView(bytes.buffer)
    const list = view.getUint32(bytes.length - 6, true)
    view.setUint32(list + 24, 10, true)
    view.setUint32(list + 16, crc32(new Uint8Array(10)), true)
    const before = process.memoryUsage().arrayBuffers
    expect(fault(unzip('x.zip', bytes, LIMITS))).toContain(
      '“bomb” is damaged, or does not unfold to the size',
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  test('is refused when members share their bytes and together are too many', () => {
    // Each of the five in the list points at the one member.
    const bytes = zip([{ name: 'a', bytes: new Uint8Array(60_000) }], DAY)
    const view = new DataView(bytes.buffer)
    const list = view.getUint32(bytes.length - 6, true)
    const entry = bytes.subarray(list, bytes.length - 22)
    const named = ['a', 'b'].map((name) => {
      const one = entry.slice()
      one[46] = name.charCodeAt(0)
      return one
    })
    const end = bytes.slice(bytes.length - 22)
    const ends = new DataView(end.buffer)
    ends.setUint16(8, 2, true)
    ends.setUint16(10, 2, true)
    ends.setUint32(12, entry.length * 2, true)
    const overlapping = Uint8Array.from([
      ...bytes.subarray(0, list),
      ...named.flatMap((one) => [...one]),
      ...end,
    ])
    expect(fault(unzip('x.zip', overlapping, LIMITS))).toContain('would unfold to more than')
    expect(unzip('x.zip', overlapping, { ...LIMITS, bytesMax: 120_000 })).toHaveLength(2)
  })

  test('is refused when any byte of a member differs, and at any end but its own', () => {
    const bytes = zip([file('a', 'one line\n'.repeat(20))], DAY)
    const packed = deflateRawSync(utf8('one line\n'.repeat(20))).length
    for (let index = 31; index < 31 + packed; index += 1) {
      const altered = bytes.slice()
      altered[index] = (altered[index] ?? 0) ^ 0x10
      expect(fault(unzip('x.zip', altered))).toMatch(/^archive x.zip/)
    }
    for (let end = 0; end < bytes.length; end += 1)
      expect(fault(unzip('x.zip', bytes.subarray(0, end)))).toMatch(/^archive x.zip/)
  })
})

describe('a download', () => {
  test('is refused when it is no base64, no deflate, or would be too large (STL-017)', () => {
    const text = downloadText(zip([file('a', '1')], DAY))
    expect(fault(readDownload('x.zip', `${text.slice(0, 10)} ${text.slice(10)}`))).toContain('is no base64')
    expect(fault(readDownload('x.zip', text.slice(0, 20)))).toContain('“x.zip” is damaged')
    const bomb = toBase64(new Uint8Array(deflateSync(new Uint8Array(5_000_000))))
    expect(fault(readDownload('x.zip', bomb, LIMITS))).toContain('would unfold to more than 100000 bytes')
    expect(fault(readDownload('x.zip', bomb, ARCHIVE_LIMITS))).toBe('no fault')
  })
})
