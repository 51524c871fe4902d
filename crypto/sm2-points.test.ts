// Every operation on points that the SM2 module exports, held against the textbook: any Z, numbers moved to the ends of what
// point.ts allows, equal and opposite points, infinity, the result over an operand; tables, entry by entry; and multiples by
// scalars made so that the sum meets its own next summand, which random ones do once in 2^248.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entered, machine, n, p, quartetOf, scalarBytes, toNumber } from './sm2-machine.ts'
import { modulo, plus, type Point, SM2P256V1, times } from './sm2-textbook.ts'

const FULL = import.meta.env.MODE === 'full'
const ROUNDS = { numRuns: FULL ? 10_000 : 200 }
const curve = SM2P256V1
const sm2 = machine()
const [sum, other, x, y, k] = [0, 4, 8, 9, 10].map(sm2.at) as [number, number, number, number, number]
const G: Point = { x: curve.gx, y: curve.gy }
const WIDTH = 6
const WINDOWS = 43
sm2.call('prepareBase')
// The first is the base point's.
const [baseTable, peerTable] = [sm2.table(0), sm2.table(1)]

// Small and large multiples of G, worked out once by the textbook.
const known = [1n, 2n, 3n, n - 1n, n - 2n, 0x1234567890abcdefn, (1n << 200n) + 17n].map((factor) =>
  times(curve, factor, G),
)
const point = fc.constantFrom(...known)
const z = fc.oneof(fc.constantFrom(1n, 2n, p - 1n), fc.bigInt({ min: 1n, max: p - 1n }))
// X within ±4.5p, the rest within ±2p.
const moved = fc.oneof(
  fc.tuple(fc.bigInt(-4n, 3n), fc.bigInt(-2n, 1n), fc.bigInt(-2n, 1n), fc.bigInt(-2n, 1n)),
  fc.constantFrom([-4n, -2n, -2n, -2n] as const, [3n, 1n, 1n, 1n] as const, [3n, -2n, 1n, -2n] as const),
)
const quartet = fc
  .tuple(point, z, moved)
  .map(([which, factor, by]) => ({ which, numbers: quartetOf(which, factor, by) }))
const INFINITY = { which: undefined, numbers: [0n, 0n, 0n, 0n] } as const

function opposite(of: Point): Point {
  return of && { x: of.x, y: modulo(-of.y, p) }
}

// Every result must be fit to go on with: X within ±4.5p, the others within ±2p.
function expectPoint(address: number, expected: Point): void {
  expect(sm2.readPoint(address)).toEqual(expected)
  const [X, ...others] = [0, 1, 2, 3].map((at) => sm2.read(address + 36 * at)) as [bigint, ...bigint[]]
  expect(2n * X <= 9n * p && 2n * X >= -9n * p).toBe(true)
  for (const each of others) expect(each <= 2n * p && each >= -2n * p).toBe(true)
  expect(sm2.call('isInfinity', address)).toBe(expected === undefined ? 1 : 0)
}

function writeAffine(of: Point): void {
  sm2.write(x, entered(of?.x ?? 0n))
  sm2.write(y, entered(of?.y ?? 0n))
}

describe('points', () => {
  it('are doubled, in place too', () => {
    const holds = ({
      which,
      numbers,
    }: {
      which: Point
      numbers: typeof INFINITY.numbers | ReturnType<typeof quartetOf>
    }): void => {
      sm2.writePoint(sum, numbers)
      sm2.call('double', other, sum)
      expectPoint(other, plus(curve, which, which))
      sm2.call('double', sum, sum)
      expectPoint(sum, plus(curve, which, which))
    }
    fc.assert(fc.property(quartet, holds), ROUNDS)
    holds(INFINITY)
  })

  it('are added to affine points: different, equal, opposite, and to infinity', () => {
    const holds = (
      { which, numbers }: { which: Point; numbers: ReturnType<typeof quartetOf> },
      added: Point,
    ): void => {
      for (const summand of [added, which, opposite(which)]) {
        if (summand === undefined) continue
        sm2.writePoint(sum, numbers)
        writeAffine(summand)
        sm2.call('addAffine', sum, x, y)
        expectPoint(sum, plus(curve, which, summand))
      }
    }
    fc.assert(fc.property(quartet, point, holds), ROUNDS)
    for (const each of known) holds(INFINITY, each)
  })

  it('are added to each other: different, equal, opposite, the same memory, infinity on either side', () => {
    type Given = { which: Point; numbers: ReturnType<typeof quartetOf> }
    const holds = (one: Given, two: Given, factor: bigint, by: [bigint, bigint, bigint, bigint]): void => {
      const [again, against] = [one.which, opposite(one.which)].map((which) => ({
        which,
        numbers: quartetOf(which, factor, by),
      }))
      for (const summand of [two, again, against, INFINITY]) {
        if (summand === undefined) continue
        sm2.writePoint(sum, one.numbers)
        sm2.writePoint(other, summand.numbers)
        sm2.call('addPoint', sum, other)
        expectPoint(sum, plus(curve, one.which, summand.which))
        sm2.writePoint(sum, summand.numbers)
        sm2.writePoint(other, one.numbers)
        sm2.call('addPoint', sum, other)
        expectPoint(sum, plus(curve, one.which, summand.which))
      }
      sm2.writePoint(sum, one.numbers)
      sm2.call('addPoint', sum, sum)
      expectPoint(sum, plus(curve, one.which, one.which))
    }
    fc.assert(
      fc.property(
        quartet,
        quartet,
        z,
        moved.map((by) => [...by] as [bigint, bigint, bigint, bigint]),
        holds,
      ),
      ROUNDS,
    )
    holds(INFINITY, INFINITY, 1n, [0n, 0n, 0n, 0n])
  })

  it('become affine, many with one inversion', () => {
    for (const count of [1, 2, 3, 20]) {
      const [points, out, products] = [sm2.at(100), sm2.at(300), sm2.at(400)]
      const which = Array.from({ length: count }, (_, at) => known[at % known.length])
      for (const [at, each] of which.entries())
        sm2.writePoint(points + 144 * at, quartetOf(each, BigInt(at + 2), [1n, -1n, 1n, 1n]))
      sm2.call('makeAffine', out, points, count, products)
      expect(which.map((_, at) => sm2.readAffine(out + 72 * at))).toEqual(which)
    }
  })
})

describe('tables', () => {
  // Row i holds 1, 3, 5 … times 2^(width·i) P.
  function expectTable(address: number, of: Point): void {
    let base = of
    let entry = address
    for (let row = 0; row < WINDOWS; row++) {
      const twice = plus(curve, base, base)
      let odd = base
      for (let at = 0; at < 1 << (WIDTH - 1); at++) {
        expect(sm2.readAffine(entry)).toEqual(odd)
        entry += 72
        odd = plus(curve, odd, twice)
      }
      for (let bit = 0; bit < WIDTH; bit++) base = plus(curve, base, base)
    }
  }

  it('of the base point and of a peer hold what they should, entry by entry', () => {
    expectTable(baseTable, G)
    const peer = times(curve, 0xdecafn, G)
    sm2.put('POINT', new Uint8Array([...scalarBytes(peer?.x ?? 0n), ...scalarBytes(peer?.y ?? 0n)]))
    sm2.call('preparePeer', sm2.table(2))
    expectTable(sm2.table(2), peer)
  })

  it('lie apart: making one leaves its neighbours as they were', () => {
    const around = (): readonly Uint8Array[] => [
      sm2.raw.slice(baseTable, sm2.table(2)),
      sm2.raw.slice(sm2.table(3), sm2.table(4)),
    ]
    const before = around()
    sm2.call('preparePeer', sm2.table(2))
    expect(around().map((each, at) => Buffer.compare(each, before[at] ?? each))).toEqual([0, 0])
  })
})

// The scalars that a table, a window or a recoding would trip over.
const special: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  15n,
  16n,
  17n,
  31n,
  32n,
  33n,
  63n,
  64n,
  127n,
  128n,
  129n,
  255n,
  256n,
  257n,
  0x0200n,
  0x020200n,
  n >> 1n,
  (n >> 1n) + 1n,
  (1n << 255n) - 1n,
  1n << 255n,
  (1n << 255n) + 1n,
  ...[1n, 2n, 3n, 4n, 255n, 256n].map((less) => n - less),
  // The sum of all lower windows meets the last one's entry: k = 2·odd·2^252 (windows of 6 bits; 2^248 with 8), mod n.
  ...[1n, 3n, 127n, 129n, 253n, 255n]
    .flatMap((odd) => [(2n * odd) << 248n, (2n * odd) << 252n])
    .map((value) => value % n),
  ...Array.from({ length: 8 }, (_, at) => 1n << BigInt(31 * at + 5)),
]

// With d = 1 a peer's table is made of the same points as G's.
describe('multiples', () => {
  const one = new Uint8Array([...scalarBytes(curve.gx), ...scalarBytes(curve.gy)])
  const multiply = (
    table: number,
    scalar: bigint,
    hidden: 0 | 1,
    from = quartetOf(undefined, 1n, [0n, 0n, 0n, 0n]),
  ): Point => {
    sm2.writePoint(sum, from)
    sm2.write(k, scalar)
    sm2.call('addMultiple', sum, table, k, hidden)
    return sm2.readPoint(sum)
  }
  const scalars = FULL
    ? [...special, ...special.map((value) => n - value).filter((value) => value < n)]
    : special

  it('by a table, hidden or not, and without a table, are the textbook’s', () => {
    sm2.put('POINT', one)
    sm2.call('preparePeer', peerTable)
    for (const scalar of scalars) {
      const expected = times(curve, scalar, G)
      for (const hidden of [0, 1] as const) {
        expect(multiply(baseTable, scalar, hidden)).toEqual(expected)
        expect(multiply(peerTable, scalar, hidden)).toEqual(expected)
      }
      writeAffine(G)
      sm2.write(k, scalar)
      sm2.call('multiplyPoint', sum, x, y, k)
      expect(sm2.readPoint(sum)).toEqual(expected)
    }
  })

  it('at random agree with each other, and every thirtieth with the textbook', () => {
    let seen = 0
    const holds = (scalar: bigint): void => {
      const quick = multiply(baseTable, scalar, 0)
      expect(multiply(baseTable, scalar, 1)).toEqual(quick)
      expect(multiply(peerTable, scalar, 0)).toEqual(quick)
      writeAffine(G)
      sm2.write(k, scalar)
      sm2.call('multiplyPoint', sum, x, y, k)
      expect(sm2.readPoint(sum)).toEqual(quick)
      if (seen++ % 30 === 0) expect(quick).toEqual(times(curve, scalar, G))
    }
    fc.assert(fc.property(fc.bigInt({ min: 1n, max: n - 1n }), holds), ROUNDS)
  })

  // The sum arrives at window i as ± the very entry that is added there.
  it('meet their own next summand at every window, as itself and as its opposite', () => {
    const scalar = toNumber(Uint8Array.from({ length: 32 }, (_, at) => (at * 37 + 11) & 0xff)) | 1n
    let lower = 0n
    for (let at = 0; at < WINDOWS; at++) {
      const bits = (scalar >> BigInt(WIDTH * at + 1)) & ((1n << BigInt(WIDTH)) - 1n)
      const top = at + 1 === WINDOWS ? 1n << BigInt(WIDTH - 1) : 0n
      const digit = (2n * (bits | top) + 1n - (1n << BigInt(WIDTH))) << BigInt(WIDTH * at)
      const starts = FULL || at % 3 === 0 || at + 3 > WINDOWS ? [digit - lower, -digit - lower] : []
      for (const start of starts) {
        const from = times(curve, modulo(start, n), G)
        const expected = times(curve, modulo(start + scalar, n), G)
        for (const hidden of FULL || at % 8 === 0 ? ([0, 1] as const) : ([0] as const))
          expect(multiply(peerTable, scalar, hidden, quartetOf(from, 3n, [0n, 1n, 1n, 1n]))).toEqual(expected)
      }
      lower += digit
    }
    expect(lower).toBe(scalar)
  })
})
