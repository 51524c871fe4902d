// DER that others wrote, read element by element (X.690, strict): the first byte that is not as it must be is named by
// its offset. The two structures of every message have their own silent readers in der.ts.
import { type Bytes, toHex } from './bytes.ts'
import { readHeader } from './der.ts'

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

// What a file is refused for: what is wrong, where, and what to do about it when there is something to do.
export class KeyFileError extends Error {
  readonly at: number | undefined
  readonly advice: string | undefined

  constructor(because: string, at?: number, advice?: string) {
    super(because)
    this.name = 'KeyFileError'
    this.at = at
    this.advice = advice
  }
}

// `at` is the offset of the tag, start and end those of the content, all in `bytes`.
export type Der = {
  readonly bytes: Bytes
  readonly tag: number
  readonly at: number
  readonly start: number
  readonly end: number
}

// The one element that fills all of `bytes`.
export function readDer(bytes: Bytes): Der {
  const whole = element(bytes, 0, bytes.length)
  if (whole.end !== bytes.length) {
    throw new KeyFileError(
      `the DER ends here, ${bytes.length - whole.end} bytes before the end of what was given`,
      whole.end,
    )
  }
  return whole
}

export function children(parent: Der): readonly Der[] {
  const found: Der[] = []
  for (let at = parent.start; at < parent.end; ) {
    const child = element(parent.bytes, at, parent.end)
    found.push(child)
    at = child.end
  }
  return found
}

// `what` names the member in the words of its RFC; `parent` says where it should have been.
export function member(parent: Der, der: Der | undefined, tag: number, what: string): Der {
  if (der === undefined) throw new KeyFileError(`${what} is missing`, parent.end)
  if (der.tag !== tag) {
    throw new KeyFileError(`${what} must have the tag ${shown(tag)}, it has ${shown(der.tag)}`, der.at)
  }
  return der
}

export function content(der: Der): Bytes {
  return der.bytes.subarray(der.start, der.end)
}

// The element inside an OCTET STRING or an explicit tag; offsets go on counting from the outermost byte.
export function only(parent: Der, tag: number, what: string): Der {
  const [first, second] = children(parent)
  if (second !== undefined) throw new KeyFileError(`${what} is followed by something else`, second.at)
  return member(parent, first, tag, what)
}

// The bytes of a BIT STRING, which here always holds whole bytes.
export function bits(der: Der): Bytes {
  const [unused] = content(der)
  if (unused !== 0) throw new KeyFileError('a BIT STRING must leave no bits unused here', der.at)
  return content(der).subarray(1)
}

const SMALL_BYTES_MAX = 4

// A version, a count of iterations, a length.
export function smallInteger(der: Der): number {
  const bytes = content(der)
  const [first = 0xff, second = 0] = bytes
  const padded = bytes.length > 1 && first === 0 && second < 0x80
  if (bytes.length === 0 || bytes.length > SMALL_BYTES_MAX || first >= 0x80 || padded) {
    throw new KeyFileError('this INTEGER must be small, positive and in its shortest form', der.at)
  }
  return Number(`0x${toHex(bytes)}`)
}

export function oid(der: Der): string {
  const bytes = content(der)
  const numbers: bigint[] = []
  let number = 0n
  for (const byte of bytes) {
    number = (number << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    numbers.push(number)
    number = 0n
  }
  const [first] = numbers
  if (first === undefined || (bytes.at(-1) ?? 0) >= 0x80) {
    throw new KeyFileError('an OBJECT IDENTIFIER is cut off', der.at)
  }
  const root = first < 80n ? first / 40n : 2n
  return [root, first - root * 40n, ...numbers.slice(1)].join('.')
}

function element(bytes: Bytes, at: number, limit: number): Der {
  const tag = bytes[at] ?? 0
  if ((tag & 0x1f) === 0x1f) throw new KeyFileError('a tag of more than one byte has no place here', at)
  const header = readHeader(bytes, at, limit)
  if (header === undefined) {
    if (bytes[at + 1] === 0x80) {
      throw new KeyFileError(
        'this is BER with an indefinite length, not DER',
        at,
        'write the file again with openssl',
      )
    }
    throw new KeyFileError('an element is cut off, or its length is not in the shortest form', at)
  }
  return { bytes, at, ...header }
}

function shown(tag: number): string {
  const name = Object.entries(TAG).find(([, value]) => value === tag)?.[0]
  return `${tag.toString(16).padStart(2, '0')}${name === undefined ? '' : ` (${name})`}`
}
