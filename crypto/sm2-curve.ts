// The curve sm2p256v1 (GB/T 32918.5): its constants, which numbers and points belong to it, and the public half of a private
// number. The arithmetic is in sm2-arithmetic.ts.
import { type Bytes, fromHex } from './bytes.ts'
import { draw, type Random } from './check.ts'
import { inRange, onCurve, timesBase } from './sm2-arithmetic.ts'

const A = 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc'
const B = '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'
const GX = '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7'
const GY = 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'

export const SCALAR_BYTES = 32
export const POINT_BYTES = 65
// a ‖ b ‖ xG ‖ yG, as they stand in the middle of Z (GB/T 32918.2, clause 5.5).
export const CURVE_BYTES = fromHex(A + B + GX + GY)

// 04 ‖ x ‖ y with both coordinates below p (one point, one spelling) and y² = x³ + ax + b. The cofactor is 1 and
// infinity has no such spelling, so a point on the curve is in the group.
export function isPoint(bytes: Bytes): boolean {
  return bytes.length === POINT_BYTES && bytes[0] === 0x04 && onCurve(bytes.subarray(1))
}

// d = n - 1 is refused with 0 and n: signing divides by 1 + d (GB/T 32918.1, clause 6.1).
export function isPrivateScalar(bytes: Bytes): boolean {
  return bytes.length === SCALAR_BYTES && inRange(bytes)
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
  return timesBase(scalar)
}
