// What a file of lines looks like, and what reading it gives: one record after the other, or a fault with its place.
import type { Text } from '../wire/wire.ts'

export type Encoding = 'utf-8' | 'gbk'

/** `minor`: whole minor units. `major`: 12.34. `debit` and `credit`: D or C and minor units; the named one is plus. */
export const CELL_KINDS = ['text', 'minor', 'major', 'debit', 'credit', 'day'] as const
export type CellKind = (typeof CELL_KINDS)[number]

/** `from`: the first byte of a line is 1. */
export type BytePlace = { readonly from: number; readonly length: number }

export type FixedColumn = BytePlace & {
  readonly name: string
  readonly kind: CellKind
  /** Spaces that fill a column up are part of the value unless the layout says that they are not (REC-020). */
  readonly strip: boolean
}

/** The last line of a file that has totals. A file without it was cut; one whose totals are wrong is refused whole. */
export type Trailer = {
  /** What the line begins with. */
  readonly mark: string
  /** Of separated values `from` is the number of the column. */
  readonly count?: BytePlace | undefined
  readonly amount?: BytePlace | undefined
}

export type LineForm = {
  readonly encoding: Encoding
  readonly trailer?: Trailer
  /** What a first line begins with that is no item and names no columns. */
  readonly head?: string
} & (
  | {
      readonly form: 'separated'
      readonly separator: string
      readonly header: boolean
      /** Names and kinds where the file itself has no header, or where a column is no text. */
      readonly columns?: readonly { readonly name: string; readonly kind: CellKind }[]
    }
  | { readonly form: 'fixed'; readonly columns: readonly FixedColumn[]; readonly length: number }
)

/** One record, overwritten by the next: cell n is bytes[starts[n]] up to bytes[ends[n]]. */
export type Cells = {
  bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  count: number
  line: number
  /** Where the line begins, so that a fault can say its column. */
  begin: number
}

export type RecordSink = {
  record(cells: Cells): void
  /** Cells are those of the trailer's places: first the count, then the amount. */
  trailer(cells: Cells): void
}

/** What is wrong with a file, with its place. Thrown by readers of bytes, caught where the file was opened. */
export class LineFault extends Error {
  readonly line: number
  readonly column: number
  readonly said: Text
  constructor(line: number, column: number, said: Text) {
    super(`${line}:${column}: ${said.en}`)
    this.name = 'LineFault'
    this.line = line
    this.column = column
    this.said = said
  }
}

/** A fault in a cell of the record at hand. */
export const faultAt = ({ line, begin, starts }: Cells, cell: number, said: Text): LineFault =>
  new LineFault(line, (starts[cell] ?? begin) - begin + 1, said)

/** Reads of the bytes up to `end`, and returns how many it is done with. */
export type Scan = (bytes: Uint8Array, end: number, final: boolean) => number

export const COLUMNS_MAX = 512
export const LINE_BYTES_MAX = 1 << 20

export const newCells = (): Cells => ({
  bytes: new Uint8Array(0),
  starts: new Int32Array(COLUMNS_MAX + 2),
  ends: new Int32Array(COLUMNS_MAX + 2),
  count: 0,
  line: 0,
  begin: 0,
})

export const tooLong = (line: number): LineFault =>
  new LineFault(line, 1, {
    zh: `一行超过 ${LINE_BYTES_MAX} 字节：检查换行是否缺失，引号是否未闭合`,
    en: `more than ${LINE_BYTES_MAX} bytes in one line; see whether a line break is missing or a quote was left open`,
  })

/** Where the first line begins: behind the mark of UTF-8. Any other mark is another encoding. */
export function afterMark(bytes: Uint8Array, end: number): number {
  if (end >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3
  if (end >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)))
    throw new LineFault(1, 1, {
      zh: '这是 UTF-16：请另存为 UTF-8 或 GBK',
      en: 'this is UTF-16; save it as UTF-8 or GBK',
    })
  return 0
}

export function beginsWith(bytes: Uint8Array, at: number, end: number, mark: Uint8Array): boolean {
  if (end - at < mark.length) return false
  for (let index = 0; index < mark.length; index += 1) if (bytes[at + index] !== mark[index]) return false
  return true
}

/** Keeps what may stand where: empty lines only at the end, and nothing but them behind a trailer. */
export function ending(form: LineForm): {
  line(number: number, empty: boolean, trailer: boolean): void
  end(line: number): void
} {
  let emptyAt = 0
  let trailerAt = 0
  return {
    line: (number, empty, trailer) => {
      if (empty) {
        if (emptyAt === 0) emptyAt = number
        return
      }
      if (emptyAt > 0)
        throw new LineFault(emptyAt, 1, {
          zh: '空行：只有文件末尾可以有空行；删去它，或补上缺失的内容',
          en: 'an empty line; there may be such only at the end of a file: take it out, or put back what it had',
        })
      if (trailerAt > 0)
        throw new LineFault(number, 1, {
          zh: `第 ${trailerAt} 行的尾记录之后还有内容：尾记录应是最后一行`,
          en: `there is more behind the trailer of line ${trailerAt}, which should be the last line`,
        })
      if (trailer) trailerAt = number
    },
    end: (line) => {
      if (form.trailer !== undefined && trailerAt === 0)
        throw new LineFault(line, 1, {
          zh: `文件在此结束，缺少以“${form.trailer.mark}”开头的尾记录：文件不完整，请重新获取`,
          en: `the file ends here without its trailer, which begins with “${form.trailer.mark}”; it is not whole: fetch it again`,
        })
    },
  }
}
