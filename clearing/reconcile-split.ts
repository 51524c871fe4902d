// Every record of one file becomes a row of its partition; a reversal leaves a second row, a mention, with the key that
// it takes back, so that both are judged where that key is.
import { type Limbs, limbsToBigint, readAmount, readDay, readText } from './lines-cells.ts'
import { type Cells, faultAt, LineFault, type LineForm, type RecordSink } from './lines-record.ts'
import {
  type ColumnChoice,
  type ColumnUse,
  type ColumnUses,
  columnsOf,
  columnUses,
  currencyOf,
  digitsOf,
  kindOf,
  statusOf,
  unknownStatus,
} from './reconcile-columns.ts'
import { type Side, takesBack } from './reconcile-items.ts'
import {
  AMOUNT,
  BACK,
  type Blocks,
  blocks,
  CODES,
  DAY,
  FEE,
  type Flush,
  HAS_FEE,
  HAS_LEGS,
  HAS_ORIGINAL,
  HASH,
  hashOf,
  KEY_BYTES_MAX,
  KEY_MARK,
  LEGS,
  LENGTHS,
  LINE,
  MENTION,
  type Names,
  partitionOf,
  SIZE,
  STATUSES,
  THEIRS,
} from './reconcile-rows.ts'

export type SplitOrder = {
  readonly side: Side
  readonly form: LineForm
  readonly choice: ColumnChoice
  readonly partitions: number
  readonly seed: number
}
export type Split = Names & { readonly lines: number }

/** The currency of a file that has no column for it. */
const HOME = '156'

export function splitter(order: SplitOrder, flush: Flush): RecordSink & { end(): Split } {
  const { form, partitions } = order
  const out = blocks(partitions, flush)
  const words = tables(order)
  const sums = totals()
  let row: ((cells: Cells) => void) | undefined
  let begun = false
  const begin = (header: readonly string[] | undefined, count: number): void => {
    begun = true
    row = rowWriter(columnUses(columnsOf(form, header, count), order.choice), order, out, words, sums)
  }
  if (form.form === 'fixed') {
    begin(undefined, form.columns.length)
    begun = false
  }
  return {
    record: (cells) => {
      if (row === undefined) {
        const named = form.form === 'separated' && form.header
        begin(named ? headerOf(cells, form) : undefined, cells.count)
        if (named) return
      }
      begun = true
      row?.(cells)
    },
    trailer: (cells) => {
      begun = true
      if (form.trailer !== undefined) sums.check(cells, form, order.choice)
    },
    end: () => {
      if (!begun)
        throw new LineFault(1, 1, {
          zh: '文件是空的：没有交易的一天也应有表头或尾记录；检查是否取到了正确的文件',
          en: 'the file is empty; a day without traffic has a header or a trailer all the same: see whether this is the right file',
        })
      out.end()
      return {
        lines: sums.lines(),
        kinds: words.kinds.names,
        currencies: words.currencies.names,
        legs: order.choice.legs ?? [],
      }
    },
  }
}

function headerOf(cells: Cells, { encoding }: LineForm): readonly string[] {
  return Array.from({ length: cells.count }, (_, cell) => readText(cells, cell, encoding))
}

/** Count and sum of what went by, against what the trailer says (STL-006). */
function totals() {
  let lines = 0
  let sum = 0n
  let high = 0
  let low = 0
  const gather = (): bigint => {
    sum += limbsToBigint(high, low)
    high = 0
    low = 0
    return sum
  }
  return {
    add: (amount: Limbs): void => {
      lines += 1
      high += amount.high
      low += amount.low
      // Before the sum of the limbs could lose a digit.
      if ((lines & 0xfffff) === 0) gather()
    },
    lines: () => lines,
    check: (cells: Cells, { form, trailer, ...rest }: LineForm, { unit, amount }: ColumnChoice): void => {
      const stated: Limbs = { high: 0, low: 0 }
      const columns = 'columns' in rest ? (rest.columns ?? []) : []
      const given = columns.find(({ name }) => name === amount)?.kind ?? 'text'
      const kind = given === 'text' ? (form === 'fixed' ? 'minor' : unit) : given
      const compare = (cell: number, ofKind: typeof kind, found: bigint, zh: string, en: string): void => {
        readAmount(cells, cell, ofKind, 2, stated)
        const said = limbsToBigint(stated.high, stated.low)
        if (said !== found)
          throw faultAt(cells, cell, {
            zh: `尾记录的${zh}为 ${said}，明细合计为 ${found}：整个文件作废，请重新获取`,
            en: `the trailer says that ${en} is ${said}, the lines come to ${found}; the whole file is refused: fetch it again`,
          })
      }
      if (trailer?.count !== undefined) compare(0, 'minor', BigInt(lines), '笔数', 'the count')
      if (trailer?.amount !== undefined) compare(1, kind, gather(), '金额', 'the amount')
    },
  }
}
type Totals = ReturnType<typeof totals>

/** So many different kinds or currencies a column may have before it is taken for another column. */
const WORDS_MAX = 250

type Words = { readonly names: readonly string[]; codeOf(cells: Cells, cell: number): number }

/** Words that come again and again, by their bytes: text is made of each only once. */
function wordsOf(
  encoding: LineForm['encoding'],
  what: { zh: string; en: string },
  meaning: (word: string, cells: Cells, cell: number) => string,
): Words {
  const raws: Uint8Array[] = []
  const codes: number[] = []
  const names: string[] = []
  const learn = (cells: Cells, cell: number): number => {
    const name = meaning(readText(cells, cell, encoding), cells, cell)
    if (!names.includes(name)) names.push(name)
    if (raws.length >= WORDS_MAX)
      throw faultAt(cells, cell, {
        zh: `这一列有超过 ${WORDS_MAX} 种不同的${what.zh}：是不是选错了列？`,
        en: `more than ${WORDS_MAX} different ${what.en} in this column; is it the right one?`,
      })
    raws.push(cells.bytes.slice(cells.starts[cell], cells.ends[cell]))
    return codes[codes.push(names.indexOf(name)) - 1] ?? 0
  }
  return {
    names,
    codeOf: (cells, cell) => {
      const { bytes } = cells
      const from = cells.starts[cell] ?? 0
      const size = (cells.ends[cell] ?? 0) - from
      next: for (let index = 0; index < raws.length; index += 1) {
        const raw = raws[index]
        if (raw === undefined || raw.length !== size) continue
        for (let at = 0; at < size; at += 1) if (raw[at] !== bytes[from + at]) continue next
        return codes[index] ?? 0
      }
      return learn(cells, cell)
    },
  }
}

function tables({ form: { encoding }, choice }: SplitOrder) {
  return {
    kinds: wordsOf(encoding, { zh: '类型', en: 'kinds' }, (word) => kindOf(word.trim(), choice.kinds)),
    currencies: wordsOf(encoding, { zh: '币种', en: 'currencies' }, (word) => currencyOf(word.trim())),
    statuses: wordsOf(encoding, { zh: '状态', en: 'states' }, (word, cells, cell) => {
      const status = statusOf(word.trim(), choice.statuses)
      if (status === undefined) throw faultAt(cells, cell, unknownStatus(word.trim()))
      return status
    }),
  }
}
type Tables = ReturnType<typeof tables>

/** Writes rows; one closure per file, so that what is the same for all lines is looked up once. */
function rowWriter(
  uses: ColumnUses,
  order: SplitOrder,
  out: Blocks,
  { kinds, currencies, statuses }: Tables,
  sums: Totals,
) {
  const { seed, partitions, side, form } = order
  const key = keyScratch(uses.keys, form)
  const original = keyScratch(uses.originals, form)
  const amount: Limbs = { high: 0, low: 0 }
  const more: Limbs = { high: 0, low: 0 }
  const legs = uses.legs.length
  const always =
    (side === 'theirs' ? THEIRS : 0) |
    (uses.fee === undefined ? 0 : HAS_FEE) |
    (legs === 0 ? 0 : HAS_LEGS) |
    (uses.originals.length === 0 ? 0 : HAS_ORIGINAL)
  const noKind = uses.kind === undefined
  const noCurrency = uses.currency === undefined
  const { digits } = known(currencies, kinds, noKind, noCurrency)
  const write = (cells: Cells, codes: number, first: Scratch, second: Scratch): void => {
    const hash = hashOf(first.bytes, first.length, seed)
    const size = LEGS + 2 * legs + ((first.length + 3) >> 2) + ((second.length + 3) >> 2)
    const at = out.room(partitionOf(hash, partitions), size)
    const { words } = out
    words[at + SIZE] = size
    words[at + HASH] = hash
    words[at + LENGTHS] = first.length | (second.length << 16)
    words[at + LINE] = cells.line
    words[at + DAY] = uses.day === undefined ? 0 : readDay(cells, uses.day.index)
    words[at + CODES] = codes
    words[at + AMOUNT] = amount.high
    words[at + AMOUNT + 1] = amount.low
    money(cells, uses.fee, at + FEE)
    for (let leg = 0; leg < legs; leg += 1) money(cells, uses.legs[leg], at + LEGS + 2 * leg)
    copy(first, out, at + LEGS + 2 * legs)
    copy(second, out, at + LEGS + 2 * legs + ((first.length + 3) >> 2))
  }
  let places = 2
  /** A fee or leg that is left empty is none. */
  const money = (cells: Cells, use: ColumnUse | undefined, at: number): void => {
    more.high = 0
    more.low = 0
    if (use !== undefined) readAmount(cells, use.index, use.kind, places, more)
    out.words[at] = more.high
    out.words[at + 1] = more.low
  }
  return (cells: Cells): void => {
    key.read(cells)
    if (key.length === 0) throw noKey(cells, uses.keys[0])
    original.read(cells)
    const kind = noKind ? 0 : kinds.codeOf(cells, uses.kind.index)
    const currency = noCurrency ? 0 : currencies.codeOf(cells, uses.currency.index)
    const status = uses.status === undefined ? 0 : statuses.codeOf(cells, uses.status.index)
    places = digits(currency, cells, uses)
    if (!readAmount(cells, uses.amount.index, uses.amount.kind, places, amount))
      throw noAmount(cells, uses.amount)
    sums.add(amount)
    const back = !noKind && takesBack(kinds.names[kind] ?? '')
    const state =
      uses.status === undefined ? 0 : STATUSES.indexOf(statuses.names[status] as (typeof STATUSES)[number])
    const codes = kind | (currency << 8) | (state << 16)
    write(cells, codes | ((always | (back ? BACK : 0)) << 24), key, original)
    // A reversal that names no original stands under the key of what it takes back.
    if (back)
      write(cells, codes | ((always | BACK | MENTION) << 24), original.length > 0 ? original : key, key)
  }
}

/** Decimals by the code of a currency; a file without the column has one currency and one kind, both without a word. */
function known(currencies: Words, kinds: Words, noKind: boolean, noCurrency: boolean) {
  if (noKind) (kinds.names as string[]).push('')
  if (noCurrency) (currencies.names as string[]).push(HOME)
  const digits: (number | undefined)[] = []
  return {
    digits: (code: number, cells: Cells, { amount, currency }: ColumnUses): number => {
      const found = (digits[code] ??= digitsOf(currencies.names[code] ?? ''))
      if (found !== undefined || amount.kind !== 'major') return found ?? 0
      const name = currencies.names[code] ?? ''
      throw faultAt(cells, currency?.index ?? 0, {
        zh: `币种 ${name} 有几位小数不得而知：请改用整数的最小单位（--unit minor）`,
        en: `how many decimals the currency ${name} has is not known here; give whole minor units (--unit minor)`,
      })
    },
  }
}

type Scratch = { readonly bytes: Uint8Array; readonly length: number }

function copy({ bytes, length }: Scratch, out: Blocks, word: number): void {
  if (length === 0) return
  // The rest of the last word must be zero: keys are compared by words.
  out.words[word + ((length - 1) >> 2)] = 0
  const to = word * 4
  for (let at = 0; at < length; at += 1) out.bytes[to + at] = bytes[at] ?? 0
}

/** A key in UTF-8, whatever the file is in; several columns are joined by a mark that no text has. */
function keyScratch(
  uses: readonly ColumnUse[],
  { encoding }: LineForm,
): Scratch & { length: number; read(cells: Cells): void } {
  const bytes = new Uint8Array(KEY_BYTES_MAX * 3)
  const encoder = new TextEncoder()
  const scratch = {
    bytes,
    length: 0,
    read: (cells: Cells): void => {
      let length = 0
      for (let part = 0; part < uses.length; part += 1) {
        const use = uses[part]
        if (use === undefined) continue
        if (part > 0) bytes[length++] = KEY_MARK
        length = append(cells, use, length)
      }
      // Parts that are all empty name nothing.
      scratch.length = length === uses.length - 1 ? 0 : length
    },
  }
  const append = (cells: Cells, { index, strip }: ColumnUse, from: number): number => {
    let start = cells.starts[index] ?? 0
    let end = cells.ends[index] ?? 0
    if (strip) {
      while (end > start && cells.bytes[end - 1] === 32) end -= 1
      while (end > start && cells.bytes[start] === 32) start += 1
    }
    if (from + end - start > KEY_BYTES_MAX) throw longKey(cells, index)
    let length = from
    let high = 0
    for (let at = start; at < end; at += 1) {
      const byte = cells.bytes[at] ?? 0
      high |= byte
      if (byte === KEY_MARK) throw markedKey(cells, index)
      bytes[length++] = byte
    }
    if (high < 128) return length
    const text = readText(cells, index, encoding)
    return (
      from + encoder.encodeInto(strip ? text.replace(/^ +| +$/g, '') : text, bytes.subarray(from)).written
    )
  }
  return scratch
}

const noKey = (cells: Cells, use: ColumnUse | undefined): LineFault =>
  faultAt(cells, use?.index ?? 0, {
    zh: '没有流水号：没有键的一行无从核对；检查 --keys 所选的列',
    en: 'no id here, and a line without its key cannot be reconciled; see whether --keys names the right column',
  })
const noAmount = (cells: Cells, { index }: ColumnUse): LineFault =>
  faultAt(cells, index, {
    zh: '没有金额：这一列每行都应有金额',
    en: 'no amount here; every line must have one',
  })
const longKey = (cells: Cells, index: number): LineFault =>
  faultAt(cells, index, {
    zh: `键超过 ${KEY_BYTES_MAX} 字节：检查 --keys 所选的列`,
    en: `a key of more than ${KEY_BYTES_MAX} bytes; see whether --keys names the right column`,
  })
const markedKey = (cells: Cells, index: number): LineFault =>
  faultAt(cells, index, { zh: '键中有控制字符 0x1F', en: 'a control character 0x1F in a key' })
