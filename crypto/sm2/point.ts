// Points of y² = x³ - 3x + b as X, Y, ZZ, ZZZ: x = X / ZZ and y = Y / ZZZ with ZZ³ = ZZZ²; at infinity ZZ is blank. An affine
// point is x, y. Additions are complete: equal points, opposite points and infinity come out right. The formulas are
// madd-2008-s, add-2008-s and dbl-2008-s-1 of the EFD; with X within ±4.5p and the rest within ±2p, results stay so.
import { CURVE_B, ONE, ZERO } from './constants.ts'
import { add, blank, copy, invert, isZero, NUMBER_BYTES, subtract } from './field.ts'
import { multiply, multiplyLess, square, squareLess } from './products.ts'

export const AFFINE_BYTES: usize = 2 * NUMBER_BYTES
export const POINT_BYTES: usize = 4 * NUMBER_BYTES
const Y: usize = NUMBER_BYTES
const ZZ: usize = 2 * NUMBER_BYTES
const ZZZ: usize = 3 * NUMBER_BYTES

const u = memory.data(36)
const v = memory.data(36)
const w = memory.data(36)
const p = memory.data(36)
const r = memory.data(36)
const s = memory.data(36)
const q = memory.data(36)
const pp = memory.data(36)
const ppp = memory.data(36)

export function setInfinity(point: usize): void {
  memory.fill(point, 0, POINT_BYTES)
}

export function isInfinity(point: usize): bool {
  return blank(point + ZZ)
}

export function copyPoint(out: usize, point: usize): void {
  memory.copy(out, point, POINT_BYTES)
}

export function setAffine(out: usize, x: usize, y: usize): void {
  copy(out, x)
  copy(out + Y, y)
  copy(out + ZZ, ONE)
  copy(out + ZZZ, ONE)
}

// out = 2 · point; infinity stays infinity, because every product with a blank ZZ is blank.
export function double(out: usize, point: usize): void {
  add(u, point + Y, point + Y)
  square(v, u)
  multiply(w, u, v)
  multiply(q, point, v)
  subtract(p, point, point + ZZ)
  add(r, point, point + ZZ)
  multiply(p, p, r)
  add(r, p, p)
  add(r, r, p) // 3(X - ZZ)(X + ZZ)
  squareLess(out, r, ZERO, q)
  subtract(q, q, out)
  multiplyLess(out + Y, r, q, w, point + Y)
  multiply(out + ZZ, v, point + ZZ)
  multiply(out + ZZZ, w, point + ZZZ)
}

// sum += (x, y), where the sum may be any point and (x, y) is none at infinity.
export function addAffine(sum: usize, x: usize, y: usize): void {
  if (isInfinity(sum)) return setAffine(sum, x, y)
  multiply(u, x, sum + ZZ)
  multiply(v, y, sum + ZZZ)
  subtract(p, u, sum)
  subtract(r, v, sum + Y)
  if (isZero(p)) return meet(sum)
  square(pp, p)
  multiply(ppp, p, pp)
  multiply(q, sum, pp)
  squareLess(sum, r, ppp, q)
  subtract(q, q, sum)
  multiplyLess(sum + Y, r, q, sum + Y, ppp)
  multiply(sum + ZZ, sum + ZZ, pp)
  multiply(sum + ZZZ, sum + ZZZ, ppp)
}

// sum += point.
export function addPoint(sum: usize, point: usize): void {
  if (isInfinity(point)) return
  if (isInfinity(sum)) return copyPoint(sum, point)
  multiply(u, point, sum + ZZ)
  multiply(w, sum, point + ZZ)
  multiply(v, point + Y, sum + ZZZ)
  multiply(s, sum + Y, point + ZZZ)
  subtract(p, u, w)
  subtract(r, v, s)
  if (isZero(p)) return meet(sum)
  square(pp, p)
  multiply(ppp, p, pp)
  multiply(q, w, pp)
  squareLess(sum, r, ppp, q)
  subtract(q, q, sum)
  multiplyLess(sum + Y, r, q, s, ppp)
  multiply(w, point + ZZ, pp)
  multiply(sum + ZZ, sum + ZZ, w)
  multiply(w, point + ZZZ, ppp)
  multiply(sum + ZZZ, sum + ZZZ, w)
}

// Two points with the same x: the same point, which `r` = 0 tells, or opposite ones.
function meet(sum: usize): void {
  if (isZero(r)) double(sum, sum)
  else setInfinity(sum)
}

// Whether y² = x³ - 3x + b.
export function isOnCurve(x: usize, y: usize): bool {
  square(u, x)
  multiply(u, u, x)
  add(u, u, CURVE_B)
  add(v, x, x)
  add(v, v, x)
  square(w, y)
  subtract(w, w, u)
  add(w, w, v)
  return isZero(w)
}

const one = memory.data(36)
const zz = memory.data(36)

// `count` points, none at infinity, as affine ones from `out` on: one inversion for all. `products` has room for a number a
// point. 1 / ZZ is (ZZ / ZZZ)².
export function makeAffine(out: usize, points: usize, count: usize, products: usize): void {
  copy(products, points + ZZZ)
  for (let at: usize = 1; at < count; at++)
    multiply(
      products + at * NUMBER_BYTES,
      products + (at - 1) * NUMBER_BYTES,
      points + at * POINT_BYTES + ZZZ,
    )
  invert(one, products + (count - 1) * NUMBER_BYTES)
  for (let at = count; at-- > 0; ) {
    const point = points + at * POINT_BYTES
    if (at > 0) {
      multiply(products + at * NUMBER_BYTES, one, products + (at - 1) * NUMBER_BYTES)
      multiply(one, one, point + ZZZ)
    }
    const own = at == 0 ? one : products + at * NUMBER_BYTES
    multiply(zz, own, point + ZZ)
    square(zz, zz)
    multiply(out + at * AFFINE_BYTES, point, zz)
    multiply(out + at * AFFINE_BYTES + Y, point + Y, own)
  }
}
