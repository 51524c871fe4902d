// A decision as the arguments of the schema's `apply`. There each kind of write is one statement for all its
// rows, which must not meet one row twice: the last put of a key and the last job of an id win.
import { indexedOf } from './decision.ts'
import type { Decision, Key, Put } from './store.ts'
import { encodeValue } from './values.ts'

/** A row as the driver gives it: bigint columns come as text. */
export type RowRecord = { key: Key; value: string; expires_at: string | null; indexed: string | null }

type Mark = { readonly n: string; readonly a: string; readonly k: Key }

/** Null where there is nothing to do. A value is text inside the JSON, because PostgreSQL's JSON knows no \u0000. */
export function applicable(decision: Decision<unknown>, before: readonly RowRecord[]): readonly unknown[] {
  const puts = new Map((decision.put ?? []).map((put) => [put.key, put]))
  const removed = (decision.remove ?? []).filter((key) => !puts.has(key))
  const jobs = new Map((decision.enqueue ?? []).map((job) => [job.id, job]))
  const { unmark, mark } = markChanges(before, puts, removed)
  return [
    json(decision.finish?.map(({ id, lease }) => ({ id, lease }))),
    texts(decision.cancel),
    texts(removed),
    json(
      [...puts.values()].map((put) => ({
        k: put.key,
        v: encodeValue(put.value),
        x: put.expiresAt ?? null,
        i: indexedText(put),
      })),
    ),
    json(unmark),
    json(mark),
    json(decision.append?.map(({ item, kind, body }) => ({ i: item, k: kind, v: encodeValue(body) }))),
    json(
      [...jobs.values()].map(({ id, kind, dueAt, body }) => ({
        i: id,
        k: kind,
        t: dueAt,
        v: encodeValue(body),
      })),
    ),
  ]
}

export const changesNothing = (changes: readonly unknown[]): boolean =>
  changes.every((change) => change === null)

const texts = (list: readonly string[] = []): readonly string[] | null => (list.length === 0 ? null : list)
const json = (list: readonly object[] = []): string | null =>
  list.length === 0 ? null : JSON.stringify(list)
const indexedText = (put: Put): string | null =>
  indexedOf(put).length === 0 ? null : JSON.stringify(put.indexed)

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
    const unchanged = put !== undefined && indexed === indexedText(put)
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
