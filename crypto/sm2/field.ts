// Numbers mod p: nine signed limbs of 29 bits in 36 bytes of memory, times R = 2^261 (Montgomery). A number is *normal* when
// its first eight limbs are from 0 to 2^29 - 1; products and sums answer with normal numbers, and take them or a difference
// of two. Values stay within ±8p, differences within ±16p (ninth limb: 2^28); only `settle` makes them canonical.
import { ONE, PRIME, SQUARE_P, UNIT } from './constants.ts'
import { multiply, square } from './products.ts'

export const NUMBER_BYTES: usize = 36
export const MASK: i64 = 0x1fffffff
const LIMBS: usize = 9

// A column of a product is the sum of nine (in `multiplyLess` eighteen) products of limbs: below 18 · 2^58 < 2^62.2, and
// what the reduction adds is below 2^54. So a sum must be carried before it is multiplied, and a difference need not be.
export function add(out: usize, a: usize, b: usize): void {
  let carry: i64 = 0
  for (let at: usize = 0; at < 32; at += 4) {
    carry += i64.load32_s(a + at) + i64.load32_s(b + at)
    i64.store32(out + at, carry & MASK)
    carry >>= 29
  }
  i64.store32(out, carry + i64.load32_s(a, 32) + i64.load32_s(b, 32), 32)
}

export function subtract(out: usize, a: usize, b: usize): void {
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4)
    i64.store32(out + at, i64.load32_s(a + at) - i64.load32_s(b + at))
}

// out = a or -a, as `sign` is 0 or -1, without a branch.
export function signed(out: usize, a: usize, sign: i64): void {
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4)
    i64.store32(out + at, (i64.load32_s(a + at) ^ sign) - sign)
}

export function copy(out: usize, a: usize): void {
  memory.copy(out, a, NUMBER_BYTES)
}

// Out of Montgomery's form: (a + m·p) / R with m < R is a whole number from 0 to p, and p only where a was a multiple of it.
export function settle(out: usize, a: usize): void {
  multiply(out, a, UNIT)
  const keep = same(out, PRIME) - 1
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) i64.store32(out + at, i64.load32_s(out + at) & keep)
}

export function enter(out: usize, a: usize): void {
  multiply(out, a, SQUARE_P)
}

// 1 or 0, without a branch; both canonical.
function same(a: usize, b: usize): i64 {
  let differing: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) differing |= i64.load32_s(a + at) ^ i64.load32_s(b + at)
  return ((differing | -differing) >>> 63) ^ 1
}

// Whether every limb is 0: canonical zero, and the mark of the point at infinity.
export function blank(a: usize): bool {
  let bits: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4) bits |= i64.load32_s(a + at)
  return bits == 0
}

const settled = memory.data(36)

// Whether a = k·p for some k from -8 to 8. The lowest limb of k·p is -k, which one number in thirty million shares.
export function isZero(a: usize): bool {
  if (((i64.load32_s(a) + 8) & MASK) > 16) return false
  settle(settled, a)
  return blank(settled)
}

export function readNumber(out: usize, bytes: usize): void {
  for (let limb: usize = 0; limb < LIMBS; limb++) {
    let bits: i64 = 0
    // Five bytes, big-endian, from the one that holds the limb's lowest bit.
    const lowest = limb * 29
    for (let byte: usize = 0; byte < 5; byte++) {
      const at = (lowest >> 3) + byte
      if (at < 32) bits |= (<i64>load<u8>(bytes + 31 - at)) << (byte << 3)
    }
    i64.store32(out + (limb << 2), (bits >> (lowest & 7)) & MASK)
  }
}

// a is canonical.
export function writeNumber(bytes: usize, a: usize): void {
  let bits: i64 = 0
  let held: i64 = 0
  let at: usize = a
  for (let byte: usize = 0; byte < 32; byte++) {
    if (held < 8) {
      bits |= i64.load32_s(at) << held
      held += 29
      at += 4
    }
    store<u8>(bytes + 31 - byte, <u8>bits)
    bits >>= 8
    held -= 8
  }
}

// 1 where a < modulus, else 0, without a branch; both canonical.
export function below(a: usize, modulus: usize): i64 {
  let borrow: i64 = 0
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4)
    borrow = (i64.load32_s(a + at) - i64.load32_s(modulus + at) + borrow) >> 29
  return borrow & 1
}

const ones2 = memory.data(36)
const ones4 = memory.data(36)
const ones8 = memory.data(36)
const ones16 = memory.data(36)
const ones = memory.data(36)
const ones32 = memory.data(36)
const base = memory.data(36)

// a^(p - 2), Fermat's way: always the same 272 products. The exponent in words of 32 bits is
// fffffffe ffffffff ffffffff ffffffff ffffffff 00000000 ffffffff fffffffd; `ones8` is a to the power of eight ones.
export function invert(out: usize, a: usize): void {
  copy(base, a)
  raised(ones2, base, 1, base)
  raised(ones4, ones2, 2, ones2)
  raised(ones8, ones4, 4, ones4)
  raised(ones16, ones8, 8, ones8)
  raised(ones, ones16, 8, ones8)
  raised(ones, ones, 4, ones4)
  raised(ones2, ones, 2, ones2) // 30 of them
  raised(ones, ones2, 1, base)
  raised(ones32, ones, 1, base)
  square(ones, ones)
  for (let word = 0; word < 4; word++) raised(ones, ones, 32, ones32)
  raised(ones, ones, 64, ones32)
  raised(ones, ones, 30, ones2)
  raised(out, ones, 2, base)
}

// out = a^(2^times) · b
function raised(out: usize, a: usize, times: i32, b: usize): void {
  square(power, a)
  for (let count = 1; count < times; count++) square(power, power)
  multiply(out, power, b)
}

const power = memory.data(36)
