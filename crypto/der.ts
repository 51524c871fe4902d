// The DER of a signature, SEQUENCE { r INTEGER, s INTEGER }, and of a ciphertext, SEQUENCE { x INTEGER, y INTEGER,
// hash OCTET STRING, cipher OCTET STRING } (GM/T 0009, clauses 7.2 and 7.3), read strictly (X.690 clauses 8.3 and 10.1):
// libraries accept negative, padded and trailing forms, and then one signature has many bytes.
import { type Bytes, concat } from './bytes.ts'
import { checkBytes } from './check.ts'

const SEQUENCE = 0x30
const INTEGER = 0x02
const OCTET_STRING = 0x04
const NUMBER_BYTES = 32
const LENGTH_BYTES_MAX = 3

// C1 without its 04: x ‖ y.
type CiphertextParts = { readonly point: Bytes; readonly hash: Bytes; readonly cipher: Bytes }

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

export function writeCiphertextDer({ point, hash, cipher }: CiphertextParts): Bytes {
  checkBytes('point', point, 2 * NUMBER_BYTES)
  return writeTlv(
    SEQUENCE,
    // A coordinate may be 0, unlike r and s.
    writeInteger(point.subarray(0, NUMBER_BYTES), 0),
    writeInteger(point.subarray(NUMBER_BYTES), 0),
    writeTlv(OCTET_STRING, checkBytes('hash', hash, NUMBER_BYTES)),
    writeTlv(OCTET_STRING, checkBytes('cipher', cipher)),
  )
}

export function readCiphertextDer(der: Bytes): CiphertextParts | undefined {
  const whole = readHeader(checkBytes('der', der), 0)
  if (whole === undefined || whole.tag !== SEQUENCE || whole.end !== der.length) return undefined
  const x = readInteger(der, whole.start, 0)
  const y = x && readInteger(der, x.end, 0)
  const hash = y && readHeader(der, y.end)
  const cipher = hash && readHeader(der, hash.end)
  if (x === undefined || y === undefined || hash === undefined || cipher === undefined) return undefined
  if (hash.tag !== OCTET_STRING || hash.end - hash.start !== NUMBER_BYTES) return undefined
  if (cipher.tag !== OCTET_STRING || cipher.end !== der.length) return undefined
  return {
    point: concat(x.number, y.number),
    hash: der.subarray(hash.start, hash.end),
    cipher: der.subarray(cipher.start, cipher.end),
  }
}

// Tag, shortest length, content.
export function writeTlv(tag: number, ...contents: readonly Bytes[]): Bytes {
  const content = concat(...contents)
  return concat(Uint8Array.of(tag, ...lengthBytes(content.length)), content)
}

export type Header = { readonly tag: number; readonly start: number; readonly end: number }

// One tag of one byte, the shortest definite length, and content that is all there; else undefined.
export function readHeader(der: Bytes, at: number, limit: number = der.length): Header | undefined {
  const [tag, first] = [der[at], der[at + 1]]
  if (tag === undefined || first === undefined || at + 2 > limit) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  // 80 alone is BER's indefinite form; three bytes of length, 16 MB, are more than anything here may have.
  if (first === 0x80 || count > LENGTH_BYTES_MAX || at + 2 + count > limit) return undefined
  let length = count === 0 ? first : 0
  for (const byte of der.subarray(at + 2, at + 2 + count)) length = length * 256 + byte
  const shortest = count === 0 || (length >= 0x80 && length >= 256 ** (count - 1))
  const start = at + 2 + count
  return shortest && start + length <= limit ? { tag, start, end: start + length } : undefined
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

function writeInteger(number: Bytes, min: 0 | 1 = 1): Bytes {
  const first = number.findIndex((byte) => byte !== 0)
  if (first === -1 && min === 1) throw new RangeError('raw must hold two positive numbers, one is 0')
  const shortest = first === -1 ? Uint8Array.of(0) : number.subarray(first)
  // A leading one bit would read as a minus sign.
  const content = (shortest[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), shortest) : shortest
  return concat(Uint8Array.of(INTEGER, content.length), content)
}

function readInteger(
  der: Bytes,
  start: number,
  min: 0 | 1 = 1,
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
  const zero = min === 0 && length === 1 && first === 0
  if (first >= 0x80 || (first === 0 && second < 0x80 && !zero)) return undefined
  const digits = first === 0 ? content.subarray(1) : content
  if (digits.length > NUMBER_BYTES) return undefined
  const number = new Uint8Array(NUMBER_BYTES)
  number.set(digits, NUMBER_BYTES - digits.length)
  return { number, end }
}
