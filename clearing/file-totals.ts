// The totals of a ZM set (RD): GBK text that a person can read, per type of transaction and nature of card, debit and credit.
// ZM and ZME have no trailer in public samples, so theirs is here: rows, SM3 and, over the totals themselves, a last line
// with their own SM3. The contents are those of the public sample (facts/unionpay 2.3), the layout is ours.
import { type Bytes, concat, sm3Hex } from '../crypto/crypto.ts'
import { type Currency, currencyOfNumeric, formatMajor, money } from '../money/money.ts'
import { encodeText } from '../wire/wire.ts'
import { FileRefusal, type FileRule } from './file-fault.ts'
import { canonicalBytes, fieldsOf, type Line, linesOf, wrongDigest } from './file-text.ts'
import { FEE, isDate, WORD } from './file-values.ts'
import { codeOf, movementOf, ZM_KINDS, type ZmMember } from './file-zm-item.ts'
import type { ClearingItem, ClearingKind } from './item.ts'

export type ZmHead = {
  readonly merchant: string
  readonly acquirer: string
  readonly forwarder: string
  readonly currency: string
  readonly day: string
  /** The day on which the files were made. */
  readonly printed: string
  readonly sequence: number
  readonly version: number
}
export type ZmTotalled = Pick<ClearingItem, 'kind' | 'amount' | 'fee'> & {
  readonly cardType?: string | undefined
}
export type ZmTold = {
  readonly member: ZmMember
  readonly file: string
  readonly rows: number
  readonly digest: string
  readonly line: number
}
export type ZmTotals = {
  readonly head: ZmHead
  readonly told: readonly ZmTold[]
  readonly totals: readonly { readonly text: string; readonly line: number }[]
}

const MARK = 'RD'
const LAYOUT = '1'
const TITLE = `${MARK}|${LAYOUT}|清算汇总`
const MEMBER = '明细'
const DIGEST = '摘要'
const TABLE = '交易代码|交易类型|卡性质|笔数|金额借方|金额贷方|手续费借方|手续费贷方|净额借方|净额贷方'
export const TOTALS_TABLE = TABLE.split('|')

const WHOLE = /^[1-9][0-9]{0,8}$/

/** Lines of the head, in their order. */
export const TOTALS_HEAD: readonly {
  readonly name: keyof ZmHead
  readonly label: string
  well(text: string): boolean
}[] = [
  { name: 'merchant', label: '商户代码', well: (text) => WORD.test(text) },
  { name: 'acquirer', label: '收单机构', well: (text) => WORD.test(text) },
  { name: 'forwarder', label: '发送机构', well: (text) => WORD.test(text) },
  { name: 'currency', label: '币种', well: (text) => currencyOfNumeric(text) !== undefined },
  { name: 'day', label: '清算日期', well: isDate },
  { name: 'printed', label: '制表日期', well: isDate },
  { name: 'sequence', label: '文件序号', well: (text) => WHOLE.test(text) },
  { name: 'version', label: '文件版本', well: (text) => WHOLE.test(text) },
]

/** 01 debit is public; 02 and 03 are inferred. */
const NATURES: Readonly<Record<string, string>> = { '01': '借记卡', '02': '贷记卡', '03': '准贷记卡' }
const OTHER = '其他'
const ORDER = [...Object.values(NATURES), OTHER]
const MEMBERS: readonly ZmMember[] = ['ZM', 'ZME']

export function writeTotals(
  head: ZmHead,
  members: readonly {
    readonly member: ZmMember
    readonly file: string
    readonly bytes: Bytes
    readonly lines: readonly ZmTotalled[]
  }[],
): Bytes {
  const lines = [
    TITLE,
    ...TOTALS_HEAD.map(({ name, label }) => `${label}|${head[name]}`),
    ...members.map(({ file, bytes, lines: rows }) => `${MEMBER}|${file}|${rows.length}|${sm3Hex(bytes)}`),
    TABLE,
    ...members.flatMap(({ member, lines: rows }) => totalLines(member, rows, head.currency)),
  ]
  const body = encodeText(lines.map((line) => `${line}\r\n`).join(''), 'GBK')
  const digest = encodeText(`${DIGEST}|${sm3Hex(body)}\r\n`, 'GBK')
  return concat(body, digest)
}

type Sums = {
  count: number
  readonly amount: [bigint, bigint]
  readonly fee: [bigint, bigint]
  readonly net: [bigint, bigint]
}

/** One line per type and nature that there was, debit and credit apart, and one for all of the member. */
export function totalLines(
  member: ZmMember,
  rows: readonly ZmTotalled[],
  currency: string,
): readonly string[] {
  const code = currencyOfNumeric(currency)
  if (code === undefined) throw new RangeError(`currency ${currency} has no row in the table of currencies`)
  const sums = new Map<string, Sums>()
  const all = noSums()
  for (const row of rows) {
    const key = `${row.kind}|${NATURES[row.cardType ?? ''] ?? OTHER}`
    const own = sums.get(key) ?? noSums()
    sums.set(key, own)
    const moved = movementOf(row)
    for (const into of [own, all]) {
      into.count += 1
      for (const name of ['amount', 'fee', 'net'] as const) add(into[name], moved[name])
    }
  }
  const kinds = Object.keys(ZM_KINDS) as ClearingKind[]
  return [
    ...kinds.flatMap((kind) =>
      ORDER.flatMap((nature) => {
        const own = sums.get(`${kind}|${nature}`)
        return own === undefined
          ? []
          : [sumLine([codeOf(member, kind), ZM_KINDS[kind].label, nature], own, code)]
      }),
    ),
    sumLine([member, '合计', ''], all, code),
  ]
}

const noSums = (): Sums => ({ count: 0, amount: [0n, 0n], fee: [0n, 0n], net: [0n, 0n] })

/** Debit first: taken from the merchant. */
function add(into: [bigint, bigint], minor: bigint): void {
  if (minor < 0n) into[0] -= minor
  else into[1] += minor
}

function sumLine(titles: readonly string[], { count, amount, fee, net }: Sums, currency: Currency): string {
  const amounts = [...amount, ...fee, ...net].map((minor) => formatMajor(money(minor, currency)))
  return [...titles, String(count), ...amounts].join('|')
}

/** Throws what is wrong: its own digest comes before anything that it says. */
export function readTotals(
  bytes: Bytes,
  wanted: { readonly merchant: string; readonly day: string },
): ZmTotals {
  const all = linesOf(bytes)
  const last = all.at(-1)
  const mark = encodeText(`${DIGEST}|`, 'GBK')
  const whole =
    last !== undefined &&
    last.bytes.length === mark.length + 64 &&
    mark.every((byte, at) => last.bytes[at] === byte)
  if (!whole)
    throw fault(
      'trailer',
      last?.number ?? 1,
      1,
      '末行应为“摘要|SM3”：汇总文件不完整，请重新获取',
      'the last line should be 摘要|SM3; the totals were cut: fetch the set again',
    )
  const lines = all.slice(0, -1)
  const [found, digest] = [sm3Hex(canonicalBytes(lines, '\r\n')), fieldsOf(last, 'GBK').texts[1] ?? '']
  if (found !== digest) {
    const { zh, en } = wrongDigest(digest, found)
    throw fault('digest', last.number, mark.length + 1, zh, en)
  }
  const [title, ...rest] = lines
  if (title === undefined || fieldsOf(title, 'GBK').texts.join('|') !== TITLE)
    throw fault(
      'layout',
      1,
      1,
      `首行应为“${TITLE}”：布局版本未知，不要照旧布局读取`,
      `the first line should be ${TITLE}; the layout is not known: do not read it by the old one`,
    )
  const head = readHead(rest.slice(0, TOTALS_HEAD.length), wanted)
  const told = rest.slice(TOTALS_HEAD.length, TOTALS_HEAD.length + MEMBERS.length).map(readTold)
  const [table, ...totals] = rest.slice(TOTALS_HEAD.length + MEMBERS.length)
  if (
    told.length !== MEMBERS.length ||
    table === undefined ||
    fieldsOf(table, 'GBK').texts.join('|') !== TABLE
  )
    throw fault(
      'layout',
      table?.number ?? last.number,
      1,
      `应有 ${MEMBERS.length} 行“${MEMBER}”，其后为“${TABLE}”`,
      `${MEMBERS.length} lines of ${MEMBER} expected and then ${TABLE}`,
    )
  return {
    head,
    told,
    totals: totals.map((line) => ({ text: fieldsOf(line, 'GBK').texts.join('|'), line: line.number })),
  }
}

function readHead(
  lines: readonly Line[],
  wanted: { readonly merchant: string; readonly day: string },
): ZmHead {
  const texts = TOTALS_HEAD.map(({ name, label, well }, index) => {
    const line = lines[index]
    const [title = '', text = '', ...more] = line === undefined ? [] : fieldsOf(line, 'GBK').texts
    if (title !== label || more.length > 0 || !well(text))
      throw fault(
        'layout',
        index + 2,
        1,
        `应为“${label}|…”，且值合规则，实为“${title}|${text}”`,
        `“${label}|…” with a value that may stand there expected, found “${title}|${text}”`,
      )
    if (name === 'merchant' && text !== wanted.merchant)
      throw fault(
        'addressee',
        index + 2,
        1,
        `汇总是商户 ${text} 的，要的是 ${wanted.merchant} 的：请取自己的文件`,
        `the totals are of merchant ${text}, asked for was ${wanted.merchant}: fetch the right set`,
      )
    if (name === 'day' && text !== wanted.day)
      throw fault(
        'day',
        index + 2,
        1,
        `汇总是 ${text} 的，要的是 ${wanted.day} 的：不要入账，请取当日的文件`,
        `the totals are of ${text}, asked for was ${wanted.day}: do not post it, fetch that day's set`,
      )
    return text
  })
  const [
    merchant = '',
    acquirer = '',
    forwarder = '',
    currency = '',
    day = '',
    printed = '',
    sequence,
    version,
  ] = texts
  return {
    merchant,
    acquirer,
    forwarder,
    currency,
    day,
    printed,
    sequence: Number(sequence),
    version: Number(version),
  }
}

function readTold(line: Line, index: number): ZmTold {
  const [title, file = '', rows = '', digest = '', ...more] = fieldsOf(line, 'GBK').texts
  const member = MEMBERS[index]
  if (
    title !== MEMBER ||
    member === undefined ||
    more.length > 0 ||
    !FEE.test(rows) ||
    !/^[0-9a-f]{64}$/.test(digest)
  )
    throw fault(
      'layout',
      line.number,
      1,
      `应为“${MEMBER}|文件名|行数|SM3”`,
      `${MEMBER}|file|rows|SM3 expected`,
    )
  return { member, file, rows: Number(rows), digest, line: line.number }
}

const fault = (rule: FileRule, line: number, column: number, zh: string, en: string): FileRefusal =>
  new FileRefusal(rule, { line, column }, { zh, en })
