// A decision as the arguments of the schema's `apply`. There each kind of write is one statement for all its
// rows, which must not meet one row twice: the last put of a key and the last job of an id win.
import { indexedOf } from './decision.ts'
import type { Decision, JobDraft, Key, Put } from './store.ts'
import { encodeValue } from './values.ts'

/** A row as the driver gives it: bigint columns come as text. */
export type RowRecord = { key: Key; value: string; expires_at: string | null; indexed: string | null }

type Mark = { readonly n: string; readonly a: string; readonly k: Key }

/** Null where there is nothing to do. JSON is put together as text, because the values are JSON text already. */
export function applicable(decision: Decision<unknown>, before: readonly RowRecord[]): readonly unknown[] {
  const puts = new Map((decision.put ?? []).map((put) => [put.key, put]))
  const removed = (decision.remove ?? []).filter((key) => !puts.has(key))
  const jobs = new Map((decision.enqueue ?? []).map((job) => [job.id, job]))
  const { unmark, mark } = markChanges(before, puts, removed)
  return [
    jsonList(decision.finish, ({ id, lease }) => JSON.stringify({ id, lease })),
    textList(decision.cancel),
    textList(removed),
    jsonList([...puts.values()], putJson),
    jsonList(unmark, (each) => JSON.stringify(each)),
    jsonList(mark, (each) => JSON.stringify(each)),
    jsonList(decision.append, ({ item, kind, body }) => {
      return `{"i":${JSON.stringify(item)},"k":${JSON.stringify(kind)},"v":${encodeValue(body)}}`
    }),
    jsonList([...jobs.values()], jobJson),
  ]
}

export const changesNothing = (changes: readonly unknown[]): boolean =>
  changes.every((change) => change === null)

const textList = (texts: readonly string[] = []): readonly string[] | null =>
  texts.length === 0 ? null : texts

function jsonList<T>(items: readonly T[] = [], json: (item: T) => string): string | null {
  return items.length === 0 ? null : `[${items.map(json).join(',')}]`
}

function putJson(put: Put): string {
  const indexed = indexedOf(put).length === 0 ? 'null' : JSON.stringify(JSON.stringify(put.indexed))
  const expiresAt = put.expiresAt ?? null
  return `{"k":${JSON.stringify(put.key)},"v":${encodeValue(put.value)},"x":${expiresAt},"i":${indexed}}`
}

function jobJson({ id, kind, dueAt, body }: JobDraft): string {
  return `{"i":${JSON.stringify(id)},"k":${JSON.stringify(kind)},"t":${dueAt},"v":${encodeValue(body)}}`
}

function markChanges(
  before: readonly RowRecord[],
  puts: ReadonlyMap<Key, Put>,
  removed: readonly Key[],
): { readonly unmark: readonly Mark[]; readonly mark: readonly Mark[] } {
  const unmark: Mark[] = []
  const kept = new Set<Key>()
  for (const { key, indexed, expires_at } of before) {
    const put = puts.get(key)
    if (put === undefined && !removed.includes(key)) continue
    const unchanged =
      put !== undefined && indexed === (indexedOf(put).length === 0 ? null : JSON.stringify(put.indexed))
    // A row that may expire is marked again even so: a sweep may be taking it and its marks away just now.
    if (unchanged && expires_at === null) kept.add(key)
    else unmark.push(...marksIn(key, indexed))
  }
  const mark = [...puts.values()]
    .filter(({ key }) => !kept.has(key))
    .flatMap((put) => indexedOf(put).map(([n, a]) => ({ n, a, k: put.key })))
  return { unmark, mark }
}

function marksIn(key: Key, indexed: string | null): Mark[] {
  if (indexed === null) return []
  return Object.entries(JSON.parse(indexed) as Record<string, string>).map(([n, a]) => ({ n, a, k: key }))
}
