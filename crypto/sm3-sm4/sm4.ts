// SM4 (GB/T 32907), four blocks side by side: vector j holds word j of four blocks. No address and no branch depends on key or
// text: the box reads whole tables (constants.ts). A single block goes the same way with three lanes idle.
import {
  BOX_U,
  BOX_V,
  CK,
  FIRST_U,
  FIRST_V,
  FK,
  I_HIGH,
  I_LOW,
  INVERSE,
  INVERSE_A,
  J_HIGH,
  J_LOW,
  K_HIGH,
  K_LOW,
  KEY_SUM,
  LAST_U,
  LAST_V,
  ROUND_SUM,
  TURNED_U,
  TURNED_V,
} from './constants.ts'

const BLOCK: usize = 16
const GROUP: usize = 64

const keyed = memory.data(16)
const roundKeys = memory.data(128)
const counters = memory.data(64)
let isKeyed = false

// @ts-ignore: decorator
@inline
function look(table: usize, index: v128): v128 {
  return i8x16.relaxed_swizzle(v128.load(table), index)
}

// @ts-ignore: decorator
@inline
function both(one: usize, index: v128, other: usize, otherIndex: v128): v128 {
  return v128.xor(look(one, index), look(other, otherIndex))
}

// @ts-ignore: decorator
@inline
function lowOf(x: v128): v128 {
  return v128.and(x, i8x16.splat(15))
}

// @ts-ignore: decorator
@inline
function highOf(x: v128): v128 {
  return v128.and(i32x4.shr_u(x, 4), i8x16.splat(15))
}

// 1 / u of the box by x's halves; with j in place of k and i, and i in place of j, it is 1 / v.
// @ts-ignore: decorator
@inline
function inverseOf(first: v128, overK: v128, added: v128): v128 {
  return v128.xor(look(INVERSE, v128.xor(look(INVERSE, first), overK)), added)
}

// @ts-ignore: decorator
@inline
function turned(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits))
}

// X0 + L(box(X1 + X2 + X3 + rk)), L(s) = s + s<<<2 + s<<<10 + s<<<18 + s<<<24. Byte by byte, turning by two is turning each
// byte by two and two of its bits into the byte above: what stays, what turns by 8 and 16, and what turns by 24.
// @ts-ignore: decorator
@inline
function round(a: v128, b: v128, c: v128, d: v128, key: usize): v128 {
  // d is the newest: what does not wait for it comes first.
  const x = v128.xor(v128.xor(v128.xor(b, c), v128.load32_splat(key)), d)
  const low = lowOf(x)
  const high = highOf(x)
  const i = both(I_LOW, low, I_HIGH, high)
  const j = both(J_LOW, low, J_HIGH, high)
  const overK = look(INVERSE_A, both(K_LOW, low, K_HIGH, high))
  const u = inverseOf(i, overK, j)
  const v = inverseOf(j, overK, i)
  const first = both(FIRST_U, u, FIRST_V, v)
  const two = both(TURNED_U, u, TURNED_V, v)
  const last = both(LAST_U, u, LAST_V, v)
  const two8 = v128.shuffle<u8>(two, two, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)
  const two16 = v128.shuffle<u8>(two, two, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
  const last24 = v128.shuffle<u8>(last, last, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)
  const rest = v128.xor(v128.xor(a, i32x4.splat(ROUND_SUM)), first)
  return v128.xor(v128.xor(rest, last24), v128.xor(two8, two16))
}

// What leaves the box, without its C.
// @ts-ignore: decorator
@inline
function box(x: v128): v128 {
  const low = lowOf(x)
  const high = highOf(x)
  const i = both(I_LOW, low, I_HIGH, high)
  const j = both(J_LOW, low, J_HIGH, high)
  const overK = look(INVERSE_A, both(K_LOW, low, K_HIGH, high))
  return both(BOX_U, inverseOf(i, overK, j), BOX_V, inverseOf(j, overK, i))
}

// The words of a block are big-endian.
// @ts-ignore: decorator
@inline
function swapped(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

// The round keys of the sixteen bytes at `key`, or the same ones again.
export function schedule(key: usize): void {
  if (isKeyed && same(key, keyed)) return
  v128.store(keyed, v128.load(key))
  isKeyed = true
  const words = v128.xor(swapped(v128.load(key)), v128.load(FK))
  let a = i32x4.splat(i32x4.extract_lane(words, 0))
  let b = i32x4.splat(i32x4.extract_lane(words, 1))
  let c = i32x4.splat(i32x4.extract_lane(words, 2))
  let d = i32x4.splat(i32x4.extract_lane(words, 3))
  for (let at: usize = 0; at < 128; at += 4) {
    const s = box(v128.xor(v128.xor(c, d), v128.xor(b, v128.load32_splat(CK + at))))
    const next = v128.xor(
      v128.xor(v128.xor(a, i32x4.splat(KEY_SUM)), s),
      v128.xor(turned(s, 13), turned(s, 23)),
    )
    v128.store_lane<u32>(roundKeys + at, next, 0)
    a = b
    b = c
    c = d
    d = next
  }
}

// @ts-ignore: decorator
@inline
function same(one: usize, other: usize): bool {
  return ((load<u64>(one) ^ load<u64>(other)) | (load<u64>(one, 8) ^ load<u64>(other, 8))) == 0
}

// The block in x, by the round keys from `first` on, `step` bytes apart.
function single(x: v128, first: usize, step: isize): v128 {
  const words = swapped(x)
  let a = i32x4.splat(i32x4.extract_lane(words, 0))
  let b = i32x4.splat(i32x4.extract_lane(words, 1))
  let c = i32x4.splat(i32x4.extract_lane(words, 2))
  let d = i32x4.splat(i32x4.extract_lane(words, 3))
  let key = first
  for (let count = 0; count < 8; count++) {
    a = round(a, b, c, d, key)
    b = round(b, c, d, a, key + step)
    c = round(c, d, a, b, key + 2 * step)
    d = round(d, a, b, c, key + 3 * step)
    key += 4 * step
  }
  return swapped(
    v128.shuffle<u32>(v128.shuffle<u32>(d, c, 0, 4, 0, 4), v128.shuffle<u32>(b, a, 0, 4, 0, 4), 0, 1, 4, 5),
  )
}

// The four blocks at `from`, written at `to`.
function group(to: usize, from: usize, first: usize, step: isize): void {
  const p = swapped(v128.load(from))
  const q = swapped(v128.load(from, 16))
  const r = swapped(v128.load(from, 32))
  const s = swapped(v128.load(from, 48))
  const pq = v128.shuffle<u32>(p, q, 0, 4, 1, 5)
  const rs = v128.shuffle<u32>(r, s, 0, 4, 1, 5)
  const pqHigh = v128.shuffle<u32>(p, q, 2, 6, 3, 7)
  const rsHigh = v128.shuffle<u32>(r, s, 2, 6, 3, 7)
  let a = v128.shuffle<u64>(pq, rs, 0, 2)
  let b = v128.shuffle<u64>(pq, rs, 1, 3)
  let c = v128.shuffle<u64>(pqHigh, rsHigh, 0, 2)
  let d = v128.shuffle<u64>(pqHigh, rsHigh, 1, 3)
  let key = first
  for (let count = 0; count < 8; count++) {
    a = round(a, b, c, d, key)
    b = round(b, c, d, a, key + step)
    c = round(c, d, a, b, key + 2 * step)
    d = round(d, a, b, c, key + 3 * step)
    key += 4 * step
  }
  // d, c, b, a are the words that leave.
  const dc = v128.shuffle<u32>(d, c, 0, 4, 1, 5)
  const ba = v128.shuffle<u32>(b, a, 0, 4, 1, 5)
  const dcHigh = v128.shuffle<u32>(d, c, 2, 6, 3, 7)
  const baHigh = v128.shuffle<u32>(b, a, 2, 6, 3, 7)
  v128.store(to, swapped(v128.shuffle<u64>(dc, ba, 0, 2)))
  v128.store(to, swapped(v128.shuffle<u64>(dc, ba, 1, 3)), 16)
  v128.store(to, swapped(v128.shuffle<u64>(dcHigh, baHigh, 0, 2)), 32)
  v128.store(to, swapped(v128.shuffle<u64>(dcHigh, baHigh, 1, 3)), 48)
}

// All of these work in place on whole blocks, and may write up to three blocks more than they were asked for.

export function encryptEcb(at: usize, length: usize): void {
  for (let done: usize = 0; done < length; done += GROUP) group(at + done, at + done, roundKeys, 4)
}

export function decryptEcb(at: usize, length: usize): void {
  for (let done: usize = 0; done < length; done += GROUP) group(at + done, at + done, roundKeys + 124, -4)
}

// Each block waits for the one before it.
export function encryptCbc(at: usize, length: usize, iv: usize): void {
  let before = v128.load(iv)
  for (let done: usize = 0; done < length; done += BLOCK) {
    before = single(v128.xor(v128.load(at + done), before), roundKeys, 4)
    v128.store(at + done, before)
  }
}

export function decryptCbc(at: usize, length: usize, iv: usize): void {
  let before = v128.load(iv)
  for (let done: usize = 0; done < length; done += GROUP) {
    const here = at + done
    const p = v128.load(here)
    const q = v128.load(here, 16)
    const r = v128.load(here, 32)
    const s = v128.load(here, 48)
    group(here, here, roundKeys + 124, -4)
    v128.store(here, v128.xor(v128.load(here), before))
    v128.store(here, v128.xor(v128.load(here, 16), p), 16)
    v128.store(here, v128.xor(v128.load(here, 32), q), 32)
    v128.store(here, v128.xor(v128.load(here, 48), r), 48)
    before = s
  }
}

// The counter is one big-endian number of sixteen bytes, from `iv` on.
export function countCtr(at: usize, length: usize, iv: usize): void {
  let high = bswap(load<u64>(iv))
  let low = bswap(load<u64>(iv, 8))
  for (let done: usize = 0; done < length; done += GROUP) {
    for (let block: usize = 0; block < GROUP; block += BLOCK) {
      store<u64>(counters + block, bswap(high))
      store<u64>(counters + block, bswap(low), 8)
      low += 1
      if (low == 0) high += 1
    }
    group(counters, counters, roundKeys, 4)
    for (let block: usize = 0; block < GROUP; block += BLOCK)
      v128.store(at + done + block, v128.xor(v128.load(at + done + block), v128.load(counters + block)))
  }
}
