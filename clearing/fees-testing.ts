// For tests of fees: a standard with one rule, and what is different about it.
import { readFeeStandards } from './fees-read.ts'
import type { FeeStandard } from './fees-standard.ts'

export const PARTIES = { acquirer: '48000001', institution: '62010001', network: '00010000' }

/** A rule with intervals has its prices there. */
export const aRule = (members: object = {}): object => ({
  name: 'service',
  from: '20260101000000',
  side: 'inside',
  base: 'paid',
  ...('tiers' in members ? {} : { rate: '0.38%' }),
  shares: [{ to: 'acquirer', share: '100%' }],
  remainder: 'acquirer',
  ...members,
})

export const aStandard = (rules: readonly object[] = [aRule()], members: object = {}): object => ({
  name: 'code',
  product: '10001',
  currency: 'CNY',
  refunds: 'returned',
  rules,
  ...members,
})

export function standardOf(...rules: readonly object[]): FeeStandard {
  return readStandard(aStandard(rules))
}

export function readStandard(standard: object): FeeStandard {
  const read = readFeeStandards({ standards: [standard] })
  const [only] = read.kind === 'standards' ? read.standards : []
  if (only === undefined) throw new Error(`refused: ${JSON.stringify(read)}`)
  return only
}
