// For tests only: SM2 as the standard's own formulas, on any curve, slow and in no constant time. It proves itself on the
// published values of the test curve, which our SM2 does not know, and is then a third opinion on the curve that it does.
// The key exchange (GB/T 32918.3) lives here because no profile has a use for it.
import { type Bytes, concat, fromHex, toHex } from './bytes.ts'
import { sm3, sm3Kdf } from './sm3.ts'

export type Curve = {
  readonly p: bigint
  readonly a: bigint
  readonly b: bigint
  readonly n: bigint
  readonly gx: bigint
  readonly gy: bigint
}

// Undefined is the point at infinity.
export type Point = { readonly x: bigint; readonly y: bigint } | undefined

// GB/T 32918.5, clause 4.
export const SM2P256V1: Curve = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
}

// GB/T 32918.2 and .3, annex A.
export const GBT_FP256_TEST: Curve = {
  p: 0x8542d69e4c044f18e8b92435bf6ff7de457283915c45517d722edb8b08f1dfc3n,
  a: 0x787968b4fa32c3fd2417842e73bbfeff2f3c848b6831d7e0ec65228b3937e498n,
  b: 0x63e4c6d3b23b0c849cf84241484bfe48f61d59a5b16ba06e6e12d1da27c5249an,
  n: 0x8542d69e4c044f18e8b92435bf6ff7dd297720630485628d5ae74ee7c32e79b7n,
  gx: 0x421debd61b62eab6746434ebc3cc315e32220b3badd50bdc4c4e6c147fedd43dn,
  gy: 0x0680512bcbb42c07d47349d2153b70c4e5d7fdfcbfa36ea1a85841b9e46e09a2n,
}

// 04 ‖ x ‖ y of d times the base point.
export function textbookPublicKey(curve: Curve, d: Bytes): Bytes {
  return encoded(times(curve, toNumber(d), { x: curve.gx, y: curve.gy }))
}

// Z, clause 5.5 of part 2.
function textbookIdentity(curve: Curve, id: Bytes, publicKey: Bytes): Bytes {
  const constants = [curve.a, curve.b, curve.gx, curve.gy].map(toBytes)
  return sm3(
    concat(Uint8Array.of(id.length >> 5, (id.length << 3) & 0xff), id, ...constants, publicKey.slice(1)),
  )
}

type TextbookSigning = {
  readonly d: Bytes
  readonly k: Bytes
  readonly id: Bytes
  readonly message: Bytes
}

// r ‖ s, clause 6.1 of part 2.
export function textbookSign(curve: Curve, { d, k, id, message }: TextbookSigning): Bytes {
  const e = toNumber(sm3(concat(textbookIdentity(curve, id, textbookPublicKey(curve, d)), message)))
  const [key, nonce, n] = [toNumber(d), toNumber(k), curve.n]
  const x1 = toNumber(textbookPublicKey(curve, k).slice(1, 33))
  const r = modulo(e + x1, n)
  const s = modulo(inverse(1n + key, n) * (nonce - r * key), n)
  return concat(toBytes(r), toBytes(s))
}

type ExchangeSide = {
  readonly id: Bytes
  readonly publicKey: Bytes
  // R: the side's public point for this exchange alone.
  readonly ephemeral: Bytes
}

type Exchanged = { readonly key: Bytes; readonly sB: Bytes; readonly sA: Bytes }

// Part 3, clause 6.1. `mine` says who computes; A is the side that began. Both get the same key and, optionally to be
// shown to each other, the same two confirmations.
export function textbookExchange(
  curve: Curve,
  mine: { readonly side: 'a' | 'b'; readonly d: Bytes; readonly r: Bytes },
  sides: { readonly a: ExchangeSide; readonly b: ExchangeSide },
  keyBytes: number,
): Exchanged {
  const [own, peer] = mine.side === 'a' ? [sides.a, sides.b] : [sides.b, sides.a]
  const t = modulo(toNumber(mine.d) + halved(own.ephemeral) * toNumber(mine.r), curve.n)
  const joined = plus(
    curve,
    decoded(curve, peer.publicKey),
    times(curve, halved(peer.ephemeral), decoded(curve, peer.ephemeral)),
  )
  const shared = encoded(times(curve, t, joined)).slice(1)
  const identities = concat(
    textbookIdentity(curve, sides.a.id, sides.a.publicKey),
    textbookIdentity(curve, sides.b.id, sides.b.publicKey),
  )
  const [x, y] = [shared.slice(0, 32), shared.slice(32)]
  const inner = sm3(concat(x, identities, sides.a.ephemeral.slice(1), sides.b.ephemeral.slice(1)))
  return {
    key: sm3Kdf(concat(shared, identities), keyBytes),
    sB: sm3(concat(Uint8Array.of(2), y, inner)),
    sA: sm3(concat(Uint8Array.of(3), y, inner)),
  }
}

// 2^w + (x & (2^w - 1)) with w = 127 for a group of 256 bits.
function halved(ephemeral: Bytes): bigint {
  const w = 127n
  return (1n << w) + (toNumber(ephemeral.slice(1, 33)) & ((1n << w) - 1n))
}

export function times(curve: Curve, scalar: bigint, point: Point): Point {
  let sum: Point
  for (let [double, rest] = [point, scalar]; rest > 0n; rest >>= 1n, double = plus(curve, double, double)) {
    if (rest & 1n) sum = plus(curve, sum, double)
  }
  return sum
}

// Part 1, clause 3.2.3.1.
export function plus({ p, a }: Curve, one: Point, other: Point): Point {
  if (one === undefined || other === undefined) return one ?? other
  if (one.x === other.x && modulo(one.y + other.y, p) === 0n) return undefined
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x + a) * inverse(2n * one.y, p)
      : (other.y - one.y) * inverse(other.x - one.x, p)
  const x = modulo(slope * slope - one.x - other.x, p)
  return { x, y: modulo(slope * (one.x - x) - one.y, p) }
}

function decoded({ p, a, b }: Curve, bytes: Bytes): Point {
  const [x, y] = [toNumber(bytes.slice(1, 33)), toNumber(bytes.slice(33))]
  if (modulo(y * y - (x * x * x + a * x + b), p) !== 0n)
    throw new RangeError('bytes must be a point of the curve')
  return { x, y }
}

function encoded(point: Point): Bytes {
  if (point === undefined) throw new RangeError('the point at infinity has no coordinates')
  return concat(Uint8Array.of(4), toBytes(point.x), toBytes(point.y))
}

// Euclid's; the modulus is a prime.
export function inverse(number: bigint, modulus: bigint): bigint {
  let [rest, last] = [modulo(number, modulus), modulus]
  let [factor, lastFactor] = [1n, 0n]
  while (rest > 1n) {
    const quotient = last / rest
    ;[rest, last] = [last % rest, rest]
    ;[factor, lastFactor] = [lastFactor - quotient * factor, factor]
  }
  return modulo(factor, modulus)
}

export function modulo(number: bigint, modulus: bigint): bigint {
  return ((number % modulus) + modulus) % modulus
}

export function toNumber(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes)}`)
}

function toBytes(number: bigint): Bytes {
  return fromHex(number.toString(16).padStart(64, '0'))
}
