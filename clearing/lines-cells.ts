// What stands in a cell: text, an amount, a day. Amounts are read into two limbs of nine digits each, exact up to
// eighteen digits without an object per line.
import type { CellKind, Cells, Encoding } from './lines-record.ts'
import { faultAt } from './lines-record.ts'

/** high × 10⁹ + low, both of one sign. */
export type Limbs = { high: number; low: number }

const LIMB = 1_000_000_000
const DIGITS_MAX = 18

export const limbsToBigint = (high: number, low: number): bigint =>
  BigInt(high) * 1_000_000_000n + BigInt(low)

const SPACE = 32
const MINUS = 45
const PLUS = 43
const POINT = 46
const ZERO = 48

/** `digits`: how many the currency has behind the point. An empty cell leaves zero and says so by false. */
export function readAmount(cells: Cells, cell: number, kind: CellKind, digits: number, into: Limbs): boolean {
  const { bytes } = cells
  let at = cells.starts[cell] ?? 0
  let end = cells.ends[cell] ?? 0
  into.high = 0
  into.low = 0
  while (at < end && bytes[at] === SPACE) at += 1
  while (at < end && bytes[end - 1] === SPACE) end -= 1
  if (at === end) return false
  let negative = false
  const first = bytes[at]
  if (kind === 'debit' || kind === 'credit') {
    if (first !== 68 && first !== 67) throw wrongAmount(cells, cell, kind)
    negative = (first === 68) !== (kind === 'debit')
    at += 1
  } else if (first === MINUS || first === PLUS) {
    negative = first === MINUS
    at += 1
  }
  const begin = at
  let high = 0
  let low = 0
  let taken = 0
  let behind = -1
  for (; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit >= 0 && digit <= 9) {
      if (taken > 0 || digit > 0) taken += 1
      if (behind >= 0) behind += 1
      if (taken <= 9) low = low * 10 + digit
      else {
        const over = Math.floor(low / 100_000_000)
        high = high * 10 + over
        low = (low - over * 100_000_000) * 10 + digit
      }
    } else if (bytes[at] === POINT && kind === 'major' && behind < 0 && at > begin && at + 1 < end) behind = 0
    else throw wrongAmount(cells, cell, kind)
  }
  if (at === begin || behind > digits || taken > DIGITS_MAX) throw wrongAmount(cells, cell, kind)
  for (let more = Math.max(0, behind); kind === 'major' && more < digits; more += 1) {
    const over = Math.floor(low / 100_000_000)
    high = high * 10 + over
    low = (low - over * 100_000_000) * 10
  }
  if (high >= LIMB) throw wrongAmount(cells, cell, kind)
  // Never minus zero: words are compared.
  into.high = negative && high > 0 ? -high : high
  into.low = negative && low > 0 ? -low : low
  return true
}

function wrongAmount(cells: Cells, cell: number, kind: CellKind): Error {
  const found = shown(cells, cell)
  if (kind === 'major')
    return faultAt(cells, cell, {
      zh: `“${found}”不是金额：应为 12.34 这样的数，小数位不超过币种所有，共不超过 ${DIGITS_MAX} 位`,
      en: `“${found}” is no amount; expected one like 12.34, with no more decimals than its currency has and at most ${DIGITS_MAX} digits`,
    })
  if (kind === 'debit' || kind === 'credit')
    return faultAt(cells, cell, {
      zh: `“${found}”不是带符号的金额：应为 D 或 C，其后为不超过 ${DIGITS_MAX} 位数字`,
      en: `“${found}” is no signed amount; expected D or C and then at most ${DIGITS_MAX} digits`,
    })
  return faultAt(cells, cell, {
    zh: `“${found}”不是整数分：应为不超过 ${DIGITS_MAX} 位的整数；若金额以元计，用 --unit major`,
    en: `“${found}” is no whole number of minor units; expected at most ${DIGITS_MAX} digits. If amounts are like 12.34, use --unit major`,
  })
}

/** YYYYMMDD as a number, of 20260615, 2026-06-15 or 2026/06/15. */
export function readDay(cells: Cells, cell: number): number {
  const { bytes } = cells
  const at = cells.starts[cell] ?? 0
  const size = (cells.ends[cell] ?? 0) - at
  const mark = size === 10 ? bytes[at + 4] : 0
  const step = size === 10 ? 1 : 0
  if (
    (size === 8 || size === 10) &&
    (size === 8 || ((mark === 45 || mark === 47) && bytes[at + 7] === mark))
  ) {
    const year = number(bytes, at, 4)
    const month = number(bytes, at + 4 + step, 2)
    const date = number(bytes, at + 6 + 2 * step, 2)
    if (year >= 1900 && month >= 1 && month <= 12 && date >= 1 && date <= daysOf(year, month))
      return year * 10_000 + month * 100 + date
  }
  throw faultAt(cells, cell, {
    zh: `“${shown(cells, cell)}”不是日期：应为 20260615 或 2026-06-15`,
    en: `“${shown(cells, cell)}” is no day; expected one like 20260615 or 2026-06-15`,
  })
}

function number(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let index = at; index < at + size; index += 1) {
    const digit = (bytes[index] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// The WHATWG decoder of GBK is that of GB18030, of which GBK is a part.
const GBK = new TextDecoder('gbk', { fatal: true })

export function readText(cells: Cells, cell: number, encoding: Encoding): string {
  const bytes = cells.bytes.subarray(cells.starts[cell] ?? 0, cells.ends[cell] ?? 0)
  try {
    return (encoding === 'gbk' ? GBK : UTF8).decode(bytes)
  } catch {
    throw faultAt(
      cells,
      cell,
      encoding === 'gbk'
        ? {
            zh: '这里的字节不是 GBK：编码不对（--encoding utf-8），或这一列把一个汉字切成了两半（布局不符）',
            en: 'these bytes are no GBK; the encoding is another one (--encoding utf-8), or the column cuts a character in two and the layout is another one',
          }
        : {
            zh: '这里的字节不是 UTF-8：文件若是 GBK，用 --encoding gbk',
            en: 'these bytes are no UTF-8; if the file is GBK, use --encoding gbk',
          },
    )
  }
}

const SHOWN_BYTES_MAX = 40

/** A cell as a fault shows it: readable in any encoding, and short. */
function shown(cells: Cells, cell: number): string {
  const start = cells.starts[cell] ?? 0
  const end = cells.ends[cell] ?? 0
  const text = [...cells.bytes.subarray(start, Math.min(end, start + SHOWN_BYTES_MAX))]
    .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·'))
    .join('')
  return end - start > SHOWN_BYTES_MAX ? `${text}…` : text
}
