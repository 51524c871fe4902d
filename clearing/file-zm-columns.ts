// The 41 columns of a ZM or ZME row (facts/unionpay 2.4): widths in bytes are those of the public sample, names those of the
// public interface where it has one. One table: writer, reader, totals and docs/files.md follow from it.
import type { Text } from '../wire/wire.ts'

/** amount: digits with noughts before. signed: D (taken from the merchant) or C (paid to it) and digits. text: GBK. */
export type ZmForm = 'text' | 'digits' | 'amount' | 'signed'
/** public: name and meaning as published or as checked on the sample. inferred: from the sample alone. house: ours. */
export type ZmOrigin = 'public' | 'inferred' | 'house'

export type ZmColumn = {
  readonly name: string
  readonly width: number
  readonly form: ZmForm
  readonly label: Text
  readonly origin: ZmOrigin
}

const c = <const N extends string>(
  name: N,
  width: number,
  form: ZmForm,
  zh: string,
  en: string,
  origin: ZmOrigin = 'public',
) => ({ name, width, form, label: { zh, en }, origin })

export const ZM_COLUMNS = [
  c(
    'transactionCode',
    3,
    'text',
    '交易代码：S56 自助消费公开，其余自定',
    'transaction code: S56 is public, the others are ours',
    'house',
  ),
  c('acquirer', 11, 'text', '收单机构代码', 'acquiring institution'),
  c('forwarder', 11, 'text', '发送机构代码', 'forwarding institution'),
  c('traceNo', 6, 'digits', '系统跟踪号', 'system trace number'),
  c('transmissionTime', 10, 'digits', '交易传输时间 MMDDhhmmss', 'transmission time MMDDhhmmss'),
  c('account', 19, 'text', '账号（屏蔽）', 'account, masked'),
  c('txnAmt', 12, 'amount', '交易金额', 'amount'),
  c('mcc', 4, 'text', '商户类别码', 'merchant category'),
  c('terminalType', 2, 'text', '终端类型', 'terminal type'),
  c(
    'queryId',
    21,
    'text',
    '网络流水号（公开为 21 位，本网 20 位）',
    'network id (21 digits in public, 20 here)',
  ),
  c('paymentModeOld', 2, 'text', '支付方式（旧）', 'payment mode (old)'),
  c('orderId', 32, 'text', '商户订单号', 'merchant’s order id'),
  c(
    'cardType',
    2,
    'text',
    '卡类型：01 借记卡，02、03 为推断',
    'card type: 01 debit; 02 and 03 are inferred',
    'inferred',
  ),
  c('origTraceNo', 6, 'text', '原交易跟踪号', 'original’s trace number', 'inferred'),
  c(
    'origTime',
    10,
    'text',
    '原交易传输时间 MMDDhhmmss',
    'original’s transmission time MMDDhhmmss',
    'inferred',
  ),
  c('fee', 13, 'signed', '商户手续费', 'merchant fee'),
  c('settleAmt', 13, 'signed', '结算金额 = 金额 − 手续费', 'settlement amount = amount − fee'),
  c('paymentMode', 4, 'text', '支付方式', 'payment mode'),
  c('groupMerchant', 15, 'text', '集团商户代码', 'group merchant'),
  c('txnType', 2, 'text', '交易类型', 'type of transaction'),
  c('txnSubType', 2, 'text', '交易子类', 'subtype'),
  c('bizType', 6, 'text', '产品类型', 'product'),
  c('accountType', 2, 'text', '账号类型', 'account type'),
  c('billType', 4, 'text', '账单类型', 'bill type'),
  c('billNo', 32, 'text', '账单号', 'bill number'),
  c('interactionMode', 1, 'text', '交互方式', 'interaction mode'),
  c('origQryId', 21, 'text', '原网络流水号', 'original’s network id', 'inferred'),
  c('merId', 15, 'text', '商户代码', 'merchant'),
  c('splitMode', 1, 'text', '分账方式', 'split-settlement mode'),
  c('subMerchantId', 15, 'text', '二级商户代码', 'sub-merchant'),
  c('subMerchantName', 32, 'text', '二级商户简称', 'sub-merchant’s short name'),
  c('splitAmt', 13, 'signed', '二级商户分账金额', 'sub-merchant’s split amount'),
  c('netAmt', 13, 'signed', '清算净额', 'net clearing amount'),
  c('terminalId', 8, 'text', '终端号', 'terminal'),
  c('reqReserved', 32, 'text', '商户自定义域', 'merchant’s reserved field'),
  c(
    'discountAmt',
    13,
    'signed',
    '优惠金额（出资方承担部分之和）',
    'discount (the sum of what sponsors bear)',
    'inferred',
  ),
  c('invoiceAmt', 13, 'signed', '发票金额', 'invoice amount'),
  c('instalmentSurcharge', 12, 'text', '分期付款附加手续费', 'instalment surcharge'),
  c('instalmentCount', 2, 'text', '分期期数', 'number of instalments'),
  c('medium', 1, 'text', '交易介质', 'transaction medium', 'inferred'),
  c(
    'reserved',
    131,
    'text',
    '保留域：内容自定，见下',
    'reserved; what we write in it is ours, see below',
    'house',
  ),
] as const satisfies readonly ZmColumn[]

export type ZmName = (typeof ZM_COLUMNS)[number]['name']
/** All that a row says, as it stands there without what fills its columns up. */
export type ZmRow = Readonly<Record<ZmName, string>>

/** One space between columns. */
const GAP = 1
export type ZmPlace = ZmColumn & { readonly name: ZmName; readonly from: number; readonly gbk: boolean }

/** Columns in which others than ASCII may stand. */
const IN_GBK: readonly ZmName[] = ['subMerchantName', 'reqReserved', 'reserved']

let next = 1
/** `from`: the first byte of a row is 1. */
export const ZM_PLACES: readonly ZmPlace[] = ZM_COLUMNS.map((column) => {
  const from = next
  next += column.width + GAP
  return { ...column, from, gbk: IN_GBK.includes(column.name) }
})
/** 607 bytes, and CR LF behind them. */
export const ZM_BYTES = next - 1 - GAP

/** What the reserved column holds, ours: what an item has and a row has no place for. */
export const ZM_RESERVED = [
  {
    name: 'mark',
    width: 3,
    label: { zh: '标识 SF1；空白则没有以下各项', en: 'mark SF1; where it is blank there is none of these' },
  },
  { name: 'institution', width: 11, label: { zh: '账户机构', en: 'institution of the payer' } },
  { name: 'orderTime', width: 14, label: { zh: '订单时间 YYYYMMDDhhmmss', en: 'order time YYYYMMDDhhmmss' } },
  { name: 'business', width: 20, label: { zh: '业务编码（四码一号）', en: 'business code' } },
] as const satisfies readonly { name: string; width: number; label: Text }[]
export const ZM_RESERVED_MARK = 'SF1'
