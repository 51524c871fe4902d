// What the module does for crypto/sm2-arithmetic.ts: one call a verb, arguments and results at fixed addresses, big-endian as
// on the wire. Nothing is kept between calls but tables. Read on in multiples.ts, point.ts, field.ts, scalar.ts.
import { BASE, ORDER, PRIME, UNIT } from './constants.ts'
import {
  add,
  below,
  blank,
  enter,
  invert,
  isZero,
  NUMBER_BYTES,
  readNumber,
  settle,
  signed,
  subtract,
  writeNumber,
} from './field.ts'
import { addMultiple, makeTable, multiplyPoint, TABLE_BYTES, TABLES } from './multiples.ts'
import {
  addAffine,
  addPoint,
  double,
  isInfinity,
  isOnCurve,
  makeAffine,
  setAffine,
  setInfinity,
} from './point.ts'
import { multiply, multiplyLess, square, squareLess } from './products.ts'
import {
  addScalars,
  invertScalar,
  isScalar,
  multiplyScalars,
  reduceScalar,
  subtractScalars,
} from './scalar.ts'

// For the tests, which hold each against BigInt.
export { add, enter, invert, isZero, readNumber, settle, signed, subtract, writeNumber }
export { multiply, multiplyLess, square, squareLess }
export { addScalars, invertScalar, multiplyScalars, reduceScalar, subtractScalars }
export { addAffine, addPoint, double, isInfinity, makeAffine, setAffine, setInfinity }
export { addMultiple, makeTable, multiplyPoint }

// d or k; a point x ‖ y; e; r ‖ s; R / (1 + d) as limbs; one or two points x ‖ y.
export const SCALAR = memory.data(32)
export const POINT = memory.data(64)
export const DIGEST = memory.data(32)
export const SIGNATURE = memory.data(64)
export const DIVISOR = memory.data(36)
export const RESULT = memory.data(128)

const ZZ: usize = 2 * NUMBER_BYTES
const ZZZ: usize = 3 * NUMBER_BYTES

const k = memory.data(36)
const e = memory.data(36)
const r = memory.data(36)
const s = memory.data(36)
const t = memory.data(36)
const x = memory.data(36)
const y = memory.data(36)
const one = memory.data(36)
const sum = memory.data(144)
const other = memory.data(144)

// Tables lie one after another; the first is the base point's.
export function tableAddress(slot: usize): usize {
  return TABLES + slot * TABLE_BYTES
}

// Once, before any verb but `isPoint` and `isPrivate`.
export function prepareBase(): void {
  makeTable(TABLES, BASE, BASE + NUMBER_BYTES)
}

// Whether POINT is on the curve, both coordinates below p. The cofactor is 1, so it is in the group.
export function isPoint(): bool {
  readNumber(x, POINT)
  readNumber(y, POINT + 32)
  if (below(x, PRIME) == 0 || below(y, PRIME) == 0) return false
  enterPoint()
  return isOnCurve(x, y)
}

function enterPoint(): void {
  readNumber(x, POINT)
  readNumber(y, POINT + 32)
  enter(x, x)
  enter(y, y)
}

// Whether SCALAR is from 1 to n - 2.
export function isPrivate(): bool {
  readNumber(k, SCALAR)
  if (!isScalar(k)) return false
  addScalars(t, k, UNIT)
  return !blank(t)
}

// DIVISOR = R / (1 + d) for d in SCALAR.
export function prepareKey(): void {
  readNumber(k, SCALAR)
  addScalars(t, k, UNIT)
  invertScalar(DIVISOR, t)
}

// The table of POINT, which is on the curve.
export function preparePeer(table: usize): void {
  enterPoint()
  makeTable(table, x, y)
}

// RESULT = dG for d in SCALAR.
export function multiplyBase(): void {
  readNumber(k, SCALAR)
  setInfinity(sum)
  addMultiple(sum, TABLES, k, true)
  invert(one, sum + ZZZ)
  writePoint(RESULT, sum, one)
}

// RESULT = d · POINT for d in SCALAR.
export function multiplyOne(): void {
  readNumber(k, SCALAR)
  multiplyEntered(sum, k)
  invert(one, sum + ZZZ)
  writePoint(RESULT, sum, one)
}

// RESULT = kG and kP for k in SCALAR and P in POINT; `table` is P's, or 0.
export function multiplyBoth(table: usize): void {
  readNumber(k, SCALAR)
  setInfinity(sum)
  addMultiple(sum, TABLES, k, true)
  if (table == 0) multiplyEntered(other, k)
  else {
    setInfinity(other)
    addMultiple(other, table, k, true)
  }
  multiply(t, sum + ZZZ, other + ZZZ)
  invert(one, t)
  multiply(t, one, other + ZZZ)
  writePoint(RESULT, sum, t)
  multiply(t, one, sum + ZZZ)
  writePoint(RESULT + 64, other, t)
}

// out = scalar · POINT.
function multiplyEntered(out: usize, scalar: usize): void {
  enterPoint()
  multiplyPoint(out, x, y, scalar)
}

// `inverse` is 1 / ZZZ, so that 1 / ZZ is (ZZ · inverse)².
function writePoint(out: usize, point: usize, inverse: usize): void {
  multiply(x, point + ZZ, inverse)
  square(x, x)
  multiply(x, point, x)
  settle(x, x)
  writeNumber(out, x)
  multiply(y, point + NUMBER_BYTES, inverse)
  settle(y, y)
  writeNumber(out + 32, y)
}

// SIGNATURE = r ‖ s over DIGEST with the nonce in SCALAR and the key in DIVISOR (GB/T 32918.2, clause 6.1), where
// s = (k - rd) / (1 + d) = (k + r) / (1 + d) - r. False where the clause wants another nonce.
export function sign(): bool {
  readNumber(k, SCALAR)
  if (!isScalar(k)) return false
  setInfinity(sum)
  addMultiple(sum, TABLES, k, true)
  invert(one, sum + ZZ)
  multiply(x, sum, one)
  settle(x, x)
  reduceScalar(x, x)
  readDigest()
  addScalars(r, e, x)
  addScalars(t, r, k)
  multiplyScalars(s, t, DIVISOR)
  subtractScalars(s, s, r)
  writeNumber(SIGNATURE, r)
  writeNumber(SIGNATURE + 32, s)
  return !blank(r) && !blank(t) && !blank(s)
}

function readDigest(): void {
  readNumber(e, DIGEST)
  reduceScalar(e, e)
}

// Whether SIGNATURE holds for DIGEST under POINT, whose table is given, or 0 (clause 7.1). The point sG + tP is never brought
// to affine form: x + e = r mod n asks whether X = cZZ for c = (r - e) mod n, or for c + n where that is below p.
export function verify(table: usize): bool {
  readNumber(r, SIGNATURE)
  readNumber(s, SIGNATURE + 32)
  if (!isScalar(r) || !isScalar(s)) return false
  addScalars(t, r, s)
  if (blank(t)) return false
  if (table == 0) multiplyEntered(sum, t)
  else setInfinity(sum)
  addMultiple(sum, TABLES, s, false)
  if (table != 0) addMultiple(sum, table, t, false)
  if (isInfinity(sum)) return false
  readDigest()
  subtractScalars(t, r, e)
  enter(x, t)
  if (hasX(x)) return true
  add(t, t, ORDER)
  if (below(t, PRIME) == 0) return false
  enter(x, t)
  return hasX(x)
}

function hasX(affine: usize): bool {
  multiply(y, affine, sum + ZZ)
  subtract(y, y, sum)
  return isZero(y)
}
