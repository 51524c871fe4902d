// Lines of a file as records of cells, from bytes as they come in: separated values and fixed widths, UTF-8 or GBK. No
// cell becomes a string here: whoever reads a record takes from it what is wanted (lines-cells.ts).
import { fixedScan } from './lines-fixed.ts'
import { LINE_BYTES_MAX, type LineForm, type RecordSink } from './lines-record.ts'
import { separatedScan } from './lines-separated.ts'

export type LineReader = { push(bytes: Uint8Array): void; end(): void }

export function lineReader(form: LineForm, sink: RecordSink): LineReader {
  const scan = form.form === 'fixed' ? fixedScan(form, sink) : separatedScan(form, sink)
  const held = new Uint8Array(LINE_BYTES_MAX)
  let length = 0
  const scanned = (final: boolean): void => {
    const done = scan(held, length, final)
    held.copyWithin(0, done, length)
    length -= done
  }
  return {
    push: (bytes) => {
      for (let from = 0; from < bytes.length; ) {
        const size = Math.min(held.length - length, bytes.length - from)
        held.set(bytes.subarray(from, from + size), length)
        length += size
        from += size
        scanned(false)
      }
    },
    end: () => scanned(true),
  }
}
