// A merchant's set of a day: read as it was written, tolerant of ends of line, with totals that add up, or refused whole
// with the file, the line and the byte.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clearingItems, zmDetail } from './file-arbitraries.ts'
import { type FileFault, isFault } from './file-fault.ts'
import {
  bytesOf,
  gbk,
  gbkText,
  MERCHANT,
  NAMES,
  REFUND,
  replaced,
  resealedZm,
  SALE,
  WANTED,
  ZM_HEAD,
  zmSet,
} from './file-testing.ts'
import { ZM_PLACES, type ZmName } from './file-zm-columns.ts'
import { traceOf } from './file-zm-item.ts'
import { readZmSet, writeZmSet, type ZmEntry, zmNames, type ZmSet } from './file-zm-set.ts'
import { paysOut } from './item.ts'

function good(read: ZmSet | FileFault): ZmSet {
  if (isFault(read)) throw new Error(`${read.file}:${read.line}:${read.column}: ${read.said.en}`)
  return read
}
function fault(read: ZmSet | FileFault): string {
  if (!isFault(read)) return 'no fault'
  return `${read.rule} ${read.file}:${read.line}:${read.column}: ${read.said.en}`
}

describe('a set', () => {
  test('is read as it was written, whatever the items and names', () => {
    fc.assert(
      fc.property(
        clearingItems,
        fc.array(zmDetail, { minLength: 6, maxLength: 6 }),
        fc.nat(6),
        ({ items, day, currency }, details, split) => {
          const head = { ...ZM_HEAD, day, currency }
          const entries = items.map((item, index) => ({ item, detail: details[index] ?? {} }))
          const [rows, adjusted] = [entries.slice(0, split), entries.slice(split)]
          const read = good(readZmSet(writeZmSet(head, rows, adjusted), { merchant: MERCHANT, day }))
          expect(read.head).toEqual(head)
          for (const [member, own] of [
            ['ZM', rows],
            ['ZME', adjusted],
          ] as const)
            expect(read[member]).toEqual({
              items: own.map((entry, index) => told(entry, index + 1)),
              duplicates: [],
            })
        },
      ),
      { numRuns: 150 },
    )
  })

  /** What a row can carry of an entry. */
  function told({ item, detail = {} }: ZmEntry, line: number) {
    const { shares: _shares, legs: _legs, ...carried } = item
    const originalTime = item.original === undefined ? undefined : traceOf(item.original).time
    return { item: carried, line, detail: { ...detail, ...(originalTime !== undefined && { originalTime }) } }
  }

  test('of a day without traffic is whole and empty (STL-014)', () => {
    const read = good(readZmSet(zmSet(), WANTED))
    expect([read.ZM.items, read.ZME.items]).toEqual([[], []])
  })

  test('has totals that add up by hand', () => {
    const files = zmSet(
      { item: SALE, detail: { cardType: '01' } },
      { item: { ...SALE, transaction: '20260615409230000003', amount: 131n, fee: 1n } },
      { item: REFUND, detail: { cardType: '01' } },
    )
    expect(gbkText(bytesOf(files, NAMES.RD)).split('\r\n').slice(12, 16)).toEqual([
      'S56|消费|借记卡|1|0.00|4768.00|28.61|0.00|0.00|4739.39',
      'S56|消费|其他|1|0.00|1.31|0.01|0.00|0.00|1.30',
      'S30|退货|借记卡|1|100.00|0.00|0.00|0.60|99.40|0.00',
      'ZM|合计||3|100.00|4769.31|28.62|0.60|99.40|4740.69',
    ])
  })

  test('reads the same with a byte-order mark, other ends of line and blank lines at the end (STL-013)', () => {
    const files = zmSet({ item: SALE, detail: { merchantName: '四方' } }, { item: REFUND })
    const clean = good(readZmSet(files, WANTED))
    const bom = Uint8Array.of(0xef, 0xbb, 0xbf)
    const unix = (bytes: Uint8Array): Uint8Array => bytes.filter((byte) => byte !== 13)
    const blank = gbk('\r\n\r\n')
    for (const change of [
      (bytes: Uint8Array) => Buffer.concat([bom, bytes]),
      unix,
      (bytes: Uint8Array) => Buffer.concat([bytes, blank]),
      (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 2),
    ])
      expect(
        good(
          readZmSet(
            files.map(({ name, bytes }) => ({ name, bytes: change(bytes) })),
            WANTED,
          ),
        ),
      ).toEqual(clean)
  })

  test('keeps the first of two lines with one id, and says so (STL-008)', () => {
    const read = good(readZmSet(zmSet({ item: SALE }, { item: REFUND }, { item: SALE }), WANTED))
    expect(read.ZM.items.map(({ line }) => line)).toEqual([1, 2])
    expect(read.ZM.duplicates).toEqual([{ flag: 'DUP_SW', transaction: SALE.transaction, line: 3, first: 1 }])
  })

  test('keeps two sales that are equal in all but the id (STL-009)', () => {
    const read = good(
      readZmSet(zmSet({ item: SALE }, { item: { ...SALE, transaction: '20260615409230000002' } }), WANTED),
    )
    expect(read.ZM.items).toHaveLength(2)
    expect(read.ZM.duplicates).toEqual([])
  })

  test('leaves files of other days alone and refuses a member that nobody knows (STL-016, STL-018)', () => {
    const files = zmSet({ item: SALE })
    const before = writeZmSet({ ...ZM_HEAD, day: '20260614' }, [])
    expect(good(readZmSet([...before, ...files], WANTED)).ZM.items).toHaveLength(1)
    const strange = { name: `INN26061588ZMA_${MERCHANT}`, bytes: new Uint8Array(0) }
    expect(fault(readZmSet([...files, strange], WANTED))).toContain(
      `layout ${strange.name}:0:0: a type of file that is not known`,
    )
  })
})

test('nets of a set add up to what its items come to', () => {
  fc.assert(
    fc.property(clearingItems, ({ items, day, currency }) => {
      const head = { ...ZM_HEAD, day, currency }
      const files = writeZmSet(
        head,
        items.map((item) => ({ item })),
      )
      const net = items.reduce(
        (sum, { kind, amount, fee }) => sum + (paysOut(kind) ? amount - fee : fee - amount),
        0n,
      )
      const last = gbkText(bytesOf(files, zmNames(MERCHANT, day).RD))
        .split('\r\n')
        .find((line) => line.startsWith('ZM|合计'))
      const [debit = '', credit = ''] = (last ?? '').split('|').slice(-2)
      const minor = (text: string): bigint => BigInt(text.replace('.', ''))
      expect(minor(credit) - minor(debit)).toBe(net)
    }),
  )
})

describe('a set is refused', () => {
  const files = zmSet({ item: SALE, detail: { merchantName: '四方测试商户甲' } }, { item: REFUND })
  const zm = bytesOf(files, NAMES.ZM)
  const at = (name: ZmName): number => (ZM_PLACES.find((place) => place.name === name)?.from ?? 0) - 1
  const edited = (name: ZmName, text: string | Uint8Array, row = 0): Uint8Array => {
    const bytes = zm.slice()
    bytes.set(typeof text === 'string' ? gbk(text) : text, row * 609 + at(name))
    return bytes
  }

  test('without its totals, or without one of the others (STL-007)', () => {
    expect(fault(readZmSet(files.slice(0, 2), WANTED))).toContain(
      `trailer ${NAMES.RD}:0:0: the totals are missing`,
    )
    expect(fault(readZmSet(files.slice(1), WANTED))).toContain(`trailer ${NAMES.ZM}:0:0`)
    const rd = bytesOf(files, NAMES.RD)
    for (const end of [0, 1, 40, rd.length - 3, rd.length - 70])
      expect(fault(readZmSet(replaced(files, NAMES.RD, rd.subarray(0, end)), WANTED))).toMatch(
        `trailer ${NAMES.RD}`,
      )
  })

  test('with any byte altered or cut off, before anything is parsed (STL-025)', () => {
    for (const name of [NAMES.ZM, NAMES.RD]) {
      const bytes = bytesOf(files, name)
      for (let index = 0; index < bytes.length; index += 1) {
        const altered = bytes.slice()
        // Never into an end of line, which is tolerated.
        altered[index] = (altered[index] ?? 0) ^ 0x40
        const said = fault(readZmSet(replaced(files, name, altered), WANTED))
        expect(said).toMatch(/^(digest|trailer|encoding) /)
      }
    }
    for (const end of [1, 300, 608, 609, 1000])
      expect(fault(readZmSet(replaced(files, NAMES.ZM, zm.subarray(0, end)), WANTED))).toMatch(
        `digest ${NAMES.ZM}`,
      )
  })

  test.each<readonly [string, Uint8Array, string]>([
    ['an unknown code', edited('transactionCode', 'S77'), 'field :1:1: transactionCode “S77” is not known'],
    [
      'an adjustment among the details',
      edited('transactionCode', 'E56'),
      'field :1:1: transactionCode “E56”',
    ],
    [
      'a column too far right',
      edited('acquirer', ' 48270000 X0'),
      'layout :1:16: a space should follow acquirer',
    ],
    [
      'letters for an amount',
      edited('txnAmt', '0000O0476800'),
      'field :1:67: txnAmt (amount) should be 12 digits, found “0000O0476800”',
    ],
    ['an amount without noughts', edited('txnAmt', '476800      '), 'field :1:67: txnAmt'],
    ['a wrong net', edited('netAmt', 'C000000473930', 1), 'field :2:375: netAmt should be D000000009940'],
    ['the other sign', edited('fee', 'C000000002861'), 'field :1:167: fee has the other sign'],
    [
      'a net that is not amount − fee',
      edited('settleAmt', 'C000000476800'),
      'field :1:181: settleAmt should be C000000473939',
    ],
    [
      'a merchant of another',
      edited('merId', '777290058110049'),
      'addressee :1:1: this row is of merchant 777290058110049',
    ],
    [
      'a day that is none',
      edited('origTime', '0231112203', 1),
      'field :2:156: origTime is no time of the year before',
    ],
    [
      'half a character at the end of a column',
      edited('subMerchantName', Uint8Array.from([...gbk('四'.repeat(15)), 0x20, 0xcb])),
      'encoding :1:359: bytes in subMerchantName',
    ],
    [
      'half a character within',
      edited('subMerchantName', Uint8Array.of(0xcb, 0x20, 0x20)),
      'encoding :1:329:',
    ],
    [
      'four bytes of GB 18030',
      edited('reqReserved', Uint8Array.of(0x81, 0x30, 0x81, 0x30)),
      'encoding :1:398',
    ],
    [
      'a letter of Latin-1',
      edited('orderId', Uint8Array.of(0xe9)),
      'encoding :1:113: bytes in orderId (merchant’s order id) that are no ASCII',
    ],
    [
      'a row that is short',
      Uint8Array.from([...zm.subarray(0, 600), 13, 10, ...zm.subarray(609)]),
      'layout :1:601: 607 bytes expected, found 600',
    ],
    [
      'a row that is long',
      Uint8Array.from([...zm.subarray(0, 607), 32, 13, 10, ...zm.subarray(609)]),
      'layout :1:608: 607 bytes expected, found 608',
    ],
    [
      'an empty line within',
      Uint8Array.from([...zm.subarray(0, 609), 13, 10, ...zm.subarray(609)]),
      'layout :2:1: an empty line',
    ],
  ])('for %s, by line and column', (_, bytes, said) => {
    expect(fault(readZmSet(resealedZm(files, bytes), WANTED))).toContain(said.replace(' :', ` ${NAMES.ZM}:`))
  })

  test.each<readonly [string, (text: string) => string, string]>([
    [
      'a row that is missing',
      (text) => text.replace(`${NAMES.ZM}|2`, `${NAMES.ZM}|3`),
      'totals :10:1: ZM should have 3 rows and has 2',
    ],
    [
      'a sum that is off by one fen',
      (text) => text.replace('4768.00', '4768.01'),
      'totals :13:1: the rows come to “S56|消费|其他|1|0.00|4768.00|28.61|0.00|0.00|4739.39”',
    ],
    [
      'a total that is missing',
      (text) => text.replace(/ZME\|合计.*\r\n/, ''),
      'totals :16:1: the rows come to “ZME|合计||0|',
    ],
    [
      'another layout',
      (text) => text.replace('RD|1|', 'RD|2|'),
      'layout :1:1: the first line should be RD|1|清算汇总',
    ],
    ['another day', (text) => text.replace('20260615', '20260614'), 'day :6:1: the totals are of 20260614'],
    [
      'another merchant',
      (text) => text.replace(`码|${MERCHANT}`, '码|777290058110049'),
      'addressee :2:1: the totals are of merchant 777290058110049',
    ],
    ['a currency that nobody knows', (text) => text.replace('币种|156', '币种|000'), 'layout :5:1: “币种|…”'],
  ])('for totals with %s (STL-006)', (_, edit, said) => {
    expect(fault(readZmSet(resealedZm(files, zm, edit), WANTED))).toContain(
      said.replace(' :', ` ${NAMES.RD}:`),
    )
  })

  test('by what is said in both languages', () => {
    const read = readZmSet(resealedZm(files, edited('txnAmt', 'X')), WANTED)
    expect(isFault(read) ? read.said : undefined).toEqual({
      zh: 'txnAmt（交易金额）应为12 位数字，实为“X00000476800”：请重新获取文件',
      en: 'txnAmt (amount) should be 12 digits, found “X00000476800”: fetch the file again',
    })
  })
})
