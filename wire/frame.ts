// The bytes of a sifang/1 message on the wire: six length-prefixed parts, and what is computed over them.
// LP(x) = u32be(length) ‖ x. Lengths are prefixed because `amount=1` ‖ `00` and `amount=100` must not sign alike,
// and each use of a key has its own label (DESIGN 4).
import { type Bytes, concat, hmacSm3, sm3, sm3Hex, sm3Kdf, utf8 } from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import type { Order } from './profile.ts'

export const CONTENT_TYPE = 'application/vnd.sifang.1'
export const PATH_PREFIX = '/sifang/1/'
export const KEY_BYTES = 32
export const IV_BYTES = 16

export const PARTS = ['head', 'wrap', 'iv', 'cipher', 'tag', 'sign'] as const
export type PartName = (typeof PARTS)[number]
/** `sign` is empty in sign-then-encrypt: there the signature travels inside the sealed block. */
export type Parts = Readonly<Record<PartName, Bytes>>

/** The most a part may hold; the whole message is bounded by the profile's bodyBytesMax. */
const PART_BYTES_MAX: Readonly<Record<PartName, number>> = {
  head: 1024,
  wrap: 512,
  iv: 16,
  cipher: 1 << 20,
  tag: 32,
  sign: 128,
}

const NOTHING = new Uint8Array()

export const lp = (bytes: Bytes): Bytes => lps(NOTHING, [bytes])

/** What goes before as it is, then each part behind its length. */
function lps(before: Bytes, parts: readonly Bytes[]): Bytes {
  return written(new Uint8Array(lengthOf(before, parts)), before, parts)
}

function lengthOf(before: Bytes, parts: readonly Bytes[]): number {
  let length = before.length
  for (const part of parts) length += 4 + part.length
  return length
}

function written(whole: Bytes, before: Bytes, parts: readonly Bytes[]): Bytes {
  whole.set(before)
  let at = before.length
  for (const part of parts) {
    const { length } = part
    whole[at] = length >>> 24
    whole[at + 1] = length >>> 16
    whole[at + 2] = length >>> 8
    whole[at + 3] = length
    whole.set(part, at + 4)
    at += 4 + length
  }
  return whole
}

export const frameBytes = (parts: Parts): Bytes =>
  lps(
    NOTHING,
    PARTS.map((name) => parts[name]),
  )

export type FrameFault = {
  readonly field: PartName | '(message)'
  readonly offset: number
  readonly rule: Text
}

/** The six parts, or the first byte at which the message stops being one. */
export function readFrame(bytes: Bytes): { parts: Parts } | { fault: FrameFault } {
  const parts: Partial<Record<PartName, Bytes>> = {}
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  for (const name of PARTS) {
    if (at + 4 > bytes.length)
      return fault(
        name,
        at,
        '长度前缀不完整（报文被截断）',
        'its four-byte length is cut short: the message is truncated',
      )
    const length = view.getUint32(at)
    if (length > PART_BYTES_MAX[name])
      return fault(
        name,
        at,
        `长度 ${length} 超过上限 ${PART_BYTES_MAX[name]}`,
        `its length ${length} is over the limit of ${PART_BYTES_MAX[name]} bytes`,
      )
    if (at + 4 + length > bytes.length)
      return fault(
        name,
        at,
        `声明 ${length} 字节，实际只剩 ${bytes.length - at - 4}`,
        `says ${length} bytes, but only ${bytes.length - at - 4} follow: the message is truncated`,
      )
    parts[name] = bytes.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
  if (at < bytes.length)
    return fault(
      '(message)',
      at,
      `末尾多出 ${bytes.length - at} 字节`,
      `${bytes.length - at} bytes follow the last part`,
    )
  return { parts: parts as Parts }
}

function fault(field: PartName | '(message)', offset: number, zh: string, en: string): { fault: FrameFault } {
  return { fault: { field, offset, rule: { zh, en } } }
}

/** Two parts inside the sealed block: the domain bytes and, in sign-then-encrypt, the signature. */
export function readInner(plain: Bytes, order: Order): { domain: Bytes; sign: Bytes } | undefined {
  const domain = readLp(plain, 0)
  if (domain === undefined) return undefined
  if (order === 'encrypt-then-sign')
    return domain.end === plain.length ? { domain: domain.bytes, sign: new Uint8Array() } : undefined
  const sign = readLp(plain, domain.end)
  return sign === undefined || sign.end !== plain.length
    ? undefined
    : { domain: domain.bytes, sign: sign.bytes }
}

function readLp(bytes: Bytes, at: number): { bytes: Bytes; end: number } | undefined {
  if (at + 4 > bytes.length) return undefined
  const end = at + 4 + new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at)
  return end > bytes.length ? undefined : { bytes: bytes.subarray(at + 4, end), end }
}

/** Ke ‖ Km from the message's own key and its head: a block lifted under another head finds other keys. */
export function messageKeys(key: Bytes, head: Bytes): { readonly encrypt: Bytes; readonly mac: Bytes } {
  const derived = sm3Kdf(concat(key, sm3(head)), 48)
  return { encrypt: derived.subarray(0, 16), mac: derived.subarray(16) }
}

const TAG_LABEL = utf8('sifang/1 tag\0')
const STE_LABEL = utf8('sifang/1 ste\0')
const ETS_LABEL = utf8('sifang/1 ets\0')

export const tagOf = (mac: Bytes, head: Bytes, wrap: Bytes, iv: Bytes, cipher: Bytes): Bytes =>
  hmacSm3(mac, passing(TAG_LABEL, [head, wrap, iv, cipher]))

export const signedInside = (head: Bytes, domain: Bytes): Bytes => lps(STE_LABEL, [head, domain])

export const signedOutside = (head: Bytes, wrap: Bytes, iv: Bytes, cipher: Bytes, tag: Bytes): Bytes =>
  lps(ETS_LABEL, [head, wrap, iv, cipher, tag])

/** What a reply's `ref` names: the request's id and the digest of its head, wrapped key and sealed block. */
export const referenceOf = (id: string, parts: Pick<Parts, 'head' | 'wrap' | 'cipher'>): string =>
  `${id}:${sm3Hex(concat(parts.head, parts.wrap, parts.cipher))}`

/** For what is digested on the spot and never kept: memory that was used before, where it is large enough. */
function passing(before: Bytes, parts: readonly Bytes[]): Bytes {
  const length = lengthOf(before, parts)
  return written(
    length > SCRATCH.length ? new Uint8Array(length) : SCRATCH.subarray(0, length),
    before,
    parts,
  )
}
const SCRATCH = new Uint8Array(16 * 1024)
