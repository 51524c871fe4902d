// The one DER structure a signature needs: SEQUENCE { r INTEGER, s INTEGER }, read strictly (X.690 clause 8.3
// and 10.1) because libraries accept negative, padded and trailing forms, and then one signature has many bytes.
import { type Bytes, concat } from './bytes.ts'
import { checkBytes } from './check.ts'

const SEQUENCE = 0x30
const INTEGER = 0x02
const NUMBER_BYTES = 32

// Two 32-byte numbers, at most 70 bytes of content: the short length form always suffices, so it is the only one.
export function writeSignatureDer(raw: Bytes): Bytes {
  checkBytes('raw', raw, 2 * NUMBER_BYTES)
  const content = concat(
    writeInteger(raw.subarray(0, NUMBER_BYTES)),
    writeInteger(raw.subarray(NUMBER_BYTES)),
  )
  return concat(Uint8Array.of(SEQUENCE, content.length), content)
}

// r ‖ s as 64 bytes, or undefined when a single byte is not where DER wants it.
export function readSignatureDer(der: Bytes): Bytes | undefined {
  checkBytes('der', der)
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return undefined
  const r = readInteger(der, 2)
  if (r === undefined) return undefined
  const s = readInteger(der, r.end)
  if (s === undefined || s.end !== der.length) return undefined
  return concat(r.number, s.number)
}

function writeInteger(number: Bytes): Bytes {
  const first = number.findIndex((byte) => byte !== 0)
  if (first === -1) throw new RangeError('raw must hold two positive numbers, one is 0')
  const shortest = number.subarray(first)
  // A leading one bit would read as a minus sign.
  const content = (shortest[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), shortest) : shortest
  return concat(Uint8Array.of(INTEGER, content.length), content)
}

function readInteger(
  der: Bytes,
  start: number,
): { readonly number: Bytes; readonly end: number } | undefined {
  const length = der[start + 1]
  // 33 = 32 bytes and the zero that keeps them positive; anything longer (so also the long form) is refused.
  if (der[start] !== INTEGER || length === undefined || length === 0 || length > NUMBER_BYTES + 1)
    return undefined
  const end = start + 2 + length
  if (end > der.length) return undefined
  const content = der.subarray(start + 2, end)
  const [first = 0, second = 0] = content
  // Negative; or zero, or a leading zero without need.
  if (first >= 0x80 || (first === 0 && second < 0x80)) return undefined
  const digits = first === 0 ? content.subarray(1) : content
  if (digits.length > NUMBER_BYTES) return undefined
  const number = new Uint8Array(NUMBER_BYTES)
  number.set(digits, NUMBER_BYTES - digits.length)
  return { number, end }
}
