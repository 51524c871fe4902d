// Bytes and their three spellings (hex, base64, UTF-8), all strict: a text that has two readings has none.
// Every function answers with a plain Uint8Array, never a Buffer, so that bytes compare and print alike.
import { timingSafeEqual } from 'node:crypto'
import { checkBytes, checkText } from './check.ts'

export type Bytes = Uint8Array

export function concat(...parts: readonly Bytes[]): Bytes {
  let length = 0
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as Bytes
    length += part instanceof Uint8Array ? part.length : checkBytes(`parts[${index}]`, part).length
  }
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

export function toHex(b: Bytes): string {
  return view(checkBytes('b', b)).toString('hex')
}

// The message names the place and never the text: what was to be hexadecimal may have been a key.
export function fromHex(text: string): Bytes {
  checkText('text', text)
  if (text.length % 2 !== 0) {
    throw new TypeError(`text must have an even number of hex digits, got ${text.length}`)
  }
  const at = text.search(/[^0-9a-fA-F]/)
  if (at !== -1) throw new TypeError(`text must be hexadecimal, character ${at + 1} is not`)
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export function toBase64(b: Bytes): string {
  return view(checkBytes('b', b)).toString('base64')
}

// RFC 4648 section 4 with padding. Encoding again catches everything that Node forgives: line breaks, the
// URL alphabet, missing padding and (section 3.5) bits left over in the last digit.
export function fromBase64(text: string): Bytes | undefined {
  checkText('text', text)
  const decoded = Buffer.from(text, 'base64')
  return decoded.toString('base64') === text ? new Uint8Array(decoded) : undefined
}

// A lone surrogate would become U+FFFD, and two different texts would then be signed alike.
export function utf8(text: string): Bytes {
  checkText('text', text)
  if (!text.isWellFormed()) throw new TypeError('text must be well-formed Unicode, it holds a lone surrogate')
  return new TextEncoder().encode(text)
}

// Constant time in content; the lengths of signatures, tags and digests are public.
export function equalBytes(a: Bytes, b: Bytes): boolean {
  checkBytes('a', a)
  checkBytes('b', b)
  return a.length === b.length && timingSafeEqual(a, b)
}

function view(b: Bytes): Buffer {
  return Buffer.from(b.buffer, b.byteOffset, b.byteLength)
}
