// Values that are bytes and not text, and a message packed with far more behind it. A value of bytes stands in a message as a
// mark until all is written; the mark is of signs that JSON, a form and XML write as they are.
import { gzipSync } from 'node:zlib'
import type { Forge } from './forge.ts'

const MARK = /\*bytes\.([0-9a-f]*)\.\*/g
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** The same faults, with a mark in place of each value that is bytes. */
export function marked({ bytes, ...forge }: Forge): Forge {
  if (bytes === undefined) return forge
  const marks = Object.entries(bytes).map(([name, hex]) => [name, `"*bytes.${hex}.*"`] as const)
  return { ...forge, members: { ...forge.members, ...Object.fromEntries(marks) } }
}

/** What was written, with the bytes in place of their marks; in a form's body each as %XX. */
export function unmarked(written: Uint8Array, escaped?: 'escaped'): Uint8Array {
  const text = latin1(written)
  if (!text.includes('*bytes.')) return written
  const put = (_: string, hex: string): string =>
    escaped === undefined ? Buffer.from(hex, 'hex').toString('latin1') : hex.replace(/../g, '%$&')
  return new Uint8Array(Buffer.from(text.replace(MARK, put), 'latin1'))
}

const MEBIBYTE = 1 << 20

/** gzip may hold several pieces one behind the other: so many times a mebibyte of noughts takes no time to pack. */
export function packed(message: Uint8Array, mebibytes: number): Uint8Array {
  const noughts = gzipSync(new Uint8Array(MEBIBYTE), { level: 9 })
  const pieces = Array.from({ length: mebibytes }, () => noughts)
  return new Uint8Array(Buffer.concat([gzipSync(message), ...pieces]))
}
