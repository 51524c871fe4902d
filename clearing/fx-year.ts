// A person's yearly quota of foreign exchange, counted in USD by the calendar year of the payment, Beijing (XBR-011; 50,000 USD
// by sources/002). What a payment counts for is kept with it: a refund gives back that much, at no other day's rate.
import type { Decimal, Money } from '../money/money.ts'
import type { Text } from '../wire/wire.ts'
import { convert, type Refused } from './fx.ts'

/** Minor units of USD. */
const YEARLY_QUOTA_USD = 5_000_000n

/** Minor units of USD used by year, YYYY. Around New Year payments of both are under way. */
export type YearUse = Readonly<Record<string, bigint>>

export type YearPayment = {
  /** YYYYMMDD, Beijing. */
  readonly day: string
  readonly amount: Money
  /** USD for one of the amount's currency. */
  readonly toUsd: Decimal
}

export type YearDecision =
  | { readonly kind: 'within'; readonly counts: bigint; readonly use: YearUse }
  | Refused<'DECL-LIMIT'>

export function countYear(
  use: YearUse,
  payment: YearPayment,
  quota: bigint = YEARLY_QUOTA_USD,
): YearDecision {
  const year = payment.day.slice(0, 4)
  const used = use[year] ?? 0n
  const counts = convert(payment.amount, payment.toUsd, 'USD').minor
  if (used + counts <= quota) return { kind: 'within', counts, use: { ...use, [year]: used + counts } }
  return { kind: 'refused', class: 'DECL-LIMIT', said: over(year, quota - used, counts) }
}

const over = (year: string, left: bigint, counts: bigint): Text => ({
  zh: `超过 ${year} 年度个人外汇额度：还可用 ${left} 美分，本笔折合 ${counts} 美分；请减小金额或等到下一年度`,
  en: `over the person’s foreign exchange quota of ${year}: ${left} US cents are left and this counts for ${counts}; pay less or wait for the next year`,
})

/** What a refund gives back of what its sale counted for: cumulative floor, the last takes the rest, in the
 *  year of the sale. Whether a refund gives back at all is the profile's choice. */
export function giveBackYear(
  use: YearUse,
  sale: { readonly day: string; readonly counts: bigint; readonly amount: bigint },
  { before, now }: { readonly before: bigint; readonly now: bigint },
): YearUse {
  if (before < 0n || now < 0n || before + now > sale.amount)
    throw new Error(`cannot refund ${now} of ${sale.amount} after ${before}`)
  const upTo = (refunded: bigint): bigint =>
    sale.amount === 0n ? 0n : (sale.counts * refunded) / sale.amount
  const year = sale.day.slice(0, 4)
  return { ...use, [year]: (use[year] ?? 0n) - (upTo(before + now) - upTo(before)) }
}
