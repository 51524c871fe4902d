// One partition of both sides, joined. What is plainly equal is counted where it lies; every other key becomes items and
// goes to the rules of reconcile.ts. A refund or reversal of one side alone is set aside until its original's partition
// has been seen: reconcile-settle.ts.
import { limbsToBigint } from './lines-cells.ts'
import type { Text } from '../wire/wire.ts'
import type { Difference, KeyGroup } from './reconcile.ts'
import { judgeKey } from './reconcile.ts'
import type { ReconcileItem, ReconcileRules, Side } from './reconcile-items.ts'
import type { Tally } from './reconcile-tally.ts'
import {
  AMOUNT,
  BACK,
  type Codes,
  CODES,
  DAY,
  FEE,
  flagsOf,
  HAS_FEE,
  HAS_LEGS,
  HASH,
  itemOf,
  keyAt,
  keyLength,
  LEGS,
  LINE,
  MENTION,
  shownKey,
  sideOf,
  SIZE,
  THEIRS,
} from './reconcile-rows.ts'

export type Joined = {
  /** Told of every verdict but that of a plain match, which is only counted. */
  verdict(difference: Difference): void
  /** The word at which a row lies whose verdict depends on its original. */
  open(row: number): void
}

/** Ours: an id that stands on so many lines is none. */
const LINES_PER_KEY_MAX = 100_000

/** A fault that the lines of one side show together; its line is one of them. */
export class JoinFault extends Error {
  readonly side: Side
  readonly line: number
  readonly said: Text
  constructor(side: Side, line: number, key: string) {
    const said = {
      zh: `键“${shownKey(key)}”出现在超过 ${LINES_PER_KEY_MAX} 行上：--keys 应选每笔交易各不相同的列`,
      en: `the key “${shownKey(key)}” stands on more than ${LINES_PER_KEY_MAX} lines; --keys should name a column that tells items apart`,
    }
    super(said.en)
    this.name = 'JoinFault'
    this.side = side
    this.line = line
    this.said = said
  }
}

export function joiner(codes: Codes, rules: ReconcileRules, tally: Tally) {
  const legs = codes.legs.length
  const equal = plainlyEqual(codes)
  const sums = matchedSums(codes)
  return {
    /** Rows of both sides, in any order, in the words before `length`. */
    join: (words: Int32Array, length: number, joined: Joined): void => {
      const index = keyIndex(words, length, legs)
      for (let entry = 0; entry < index.entries; entry += 1) {
        const [a, b] = [index.single(entry, 0), index.single(entry, 1)]
        if (a >= 0 && b >= 0 && index.none(entry, 2) && equal(words, a, b)) sums.add(words, a)
        else judge(words, index, entry, joined)
      }
      sums.empty(tally)
    },
  }

  function judge(words: Int32Array, index: KeyIndex, entry: number, joined: Joined): void {
    const rows = new Map<ReconcileItem, number>()
    const items = (list: number): ReconcileItem[] =>
      index.rows(entry, list).map((at) => {
        const item = itemOf(words, at, codes)
        rows.set(item, at)
        return item
      })
    const mentions = index.rows(entry, 2)
    const backs = (side: Side): ReconcileItem[] =>
      mentions.filter((at) => sideOf(words, at) === side).map((at) => itemOf(words, at, codes))
    const group: KeyGroup = {
      ours: items(0),
      theirs: items(1),
      backOurs: backs('ours'),
      backTheirs: backs('theirs'),
    }
    const { verdicts, open } = judgeKey(group, rules)
    for (const one of verdicts) {
      tally.add(one)
      if (one.kind !== 'matched') joined.verdict(one)
    }
    for (const { item } of open) joined.open(rows.get(item) ?? -1)
  }
}

/** Success on both sides, and the same in everything that both state: no rule could say anything but matched. */
function plainlyEqual({
  kindOf,
  currencyOf,
  kinds,
  legs,
}: Codes): (words: Int32Array, a: number, b: number) => boolean {
  const unsaid = kinds.indexOf('')
  const compared = FEE + 2 + 2 * legs.length
  return (words, a, b) => {
    const [one, other] = [words[a + CODES] ?? 0, words[b + CODES] ?? 0]
    if (((one | other) & 0xff0000) !== 0) return false
    if (((one ^ other) & (BACK << 24)) !== 0) return false
    const [kind, otherKind] = [kindOf.ours[one & 0xff], kindOf.theirs[other & 0xff]]
    if (kind !== otherKind && kind !== unsaid && otherKind !== unsaid) return false
    if (currencyOf.ours[(one >>> 8) & 0xff] !== currencyOf.theirs[(other >>> 8) & 0xff]) return false
    if (words[a + AMOUNT] !== words[b + AMOUNT] || words[a + AMOUNT + 1] !== words[b + AMOUNT + 1])
      return false
    const [day, otherDay] = [words[a + DAY], words[b + DAY]]
    if (day !== otherDay && day !== 0 && otherDay !== 0) return false
    const both = (one & other) >>> 24
    const from = (both & HAS_FEE) === 0 ? LEGS : FEE
    const to = (both & HAS_LEGS) === 0 ? LEGS : compared
    for (let word = from; word < to; word += 1) if (words[a + word] !== words[b + word]) return false
    return true
  }
}

/** Money of plain matches by kind, currency and sign, in limbs, until it is handed to the tally. */
function matchedSums({ kindOf, currencyOf, kinds, currencies }: Codes) {
  const places = kinds.length * currencies.length * 2
  const counts = new Float64Array(places)
  const high = new Float64Array(places)
  const low = new Float64Array(places)
  return {
    add: (words: Int32Array, at: number): void => {
      const packed = words[at + CODES] ?? 0
      const kind = kindOf.ours[packed & 0xff] ?? 0
      const currency = currencyOf.ours[(packed >>> 8) & 0xff] ?? 0
      const [upper, lower] = [words[at + AMOUNT] ?? 0, words[at + AMOUNT + 1] ?? 0]
      const place = (kind * currencies.length + currency) * 2 + (upper < 0 || lower < 0 ? 1 : 0)
      counts[place] = (counts[place] ?? 0) + 1
      high[place] = (high[place] ?? 0) + upper
      low[place] = (low[place] ?? 0) + lower
    },
    empty: (tally: Tally): void => {
      for (let place = 0; place < places; place += 1) {
        const count = counts[place] ?? 0
        if (count === 0) continue
        const amount = limbsToBigint(high[place] ?? 0, low[place] ?? 0)
        const kind = kinds[Math.floor(place / 2 / currencies.length)] ?? ''
        tally.addMatched(
          kind,
          currencies[Math.floor(place / 2) % currencies.length] ?? '',
          count,
          amount,
          amount,
        )
      }
      counts.fill(0)
      high.fill(0)
      low.fill(0)
    },
  }
}

type KeyIndex = {
  readonly entries: number
  /** The one row of a list, or -1 where there is none or several. Lists: ours, theirs, mentions. */
  single(entry: number, list: number): number
  none(entry: number, list: number): boolean
  rows(entry: number, list: number): readonly number[]
}

/** A hash table over rows by key, in whole arrays of numbers. */
function keyIndex(words: Int32Array, length: number, legs: number): KeyIndex {
  let rows = 0
  for (let at = 0; at < length; at += words[at + SIZE] ?? 1) rows += 1
  let size = 16
  while (size < rows * 2) size *= 2
  const slots = new Int32Array(size)
  const first = new Int32Array(rows)
  const heads = new Int32Array(rows * 3).fill(-1)
  const next = new Int32Array(rows)
  const places = new Int32Array(rows)
  let entries = 0
  let row = 0
  for (let at = 0; at < length; at += words[at + SIZE] ?? 1) {
    let slot = (words[at + HASH] ?? 0) & (size - 1)
    for (;;) {
      const found = slots[slot] ?? 0
      if (found === 0) {
        first[entries] = at
        entries += 1
        slots[slot] = entries
      } else if (!sameKey(words, first[found - 1] ?? 0, at, legs)) {
        slot = (slot + 1) & (size - 1)
        continue
      }
      const flags = flagsOf(words, at)
      const list = (flags & MENTION) !== 0 ? 2 : (flags & THEIRS) !== 0 ? 1 : 0
      const head = ((slots[slot] ?? 1) - 1) * 3 + list
      next[row] = heads[head] ?? -1
      heads[head] = row
      places[row] = at
      break
    }
    row += 1
  }
  return {
    entries,
    single: (entry, list) => {
      const head = heads[entry * 3 + list] ?? -1
      return head >= 0 && (next[head] ?? -1) < 0 ? (places[head] ?? -1) : -1
    },
    none: (entry, list) => (heads[entry * 3 + list] ?? -1) < 0,
    rows: (entry, list) => {
      const found: number[] = []
      for (let at = heads[entry * 3 + list] ?? -1; at >= 0; at = next[at] ?? -1) {
        found.push(places[at] ?? 0)
        if (found.length > LINES_PER_KEY_MAX) throw crowded(words, places[at] ?? 0, legs)
      }
      return found
    },
  }
}

function sameKey(words: Int32Array, a: number, b: number, legs: number): boolean {
  if (words[a + HASH] !== words[b + HASH]) return false
  const length = keyLength(words, a)
  if (length !== keyLength(words, b)) return false
  const [one, other] = [keyAt(words, a, legs), keyAt(words, b, legs)]
  for (let word = 0; word < (length + 3) >> 2; word += 1)
    if (words[one + word] !== words[other + word]) return false
  return true
}

/** Says which key stands on too many lines; also for whoever finds a partition too large to be read at all. */
export function crowded(words: Int32Array, at: number, legs: number): JoinFault {
  const bytes = new Uint8Array(
    words.buffer,
    words.byteOffset + keyAt(words, at, legs) * 4,
    keyLength(words, at),
  )
  return new JoinFault(sideOf(words, at), words[at + LINE] ?? 0, new TextDecoder().decode(bytes))
}
