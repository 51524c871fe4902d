// The second look: refunds and reversals that one side alone has, at the partition of the key that they name.
import { judgeOpen, type KeyGroup } from './reconcile.ts'
import type { ReconcileItem } from './reconcile-items.ts'
import type { Tally } from './reconcile-tally.ts'
import {
  type Codes,
  flagsOf,
  type Flush,
  blocks,
  HASH,
  hashOf,
  itemOf,
  keyAt,
  keyLength,
  MENTION,
  originalAt,
  originalLength,
  partitionOf,
  sideOf,
  SIZE,
} from './reconcile-rows.ts'
import type { Joined } from './reconcile-join.ts'

/** Where the key that a row names lies: its original, or for a reversal that names none its own. */
function namedAt(
  words: Int32Array,
  at: number,
  legs: number,
): { readonly word: number; readonly length: number } {
  const length = originalLength(words, at)
  return length > 0
    ? { word: originalAt(words, at, legs), length }
    : { word: keyAt(words, at, legs), length: keyLength(words, at) }
}

const bytesAt = (words: Int32Array, word: number, length: number): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset + word * 4, length)

/** Deals open rows to the partitions of the keys that they name. */
export function openRows(partitions: number, seed: number, legs: number, flush: Flush) {
  const out = blocks(partitions, flush)
  return {
    add: (words: Int32Array, at: number): void => {
      const { word, length } = namedAt(words, at, legs)
      const hash = hashOf(bytesAt(words, word, length), length, seed)
      const size = words[at + SIZE] ?? 0
      const to = out.room(partitionOf(hash, partitions), size)
      out.words.set(words.subarray(at, at + size), to)
      out.words[to + HASH] = hash
    },
    end: () => out.end(),
  }
}

type Waiting = { readonly rows: number[]; readonly ours: ReconcileItem[]; readonly theirs: ReconcileItem[] }

/** `open` are the rows that name a key of this partition, `words` are its rows. */
export function settle(
  open: { readonly words: Int32Array; readonly length: number },
  { words, length }: { readonly words: Int32Array; readonly length: number },
  codes: Codes,
  tally: Tally,
  verdict: Joined['verdict'],
): void {
  const legs = codes.legs.length
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
  // By hash first: hardly any row of the partition is asked for.
  const byHash = new Map<number, Map<string, Waiting>>()
  for (let at = 0; at < open.length; at += open.words[at + SIZE] ?? 1) {
    const hash = open.words[at + HASH] ?? 0
    const named = namedAt(open.words, at, legs)
    const key = text.decode(bytesAt(open.words, named.word, named.length))
    const keys = byHash.get(hash) ?? new Map<string, Waiting>()
    byHash.set(hash, keys)
    const waiting = keys.get(key) ?? { rows: [], ours: [], theirs: [] }
    keys.set(key, waiting)
    waiting.rows.push(at)
  }
  for (let at = 0; at < length; at += words[at + SIZE] ?? 1) {
    const keys = byHash.get(words[at + HASH] ?? 0)
    if (keys === undefined || (flagsOf(words, at) & MENTION) !== 0) continue
    const waiting = keys.get(text.decode(bytesAt(words, keyAt(words, at, legs), keyLength(words, at))))
    waiting?.[sideOf(words, at)].push(itemOf(words, at, codes))
  }
  for (const keys of byHash.values())
    for (const { rows, ours, theirs } of keys.values()) {
      const group: KeyGroup = { ours, theirs, backOurs: [], backTheirs: [] }
      for (const at of rows) {
        const one = judgeOpen({ side: sideOf(open.words, at), item: itemOf(open.words, at, codes) }, group)
        tally.add(one)
        verdict(one)
      }
    }
}
