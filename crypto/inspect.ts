// What a signature is about, read out of the signature itself. A receiver only asks whether it verifies; whoever looks for a
// sender's mistake wants the one digest for which it would. Slow, in no constant time, and for public values only.
import {
  constants,
  createDecipheriv,
  createHash,
  createHmac,
  privateDecrypt,
  publicDecrypt,
} from 'node:crypto'
import { type Bytes, concat, fromHex, toHex, utf8 } from './bytes.ts'
import { checkBytes } from './check.ts'
import { readHeader } from './der.ts'
import { type RsaPrivateKey, type RsaPublicKey, rsaPrivate, rsaPublic } from './rsa.ts'
import type { Secret } from './secret.ts'
import { timesBase, timesPoint } from './sm2-arithmetic.ts'
import { isPoint, SCALAR_BYTES } from './sm2-curve.ts'
import { SM2_DEFAULT } from './sm2-options.ts'
import { identityDigest } from './sm2-sign.ts'

export type PlainDigest = 'sm3' | 'sha256' | 'sha1' | 'md5'

const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
const A = P - 3n
const INTEGER = 0x02
const SEQUENCE = 0x30

/** MD5 and SHA-1 are here because senders use them by mistake. */
export const plainDigest = (name: PlainDigest, bytes: Bytes): Bytes =>
  new Uint8Array(createHash(name).update(checkBytes('bytes', bytes)).digest())

/** Z of a key under a user id (GB/T 32918.2, clause 5.5). */
export const sm2Identity = (publicKey: Bytes, userId: string): Bytes =>
  identityDigest(publicKey, { ...SM2_DEFAULT, userId })

/** The only e, modulo n, for which r ‖ s verifies under this key: e = r - x1 with (x1, y1) = sG + tP. */
export function sm2SignedDigest(publicKey: Bytes, raw: Bytes): Bytes | undefined {
  const [r, s] = [number(raw.subarray(0, SCALAR_BYTES)), number(raw.subarray(SCALAR_BYTES))]
  const t = (r + s) % N
  if (raw.length !== 2 * SCALAR_BYTES || !inRange(r) || !inRange(s) || t === 0n || !isPoint(publicKey))
    return undefined
  const point = sum(timesBase(bytesOf(s)), timesPoint(bytesOf(t), publicKey.subarray(1)))
  return point === undefined ? undefined : bytesOf(modulo(r - point.x, N))
}

/** The same e as any digest of 32 bytes stands for. */
export const sm2Reduced = (e: Bytes): Bytes => bytesOf(number(e) % N)

/** Whether r ‖ s is ECDSA over this curve: what a library makes that knows the curve and not SM2. */
export function ecdsaHolds(publicKey: Bytes, e: Bytes, raw: Bytes): boolean {
  const [r, s] = [number(raw.subarray(0, SCALAR_BYTES)), number(raw.subarray(SCALAR_BYTES))]
  if (raw.length !== 2 * SCALAR_BYTES || !inRange(r) || !inRange(s) || !isPoint(publicKey)) return false
  const w = inverse(s, N)
  const [u, v] = [modulo(number(e) * w, N), modulo(r * w, N)]
  if (u === 0n || v === 0n) return false
  const point = sum(timesBase(bytesOf(u)), timesPoint(bytesOf(v), publicKey.subarray(1)))
  return point !== undefined && modulo(point.x, N) === r
}

/** r ‖ s out of a SEQUENCE of two INTEGERs that are not in DER: needless zeros, or none where the first bit needs one. */
export function readLooseSignature(der: Bytes): Bytes | undefined {
  const whole = readHeader(checkBytes('der', der), 0)
  if (whole === undefined || whole.tag !== SEQUENCE || whole.end !== der.length) return undefined
  const r = readHeader(der, whole.start)
  const s = r && readHeader(der, r.end)
  if (r?.tag !== INTEGER || s?.tag !== INTEGER || s.end !== der.length) return undefined
  const halves = [der.subarray(r.start, r.end), der.subarray(s.start, s.end)].map(padded)
  const [first, second] = halves
  return first === undefined || second === undefined ? undefined : concat(first, second)
}

function padded(digits: Bytes): Bytes | undefined {
  const from = digits.findIndex((byte) => byte !== 0)
  const short = from < 0 ? new Uint8Array() : digits.subarray(from)
  return short.length > SCALAR_BYTES ? undefined : concat(new Uint8Array(SCALAR_BYTES - short.length), short)
}

/** The DigestInfo of each digest but for its last bytes, which are the digest (RFC 8017, section 9.2). */
const DIGEST_INFO: Readonly<Record<PlainDigest, Bytes>> = {
  sm3: fromHex('3030300c06082a811ccf5501831105000420'),
  sha256: fromHex('3031300d060960864801650304020105000420'),
  sha1: fromHex('3021300906052b0e03021a05000414'),
  md5: fromHex('3020300c06082a864886f70d020505000410'),
}

/** What RSASSA-PKCS1-v1_5 signs for this digest. */
export const rsaDigestInfo = (name: PlainDigest, digest: Bytes): Bytes => concat(DIGEST_INFO[name], digest)

/** What an RSA signature was made over, once its padding is off; undefined where that padding is not there. */
export function rsaSignedBytes(key: RsaPublicKey, signature: Bytes): Bytes | undefined {
  try {
    const own = { key: rsaPublic('key', key), padding: constants.RSA_PKCS1_PADDING }
    return new Uint8Array(publicDecrypt(own, signature))
  } catch {
    return undefined
  }
}

/** What was wrapped with OAEP, where PKCS#1 v1.5 is asked for. */
export function rsaUnwrapOaep(key: RsaPrivateKey, wrapped: Bytes): Bytes | undefined {
  try {
    const own = { key: rsaPrivate('key', key), padding: constants.RSA_PKCS1_OAEP_PADDING }
    return new Uint8Array(privateDecrypt(own, wrapped))
  } catch {
    return undefined
  }
}

/** A block cipher as a sender may have used it, with an IV of zeros where the mode has one; undefined where it does not read. */
export type LooseCipher = {
  readonly cipher: 'aes-256' | 'aes-128' | 'sm4'
  readonly mode: 'ecb' | 'cbc'
  readonly padding: 'pkcs7' | 'zero'
}

export function looseDecrypt(
  { cipher, mode, padding }: LooseCipher,
  key: Bytes,
  bytes: Bytes,
): Bytes | undefined {
  try {
    const iv = mode === 'ecb' ? null : new Uint8Array(16)
    const decipher = createDecipheriv(`${cipher}-${mode}`, key, iv).setAutoPadding(padding === 'pkcs7')
    const plain = concat(decipher.update(bytes), decipher.final())
    let end = plain.length
    while (padding === 'zero' && end > 0 && plain[end - 1] === 0) end -= 1
    return plain.subarray(0, end)
  } catch {
    return undefined
  }
}

/** The ways in which senders mix a shared key into a digest; the first is ACP's. */
export type KeyedHow = 'hashed' | 'hashed-upper' | 'no-ampersand' | 'key=' | 'appended' | 'prepended' | 'hmac'

export function keyedBy(how: KeyedHow, name: PlainDigest, secret: Secret<Bytes>, bytes: Bytes): Bytes {
  const key = secret.reveal()
  const hashed = toHex(plainDigest(name, key))
  switch (how) {
    case 'hashed':
      return plainDigest(name, concat(bytes, utf8(`&${hashed}`)))
    case 'hashed-upper':
      return plainDigest(name, concat(bytes, utf8(`&${hashed.toUpperCase()}`)))
    case 'no-ampersand':
      return plainDigest(name, concat(bytes, utf8(hashed)))
    case 'key=':
      return plainDigest(name, concat(bytes, utf8('&key='), key))
    case 'appended':
      return plainDigest(name, concat(bytes, utf8('&'), key))
    case 'prepended':
      return plainDigest(name, concat(utf8(`${hashed}&`), bytes))
    case 'hmac':
      return new Uint8Array(createHmac(name, key).update(bytes).digest())
  }
}

const number = (bytes: Bytes): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`))
const bytesOf = (value: bigint): Bytes => fromHex(value.toString(16).padStart(2 * SCALAR_BYTES, '0'))
const inRange = (value: bigint): boolean => value > 0n && value < N
const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by

function inverse(value: bigint, by: bigint): bigint {
  let [a, b, x, y] = [modulo(value, by), by, 1n, 0n]
  while (b > 0n) {
    const quotient = a / b
    ;[a, b] = [b, a - quotient * b]
    ;[x, y] = [y, x - quotient * y]
  }
  return modulo(x, by)
}

/** The sum of two points, each 04 ‖ x ‖ y; undefined for the point at infinity. */
function sum(one: Bytes, other: Bytes): { readonly x: bigint; readonly y: bigint } | undefined {
  const [x1, y1] = [number(one.subarray(1, 33)), number(one.subarray(33))]
  const [x2, y2] = [number(other.subarray(1, 33)), number(other.subarray(33))]
  if (x1 === x2 && modulo(y1 + y2, P) === 0n) return undefined
  const slope =
    x1 === x2
      ? modulo((3n * x1 * x1 + A) * inverse(2n * y1, P), P)
      : modulo((y2 - y1) * inverse(x2 - x1, P), P)
  const x = modulo(slope * slope - x1 - x2, P)
  return { x, y: modulo(slope * (x1 - x) - y1, P) }
}
