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

/** The scan of one record: where it ends, or -1 while its end is not there yet. */
function recordScan(
  { separator, encoding }: Separated,
  cells: Cells,
): ((bytes: Uint8Array, from: number, end: number, final: boolean) => number) & { breaks(): number } {
  const mark = separator.charCodeAt(0)
  const gbk = encoding === 'gbk'
  // Most bytes of a line are above all that mean something.
  const high = Math.max(mark, QUOTE)
  const { starts, ends } = cells
  let breaks = 0
  const scan = (bytes: Uint8Array, from: number, end: number, final: boolean): number => {
    let at = from
    let column = 0
    starts[0] = from
    breaks = 1
    for (;;) {
      if (at >= end) {
        if (!final) return -1
        cells.count = column + 1
        ends[column] = end > from && bytes[end - 1] === CR && end > (starts[column] ?? 0) ? end - 1 : end
        return end
      }
      const byte = bytes[at] ?? 0
      if (byte > high) {
        at += gbk && byte > 0x80 ? 2 : 1
      } else if (byte === mark) {
        ends[column] = at
        column += 1
        if (column > COLUMNS_MAX) throw tooMany(cells)
        at += 1
        starts[column] = at
      } else if (byte === LF) {
        cells.count = column + 1
        ends[column] = at > (starts[column] ?? 0) && bytes[at - 1] === CR ? at - 1 : at
        return at + 1
      } else if (byte === QUOTE && at === starts[column]) {
        const close = closing(bytes, at, end, column)
        if (close < 0) {
          if (!final) return -1
          throw faultAt(cells, column, {
            zh: '引号未闭合：补上结束的引号，或将内容中的引号写成两个',
            en: 'a quote that is never closed; close it, and double every quote inside',
          })
        }
        // Behind the closing quote a cell can only end.
        const after = close + (bytes[close] === CR ? 1 : 0)
        if (close >= end || after >= end) {
          if (!final) return -1
          cells.count = column + 1
          return end
        }
        if (bytes[after] === LF) {
          cells.count = column + 1
          return after + 1
        }
        if (bytes[close] !== mark) throw behindQuote(cells, close)
        column += 1
        if (column > COLUMNS_MAX) throw tooMany(cells)
        at = close + 1
        starts[column] = at
      } else at += 1
    }
  }
  /** Where the cell that opens at `from` ends, its doubled quotes made single in place, once it is known to be whole. */
  const closing = (bytes: Uint8Array, from: number, end: number, column: number): number => {
    let doubled = 0
    let at = from + 1
    for (; at < end; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === LF) breaks += 1
      else if (gbk && byte > 0x80) at += 1
      else if (byte === QUOTE) {
        if (at + 1 >= end || bytes[at + 1] !== QUOTE) break
        doubled += 1
        at += 1
      }
    }
    if (at >= end) return -1
    starts[column] = from + 1
    ends[column] = at
    if (doubled > 0) unescapes.push(column)
    return at + 1
  }
  const unescapes: number[] = []
  const whole = (bytes: Uint8Array, from: number, end: number, final: boolean): number => {
    unescapes.length = 0
    const to = scan(bytes, from, end, final)
    // Only of a whole record: the bytes of one that is not yet whole are read again.
    if (to >= 0) for (const column of unescapes) unescape(cells, column, gbk)
    return to
  }
  return Object.assign(whole, { breaks: () => breaks })
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

const tooMany = ({ line }: Cells): LineFault =>
  new LineFault(line, 1, {
    zh: `超过 ${COLUMNS_MAX} 列：检查分隔符（--separator）`,
    en: `more than ${COLUMNS_MAX} columns; is the separator right (--separator)?`,
  })

const behindQuote = ({ line, begin }: Cells, at: number): LineFault =>
  new LineFault(line, at - begin + 1, {
    zh: '结束的引号之后应是分隔符或行尾：内容中的引号要写成两个',
    en: 'behind a closing quote a separator or the end of the line is expected; double the quotes inside a cell',
  })
