// What a field is: a row. Codec, validation, masking, documentation and generators follow from the rows.
import type { Text } from './classes.ts'

/** digits: 0-9. id: letters, digits, `-` and `_`. amount: whole minor units above zero, no sign, no leading zero.
 *  amount0: the same, zero allowed. day: YYYYMMDD. time: YYYYMMDDhhmmss, Beijing. currency: ISO 4217 numeric.
 *  text: printable on one line. free: any text, line breaks included. code2: a reply code. list: rows of `of`. */
export type Format =
  | 'digits'
  | 'id'
  | 'amount'
  | 'amount0'
  | 'day'
  | 'time'
  | 'currency'
  | 'text'
  | 'free'
  | 'code2'
  | 'state'
  | 'list'

export type Field = {
  readonly name: string
  readonly format: Format
  /** Characters; for a list, rows. */
  readonly lengthMin?: number
  readonly lengthMax: number
  readonly presence: 'always' | 'optional'
  /** masked: shown with its middle hidden; hidden: never shown. */
  readonly secrecy: 'public' | 'masked' | 'hidden'
  readonly label: Text
  /** The field's name on the UnionPay-like wire, and whether that name is the network's or ours. */
  readonly unionpay: string
  readonly origin: 'public' | 'house'
  readonly clause: string
  readonly of?: readonly Field[]
}

type ValueOf<F extends Field> = F['format'] extends 'amount' | 'amount0'
  ? bigint
  : F['format'] extends 'list'
    ? readonly FieldsOf<NonNullable<F['of']>>[]
    : string

/** The record a table describes: required fields always there, optional ones perhaps. */
export type FieldsOf<T extends readonly Field[]> = {
  readonly [F in T[number] as F['presence'] extends 'always' ? F['name'] : never]: ValueOf<F>
} & {
  readonly [F in T[number] as F['presence'] extends 'optional' ? F['name'] : never]?: ValueOf<F> | undefined
}

const GRAMMAR: Readonly<Record<Exclude<Format, 'list'>, { pattern: RegExp; rule: Text }>> = {
  digits: { pattern: /^[0-9]+$/, rule: { zh: '只能是数字 0–9', en: 'digits 0–9 only' } },
  id: {
    pattern: /^[A-Za-z0-9_-]+$/,
    rule: { zh: '只能是字母、数字、“-”和“_”', en: 'letters, digits, “-” and “_” only' },
  },
  amount: {
    pattern: /^[1-9][0-9]*$/,
    rule: {
      zh: '大于零的整数分，无符号、无前导零、无小数',
      en: 'whole minor units above zero: no sign, no leading zero, no decimals',
    },
  },
  amount0: {
    pattern: /^(0|[1-9][0-9]*)$/,
    rule: {
      zh: '非负整数分，无符号、无前导零、无小数',
      en: 'whole minor units: no sign, no leading zero, no decimals',
    },
  },
  day: {
    pattern: /^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$/,
    rule: { zh: '日期 YYYYMMDD', en: 'a day, YYYYMMDD' },
  },
  time: {
    pattern: /^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$/,
    rule: { zh: '北京时间 YYYYMMDDhhmmss', en: 'a Beijing time, YYYYMMDDhhmmss' },
  },
  currency: {
    pattern: /^[0-9]{3}$/,
    rule: { zh: 'ISO 4217 三位数字币种代码', en: 'a three-digit ISO 4217 currency number' },
  },
  text: {
    pattern: /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/,
    rule: { zh: '单行可打印文本', en: 'printable text on one line' },
  },
  free: { pattern: /^[^\u0000]+$/, rule: { zh: '文本', en: 'text' } },
  code2: { pattern: /^[0-9A-Z]{2}$/, rule: { zh: '两位应答码', en: 'a two-character reply code' } },
  state: { pattern: /^[A-Z_]+$/, rule: { zh: '状态名', en: 'a state name' } },
}

/** Undefined when `text` obeys the row; otherwise the rule it breaks. */
export function broken(field: Field, text: string): Text | undefined {
  if (field.format === 'list') return undefined
  const length = [...text].length
  const least = field.lengthMin ?? 1
  if (length < least || length > field.lengthMax) {
    const span = least === field.lengthMax ? `${least}` : `${least}–${field.lengthMax}`
    return {
      zh: `长度应为 ${span} 个字符，实际 ${length}`,
      en: `must be ${span} characters long, not ${length}`,
    }
  }
  const { pattern, rule } = GRAMMAR[field.format]
  return pattern.test(text) ? undefined : rule
}
