// Rows of ZM and ZME: byte for byte what the public sample says, cut by bytes, with the right year.
import { describe, expect, test } from 'vitest'
import { type FileFault, isFault } from './file-fault.ts'
import { bytesOf, gbkText, MERCHANT, NAMES, REFUND, SALE, WANTED, ZM_HEAD, zmSet } from './file-testing.ts'
import { timeNear, timeUpTo } from './file-years.ts'
import { ZM_BYTES, ZM_COLUMNS, ZM_RESERVED } from './file-zm-columns.ts'
import { lineOf, rowOf, type ZmDetail } from './file-zm-item.ts'
import { readZmSet, writeZmSet, zmNames, type ZmSet } from './file-zm-set.ts'
import { readRows, writeRows } from './file-zm.ts'

function good(read: ZmSet | FileFault): ZmSet {
  if (isFault(read)) throw new Error(`${read.file}:${read.line}:${read.column}: ${read.said.en}`)
  return read
}

describe('a row', () => {
  test('has 41 columns and 607 bytes, at the places of the public sample', () => {
    expect(ZM_COLUMNS.map(({ width }) => width)).toEqual([
      3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15,
      32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131,
    ])
    expect(ZM_BYTES).toBe(607)
    expect(ZM_RESERVED.reduce((sum, { width }) => sum + width, 0)).toBeLessThanOrEqual(131)
    const [row] = readRows(bytesOf(zmSet({ item: SALE }), NAMES.ZM))
    expect(bytesOf(zmSet({ item: SALE }), NAMES.ZM)).toHaveLength(609)
    expect(row?.row).toMatchObject({
      transactionCode: 'S56',
      traceNo: '000001',
      transmissionTime: '0615112203',
      txnAmt: '000000476800',
      fee: 'D000000002861',
      settleAmt: 'C000000473939',
      netAmt: 'C000000473939',
      discountAmt: ' 000000000000',
    })
  })

  test('of a refund swaps the signs and names its original in columns 14, 15 and 27', () => {
    const row = rowOf('ZM', '00010000', REFUND, {})
    expect(row).toMatchObject({
      origTraceNo: '000009',
      origTime: '0301112203',
      origQryId: '20260301409230000009',
      fee: 'C000000000060',
      settleAmt: 'D000000009940',
      netAmt: 'D000000009940',
    })
  })

  test('shows what sponsors bear as the discount', () => {
    const legs = [
      { source: 'BALANCE', amount: 400000n },
      { source: 'COUPON', sponsor: '00010000', amount: 76800n },
    ]
    expect(rowOf('ZM', '00010000', { ...SALE, legs }, {}).discountAmt).toBe('C000000076800')
  })

  test('is cut by bytes: a Chinese name moves nothing that follows (STL-012)', () => {
    const detail: ZmDetail = { merchantName: '四方测试商户甲', memo: '亅重庆', terminal: '01080209' }
    const bytes = bytesOf(zmSet({ item: SALE, detail }), NAMES.ZM)
    // Seven characters are fourteen bytes of thirty-two: a reader by characters would be seven columns late.
    expect(gbkText(bytes).split('\r\n')[0]).toHaveLength(607 - 7 - 3)
    const [read] = good(readZmSet(zmSet({ item: SALE, detail }), WANTED)).ZM.items
    expect(read).toMatchObject({ item: { amount: 476800n, fee: 2861n }, detail })
    // By hand: column 33 stands at byte 375 and column 34 at byte 389, whatever column 31 holds.
    expect(Buffer.from(bytes.subarray(374, 387)).toString('ascii')).toBe('C000000473939')
    expect(Buffer.from(bytes.subarray(388, 396)).toString('ascii')).toBe('01080209')
  })

  test.each([
    ['四'.repeat(17), '四'.repeat(16)],
    [`A${'四'.repeat(16)}`, `A${'四'.repeat(15)}`],
    ['店\r\n二', '店  二'],
    ['café 😀', 'café ?'],
  ])('writes the name %j as %j, and never half a character', (merchantName, read) => {
    const files = zmSet({ item: SALE, detail: { merchantName } })
    expect(bytesOf(files, NAMES.ZM)).toHaveLength(609)
    expect(good(readZmSet(files, WANTED)).ZM.items[0]?.detail.merchantName).toBe(read)
  })

  test('never has a whole account number, a number that was cut, or an item that is another’s', () => {
    expect(() => zmSet({ item: SALE, detail: { account: '6226090000000048' } })).toThrow('masked')
    expect(() => zmSet({ item: { ...SALE, order: 'X'.repeat(33) } })).toThrow(
      'column orderId of a ZM row has 32 bytes',
    )
    expect(() => zmSet({ item: { ...SALE, amount: 1_000_000_000_000n } })).toThrow('column txnAmt')
    expect(() => zmSet({ item: { ...SALE, order: '订单00000001' } })).toThrow('takes ASCII')
    for (const other of [
      { day: '20260616' },
      { merchant: 'M' },
      { acquirer: '48270001' },
      { currency: '344' },
    ])
      expect(() => zmSet({ item: { ...SALE, ...other } })).toThrow('does not belong')
  })

  test('of the public sample reads without our own reserved column', () => {
    const row = { ...rowOf('ZM', '00049993', SALE, {}), queryId: '202606151122030000018', reserved: '' }
    const [read] = readRows(writeRows([row]))
    const line = lineOf('ZM', read ?? { line: 0, row }, '20260615', '156')
    expect(line.item).toMatchObject({ transaction: '202606151122030000018', orderTime: '20260615112203' })
  })
})

describe('a year that is not told (STL-026)', () => {
  test.each([
    ['1231231500', '20280101', '20271231231500'],
    ['0101000500', '20271231', '20280101000500'],
    ['0229231500', '20280301', '20280229231500'],
    ['0229231500', '20270301', undefined],
    ['0615112203', '20260615', '20260615112203'],
    ['0631112203', '20260615', undefined],
  ])('%s near %s is %s', (text, day, time) => expect(timeNear(text, day)).toBe(time))

  test.each([
    ['1231231500', '20280101000500', '20271231231500'],
    ['0101000500', '20280101000500', '20280101000500'],
    ['0101000600', '20280101000500', '20270101000600'],
    ['0229120000', '20290115000000', '20280229120000'],
    ['0229120000', '20270115000000', undefined],
  ])('%s at the latest at %s is %s', (text, time, read) => expect(timeUpTo(text, time)).toBe(read))

  // Numbers of the first pair say nothing of time, those of the second hold it.
  test.each([
    ['99999999999999999901', '99999999999999999902'],
    ['20271231837000000001', '20280101003000000002'],
  ])('is found for rows and originals of files of the turn of the year (%s)', (first, second) => {
    const day = '20280101'
    const sale = { ...SALE, day, transaction: first, orderTime: '20271231231500' }
    const refund = {
      ...REFUND,
      day,
      transaction: second,
      orderTime: '20280101000500',
      original: first,
    }
    const detail = { originalTime: '20271231231500' }
    const head = { ...ZM_HEAD, day, printed: '20280102' }
    const files = writeZmSet(head, [{ item: sale }, { item: refund, detail }])
    const bare = readRows(bytesOf(files, zmNames(MERCHANT, day).ZM)).map(({ row, line }) => ({
      line,
      row: { ...row, reserved: '' },
    }))
    expect(bare.map(({ row }) => [row.transmissionTime, row.origTime])).toEqual([
      ['1231231500', ''],
      ['0101000500', '1231231500'],
    ])
    const lines = bare.map((row) => lineOf('ZM', row, day, '156'))
    expect(lines.map(({ item }) => item.orderTime)).toEqual(['20271231231500', '20280101000500'])
    expect(lines[1]?.detail.originalTime).toBe('20271231231500')
  })

  test('is no question where the number says it: an original of two years ago', () => {
    const refund = { ...REFUND, original: '20240229409230000009' }
    const read = good(readZmSet(zmSet({ item: refund }), WANTED))
    expect(read.ZM.items[0]?.detail.originalTime).toBe('20240229112203')
  })

  test('of a reversal is that of its order: its number was made for it', () => {
    const reversal = {
      ...SALE,
      kind: 'reversal',
      transaction: '20260615333333331234',
      original: SALE.transaction,
    } as const
    expect(rowOf('ZM', '00010000', reversal, {})).toMatchObject({
      transmissionTime: '0615112200',
      origTime: '0615112203',
    })
  })
})
