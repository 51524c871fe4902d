// The house's own file of a day: all that an item has, signed, and refused whole when anything about it is wrong.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sign, sm3Hex, utf8 } from '../crypto/crypto.ts'
import { clearingItems, settledToo } from './file-arbitraries.ts'
import { dayFileName, readDayFile, writeDayFile } from './file-day.ts'
import { type FileFault, isFault } from './file-fault.ts'
import type { FileRead } from './file-lines.ts'
import * as given from './file-testing.ts'
import {
  CERTIFICATE,
  DAY,
  faultOf as fault,
  goodOf as good,
  OTHER_KEY,
  signing,
  TO,
  verifying,
} from './file-testing.ts'
import { escaped, sealedText, type Signing, unescaped } from './file-text.ts'
import type { ClearingItem } from './item.ts'

const HEAD = { from: '00010000', to: TO, day: DAY, sequence: 7, version: 1 }
const WANTED = { to: TO, day: DAY }
const SALE: ClearingItem = {
  ...given.SALE,
  shares: [
    { to: '收单', amount: 2002n },
    { to: '平台|一', amount: 859n },
  ],
  legs: [
    { source: 'BALANCE', amount: 400000n },
    { source: 'COUPON', sponsor: '00010000', amount: 76800n },
  ],
}
const REFUND: ClearingItem = {
  ...given.REFUND,
  order: SALE.order,
  fee: 0n,
  ...(SALE.legs && { legs: SALE.legs }),
}
const FILE = dayFileName(TO, DAY, 1)
const text = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)

const day = (...items: readonly ClearingItem[]): Promise<Uint8Array> => writeDayFile(HEAD, items, signing)
const read = (bytes: Uint8Array): Promise<FileRead | FileFault> => readDayFile(FILE, bytes, WANTED, verifying)
const itemsOf = ({ items }: FileRead): readonly ClearingItem[] => items.map(({ item }) => item)

/** Lines edited, and sealed again by the switch itself: only their sense is wrong. */
async function resealed(
  bytes: Uint8Array,
  edit: (text: string) => string,
  count?: number,
): Promise<Uint8Array> {
  const lines = text(bytes).trimEnd().split('\n')
  const told = Number(lines.at(-1)?.split('|')[1])
  return sealedText(edit(lines.slice(0, -1).join('\n')).split('\n'), count ?? told, signing)
}

describe('the file of a day', () => {
  test('can be read by hand', async () => {
    const lines = text(await day(SALE, REFUND)).split('\n')
    expect(lines.slice(0, -2)).toEqual([
      'H|SIFANG-DAY|1|00010000|62250000|20260615|7|1',
      'D|20260615409230000001|purchase|20260615|48270000|62250000|777290058110048|ORDER00000001|20260615112200||476800|156|2861|收单:2002;平台%7C一:859|BALANCE::400000;COUPON:00010000:76800|||',
      'D|20260615500000000002|refund|20260615|48270000|62250000|777290058110048|ORDER00000001|20260615112200|20260301409230000009|10000|156|0||BALANCE::400000;COUPON:00010000:76800|||',
      'T|purchase|156|1|476800|2861',
      'T|refund|156|1|10000|0',
    ])
    expect(lines.at(-2)).toMatch(/^Z\|2\|[0-9a-f]{64}\|switch-2026\|[A-Za-z0-9+/]+=*$/)
  })

  test('is read as it was written, whatever the items', async () => {
    await fc.assert(
      fc.asyncProperty(
        clearingItems.chain((drawn) => settledToo(drawn.items).map((items) => ({ ...drawn, items }))),
        async ({ items, day: of }) => {
          const bytes = await writeDayFile({ ...HEAD, day: of }, items, signing)
          const got = await good(readDayFile(FILE, bytes, { to: TO, day: of }, verifying))
          expect(itemsOf(got)).toEqual(items)
          expect(got.head).toEqual({ ...HEAD, day: of, session: '0001' })
          expect(got.duplicates).toEqual([])
        },
      ),
      { numRuns: 100 },
    )
  })

  test('escapes what would break a line, in one way only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        expect(unescaped(escaped(any))).toBe(any)
        expect(escaped(any)).not.toMatch(/[|:;\r\n]/)
      }),
    )
    expect(['%41', '%', '%7c', '%E9', 'a|b'].map(unescaped)).toEqual(Array.from({ length: 5 }))
  })

  test('of a day without traffic is whole and empty (STL-014)', async () => {
    expect(await good(read(await day()))).toMatchObject({ items: [], head: { sequence: 7, version: 1 } })
  })

  test('reads the same with a byte-order mark, CR LF and blank lines at the end (STL-013)', async () => {
    const bytes = await day(SALE, REFUND)
    const clean = await good(read(bytes))
    for (const change of [
      `\u{feff}${text(bytes)}`,
      text(bytes).replaceAll('\n', '\r\n'),
      `${text(bytes)}\r\n\n`,
      text(bytes).trimEnd(),
    ])
      expect(await good(read(utf8(change)))).toEqual(clean)
  })

  test('keeps the first of two lines with one id (STL-008), and two that differ in it (STL-009)', async () => {
    const got = await good(read(await day(SALE, { ...SALE, transaction: '20260615409230000002' }, SALE)))
    expect(got.items.map(({ line }) => line)).toEqual([2, 3])
    expect(got.duplicates).toEqual([{ flag: 'DUP_SW', transaction: SALE.transaction, line: 4, first: 2 }])
  })

  test('is refused at any end but its own (STL-007)', async () => {
    const bytes = await day(SALE, REFUND)
    const whole = text(bytes).trimEnd().length
    for (let end = 0; end < whole; end += 7)
      expect(await fault(read(utf8(text(bytes).slice(0, end))))).toMatch(/^(trailer|signature) /)
    const lines = text(bytes).split('\n')
    expect(await fault(read(utf8(`${lines.slice(0, 5).join('\n')}\n`)))).toMatch(
      /^trailer 5:1: the last line is no whole trailer/,
    )
  })

  test('is refused when any byte differs, before a line is parsed (STL-025)', async () => {
    const bytes = await day(SALE, REFUND)
    for (let index = 0; index < bytes.length; index += 1) {
      const altered = bytes.slice()
      altered[index] = (altered[index] ?? 0) ^ 0x40
      expect(await fault(read(altered))).toMatch(/^(digest|signature|trailer|encoding) /)
    }
  })

  test('is refused with the signature of another, and with a right digest over other lines', async () => {
    const other: Signing = async (bytes) => ({
      certificate: CERTIFICATE,
      signature: await sign(OTHER_KEY, bytes),
    })
    expect(await fault(read(await writeDayFile(HEAD, [SALE], other)))).toMatch(
      /^signature 4:\d+: the signature of certificate switch-2026 does not hold/,
    )
    const named: Signing = async (bytes) => ({ ...(await signing(bytes)), certificate: 'somebody' })
    expect(await fault(read(await writeDayFile(HEAD, [SALE], named)))).toMatch(/^signature /)
  })

  test.each<readonly [string, (text: string) => string, string]>([
    [
      'another layout',
      (all) => all.replace('DAY|1|', 'DAY|2|'),
      'layout 1:14: the first line should begin with H|SIFANG-DAY|1|',
    ],
    ['another kind of file', (all) => all.replace('SIFANG-DAY', 'SIFANG-NET'), 'layout 1:3: '],
    ['one more field in its header', (all) => all.replace('|7|1\n', '|7|1|x\n'), 'layout 1:47: '],
    [
      'another receiver',
      (all) => all.replace('00010000|62250000', '00010000|62250001'),
      'addressee 1:25: the file is for 62250001',
    ],
    [
      'another day',
      (all) => all.replaceAll('|20260615|', '|20260614|'),
      'day 1:34: the file is of 20260614, asked for was 20260615',
    ],
    [
      'a line of another day',
      (all) => all.replace('refund|20260615', 'refund|20260614'),
      'day 3:1: this line is of 20260614 in a file of 20260615',
    ],
    [
      'a record that nobody knows',
      (all) => all.replace('D|20260615500', 'X|20260615500'),
      'layout 3:1: a record type that is not known, “X”',
    ],
    ['a column too many', (all) => all.replace('|||\nD', '||||\nD'), 'layout 2:'],
    [
      'a number with a sign',
      (all) => all.replace('|476800|', '|-476800|'),
      'field 2:106: amount (amount) should be whole minor units above zero, at most 18 digits, found “-476800”',
    ],
    ['an amount of zero', (all) => all.replace('|10000|', '|0|'), 'field 3:124: amount'],
    [
      'a kind that nobody knows',
      (all) => all.replace('|refund|2', '|rebate|2'),
      'field 3:24: kind (kind) should be one of purchase',
    ],
    [
      'a time that is none',
      (all) => all.replace('20260615112200', '20260615112260'),
      'field 2:90: orderTime',
    ],
    [
      'shares that are not the fee',
      (all) => all.replace('%7C一:859', '%7C一:858'),
      'field 2:122: shares (shares of the fee)',
    ],
    [
      'a total that is missing',
      (all) => all.replace(/\nT\|refund.*/, ''),
      'totals 5:1: the lines come to “T|refund|156|1|10000|0”, the file says “(no more)”',
    ],
    [
      'a total that is off by one',
      (all) => all.replace('T|refund|156|1|10000', 'T|refund|156|1|10001'),
      'totals 5:1: ',
    ],
    [
      'a total of what is not there',
      (all) => `${all}\nT|void|156|1|1|0`,
      'totals 6:1: the lines come to “(no more)”',
    ],
    [
      'an item behind the totals',
      (all) => all.replace(/(\nD.*)((?:\nT.*)+)$/, '$2$1'),
      'layout 5:1: there may be no other record behind the totals',
    ],
    [
      'an empty line within',
      (all) => all.replace('\nT', '\n\nT'),
      'layout 4:1: a record type that is not known, “”',
    ],
  ])('is refused for %s, by line and column (STL-006, STL-016)', async (_, edit, said) => {
    expect(await fault(read(await resealed(await day(SALE, REFUND), edit)))).toContain(said)
  })

  test('is refused when the trailer counts otherwise, and for bytes cut inside a character', async () => {
    const bytes = await day(SALE, REFUND)
    expect(await fault(read(await resealed(bytes, (all) => all, 3)))).toContain(
      'totals 6:3: the trailer counts 3, the lines are 2',
    )
    // 收 is three bytes at column 122; two of them are left, and the seal is made over what is left.
    const cut = sealedBytes(bytes)
    expect(await fault(read(await cut))).toMatch(/^encoding 2:12[234]: these bytes are no UTF-8/)
  })

  /** The trailer of the cut file is the switch's own: what is left is what was signed. */
  async function sealedBytes(bytes: Uint8Array): Promise<Uint8Array> {
    const at = Buffer.from(bytes).indexOf('收')
    const body = Buffer.concat([bytes.subarray(0, at + 2), bytes.subarray(at + 3)])
    const end = body.lastIndexOf('\nZ|') + 1
    const lines = body.subarray(0, end)
    const seal = Buffer.concat([lines, Buffer.from(`Z|2|${sm3Hex(lines)}|`)])
    const { certificate, signature } = await signing(seal)
    return Buffer.concat([seal, Buffer.from(`${certificate}|${Buffer.from(signature).toString('base64')}\n`)])
  }

  test('says what is wrong in both languages', async () => {
    const got = await read(
      await resealed(await day(SALE, REFUND), (all) => all.replace('|476800|', '|4,768|')),
    )
    expect(isFault(got) ? [got.file, got.said] : got).toEqual([
      '62250000_20260615_V1.txt',
      {
        zh: 'amount（金额）应为大于零的整数最小货币单位，至多 18 位，实为“4,768”：请重新获取文件',
        en: 'amount (amount) should be whole minor units above zero, at most 18 digits, found “4,768”: fetch the file again',
      },
    ])
  })
})
