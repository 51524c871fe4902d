// Amounts: a whole number of minor units with its currency. No `number` ever holds one.
// Rounding, where a rule needs it, is in the function's name.
export {
  type Decimal,
  DECIMAL_DIGITS_MAX,
  divideHalfUp,
  multiplyHalfUp,
  parseDecimal,
} from './decimal.ts'

/** ISO 4217: alphabetic code, numeric code, digits of the minor unit. */
export const CURRENCIES = {
  CNY: { numeric: '156', digits: 2 },
  EUR: { numeric: '978', digits: 2 },
  GBP: { numeric: '826', digits: 2 },
  HKD: { numeric: '344', digits: 2 },
  JPY: { numeric: '392', digits: 0 },
  KRW: { numeric: '410', digits: 0 },
  KWD: { numeric: '414', digits: 3 },
  NZD: { numeric: '554', digits: 2 },
  USD: { numeric: '840', digits: 2 },
} as const
export type Currency = keyof typeof CURRENCIES

export type Money = { readonly minor: bigint; readonly currency: Currency }

export function money(minor: bigint, currency: Currency): Money {
  return { minor, currency }
}

export function currencyOfNumeric(numeric: string): Currency | undefined {
  return (Object.keys(CURRENCIES) as Currency[]).find((code) => CURRENCIES[code].numeric === numeric)
}

/** `156` and `CNY` are one currency; `cny`, a blank and what the table lacks are none (XBR-014). */
export function parseCurrency(text: string): Currency | undefined {
  return Object.hasOwn(CURRENCIES, text) ? (text as Currency) : currencyOfNumeric(text)
}

/** 1234n CNY → "12.34"; 5n JPY → "5". For people; messages carry minor units. */
export function formatMajor({ minor, currency }: Money): string {
  const digits = CURRENCIES[currency].digits
  const sign = minor < 0n ? '-' : ''
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0')
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** "12.34" → 1234n. Undefined for anything but plain digits with at most the currency's decimals (RFD-025). */
export function parseMajor(text: string, currency: Currency): Money | undefined {
  const { digits } = CURRENCIES[currency]
  const match = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  if (fraction.length > digits) return undefined
  return money(BigInt(whole + fraction.padEnd(digits, '0')), currency)
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n
  for (const amount of amounts) total += amount
  return total
}
