// A clearing item as a ZM row and back. A row is written from the merchant's side: D is taken from it, C is paid to it, and
// what takes back has its signs swapped and names its original in columns 14, 15 and 27 (facts/unionpay 2.4, inferred).
import { beijingTime, readBeijingTime } from '../wire/wire.ts'
import { FileRefusal } from './file-fault.ts'
import { isTime } from './file-values.ts'
import { timeNear, timeUpTo } from './file-years.ts'
import { ZM_PLACES, ZM_RESERVED, ZM_RESERVED_MARK, type ZmName, type ZmRow } from './file-zm-columns.ts'
import type { ReadRow } from './file-zm.ts'
import { type ClearingItem, type ClearingKind, paysOut } from './item.ts'

/** ZM holds the day's transactions, ZME its adjustments (差错). */
export type ZmMember = 'ZM' | 'ZME'

/** What a row has and an item has not. */
export type ZmDetail = {
  /** Masked: six digits, asterisks, four digits. */
  readonly account?: string
  readonly terminalType?: string
  readonly terminal?: string
  readonly cardType?: string
  readonly merchantName?: string
  readonly memo?: string
  readonly txnSubType?: string
  readonly bizType?: string
  /** YYYYMMDDhhmmss: when the original was sent, where its number does not say so. */
  readonly originalTime?: string
}

/** A row says nothing of who shares the fee, nor of legs and other currencies. */
export type ZmItem = Omit<ClearingItem, 'shares' | 'legs' | 'settled'>
export type ZmLine = { readonly item: ZmItem; readonly detail: ZmDetail; readonly line: number }

/** S56 is public; the other codes, and E for what is adjusted, are ours. txnType as in the network's messages. */
export const ZM_KINDS: Readonly<
  Record<ClearingKind, { readonly code: string; readonly txnType: string; readonly label: string }>
> = {
  purchase: { code: '56', txnType: '01', label: '消费' },
  refund: { code: '30', txnType: '04', label: '退货' },
  void: { code: '31', txnType: '31', label: '撤销' },
  reversal: { code: '99', txnType: '99', label: '冲正' },
  undo: { code: '98', txnType: '99', label: '撤销冲正' },
}
const LETTERS: Readonly<Record<ZmMember, string>> = { ZM: 'S', ZME: 'E' }
export const codeOf = (member: ZmMember, kind: ClearingKind): string => LETTERS[member] + ZM_KINDS[kind].code

const NO_AMOUNT = ` ${'0'.repeat(12)}`
const DAY_MS = 24 * 3600 * 1000

const twelve = (minor: bigint): string => String(minor).padStart(12, '0')
/** Positive: paid to the merchant. */
const signed = (minor: bigint): string => (minor < 0n ? `D${twelve(-minor)}` : `C${twelve(minor)}`)

/** Trace number and transmission time: our network ids hold day, milliseconds of it and a number (ours). */
export function traceOf(transaction: string): { readonly traceNo: string; readonly time?: string } {
  const traceNo = transaction.slice(-6).padStart(6, '0')
  const begins = readBeijingTime(`${transaction.slice(0, 8)}000000`)
  const ofDay = Number(transaction.slice(8, 16))
  if (begins === undefined || transaction.length !== 20 || !(ofDay < DAY_MS)) return { traceNo }
  return { traceNo, time: beijingTime(begins + ofDay) }
}

/** A number of ours holds the time, one of the public form begins with it: then the year is no question. */
function timeByNumber(number: string, monthTime: string): string | undefined {
  const told = [number.slice(0, 14), traceOf(number).time]
  return told.find((time) => time?.slice(4) === monthTime && isTime(time))
}

/** The movement to the merchant's side, fee and net, in its own direction. */
export function movementOf({ kind, amount, fee }: Pick<ClearingItem, 'kind' | 'amount' | 'fee'>): {
  readonly amount: bigint
  readonly fee: bigint
  readonly net: bigint
} {
  const direction = paysOut(kind) ? 1n : -1n
  return { amount: direction * amount, fee: -direction * fee, net: direction * (amount - fee) }
}

export function rowOf(member: ZmMember, forwarder: string, item: ClearingItem, detail: ZmDetail): ZmRow {
  if (detail.account !== undefined && !/^[0-9]{6}\*+[0-9]{4}$/.test(detail.account))
    throw new RangeError('an account in a ZM row is masked: six digits, asterisks, four digits')
  const { traceNo, time } = traceOf(item.transaction)
  // What goes under a number made for it holds no time there.
  const again = item.kind === 'reversal' || item.kind === 'undo'
  const sent = again || time === undefined ? item.orderTime : time
  const original = item.original === undefined ? undefined : traceOf(item.original)
  const { fee, net } = movementOf(item)
  const discount = (item.legs ?? []).reduce(
    (sum, leg) => sum + (leg.sponsor === undefined ? 0n : leg.amount),
    0n,
  )
  return {
    ...EMPTY,
    transactionCode: codeOf(member, item.kind),
    acquirer: item.acquirer,
    forwarder,
    traceNo,
    transmissionTime: sent.slice(4),
    account: detail.account ?? '',
    txnAmt: twelve(item.amount),
    mcc: item.category ?? '',
    terminalType: detail.terminalType ?? '',
    queryId: item.transaction,
    paymentModeOld: '01',
    orderId: item.order,
    cardType: detail.cardType ?? '',
    origTraceNo: original?.traceNo ?? '',
    origTime: original === undefined ? '' : (original.time ?? detail.originalTime ?? '').slice(4),
    fee: (paysOut(item.kind) ? 'D' : 'C') + signed(fee).slice(1),
    settleAmt: signed(net),
    paymentMode: '0001',
    txnType: ZM_KINDS[item.kind].txnType,
    txnSubType: detail.txnSubType ?? '',
    bizType: detail.bizType ?? '',
    origQryId: item.original ?? '',
    merId: item.merchant,
    subMerchantId: '0'.repeat(15),
    subMerchantName: detail.merchantName ?? '',
    netAmt: signed(net),
    terminalId: detail.terminal ?? '',
    reqReserved: detail.memo ?? '',
    discountAmt: discount === 0n ? NO_AMOUNT : signed(paysOut(item.kind) ? discount : -discount),
    medium: '7',
    reserved: reservedOf(item),
  }
}

const EMPTY = Object.fromEntries(
  ZM_PLACES.map(({ name, form }) => [name, form === 'signed' ? NO_AMOUNT : '']),
) as Record<ZmName, string>

function reservedOf({ institution, orderTime, business = '' }: ClearingItem): string {
  const parts = { mark: ZM_RESERVED_MARK, institution, orderTime, business }
  return ZM_RESERVED.map(({ name, width }) => {
    const text = parts[name]
    if (text.length > width)
      throw new RangeError(`${name} of a ZM row has ${width} bytes, “${text}” needs ${text.length}`)
    return text.padEnd(width)
  }).join('')
}

/** `day` and `currency` are those of the file: a row has neither. */
export function lineOf(member: ZmMember, { line, row }: ReadRow, day: string, currency: string): ZmLine {
  const refuse = (name: ZmName, zh: string, en: string): FileRefusal => {
    const place = ZM_PLACES.find((one) => one.name === name)
    return new FileRefusal(
      'field',
      { line, column: place?.from ?? 1 },
      { zh: `${name} ${zh}`, en: `${name} ${en}` },
    )
  }
  const kind = kindOf(member, row, refuse)
  const amount = BigInt(row.txnAmt)
  if (amount === 0n) throw refuse('txnAmt', '应大于零', 'should be above zero')
  const fee = BigInt(row.fee.slice(1))
  const due = movementOf({ kind, amount, fee })
  if (row.fee[0] !== (paysOut(kind) ? 'D' : 'C'))
    throw refuse('fee', `的方向与交易类型不符`, 'has the other sign than its kind of transaction has')
  if (row.settleAmt !== signed(due.net))
    throw refuse(
      'settleAmt',
      `应为 ${signed(due.net)}，实为 ${row.settleAmt}`,
      `should be ${signed(due.net)}, found ${row.settleAmt}`,
    )
  if (row.netAmt !== row.settleAmt)
    throw refuse(
      'netAmt',
      `应为 ${row.settleAmt}，实为 ${row.netAmt}`,
      `should be ${row.settleAmt}, found ${row.netAmt}`,
    )
  if (!/^[0-9]{20,21}$/.test(row.queryId))
    throw refuse('queryId', '应为 20 或 21 位数字', 'should be 20 or 21 digits')
  const own = readReserved(row.reserved)
  const sent = timeByNumber(row.queryId, row.transmissionTime) ?? timeNear(row.transmissionTime, day)
  if (own !== undefined && !isTime(own.orderTime))
    throw refuse('reserved', '中的订单时间不是时间', 'has an order time that is none')
  const orderTime = own?.orderTime ?? sent
  if (orderTime === undefined)
    throw refuse(
      'transmissionTime',
      `在清算日 ${day} 前后没有这样的时间`,
      `is no time around the clearing day ${day}`,
    )
  const originalTime =
    row.origTime === ''
      ? undefined
      : (timeByNumber(row.origQryId, row.origTime) ?? timeUpTo(row.origTime, sent ?? orderTime))
  if (row.origTime !== '' && originalTime === undefined)
    throw refuse('origTime', '在此前一年内没有这样的时间', 'is no time of the year before')
  return {
    line,
    item: {
      transaction: row.queryId,
      kind,
      day,
      acquirer: row.acquirer,
      institution: own?.institution ?? '',
      merchant: row.merId,
      order: row.orderId,
      orderTime,
      ...(row.origQryId !== '' && { original: row.origQryId }),
      amount,
      currency,
      fee,
      ...(own !== undefined && own.business !== '' && { business: own.business }),
      ...(row.mcc !== '' && { category: row.mcc }),
    },
    detail: detailOf(row, originalTime),
  }
}

function kindOf(
  member: ZmMember,
  row: ZmRow,
  refuse: (name: ZmName, zh: string, en: string) => FileRefusal,
): ClearingKind {
  const kinds = Object.keys(ZM_KINDS) as ClearingKind[]
  const kind = kinds.find((one) => codeOf(member, one) === row.transactionCode)
  const known = kinds.map((one) => codeOf(member, one)).join(' ')
  // A code that nobody knows has columns that nobody knows (STL-016).
  if (kind === undefined)
    throw refuse(
      'transactionCode',
      `“${row.transactionCode}”未知，应为 ${known} 之一：请核对布局版本`,
      `“${row.transactionCode}” is not known, expected one of ${known}: ask which layout it is`,
    )
  if (row.txnType !== ZM_KINDS[kind].txnType)
    throw refuse(
      'txnType',
      `应为 ${ZM_KINDS[kind].txnType}（${row.transactionCode}）`,
      `should be ${ZM_KINDS[kind].txnType} for ${row.transactionCode}`,
    )
  return kind
}

function readReserved(text: string): Record<'institution' | 'orderTime' | 'business', string> | undefined {
  if (!text.startsWith(ZM_RESERVED_MARK)) return undefined
  let at = 0
  const parts = Object.fromEntries(
    ZM_RESERVED.map(({ name, width }) => [name, text.slice(at, (at += width)).trimEnd()]),
  )
  return {
    institution: parts['institution'] ?? '',
    orderTime: parts['orderTime'] ?? '',
    business: parts['business'] ?? '',
  }
}

function detailOf(row: ZmRow, originalTime: string | undefined): ZmDetail {
  const parts: Record<Exclude<keyof ZmDetail, 'originalTime'>, string> = {
    account: row.account,
    terminalType: row.terminalType,
    terminal: row.terminalId,
    cardType: row.cardType,
    merchantName: row.subMerchantName,
    memo: row.reqReserved,
    txnSubType: row.txnSubType,
    bizType: row.bizType,
  }
  return {
    ...Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== '')),
    ...(originalTime !== undefined && { originalTime }),
  }
}
