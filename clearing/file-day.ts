// The house's own file of a clearing day, for institutions and acquirers alike: all that an item has, in UTF-8, signed.
// The layout is ours: what the networks give to institutions is not public (facts/unionpay 2.4).
import type { Bytes } from '../crypto/crypto.ts'
import type { Text } from '../wire/wire.ts'
import type { FileFault } from './file-fault.ts'
import {
  type Draft,
  type FileColumn,
  type FileForm,
  type FileHead,
  type FileRead,
  type FileWanted,
  readLines,
  writeLines,
} from './file-lines.ts'
import { escaped, type Signing, unescaped, type Verifying } from './file-text.ts'
import { AMOUNT, FEE, isDate, isTime, WORD } from './file-values.ts'
import type { ClearingItem, ClearingKind, ClearingLeg, FeeShare } from './item.ts'

/** One session a day. */
const SESSION = '0001'

const KINDS = ['purchase', 'refund', 'reversal', 'void', 'undo'] as const satisfies readonly ClearingKind[]
const isKind = (text: string): text is ClearingKind => (KINDS as readonly string[]).includes(text)

const WORD_RULE: Text = {
  zh: '1 至 64 个字母、数字、点、横线或下划线',
  en: '1 to 64 letters, digits, dots, hyphens or underlines',
}
const NUMBER_RULE: Text = { zh: '20 位数字', en: '20 digits' }
const AMOUNT_RULE: Text = {
  zh: '大于零的整数最小货币单位，至多 18 位',
  en: 'whole minor units above zero, at most 18 digits',
}

type Named =
  | 'transaction'
  | 'acquirer'
  | 'institution'
  | 'merchant'
  | 'order'
  | 'original'
  | 'business'
  | 'category'

const put = (draft: Draft, name: Named | 'day' | 'orderTime' | 'currency', text: string): true => {
  draft[name] = text
  return true
}

/** A member that is a text of this form. */
const text = (name: Named, label: Text, form: RegExp, rule: Text, optional?: true): FileColumn => ({
  name,
  label,
  rule,
  origin: 'house',
  ...(optional && { optional }),
  tell: (item) => escaped(item[name] ?? ''),
  hear: (cell, draft) => {
    const read = unescaped(cell)
    return read !== undefined && form.test(read) && put(draft, name, read)
  },
})

const DAY_COLUMNS: readonly FileColumn[] = [
  text('transaction', { zh: '网络流水号', en: 'network transaction id' }, /^[0-9]{20}$/, NUMBER_RULE),
  {
    name: 'kind',
    label: { zh: '种类', en: 'kind' },
    rule: { zh: `${KINDS.join('、')} 之一`, en: `one of ${KINDS.join(', ')}` },
    origin: 'house',
    tell: ({ kind }) => kind,
    hear: (cell, draft) => {
      if (!isKind(cell)) return false
      draft.kind = cell
      return true
    },
  },
  {
    name: 'day',
    label: { zh: '清算日', en: 'clearing day' },
    rule: { zh: '日期 YYYYMMDD', en: 'a day YYYYMMDD' },
    origin: 'house',
    tell: ({ day }) => day,
    hear: (cell, draft) => isDate(cell) && put(draft, 'day', cell),
  },
  text('acquirer', { zh: '收单机构', en: 'acquirer' }, WORD, WORD_RULE),
  text('institution', { zh: '账户机构', en: 'institution' }, WORD, WORD_RULE),
  text('merchant', { zh: '商户代码', en: 'merchant' }, WORD, WORD_RULE),
  text('order', { zh: '订单号', en: 'order id' }, WORD, WORD_RULE),
  {
    name: 'orderTime',
    label: { zh: '订单时间', en: 'order time' },
    rule: { zh: '北京时间 YYYYMMDDhhmmss', en: 'a Beijing time YYYYMMDDhhmmss' },
    origin: 'house',
    tell: ({ orderTime }) => orderTime,
    hear: (cell, draft) => isTime(cell) && put(draft, 'orderTime', cell),
  },
  text('original', { zh: '原网络流水号', en: 'original’s network id' }, /^[0-9]{20}$/, NUMBER_RULE, true),
  {
    name: 'amount',
    label: { zh: '金额', en: 'amount' },
    rule: AMOUNT_RULE,
    origin: 'house',
    tell: ({ amount }) => String(amount),
    hear: (cell, draft) => {
      if (!AMOUNT.test(cell)) return false
      draft.amount = BigInt(cell)
      return true
    },
  },
  {
    name: 'currency',
    label: { zh: '币种', en: 'currency' },
    rule: { zh: 'ISO 4217 三位数字代码', en: 'a currency in three digits of ISO 4217' },
    origin: 'house',
    tell: ({ currency }) => currency,
    hear: (cell, draft) => /^[0-9]{3}$/.test(cell) && put(draft, 'currency', cell),
  },
  {
    name: 'fee',
    label: { zh: '手续费', en: 'fee' },
    rule: { zh: '零或更大的整数最小货币单位', en: 'whole minor units, zero or more' },
    origin: 'house',
    tell: ({ fee }) => String(fee),
    hear: (cell, draft) => {
      if (!FEE.test(cell)) return false
      draft.fee = BigInt(cell)
      return true
    },
  },
  {
    name: 'shares',
    label: { zh: '手续费分润', en: 'shares of the fee' },
    rule: {
      zh: '“方:金额”以分号相连，合计等于手续费',
      en: 'party:amount joined by semicolons, together the fee',
    },
    origin: 'house',
    optional: true,
    tell: ({ shares }) => listText(shares.map(({ to, amount }) => [to, String(amount)])),
    hear: (cell, draft) => {
      const shares = readList(cell, 2).map(([to = '', amount = '']) =>
        to !== '' && FEE.test(amount) ? { to, amount: BigInt(amount) } : undefined,
      )
      if (!shares.every((share): share is FeeShare => share !== undefined)) return false
      draft.shares = shares
      return shares.length > 0 && shares.reduce((sum, { amount }) => sum + amount, 0n) === draft.fee
    },
  },
  {
    name: 'legs',
    label: { zh: '资金构成', en: 'legs' },
    rule: { zh: '“来源:出资方:金额”以分号相连', en: 'source:sponsor:amount joined by semicolons' },
    origin: 'house',
    optional: true,
    tell: ({ legs = [] }) =>
      listText(legs.map(({ source, sponsor = '', amount }) => [source, sponsor, String(amount)])),
    hear: (cell, draft) => {
      const legs = readList(cell, 3).map(([source = '', sponsor = '', amount = '']) =>
        source !== '' && FEE.test(amount)
          ? { source, ...(sponsor !== '' && { sponsor }), amount: BigInt(amount) }
          : undefined,
      )
      if (!legs.every((leg): leg is ClearingLeg => leg !== undefined)) return false
      draft.legs = legs
      return legs.length > 0
    },
  },
  text('business', { zh: '业务编码（四码一号）', en: 'business code' }, WORD, WORD_RULE, true),
  text('category', { zh: '商户类别码', en: 'merchant category' }, WORD, WORD_RULE, true),
  {
    name: 'settled',
    label: { zh: '商户结算币种金额', en: 'amount in the merchant’s currency' },
    rule: { zh: '“金额:币种:报价号”', en: 'amount:currency:quote' },
    origin: 'house',
    optional: true,
    tell: ({ settled }) =>
      settled === undefined ? '' : listText([[String(settled.amount), settled.currency, settled.quote]]),
    hear: (cell, draft) => {
      const [parts, more] = readList(cell, 3)
      const [amount = '', currency = '', quote = ''] = parts ?? []
      if (more !== undefined || !FEE.test(amount) || !/^[0-9]{3}$/.test(currency) || quote === '')
        return false
      draft.settled = { amount: BigInt(amount), currency, quote }
      return true
    },
  },
]

const listText = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => row.map(escaped).join(':')).join(';')

/** Rows of `width` parts; of another width, or not written in the one way, an empty one. */
const readList = (cell: string, width: number): readonly (readonly string[])[] =>
  cell.split(';').map((row) => {
    const parts = row.split(':').map(unescaped)
    return parts.length === width && parts.every((part): part is string => part !== undefined) ? parts : []
  })

export const DAY_FORM: FileForm = {
  mark: 'SIFANG-DAY',
  layout: '1',
  columns: DAY_COLUMNS,
  kinds: { purchase: 'purchase', refund: 'refund', reversal: 'reversal', void: 'void', undo: 'undo' },
  party: { tell: (code) => code, hear: (code) => (WORD.test(code) ? code : undefined) },
  batch: {
    tell: (day) => day,
    hear: (day) => (isDate(day) ? { day, session: SESSION } : undefined),
  },
}

export type DayFileHead = Omit<FileHead, 'session'>

export const dayFileName = (to: string, day: string, version: number): string =>
  `${to}_${day}_V${version}.txt`

export const writeDayFile = (
  head: DayFileHead,
  items: readonly ClearingItem[],
  signing: Signing,
): Promise<Bytes> => writeLines(DAY_FORM, { ...head, session: SESSION }, items, signing)

export const readDayFile = (
  file: string,
  bytes: Bytes,
  wanted: Omit<FileWanted, 'session'>,
  verifying: Verifying,
): Promise<FileRead | FileFault> =>
  readLines(DAY_FORM, file, bytes, { ...wanted, session: SESSION }, verifying)
