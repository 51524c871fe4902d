// Separated values (RFC 4180): quotes, doubled quotes, line breaks inside quotes, CR LF or LF. One pass over the bytes.
// In GBK the second byte of a character may look like a separator, so characters are stepped over whole.
import {
  afterMark,
  beginsWith,
  type Cells,
  COLUMNS_MAX,
  ending,
  faultAt,
  LINE_BYTES_MAX,
  LineFault,
  type LineForm,
  newCells,
  type RecordSink,
  type Scan,
  tooLong,
} from './lines-record.ts'

const LF = 10
const CR = 13
const QUOTE = 34

type Separated = Extract<LineForm, { form: 'separated' }>

export function separatedScan(form: Separated, sink: RecordSink): Scan {
  const cells = newCells()
  const next = recordScan(form, cells)
  const ends = ending(form)
  const head = markOf(form.head)
  const trailer = markOf(form.trailer?.mark)
  let begun = false
  let expected = 0
  let line = 1
  const take = (from: number, to: number): void => {
    const { bytes, starts, ends: stops, count } = cells
    const empty = count === 1 && (starts[0] ?? 0) === (stops[0] ?? 0) && bytes[from] !== QUOTE
    const isTrailer = trailer !== undefined && beginsWith(bytes, from, to, trailer)
    ends.line(line, empty, isTrailer)
    if (empty || (line === 1 && head !== undefined && beginsWith(bytes, from, to, head))) return
    if (isTrailer) return sink.trailer(totals(cells, form))
    if (expected === 0) expected = count
    if (count !== expected) throw ragged(cells, expected)
    sink.record(cells)
  }
  return (bytes, end, final) => {
    if (!begun && end < 3 && !final) return 0
    let at = begun ? 0 : afterMark(bytes, end)
    begun = true
    cells.bytes = bytes
    while (at < end) {
      cells.line = line
      cells.begin = at
      const to = next(bytes, at, end, final)
      if (to < 0) {
        if (at === 0 && end === LINE_BYTES_MAX) throw tooLong(line)
        break
      }
      take(at, to)
      line += next.breaks()
      at = to
    }
    if (final) ends.end(line)
    return at
  }
}

const markOf = (mark: string | undefined): Uint8Array | undefined =>
  mark === undefined ? undefined : new TextEncoder().encode(mark)

/** The record is not whole yet, and a cell ends where another begins: what the places behind a quote come to. */
const INCOMPLETE = -1
const NEXT_CELL = -2

/** The scan of one record: where it ends, or INCOMPLETE while its end is not there yet. */
function recordScan(
  form: Separated,
  cells: Cells,
): ((bytes: Uint8Array, from: number, end: number, final: boolean) => number) & { breaks(): number } {
  const mark = form.separator.charCodeAt(0)
  const gbk = form.encoding === 'gbk'
  // Most bytes of a line are above all that mean something.
  const high = Math.max(mark, QUOTE)
  const { starts, ends } = cells
  const quotes = quotedCells(cells, gbk)
  const finish = (bytes: Uint8Array, column: number, at: number): void => {
    cells.count = column + 1
    ends[column] = at > (starts[column] ?? 0) && bytes[at - 1] === CR ? at - 1 : at
  }
  const scan = (bytes: Uint8Array, from: number, end: number, final: boolean): number => {
    let at = from
    let column = 0
    starts[0] = from
    for (;;) {
      if (at >= end) {
        if (!final) return INCOMPLETE
        finish(bytes, column, end)
        return end
      }
      const byte = bytes[at] ?? 0
      if (byte > high) at += gbk && byte > 0x80 ? 2 : 1
      else if (byte === LF) {
        finish(bytes, column, at)
        return at + 1
      } else if (byte === mark) {
        ends[column] = at
        column = another(cells, column)
        at += 1
        starts[column] = at
      } else if (byte === QUOTE && at === starts[column]) {
        const close = quotes.close(bytes, at, end, column)
        if (close < 0 && final) throw neverClosed(cells, column)
        const after = close < 0 ? INCOMPLETE : behindQuote(cells, close, end, final, mark)
        if (after !== NEXT_CELL) {
          cells.count = column + 1
          return after
        }
        column = another(cells, column)
        at = close + 1
        starts[column] = at
      } else at += 1
    }
  }
  const whole = (bytes: Uint8Array, from: number, end: number, final: boolean): number => {
    quotes.begin()
    const to = scan(bytes, from, end, final)
    // Bytes of a record that is not whole yet are read again, so they are not touched before.
    if (to >= 0) quotes.unescape()
    return to
  }
  return Object.assign(whole, { breaks: quotes.breaks })
}

function another(cells: Cells, column: number): number {
  if (column + 1 >= COLUMNS_MAX) throw tooMany(cells)
  return column + 1
}

/** Behind a closing quote a cell can only end: with a separator, with the line, or with the file. */
function behindQuote(cells: Cells, close: number, end: number, final: boolean, mark: number): number {
  const { bytes, line, begin } = cells
  if (close < end && bytes[close] === mark) return NEXT_CELL
  const after = close + (close < end && bytes[close] === CR ? 1 : 0)
  if (after >= end) return final ? end : INCOMPLETE
  if (bytes[after] === LF) return after + 1
  throw new LineFault(line, close - begin + 1, {
    zh: '结束的引号之后应是分隔符或行尾：内容中的引号要写成两个',
    en: 'behind a closing quote a separator or the end of the line is expected; double the quotes inside a cell',
  })
}

/** Cells in quotes: where they end, how many lines they go over, and their doubled quotes made single in place. */
function quotedCells(cells: Cells, gbk: boolean) {
  const { starts, ends } = cells
  const doubled: number[] = []
  let breaks = 1
  return {
    begin: (): void => {
      doubled.length = 0
      breaks = 1
    },
    /** Lines that the record takes. */
    breaks: (): number => breaks,
    /** The place behind the closing quote, or INCOMPLETE. */
    close: (bytes: Uint8Array, from: number, end: number, column: number): number => {
      let twice = false
      let at = from + 1
      for (; at < end; at += 1) {
        const byte = bytes[at] ?? 0
        if (byte === LF) breaks += 1
        else if (gbk && byte > 0x80) at += 1
        else if (byte === QUOTE) {
          if (at + 1 >= end || bytes[at + 1] !== QUOTE) break
          twice = true
          at += 1
        }
      }
      if (at >= end) return INCOMPLETE
      starts[column] = from + 1
      ends[column] = at
      if (twice) doubled.push(column)
      return at + 1
    },
    unescape: (): void => {
      for (const column of doubled) unescape(cells, column, gbk)
    },
  }
}

function unescape({ bytes, starts, ends }: Cells, column: number, gbk: boolean): void {
  let to = starts[column] ?? 0
  const end = ends[column] ?? 0
  for (let at = to; at < end; at += 1, to += 1) {
    const byte = bytes[at] ?? 0
    bytes[to] = byte
    if (gbk && byte > 0x80) {
      at += 1
      to += 1
      bytes[to] = bytes[at] ?? 0
    } else if (byte === QUOTE) at += 1
  }
  ends[column] = to
}

/** The trailer's count and amount in the first two places. */
function totals(cells: Cells, { trailer }: Separated): Cells {
  const places = [trailer?.count, trailer?.amount].map((place) => {
    if (place === undefined) return [cells.begin, cells.begin] as const
    if (place.from > cells.count)
      throw new LineFault(cells.line, 1, {
        zh: `尾记录只有 ${cells.count} 列，布局要求第 ${place.from} 列`,
        en: `the trailer has ${cells.count} columns, and the layout wants its column ${place.from}`,
      })
    return [cells.starts[place.from - 1] ?? 0, cells.ends[place.from - 1] ?? 0] as const
  })
  for (const [index, [start, end]] of places.entries()) {
    cells.starts[index] = start
    cells.ends[index] = end
  }
  return cells
}

function ragged(cells: Cells, expected: number): LineFault {
  const { count, line, begin, ends } = cells
  const column = (ends[Math.min(count, expected) - 1] ?? begin) - begin + 1
  return new LineFault(line, column, {
    zh: `应有 ${expected} 列，实有 ${count} 列：检查分隔符（--separator）与引号`,
    en: `${expected} columns expected, found ${count}; see whether the separator is right (--separator) and whether a cell that contains it is quoted`,
  })
}

const neverClosed = (cells: Cells, column: number): LineFault =>
  faultAt(cells, column, {
    zh: '引号未闭合：补上结束的引号，或将内容中的引号写成两个',
    en: 'a quote that is never closed; close it, and double every quote inside',
  })

const tooMany = ({ line }: Cells): LineFault =>
  new LineFault(line, 1, {
    zh: `超过 ${COLUMNS_MAX} 列：检查分隔符（--separator）`,
    en: `more than ${COLUMNS_MAX} columns; is the separator right (--separator)?`,
  })
