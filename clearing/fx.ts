// Foreign currency: a quote fixes both amounts before anybody is debited, and everything that follows from the payment is
// computed from that quote: the debit, every refund, and what the institution gains or loses by funding at another rate.
// Amounts are whole minor units, the rate is an exact decimal; HALF_UP once, in `convert`, for every side (XBR-009).
import {
  type Currency,
  CURRENCIES,
  type Decimal,
  type Money,
  money,
  multiplyHalfUp,
  parseCurrency,
} from '../money/money.ts'
import type { Text } from '../wire/wire.ts'
import type { ClearingItem } from './item.ts'

type Instant = number

/** `from` is what the merchant asks for and is settled in, `to` what the payer is debited. */
export type Quote = {
  readonly id: string
  readonly from: Money
  readonly to: Money
  /** Units of `to` for one of `from`. */
  readonly rate: Decimal
  /** Good before this instant; at it, no longer. */
  readonly validUntil: Instant
}

/** XBR-004, 005, 016: digits come from the table of currencies, and no step is a binary fraction. */
export function convert(amount: Money, rate: Decimal, to: Currency): Money {
  const shift = CURRENCIES[to].digits - CURRENCIES[amount.currency].digits
  return money(multiplyHalfUp(amount.minor, rate, shift), to)
}

export function quoteFor(
  from: Money,
  to: Currency,
  { id, rate, validUntil }: Pick<Quote, 'id' | 'rate' | 'validUntil'>,
): Quote {
  return { id, from, to: convert(from, rate, to), rate, validUntil }
}

export type Refused<Class extends string> = {
  readonly kind: 'refused'
  readonly class: Class
  readonly said: Text
}

/** `156` and `CNY` are one currency; whatever is spelt otherwise is refused and nothing is put in its place (XBR-014). */
export function currencyOf(text: string): Currency | Refused<'REJ-FORMAT'> {
  return (
    parseCurrency(text) ?? {
      kind: 'refused',
      class: 'REJ-FORMAT',
      said: {
        zh: `币种 ${JSON.stringify(text)} 无法识别：应为 ISO 4217 的三位数字或三个大写字母，如 156 或 CNY`,
        en: `nobody knows the currency ${JSON.stringify(text)}; write the three digits or capitals of ISO 4217, as 156 or CNY`,
      },
    }
  )
}

/** What is wrong with a quote that came from elsewhere: its amounts are the rate's, or nobody pays with it. */
export function quoteFault({ id, from, to, rate }: Quote): Text | undefined {
  const due = convert(from, rate, to.currency)
  if (from.currency === to.currency)
    return {
      zh: `报价 ${id} 两个币种相同（${to.currency}）：同币种支付不需要报价`,
      en: `quote ${id} has ${to.currency} on both sides; a payment in one currency needs none`,
    }
  if (rate.units === 0n || due.minor !== to.minor)
    return {
      zh: `报价 ${id} 的金额与汇率不符：${from.minor} ${from.currency} 按汇率四舍五入应为 ${due.minor} ${to.currency} 最小单位，报价为 ${to.minor}`,
      en: `the amounts of quote ${id} are not its rate’s: ${from.minor} minor units of ${from.currency} are ${due.minor} of ${to.currency}, and the quote says ${to.minor}`,
    }
  return undefined
}

export type QuoteUse = {
  readonly now: Instant
  /** What the payment is for. */
  readonly from: Money
  /** The payment that the quote was used for before, if any. */
  readonly usedBy?: string
  readonly payment: string
}

/** The debit is what the quote showed, to the minor unit, or there is none (XBR-001, XBR-002). The same payment, sent again,
 *  finds its own quote. */
export function payWithQuote(quote: Quote, use: QuoteUse): Money | Refused<'DECL-QUOTE'> {
  const refused = (said: Text): Refused<'DECL-QUOTE'> => ({ kind: 'refused', class: 'DECL-QUOTE', said })
  const { from, id, to, validUntil } = quote
  if (use.usedBy !== undefined)
    return use.usedBy === use.payment
      ? to
      : refused({
          zh: `报价 ${id} 已用于交易 ${use.usedBy}：一个报价只用一次，请取新报价`,
          en: `quote ${id} was used for payment ${use.usedBy}; a quote is good once, so ask for another`,
        })
  if (use.from.currency !== from.currency || use.from.minor !== from.minor)
    return refused({
      zh: `报价 ${id} 是 ${from.minor} ${from.currency}，支付是 ${use.from.minor} ${use.from.currency}：请按支付金额取新报价`,
      en: `quote ${id} is for ${from.minor} ${from.currency} and the payment for ${use.from.minor} ${use.from.currency}; ask for a quote of that amount`,
    })
  if (use.now >= validUntil)
    return refused({
      zh: `报价 ${id} 已过期：请向用户展示新报价后再扣款`,
      en: `quote ${id} is no longer good; show the payer a new one before the debit`,
    })
  return to
}

/** What has been refunded before and what is refunded now, in the merchant's currency. */
export type FxRefund = { readonly before: bigint; readonly now: bigint }

/** A refund at the rate of the sale: the payer gets the same part of what was debited as the merchant gives back, by
 *  cumulative floor; the last refund takes the remainder, so both sums are exact (XBR-006, XBR-007). */
export function refundAtQuote(
  { from, to, id }: Quote,
  { before, now }: FxRefund,
): Pick<Quote, 'from' | 'to'> {
  if (before < 0n || now < 0n || before + now > from.minor)
    throw new Error(`cannot refund ${now} of ${from.minor} at quote ${id} after ${before}`)
  const upTo = (refunded: bigint): bigint => (from.minor === 0n ? 0n : (to.minor * refunded) / from.minor)
  return {
    from: money(now, from.currency),
    to: money(upTo(before + now) - upTo(before), to.currency),
  }
}

/** The columns of a clearing item whose merchant is settled in its own currency (XBR-003). */
export function settledColumns(
  quote: Pick<Quote, 'id' | 'from' | 'to'>,
): Pick<ClearingItem, 'amount' | 'currency'> & Required<Pick<ClearingItem, 'settled'>> {
  return {
    amount: quote.to.minor,
    currency: CURRENCIES[quote.to.currency].numeric,
    settled: {
      amount: quote.from.minor,
      currency: CURRENCIES[quote.from.currency].numeric,
      quote: quote.id,
    },
  }
}

export type Funding = {
  /** What the foreign amount costs at the institution's own rate. */
  readonly cost: Money
  /** Above zero gained, below zero lost. */
  readonly difference: bigint
  /** What moves it off CLR, where the payer's money and the cost meet; none where they are equal. */
  readonly posting?: {
    readonly debit: 'CLR' | 'FXG'
    readonly credit: 'CLR' | 'FXG'
    readonly amount: bigint
  }
}

/** What lies between what payers were debited and what the foreign currency costs stays with the institution, on FXG; payer
 *  and merchant keep the quote (XBR-008). `of` may be one item, or the sums of a day: the institution funds as it likes.
 *  `back` is for refunds, where the institution gives at the quote and is paid back at its own rate. */
export function fundedAt(
  of: Pick<Quote, 'from' | 'to'>,
  rate: Decimal,
  direction: 'out' | 'back' = 'out',
): Funding {
  const cost = convert(of.from, rate, of.to.currency)
  const difference = direction === 'out' ? of.to.minor - cost.minor : cost.minor - of.to.minor
  if (difference === 0n) return { cost, difference }
  return {
    cost,
    difference,
    posting:
      difference > 0n
        ? { debit: 'CLR', credit: 'FXG', amount: difference }
        : { debit: 'FXG', credit: 'CLR', amount: -difference },
  }
}
