// Two clearing days on disk, the first of a year and the one behind a 29 February: bytes that must not change, that a person
// can read, and that add up when they are cut and summed by a reader that shares no line with ours.
// UPDATE_GOLDEN=1 writes them anew; a change to them is a change of the files and belongs in the changelog.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { generateKeyPair, sign } from '../crypto/crypto.ts'
import { dayFileName, readDayFile, writeDayFile } from './file-day.ts'
import { isFault } from './file-fault.ts'
import { readZmSet, writeZmSet, type ZipFile, type ZmEntry, zmNames } from './file-zm-set.ts'
import { traceOf } from './file-zm-item.ts'
import type { ClearingItem } from './item.ts'

const FOLDER = join(import.meta.dirname, 'golden')
const update = process.env['UPDATE_GOLDEN'] !== undefined
const MERCHANT = '777290058110048'
const NAME = '四方测试商户甲（重庆）'

/** An item whose number holds its time. */
const item = (day: string, at: string, tail: string, more: Partial<ClearingItem>): ClearingItem => {
  const seconds = [...(at.match(/../g) ?? [])].slice(4).reduce((sum, two) => sum * 60 + Number(two), 0)
  return {
    transaction: at.slice(0, 8) + String(seconds * 1000).padStart(8, '0') + tail,
    kind: 'purchase',
    day,
    acquirer: '48270000',
    institution: '62250000',
    merchant: MERCHANT,
    order: `ORDER${tail}0001`,
    orderTime: at,
    amount: 1n,
    currency: '156',
    fee: 0n,
    shares: [],
    category: '5411',
    ...more,
  }
}

const sold = item('20280101', '20271231231500', '0001', {
  amount: 476800n,
  fee: 2861n,
  shares: [
    { to: '48270000', amount: 2002n },
    { to: '00010000', amount: 859n },
  ],
})
const leap = item('20280301', '20280229233000', '0011', {
  amount: 10000n,
  fee: 38n,
  business: '10010101010000000001',
})

const DAYS: Readonly<
  Record<string, { readonly rows: readonly ZmEntry[]; readonly adjusted: readonly ZmEntry[] }>
> = {
  '20280101': {
    rows: [
      {
        item: sold,
        detail: { merchantName: NAME, cardType: '01', account: '622609******0048', terminal: '01080209' },
      },
      {
        item: item('20280101', '20280101101500', '0002', { amount: 131n, fee: 1n }),
        detail: { merchantName: NAME, memo: '谢谢惠顾' },
      },
      {
        item: item('20280101', '20280101120000', '0003', {
          kind: 'refund',
          amount: 76800n,
          fee: 461n,
          original: sold.transaction,
          order: 'REFUND0000000001',
        }),
        detail: { merchantName: NAME, cardType: '01' },
      },
      {
        item: item('20280101', '20280101130000', '0004', {
          amount: 2000n,
          fee: 8n,
          legs: [
            { source: 'BALANCE', amount: 1500n },
            { source: 'COUPON', sponsor: '00010000', amount: 500n },
          ],
        }),
        detail: { merchantName: NAME },
      },
      {
        item: item('20280101', '20280101130500', '0005', {
          kind: 'void',
          amount: 2000n,
          fee: 8n,
          original: '20280101468000000004',
          order: 'VOID000000000001',
        }),
      },
    ],
    adjusted: [
      {
        item: item('20280101', '20280101090000', '0006', {
          kind: 'refund',
          amount: 99n,
          fee: 0n,
          original: '20271115300000000077',
          order: 'ADJUST0000000001',
        }),
      },
    ],
  },
  '20280301': {
    rows: [
      { item: leap, detail: { merchantName: NAME, cardType: '02' } },
      {
        item: item('20280301', '20280301000500', '0012', {
          kind: 'reversal',
          amount: 10000n,
          fee: 38n,
          original: leap.transaction,
          order: 'ORDER00110001',
        }),
      },
      {
        item: item('20280301', '20280301080000', '0013', {
          kind: 'undo',
          amount: 2000n,
          fee: 8n,
          original: '20280101471000000005',
        }),
      },
    ],
    adjusted: [],
  },
}

const headOf = (day: string) => ({
  merchant: MERCHANT,
  acquirer: '48270000',
  forwarder: '00010000',
  currency: '156',
  day,
  printed: day === '20280101' ? '20280102' : '20280302',
  sequence: day === '20280101' ? 1 : 61,
  version: 1,
})

/** A shared secret signs the same bytes the same way. */
const KEY = await generateKeyPair('sm3-shared', (length) => new Uint8Array(length).fill(7))
const dayFile = async (day: string): Promise<ZipFile> => ({
  name: dayFileName('62250000', day, 1),
  bytes: await writeDayFile(
    { from: '00010000', to: '62250000', day, sequence: headOf(day).sequence, version: 1 },
    [...(DAYS[day]?.rows ?? []), ...(DAYS[day]?.adjusted ?? [])].map((entry) => entry.item),
    async (bytes) => ({ certificate: 'golden', signature: await sign(KEY, bytes) }),
  ),
})

const golden = (name: string): Buffer => readFileSync(join(FOLDER, name))
const fen = (yuan: string | undefined): bigint => BigInt((yuan ?? '').replace('.', ''))

describe.each(Object.keys(DAYS))('the files of %s', (day) => {
  const names = zmNames(MERCHANT, day)
  const { rows = [], adjusted = [] } = DAYS[day] ?? {}

  test('are what they were, byte for byte', async () => {
    const files = [...writeZmSet(headOf(day), rows, adjusted), await dayFile(day)]
    for (const { name, bytes } of files) {
      if (update) writeFileSync(join(FOLDER, name), bytes)
      expect(Buffer.compare(golden(name), Buffer.from(bytes)), name).toBe(0)
    }
  })

  test('read back as the items that they were made of', async () => {
    const read = readZmSet(
      [names.ZM, names.ZME, names.RD].map((name) => ({ name, bytes: golden(name) })),
      { merchant: MERCHANT, day },
    )
    if (isFault(read)) throw new Error(read.said.en)
    const carried = ({ item: { shares: _shares, legs: _legs, ...rest } }: ZmEntry) => rest
    expect(read.ZM.items.map((line) => line.item)).toEqual(rows.map(carried))
    expect(read.ZME.items.map((line) => line.item)).toEqual(adjusted.map(carried))
    expect(read.ZM.items.map(({ detail }) => detail.originalTime)).toEqual(
      rows.map(({ item: { original } }) => (original === undefined ? undefined : traceOf(original).time)),
    )
    const whole = await readDayFile(
      'x',
      golden(dayFileName('62250000', day, 1)),
      { to: '62250000', day },
      () => Promise.resolve(true),
    )
    if (isFault(whole)) throw new Error(whole.said.en)
    expect(whole.items.map((line) => line.item)).toEqual([...rows, ...adjusted].map((entry) => entry.item))
  })

  test('add up when they are cut by hand', () => {
    for (const member of ['ZM', 'ZME'] as const) {
      const bytes = golden(names[member])
      expect(bytes.length % 609).toBe(0)
      let [net, fee, debit, credit] = [0n, 0n, 0n, 0n]
      for (let at = 0; at < bytes.length; at += 609) {
        // Bytes 67 to 78 are the amount, 167 to 179 the fee, 375 to 387 the net; counted from 1.
        const amount = BigInt(bytes.toString('latin1', at + 66, at + 78))
        const [feeText, netText] = [
          bytes.toString('latin1', at + 166, at + 179),
          bytes.toString('latin1', at + 374, at + 387),
        ]
        const signed = (text: string): bigint => (text.startsWith('D') ? -1n : 1n) * BigInt(text.slice(1))
        expect(signed(netText)).toBe((netText.startsWith('D') ? -amount : amount) + signed(feeText))
        net += signed(netText)
        fee += signed(feeText)
        if (netText.startsWith('D')) debit += amount
        else credit += amount
        expect(bytes.toString('latin1', at + 607, at + 609)).toBe('\r\n')
      }
      const totals = new TextDecoder('gbk')
        .decode(golden(names.RD))
        .split('\r\n')
        .find((line) => line.startsWith(`${member}|合计`))
      const [, , , count, amountD, amountC, feeD, feeC, netD, netC] = (totals ?? '').split('|')
      expect([count, fen(amountD), fen(amountC)]).toEqual([String(bytes.length / 609), debit, credit])
      expect(fen(feeC) - fen(feeD)).toBe(fee)
      expect(fen(netC) - fen(netD)).toBe(net)
    }
  })
})

test('the year that is not told is the right one on both days (STL-026)', () => {
  const times = (day: string) => {
    const bytes = golden(zmNames(MERCHANT, day).ZM)
    return Array.from({ length: bytes.length / 609 }, (_, row) =>
      bytes.toString('latin1', row * 609 + 35, row * 609 + 45),
    )
  }
  expect(times('20280101')[0]).toBe('1231231500')
  expect(times('20280301')[0]).toBe('0229233000')
  for (const [day, time] of [
    ['20280101', '20271231231500'],
    ['20280301', '20280229233000'],
  ] as const) {
    const names = zmNames(MERCHANT, day)
    const read = readZmSet(
      [names.ZM, names.ZME, names.RD].map((name) => ({ name, bytes: golden(name) })),
      { merchant: MERCHANT, day },
    )
    expect(isFault(read) ? read.said.en : read.ZM.items[0]?.item.orderTime).toBe(time)
  }
})
