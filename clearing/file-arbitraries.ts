// Clearing items by chance, and what a ZM row says besides, for property tests of files: Chinese names, times around the turn
// of the year, foreign currencies, legs and shares that add up.
import fc from 'fast-check'
import { beijingTime, readBeijingTime } from '../wire/wire.ts'
import type { ZmDetail } from './file-zm-item.ts'
import type { ClearingItem, ClearingKind, ClearingLeg, FeeShare } from './item.ts'

const DIGITS = '0123456789'
const ID = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_`
/** 亅 has a bar for its second byte in GBK, 乗 a backslash; the first and the last sign of GBK's first page. */
const NAME = `四方测试商户甲重庆饭店（分店）亅乗啊齄丂 A1-·．ａ`
/** What parts lists, and what would break a line. */
const ANY = `${NAME}%|:;\r\n\t,"'😀`

const chars = (alphabet: string, min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: min, maxLength: max })
/** Spaces at either end are what fills a column up. */
const trimmed = (alphabet: string, max: number): fc.Arbitrary<string> =>
  chars(alphabet, 1, max).map((text) => text.trim() || '店')

const DAYS = ['20271231', '20280101', '20280229', '20280301', '20260615'] as const
const DAY_MS = 24 * 3600 * 1000

/** An instant of around the clearing day, to the second. */
const around = (day: string, daysBefore = 1): fc.Arbitrary<string> =>
  fc
    .integer({ min: -daysBefore * DAY_MS, max: DAY_MS - 1 })
    .map((ms) => beijingTime((readBeijingTime(`${day}000000`) ?? 0) + ms))

/** Our own numbers hold their time: day, milliseconds of it, four digits. */
const transactionAt = (time: string): fc.Arbitrary<string> =>
  fc.tuple(fc.integer({ min: 0, max: 999 }), chars(DIGITS, 4, 4)).map(([ms, tail]) => {
    const begins = readBeijingTime(`${time.slice(0, 8)}000000`) ?? 0
    const ofDay = (readBeijingTime(time) ?? 0) - begins + ms
    return time.slice(0, 8) + String(ofDay).padStart(8, '0') + tail
  })

const shares = (fee: bigint): fc.Arbitrary<readonly FeeShare[]> =>
  fee === 0n
    ? fc.constant([])
    : fc.tuple(trimmed(ANY, 6), trimmed(ANY, 6), fc.bigInt({ min: 0n, max: fee })).map(([one, two, part]) => [
        { to: one, amount: part },
        { to: two, amount: fee - part },
      ])

const leg: fc.Arbitrary<ClearingLeg> = fc.record(
  { source: trimmed(ANY, 8), sponsor: trimmed(ANY, 8), amount: fc.bigInt({ min: 0n, max: 999_999n }) },
  { requiredKeys: ['source', 'amount'], noNullPrototype: true },
)

export type Drawn = {
  readonly items: readonly ClearingItem[]
  readonly day: string
  readonly currency: string
}

/** Items of one day, one merchant and one currency, as the rows of a ZM file are. */
export const clearingItems: fc.Arbitrary<Drawn> = fc
  .tuple(fc.constantFrom(...DAYS), fc.constantFrom('156', '344', '392'))
  .chain(([day, currency]) =>
    fc
      .uniqueArray(clearingItem(day, currency), { maxLength: 6, selector: ({ transaction }) => transaction })
      .map((items) => ({ items, day, currency })),
  )

function clearingItem(day: string, currency: string): fc.Arbitrary<ClearingItem> {
  return fc
    .tuple(
      fc.constantFrom<ClearingKind>('purchase', 'refund', 'reversal', 'void', 'undo'),
      around(day),
      around(day, 300),
      fc.bigInt({ min: 1n, max: 9_999_999_999n }),
      fc.bigInt({ min: 0n, max: 2_000n }),
    )
    .chain(([kind, sent, before, amount, most]) => {
      const fee = most > amount ? amount : most
      return fc.record(
        {
          transaction: transactionAt(sent),
          kind: fc.constant(kind),
          day: fc.constant(day),
          acquirer: fc.constant('48270000'),
          institution: chars(DIGITS, 8, 8).filter((code) => code !== '00010000'),
          merchant: fc.constant('777290058110048'),
          order: chars(ID, 8, 32),
          orderTime: around(day, 3),
          original: transactionAt(before < sent ? before : sent),
          amount: fc.constant(amount),
          currency: fc.constant(currency),
          fee: fc.constant(fee),
          shares: shares(fee),
          legs: fc.array(leg, { minLength: 1, maxLength: 3 }),
          business: chars(DIGITS, 20, 20),
          category: chars(DIGITS, 4, 4),
        },
        { requiredKeys: [...REQUIRED], noNullPrototype: true },
      )
    })
}

const REQUIRED = [
  'transaction',
  'kind',
  'day',
  'acquirer',
  'institution',
  'merchant',
  'order',
  'orderTime',
  'amount',
  'currency',
  'fee',
  'shares',
] as const

/** Names that fit into their column. */
export const zmDetail: fc.Arbitrary<ZmDetail> = fc.record(
  {
    account: fc.tuple(chars(DIGITS, 6, 6), chars(DIGITS, 4, 4)).map(([head, tail]) => `${head}******${tail}`),
    terminal: chars(DIGITS, 8, 8),
    cardType: fc.constantFrom('01', '02', '03'),
    merchantName: trimmed(NAME, 16),
    memo: trimmed(NAME, 16),
  },
  { requiredKeys: [], noNullPrototype: true },
)

/** The same with what only the house's own file can say. */
export const settledToo = (items: readonly ClearingItem[]): fc.Arbitrary<readonly ClearingItem[]> =>
  fc.tuple(
    ...items.map((item) =>
      fc
        .option(
          fc.record(
            {
              amount: fc.bigInt({ min: 0n, max: 99_999n }),
              currency: fc.constantFrom('554', '392'),
              quote: trimmed(ANY, 8),
            },
            { noNullPrototype: true },
          ),
          { nil: undefined },
        )
        .map((settled) => (settled === undefined ? item : { ...item, settled })),
    ),
  )
