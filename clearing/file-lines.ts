// A signed file of items, of which the house's own and the batches of the other network are two spellings: a header, a line
// per item, a total per kind and currency, and the seal. Whoever reads it checks the seal, then the header, then the lines,
// then whether they come to what the totals say.
import type { Bytes } from '../crypto/crypto.ts'
import type { Text } from '../wire/wire.ts'
import {
  type Duplicate,
  type FileFault,
  FileRefusal,
  type FileRule,
  firstOfEach,
  readingSealed,
} from './file-fault.ts'
import {
  type Fields,
  fieldsOf,
  type Line,
  sealedText,
  type Signing,
  unsealed,
  type Verifying,
} from './file-text.ts'
import type { ClearingItem, ClearingKind } from './item.ts'

export type FileHead = {
  /** Who made the file, and for whom. */
  readonly from: string
  readonly to: string
  readonly day: string
  /** Number of the clearing session within the day, four digits. */
  readonly session: string
  /** Files of a maker for a receiver are numbered through; a gap is one that is missing. */
  readonly sequence: number
  /** A corrected file of a day is version 2 and replaces the first as a whole (STL-011). */
  readonly version: number
}
/** What the reader asked for: a file of another is refused. */
export type FileWanted = Pick<FileHead, 'to' | 'day' | 'session'>

export type FileItem = { readonly line: number; readonly item: ClearingItem }
export type FileRead = {
  readonly kind: 'file'
  readonly head: FileHead
  readonly items: readonly FileItem[]
  readonly duplicates: readonly Duplicate[]
}

export type Draft = { -readonly [K in keyof ClearingItem]?: ClearingItem[K] }

export type FileColumn = {
  readonly name: string
  readonly label: Text
  readonly rule: Text
  /** Names and forms without a public source are ours. */
  readonly origin: 'public' | 'house'
  readonly optional?: true
  tell(item: ClearingItem): string
  /** False for what cannot stand in this column. */
  hear(text: string, draft: Draft): boolean
}

export type FileForm = {
  readonly mark: string
  /** Of the layout: a file of another is refused, whatever its columns look like (STL-016). */
  readonly layout: string
  readonly columns: readonly FileColumn[]
  readonly kinds: Readonly<Record<ClearingKind, string>>
  readonly party: { tell(code: string): string; hear(text: string): string | undefined }
  readonly batch: {
    tell(day: string, session: string): string
    hear(text: string): { readonly day: string; readonly session: string } | undefined
  }
}

const RECORDS = { head: 'H', item: 'D', total: 'T' } as const
export const HEAD_FIELDS: readonly Text[] = [
  { zh: '记录标识 H', en: 'record mark H' },
  { zh: '文件标识', en: 'mark of the file' },
  { zh: '布局版本', en: 'version of the layout' },
  { zh: '发送方', en: 'maker' },
  { zh: '接收方', en: 'receiver' },
  { zh: '清算日或批次', en: 'clearing day or batch' },
  { zh: '文件序号', en: 'number of the file' },
  { zh: '文件版本', en: 'version of the file' },
]
export const TOTAL_FIELDS: readonly Text[] = [
  { zh: '记录标识 T', en: 'record mark T' },
  { zh: '种类', en: 'kind' },
  { zh: '币种', en: 'currency' },
  { zh: '笔数', en: 'count' },
  { zh: '金额合计', en: 'sum of amounts' },
  { zh: '手续费合计', en: 'sum of fees' },
]

export async function writeLines(
  form: FileForm,
  head: FileHead,
  items: readonly ClearingItem[],
  signing: Signing,
): Promise<Bytes> {
  const { from, to, day, session, sequence, version } = head
  const { party, batch } = form
  const lines = [
    [
      RECORDS.head,
      form.mark,
      form.layout,
      party.tell(from),
      party.tell(to),
      batch.tell(day, session),
      sequence,
      version,
    ].join('|'),
  ]
  for (const item of items)
    lines.push(`${RECORDS.item}|${form.columns.map((column) => column.tell(item)).join('|')}`)
  lines.push(...totalsOf(form, items))
  return sealedText(lines, items.length, signing)
}

/** `T|kind|currency|count|amounts|fees`, in the order of the alphabet: the same items in another order end alike. */
function totalsOf(form: FileForm, items: readonly ClearingItem[]): readonly string[] {
  const totals = new Map<string, { count: number; amount: bigint; fee: bigint }>()
  for (const { kind, currency, amount, fee } of items) {
    const key = `${form.kinds[kind]}|${currency}`
    const total = totals.get(key) ?? { count: 0, amount: 0n, fee: 0n }
    totals.set(key, { count: total.count + 1, amount: total.amount + amount, fee: total.fee + fee })
  }
  return [...totals]
    .map(([key, { count, amount, fee }]) => `${RECORDS.total}|${key}|${count}|${amount}|${fee}`)
    .sort()
}

export function readLines(
  form: FileForm,
  file: string,
  bytes: Bytes,
  wanted: FileWanted,
  verifying: Verifying,
): Promise<FileRead | FileFault> {
  return readingSealed(file, async () => {
    const { lines, count, trailer } = await unsealed(bytes, verifying)
    const [first, ...rest] = lines
    if (first === undefined) throw fault('layout', { number: 1, bytes }, undefined, headRule(form))
    const head = readHead(form, first, wanted)
    const items: FileItem[] = []
    const totals: Line[] = []
    for (const line of rest) {
      if (isTotal(line)) totals.push(line)
      else if (totals.length > 0) throw fault('layout', line, undefined, TOTALS_LAST)
      else items.push({ line: line.number, item: readItem(form, line, head.day) })
    }
    checkTotals(form, items, totals, count, trailer)
    const { kept, duplicates } = firstOfEach(
      items,
      ({ item }) => item.transaction,
      ({ line }) => line,
    )
    return { kind: 'file', head, items: kept, duplicates }
  })
}

const TOTALS_LAST: Text = {
  zh: '合计之后不应再有别的记录：请重新获取文件',
  en: 'there may be no other record behind the totals: fetch the file again',
}

const isTotal = ({ bytes }: Line): boolean => bytes[0] === 0x54 && bytes[1] === 0x7c

function fault(rule: FileRule, line: Line, column: number | undefined, said: Text): FileRefusal {
  return new FileRefusal(rule, { line: line.number, column: column ?? 1 }, said)
}

const headRule = (form: FileForm): Text => ({
  zh: `首行应以 H|${form.mark}|${form.layout}| 开头，共 ${HEAD_FIELDS.length} 列：这不是此类文件，或布局版本未知；请核对版本，不要照旧布局读取`,
  en: `the first line should begin with H|${form.mark}|${form.layout}| and have ${HEAD_FIELDS.length} fields; this is another kind of file, or a layout that is not known: ask which it is, and do not read it by the old one`,
})

function readHead(form: FileForm, line: Line, wanted: FileWanted): FileHead {
  const { texts, columnOf } = fieldsOf(line, 'UTF-8')
  const [mark, name, layout, from = '', to = '', batchText = '', sequence = '', version = ''] = texts
  const wrong = [mark === RECORDS.head, name === form.mark, layout === form.layout].indexOf(false)
  if (wrong >= 0 || texts.length !== HEAD_FIELDS.length)
    throw fault('layout', line, columnOf(wrong < 0 ? texts.length - 1 : wrong), headRule(form))
  const [maker, receiver] = [form.party.hear(from), form.party.hear(to)]
  const batch = form.batch.hear(batchText)
  const numbers = [sequence, version].map((text) =>
    /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined,
  )
  const bad = [true, true, true, maker, receiver, batch, ...numbers].indexOf(undefined)
  if (maker === undefined || receiver === undefined || batch === undefined || bad >= 0)
    throw fault('layout', line, columnOf(bad), {
      zh: `“${HEAD_FIELDS[bad]?.zh}”不合规则：请核对文件来源`,
      en: `the ${HEAD_FIELDS[bad]?.en} is not what may stand there; see where the file came from`,
    })
  if (receiver !== wanted.to)
    throw fault('addressee', line, columnOf(4), {
      zh: `文件是给 ${receiver} 的，要的是 ${wanted.to} 的：请取自己的文件`,
      en: `the file is for ${receiver}, asked for was that of ${wanted.to}: fetch the right one`,
    })
  if (batch.day !== wanted.day || batch.session !== wanted.session)
    throw fault('day', line, columnOf(5), {
      zh: `文件是 ${batchText} 的，要的是 ${form.batch.tell(wanted.day, wanted.session)} 的：不要入账，请取当日的文件`,
      en: `the file is of ${batchText}, asked for was ${form.batch.tell(wanted.day, wanted.session)}: do not post it, fetch that one`,
    })
  const [number = 0, edition = 0] = numbers
  return { from: maker, to: receiver, ...batch, sequence: number, version: edition }
}

function readItem(form: FileForm, line: Line, day: string): ClearingItem {
  const fields = fieldsOf(line, 'UTF-8')
  const [mark, ...cells] = fields.texts
  if (mark !== RECORDS.item)
    throw fault('layout', line, 1, {
      zh: `未知的记录类型“${(mark ?? '').slice(0, 20)}”：应为 ${Object.values(RECORDS).join('、')} 或 Z；请核对布局版本`,
      en: `a record type that is not known, “${(mark ?? '').slice(0, 20)}”; expected ${Object.values(RECORDS).join(', ')} or Z: ask which layout it is`,
    })
  if (cells.length !== form.columns.length)
    throw fault('layout', line, fields.columnOf(Math.min(fields.texts.length - 1, form.columns.length + 1)), {
      zh: `应有 ${form.columns.length + 1} 列，实有 ${fields.texts.length} 列：布局不符`,
      en: `${form.columns.length + 1} fields expected, found ${fields.texts.length}; the layout is another one`,
    })
  const item = draftOf(form, line, fields, cells)
  if (item.day !== day)
    throw fault('day', line, 1, {
      zh: `这一行属于 ${item.day}，文件是 ${day} 的：请重新获取文件`,
      en: `this line is of ${item.day} in a file of ${day}: fetch the file again`,
    })
  return item
}

function draftOf(form: FileForm, line: Line, fields: Fields, cells: readonly string[]): ClearingItem {
  const draft: Draft = {}
  form.columns.forEach(({ name, label, rule, optional, hear }, index) => {
    const text = cells[index] ?? ''
    if (text === '' && optional === true) return
    if (!hear(text, draft))
      throw fault('field', line, fields.columnOf(index + 1), {
        zh: `${name}（${label.zh}）应为${rule.zh}，实为“${text.slice(0, 60)}”：请重新获取文件`,
        en: `${name} (${label.en}) should be ${rule.en}, found “${text.slice(0, 60)}”: fetch the file again`,
      })
  })
  // Every column that is not optional was heard; the day may be the header's.
  return { shares: [], ...draft } as ClearingItem
}

function checkTotals(
  form: FileForm,
  items: readonly FileItem[],
  totals: readonly Line[],
  count: number,
  trailer: Line,
): void {
  const due = totalsOf(
    form,
    items.map(({ item }) => item),
  )
  const told = totals.map((line) => fieldsOf(line, 'UTF-8').texts.join('|'))
  const wrong = Array.from({ length: Math.max(due.length, told.length) }).findIndex(
    (_, index) => due[index] !== told[index],
  )
  if (wrong >= 0)
    throw fault('totals', totals[wrong] ?? trailer, 1, {
      zh: `合计应为“${due[wrong] ?? '（无）'}”，文件写的是“${told[wrong] ?? '（无）'}”：整个文件作废，请重新获取`,
      en: `the lines come to “${due[wrong] ?? '(no more)'}”, the file says “${told[wrong] ?? '(no more)'}”; the whole file is refused: fetch it again`,
    })
  if (count !== items.length)
    throw fault('totals', trailer, 3, {
      zh: `尾记录的笔数是 ${count}，明细有 ${items.length} 行：整个文件作废，请重新获取`,
      en: `the trailer counts ${count}, the lines are ${items.length}; the whole file is refused: fetch it again`,
    })
}
