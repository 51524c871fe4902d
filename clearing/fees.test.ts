// What an item is charged and what goes back: the catalogue's rows with their amounts, and properties over drawn standards.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Charge,
  charge,
  dayFees,
  feeTotal,
  itemColumns,
  refundBack,
  sidesOf,
  wholeBack,
} from './fees.ts'
import { type FeeStandard, standardFor } from './fees-standard.ts'
import { aRule, aStandard, PARTIES, readStandard, standardOf } from './fees-testing.ts'
import type { ClearingItem, ClearingKind } from './item.ts'

const NOON = '20260615120000'
const sale = (paid: bigint, time = NOON) => ({ time, order: paid, paid, gross: paid })
const charged = (standard: FeeStandard, paid: bigint, time = NOON): Charge =>
  charge(standard, sale(paid, time), PARTIES)
const fee = (standard: FeeStandard, paid: bigint, time = NOON): bigint =>
  feeTotal(charged(standard, paid, time))

const itemOf = (kind: ClearingKind, charged: Charge, gross: bigint, at: number): ClearingItem => ({
  transaction: String(at).padStart(20, '0'),
  kind,
  day: '20260615',
  acquirer: PARTIES.acquirer,
  institution: PARTIES.institution,
  merchant: '777290058110048',
  order: `order${at}`,
  orderTime: NOON,
  currency: '156',
  ...itemColumns(charged, gross),
})

describe('one item', () => {
  test.each([
    [1n, 0n],
    [131n, 0n],
    [132n, 1n],
    [394n, 1n],
    [395n, 2n],
    [10000n, 38n],
  ])('FEE-001: of %s it is %s', (paid, due) => {
    expect(fee(standardOf(aRule()), paid)).toBe(due)
  })

  test.each([
    // A half goes up whether the number before it is even or odd.
    ['0.5%', 100n, 1n],
    ['0.5%', 300n, 2n],
    ['0.5%', 500n, 3n],
    // 1.005 % of 100.00 is a half that a binary fraction loses.
    ['1.005%', 10000n, 101n],
    ['0.00000001%', 4_999_999_999n, 0n],
    ['0.00000001%', 5_000_000_000n, 1n],
    ['100%', 999n, 999n],
  ])('%s of %s is %s', (rate, paid, due) => {
    expect(fee(standardOf(aRule({ rate })), paid)).toBe(due)
  })

  test.each([
    [1n, 1n],
    [7n, 7n],
    [8n, 8n],
    [2105n, 8n],
    [2500n, 10n],
    [526_315n, 2000n],
    [10n ** 12n, 2000n],
  ])('FEE-003: between 8 and 2000, of %s it is %s', (paid, due) => {
    const { payerPays, merchantNet } = sidesOf(
      charged(standardOf(aRule({ min: '8', max: '2000' })), paid),
      sale(paid),
    )
    expect([payerPays, merchantNet]).toEqual([paid, paid - due])
  })

  test('FEE-003: later rules take what earlier ones leave', () => {
    const twice = standardOf(aRule({ min: '8' }), aRule({ name: 'second', min: '8' }))
    expect(charged(twice, 10n).rows.map((row) => row.fee)).toEqual([8n, 2n])
  })

  test('a fixed fee and a rate in one rule', () => {
    expect(fee(standardOf(aRule({ perItem: '30' })), 10000n)).toBe(68n)
  })

  test('FEE-006: inside is the merchant’s, outside the payer’s', () => {
    const sides = (side: string) => sidesOf(charged(standardOf(aRule({ side })), 10000n), sale(10000n))
    expect(sides('inside')).toEqual({ payerPays: 10000n, merchantNet: 9962n })
    expect(sides('outside')).toEqual({ payerPays: 10038n, merchantNet: 10000n })
    const columns = (side: string) => itemColumns(charged(standardOf(aRule({ side })), 10000n), 10000n)
    expect(columns('inside')).toMatchObject({ amount: 10000n, fee: 38n })
    expect(columns('outside')).toMatchObject({ amount: 10038n, fee: 38n })
  })

  test('FEE-007: by the time of the transaction', () => {
    const standard = standardOf(
      aRule({ until: '20260701000000' }),
      aRule({ from: '20260701000000', rate: '0.6%' }),
    )
    expect(fee(standard, 10000n, '20260630235959')).toBe(38n)
    expect(fee(standard, 10000n, '20260701000000')).toBe(60n)
  })

  test('FEE-008: every boundary is in exactly one interval', () => {
    const standard = standardOf(
      aRule({
        tiers: [
          { amounts: '[0, 10000]', perItem: '0' },
          { amounts: '(10000, 50000)', rate: '0.38%' },
          { amounts: '[50000, )', perItem: '150', rate: '0.1%', max: '300' },
        ],
      }),
    )
    const due = [0n, 1n, 9999n, 10000n, 10001n, 49999n, 50000n, 50001n, 10n ** 9n]
    expect(due.map((paid) => fee(standard, paid))).toEqual([0n, 0n, 0n, 0n, 38n, 190n, 200n, 200n, 300n])
  })

  test('FEE-010: of the order, or of what is paid', () => {
    const discounted = { time: NOON, order: 10000n, paid: 7000n, gross: 10000n }
    const on = (base: string) => feeTotal(charge(standardOf(aRule({ base })), discounted, PARTIES))
    expect([on('order'), on('paid')]).toEqual([38n, 27n])
  })

  test('FEE-011: one row each, and the sum of the order', () => {
    const standard = standardOf(
      aRule(),
      aRule({
        name: 'network',
        rate: '0.0325%',
        shares: [{ to: 'network', share: '100%' }],
        remainder: 'network',
      }),
      aRule({ name: 'sms', rate: '0%', perItem: '5', side: 'outside' }),
    )
    const { rows } = charged(standard, 10000n)
    expect(rows.map((row) => [row.rule, row.side, row.fee])).toEqual([
      ['service', 'inside', 38n],
      ['network', 'inside', 3n],
      ['sms', 'outside', 5n],
    ])
    expect(itemColumns(charged(standard, 10000n), 10000n)).toEqual({
      amount: 10005n,
      fee: 46n,
      shares: [
        { to: PARTIES.acquirer, amount: 43n },
        { to: PARTIES.network, amount: 3n },
      ],
    })
  })
})

const THREE = {
  shares: [
    { to: 'institution', share: '70%' },
    { to: 'acquirer', share: '20%' },
    { to: 'network', share: '10%' },
  ],
}

describe('shares', () => {
  test.each([
    ['institution', [71n, 20n, 10n]],
    ['acquirer', [70n, 21n, 10n]],
    ['network', [70n, 20n, 11n]],
  ])('FEE-004: 101 split 70/20/10, what is over to the %s', (remainder, amounts) => {
    const standard = standardOf(aRule({ rate: '0%', perItem: '101', ...THREE, remainder }))
    const shares = charged(standard, 10000n).rows[0]?.shares ?? []
    const of = (to: string) => shares.find((share) => share.to === to)?.amount
    expect([of(PARTIES.institution), of(PARTIES.acquirer), of(PARTIES.network)]).toEqual(amounts)
  })

  test('whoever is no role is a party’s own number', () => {
    const rule = aRule({ shares: [{ to: '88880001', share: '100%' }], remainder: '88880001' })
    expect(charged(standardOf(rule), 10000n).rows[0]?.shares).toEqual([{ to: '88880001', amount: 38n }])
  })
})

describe('what goes back', () => {
  const standard = standardOf(aRule({ ...THREE, remainder: 'network' }))

  test('FEE-005: three refunds of a fee of 38', () => {
    const whole = charged(standard, 10000n)
    const back = [0n, 3333n, 6666n].map((before, at) =>
      feeTotal(refundBack(whole, { gross: 10000n, before, now: [3333n, 3333n, 3334n][at] ?? 0n })),
    )
    expect(back).toEqual([12n, 13n, 13n])
  })

  test('FEE-005: kept by policy, though not when the sale is undone', () => {
    const kept = readStandard(aStandard([aRule()], { refunds: 'kept' }))
    const whole = charged(kept, 10000n)
    const back = refundBack(whole, { gross: 10000n, before: 0n, now: 10000n })
    expect(feeTotal(back)).toBe(0n)
    expect(feeTotal(wholeBack(whole, [back]))).toBe(38n)
  })

  test('FEE-007: a refund goes by the sale’s rate', () => {
    const changing = standardOf(
      aRule({ until: '20260701000000' }),
      aRule({ from: '20260701000000', rate: '0.6%' }),
    )
    const whole = charged(changing, 10000n, '20260630235959')
    expect(feeTotal(refundBack(whole, { gross: 10000n, before: 0n, now: 5000n }))).toBe(19n)
  })

  test('FEE-009: a void or reversal undoes the whole fee', () => {
    const whole = charged(standard, 10000n)
    expect(wholeBack(whole)).toEqual(whole)
    const once = refundBack(whole, { gross: 10000n, before: 0n, now: 2500n })
    expect(feeTotal(wholeBack(whole, [once]))).toBe(29n)
  })

  test('more than was paid is nobody’s refund', () => {
    const whole = charged(standard, 10000n)
    expect(() => refundBack(whole, { gross: 10000n, before: 9000n, now: 1001n })).toThrow('cannot refund')
  })
})

describe('which standard', () => {
  const named = (name: string, product: string, members: object = {}): FeeStandard =>
    readStandard(aStandard([aRule(members)], { name, product }))
  const all = [named('rest', '*'), named('short', '100'), named('long', '10001', { from: '20260615000000' })]
  const of = (business: string | undefined, time = NOON): string | undefined =>
    standardFor(all, { time, currency: 'CNY', ...(business !== undefined && { business }) })?.name

  test('the one whose product says most', () => {
    expect(of('10001001010001000001')).toBe('long')
    expect(of('10002001010001000001')).toBe('short')
    expect(of('20000001010001000001')).toBe('rest')
    expect(of(undefined)).toBe('rest')
  })
  test('only one that had a rule by then, and only of its currency', () => {
    expect(of('10001001010001000001', '20260614235959')).toBe('short')
    expect(of('10001001010001000001', '20251231235959')).toBeUndefined()
    expect(standardFor(all, { time: NOON, currency: 'USD' })).toBeUndefined()
  })
})

const share = fc.integer({ min: 0, max: 1000 })
/** Three shares of tenths of a per cent, and who takes what is over. */
const split = fc
  .tuple(share, share, fc.constantFrom('acquirer', 'institution', 'network'))
  .map(([a, b, remainder]) => {
    const [low, high] = a < b ? [a, b] : [b, a]
    const tenths = (n: number): string => `${Math.floor(n / 10)}.${n % 10}%`
    return {
      shares: [
        { to: 'acquirer', share: tenths(low) },
        { to: 'institution', share: tenths(high - low) },
        { to: 'network', share: tenths(1000 - high) },
      ],
      remainder,
    }
  })
const rule = (name: string) =>
  fc.record({
    name: fc.constant(name),
    side: fc.constantFrom('inside', 'outside'),
    base: fc.constantFrom('order', 'paid'),
    rate: fc
      .integer({ min: 0, max: 10_000 })
      .map((n) => `${Math.floor(n / 100)}.${String(n % 100).padStart(2, '0')}%`),
    perItem: fc.integer({ min: 0, max: 200 }).map(String),
    min: fc.integer({ min: 0, max: 100 }).map(String),
    max: fc.integer({ min: 100, max: 5000 }).map(String),
    split,
  })
const standards = fc
  .tuple(rule('one'), rule('two'), rule('three'))
  .map((rules) =>
    standardOf(...rules.map(({ split: shares, ...members }) => aRule({ ...members, ...shares }))),
  )
const amounts = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 6n }), fc.bigInt({ min: 0n, max: 10n ** 6n }))
  .map(([paid, discount]) => ({ time: NOON, order: paid + discount, paid, gross: paid + discount }))

describe('for every standard and sale (INV-39)', () => {
  test('shares are the fee, and the merchant’s net is not below zero', () => {
    fc.assert(
      fc.property(standards, amounts, (standard, sold) => {
        const whole = charge(standard, sold, PARTIES)
        for (const row of whole.rows) {
          expect(row.shares.reduce((sum, { amount }) => sum + amount, 0n)).toBe(row.fee)
          expect(row.shares.every(({ amount }) => amount >= 0n)).toBe(true)
        }
        const { merchantNet, payerPays } = sidesOf(whole, sold)
        expect(merchantNet >= 0n && payerPays >= sold.paid).toBe(true)
        const columns = itemColumns(whole, sold.gross)
        expect(columns.amount - columns.fee).toBe(merchantNet)
      }),
    )
  })

  test('refunds give back the fee, each share of it, exactly and never more', () => {
    const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 12 })
    fc.assert(
      fc.property(standards, amounts, cuts, (standard, sold, thousandths) => {
        const whole = charge(standard, sold, PARTIES)
        const marks = thousandths.map((n) => (sold.gross * BigInt(n)) / 1000n)
        const ends = [...marks, sold.gross].sort((a, b) => (a < b ? -1 : 1))
        const backs = ends.map((end, at) => {
          const before = ends[at - 1] ?? 0n
          return refundBack(whole, { gross: sold.gross, before, now: end - before })
        })
        for (const back of backs)
          for (const row of back.rows) expect(row.shares.every(({ amount }) => amount >= 0n)).toBe(true)
        // What is left to give back after all of them is nothing, for each share of each row.
        const left = wholeBack(whole, backs)
        for (const row of left.rows) expect(row.shares.every(({ amount }) => amount === 0n)).toBe(true)
        // And on the way never more than in proportion.
        let [refunded, returned] = [0n, 0n]
        for (const [at, back] of backs.entries()) {
          refunded += (ends[at] ?? 0n) - (ends[at - 1] ?? 0n)
          returned += feeTotal(back)
          expect(returned * sold.gross <= feeTotal(whole) * refunded).toBe(true)
        }
      }),
    )
  })
})

describe('a day', () => {
  test('FEE-002: the sum of a thousand items, which is not the rate of their total', () => {
    const standard = standardOf(aRule())
    const items = Array.from({ length: 1000 }, (_, at) =>
      itemOf('purchase', charged(standard, 131n), 131n, at),
    )
    expect(dayFees(items)).toEqual([{ currency: '156', charged: 0n, returned: 0n, shares: [] }])
    const more = items.map((_, at) => itemOf('purchase', charged(standard, 132n), 132n, at))
    // 0.38 % of 1,320.00 would be 502.
    expect(dayFees(more)[0]?.charged).toBe(1000n)
  })

  test('what goes back is told apart, and each party’s sum is right', () => {
    const whole = charged(standardOf(aRule()), 10000n)
    const back = refundBack(whole, { gross: 10000n, before: 0n, now: 5000n })
    const items = [
      itemOf('purchase', whole, 10000n, 1),
      itemOf('purchase', whole, 10000n, 2),
      itemOf('refund', back, 5000n, 3),
      itemOf('void', wholeBack(whole), 10000n, 4),
      itemOf('undo', wholeBack(whole), 10000n, 5),
    ]
    expect(dayFees(items)).toEqual([
      {
        currency: '156',
        charged: 114n,
        returned: 57n,
        shares: [{ to: PARTIES.acquirer, amount: 57n }],
      },
    ])
  })

  test('shares that are not the fee do not pass', () => {
    const item = itemOf('purchase', charged(standardOf(aRule()), 10000n), 10000n, 1)
    expect(() => dayFees([{ ...item, fee: 39n }])).toThrow('do not add up')
  })
})
