// Multiples of points. A scalar is written in odd digits: with v = k/2 rounded down and its top bit set, the windows w of
// width bits of v give k = Σ (2w + 1 - 2^width) · 2^(width·i) for every odd k. No digit is zero, so each window costs one
// addition whatever the scalar; an even k is taken as n - k, and the point's sign turned.
import { ORDER } from './constants.ts'
import { NUMBER_BYTES, signed } from './field.ts'
import {
  addAffine,
  addPoint,
  AFFINE_BYTES,
  copyPoint,
  double,
  makeAffine,
  POINT_BYTES,
  setAffine,
  setInfinity,
} from './point.ts'
import { subtractScalars } from './scalar.ts'

const BITS: usize = 256

// Of tables. Wider windows cost more in reading every entry than they save in additions (docs/decisions/0004-sm2.md).
const WIDTH: usize = 6
const WINDOWS: usize = (BITS + WIDTH - 1) / WIDTH
const ENTRIES: usize = 1 << (WIDTH - 1)

export const TABLE_BYTES: usize = WINDOWS * ENTRIES * AFFINE_BYTES

function windowsOf(width: usize): usize {
  return (BITS + width - 1) / width
}

// One limb more than a number, for the window that looks past its end.
const odd = memory.data(40)
const negated = memory.data(36)
const selected = memory.data(144)
const y = memory.data(36)

// Leaves an odd scalar in `odd`; answers 0, or -1 where it is n - k.
function makeOdd(k: usize): i64 {
  subtractScalars(negated, ORDER, k)
  const even = (i64.load32_s(k) & 1) - 1
  for (let at: usize = 0; at < NUMBER_BYTES; at += 4)
    i64.store32(odd + at, (i64.load32_s(negated + at) & even) | (i64.load32_s(k + at) & ~even))
  return even
}

// Window `at` of v.
function windowAt(at: usize, width: usize): i64 {
  const lowest = at * width + 1
  const limb = odd + ((lowest / 29) << 2)
  const bits = (i64.load32_s(limb) | (i64.load32_s(limb, 4) << 29)) >> (lowest % 29)
  const top: i64 = at + 1 == windowsOf(width) ? 1 : 0
  return (bits & (((<i64>1) << width) - 1)) | (top << (width - 1))
}

// sum += scalar · P by P's table. `hidden` is for scalars that are secret: every entry of a window is read for each digit, so
// that which one it needs shows neither in the branches nor in the addresses.
export function addMultiple(sum: usize, table: usize, scalar: usize, hidden: bool): void {
  const even = makeOdd(scalar)
  let row = table
  for (let at: usize = 0; at < WINDOWS; at++) {
    const digit = windowAt(at, WIDTH)
    const negative = (digit >> (WIDTH - 1)) - 1
    const index = (digit ^ negative) & (ENTRIES - 1)
    const entry = row + <usize>index * AFFINE_BYTES
    const x = hidden ? selected : entry
    if (hidden) select(selected, row, AFFINE_BYTES, ENTRIES, index)
    signed(y, x + NUMBER_BYTES, negative ^ even)
    addAffine(sum, x, y)
    row += ENTRIES * AFFINE_BYTES
  }
}

// out = the 72 bytes of entry `index`, with all entries read.
function select(out: usize, row: usize, stride: usize, count: usize, index: i64): void {
  let a: i64 = 0,
    b: i64 = 0,
    c: i64 = 0,
    d: i64 = 0,
    e: i64 = 0,
    f: i64 = 0,
    g: i64 = 0,
    h: i64 = 0,
    i: i64 = 0
  let entry = row
  for (let at: i64 = 0; at < <i64>count; at++) {
    const mask = ((at ^ index) - 1) >> 63
    a |= load<i64>(entry) & mask
    b |= load<i64>(entry, 8) & mask
    c |= load<i64>(entry, 16) & mask
    d |= load<i64>(entry, 24) & mask
    e |= load<i64>(entry, 32) & mask
    f |= load<i64>(entry, 40) & mask
    g |= load<i64>(entry, 48) & mask
    h |= load<i64>(entry, 56) & mask
    i |= load<i64>(entry, 64) & mask
    entry += stride
  }
  store<i64>(out, a)
  store<i64>(out, b, 8)
  store<i64>(out, c, 16)
  store<i64>(out, d, 24)
  store<i64>(out, e, 32)
  store<i64>(out, f, 40)
  store<i64>(out, g, 48)
  store<i64>(out, h, 56)
  store<i64>(out, i, 64)
}

const POINT_WIDTH: usize = 5
const POINT_ENTRIES: usize = 1 << (POINT_WIDTH - 1)
const multiples = memory.data(16 * 144)
const twice = memory.data(144)

// out = scalar · (px, py) for a point without a table, every entry read for each digit. From the highest digit down the sum
// is an odd multiple below n, so it never meets ± an entry before it is doubled past all of them.
export function multiplyPoint(out: usize, px: usize, py: usize, scalar: usize): void {
  setAffine(multiples, px, py)
  double(twice, multiples)
  for (let at: usize = 1; at < POINT_ENTRIES; at++) {
    const entry = multiples + at * POINT_BYTES
    copyPoint(entry, entry - POINT_BYTES)
    addPoint(entry, twice)
  }
  const even = makeOdd(scalar)
  setInfinity(out)
  for (let at = windowsOf(POINT_WIDTH); at-- > 0; ) {
    for (let times: usize = 0; times < POINT_WIDTH; times++) double(out, out)
    const digit = windowAt(at, POINT_WIDTH)
    const negative = (digit >> (POINT_WIDTH - 1)) - 1
    const index = (digit ^ negative) & (POINT_ENTRIES - 1)
    select(selected, multiples, POINT_BYTES, POINT_ENTRIES, index)
    select(selected + AFFINE_BYTES, multiples + AFFINE_BYTES, POINT_BYTES, POINT_ENTRIES, index)
    signed(selected + NUMBER_BYTES, selected + NUMBER_BYTES, negative ^ even)
    addPoint(out, selected)
  }
}

// How many points share one inversion while a table is made.
const BATCH: usize = 512
const batch = (__heap_base + 63) & ~63
const products = batch + BATCH * POINT_BYTES
const bases = products + BATCH * NUMBER_BYTES
const doubles = bases + WINDOWS * POINT_BYTES
const affine = doubles + WINDOWS * POINT_BYTES

export const TABLES = affine + WINDOWS * AFFINE_BYTES

// Row i holds 1, 3, 5 … 63 times 2^(6i) · (px, py). No multiple is at infinity: n is a prime.
export function makeTable(table: usize, px: usize, py: usize): void {
  setAffine(bases, px, py)
  for (let at: usize = 0; at < WINDOWS; at++) {
    double(doubles + at * POINT_BYTES, bases + at * POINT_BYTES)
    if (at + 1 == WINDOWS) break
    const next = bases + (at + 1) * POINT_BYTES
    copyPoint(next, doubles + at * POINT_BYTES)
    for (let times: usize = 1; times < WIDTH; times++) double(next, next)
  }
  makeAffine(affine, doubles, WINDOWS, products)
  let filled: usize = 0
  let out = table
  for (let at: usize = 0; at < WINDOWS; at++) {
    const step = affine + at * AFFINE_BYTES
    copyPoint(batch + filled * POINT_BYTES, bases + at * POINT_BYTES)
    for (let entry: usize = 1; entry < ENTRIES; entry++) {
      const point = batch + (filled + entry) * POINT_BYTES
      copyPoint(point, point - POINT_BYTES)
      addAffine(point, step, step + NUMBER_BYTES)
    }
    filled += ENTRIES
    if (filled + ENTRIES <= BATCH && at + 1 < WINDOWS) continue
    makeAffine(out, batch, filled, products)
    out += filled * AFFINE_BYTES
    filled = 0
  }
}
