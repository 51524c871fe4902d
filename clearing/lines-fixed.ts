// Fixed widths, cut by bytes before anything is decoded (STL-012): in GBK a Chinese character takes two of them. A line
// of another length has another layout and is refused (STL-016).
import {
  afterMark,
  beginsWith,
  type BytePlace,
  type Cells,
  ending,
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

type Fixed = Extract<LineForm, { form: 'fixed' }>

export function fixedScan(form: Fixed, sink: RecordSink): Scan {
  const cells = newCells()
  const ends = ending(form)
  const encoder = new TextEncoder()
  const head = form.head === undefined ? undefined : encoder.encode(form.head)
  const trailer = form.trailer === undefined ? undefined : encoder.encode(form.trailer.mark)
  let begun = false
  let line = 1
  const take = (bytes: Uint8Array, from: number, to: number): void => {
    const isTrailer = trailer !== undefined && beginsWith(bytes, from, to, trailer)
    ends.line(line, from === to, isTrailer)
    if (from === to || (line === 1 && head !== undefined && beginsWith(bytes, from, to, head))) return
    cells.line = line
    cells.begin = from
    if (isTrailer) return sink.trailer(cut(cells, from, to, [form.trailer?.count, form.trailer?.amount]))
    if (to - from !== form.length)
      throw new LineFault(line, Math.min(to - from, form.length) + 1, {
        zh: `应有 ${form.length} 字节，实有 ${to - from} 字节：布局不符，或行被截断`,
        en: `${form.length} bytes expected, found ${to - from}; the layout is another one, or the line was cut`,
      })
    sink.record(cut(cells, from, to, form.columns))
  }
  return (bytes, end, final) => {
    if (!begun && end < 3 && !final) return 0
    let at = begun ? 0 : afterMark(bytes, end)
    begun = true
    cells.bytes = bytes
    while (at < end) {
      const found = bytes.indexOf(LF, at)
      const stop = found >= 0 && found < end ? found : -1
      if (stop < 0 && !final) {
        if (at === 0 && end === LINE_BYTES_MAX) throw tooLong(line)
        break
      }
      const to = stop < 0 ? end : stop
      take(bytes, at, to > at && bytes[to - 1] === CR ? to - 1 : to)
      at = stop < 0 ? end : stop + 1
      line += 1
    }
    if (final) ends.end(line)
    return at
  }
}

function cut(cells: Cells, from: number, to: number, places: readonly (BytePlace | undefined)[]): Cells {
  const { starts, ends } = cells
  cells.count = places.length
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index]
    starts[index] = Math.min(to, from + (place?.from ?? 1) - 1)
    ends[index] = place === undefined ? from : Math.min(to, from + place.from - 1 + place.length)
  }
  return cells
}
