// The arithmetic of the curve: one WebAssembly module a thread (crypto/sm2), its memory, and which peers have a table in it.
// Arguments are copied in and results out within one call, with nothing of anybody else's in between.
import type { Bytes } from './bytes.ts'
import { fromBase64 } from './bytes.ts'
import { remembered } from './remembered.ts'
import { SM2_MODULE } from './sm2-module.ts'

// What Node has and TypeScript knows only in browsers.
declare const WebAssembly: {
  readonly Module: new (bytes: Bytes) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

type Address = { readonly value: number }

// crypto/sm2/sm2.ts; numbers that answer a question are 1 or 0.
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly SCALAR: Address
  readonly POINT: Address
  readonly DIGEST: Address
  readonly SIGNATURE: Address
  readonly DIVISOR: Address
  readonly RESULT: Address
  tableAddress(slot: number): number
  prepareBase(): void
  preparePeer(table: number): void
  prepareKey(): void
  isPoint(): number
  isPrivate(): number
  multiplyBase(): void
  multiplyOne(): void
  multiplyBoth(table: number): void
  sign(): number
  verify(table: number): number
}

type Place = 'SCALAR' | 'POINT' | 'DIGEST' | 'SIGNATURE' | 'DIVISOR' | 'RESULT'

const PAGE_BYTES = 65_536
const COORDINATES_BYTES = 64
const DIVISOR_BYTES = 36
// A table costs what eight uses of it save: whoever has come eight times gets one. Strangers who come once are counted apart
// and push nobody out.
const USES_BEFORE_TABLE = 8
const TABLES_MAX = 128
const STRANGERS_MAX = 1024

const load = (): Exports => {
  const bytes = fromBase64(SM2_MODULE)
  if (bytes === undefined) throw new Error('sm2-module.ts is not base64')
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports
}

let loaded: Exports | undefined
let memory = new Uint8Array(0)
let based = false

function exports(): Exports {
  if (loaded !== undefined) return loaded
  const module = load()
  // Room for every table at once: what is never touched costs nothing, and the memory never moves.
  const bytes = module.tableAddress(1 + TABLES_MAX) - module.memory.buffer.byteLength
  module.memory.grow(Math.ceil(bytes / PAGE_BYTES))
  memory = new Uint8Array(module.memory.buffer)
  loaded = module
  return module
}

// The base point's own table takes some milliseconds, once, at the first use.
function withBase(): Exports {
  const module = exports()
  if (!based) module.prepareBase()
  based = true
  return module
}

function put(module: Exports, place: Place, bytes: Bytes): void {
  memory.set(bytes, module[place].value)
}

function take(module: Exports, place: Place, length: number, from = 0): Bytes {
  const at = module[place].value + from
  return memory.slice(at, at + length)
}

// 04 ‖ x ‖ y.
function takePoint(module: Exports, from: number): Bytes {
  const at = module.RESULT.value + from
  const point = new Uint8Array(1 + COORDINATES_BYTES)
  point[0] = 0x04
  point.set(memory.subarray(at, at + COORDINATES_BYTES), 1)
  return point
}

// x ‖ y, both below p and on the curve.
export function onCurve(coordinates: Bytes): boolean {
  const module = exports()
  put(module, 'POINT', coordinates)
  return module.isPoint() === 1
}

// From 1 to n - 2.
export function inRange(d: Bytes): boolean {
  const module = exports()
  put(module, 'SCALAR', d)
  return module.isPrivate() === 1
}

// dG for d in range.
export function timesBase(d: Bytes): Bytes {
  const module = withBase()
  put(module, 'SCALAR', d)
  module.multiplyBase()
  return takePoint(module, 0)
}

// d times a point of the curve.
export function timesPoint(d: Bytes, coordinates: Bytes): Bytes {
  const module = exports()
  put(module, 'SCALAR', d)
  put(module, 'POINT', coordinates)
  module.multiplyOne()
  return takePoint(module, 0)
}

// What signing needs of d besides the nonce: R / (1 + d) mod n.
export function divisorOf(d: Bytes): Bytes {
  const module = exports()
  put(module, 'SCALAR', d)
  module.prepareKey()
  return take(module, 'DIVISOR', DIVISOR_BYTES)
}

type Signing = { readonly divisor: Bytes; readonly e: Bytes; readonly nonce: Bytes }

// r ‖ s, or undefined where the standard wants another nonce.
export function signWith({ divisor, e, nonce }: Signing): Bytes | undefined {
  const module = withBase()
  put(module, 'SCALAR', nonce)
  put(module, 'DIGEST', e)
  put(module, 'DIVISOR', divisor)
  return module.sign() === 1 ? take(module, 'SIGNATURE', COORDINATES_BYTES) : undefined
}

// `peer` is 04 ‖ x ‖ y; `raw`, when it is no 64 bytes, is no signature.
export function verifyWith(peer: Bytes, e: Bytes, raw: Bytes | undefined): boolean {
  const module = withBase()
  const table = tableOf(module, peer)
  if (raw?.length !== COORDINATES_BYTES) return false
  put(module, 'DIGEST', e)
  put(module, 'SIGNATURE', raw)
  return module.verify(table) === 1
}

// kG and kP for k in range.
export function timesBoth(k: Bytes, peer: Bytes): readonly [Bytes, Bytes] {
  const module = withBase()
  const table = tableOf(module, peer)
  put(module, 'SCALAR', k)
  module.multiplyBoth(table)
  return [takePoint(module, 0), takePoint(module, COORDINATES_BYTES)]
}

const slots = remembered<{ slot: number }>(TABLES_MAX)
const uses = remembered<number>(STRANGERS_MAX)
// The first is the base point's.
let slotsUsed = 1

// The address of the peer's table, or 0 with the peer's point in POINT.
function tableOf(module: Exports, peer: Bytes): number {
  const name = nameOf(peer)
  const known = slots.get(name)
  if (known !== undefined) return module.tableAddress(known.slot)
  put(module, 'POINT', peer.subarray(1))
  if (peer[0] !== 0x04 || module.isPoint() !== 1)
    throw new RangeError('key.publicKey must be a point of the curve sm2p256v1, it is not')
  const count = uses.get(name) ?? 0
  if (count < USES_BEFORE_TABLE) {
    uses.put(name, count + 1)
    return 0
  }
  uses.forget(name)
  const own = { slot: 0 }
  // The slot of whoever is forgotten is the next one's.
  own.slot = slots.put(name, own)?.slot ?? slotsUsed++
  module.preparePeer(module.tableAddress(own.slot))
  return module.tableAddress(own.slot)
}

// One character a byte: the cheapest name that bytes have.
export function nameOf(bytes: Bytes): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
