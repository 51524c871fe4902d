// What an item is charged, who gets it, and what goes back. A fee is computed once, by the rules that held when the payment
// was made, and kept with the item as rows; a refund reads those rows and never a rule (FEE-007). Money is whole minor units.
import { type Decimal, multiplyHalfUp, sum } from '../money/money.ts'
import {
  type FeePrice,
  type FeeRefund,
  type FeeRole,
  type FeeRule,
  type FeeSide,
  type FeeStandard,
  holds,
} from './fees-standard.ts'
import { type ClearingItem, type FeeShare, paysOut } from './item.ts'

/** One fee of one item (FEE-011). */
export type FeeRow = {
  readonly rule: string
  readonly side: FeeSide
  readonly fee: bigint
  /** Together the fee. Whoever takes what is over stands last. */
  readonly shares: readonly FeeShare[]
}

/** Kept with the item: what a refund does to the fee is the sale's affair, like its rates. */
export type Charge = {
  readonly standard: string
  readonly refunds: FeeRefund
  readonly rows: readonly FeeRow[]
}

export type Sale = {
  /** YYYYMMDDhhmmss, Beijing: when the payment was made, not when it is cleared. */
  readonly time: string
  readonly order: bigint
  /** What the payer pays of the order after discounts. */
  readonly paid: bigint
  /** What the merchant's side receives before fees: what was paid and what sponsors bear. */
  readonly gross: bigint
}

/** Rules in their order; what is taken inside never exceeds what the merchant's side receives (FEE-003). */
export function charge(
  standard: FeeStandard,
  sale: Sale,
  parties: Readonly<Record<FeeRole, string>>,
): Charge {
  const rows: FeeRow[] = []
  let left = sale.gross
  for (const rule of standard.rules) {
    if (!holds(rule, sale.time)) continue
    const asked = priced(rule, sale[rule.base])
    const fee = rule.side === 'inside' && asked > left ? left : asked
    if (rule.side === 'inside') left -= fee
    rows.push({ rule: rule.name, side: rule.side, fee, shares: split(rule, fee, parties) })
  }
  return { standard: standard.name, refunds: standard.refunds, rows }
}

function priced({ name, tiers }: FeeRule, base: bigint): bigint {
  const tier = tiers.find(({ from, to }) => from <= base && (to === undefined || base <= to))
  if (tier === undefined) throw new Error(`fee rule ${name} has no interval for ${base}`)
  return within(tier.price, multiplyHalfUp(base, tier.price.percent, OF_A_HUNDRED) + tier.price.perItem)
}

const OF_A_HUNDRED = -2

function within({ min, max }: FeePrice, fee: bigint): bigint {
  const least = min !== undefined && fee < min ? min : fee
  return max !== undefined && least > max ? max : least
}

/** Each share rounded down; what is over goes to the party that the rule names (FEE-004). */
function split(
  { shares, remainder }: FeeRule,
  fee: bigint,
  parties: Readonly<Record<FeeRole, string>>,
): readonly FeeShare[] {
  const named = (to: string): string => (Object.hasOwn(parties, to) ? parties[to as FeeRole] : to)
  const others = shares
    .filter(({ to }) => to !== remainder)
    .map(({ to, percent }) => ({ to: named(to), amount: shareOf(fee, percent) }))
  return [...others, { to: named(remainder), amount: fee - sum(others.map(({ amount }) => amount)) }]
}

const shareOf = (fee: bigint, { units, places }: Decimal): bigint =>
  (fee * units) / 10n ** BigInt(places - OF_A_HUNDRED)

/** What goes back when an item is undone by void or reversal: all of the fee that has not gone back before (FEE-009). */
export function wholeBack(charged: Charge, returned: readonly Charge[] = []): Charge {
  const rows = charged.rows.map((row, at) => {
    const before = returned.map(({ rows }) => rows[at])
    const shares = row.shares.map(({ to, amount }, index) => ({
      to,
      amount: amount - sum(before.map((gone) => gone?.shares[index]?.amount ?? 0n)),
    }))
    return { ...row, fee: sum(shares.map(({ amount }) => amount)), shares }
  })
  return { ...charged, rows }
}

/** What has been refunded of the sale's gross before, and what is refunded now. */
export type RefundPart = { readonly gross: bigint; readonly before: bigint; readonly now: bigint }

/** What goes back with one of several refunds: each fee in proportion to all that was refunded up to now, rounded down,
 *  less what went back before. So it is never more than was charged, and the last refund takes the rest (FEE-005). */
export function refundBack(charged: Charge, part: RefundPart): Charge {
  const { gross, before, now } = part
  if (before < 0n || now < 0n || gross <= 0n || before + now > gross)
    throw new Error(`cannot refund ${now} of ${gross} after ${before}`)
  const upTo = (row: FeeRow, refunded: bigint): readonly bigint[] =>
    firstOf(row, charged.refunds === 'kept' ? 0n : (row.fee * refunded) / gross)
  const rows = charged.rows.map((row) => {
    const [then, until] = [upTo(row, before), upTo(row, before + now)]
    const shares = row.shares.map(({ to }, index) => ({
      to,
      amount: (until[index] ?? 0n) - (then[index] ?? 0n),
    }))
    return { ...row, fee: sum(shares.map(({ amount }) => amount)), shares }
  })
  return { ...charged, rows }
}

/** How the first `returned` units of a fee lie over its shares. The last share keeps what rounding down leaves of the whole,
 *  then the last but one of the rest, and so on: one unit more is one unit more of exactly one share, so no share ever
 *  shrinks, and with the whole fee each is exactly what it was. */
function firstOf({ fee, shares }: FeeRow, returned: bigint): readonly bigint[] {
  const parts: bigint[] = []
  let [whole, left] = [fee, returned]
  for (const { amount } of shares.toReversed()) {
    const earlier = whole === 0n ? 0n : (left * (whole - amount)) / whole
    parts.unshift(left - earlier)
    whole -= amount
    left = earlier
  }
  return parts
}

export const feeTotal = ({ rows }: Charge, side?: FeeSide): bigint =>
  sum(rows.filter((row) => side === undefined || row.side === side).map(({ fee }) => fee))

/** What the payer pays and what the merchant's side is left with, as 内收 and 外收 say (FEE-006). */
export function sidesOf(charged: Charge, { paid, gross }: Sale): { payerPays: bigint; merchantNet: bigint } {
  return {
    payerPays: paid + feeTotal(charged, 'outside'),
    merchantNet: gross - feeTotal(charged, 'inside'),
  }
}

/** The columns of a clearing item. An outside fee comes in with the amount and goes out with the fee, so that amount less
 *  fee is the merchant's net in either mode. `gross` is the sale's, or what is given back of it. */
export function itemColumns(
  charged: Charge,
  gross: bigint,
): Required<Pick<ClearingItem, 'amount' | 'fee' | 'shares'>> {
  const shares = new Map<string, bigint>()
  for (const row of charged.rows)
    for (const { to, amount } of row.shares) shares.set(to, (shares.get(to) ?? 0n) + amount)
  return {
    amount: gross + feeTotal(charged, 'outside'),
    fee: feeTotal(charged),
    shares: [...shares].filter(([, amount]) => amount > 0n).map(([to, amount]) => ({ to, amount })),
  }
}

/** What a party is charged, minus what it got back, is the fee of the day: the sum of its items, never a rate of a total (FEE-002). */
export type DayFees = {
  readonly currency: string
  readonly charged: bigint
  readonly returned: bigint
  /** Who is left with it; together charged minus returned. */
  readonly shares: readonly FeeShare[]
}

export function dayFees(items: Iterable<ClearingItem>): readonly DayFees[] {
  const days = new Map<string, { charged: bigint; returned: bigint; shares: Map<string, bigint> }>()
  for (const { kind, currency, fee, shares } of items) {
    if (sum(shares.map(({ amount }) => amount)) !== fee)
      throw new Error(`the shares of a fee of ${fee} do not add up to it`)
    const day = days.get(currency) ?? { charged: 0n, returned: 0n, shares: new Map<string, bigint>() }
    days.set(currency, day)
    const forth = paysOut(kind)
    if (forth) day.charged += fee
    else day.returned += fee
    for (const { to, amount } of shares)
      day.shares.set(to, (day.shares.get(to) ?? 0n) + (forth ? amount : -amount))
  }
  return [...days]
    .map(([currency, { shares, ...day }]) => ({
      currency,
      ...day,
      shares: [...shares].map(([to, amount]) => ({ to, amount })).sort((a, b) => (a.to < b.to ? -1 : 1)),
    }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))
}
