// Which column of a file says what, and what its words mean. Names of columns and words that nobody chose are those in
// common use, in either language; what is in no list is refused, so that nothing is guessed.
import { CURRENCIES, type Currency, currencyOfNumeric } from '../money/money.ts'
import type { Text } from '../wire/wire.ts'
import { type CellKind, LineFault, type LineForm } from './lines-record.ts'
import type { ItemStatus } from './reconcile-items.ts'

/** Columns by name, or by number where the file names none. */
export type ColumnChoice = {
  readonly keys?: readonly string[]
  readonly amount?: string
  readonly fee?: string
  readonly status?: string
  readonly day?: string
  readonly kind?: string
  readonly currency?: string
  /** Of a refund or reversal: the key of what it gives back, column for column. */
  readonly originals?: readonly string[]
  readonly legs?: readonly string[]
  /** How amounts of separated values are written. */
  readonly unit: 'minor' | 'major'
  /** What a word of the kind or status column stands for, beside those that are known. */
  readonly kinds?: Readonly<Record<string, string>>
  readonly statuses?: Readonly<Record<string, ItemStatus>>
}

export type ColumnUse = { readonly index: number; readonly kind: CellKind; readonly strip: boolean }
export type ColumnUses = {
  readonly keys: readonly ColumnUse[]
  readonly amount: ColumnUse
  readonly fee?: ColumnUse
  readonly status?: ColumnUse
  readonly day?: ColumnUse
  readonly kind?: ColumnUse
  readonly currency?: ColumnUse
  readonly originals: readonly ColumnUse[]
  readonly legs: readonly (ColumnUse & { readonly name: string })[]
}

const USUAL = {
  key: [
    'transaction',
    'transaction_id',
    'transactionId',
    'queryId',
    'id',
    '流水号',
    '交易流水号',
    '查询流水号',
  ],
  amount: ['amount', 'txnAmt', '金额', '交易金额'],
  fee: ['fee', '手续费'],
  status: ['status', 'state', '状态', '交易状态'],
  day: ['day', 'settleDate', 'settle_date', 'clearing_day', 'clearingDay', '清算日', '清算日期'],
  kind: ['kind', 'type', 'txnType', '类型', '交易类型'],
  currency: ['currency', 'currencyCode', '币种', '交易币种'],
  original: ['original', 'origQryId', 'original_id', '原流水号', '原交易流水号'],
} as const
type Role = keyof typeof USUAL

type Named = { readonly name: string; readonly kind: CellKind; readonly strip: boolean }

/** The columns of a form that names its own; a header's names are given as `header`. */
export function columnsOf(
  form: LineForm,
  header: readonly string[] | undefined,
  count: number,
): readonly Named[] {
  if (form.form === 'fixed') return form.columns
  const kinds = new Map((form.columns ?? []).map(({ name, kind }) => [name, kind]))
  const names =
    header ??
    form.columns?.map(({ name }) => name) ??
    Array.from({ length: count }, (_, at) => String(at + 1))
  return names.map((name) => ({ name, kind: kinds.get(name) ?? 'text', strip: false }))
}

export function columnUses(columns: readonly Named[], choice: ColumnChoice): ColumnUses {
  const use = (name: string, role: Role | 'leg'): ColumnUse => {
    const found = columns.filter((column) => column.name === name)
    const [one] = found
    if (one === undefined) throw noColumn(columns, role, `“${name}”`)
    if (found.length > 1)
      throw new LineFault(1, 1, {
        zh: `有 ${found.length} 列都叫“${name}”：给它们不同的名称`,
        en: `${found.length} columns are called “${name}”; give them names of their own`,
      })
    return { index: columns.indexOf(one), kind: one.kind, strip: one.strip }
  }
  const money = (name: string, role: Role | 'leg'): ColumnUse => {
    const found = use(name, role)
    return found.kind === 'text' ? { ...found, kind: choice.unit } : found
  }
  const usual = (role: Role): string | undefined =>
    USUAL[role].find((name) => columns.some((column) => column.name.toLowerCase() === name.toLowerCase()))
  const named = (role: Role): string | undefined => {
    const name = usual(role)
    return columns.find((column) => column.name.toLowerCase() === name?.toLowerCase())?.name
  }
  const must = (role: Role): string => {
    const name = named(role)
    if (name === undefined) throw noColumn(columns, role, USUAL[role].map((one) => `“${one}”`).join(', '))
    return name
  }
  const may = <Name extends 'status' | 'day' | 'kind' | 'currency' | 'fee'>(
    role: Name,
  ): { [N in Name]?: ColumnUse } => {
    const name = choice[role] ?? named(role)
    if (name === undefined) return {}
    return { [role]: role === 'fee' ? money(name, role) : use(name, role) } as { [N in Name]?: ColumnUse }
  }
  const keys = choice.keys ?? [must('key')]
  // A usual name answers a key of one column only: of several columns an original has as many.
  const original = choice.originals ?? (keys.length === 1 ? [named('original')] : [])
  const originals = original.filter((name) => name !== undefined)
  if (originals.length > 0 && originals.length !== keys.length)
    throw new LineFault(1, 1, {
      zh: `键有 ${keys.length} 列，原交易有 ${originals.length} 列：两者应一一对应（--keys、--original）`,
      en: `a key of ${keys.length} columns and an original of ${originals.length}; they must go together, column for column (--keys, --original)`,
    })
  return {
    keys: keys.map((name) => use(name, 'key')),
    amount: money(choice.amount ?? must('amount'), 'amount'),
    ...may('fee'),
    ...may('status'),
    ...may('day'),
    ...may('kind'),
    ...may('currency'),
    originals: originals.map((name) => use(name, 'original')),
    legs: (choice.legs ?? []).map((name) => ({ ...money(name, 'leg'), name })),
  }
}

const OPTION: Readonly<Record<Role | 'leg', string>> = {
  key: '--keys',
  amount: '--amount',
  fee: '--fee',
  status: '--status',
  day: '--day',
  kind: '--kind',
  currency: '--currency',
  original: '--original',
  leg: '--legs',
}

function noColumn(columns: readonly Named[], role: Role | 'leg', wanted: string): LineFault {
  const there = columns.map(({ name }) => name).join(', ')
  return new LineFault(1, 1, {
    zh: `没有列 ${wanted}；现有的列：${there}。用 ${OPTION[role]} 指定，没有表头用 --header no，分隔符不同用 --separator`,
    en: `no column ${wanted}; there are: ${there}. Name yours with ${OPTION[role]}; without a header use --header no, with another separator --separator`,
  })
}

const KIND_WORDS: Readonly<Record<string, readonly string[]>> = {
  purchase: ['purchase', 'sale', 'payment', 'pay', '消费', '付款', '支付', '交易'],
  refund: ['refund', '退货', '退款'],
  reversal: ['reversal', '冲正'],
  void: ['void', 'cancel', '撤销', '消费撤销'],
}

/** A kind by its word; one that nobody knows stands for itself. */
export function kindOf(word: string, kinds: ColumnChoice['kinds']): string {
  const chosen = kinds?.[word]
  if (chosen !== undefined) return chosen
  const lower = word.toLowerCase()
  return Object.entries(KIND_WORDS).find(([, words]) => words.includes(lower))?.[0] ?? word
}

const STATUS_WORDS: Readonly<Record<ItemStatus, readonly string[]>> = {
  success: [
    'success',
    'succeeded',
    'successful',
    'approved',
    'paid',
    'completed',
    'ok',
    '成功',
    '已支付',
    '交易成功',
  ],
  pending: ['pending', 'processing', 'unknown', 'in_progress', '处理中', '未知', '待确认', '在途'],
  failed: ['failed', 'failure', 'declined', 'refused', 'closed', '失败', '拒绝', '交易失败', '已关闭'],
  reversed: ['reversed', 'voided', 'cancelled', 'canceled', '已冲正', '已撤销', '冲正'],
}

export function statusOf(word: string, statuses: ColumnChoice['statuses']): ItemStatus | undefined {
  const chosen = statuses?.[word]
  if (chosen !== undefined) return chosen
  const lower = word.toLowerCase()
  const known = Object.entries(STATUS_WORDS).find(([, words]) => words.includes(lower))
  return known?.[0] as ItemStatus | undefined
}

export const unknownStatus = (word: string): Text => ({
  zh: `不认识的状态“${word}”：在布局文件的 statuses 中写明它是 success、pending、failed 还是 reversed`,
  en: `nobody knows the status “${word}”; say under statuses in a layout whether it is success, pending, failed or reversed`,
})

/** 156 and CNY are one currency; what ISO 4217 calls otherwise is kept as it is written. */
export const currencyOf = (word: string): string =>
  Object.hasOwn(CURRENCIES, word) ? CURRENCIES[word as Currency].numeric : word

/** Digits behind the point; undefined for a currency whose minor unit is not known here. */
export function digitsOf(currency: string): number | undefined {
  const known = currencyOfNumeric(currency)
  return known === undefined ? undefined : CURRENCIES[known].digits
}
