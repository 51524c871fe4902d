// Where rows lie between being split and being joined: partition by partition, in memory or, handed in, in files. And
// the work on one partition, which does not know which it is nor how many do such work at once.
import type { Difference } from './reconcile.ts'
import type { ReconcileRules } from './reconcile-items.ts'
import { crowded, joiner } from './reconcile-join.ts'
import { type Codes, type Flush, HASH, SIZE } from './reconcile-rows.ts'
import { openRows, settle } from './reconcile-settle.ts'
import { type Stand, tally, type Tallied } from './reconcile-tally.ts'

export type Shelf = {
  readonly put: Flush
  /** Bytes of a partition. */
  size(partition: number): number
  /** Whole blocks as far as there is room; returns how many bytes. */
  read(partition: number, into: Uint8Array): number
}

export function memoryShelf(): Shelf {
  const kept = new Map<number, Uint8Array[]>()
  const of = (partition: number): Uint8Array[] => kept.get(partition) ?? []
  return {
    put: (partition, block) => void kept.set(partition, [...of(partition), block.slice()]),
    size: (partition) => of(partition).reduce((sum, { length }) => sum + length, 0),
    read: (partition, into) => {
      let at = 0
      for (const block of of(partition)) {
        if (at + block.length > into.length) break
        into.set(block, at)
        at += block.length
      }
      return at
    },
  }
}

export type PartitionOrder = {
  readonly codes: Codes
  readonly rules: ReconcileRules
  readonly stand: Stand
  readonly partitions: number
  readonly seed: number
}

/** A partition is in memory whole. One much above the others is a key that is none. */
const PARTITION_BYTES_MAX = 192 << 20

export function partitionWork(order: PartitionOrder, shelves: readonly Shelf[], open: Shelf) {
  const { codes, rules, partitions, seed } = order
  const legs = codes.legs.length
  const opens = openRows(partitions, seed, legs, open.put)
  const sums = tally(order.stand)
  const joins = joiner(codes, rules, sums)
  const room = roomFor(legs)
  const roomOpen = roomFor(legs)
  return {
    /** Every verdict of a partition but plain matches and what is left open, in no order. */
    join: (partition: number): readonly Difference[] => {
      const { words, length } = room(shelves, partition)
      const verdicts: Difference[] = []
      joins.join(words, length, {
        verdict: (one) => void verdicts.push(one),
        open: (row) => opens.add(words, row),
      })
      return verdicts
    },
    /** After all joins of this worker: what it left open can be read from its shelf. */
    joined: (): void => opens.end(),
    /** After all joins of all workers. */
    settle: (partition: number, open: readonly Shelf[]): readonly Difference[] => {
      if (open.every((one) => one.size(partition) === 0)) return []
      const verdicts: Difference[] = []
      settle(
        roomOpen(open, partition),
        room(shelves, partition),
        codes,
        sums,
        (one) => void verdicts.push(one),
      )
      return verdicts
    },
    told: (): Tallied => sums.told(),
  }
}

/** One stretch of memory, used for one partition after the other. */
function roomFor(legs: number) {
  let words = new Int32Array(0)
  return (
    shelves: readonly Shelf[],
    partition: number,
  ): { readonly words: Int32Array; readonly length: number } => {
    const sizes = shelves.map((shelf) => shelf.size(partition))
    const size = sizes.reduce((sum, one) => sum + one, 0)
    if (size > PARTITION_BYTES_MAX) throw tooLarge(shelves, partition, legs)
    if (words.length * 4 < size) words = new Int32Array(Math.ceil((size * 1.25) / 4))
    let at = 0
    for (const [index, shelf] of shelves.entries()) {
      const own = sizes[index] ?? 0
      if (own > 0) shelf.read(partition, new Uint8Array(words.buffer, at, own))
      at += own
    }
    return { words, length: size / 4 }
  }
}

const SAMPLE_BYTES = 1 << 20

/** Says the key that most of its rows have: where keys tell items apart no partition grows so large. */
function tooLarge(shelves: readonly Shelf[], partition: number, legs: number): Error {
  const [largest] = shelves.toSorted((a, b) => b.size(partition) - a.size(partition))
  const words = new Int32Array(SAMPLE_BYTES / 4)
  const length = (largest?.read(partition, new Uint8Array(words.buffer)) ?? 0) / 4
  let [candidate, lead] = [0, 0]
  for (let at = 0; at < length; at += words[at + SIZE] ?? 1) {
    if (lead === 0) candidate = at
    lead += words[at + HASH] === words[candidate + HASH] ? 1 : -1
  }
  return crowded(words, candidate, legs)
}
