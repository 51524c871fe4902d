// Rows: what is left of a line when it is reconciled, as words in blocks of memory, dealt to partitions by the hash of
// its key. Nothing here allocates per line; ten million lines a side go through it.
import { limbsToBigint } from './lines-cells.ts'
import type { ItemStatus, ReconcileItem, Side } from './reconcile-items.ts'

/** Words of a row. Behind them two for each leg, then the key and the original, each filled up to whole words. */
export const SIZE = 0
export const HASH = 1
/** Bytes of the key, and above them those of the original. */
export const LENGTHS = 2
export const LINE = 3
export const DAY = 4
/** From below: kind, currency, status, flags. */
export const CODES = 5
export const AMOUNT = 6
export const FEE = 8
export const LEGS = 10

export const THEIRS = 1
/** It takes an item back. */
export const BACK = 2
/** Not an item: says to the key of an original that something takes it back. */
export const MENTION = 4
export const HAS_FEE = 8
export const HAS_LEGS = 16
/** The file has a column for the original, whether or not this line names one. */
export const HAS_ORIGINAL = 32

export const STATUSES: readonly ItemStatus[] = ['success', 'pending', 'failed', 'reversed']

export const KEY_BYTES_MAX = 4096
export const LEGS_MAX = 32
/** A row of the longest key and original fits into a block. */
const BLOCK_WORDS = 8192

/** Parts of a key of several columns; no text has it. */
export const KEY_MARK = 0x1f
export const shownKey = (key: string): string => key.replaceAll(String.fromCharCode(KEY_MARK), ' | ')

/** FNV-1a, then mixed, so that every bit depends on all. Seeded: nobody can choose ids that fall into one place. */
export function hashOf(bytes: Uint8Array, length: number, seed: number): number {
  let hash = seed
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}

/** The upper bits choose the partition, the lower ones the place in its table. */
export const partitionOf = (hash: number, partitions: number): number =>
  Math.floor(((hash >>> 8) * partitions) / 0x1000000)

export type Flush = (partition: number, block: Uint8Array) => void

export type Blocks = {
  readonly words: Int32Array
  readonly bytes: Uint8Array
  /** The word at which a row of that size may be written. */
  room(partition: number, size: number): number
  end(): void
}

export function blocks(partitions: number, flush: Flush): Blocks {
  const words = new Int32Array(partitions * BLOCK_WORDS)
  const bytes = new Uint8Array(words.buffer)
  const used = new Int32Array(partitions)
  const empty = (partition: number): void => {
    const from = partition * BLOCK_WORDS * 4
    flush(partition, bytes.subarray(from, from + (used[partition] ?? 0) * 4))
    used[partition] = 0
  }
  return {
    words,
    bytes,
    room: (partition, size) => {
      if ((used[partition] ?? 0) + size > BLOCK_WORDS) empty(partition)
      const at = used[partition] ?? 0
      used[partition] = at + size
      return partition * BLOCK_WORDS + at
    },
    end: () => {
      for (let partition = 0; partition < partitions; partition += 1)
        if ((used[partition] ?? 0) > 0) empty(partition)
    },
  }
}

/** What the codes of both sides' rows mean, and how those of the other side are translated. */
export type Names = {
  readonly kinds: readonly string[]
  readonly currencies: readonly string[]
  readonly legs: readonly string[]
}
export type Codes = Names & {
  readonly kindOf: Readonly<Record<Side, Uint8Array>>
  readonly currencyOf: Readonly<Record<Side, Uint8Array>>
}

/** Each side numbers its kinds and currencies as it meets them; here they become one list. */
export function codesOf(ours: Names, theirs: Names): Codes {
  const joined = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])]
  const kinds = joined(ours.kinds, theirs.kinds)
  const currencies = joined(ours.currencies, theirs.currencies)
  const table = (own: readonly string[], all: readonly string[]): Uint8Array =>
    Uint8Array.from(own, (name) => all.indexOf(name))
  return {
    kinds,
    currencies,
    legs: ours.legs.length > 0 ? ours.legs : theirs.legs,
    kindOf: { ours: table(ours.kinds, kinds), theirs: table(theirs.kinds, kinds) },
    currencyOf: { ours: table(ours.currencies, currencies), theirs: table(theirs.currencies, currencies) },
  }
}

export const flagsOf = (words: Int32Array, at: number): number => (words[at + CODES] ?? 0) >>> 24
export const sideOf = (words: Int32Array, at: number): Side =>
  (flagsOf(words, at) & THEIRS) === 0 ? 'ours' : 'theirs'
export const keyAt = (words: Int32Array, at: number, legs: number): number =>
  at + LEGS + ((flagsOf(words, at) & HAS_LEGS) === 0 ? 0 : 2 * legs)
export const keyLength = (words: Int32Array, at: number): number => (words[at + LENGTHS] ?? 0) & 0xffff
export const originalLength = (words: Int32Array, at: number): number => (words[at + LENGTHS] ?? 0) >>> 16
export const originalAt = (words: Int32Array, at: number, legs: number): number =>
  keyAt(words, at, legs) + ((keyLength(words, at) + 3) >> 2)

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The item that a row stands for; a mention's key is that of the original, and is turned around. */
export function itemOf(words: Int32Array, at: number, codes: Codes): ReconcileItem {
  const side = sideOf(words, at)
  const flags = flagsOf(words, at)
  const packed = words[at + CODES] ?? 0
  const bytes = new Uint8Array(words.buffer, words.byteOffset)
  const text = (word: number, length: number): string =>
    UTF8.decode(bytes.subarray(word * 4, word * 4 + length))
  const key = text(keyAt(words, at, codes.legs.length), keyLength(words, at))
  const original = text(originalAt(words, at, codes.legs.length), originalLength(words, at))
  const mention = (flags & MENTION) !== 0
  const amount = (word: number): bigint => limbsToBigint(words[word] ?? 0, words[word + 1] ?? 0)
  const day = words[at + DAY] ?? 0
  return {
    transaction: mention ? original : key,
    kind: codes.kinds[codes.kindOf[side][packed & 0xff] ?? 0] ?? '',
    day: day === 0 ? '' : String(day),
    amount: amount(at + AMOUNT),
    currency: codes.currencies[codes.currencyOf[side][(packed >>> 8) & 0xff] ?? 0] ?? '',
    status: STATUSES[(packed >>> 16) & 0xff] ?? 'success',
    ...((flags & HAS_FEE) !== 0 && { fee: amount(at + FEE) }),
    ...((flags & HAS_LEGS) !== 0 && {
      legs: Object.fromEntries(codes.legs.map((name, leg) => [name, amount(at + LEGS + 2 * leg)])),
    }),
    ...((mention || (flags & HAS_ORIGINAL) !== 0) && { original: mention ? key : original }),
    line: words[at + LINE] ?? 0,
  }
}
