// For tests only: the SM2 module by itself, one operation at a time, on numbers that are BigInts on this side.
import { fromBase64 } from './bytes.ts'
import { SM2_MODULE } from './sm2-module.ts'
import { inverse, modulo, type Point, SM2P256V1, toNumber } from './sm2-textbook.ts'

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

type Run = Readonly<Record<string, (...args: readonly number[]) => number>>
type Places = Readonly<Record<string, { readonly value: number }>>
// X, Y, ZZ, ZZZ as whole numbers, in Montgomery's form, not necessarily from 0 to p - 1.
export type Quartet = readonly [bigint, bigint, bigint, bigint]

export const { p, n } = SM2P256V1
export const R = 1n << 261n
export const LIMB = 1n << 29n
const R_INVERSE_P = inverse(R % p, p)
const NUMBER_BYTES = 36
const SPARE_TABLES = 4
const FREE_BYTES = 65_536

export const entered = (value: bigint): bigint => modulo(value * R, p)
export const left = (value: bigint): bigint => modulo(value * R_INVERSE_P, p)

export function machine() {
  const bytes = fromBase64(SM2_MODULE)
  if (bytes === undefined) throw new Error('the module is base64')
  const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  const run = exports as Run
  const places = exports as Places
  const { memory } = exports as {
    readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  }
  const table = (slot: number): number => run['tableAddress']?.(slot) ?? 0
  const free = table(SPARE_TABLES)
  memory.grow(Math.ceil((free + FREE_BYTES - memory.buffer.byteLength) / 65_536))
  const view = new DataView(memory.buffer)
  const raw = new Uint8Array(memory.buffer)
  const writeLimbs = (address: number, limbs: readonly number[]): void => {
    for (const [at, limb] of limbs.entries()) view.setInt32(address + 4 * at, limb, true)
  }
  const limbs = (address: number): readonly number[] =>
    Array.from({ length: 9 }, (_, at) => view.getInt32(address + 4 * at, true))
  const write = (address: number, value: bigint): void => writeLimbs(address, limbsOf(value))
  const read = (address: number): bigint => valueOf(limbs(address))
  return {
    // Calls by name, so that a name that is gone is loud.
    call: (name: string, ...args: readonly number[]): number => {
      const operation = run[name]
      if (operation === undefined) throw new Error(`the module has no ${name}`)
      return operation(...args)
    },
    table,
    // The address of spare number `index`; points take four, affine ones two.
    at: (index: number): number => free + NUMBER_BYTES * index,
    place: (name: string): number => places[name]?.value ?? Number.NaN,
    raw,
    writeLimbs,
    limbs,
    write,
    read,
    writePoint: (address: number, quartet: Quartet): void => {
      for (const [at, value] of quartet.entries()) write(address + NUMBER_BYTES * at, value)
    },
    // As the textbook has it.
    readPoint: (address: number): Point => {
      const [x, y, zz, zzz] = [0, 1, 2, 3].map((at) => left(read(address + NUMBER_BYTES * at))) as [
        bigint,
        bigint,
        bigint,
        bigint,
      ]
      if (zz === 0n) return undefined
      return { x: modulo(x * inverse(zz, p), p), y: modulo(y * inverse(zzz, p), p) }
    },
    readAffine: (address: number): Point => ({
      x: left(read(address)),
      y: left(read(address + NUMBER_BYTES)),
    }),
    put: (name: string, bytesIn: Uint8Array): void => raw.set(bytesIn, places[name]?.value ?? -1),
    take: (name: string, length: number, from = 0): Uint8Array => {
      const at = (places[name]?.value ?? -1) + from
      return raw.slice(at, at + length)
    },
  }
}

// Eight limbs from 0 to 2^29 - 1 and what is left, with its sign, in the ninth.
export function limbsOf(value: bigint): readonly number[] {
  const low = Array.from({ length: 8 }, (_, at) => Number((value >> (29n * BigInt(at))) & (LIMB - 1n)))
  return [...low, Number(value >> 232n)]
}

export function valueOf(limbs: readonly number[]): bigint {
  return limbs.reduce((sum, limb, at) => sum + (BigInt(limb) << (29n * BigInt(at))), 0n)
}

// The same point with another Z, every number moved by the given multiples of p.
export function quartetOf(
  point: Point,
  z: bigint,
  moved: readonly [bigint, bigint, bigint, bigint],
): Quartet {
  if (point === undefined) return [0n, 0n, 0n, 0n]
  const [zz, zzz] = [modulo(z * z, p), modulo(z * z * z, p)]
  const canonical = [point.x * zz, point.y * zzz, zz, zzz].map(entered)
  return canonical.map((value, at) => value + (moved[at] ?? 0n) * p) as unknown as Quartet
}

export function scalarBytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * (31 - at))) & 0xffn))
}

export { toNumber }
