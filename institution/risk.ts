// Risk rules as data: each looks at the payment's surroundings and the user's pace, and the first that hits decides.
// What a rule declined stays declined under its key; what it challenged is asked of the user (LIM-015).
import type { Rows } from '../store/store.ts'
import { beijingTime } from '../wire/wire.ts'
import { paceOf } from './limits.ts'
import type { Payment } from './records.ts'

export type RiskRule = {
  readonly id: string
  readonly when: {
    /** Above this amount. */
    readonly above?: bigint
    readonly category?: string
    readonly merchant?: string
    /** A province takes its regions with it. */
    readonly region?: string
    /** Beijing hours, the last one not included; from 23 to 5 goes over midnight. */
    readonly hours?: { readonly from: number; readonly to: number }
    /** More payments, or more money, than this within so many minutes, this one included. */
    readonly pace?: { readonly minutes: number; readonly count?: number; readonly amount?: bigint }
  }
  readonly act: 'decline' | 'challenge' | 'pass'
}

/** What an institution begins with. Ours. */
export const DEFAULT_RULES: readonly RiskRule[] = [
  { id: 'night-large', when: { hours: { from: 1, to: 5 }, above: 300_000n }, act: 'challenge' },
  { id: 'burst', when: { pace: { minutes: 10, amount: 2_000_000n } }, act: 'challenge' },
]

/** The first rule that hits; undefined when none does. */
export const ruleFor = (rules: readonly RiskRule[], rows: Rows, payment: Payment): RiskRule | undefined =>
  rules.find(({ when }) => hits(when, rows, payment))

function hits(when: RiskRule['when'], rows: Rows, payment: Payment): boolean {
  const { above, category, merchant, region, hours, pace } = when
  if (above !== undefined && payment.amount <= above) return false
  if (category !== undefined && payment.merchantCategory !== category) return false
  if (merchant !== undefined && payment.merchant !== merchant) return false
  if (region !== undefined && payment.region?.startsWith(region) !== true) return false
  if (hours !== undefined && !inHours(hours, payment.at)) return false
  return pace === undefined || tooFast(pace, rows, payment)
}

function inHours({ from, to }: { from: number; to: number }, at: number): boolean {
  const hour = Number(beijingTime(at).slice(8, 10))
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to
}

function tooFast(
  { minutes, count, amount }: NonNullable<RiskRule['when']['pace']>,
  rows: Rows,
  payment: Payment,
): boolean {
  const recent = paceOf(rows, payment.user, payment.at, minutes)
  return (
    (count !== undefined && recent.count + 1 > count) ||
    (amount !== undefined && recent.amount + payment.amount > amount)
  )
}
