// The two charsets of the form, UTF-8 and GBK: what bytes spell, and where a character of the text begins in the bytes.
import { type Bytes, utf8 } from '../crypto/crypto.ts'

export type Charset = 'UTF-8' | 'GBK'
export type Decoded = { readonly text: string; offsetOf(index: number): number }

const NAMED: Readonly<Record<string, Charset>> = { 'UTF-8': 'UTF-8', UTF8: 'UTF-8', GBK: 'GBK' }
export const charsetNamed = (name: string): Charset | undefined => NAMED[name.toUpperCase()]

const utf8Text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const gbkText = new TextDecoder('gbk', { fatal: true })

export function decodeText(bytes: Bytes, charset: Charset): Decoded | { readonly badAt: number } {
  const decoder = charset === 'GBK' ? gbkText : utf8Text
  try {
    const text = decoder.decode(bytes)
    // Four-byte characters are GB 18030's, which nobody asked for, and 0x80 is another page's euro.
    if (charset === 'GBK' && gbkBytes(text).length !== bytes.length) return { badAt: 0 }
    return { text, offsetOf: (index) => lengthOf(text.slice(0, index), charset) }
  } catch {
    return { badAt: firstBad(bytes, charset) }
  }
}

function lengthOf(text: string, charset: Charset): number {
  return charset === 'UTF-8' ? Buffer.byteLength(text) : gbkBytes(text).length
}

/** What begins with n good bytes goes on being good; so the first bad one is found by halving. */
function firstBad(bytes: Bytes, charset: Charset): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high) >> 1
    try {
      new TextDecoder(charset === 'GBK' ? 'gbk' : 'utf-8', { fatal: true }).decode(
        bytes.subarray(0, middle + 1),
        { stream: true },
      )
      low = middle + 1
    } catch {
      high = middle
    }
  }
  return low
}

/** Text as bytes of a charset; what GBK has no character for is a question mark, as every encoder writes it. */
export const encodeText = (text: string, charset: Charset): Bytes =>
  charset === 'GBK' ? gbkBytes(text) : utf8(text)

let gbkPairs: ReadonlyMap<string, number> | undefined

/** Node reads GBK and does not write it: the table is what it reads, turned round. */
function gbkTable(): ReadonlyMap<string, number> {
  if (gbkPairs !== undefined) return gbkPairs
  const pairs = new Map<string, number>()
  const loose = new TextDecoder('gbk')
  for (let high = 0x81; high <= 0xfe; high += 1)
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const sign = loose.decode(Uint8Array.of(high, low))
      if (sign.length === 1 && sign !== '\ufffd' && !pairs.has(sign)) pairs.set(sign, high * 256 + low)
    }
  gbkPairs = pairs
  return pairs
}

function gbkBytes(text: string): Bytes {
  const bytes: number[] = []
  for (const sign of text) {
    const pair = sign <= '\u007f' ? undefined : gbkTable().get(sign)
    if (sign <= '\u007f') bytes.push(sign.charCodeAt(0))
    else if (pair === undefined) bytes.push(0x3f)
    else bytes.push(pair >> 8, pair & 0xff)
  }
  return Uint8Array.from(bytes)
}
