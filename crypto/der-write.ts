// DER as it is written here (X.690): tag, shortest length, content. The readers are der-tree.ts and, for the two structures
// of every message, der.ts.
import { type Bytes, concat, fromHex, utf8 } from './bytes.ts'
import { writeTlv } from './der.ts'
import { TAG } from './der-tree.ts'

const CONTEXT = 0x80
const CONSTRUCTED = 0x20
// RFC 5280, clause 4.1.2.5: two digits of the year through 2049, four from 2050 on.
const YEAR_OF_FOUR_DIGITS = 2050

export const sequence = (...parts: readonly Bytes[]): Bytes => writeTlv(TAG.sequence, ...parts)
export const set = (...parts: readonly Bytes[]): Bytes => writeTlv(TAG.set, ...parts)
export const octets = (bytes: Bytes): Bytes => writeTlv(TAG.octetString, bytes)
export const utf8String = (text: string): Bytes => writeTlv(TAG.utf8String, utf8(text))
export const printable = (text: string): Bytes => writeTlv(TAG.printableString, utf8(text))
export const truth = (): Bytes => writeTlv(TAG.boolean, Uint8Array.of(0xff))
export const explicit = (number: number, ...parts: readonly Bytes[]): Bytes =>
  writeTlv(CONTEXT | CONSTRUCTED | number, ...parts)
// An implicit tag over something that is not constructed.
export const implicit = (number: number, bytes: Bytes): Bytes => writeTlv(CONTEXT | number, bytes)
// `unused` bits at the end, which must be zero.
export const bitString = (bytes: Bytes, unused = 0): Bytes =>
  writeTlv(TAG.bitString, Uint8Array.of(unused), bytes)

export function integer(number: bigint): Bytes {
  if (number < 0n) throw new RangeError('number must not be negative')
  const hex = number.toString(16)
  const bytes = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`)
  // A leading one bit would read as a minus sign.
  return writeTlv(TAG.integer, (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes)
}

export const enumerated = (number: number): Bytes => writeTlv(TAG.enumerated, Uint8Array.of(number))

export function objectId(text: string): Bytes {
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt)
  return writeTlv(TAG.oid, ...[first * 40n + second, ...rest].map(base128))
}

function base128(number: bigint): Bytes {
  const digits = [Number(number & 0x7fn)]
  for (let left = number >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80)
  return Uint8Array.from(digits)
}

// Whole seconds, UTC.
export function time(at: number): Bytes {
  const digits = `${new Date(at).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`
  return new Date(at).getUTCFullYear() < YEAR_OF_FOUR_DIGITS
    ? writeTlv(TAG.utcTime, utf8(digits.slice(2)))
    : writeTlv(TAG.generalizedTime, utf8(digits))
}
