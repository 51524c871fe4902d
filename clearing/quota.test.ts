// The quota at the switch: the catalogue's case, settlement, and INV-36 over drawn histories.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjust, available, book, netDebit, openQuota, payWithin, type Quota } from './quota.ts'

const DAY = '20260615'
const NEXT = '20260616'
const paid = (quota: Quota, amount: bigint, day = DAY): Quota => book(quota, { day, payment: amount })

describe('STL-020: granted 10000, net debit 9500', () => {
  const quota = paid(openQuota(10_000n), 9500n)

  test('a sale of 600 is declined, and somebody is told to raise it', () => {
    expect(payWithin(quota, 'decline', { day: DAY, amount: 600n })).toEqual({
      kind: 'declined',
      class: 'DECL-QUOTA',
      alarm: {
        zh: '可支取额度不足：可用 500，本笔 600；请机构调增额度映射，至少增加 100',
        en: 'the quota at the switch is short: 500 available, 600 asked for; have the institution raise it by 100 or more',
      },
    })
  })
  test('a sale of 500 is not', () => {
    expect(payWithin(quota, 'decline', { day: DAY, amount: 500n })).toMatchObject({ kind: 'covered' })
  })
  test('where the profile only warns, it is paid and told', () => {
    const warned = payWithin(quota, 'warn', { day: DAY, amount: 600n })
    expect(warned).toMatchObject({ kind: 'warned', alarm: { en: expect.stringContaining('by 100 or more') } })
    expect(warned.kind === 'warned' && available(warned.quota, DAY)).toBe(-100n)
  })
  test('a receipt counts at once, a raise as well', () => {
    expect(available(book(quota, { day: DAY, receipt: 100n }), DAY)).toBe(600n)
    const raised = adjust(quota, 10_100n)
    expect(
      raised.kind === 'adjusted' && payWithin(raised.quota, 'decline', { day: DAY, amount: 600n }).kind,
    ).toBe('covered')
  })
})

describe('over days', () => {
  test('what is not settled stays taken, settlement restores it', () => {
    const first = paid(openQuota(10_000n), 9500n)
    expect(available(first, NEXT)).toBe(500n)
    const settled = book(first, { day: DAY, settled: 9500n })
    expect(settled).toEqual(openQuota(10_000n))
    expect(available(settled, NEXT)).toBe(10_000n)
  })
  test('settled in part', () => {
    const part = book(paid(openQuota(10_000n), 9500n), { day: DAY, settled: 9000n })
    expect([netDebit(part, DAY), available(part, NEXT)]).toEqual([500n, 9500n])
  })
  test('what is to be received for another day is not money yet', () => {
    const owed = book(openQuota(10_000n), { day: DAY, receipt: 700n })
    expect([available(owed, DAY), available(owed, NEXT)]).toEqual([10_700n, 10_000n])
    expect(book(owed, { day: DAY, settled: -700n })).toEqual(openQuota(10_000n))
  })
  test('lowered no further than what is taken', () => {
    const quota = paid(openQuota(10_000n), 9500n)
    expect(adjust(quota, 9500n)).toMatchObject({ kind: 'adjusted' })
    expect(adjust(quota, 9499n)).toMatchObject({
      kind: 'refused',
      said: { en: expect.stringContaining('take 9500') },
    })
    expect(adjust(openQuota(0n), -1n)).toMatchObject({ kind: 'refused' })
    // Under `warn` more may be taken than was granted; a raise that does not reach it is still a raise.
    expect(adjust(paid(openQuota(100n), 500n), 200n)).toMatchObject({ kind: 'adjusted' })
  })
})

test('INV-36: no day’s net debit is ever above what is granted then', () => {
  const day = fc.constantFrom(DAY, NEXT, '20260617')
  const step = fc.oneof(
    fc.record({ do: fc.constant('pay' as const), day, amount: fc.bigInt({ min: 1n, max: 4000n }) }),
    fc.record({ do: fc.constant('receipt' as const), day, amount: fc.bigInt({ min: 1n, max: 2000n }) }),
    fc.record({ do: fc.constant('settle' as const), day }),
    fc.record({ do: fc.constant('adjust' as const), to: fc.bigInt({ min: 0n, max: 12_000n }) }),
  )
  let [declined, settled] = [0, 0]
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let quota = openQuota(10_000n)
      for (const one of steps) {
        if (one.do === 'receipt') quota = book(quota, { day: one.day, receipt: one.amount })
        else if (one.do === 'settle') {
          settled += 1
          quota = book(quota, { day: one.day, settled: netDebit(quota, one.day) })
        } else if (one.do === 'adjust') {
          const adjusted = adjust(quota, one.to)
          if (adjusted.kind === 'adjusted') ({ quota } = adjusted)
        } else {
          const decision = payWithin(quota, 'decline', one)
          // What is declined would have been above the quota: refusing too much is a fault as well.
          expect(decision.kind === 'covered').toBe(one.amount <= available(quota, one.day))
          if (decision.kind === 'covered') ({ quota } = decision)
          else declined += 1
        }
        const owed = [DAY, NEXT, '20260617'].map((d) => netDebit(quota, d)).filter((net) => net > 0n)
        expect(owed.reduce((sum, net) => sum + net, 0n) <= quota.granted).toBe(true)
      }
    }),
    { numRuns: 200 },
  )
  expect(declined > 0 && settled > 0).toBe(true)
})
