// The rules of a reconciliation, row by row of the catalogue.
import { describe, expect, test } from 'vitest'
import { byBytes, type Difference, isDifference, reconcile, type ReconcileItem, tally } from './clearing.ts'

const sale: ReconcileItem = {
  transaction: 's1',
  kind: 'purchase',
  day: '20260615',
  amount: 1000n,
  currency: '156',
}
const back: ReconcileItem = { ...sale, transaction: 'v1', kind: 'reversal', original: 's1' }
const refund: ReconcileItem = { ...sale, transaction: 'r1', kind: 'refund', amount: 300n, original: 's1' }

const kinds = (
  ours: readonly ReconcileItem[],
  theirs: readonly ReconcileItem[],
  toleranceDays = 0,
): readonly string[] =>
  reconcile(ours, theirs, { toleranceDays }).map(
    ({ kind, transaction, ours, theirs }) =>
      `${transaction} ${kind}${ours === undefined ? ' (theirs)' : theirs === undefined ? ' (ours)' : ''}`,
  )

describe('a pair of lines', () => {
  test.each<[string, Partial<ReconcileItem>, Partial<ReconcileItem>, string]>([
    ['REC-001 equal', {}, {}, 'matched'],
    ['REC-004 amount', {}, { amount: 1001n }, 'amount'],
    ['REC-005 pending here, success there', { status: 'pending' }, { status: 'success' }, 'status'],
    ['REC-006 success here, reversed there', {}, { status: 'reversed' }, 'status'],
    ['REC-013 a fee of one fen', { fee: 6n }, { fee: 7n }, 'fee'],
    ['a fee that one side does not state', { fee: 6n }, {}, 'matched'],
    ['REC-014 legs', { legs: { a: 900n, b: 100n } }, { legs: { a: 1000n } }, 'legs'],
    ['a leg of zero', { legs: { a: 1000n, b: 0n } }, { legs: { a: 1000n } }, 'matched'],
    ['another kind', {}, { kind: 'refund', original: 'x' }, 'direction'],
    ['another sign', {}, { amount: -1000n }, 'direction'],
    ['another currency', {}, { currency: '840' }, 'currency'],
    ['REC-008 pending on both sides', { status: 'pending' }, { status: 'pending' }, 'in_transit'],
    ['the amount goes before the status', { status: 'pending' }, { amount: 1n }, 'amount'],
    ['the status goes before the fee', { fee: 1n }, { fee: 2n, status: 'reversed' }, 'status'],
  ])('%s', (_name, ours, theirs, kind) => {
    expect(kinds([{ ...sale, ...ours }], [{ ...sale, ...theirs }])).toEqual([`s1 ${kind}`])
  })

  test.each([
    [0, '20260615', 'matched'],
    [0, '20260616', 'day_shift'],
    [1, '20260616', 'cross_day'],
    [1, '20260614', 'cross_day'],
    [1, '20260617', 'day_shift'],
    [1, '20260701', 'day_shift'],
    [16, '20260701', 'cross_day'],
  ])('REC-007 a tolerance of %i days and %s is %s', (tolerance, day, kind) => {
    expect(kinds([sale], [{ ...sale, day }], tolerance)).toEqual([`s1 ${kind}`])
    if (tolerance > 0)
      expect(kinds([sale], [{ ...sale, day, fee: 1n, status: 'reversed' }], tolerance)).toEqual(['s1 status'])
  })
})

describe('one side alone', () => {
  test('REC-002, REC-003', () => {
    expect(kinds([], [sale])).toEqual(['s1 only_theirs (theirs)'])
    expect(kinds([sale], [])).toEqual(['s1 only_ours (ours)'])
  })
  test('REC-008 what is pending at the day’s end is in transit and no difference', () => {
    expect(kinds([{ ...sale, status: 'pending' }], [])).toEqual(['s1 in_transit (ours)'])
    expect(isDifference('in_transit')).toBe(false)
    // That they do not know is their business: for us it is an item that we lack.
    expect(kinds([], [{ ...sale, status: 'pending' }])).toEqual(['s1 only_theirs (theirs)'])
  })
  test('what moved no money', () => {
    expect(kinds([{ ...sale, status: 'failed' }], [])).toEqual(['s1 net_zero (ours)'])
    expect(kinds([], [{ ...sale, status: 'reversed' }])).toEqual(['s1 net_zero (theirs)'])
    expect(kinds([{ ...sale, status: 'failed' }], [sale])).toEqual(['s1 status'])
  })
})

describe('refunds', () => {
  test('REC-012 match on their own key, however old the sale is', () => {
    expect(kinds([refund], [refund])).toEqual(['r1 matched'])
    expect(kinds([sale, refund], [sale, refund])).toEqual(['r1 matched', 's1 matched'])
  })
  test('of one side alone, by whether anybody has the sale', () => {
    expect(kinds([sale], [sale, refund])).toEqual(['r1 only_theirs (theirs)', 's1 matched'])
    expect(kinds([], [sale, refund])).toEqual(['r1 only_theirs (theirs)', 's1 only_theirs (theirs)'])
    expect(kinds([refund], [])).toEqual(['r1 refund_without_original (ours)'])
    expect(kinds([], [{ ...refund, original: '' }])).toEqual(['r1 refund_without_original (theirs)'])
    const { original: _, ...bare } = refund
    expect(kinds([], [bare])).toEqual(['r1 only_theirs (theirs)'])
  })
})

describe('an item and its reversal', () => {
  test('REC-021 of ours do not hide that they call it a success', () => {
    expect(kinds([sale, back], [sale])).toEqual([
      's1 only_theirs (theirs)',
      's1 net_zero (ours)',
      'v1 net_zero (ours)',
    ])
    expect(kinds([sale], [sale, back])).toEqual([
      's1 only_ours (ours)',
      's1 net_zero (theirs)',
      'v1 net_zero (theirs)',
    ])
  })
  test('are nothing where the other side lists nothing or the same', () => {
    expect(kinds([sale, back], [])).toEqual(['s1 net_zero (ours)', 'v1 net_zero (ours)'])
    expect(kinds([sale, back], [sale, back])).toEqual(['s1 matched', 'v1 matched'])
    expect(kinds([sale, back], [{ ...sale, status: 'reversed' }])).toEqual([
      's1 matched',
      'v1 net_zero (ours)',
    ])
  })
  test('may stand under one id', () => {
    const same = { ...back, transaction: 's1', original: '' }
    expect(kinds([sale, same], [sale])).toEqual([
      's1 only_theirs (theirs)',
      's1 net_zero (ours)',
      's1 net_zero (ours)',
    ])
    expect(kinds([sale, same], [sale, same])).toEqual(['s1 matched', 's1 matched'])
  })
  test.each([
    ['of another amount', { amount: 999n }],
    ['in another currency', { currency: '840' }],
    ['whose own result is unknown', { status: 'pending' as const }],
    ['of something else', { original: 's2' }],
  ])('but not one %s', (_name, change) => {
    const found = kinds([], [sale, { ...back, ...change }])
    expect(found).toEqual(['s1 only_theirs (theirs)', 'v1 only_theirs (theirs)'])
  })
  test('a refund of the whole is no reversal: both are items', () => {
    expect(kinds([], [sale, { ...refund, amount: 1000n }])).toEqual([
      'r1 only_theirs (theirs)',
      's1 only_theirs (theirs)',
    ])
  })
})

describe('keys', () => {
  test.each(['S1', 's1 ', ' s1', 's01', 'ｓ1', 's1\u0000'])('REC-020 “%s” is not s1', (transaction) => {
    expect(kinds([sale], [{ ...sale, transaction }]).length).toBe(2)
  })
  test('STL-008 one that stands twice is said once more; the line that agrees is the one that counts', () => {
    const lines = [{ ...sale, amount: 1n }, sale, { ...sale, amount: 9n }]
    for (const theirs of [lines, lines.toReversed()])
      expect(kinds([sale], theirs)).toEqual(['s1 duplicate (theirs)', 's1 duplicate (theirs)', 's1 matched'])
  })
  test('STL-009 two sales equal in all but the id are two', () => {
    expect(kinds([sale, { ...sale, transaction: 's2' }], [sale])).toEqual([
      's1 matched',
      's2 only_ours (ours)',
    ])
  })
  test('are sorted by their bytes', () => {
    const words = ['a', 'b', 'B', '', 'ab', '中', '\u{fffd}', '😀', '\u{10ffff}', 'a\u{ffff}', 'a😀']
    const sorted = words.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(words.toSorted(byBytes)).toEqual(sorted)
  })
})

describe('what it adds up to', () => {
  const told = (all: readonly Difference[], stand: 'payer' | 'payee' = 'payer') => {
    const sums = tally(stand)
    for (const one of all) sums.add(one)
    return sums.told()
  }
  test('money of each side under its own currency', () => {
    expect(told(reconcile([sale], [{ ...sale, amount: 5n, currency: '840' }])).totals).toEqual([
      { kind: 'currency', currency: '156', count: 1, ours: 1000n, theirs: 0n },
      { kind: 'currency', currency: '840', count: 0, ours: 0n, theirs: 5n },
    ])
  })
  test('REC-018 outgoing and unknown is paid, incoming and unknown is not received', () => {
    const ours: ReconcileItem[] = [
      { ...sale, transaction: 'a' },
      { ...sale, transaction: 'b', amount: 20n, status: 'pending' },
      { ...refund, transaction: 'c', amount: 3n },
      { ...refund, transaction: 'd', amount: 400n, status: 'pending' },
      { ...sale, transaction: 'e', amount: 50_000n, status: 'failed' },
    ]
    const all = reconcile(ours, [])
    expect(told(all).counted).toEqual([
      { currency: '156', paid: 1020n, paidUnproven: 20n, received: 3n, receivedUnproven: 400n },
    ])
    expect(told(all, 'payee').counted).toEqual([
      { currency: '156', paid: 403n, paidUnproven: 400n, received: 1000n, receivedUnproven: 20n },
    ])
  })
  test('a line that stands twice did not move money twice', () => {
    expect(told(reconcile([sale, sale], [sale])).counted[0]?.paid).toBe(1000n)
  })
})
