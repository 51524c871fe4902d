// Clearing days, netting and reconciliation: the pure half of the day.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addMonths,
  type ClearedItem,
  clearingDayOf,
  isDay,
  net,
  nextBusinessDay,
  nextDay,
  reconcile,
  type ReconcileItem,
  startOfClearingDay,
} from './clearing.ts'

const at = (text: string): number => Date.parse(`${text}+08:00`)
const UNIONPAY = { hour: 23, minute: 0 }
const NETSUNION = { hour: 0, minute: 0 }

describe('the clearing day (STL-002)', () => {
  test.each([
    ['2026-06-15T22:59:59.999', '20260615'],
    ['2026-06-15T23:00:00.000', '20260616'],
    ['2026-12-31T23:00:00.000', '20270101'],
    ['2028-02-28T23:30:00.000', '20280229'],
  ])('%s is %s where the day is cut at 23:00', (time, day) => {
    expect(clearingDayOf(at(time), UNIONPAY)).toBe(day)
  })
  test('where the day is cut at midnight it is the calendar’s', () => {
    expect(clearingDayOf(at('2026-06-15T23:59:59.999'), NETSUNION)).toBe('20260615')
    expect(clearingDayOf(at('2026-06-16T00:00:00.000'), NETSUNION)).toBe('20260616')
  })
  test('a day starts at its own first instant, and the instant before belongs to the day before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2020-01-01T00:00:00'), max: at('2039-12-31T00:00:00') }),
        (instant) => {
          const day = clearingDayOf(instant, UNIONPAY)
          const start = startOfClearingDay(day, UNIONPAY)
          expect(clearingDayOf(start, UNIONPAY)).toBe(day)
          expect(nextDay(clearingDayOf(start - 1, UNIONPAY))).toBe(day)
          expect(start <= instant && instant < startOfClearingDay(nextDay(day), UNIONPAY)).toBe(true)
        },
      ),
    )
  })
  test.each([
    ['20260615', 11, '20270515'],
    ['20260331', 11, '20270228'],
    ['20270331', 11, '20280229'],
    ['20261231', 2, '20270228'],
  ])('%s and %i months is %s', (day, months, then) => {
    expect(addMonths(day, months)).toBe(then)
  })
})

const anyItem = fc.record({
  transaction: fc.string(),
  kind: fc.constantFrom('purchase' as const, 'refund' as const),
  day: fc.constant('20260615'),
  payer: fc.constantFrom('a', 'b', 'c'),
  payee: fc.constantFrom('a', 'b', 'c'),
  amount: fc.bigInt({ min: 1n, max: 10n ** 12n }),
  currency: fc.constantFrom('156', '840'),
})

test('net positions sum to zero per currency, and do not depend on the order (INV-30)', () => {
  fc.assert(
    fc.property(fc.array(anyItem), (items: readonly ClearedItem[]) => {
      const positions = net(items)
      for (const currency of ['156', '840'])
        expect(
          positions.filter((one) => one.currency === currency).reduce((sum, one) => sum + one.net, 0n),
        ).toBe(0n)
      expect(net([...items].reverse())).toEqual(positions)
    }),
  )
})

describe('reconciliation', () => {
  const item: ReconcileItem = {
    transaction: 't1',
    kind: 'purchase',
    day: '20260615',
    amount: 100n,
    currency: '156',
  }
  test.each([
    ['matched', [item], [item]],
    ['only_ours', [item], []],
    ['only_theirs', [], [item]],
    ['amount', [item], [{ ...item, amount: 101n }]],
    ['currency', [item], [{ ...item, currency: '840', amount: 5n }]],
    ['direction', [item], [{ ...item, kind: 'refund' }]],
    ['day_shift', [item], [{ ...item, day: '20260616' }]],
  ])('%s', (kind, ours, theirs) => {
    expect(reconcile(ours, theirs).map((one) => one.kind)).toEqual([kind])
  })
  test('a line that stands twice is said once more, and posted never', () => {
    expect(
      reconcile([item], [item, item])
        .map((one) => one.kind)
        .sort(),
    ).toEqual(['duplicate', 'matched'])
  })
  test('every item has exactly one verdict, and a rerun gives the same (INV-37)', () => {
    const items = fc.uniqueArray(
      fc.record({
        transaction: fc.stringMatching(/^[a-f]{1,2}$/),
        kind: fc.constantFrom('purchase', 'refund'),
        day: fc.constantFrom('1', '2'),
        amount: fc.bigInt({ min: 1n, max: 3n }),
        currency: fc.constant('156'),
      }),
      { selector: (one) => one.transaction },
    )
    fc.assert(
      fc.property(items, items, (ours, theirs) => {
        const verdicts = reconcile(ours, theirs)
        expect(verdicts.map((one) => one.transaction)).toEqual(
          [...new Set([...ours, ...theirs].map((one) => one.transaction))].sort(),
        )
        expect(reconcile([...ours].reverse(), [...theirs].reverse())).toEqual(verdicts)
      }),
    )
  })
})

describe('days on which banks work', () => {
  test.each([
    ['20260619', 'holiday'], // Dragon Boat, a Friday
    ['20260620', 'holiday'], // and its Saturday
    ['20260613', 'weekend'],
    ['20260615', 'business-day'],
    ['20260509', 'business-day'], // a Saturday made up for
    ['20260630', 'month-end'],
    ['20280229', 'month-end'],
    ['20270102', 'weekend'], // a year without a list has its weekends
  ] as const)('%s is a %s', (day, kind) => {
    expect(isDay(day, kind)).toBe(true)
    for (const other of ['business-day', 'weekend', 'holiday'] as const)
      if (kind !== 'month-end' && other !== kind) expect(isDay(day, other)).toBe(false)
  })
  test('money of the eve of a long holiday moves when it is over', () => {
    expect(nextBusinessDay('20260930')).toBe('20261008')
    expect(nextBusinessDay('20260508')).toBe('20260509')
    expect(nextBusinessDay('20260612')).toBe('20260615')
  })
})
