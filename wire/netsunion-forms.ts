// Forms of the NetsUnion-like network: how a value of the field rows is written there, and read back. What is garbage before
// stays garbage after, so that a wrong value is refused by whoever reads it and never put right on the way.
import {
  currencyOfNumeric,
  CURRENCIES,
  type Currency,
  formatMajor,
  money,
  parseMajor,
} from '../money/money.ts'
import type { Text } from './classes.ts'

export type FormName = 'as it is' | 'decimal' | 'time' | 'batch' | 'transaction' | 'party' | 'status' | 'card'

export type Form = {
  told(text: string): string
  /** Undefined for what cannot be such a value. */
  heard(text: string): string | undefined
  readonly rule: Text
}

const AS_IT_IS: Form = { told: (text) => text, heard: (text) => text, rule: { zh: '文本', en: 'text' } }

const PLACES = 2

/** "1000" → "10.00"; "5" → "0.05". */
const toDecimal = (minor: string): string => {
  const text = minor.padStart(PLACES + 1, '0')
  return `${text.slice(0, -PLACES)}.${text.slice(-PLACES)}`
}

/** "10.00" → "1000". One decimal place, three, a sign, a leading zero and an exponent are no amounts here. */
const fromDecimal = (text: string): string | undefined => {
  const match = /^(0|[1-9][0-9]*)\.([0-9]{2})$/.exec(text)
  if (match === null) return undefined
  const [, whole = '', cents = ''] = match
  return (whole + cents).replace(/^0+(?=[0-9])/, '')
}

const WHOLE = /^(0|[1-9][0-9]*)$/

const decimal: Form = {
  told: (text) => (WHOLE.test(text) ? toDecimal(text) : text),
  heard: fromDecimal,
  rule: { zh: '元为单位，恰好两位小数，如 10.00', en: 'a decimal with exactly two places, as 10.00' },
}

const time: Form = {
  told: (text) => text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6'),
  heard: (text) => {
    const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text)
    return match === null ? undefined : match.slice(1).join('')
  },
  rule: {
    zh: '北京时间 yyyy-MM-ddTHH:mm:ss，不带时区',
    en: 'a Beijing time yyyy-MM-ddTHH:mm:ss without a zone',
  },
}

/** Ours: one clearing session a day; how many there are is not public. */
const SESSION = '0001'

const batch: Form = {
  told: (text) => (/^\d{8}$/.test(text) ? `B${text}${SESSION}` : text),
  heard: (text) => new RegExp(`^B(\\d{8})${SESSION}$`).exec(text)?.[1],
  rule: {
    zh: `B + 清算日 8 位 + 场次 ${SESSION}`,
    en: `B, the clearing day of 8 digits and the session ${SESSION}`,
  },
}

/** TrxId: day 8, serial 16, reserved 1, control 6. The serial of a network transaction has twelve digits of its own; what the
 *  network numbers itself carries no control digits, which are for those that ask for them (ours). */
const SERIAL_FILL = '0000'
const TEST = '1'
const NO_CONTROL = '000000'

const transaction: Form = {
  told: (text) =>
    /^\d{20}$/.test(text) ? text.slice(0, 8) + SERIAL_FILL + text.slice(8) + TEST + NO_CONTROL : text,
  heard: (text) => {
    const match = new RegExp(`^(\\d{8})${SERIAL_FILL}(\\d{12})${TEST}${NO_CONTROL}$`).exec(text)
    return match === null ? undefined : `${match[1]}${match[2]}`
  },
  rule: {
    zh: '31 位数字：日期 8 + 序号 16 + 保留位 1（测试为 1）+ 控制位 6',
    en: '31 digits: day 8, serial 16, reserved 1 (1 in test) and control 6',
  },
}

/** TrxId of an institution's own: the serial is the institution's, the control digits are handed out by the network. */
export const trxIdOf = (day: string, serial: string, control: string): string => day + serial + TEST + control
export const TRX_SERIAL_DIGITS = 16

/** Ours, but for the platform's own number, which is public: eight digits as the other network has them, filled up. */
const PLATFORM = { code: '00010000', number: 'G4000311000018' } as const
const FILL = '10000'
const letterOf = (code: string): string => (code.startsWith('0') ? 'C' : 'Z')

export const partyNumber = (code: string): string =>
  code === PLATFORM.code ? PLATFORM.number : /^\d{8}$/.test(code) ? `${letterOf(code)}${FILL}${code}` : code

export function partyCode(number: string): string | undefined {
  if (number === PLATFORM.number) return PLATFORM.code
  const [, letter, code = ''] = new RegExp(`^([CZ])${FILL}(\\d{8})$`).exec(number) ?? []
  return letter === letterOf(code) && code !== PLATFORM.code ? code : undefined
}

const party: Form = {
  told: partyNumber,
  heard: partyCode,
  rule: {
    zh: '14 位机构标识：支付机构 Z、银行 C、平台 G + 13 位数字',
    en: 'a party number of 14: Z for payment institutions, C for banks, G for the platform, and 13 digits',
  },
}

/** Words that have a number there; every other state keeps its name (ours). */
const worded = (numbers: Readonly<Record<string, string>>, rule: Text): Form => ({
  told: (text) => numbers[text] ?? text,
  heard: (text) =>
    Object.hasOwn(numbers, text)
      ? undefined
      : (Object.keys(numbers).find((word) => numbers[word] === text) ?? text),
  rule,
})

export const FORMS: Readonly<Record<FormName, Form>> = {
  'as it is': AS_IT_IS,
  decimal,
  time,
  batch,
  transaction,
  party,
  // 00 is public; 01 and 02 are unconfirmed.
  status: worded(
    { SUCCESS: '00', FAILED: '01', PENDING: '02' },
    {
      zh: '00 成功、01 失败、02 处理中，其余为本网状态名',
      en: '00, 01 or 02 for success, failure and in progress; other states by name',
    },
  ),
  // 00 is public; 01 for a credit card is ours.
  card: worded(
    { DEBIT: '00', CREDIT: '01' },
    { zh: '00 借记卡、01 贷记卡', en: '00 for a debit card, 01 for a credit card' },
  ),
}

export type Joint = { readonly amount?: string; readonly currency?: string }

/** TrxAmt carries currency and amount in one member: CNY10.00. One of the two may be all there is to say. A currency without
 *  letters in our table is written as N and its number (ours). */
export function toJoint({ amount, currency }: Joint): string | undefined {
  if (amount === undefined && currency === undefined) return undefined
  const code = currency === undefined ? undefined : currencyOfNumeric(currency)
  const letters = code ?? (currency === undefined ? '' : `N${currency}`)
  return letters + (amount === undefined ? '' : places(amount, code))
}

/** Two places: ten whole yen are JPY10.00. A currency that has three is written with three: KWD1.234. */
function places(amount: string, currency: Currency | undefined): string {
  if (!WHOLE.test(amount)) return amount
  if (currency !== undefined && CURRENCIES[currency].digits === 3)
    return formatMajor(money(BigInt(amount), currency))
  return currency !== undefined && CURRENCIES[currency].digits === 0 ? `${amount}.00` : toDecimal(amount)
}

export function fromJoint(text: string): Joint | undefined {
  const [, letters = '', decimals = ''] = /^([A-Z]{3}|N[0-9]{3})?(.*)$/s.exec(text) ?? []
  if (letters === '' && decimals === '') return undefined
  const currency = letters === '' ? undefined : numericOf(letters)
  if (letters !== '' && currency === undefined) return undefined
  const named = currency === undefined ? {} : { currency }
  if (decimals === '') return named
  const code = currency === undefined ? undefined : currencyOfNumeric(currency)
  if (code !== undefined && CURRENCIES[code].digits === 3) {
    const exact = /\.[0-9]{3}$/.test(decimals) ? parseMajor(decimals, code) : undefined
    return exact === undefined ? undefined : { amount: exact.minor.toString(), ...named }
  }
  const minor = fromDecimal(decimals)
  if (minor === undefined) return undefined
  if (code === undefined || CURRENCIES[code].digits !== 0) return { amount: minor, ...named }
  if (!decimals.endsWith('.00')) return undefined
  return { amount: decimals.slice(0, -'.00'.length), ...named }
}

/** One way to write each: what has letters is not written by its number. */
function numericOf(letters: string): string | undefined {
  if (Object.hasOwn(CURRENCIES, letters)) return CURRENCIES[letters as Currency].numeric
  const [, numeric] = /^N([0-9]{3})$/.exec(letters) ?? []
  return numeric === undefined || currencyOfNumeric(numeric) !== undefined ? undefined : numeric
}

export const JOINT_RULE: Text = {
  zh: '币种 + 元为单位的金额，恰好两位小数（KWD 为三位），如 CNY10.00',
  en: 'a currency and a decimal with exactly two places (KWD: three), as CNY10.00',
}
