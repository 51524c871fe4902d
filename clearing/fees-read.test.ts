// Standards are read strictly: each fault with its place, all of them at once, and nothing that is at fault is used.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { charge } from './fees.ts'
import { readFeeStandards } from './fees-read.ts'
import { aRule, aStandard, PARTIES, standardOf } from './fees-testing.ts'

const faultsIn = (from: unknown): readonly string[] => {
  const read = readFeeStandards(from)
  if (read.kind === 'standards') return []
  for (const { said } of read.faults) expect(said.zh !== '' && said.zh !== said.en).toBe(true)
  return read.faults.map(({ place, said }) => `${place}: ${said.en}`)
}
const ofRule = (members: object): readonly string[] =>
  faultsIn({ standards: [aStandard([aRule(members)])] }).map((fault) =>
    fault.replace('standards[0].rules[0].', ''),
  )
const ofTiers = (...amounts: readonly string[]): readonly string[] =>
  ofRule({ tiers: amounts.map((interval) => ({ amounts: interval, perItem: '1' })) }).map((fault) =>
    fault.replace('.amounts', ''),
  )

test('what is read is what was written', () => {
  expect(
    standardOf(aRule({ rate: '0.380%', perItem: '5', min: '8', max: '2000', until: '20270101000000' })),
  ).toEqual({
    name: 'code',
    product: '10001',
    currency: 'CNY',
    refunds: 'returned',
    rules: [
      {
        name: 'service',
        from: '20260101000000',
        until: '20270101000000',
        side: 'inside',
        base: 'paid',
        tiers: [
          { from: 0n, price: { perItem: 5n, percent: { units: 380n, places: 3 }, min: 8n, max: 2000n } },
        ],
        shares: [{ to: 'acquirer', percent: { units: 100n, places: 0 } }],
        remainder: 'acquirer',
      },
    ],
  })
})

describe('values', () => {
  test.each([
    [
      { rate: '0.38' },
      'rate: must be an exact percentage up to 100% as text, as \'0.38%\', of at most 30 digits, and is "0.38"',
    ],
    [{ rate: 0.0038 }, 'and is 0.0038; put numbers in quotes'],
    [{ rate: '100.01%' }, 'rate: must be an exact percentage up to 100%'],
    [{ rate: '-1%' }, 'rate: must be an exact percentage'],
    [{ rate: '1e1%' }, 'rate: must be an exact percentage'],
    [
      { min: 8 },
      "min: must be whole minor units as text, as '8', of at most 18 digits, and is 8; put numbers in quotes",
    ],
    [{ min: '0.5' }, 'min: must be whole minor units'],
    [{ min: '08' }, 'min: must be whole minor units'],
    [{ min: '9', max: '8' }, 'max: must not be below min'],
    [{ from: '20260230000000' }, 'from: must be a Beijing time YYYYMMDDhhmmss'],
    [{ until: '20260101000000' }, 'until: must be later than from'],
    [{ side: 'inner' }, 'side: must be inside or outside, and is "inner"'],
    [{ base: undefined }, 'base: must be order or paid'],
    [{ sides: 'inside' }, 'sides: is no member; there are name, from, until, side'],
    [{ name: 'two words' }, 'name: must be a name without spaces'],
    [{ remainder: 'network' }, 'remainder: must be one of those that have a share: acquirer'],
    [{ shares: [] }, 'shares: must be a list of 1 to 20, and is []'],
    [{ shares: [{ to: 'acquirer', share: '99.99%' }] }, 'shares: must add up to exactly 100%'],
    [
      { shares: ['50%', '50%'].map((share) => ({ to: 'acquirer', share })) },
      'shares: must name each party once',
    ],
    [{ shares: ['acquirer'] }, 'shares[0]: must be members with values, and is "acquirer"'],
  ])('%o', (members, fault) => {
    const faults = ofRule(members)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })

  test('a rule without a price', () => {
    const { rate: _, ...bare } = aRule() as Readonly<Record<string, unknown>>
    expect(faultsIn({ standards: [aStandard([bare])] })[0]).toContain('has no price; write rate')
  })
  test('a price beside intervals', () => {
    const tiers = [{ amounts: '[0, )', perItem: '1' }]
    expect(ofRule({ tiers, rate: '1%' })[0]).toContain('rate: belongs inside the intervals')
  })
})

describe('FEE-008: intervals', () => {
  test.each([
    [['[0, )']],
    [['[0, 100]', '(100, )']],
    [['[0, 100)', '[100, 200]', '(200,300]', '(300, )']],
    // Whole amounts: nothing lies between 100 and 101.
    [['[0, 100]', '[101, )']],
  ])('%j', (amounts) => {
    expect(ofTiers(...amounts)).toEqual([])
  })
  test.each([
    [['[0, 100]', '[100, )'], 'tiers[1]: overlaps the interval before it, so 100 would have two fees'],
    [['[0, 100)', '(100, )'], 'tiers[1]: leaves a gap: 100 to 100 have no fee'],
    [['[1, )'], 'tiers[0]: leaves a gap: 0 to 0 have no fee'],
    [['[0, )', '[100, )'], 'tiers[1]: overlaps the interval before it'],
    [['(100, )', '[0, 100]'], 'tiers[0]: leaves a gap: 0 to 100 have no fee'],
    [['[0, 100]'], 'tiers[0]: is the last interval and has an end'],
    [['[0, ]'], 'tiers[0]: must be an interval'],
    [['[5, 4]'], 'tiers[0]: must be an interval'],
    [['(5, 6)'], 'tiers[0]: must be an interval'],
    [['0-100'], 'tiers[0]: must be an interval'],
  ])('%j: %s', (amounts, fault) => {
    expect(ofTiers(...amounts)[0]).toContain(fault)
  })
})

describe('FEE-007: versions of one fee', () => {
  const versions = (until: string | undefined, from: string): readonly string[] =>
    faultsIn({ standards: [aStandard([aRule(until === undefined ? {} : { until }), aRule({ from })])] })
  test('follow each other', () => {
    expect(versions('20260701000000', '20260701000000')).toEqual([])
    expect(versions(undefined, '20260701000000')[0]).toMatch(
      /^standards\[0\]\.rules\[1\]\.from: overlaps standards\[0\]\.rules\[0\]/,
    )
    expect(versions('20260701000001', '20260701000000')[0]).toContain('overlaps')
    expect(versions('20260630235959', '20260701000000')[0]).toContain(
      'leaves a gap behind standards[0].rules[0], which ends at 20260630235959',
    )
  })
})

describe('standards', () => {
  test.each([
    [undefined, ': must be members with values, and is undefined'],
    [[], ': must be members with values, and is []'],
    [{}, 'standards: is missing; it must be a list of 1 to 1000'],
    [{ standards: [aStandard(), aStandard()] }, 'standards[1]: has the name of an earlier standard'],
    [
      { standards: [aStandard(), aStandard([aRule()], { name: 'b', currency: '156' })] },
      'standards[1]: has product and currency of an earlier standard',
    ],
    [
      { standards: [aStandard([aRule()], { product: '1000a' })] },
      'standards[0].product: must be the first digits',
    ],
    [
      { standards: [aStandard([aRule()], { currency: 'cny' })] },
      'standards[0].currency: must be a known currency',
    ],
    [
      { standards: [aStandard([aRule()], { refunds: 'half' })] },
      'standards[0].refunds: must be returned or kept',
    ],
    [{ standards: [aStandard([])] }, 'standards[0].rules: must be a list of 1 to 50'],
    [{ standards: [aStandard([aRule()], { product: 10_001n })] }, 'and is "10001n"; put numbers in quotes'],
  ])('%#', (from, fault) => {
    expect(faultsIn(from)[0]).toContain(fault)
  })

  test('all faults are told at once', () => {
    const faults = ofRule({ rate: '1', side: 'x', tiers: [{ amounts: '1' }], shares: 'all' })
    expect(new Set(faults.map((fault) => fault.split(':')[0]))).toEqual(
      new Set(['rate', 'shares', 'side', 'tiers[0]', 'tiers[0].amounts']),
    )
    expect(faults).toHaveLength(5)
  })

  test('whatever comes is told, never thrown', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true }),
        fc.constantFrom('top', 'standard', 'rule', 'share'),
        (value, where) => {
          const from = {
            top: value,
            standard: { standards: [value] },
            rule: { standards: [aStandard([value as object])] },
            share: { standards: [aStandard([aRule({ shares: [value] })])] },
          }
          expect(faultsIn(from[where]).length).toBeGreaterThan(0)
        },
      ),
    )
  })
})

test('intervals that are read have exactly one price for every amount', () => {
  const ends = fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(ends, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (drawn, closed) => {
      const sorted = drawn.toSorted((a, b) => a - b)
      const tiers = [...sorted, undefined].map((end, at) => {
        const opens = at === 0 ? '[0' : `${closed[at - 1] === true ? '(' : '['}${sorted[at - 1]}`
        const closes = end === undefined ? ')' : `${end}${closed[at] === true ? ']' : ')'}`
        return { amounts: `${opens}, ${closes}`, perItem: String(at) }
      })
      // Two ends with nothing between them are no interval.
      const read = readFeeStandards({ standards: [aStandard([aRule({ tiers, side: 'outside' })])] })
      fc.pre(read.kind === 'standards')
      const [standard] = read.kind === 'standards' ? read.standards : []
      for (const [at, end] of sorted.entries())
        for (const [amount, price] of [
          [end - 1, at],
          [end, closed[at] === true ? at : at + 1],
          [end + 1, at + 1],
        ] as const) {
          // A neighbour's end is judged with the neighbour.
          if (amount !== end && sorted.includes(amount)) continue
          const paid = BigInt(amount)
          const sale = { time: '20260615120000', order: paid, paid, gross: paid }
          expect(standard && charge(standard, sale, PARTIES).rows[0]?.fee).toBe(BigInt(price))
        }
    }),
  )
})
