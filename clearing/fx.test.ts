// Foreign currency: the catalogue's rows with their amounts, and properties over drawn quotes (INV-40).
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURRENCIES, type Currency, money, parseDecimal } from '../money/money.ts'
import {
  convert,
  currencyOf,
  fundedAt,
  payWithQuote,
  type Quote,
  quoteFault,
  quoteFor,
  refundAtQuote,
  settledColumns,
} from './fx.ts'
import { countYear, giveBackYear } from './fx-year.ts'

const rate = (text: string) => {
  const read = parseDecimal(text)
  if (read === undefined) throw new Error(`${text} is no rate`)
  return read
}
const UNTIL = 1_781_496_000_000
const quote = (minor: bigint, from: Currency, text: string, to: Currency = 'CNY'): Quote =>
  quoteFor(money(minor, from), to, { id: 'q1', rate: rate(text), validUntil: UNTIL })

const NZD = quote(10_000n, 'NZD', '4.2831')
const use = { now: UNTIL - 1, from: money(10_000n, 'NZD'), payment: 'p1' }

describe('a quote', () => {
  test('XBR-001: 100.00 NZD at 4.2831 debits 42831 fen', () => {
    expect(payWithQuote(NZD, use)).toEqual(money(42_831n, 'CNY'))
  })
  test('XBR-001: is good once; the payment that has it may come again', () => {
    expect(payWithQuote(NZD, { ...use, usedBy: 'p0' })).toMatchObject({
      kind: 'refused',
      class: 'DECL-QUOTE',
    })
    expect(payWithQuote(NZD, { ...use, usedBy: 'p1', now: UNTIL + 1 })).toEqual(money(42_831n, 'CNY'))
  })
  test('XBR-002: expires at its instant', () => {
    expect(payWithQuote(NZD, { ...use, now: UNTIL })).toMatchObject({
      class: 'DECL-QUOTE',
      said: { en: 'quote q1 is no longer good; show the payer a new one before the debit' },
    })
  })
  test.each([money(10_001n, 'NZD'), money(10_000n, 'USD')])('is for its own amount, not %o', (from) => {
    expect(payWithQuote(NZD, { ...use, from })).toMatchObject({ class: 'DECL-QUOTE' })
  })
  test('whose amounts are not its rate’s is at fault', () => {
    expect(quoteFault(NZD)).toBeUndefined()
    expect(quoteFault({ ...NZD, to: money(42_830n, 'CNY') })?.en).toContain('are 42831 of CNY')
    expect(quoteFault(quote(1n, 'NZD', '0'))).toBeDefined()
    expect(quoteFault(quote(1n, 'CNY', '1'))?.en).toContain('both sides')
  })
  test('XBR-003: the merchant’s line is in its own currency, by the quote', () => {
    expect(settledColumns(NZD)).toEqual({
      amount: 42_831n,
      currency: '156',
      settled: { amount: 10_000n, currency: '554', quote: 'q1' },
    })
  })
})

describe('conversion', () => {
  test.each<[bigint, Currency, string, Currency, bigint]>([
    // XBR-004 and XBR-005: no decimals, three, and from one to the other.
    [1000n, 'JPY', '0.0484', 'CNY', 4840n],
    [4840n, 'CNY', '20.66', 'JPY', 1000n],
    [1234n, 'KWD', '23.5', 'CNY', 2900n],
    [100n, 'CNY', '0.0425', 'KWD', 43n],
    [1234n, 'KWD', '485', 'JPY', 598n],
    [1n, 'JPY', '0.00206', 'KWD', 2n],
    // XBR-009: a half goes up, after even and odd.
    [1n, 'NZD', '0.5', 'CNY', 1n],
    [1n, 'NZD', '1.5', 'CNY', 2n],
    [1n, 'NZD', '2.5', 'CNY', 3n],
    [100n, 'NZD', '1.005', 'CNY', 101n],
    // XBR-016: more than eight decimals at 1e9, where a binary fraction has no fen left.
    [1_000_000_000n, 'USD', '7.123456789', 'CNY', 7_123_456_789n],
    [1_000_000_000n, 'USD', '7.1234567895', 'CNY', 7_123_456_790n],
    [900_719_925_474_099_300n, 'USD', '1.00000001', 'CNY', 900_719_934_481_298_555n],
  ])('%s %s at %s in %s is %s', (minor, from, text, to, due) => {
    expect(convert(money(minor, from), rate(text), to)).toEqual(money(due, to))
  })
  test('XBR-014: 156 and CNY are one currency, the rest is refused', () => {
    expect([currencyOf('156'), currencyOf('CNY')]).toEqual(['CNY', 'CNY'])
    for (const text of ['cny', '', 'C', '1560', '000', 'XYZ'])
      expect(currencyOf(text)).toMatchObject({
        class: 'REJ-FORMAT',
        said: { en: expect.stringContaining(JSON.stringify(text)) },
      })
  })
})

const currency = fc.constantFrom(...(Object.keys(CURRENCIES) as Currency[]))
const quotes = fc
  .tuple(
    fc.bigInt({ min: 1n, max: 10n ** 9n }),
    currency,
    currency,
    fc.bigInt({ min: 1n, max: 10n ** 12n }),
    fc.integer({ min: 0, max: 12 }),
  )
  .map(([minor, from, to, units, places]) =>
    quoteFor(money(minor, from), to, { id: 'q', rate: { units, places }, validUntil: UNTIL }),
  )

describe('refunds', () => {
  test('XBR-006: a whole refund is exactly what was paid', () => {
    expect(refundAtQuote(NZD, { before: 0n, now: 10_000n })).toEqual({ from: NZD.from, to: NZD.to })
  })
  test('XBR-007: three odd parts, each by cumulative floor, the last with the remainder', () => {
    const parts = [
      [0n, 3333n],
      [3333n, 3333n],
      [6666n, 3334n],
    ].map(([before = 0n, now = 0n]) => refundAtQuote(NZD, { before, now }))
    expect(parts.map(({ to }) => to.minor)).toEqual([14_275n, 14_276n, 14_280n])
    expect(parts.map(({ from }) => from.minor)).toEqual([3333n, 3333n, 3334n])
  })
  test('XBR-004: of 1000 JPY 500 is 500', () => {
    const yen = quote(1000n, 'JPY', '0.0484')
    expect(refundAtQuote(yen, { before: 0n, now: 500n })).toEqual({
      from: money(500n, 'JPY'),
      to: money(2420n, 'CNY'),
    })
  })
  test('more than was paid is nobody’s refund', () => {
    expect(() => refundAtQuote(NZD, { before: 1n, now: 10_000n })).toThrow('cannot refund')
  })
  test('parts are never more than in proportion and add up to both amounts (INV-40)', () => {
    const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 12 })
    fc.assert(
      fc.property(quotes, cuts, (sold, thousandths) => {
        const whole = sold.from.minor
        const ends = [...thousandths.map((n) => (whole * BigInt(n)) / 1000n), whole].sort((a, b) =>
          a < b ? -1 : 1,
        )
        let [from, to] = [0n, 0n]
        for (const end of ends) {
          const part = refundAtQuote(sold, { before: from, now: end - from })
          expect(part.to.minor >= 0n).toBe(true)
          from += part.from.minor
          to += part.to.minor
          expect(to * whole <= sold.to.minor * from).toBe(true)
        }
        expect([from, to]).toEqual([whole, sold.to.minor])
      }),
    )
  })
})

describe('what the institution gains or loses (XBR-008)', () => {
  test.each([
    ['4.3', 43_000n, { debit: 'FXG', credit: 'CLR', amount: 169n }],
    ['4.28', 42_800n, { debit: 'CLR', credit: 'FXG', amount: 31n }],
    ['4.2831', 42_831n, undefined],
  ])('funding at %s costs %s', (text, cost, posting) => {
    const funded = fundedAt(NZD, rate(text))
    expect(funded.cost).toEqual(money(cost, 'CNY'))
    expect(funded.posting).toEqual(posting)
  })
  test('a refund that is paid back at another rate', () => {
    const back = refundAtQuote(NZD, { before: 0n, now: 5000n })
    expect(back.to.minor).toBe(21_415n)
    expect(fundedAt(back, rate('4.3'), 'back').posting).toEqual({ debit: 'CLR', credit: 'FXG', amount: 85n })
  })
  test('with the cost and the posting, CLR is level', () => {
    fc.assert(
      fc.property(
        quotes,
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        fc.constantFrom('out', 'back'),
        (sold, units, direction) => {
          const { cost, posting, difference } = fundedAt(
            sold,
            { units, places: 6 },
            direction as 'out' | 'back',
          )
          // Credits of CLR are plus: the debit of the payer against the cost, or the other way round for a refund.
          const clearing = direction === 'out' ? sold.to.minor - cost.minor : cost.minor - sold.to.minor
          const moved =
            posting === undefined ? 0n : posting.credit === 'CLR' ? posting.amount : -posting.amount
          expect(clearing + moved).toBe(0n)
          expect(moved).toBe(-difference)
        },
      ),
    )
  })
})

describe('a person’s year (XBR-011)', () => {
  const pay = (minor: bigint, day = '20260615') => ({ day, amount: money(minor, 'NZD'), toUsd: rate('0.6') })
  test('up to 50,000 USD and not a cent more', () => {
    const first = countYear({}, pay(8_333_332n))
    expect(first).toEqual({ kind: 'within', counts: 4_999_999n, use: { 2026: 4_999_999n } })
    const used = first.kind === 'within' ? first.use : {}
    expect(countYear(used, pay(2n))).toMatchObject({ kind: 'within', counts: 1n })
    expect(countYear(used, pay(3n))).toMatchObject({
      kind: 'refused',
      class: 'DECL-LIMIT',
      said: { en: expect.stringContaining('1 US cents are left and this counts for 2') },
    })
  })
  test('a new year begins with nothing used, and a late item of the old one still counts there', () => {
    const used = { 2026: 5_000_000n }
    const next = countYear(used, pay(100n, '20270101'))
    expect(next).toMatchObject({ kind: 'within', use: { 2026: 5_000_000n, 2027: 60n } })
    expect(countYear(next.kind === 'within' ? next.use : {}, pay(100n, '20261231'))).toMatchObject({
      class: 'DECL-LIMIT',
    })
  })
  test('refunds give back what the sale counted for, to the cent', () => {
    const sold = { day: '20260615', counts: 100n, amount: 333n }
    const one = giveBackYear({ 2026: 1000n }, sold, { before: 0n, now: 111n })
    const two = giveBackYear(one, sold, { before: 111n, now: 111n })
    expect([one, two, giveBackYear(two, sold, { before: 222n, now: 111n })]).toEqual([
      { 2026: 967n },
      { 2026: 934n },
      { 2026: 900n },
    ])
    expect(() => giveBackYear(one, sold, { before: 333n, now: 1n })).toThrow('cannot refund')
  })
})
