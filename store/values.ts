// A `Value` as JSON text and back; bigint and bytes survive as {"$n":"12"} and {"$b":"base64"}, so no other
// member may begin with `$`. On the hot path of every durable change: the walk copies only what it must, and
// JSON's own reader and writer do the rest. Undefined members are dropped, -0 becomes 0.
import type { Value } from './store.ts'

type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [member: string]: Plain | undefined }
type Marker = { readonly $n?: string; readonly $b?: string }
type Members = { readonly [member: string]: Value | undefined }

const DOLLAR = 36

export function encodeValue(value: Value): string {
  return JSON.stringify(plain(value))
}

export function decodeValue(text: string): Value {
  const value = JSON.parse(text) as Value
  // In JSON text a quotation mark inside a string is escaped, so this can only be one of our two markers.
  return text.includes('{"$') ? revived(value) : value
}

/** Throws for what `encodeValue` would refuse, and freezes the rest all the way down (bytes cannot be frozen). */
export function freezeValue(value: Value): void {
  plain(value)
  freezeDeep(value)
}

/** The value itself when JSON can hold it as it stands, otherwise a copy of the parts that it cannot. */
function plain(value: Value): Plain {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))) return value
      throw new Error(`a store keeps finite doubles and safe integers, not ${value}: use a bigint`)
    case 'bigint':
      return { $n: value.toString() }
    case 'object':
      if (value === null) return null
      if (Array.isArray(value)) return plainList(value as readonly Value[])
      if (value instanceof Uint8Array) return { $b: base64(value) }
      return plainMembers(value as Members)
    case 'undefined':
    case 'function':
    case 'symbol':
    default:
      throw new Error(`a store keeps JSON, bigint and bytes, not ${typeof value}`)
  }
}

function plainList(list: readonly Value[]): Plain {
  let copy: Plain[] | undefined
  for (let index = 0; index < list.length; index++) {
    const item = list[index] as Value
    const as = plain(item)
    if (as !== item && copy === undefined) copy = list.slice() as Plain[]
    if (copy !== undefined) copy[index] = as
  }
  return copy ?? (list as readonly Plain[])
}

function plainMembers(members: Members): Plain {
  const shape: unknown = Object.getPrototypeOf(members)
  if (shape !== Object.prototype && shape !== null)
    throw new Error('a store keeps plain records, not instances')
  let copy: Record<string, Plain | undefined> | undefined
  for (const name of Object.keys(members)) {
    // JSON.parse gives __proto__ back as a member, but an assignment would lose it.
    if (name.charCodeAt(0) === DOLLAR || name === '__proto__') {
      throw new Error(`a stored record may not have a member ${name}: $ marks bigint and bytes`)
    }
    const member = members[name]
    if (member === undefined) continue
    const as = plain(member)
    if (as === member) continue
    copy ??= { ...members } as Record<string, Plain | undefined>
    copy[name] = as
  }
  return copy ?? (members as Plain)
}

/** Replaces the markers inside what JSON.parse has just made, which nobody else holds yet. */
function revived(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  const { $n, $b } = value as Marker
  if ($n !== undefined) return BigInt($n)
  if ($b !== undefined) return new Uint8Array(Buffer.from($b, 'base64'))
  const members = value as Record<string, Value>
  for (const name in members) {
    const member = members[name] as Value
    if (typeof member === 'object' && member !== null) members[name] = revived(member)
  }
  return value
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function freezeDeep(value: Value): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const member of Object.values(value)) if (member !== undefined) freezeDeep(member as Value)
  Object.freeze(value)
}
