// Rows of ZM and ZME files, byte for byte: 41 columns of fixed width in GBK with a space between them, 607 bytes and CR LF,
// no header and no trailer. Columns are cut by bytes before anything is decoded (STL-012), and a row in which any byte
// stands where it may not is refused.
import type { Bytes } from '../crypto/crypto.ts'
import { decodeText, encodeText } from '../wire/wire.ts'
import { FileRefusal } from './file-fault.ts'
import { ZM_BYTES, ZM_PLACES, type ZmForm, type ZmName, type ZmPlace, type ZmRow } from './file-zm-columns.ts'
import { lineReader } from './lines.ts'
import type { Cells, LineForm } from './lines-record.ts'

const SPACE = 32
const CR = 13
const LF = 10
const ROW_BYTES = ZM_BYTES + 2

/** Cut to a whole number of characters where there is no room: a name, never a number. */
const MAY_BE_CUT: readonly ZmName[] = ['subMerchantName', 'reqReserved']

export function writeRows(rows: readonly ZmRow[]): Bytes {
  const bytes = new Uint8Array(rows.length * ROW_BYTES).fill(SPACE)
  rows.forEach((row, index) => {
    const begin = index * ROW_BYTES
    for (const place of ZM_PLACES) put(bytes, begin + place.from - 1, place, row[place.name])
    bytes[begin + ZM_BYTES] = CR
    bytes[begin + ZM_BYTES + 1] = LF
  })
  return bytes
}

function put(bytes: Uint8Array, at: number, place: ZmPlace, text: string): void {
  if (text === '') return
  if (!place.gbk) return putAscii(bytes, at, place, text)
  const encoded = encodeText(oneLine(text), 'GBK')
  if (encoded.length <= place.width) bytes.set(encoded, at)
  else if (MAY_BE_CUT.includes(place.name))
    bytes.set(encoded.subarray(0, wholeCharacters(encoded, place.width)), at)
  else throw tooWide(place, text, encoded.length)
}

/** Neither end of line nor bell: what a merchant reserved is its own text, and the row is ours. */
const oneLine = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, ' ')

function putAscii(bytes: Uint8Array, at: number, place: ZmPlace, text: string): void {
  if (text.length > place.width) throw tooWide(place, text, text.length)
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e)
      throw new RangeError(`column ${place.name} of a ZM row takes ASCII, got “${text}”`)
    bytes[at + index] = code
  }
}

const tooWide = ({ name, width }: ZmPlace, text: string, needs: number): RangeError =>
  new RangeError(`column ${name} of a ZM row has ${width} bytes, “${text}” needs ${needs}`)

/** How many of the first bytes hold whole characters: in GBK one of two bytes begins at 0x81 and above. */
function wholeCharacters(bytes: Bytes, width: number): number {
  let at = 0
  for (;;) {
    const next = at + ((bytes[at] ?? 0) > 0x80 ? 2 : 1)
    if (next > width) return at
    at = next
  }
}

/** Its columns are cut below, each with its own rule. */
const FORM: LineForm = { form: 'fixed', encoding: 'gbk', length: ZM_BYTES, columns: [] }

export type ReadRow = { readonly line: number; readonly row: ZmRow }

export function readRows(bytes: Bytes): readonly ReadRow[] {
  const rows: ReadRow[] = []
  const reader = lineReader(FORM, {
    record: (cells) => void rows.push({ line: cells.line, row: rowOf(cells) }),
    trailer: () => undefined,
  })
  reader.push(bytes)
  reader.end()
  return rows
}

function rowOf(cells: Cells): ZmRow {
  const row: Partial<Record<ZmName, string>> = {}
  ZM_PLACES.forEach((place, index) => {
    const text = textOf(cells, index, place)
    if (!FORMS[place.form].test(text) || (place.form === 'digits' && text.length !== place.width))
      throw wrongField(cells, place, text)
    row[place.name] = text
  })
  return row as ZmRow
}

/** Noughts with a blank for a sign stand where there is no such amount, as in the public sample. */
const FORMS: Readonly<Record<ZmForm, RegExp>> = {
  text: /^/,
  digits: /^[0-9]+$/,
  amount: /^[0-9]{12}$/,
  signed: /^([DC][0-9]{12}| 0{12}|)$/,
}

function textOf(cells: Cells, index: number, place: ZmPlace): string {
  const { bytes, begin } = cells
  const start = begin + place.from - 1
  const end = start + place.width
  // What is one column too far left or right meets its neighbour here.
  if (index < ZM_PLACES.length - 1 && bytes[end] !== SPACE) throw noGap(cells, place)
  let last = end
  while (last > start && bytes[last - 1] === SPACE) last -= 1
  if (last === start) return ''
  const cell = bytes.subarray(start, last)
  const decoded = place.gbk ? decodeText(cell, 'GBK') : asciiText(cell)
  if ('badAt' in decoded) throw wrongBytes(cells, place, Math.min(decoded.badAt, cell.length - 1))
  const broken = decoded.text.search(/[\x00-\x1f\x7f]/)
  if (broken >= 0) throw wrongBytes(cells, place, decoded.offsetOf(broken))
  return decoded.text
}

function asciiText(cell: Bytes): ReturnType<typeof decodeText> {
  const badAt = cell.findIndex((byte) => byte > 0x7e)
  return badAt >= 0 ? { badAt } : { text: ASCII.decode(cell), offsetOf: (index) => index }
}
const ASCII = new TextDecoder('latin1')

const named = ({ name, label }: ZmPlace): { zh: string; en: string } => ({
  zh: `${name}（${label.zh}）`,
  en: `${name} (${label.en})`,
})

function wrongBytes({ line }: Cells, place: ZmPlace, offset: number): FileRefusal {
  const { zh, en } = named(place)
  return new FileRefusal(
    'encoding',
    { line, column: place.from + offset },
    {
      zh: `${zh}中的字节${place.gbk ? '不是 GBK，或一个汉字被切成两半' : '不是 ASCII'}：各列可能错位，请重新获取文件`,
      en: `bytes in ${en} that are no ${place.gbk ? 'GBK, or a character cut in two' : 'ASCII'}; columns may have moved: fetch the file again`,
    },
  )
}

function noGap({ line }: Cells, place: ZmPlace): FileRefusal {
  const { zh, en } = named(place)
  return new FileRefusal(
    'layout',
    { line, column: place.from + place.width },
    {
      zh: `${zh}之后应有一个空格：各列错位，或布局不同；请重新获取文件`,
      en: `a space should follow ${en}; columns have moved, or the layout is another one: fetch the file again`,
    },
  )
}

const FORM_RULES: Readonly<Record<ZmForm, { zh: string; en: string }>> = {
  text: { zh: '文本', en: 'text' },
  digits: { zh: '占满全列的数字', en: 'digits in all of the column' },
  amount: { zh: '12 位数字', en: '12 digits' },
  signed: {
    zh: 'D 或 C 加 12 位数字，或空格加 12 个零',
    en: 'D or C and 12 digits, or a space and 12 noughts',
  },
}

function wrongField({ line }: Cells, place: ZmPlace, text: string): FileRefusal {
  const { zh, en } = named(place)
  const rule = FORM_RULES[place.form]
  return new FileRefusal(
    'field',
    { line, column: place.from },
    {
      zh: `${zh}应为${rule.zh}，实为“${text}”：请重新获取文件`,
      en: `${en} should be ${rule.en}, found “${text}”: fetch the file again`,
    },
  )
}
