// docs/files.md is made from the tables of columns: UPDATE_GOLDEN=1 writes it anew, any other run holds it against them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DAY_FORM } from './file-day.ts'
import { FILE_RULES } from './file-fault.ts'
import { type FileForm, HEAD_FIELDS, TOTAL_FIELDS } from './file-lines.ts'
import { BATCH_CIPHERS, BATCH_FORM, batchPath, keyPath } from './file-netsunion.ts'
import { TOTALS_HEAD, TOTALS_TABLE } from './file-totals.ts'
import { ZM_BYTES, ZM_PLACES, ZM_RESERVED } from './file-zm-columns.ts'
import { ZM_KINDS } from './file-zm-item.ts'
import { zmNames } from './file-zm-set.ts'

const FILE = join(import.meta.dirname, '../docs/files.md')
const GOLDEN = join(import.meta.dirname, 'golden')
const NAMES = zmNames('<merId>', '<20YYMMDD>'.slice(1, -1))

const table = (...rows: readonly (readonly (string | number)[])[]): readonly string[] => {
  const [head = [], ...body] = rows
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`)
}
const named = (name: string): string => name.replace('YYMMDD', '<YYMMDD>')

const zm = (): readonly string[] => [
  '## ZM, ZME and RD: a merchant’s day 商户清算文件',
  '',
  `\`${named(NAMES.ZM)}\` has the transactions, \`${named(NAMES.ZME)}\` the adjustments (差错), \`${named(NAMES.RD)}\` the totals of both; all three lie in \`<merId>_<YYYYMMDD>.zip\`. ACP download (txnType 76): the zip deflated once more (zlib), in base64.`,
  '',
  `A row has ${ZM_PLACES.length} columns in GBK with one space between them, ${ZM_BYTES} bytes and CR LF. Columns are cut by bytes before anything is decoded. Spaces at the end of a column fill it up. D is taken from the merchant, C is paid to it; a signed column without an amount has a space and twelve noughts. Names that are too long are cut at a whole character; what GBK has no character for is a question mark.`,
  '',
  ...table(
    ['#', 'from', 'bytes', 'name', 'form', '列', 'column', 'source'],
    ...ZM_PLACES.map(({ name, from, width, form, label, origin, gbk }, index) => [
      index + 1,
      from,
      width,
      `\`${name}\``,
      gbk ? `${form}, GBK` : form,
      label.zh,
      label.en,
      origin,
    ]),
  ),
  '',
  'Source: *public* is published or was checked on the public sample, *inferred* follows from the sample alone, *house* is ours.',
  '',
  'In the reserved column, from its first byte on (ours); a row without the mark has none of it, and then the year of its times is the one in which they lie nearest to the clearing day, or that its number begins with:',
  '',
  ...table(
    ['bytes', '内容', 'content'],
    ...ZM_RESERVED.map(({ width, label }) => [width, label.zh, label.en]),
  ),
  '',
  'Kinds. The letter before the code is S in ZM and E in ZME. S56 is public, the others are ours.',
  '',
  ...table(
    ['kind', 'code', 'txnType', '名称'],
    ...Object.entries(ZM_KINDS).map(([kind, { code, txnType, label }]) => [kind, code, txnType, label]),
  ),
  '',
  `RD is GBK text with bars between fields: a title, ${TOTALS_HEAD.map(({ label }) => label).join('、')}, a line per file with its rows and SM3, then totals under \`${TOTALS_TABLE.join('|')}\`, and as the last line the SM3 of all lines above. The contents are those of the public sample, the layout is ours. Of the first day in \`clearing/golden\`:`,
  '',
  '```text',
  ...new TextDecoder('gbk')
    .decode(readFileSync(join(GOLDEN, zmNames('777290058110048', '20280101').RD)))
    .trimEnd()
    .split('\r\n'),
  '```',
  '',
]

const lines = (form: FileForm): readonly string[] => [
  ...table(['header H', '首行'], ...HEAD_FIELDS.map(({ en, zh }) => [en, zh])),
  '',
  ...table(
    ['#', 'item D', '列', 'column', 'what may stand there', 'source'],
    ...form.columns.map(({ name, label, rule, origin, optional }, index) => [
      index + 2,
      `\`${name}\`${optional === true ? '?' : ''}`,
      label.zh,
      label.en,
      rule.en,
      origin,
    ]),
  ),
  '',
  ...table(['total T', '合计'], ...TOTAL_FIELDS.map(({ en, zh }) => [en, zh])),
  '',
]

const day = (): readonly string[] => [
  '## The house’s own file of a day 机构日文件',
  '',
  '`<receiver>_<YYYYMMDD>_V<version>.txt`, for institutions and acquirers; the layout is ours. UTF-8, lines end with LF, bars between fields; `%`, `|`, `:`, `;` and control characters in a field are written as % and two hexadecimal digits. `?` marks what may be empty. A day without traffic has a header and a trailer that counts nought.',
  '',
  ...lines(DAY_FORM),
  'The last line is `Z|count|SM3|certificate|signature`: the SM3 of all lines above, each with LF, and over these and `Z|count|SM3|` the signature of whoever made the file, in base64.',
  '',
  '```text',
  ...readFileSync(join(GOLDEN, '62250000_20280301_V1.txt'), 'utf8').trimEnd().split('\n'),
  '```',
  '',
]

const batch = (): readonly string[] => [
  '## Batches of the NetsUnion-like network 网联批次文件',
  '',
  `Details of a batch: \`${batchPath('62250000', '20280301', '0001')}\`, enciphered whole with the key of the day (${BATCH_CIPHERS.join(' or ')}, by profile). The key: \`${keyPath('62250000', '20280301')}\`, there from 12:00 of the day before, one line \`EPCC-KEY|1|IssrId|day|cipher|key sealed for the receiver, base64|SM3 of all before\`. Cipher, key file and folders are public; names of details and their columns were never published and are ours, as far as they are not names of the network’s messages. Of the categories 0110 and 0121 are public. Header, totals and trailer are those above. Not in it: shares of the fee, legs, amounts in the merchant’s currency.`,
  '',
  ...lines(BATCH_FORM),
]

const guide = (): string =>
  `${[
    '# Files of a clearing day 清算文件',
    '',
    'Made from the tables in `clearing/file-*.ts`.',
    '',
    `A file is refused whole, with its line and its column in bytes, by the first of these rules that it breaks: ${FILE_RULES.map((rule) => `\`${rule}\``).join(', ')}. Seals come before sense: of a file whose digest or signature is wrong no line is read. A byte-order mark, either end of line and blank lines at the end are tolerated. A network id that stands twice is kept once, and the second line is told as \`DUP_SW\`.`,
    '',
    ...zm(),
    ...day(),
    ...batch(),
  ].join('\n')}`

test('docs/files.md says what the tables say', () => {
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(FILE, guide())
  expect(readFileSync(FILE, 'utf8')).toBe(guide())
})
