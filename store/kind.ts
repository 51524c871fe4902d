// A typed view of the rows of one kind: the one place where a stored value becomes a domain record again.
import type { Instant, Key, Put, Rows, Value } from './store.ts'

export type Kind<T extends Value> = {
  readonly name: string
  key(id: string): Key
  /** The record under `id`, or undefined. Throws when `id` was not among the keys read. */
  in(rows: Rows, id: string): T | undefined
  put(id: string, record: T, more?: { expiresAt?: Instant; indexed?: Readonly<Record<string, string>> }): Put
}

export function kind<T extends Value>(name: string): Kind<T> {
  const key = (id: string): Key => `${name}/${id}`
  return {
    name,
    key,
    in: (rows, id) => rows.get(key(id)) as T | undefined,
    put: (id, record, more = {}) => ({ key: key(id), value: record, ...more }),
  }
}
