// Made by crypto/sm2-products.ts; `npm run build:sm2` writes it again. The products of the field: operands are read
// before anything is written, so out may be any of them. What limbs they may have stands in field.ts.

// out = a·b / 2^261.
export function multiply(out: usize, a: usize, b: usize): void {
  const a0 = i64.load32_s(a, 0), a1 = i64.load32_s(a, 4), a2 = i64.load32_s(a, 8), a3 = i64.load32_s(a, 12), a4 = i64.load32_s(a, 16), a5 = i64.load32_s(a, 20), a6 = i64.load32_s(a, 24), a7 = i64.load32_s(a, 28), a8 = i64.load32_s(a, 32)
  const b0 = i64.load32_s(b, 0), b1 = i64.load32_s(b, 4), b2 = i64.load32_s(b, 8), b3 = i64.load32_s(b, 12), b4 = i64.load32_s(b, 16), b5 = i64.load32_s(b, 20), b6 = i64.load32_s(b, 24), b7 = i64.load32_s(b, 28), b8 = i64.load32_s(b, 32)
  let t: i64 = a0 * b0
  const m0 = t & 0x1fffffff
  t = a0 * b1 + a1 * b0 + (t >> 29)
  const m1 = t & 0x1fffffff
  t = a0 * b2 + a1 * b1 + a2 * b0 + (m0 << 6) + (t >> 29)
  const m2 = t & 0x1fffffff
  t = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (m1 << 6) - (m0 << 9) + (t >> 29)
  const m3 = t & 0x1fffffff
  t = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (m2 << 6) - (m1 << 9) + (t >> 29)
  const m4 = t & 0x1fffffff
  t = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (m3 << 6) - (m2 << 9) + (t >> 29)
  const m5 = t & 0x1fffffff
  t = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (m4 << 6) - (m3 << 9) + (t >> 29)
  const m6 = t & 0x1fffffff
  t = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + (m5 << 6) - (m4 << 9) - (m0 << 21) + (t >> 29)
  const m7 = t & 0x1fffffff
  t = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24) + (t >> 29)
  const m8 = t & 0x1fffffff
  t = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 0)
  t = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 4)
  t = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 - (m8 << 9) - (m4 << 21) + (m3 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 8)
  t = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 - (m5 << 21) + (m4 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 12)
  t = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 - (m6 << 21) + (m5 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 16)
  t = a6 * b8 + a7 * b7 + a8 * b6 - (m7 << 21) + (m6 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 20)
  t = a7 * b8 + a8 * b7 - (m8 << 21) + (m7 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 24)
  t = a8 * b8 + (m8 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 28)
  t = (t >> 29)
  i64.store32(out, t, 32)
}

// out = a² / 2^261.
export function square(out: usize, a: usize): void {
  const a0 = i64.load32_s(a, 0), a1 = i64.load32_s(a, 4), a2 = i64.load32_s(a, 8), a3 = i64.load32_s(a, 12), a4 = i64.load32_s(a, 16), a5 = i64.load32_s(a, 20), a6 = i64.load32_s(a, 24), a7 = i64.load32_s(a, 28), a8 = i64.load32_s(a, 32)
  let t: i64 = a0 * a0
  const m0 = t & 0x1fffffff
  t = ((a0 * a1) << 1) + (t >> 29)
  const m1 = t & 0x1fffffff
  t = ((a0 * a2) << 1) + a1 * a1 + (m0 << 6) + (t >> 29)
  const m2 = t & 0x1fffffff
  t = ((a0 * a3 + a1 * a2) << 1) + (m1 << 6) - (m0 << 9) + (t >> 29)
  const m3 = t & 0x1fffffff
  t = ((a0 * a4 + a1 * a3) << 1) + a2 * a2 + (m2 << 6) - (m1 << 9) + (t >> 29)
  const m4 = t & 0x1fffffff
  t = ((a0 * a5 + a1 * a4 + a2 * a3) << 1) + (m3 << 6) - (m2 << 9) + (t >> 29)
  const m5 = t & 0x1fffffff
  t = ((a0 * a6 + a1 * a5 + a2 * a4) << 1) + a3 * a3 + (m4 << 6) - (m3 << 9) + (t >> 29)
  const m6 = t & 0x1fffffff
  t = ((a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) << 1) + (m5 << 6) - (m4 << 9) - (m0 << 21) + (t >> 29)
  const m7 = t & 0x1fffffff
  t = ((a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) << 1) + a4 * a4 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24) + (t >> 29)
  const m8 = t & 0x1fffffff
  t = ((a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) << 1) + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 0)
  t = ((a2 * a8 + a3 * a7 + a4 * a6) << 1) + a5 * a5 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 4)
  t = ((a3 * a8 + a4 * a7 + a5 * a6) << 1) - (m8 << 9) - (m4 << 21) + (m3 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 8)
  t = ((a4 * a8 + a5 * a7) << 1) + a6 * a6 - (m5 << 21) + (m4 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 12)
  t = ((a5 * a8 + a6 * a7) << 1) - (m6 << 21) + (m5 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 16)
  t = ((a6 * a8) << 1) + a7 * a7 - (m7 << 21) + (m6 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 20)
  t = ((a7 * a8) << 1) - (m8 << 21) + (m7 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 24)
  t = a8 * a8 + (m8 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 28)
  t = (t >> 29)
  i64.store32(out, t, 32)
}

// out = a² / 2^261 - c - 2d.
export function squareLess(out: usize, a: usize, c: usize, d: usize): void {
  const a0 = i64.load32_s(a, 0), a1 = i64.load32_s(a, 4), a2 = i64.load32_s(a, 8), a3 = i64.load32_s(a, 12), a4 = i64.load32_s(a, 16), a5 = i64.load32_s(a, 20), a6 = i64.load32_s(a, 24), a7 = i64.load32_s(a, 28), a8 = i64.load32_s(a, 32)
  let t: i64 = a0 * a0
  const m0 = t & 0x1fffffff
  t = ((a0 * a1) << 1) + (t >> 29)
  const m1 = t & 0x1fffffff
  t = ((a0 * a2) << 1) + a1 * a1 + (m0 << 6) + (t >> 29)
  const m2 = t & 0x1fffffff
  t = ((a0 * a3 + a1 * a2) << 1) + (m1 << 6) - (m0 << 9) + (t >> 29)
  const m3 = t & 0x1fffffff
  t = ((a0 * a4 + a1 * a3) << 1) + a2 * a2 + (m2 << 6) - (m1 << 9) + (t >> 29)
  const m4 = t & 0x1fffffff
  t = ((a0 * a5 + a1 * a4 + a2 * a3) << 1) + (m3 << 6) - (m2 << 9) + (t >> 29)
  const m5 = t & 0x1fffffff
  t = ((a0 * a6 + a1 * a5 + a2 * a4) << 1) + a3 * a3 + (m4 << 6) - (m3 << 9) + (t >> 29)
  const m6 = t & 0x1fffffff
  t = ((a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) << 1) + (m5 << 6) - (m4 << 9) - (m0 << 21) + (t >> 29)
  const m7 = t & 0x1fffffff
  t = ((a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) << 1) + a4 * a4 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24) + (t >> 29)
  const m8 = t & 0x1fffffff
  t = ((a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) << 1) + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 0) - (i64.load32_s(d, 0) << 1)
  i64.store32(out, t & 0x1fffffff, 0)
  t = ((a2 * a8 + a3 * a7 + a4 * a6) << 1) + a5 * a5 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 4) - (i64.load32_s(d, 4) << 1)
  i64.store32(out, t & 0x1fffffff, 4)
  t = ((a3 * a8 + a4 * a7 + a5 * a6) << 1) - (m8 << 9) - (m4 << 21) + (m3 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 8) - (i64.load32_s(d, 8) << 1)
  i64.store32(out, t & 0x1fffffff, 8)
  t = ((a4 * a8 + a5 * a7) << 1) + a6 * a6 - (m5 << 21) + (m4 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 12) - (i64.load32_s(d, 12) << 1)
  i64.store32(out, t & 0x1fffffff, 12)
  t = ((a5 * a8 + a6 * a7) << 1) - (m6 << 21) + (m5 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 16) - (i64.load32_s(d, 16) << 1)
  i64.store32(out, t & 0x1fffffff, 16)
  t = ((a6 * a8) << 1) + a7 * a7 - (m7 << 21) + (m6 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 20) - (i64.load32_s(d, 20) << 1)
  i64.store32(out, t & 0x1fffffff, 20)
  t = ((a7 * a8) << 1) - (m8 << 21) + (m7 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 24) - (i64.load32_s(d, 24) << 1)
  i64.store32(out, t & 0x1fffffff, 24)
  t = a8 * a8 + (m8 << 24) + (t >> 29)
  t = t - i64.load32_s(c, 28) - (i64.load32_s(d, 28) << 1)
  i64.store32(out, t & 0x1fffffff, 28)
  t = (t >> 29)
  i64.store32(out, t - i64.load32_s(c, 32) - (i64.load32_s(d, 32) << 1), 32)
}

// out = (a·b - c·d) / 2^261.
export function multiplyLess(out: usize, a: usize, b: usize, c: usize, d: usize): void {
  const a0 = i64.load32_s(a, 0), a1 = i64.load32_s(a, 4), a2 = i64.load32_s(a, 8), a3 = i64.load32_s(a, 12), a4 = i64.load32_s(a, 16), a5 = i64.load32_s(a, 20), a6 = i64.load32_s(a, 24), a7 = i64.load32_s(a, 28), a8 = i64.load32_s(a, 32)
  const b0 = i64.load32_s(b, 0), b1 = i64.load32_s(b, 4), b2 = i64.load32_s(b, 8), b3 = i64.load32_s(b, 12), b4 = i64.load32_s(b, 16), b5 = i64.load32_s(b, 20), b6 = i64.load32_s(b, 24), b7 = i64.load32_s(b, 28), b8 = i64.load32_s(b, 32)
  const c0 = i64.load32_s(c, 0), c1 = i64.load32_s(c, 4), c2 = i64.load32_s(c, 8), c3 = i64.load32_s(c, 12), c4 = i64.load32_s(c, 16), c5 = i64.load32_s(c, 20), c6 = i64.load32_s(c, 24), c7 = i64.load32_s(c, 28), c8 = i64.load32_s(c, 32)
  const d0 = i64.load32_s(d, 0), d1 = i64.load32_s(d, 4), d2 = i64.load32_s(d, 8), d3 = i64.load32_s(d, 12), d4 = i64.load32_s(d, 16), d5 = i64.load32_s(d, 20), d6 = i64.load32_s(d, 24), d7 = i64.load32_s(d, 28), d8 = i64.load32_s(d, 32)
  let t: i64 = a0 * b0 - c0 * d0
  const m0 = t & 0x1fffffff
  t = a0 * b1 - c0 * d1 + a1 * b0 - c1 * d0 + (t >> 29)
  const m1 = t & 0x1fffffff
  t = a0 * b2 - c0 * d2 + a1 * b1 - c1 * d1 + a2 * b0 - c2 * d0 + (m0 << 6) + (t >> 29)
  const m2 = t & 0x1fffffff
  t = a0 * b3 - c0 * d3 + a1 * b2 - c1 * d2 + a2 * b1 - c2 * d1 + a3 * b0 - c3 * d0 + (m1 << 6) - (m0 << 9) + (t >> 29)
  const m3 = t & 0x1fffffff
  t = a0 * b4 - c0 * d4 + a1 * b3 - c1 * d3 + a2 * b2 - c2 * d2 + a3 * b1 - c3 * d1 + a4 * b0 - c4 * d0 + (m2 << 6) - (m1 << 9) + (t >> 29)
  const m4 = t & 0x1fffffff
  t = a0 * b5 - c0 * d5 + a1 * b4 - c1 * d4 + a2 * b3 - c2 * d3 + a3 * b2 - c3 * d2 + a4 * b1 - c4 * d1 + a5 * b0 - c5 * d0 + (m3 << 6) - (m2 << 9) + (t >> 29)
  const m5 = t & 0x1fffffff
  t = a0 * b6 - c0 * d6 + a1 * b5 - c1 * d5 + a2 * b4 - c2 * d4 + a3 * b3 - c3 * d3 + a4 * b2 - c4 * d2 + a5 * b1 - c5 * d1 + a6 * b0 - c6 * d0 + (m4 << 6) - (m3 << 9) + (t >> 29)
  const m6 = t & 0x1fffffff
  t = a0 * b7 - c0 * d7 + a1 * b6 - c1 * d6 + a2 * b5 - c2 * d5 + a3 * b4 - c3 * d4 + a4 * b3 - c4 * d3 + a5 * b2 - c5 * d2 + a6 * b1 - c6 * d1 + a7 * b0 - c7 * d0 + (m5 << 6) - (m4 << 9) - (m0 << 21) + (t >> 29)
  const m7 = t & 0x1fffffff
  t = a0 * b8 - c0 * d8 + a1 * b7 - c1 * d7 + a2 * b6 - c2 * d6 + a3 * b5 - c3 * d5 + a4 * b4 - c4 * d4 + a5 * b3 - c5 * d3 + a6 * b2 - c6 * d2 + a7 * b1 - c7 * d1 + a8 * b0 - c8 * d0 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24) + (t >> 29)
  const m8 = t & 0x1fffffff
  t = a1 * b8 - c1 * d8 + a2 * b7 - c2 * d7 + a3 * b6 - c3 * d6 + a4 * b5 - c4 * d5 + a5 * b4 - c5 * d4 + a6 * b3 - c6 * d3 + a7 * b2 - c7 * d2 + a8 * b1 - c8 * d1 + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 0)
  t = a2 * b8 - c2 * d8 + a3 * b7 - c3 * d7 + a4 * b6 - c4 * d6 + a5 * b5 - c5 * d5 + a6 * b4 - c6 * d4 + a7 * b3 - c7 * d3 + a8 * b2 - c8 * d2 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 4)
  t = a3 * b8 - c3 * d8 + a4 * b7 - c4 * d7 + a5 * b6 - c5 * d6 + a6 * b5 - c6 * d5 + a7 * b4 - c7 * d4 + a8 * b3 - c8 * d3 - (m8 << 9) - (m4 << 21) + (m3 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 8)
  t = a4 * b8 - c4 * d8 + a5 * b7 - c5 * d7 + a6 * b6 - c6 * d6 + a7 * b5 - c7 * d5 + a8 * b4 - c8 * d4 - (m5 << 21) + (m4 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 12)
  t = a5 * b8 - c5 * d8 + a6 * b7 - c6 * d7 + a7 * b6 - c7 * d6 + a8 * b5 - c8 * d5 - (m6 << 21) + (m5 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 16)
  t = a6 * b8 - c6 * d8 + a7 * b7 - c7 * d7 + a8 * b6 - c8 * d6 - (m7 << 21) + (m6 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 20)
  t = a7 * b8 - c7 * d8 + a8 * b7 - c8 * d7 - (m8 << 21) + (m7 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 24)
  t = a8 * b8 - c8 * d8 + (m8 << 24) + (t >> 29)
  i64.store32(out, t & 0x1fffffff, 28)
  t = (t >> 29)
  i64.store32(out, t, 32)
}
