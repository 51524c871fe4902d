// Numbers mod n, the order of the base point: nine limbs of 29 bits as in field.ts, always canonical. No branch depends on
// them. n has no pretty form, so the reduction is Montgomery's plain one, in loops: a signature needs it once.
import { ORDER, ORDER_FACTOR, SQUARE_N, UNIT } from './constants.ts'
import { below, blank, copy, MASK, NUMBER_BYTES } from './field.ts'

const LIMBS: usize = 9
const BITS = 256

// Of a number below 2n.
export function reduceScalar(out: usize, a: usize): void {
  let borrow: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) {
    borrow += i64.load32_s(a + at) - i64.load32_s(ORDER + at)
    i64.store32(less + at, borrow & MASK)
    borrow >>= 29
  }
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4)
    i64.store32(out + at, (i64.load32_s(a + at) & borrow) | (i64.load32_s(less + at) & ~borrow))
}

const less = memory.data(36)

export function addScalars(out: usize, a: usize, b: usize): void {
  let carry: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) {
    carry += i64.load32_s(a + at) + i64.load32_s(b + at)
    i64.store32(out + at, carry & MASK)
    carry >>= 29
  }
  reduceScalar(out, out)
}

export function subtractScalars(out: usize, a: usize, b: usize): void {
  let borrow: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) {
    borrow += i64.load32_s(a + at) - i64.load32_s(b + at)
    i64.store32(out + at, borrow & MASK)
    borrow >>= 29
  }
  let carry: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) {
    carry += i64.load32_s(out + at) + (i64.load32_s(ORDER + at) & borrow)
    i64.store32(out + at, carry & MASK)
    carry >>= 29
  }
}

const columns = memory.data(19 * 8)

// out = a·b / R: a row of the product, then the multiple of n that clears the lowest limb.
export function multiplyScalars(out: usize, a: usize, b: usize): void {
  memory.fill(columns, 0, 19 * 8)
  for (let row: usize = 0; row < LIMBS; row++) {
    const from = columns + (row << 3)
    const factor = i64.load32_s(a + (row << 2))
    for (let limb: usize = 0; limb < LIMBS; limb++)
      store<i64>(from + (limb << 3), load<i64>(from + (limb << 3)) + factor * i64.load32_s(b + (limb << 2)))
    const m = (load<i64>(from) * ORDER_FACTOR) & MASK
    for (let limb: usize = 0; limb < LIMBS; limb++)
      store<i64>(from + (limb << 3), load<i64>(from + (limb << 3)) + m * i64.load32_s(ORDER + (limb << 2)))
    store<i64>(from + 8, load<i64>(from + 8) + (load<i64>(from) >> 29))
  }
  let carry: i64 = 0
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    carry += load<i64>(columns + ((LIMBS + limb) << 3))
    i64.store32(out + (limb << 2), carry & MASK)
    carry >>= 29
  }
  reduceScalar(out, out)
}

const factor = memory.data(36)
const power = memory.data(36)

// out = R / a, so that a product with it is a division by a; a^(n - 2), Fermat's way. The exponent is public.
export function invertScalar(out: usize, a: usize): void {
  multiplyScalars(factor, a, SQUARE_N)
  multiplyScalars(power, UNIT, SQUARE_N)
  for (let bit = BITS - 1; bit >= 0; bit--) {
    multiplyScalars(power, power, power)
    if (exponentBit(bit)) multiplyScalars(power, power, factor)
  }
  copy(out, power)
}

// n ends in …23, so n - 2 differs from it in the lowest limb alone.
function exponentBit(bit: usize): bool {
  const limb = bit / 29
  const bits = i64.load32_s(ORDER + (limb << 2)) - (limb == 0 ? 2 : 0)
  return ((bits >> <i64>(bit % 29)) & 1) != 0
}

// From 1 to n - 1.
export function isScalar(a: usize): bool {
  return !blank(a) && below(a, ORDER) != 0
}
