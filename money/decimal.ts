// Exact decimals for rates and shares: a whole number and how many of its digits stand behind the point. No `number` ever
// holds a rate, so none is lost at 1e9 times eight or more decimals (XBR-016).

export type Decimal = { readonly units: bigint; readonly places: number }

/** More digits than any published rate has; the limit keeps what is read bounded. */
export const DECIMAL_DIGITS_MAX = 30

/** "4.2831" → 42831 with 4 places. Undefined for a sign, an exponent, a bare point or leading zeroes. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text)
  if (match === null || text.length > DECIMAL_DIGITS_MAX + 1) return undefined
  const [, whole = '', fraction = ''] = match
  return { units: BigInt(whole + fraction), places: fraction.length }
}

/** The nearest whole number to dividend / divisor; a half goes up. Neither is below zero: a sign is the kind of an item. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  if (dividend < 0n || divisor <= 0n) throw new Error(`no rounding of ${dividend} / ${divisor}`)
  return (2n * dividend + divisor) / (2n * divisor)
}

/** amount × factor × 10^shift, rounded once. `shift` is the difference in digits of two currencies, -2 for a percentage. */
export function multiplyHalfUp(amount: bigint, factor: Decimal, shift = 0): bigint {
  if (amount < 0n) throw new Error(`no rounding of ${amount}`)
  const power = shift - factor.places
  const product = amount * factor.units
  return power >= 0 ? product * 10n ** BigInt(power) : divideHalfUp(product, 10n ** BigInt(-power))
}
