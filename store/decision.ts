// What every backend does with a change before and after `decide`: which keys it named, what it may see and
// touch. A slip here is a bug in the caller, so it throws and names the key.
import { compareTexts } from './sorted.ts'
import type { Decision, Instant, Key, Put, Rows, Value } from './store.ts'
import { decodeValue } from './values.ts'

/** The rows found under `named`. Asking it for a key that was not named throws: absent and unasked differ. */
export function rowsOf(named: readonly Key[], found: Map<Key, Value>): Rows {
  const isNamed = membership(named)
  const get = (key: Key): Value | undefined => {
    const value = Map.prototype.get.call(found, key) as Value | undefined
    if (value === undefined && !isNamed(key)) throw new Error(`row ${key} was not among the keys named`)
    return value
  }
  return Object.defineProperty(found, 'get', { value: get })
}

type StoredRow = { readonly key: Key; readonly value: string; readonly expires_at: number | string | null }

/** The live ones among the rows as a database holds them. */
export function liveRows(named: readonly Key[], stored: Iterable<StoredRow>, now: Instant): Rows {
  const found = new Map<Key, Value>()
  for (const { key, value, expires_at: at } of stored) {
    if (at === null || isLive(Number(at), now)) found.set(key, decodeValue(value))
  }
  return rowsOf(named, found)
}

/** Each key once, in key order. */
export function inKeyOrder(keys: readonly Key[]): readonly Key[] {
  return keys.length < 2 ? keys : [...new Set(keys)].sort(compareTexts)
}

/** Throws when the decision puts or removes a row that the change did not name (and so did not lock). */
export function assertNamed(named: readonly Key[], decision: Decision<unknown>): void {
  const isNamed = membership(named)
  const assertIsNamed = (key: Key): void => {
    if (!isNamed(key)) throw new Error(`a change may put or remove only keys that it named, not ${key}`)
  }
  for (const { key } of decision.put ?? []) assertIsNamed(key)
  for (const key of decision.remove ?? []) assertIsNamed(key)
}

/** A set costs more to build than a look through the three keys of most changes. */
function membership(named: readonly Key[]): (key: Key) => boolean {
  if (named.length <= 16) return (key) => named.includes(key)
  const set = new Set(named)
  return (key) => set.has(key)
}

/** Without a length a lease would let one claim hold the same job twice. */
export function assertLease(leaseMs: number): void {
  if (!(leaseMs > 0)) throw new Error(`a lease lasts at least 1 ms, not ${leaseMs} ms`)
}

export function isLive(expiresAt: Instant | undefined, now: Instant): boolean {
  return expiresAt === undefined || now < expiresAt
}

export const indexedOf = (put: Put): readonly (readonly [index: string, at: string])[] =>
  put.indexed === undefined ? [] : Object.entries(put.indexed)
