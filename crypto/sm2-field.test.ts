// Every operation on numbers that the SM2 module exports, held against BigInt: at random, at the largest limbs that field.ts
// allows, and with the result written over an operand.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entered, LIMB, left, limbsOf, machine, n, p, R, scalarBytes, valueOf } from './sm2-machine.ts'
import { inverse, modulo } from './sm2-textbook.ts'

const FULL = import.meta.env.MODE === 'full'
const ROUNDS = { numRuns: FULL ? 20_000 : 500 }
const MOST = Number(LIMB) - 1
const sm2 = machine()
const [out, a, b, c, d] = [0, 1, 2, 3, 4].map(sm2.at) as [number, number, number, number, number]

// Normal numbers and differences of two: limbs of either sign up to 2^29 - 1, the ninth up to 2^28, often exactly that.
const NINTH = 2 ** 28
const filled = (limb: number): readonly number[] => [
  ...Array<number>(8).fill(limb),
  Math.max(-NINTH, Math.min(NINTH, limb)),
]
const limb = (least: number, most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: least, max: most }), fc.constantFrom(least, most, 0))
const nine = (least: number): fc.Arbitrary<readonly number[]> =>
  fc
    .tuple(fc.array(limb(least, MOST), { minLength: 8, maxLength: 8 }), limb(-NINTH, NINTH))
    .map(([eight, ninth]) => [...eight, ninth])
const limbs = fc.oneof(nine(0), nine(-MOST), fc.constantFrom(filled(MOST), filled(-MOST), filled(0)))
const reduced = fc.oneof(
  fc.bigInt({ min: 0n, max: p - 1n }),
  fc.constantFrom(0n, 1n, 2n, p - 1n, p - 2n, (1n << 255n) - 1n, 1n << 255n),
)
// What the house's formulas make of it: up to eight times p, of either sign.
const within = fc
  .tuple(reduced, fc.integer({ min: -8, max: 7 }))
  .map(([value, times]) => value + BigInt(times) * p)
const scalar = fc.oneof(
  fc.bigInt({ min: 0n, max: n - 1n }),
  fc.constantFrom(0n, 1n, 2n, n - 1n, n - 2n, (1n << 255n) - 1n),
)
const R_INVERSE_N = inverse(R % n, n)

function expectNormal(address: number): void {
  for (const each of sm2.limbs(address).slice(0, 8)) expect(each >= 0 && each <= MOST).toBe(true)
}

// A product of values is a·b / R up to one p.
function expectProduct(address: number, product: bigint, added = 0n): void {
  const value = sm2.read(address)
  expectNormal(address)
  expect(modulo((value - added) * R - product, p)).toBe(0n)
  expect(((value - added) * R - product) / R <= p && (value - added) * R - product >= 0n).toBe(true)
}

describe('products of the field', () => {
  const four = fc.tuple(limbs, limbs, limbs, limbs)
  const addresses = fc.constantFrom(out, a, b, c, d)

  it('are those of BigInt for all limbs they may be given, wherever the result goes', () => {
    const holds = (given: readonly (readonly number[])[], to: number): void => {
      const [va, vb, vc, vd] = given.map(valueOf) as [bigint, bigint, bigint, bigint]
      const fresh = (): void => [a, b, c, d].forEach((at, index) => sm2.writeLimbs(at, given[index] ?? []))
      fresh()
      sm2.call('multiply', to, a, b)
      expectProduct(to, va * vb)
      fresh()
      sm2.call('square', to, a)
      expectProduct(to, va * va)
      fresh()
      sm2.call('squareLess', to, a, c, d)
      expectProduct(to, va * va, -vc - 2n * vd)
      fresh()
      sm2.call('multiplyLess', to, a, b, c, d)
      expectProduct(to, va * vb - vc * vd)
    }
    fc.assert(fc.property(four, addresses, holds), ROUNDS)
  })

  // Columns are largest when all limbs are, and all of one sign.
  it('do not overflow at any corner: all limbs largest, in every mixture of signs', () => {
    for (let corner = 0; corner < 16; corner++) {
      const given = [0, 1, 2, 3].map((at) => filled(corner & (1 << at) ? MOST : -MOST))
      const [va, vb, vc, vd] = given.map(valueOf) as [bigint, bigint, bigint, bigint]
      for (const [index, at] of [a, b, c, d].entries()) sm2.writeLimbs(at, given[index] ?? [])
      sm2.call('multiplyLess', out, a, b, c, d)
      expectProduct(out, va * vb - vc * vd)
      sm2.call('squareLess', out, a, c, d)
      expectProduct(out, va * va, -vc - 2n * vd)
      sm2.call('multiply', out, a, b)
      expectProduct(out, va * vb)
    }
  })
})

describe('numbers mod p', () => {
  it('are added, subtracted and turned round', () => {
    const holds = (x: bigint, y: bigint): void => {
      sm2.write(a, x)
      sm2.write(b, y)
      sm2.call('add', out, a, b)
      expectNormal(out)
      expect(sm2.read(out)).toBe(x + y)
      sm2.call('subtract', out, a, b)
      expect(sm2.read(out)).toBe(x - y)
      sm2.call('add', a, a, a)
      expect(sm2.read(a)).toBe(2n * x)
      sm2.call('subtract', b, b, b)
      expect(sm2.limbs(b)).toEqual(Array(9).fill(0))
    }
    fc.assert(fc.property(within, within, holds), ROUNDS)
  })

  it('go into Montgomery’s form and come back canonical', () => {
    const holds = (x: bigint, moved: bigint): void => {
      sm2.write(a, x)
      sm2.call('enter', b, a)
      expect(modulo(sm2.read(b), p)).toBe(entered(x))
      sm2.call('settle', b, b)
      expect(sm2.limbs(b)).toEqual(limbsOf(x))
      sm2.write(a, moved)
      sm2.call('settle', out, a)
      expect(sm2.limbs(out)).toEqual(limbsOf(left(moved)))
    }
    fc.assert(fc.property(reduced, within, holds), ROUNDS)
  })

  it('are inverted, and the inverse of zero is zero', () => {
    const holds = (x: bigint): void => {
      sm2.write(a, x)
      sm2.call('invert', a, a)
      const value = left(x)
      expect(left(sm2.read(a))).toBe(value === 0n ? 0n : inverse(value, p))
    }
    fc.assert(fc.property(within, holds), { numRuns: 100 })
    holds(0n)
    holds(p)
  })

  it('are zero when they are a multiple of p, and only then', () => {
    for (let times = -8n; times <= 8n; times++)
      for (const more of [0n, 1n, -1n, LIMB, -LIMB, 1n << 255n]) {
        sm2.write(a, times * p + more)
        expect(sm2.call('isZero', a)).toBe(more === 0n ? 1 : 0)
      }
    fc.assert(
      fc.property(within, (x) => {
        sm2.write(a, x)
        expect(sm2.call('isZero', a)).toBe(modulo(x, p) === 0n ? 1 : 0)
      }),
      ROUNDS,
    )
  })

  it('are zero too where their limbs are a difference', () => {
    for (let times = 0n; times <= 4n; times++)
      for (const more of [0n, 1n, LIMB]) {
        sm2.write(a, times * p + 5n)
        sm2.write(b, 2n * p + 5n + more)
        sm2.call('subtract', a, a, b)
        expect(sm2.call('isZero', a)).toBe(more === 0n ? 1 : 0)
      }
  })

  it('are read from 32 bytes and written to them', () => {
    const holds = (x: bigint): void => {
      sm2.raw.set(scalarBytes(x), a)
      sm2.call('readNumber', b, a)
      expect(sm2.limbs(b)).toEqual(limbsOf(x))
      sm2.call('writeNumber', c, b)
      expect(sm2.raw.slice(c, c + 32)).toEqual(scalarBytes(x))
    }
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), holds), ROUNDS)
    for (let bit = 0n; bit < 256n; bit++) holds(1n << bit)
    holds((1n << 256n) - 1n)
  })

  it('change sign where they are asked to', () => {
    const holds = (x: bigint): void => {
      sm2.write(a, x)
      // -1 is a 64-bit number there, hence a BigInt here.
      const signed = sm2.call as unknown as (name: string, out: number, a: number, sign: bigint) => void
      signed('signed', b, a, -1n)
      expect(sm2.read(b)).toBe(-x)
      signed('signed', b, a, 0n)
      expect(sm2.read(b)).toBe(x)
    }
    fc.assert(fc.property(within, holds), ROUNDS)
  })
})

describe('numbers mod n', () => {
  it('are added, subtracted, multiplied and reduced', () => {
    const holds = (x: bigint, y: bigint): void => {
      const fresh = (): void => {
        sm2.write(a, x)
        sm2.write(b, y)
      }
      for (const to of [out, a, b]) {
        fresh()
        sm2.call('addScalars', to, a, b)
        expect(sm2.limbs(to)).toEqual(limbsOf((x + y) % n))
        fresh()
        sm2.call('subtractScalars', to, a, b)
        expect(sm2.limbs(to)).toEqual(limbsOf(modulo(x - y, n)))
        fresh()
        sm2.call('multiplyScalars', to, a, b)
        expect(sm2.limbs(to)).toEqual(limbsOf((x * y * R_INVERSE_N) % n))
      }
    }
    fc.assert(fc.property(scalar, scalar, holds), ROUNDS)
  })

  it('below 2n are brought below n', () => {
    const holds = (x: bigint): void => {
      sm2.write(a, x)
      sm2.call('reduceScalar', a, a)
      expect(sm2.limbs(a)).toEqual(limbsOf(x % n))
    }
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n * n - 1n }), holds), ROUNDS)
    for (const x of [0n, n - 1n, n, n + 1n, 2n * n - 1n, (1n << 256n) - 1n]) holds(x)
  })

  it('are inverted, times R', () => {
    const holds = (x: bigint): void => {
      sm2.write(a, x)
      sm2.call('invertScalar', out, a)
      expect(sm2.limbs(out)).toEqual(limbsOf(x === 0n ? 0n : (inverse(x, n) * R) % n))
    }
    fc.assert(fc.property(scalar, holds), { numRuns: 60 })
  })
})
