// Fee rules as data. Several rules are grouped into one standard per product, and a payment names its standard: a fee that is
// new is one more rule and one more row, never one more column (sources/004, 3.6). `fees-read.ts` reads them, `fees.ts` applies them.
import type { Currency, Decimal } from '../money/money.ts'

/** 内收: taken out of what the merchant receives. 外收: paid by the payer on top. */
export const FEE_SIDES = ['inside', 'outside'] as const
export type FeeSide = (typeof FEE_SIDES)[number]

/** What a rate and an interval look at: the amount of the order, or what is paid of it after discounts (FEE-010). */
export const FEE_BASES = ['order', 'paid'] as const
export type FeeBase = (typeof FEE_BASES)[number]

/** Whether a refund gives the fee back in proportion or the merchant keeps owing it (FEE-005). */
export const FEE_REFUNDS = ['returned', 'kept'] as const
export type FeeRefund = (typeof FEE_REFUNDS)[number]

/** Parties that a standard can name before it knows whose payment it is; any other `to` is a party's own number. */
export const FEE_ROLES = ['acquirer', 'institution', 'network'] as const
export type FeeRole = (typeof FEE_ROLES)[number]

/** What one item costs: `rate` of the base, HALF_UP once, plus `perItem`; then not below `min` and not above `max`. */
export type FeePrice = {
  readonly perItem: bigint
  /** Of a hundred: 0.38 % is 0.38. */
  readonly percent: Decimal
  readonly min?: bigint
  readonly max?: bigint
}

/** Whole minor units from `from` to `to`, both of them inside; without `to` there is no end. */
export type FeeTier = { readonly from: bigint; readonly to?: bigint; readonly price: FeePrice }

export type FeeRule = {
  /** Rules of one name are versions of one fee, one after the other. */
  readonly name: string
  /** YYYYMMDDhhmmss, Beijing: from this second on. */
  readonly from: string
  /** Up to this second, which is the first of the next version. */
  readonly until?: string
  readonly side: FeeSide
  readonly base: FeeBase
  /** From nothing up without gap or overlap. A rule without intervals has one. */
  readonly tiers: readonly FeeTier[]
  /** Of a hundred, together a hundred. */
  readonly shares: readonly { readonly to: string; readonly percent: Decimal }[]
  /** Who of them gets the minor units that no share comes to. */
  readonly remainder: string
}

/** The product of payments that no other standard is for. */
export const ANY_PRODUCT = '*'

export type FeeStandard = {
  readonly name: string
  /** What the business code (四码一号) begins with, or ANY_PRODUCT. */
  readonly product: string
  readonly currency: Currency
  readonly refunds: FeeRefund
  readonly rules: readonly FeeRule[]
}

export type Payment = {
  /** YYYYMMDDhhmmss, Beijing: when the payment was made, not when it is cleared. */
  readonly time: string
  readonly business?: string
  readonly currency: Currency
}

/** The standard of a payment: of those its business code begins with and that had a rule at its time, the one that says
 *  most. Undefined: nobody has said what it costs. */
export function standardFor(
  standards: readonly FeeStandard[],
  { time, business = '', currency }: Payment,
): FeeStandard | undefined {
  const digits = ({ product }: FeeStandard): number => (product === ANY_PRODUCT ? 0 : product.length)
  return standards
    .filter((standard) => standard.currency === currency)
    .filter(({ product }) => product === ANY_PRODUCT || business.startsWith(product))
    .filter(({ rules }) => rules.some((rule) => holds(rule, time)))
    .sort((a, b) => digits(b) - digits(a))[0]
}

/** Times are digits of one length, so their order is that of their text. */
export const holds = ({ from, until }: FeeRule, time: string): boolean =>
  from <= time && (until === undefined || time < until)
