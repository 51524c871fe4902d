// The curve sm2p256v1 (GB/T 32918.5): its constants, which numbers and points belong to it, and the public keys
// that have proved that they do. Points are checked here before the library sees them.
import { sm2 } from 'sm-crypto-v2'
import { type Bytes, fromHex, toHex } from './bytes.ts'
import { checkBytes, draw, type Random } from './check.ts'

const P = 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff'
const A = 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc'
const B = '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'
const GX = '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7'
const GY = 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'

export const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
export const SCALAR_BYTES = 32
export const POINT_BYTES = 65
// a ‖ b ‖ xG ‖ yG, as they stand in the middle of Z (GB/T 32918.2, clause 5.5).
export const CURVE_BYTES = fromHex(A + B + GX + GY)

export type Point = ReturnType<typeof sm2.precomputePublicKey>

const p = BigInt(`0x${P}`)
const a = BigInt(`0x${A}`)
const b = BigInt(`0x${B}`)

export function toNumber(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes)}`)
}

// 04 ‖ x ‖ y with both coordinates below p (one point, one spelling) and y² = x³ + ax + b. The cofactor is 1 and
// infinity has no such spelling, so a point on the curve is in the group.
export function isPoint(bytes: Bytes): boolean {
  if (bytes.length !== POINT_BYTES || bytes[0] !== 0x04) return false
  const x = toNumber(bytes.subarray(1, 33))
  const y = toNumber(bytes.subarray(33))
  return x < p && y < p && (y * y - (x * x * x + a * x + b)) % p === 0n
}

// d = n - 1 is refused with 0 and n: signing divides by 1 + d (GB/T 32918.1, clause 6.1).
export function isPrivateScalar(bytes: Bytes): boolean {
  const d = toNumber(bytes)
  return d >= 1n && d <= n - 2n
}

// A draw misses one time in four thousand million, so eight in a row mean that the source is broken.
const DRAWS_MAX = 8

// By rejection: reducing modulo n would prefer small numbers.
export function drawScalar(random: Random): Bytes {
  for (let count = 0; count < DRAWS_MAX; count++) {
    const drawn = Uint8Array.from(draw(random, SCALAR_BYTES))
    if (isPrivateScalar(drawn)) return drawn
  }
  throw new Error(`random gave no number from 1 to n - 2 in ${DRAWS_MAX} draws`)
}

export function publicPoint(scalar: Bytes): Bytes {
  return fromHex(sm2.getPublicKeyFromPrivateKey(toHex(scalar)))
}

// Measured: a window of 6 bits costs 11 ms and 0.2 MB once per key and makes verification seven times as fast;
// the library's own choice of 8 costs 40 ms and 0.7 MB, for a tenth more verification and a third more wrapping.
const WINDOW_BITS = 6
const KNOWN_POINTS_MAX = 128

type PointCache = (name: string, publicKey: Bytes) => Point

// The point of a public key with its tables, checked once. The least recently used key makes room for a new one.
export const knownPoint = pointCache(KNOWN_POINTS_MAX, (hex) => sm2.precomputePublicKey(hex, WINDOW_BITS))

export function pointCache(pointsMax: number, prepare: (hex: string) => Point): PointCache {
  const points = new Map<string, Point>()
  return (name, publicKey) => {
    checkBytes(name, publicKey, POINT_BYTES)
    const hex = toHex(publicKey)
    const known = points.get(hex)
    if (known === undefined && !isPoint(publicKey)) {
      throw new RangeError(`${name} must be a point of the curve sm2p256v1, it is not`)
    }
    const point = known ?? prepare(hex)
    points.delete(hex)
    points.set(hex, point)
    const [oldest] = points.keys()
    if (points.size > pointsMax && oldest !== undefined) points.delete(oldest)
    return point
  }
}
