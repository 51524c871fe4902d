// The canonical messages, field by field. A new field is one line here and one golden vector.
// Names on the UnionPay-like wire come from facts/unionpay section 3 where public; the rest are ours (house).
import type { PartyRole } from './directory.ts'
import type { Field, FieldsOf } from './fields.ts'

const house = { origin: 'house', clause: 'WIRE-HOUSE' } as const
const qrc = { origin: 'public', clause: 'UP-QRC-3.5' } as const
const acp = { origin: 'public', clause: 'UP-ACP-1.2' } as const
const open = { presence: 'always', secrecy: 'public' } as const

const acquirer = { name: 'acquirer', format: 'digits', lengthMin: 8, lengthMax: 8, ...open, label: { zh: '收单机构', en: 'acquirer' }, unionpay: 'acqCode', ...qrc } as const satisfies Field
const merchant = { name: 'merchant', format: 'id', lengthMin: 15, lengthMax: 15, ...open, label: { zh: '商户代码', en: 'merchant' }, unionpay: 'merId', ...qrc } as const satisfies Field
const merchantName = { name: 'merchantName', format: 'text', lengthMax: 40, ...open, label: { zh: '商户名称', en: 'merchant name' }, unionpay: 'merName', ...qrc } as const satisfies Field
const merchantCategory = { name: 'merchantCategory', format: 'digits', lengthMin: 4, lengthMax: 4, ...open, label: { zh: '商户类别码', en: 'merchant category' }, unionpay: 'merCatCode', ...qrc } as const satisfies Field
const terminal = { name: 'terminal', format: 'id', lengthMax: 8, ...open, label: { zh: '终端号', en: 'terminal' }, unionpay: 'termId', ...qrc } as const satisfies Field
const code = { name: 'code', format: 'digits', lengthMin: 19, lengthMax: 19, presence: 'always', secrecy: 'masked', label: { zh: '付款码', en: 'payment code' }, unionpay: 'qrNo', ...qrc } as const satisfies Field
const token = { name: 'token', format: 'digits', lengthMin: 16, lengthMax: 19, presence: 'always', secrecy: 'masked', label: { zh: '账户标识', en: 'token' }, unionpay: 'token', origin: 'public', clause: 'UP-ACP-1.6' } as const satisfies Field
const amount = { name: 'amount', format: 'amount', lengthMax: 12, ...open, label: { zh: '金额（分）', en: 'amount, minor units' }, unionpay: 'txnAmt', ...qrc } as const satisfies Field
const currency = { name: 'currency', format: 'currency', lengthMin: 3, lengthMax: 3, ...open, label: { zh: '币种', en: 'currency' }, unionpay: 'currencyCode', ...qrc } as const satisfies Field
const order = { name: 'order', format: 'id', lengthMin: 8, lengthMax: 32, ...open, label: { zh: '订单号', en: 'order id' }, unionpay: 'orderNo', ...qrc } as const satisfies Field
const orderTime = { name: 'orderTime', format: 'time', lengthMin: 14, lengthMax: 14, ...open, label: { zh: '订单时间', en: 'order time' }, unionpay: 'orderTime', ...qrc } as const satisfies Field
const transaction = { name: 'transaction', format: 'digits', lengthMin: 20, lengthMax: 20, ...open, label: { zh: '清算网络流水号', en: 'network transaction id' }, unionpay: 'voucherNum', ...qrc } as const satisfies Field
const clearingDay = { name: 'clearingDay', format: 'day', lengthMin: 8, lengthMax: 8, ...open, label: { zh: '清算日', en: 'clearing day' }, unionpay: 'settleDate', ...qrc } as const satisfies Field
const origTransaction = { name: 'origTransaction', format: 'digits', lengthMin: 20, lengthMax: 20, ...open, label: { zh: '原网络流水号', en: 'original’s network id' }, unionpay: 'origVoucherNum', ...house } as const satisfies Field
const origOrder = { name: 'origOrder', format: 'id', lengthMin: 8, lengthMax: 32, ...open, label: { zh: '原订单号', en: 'original’s order id' }, unionpay: 'origOrderNo', ...house } as const satisfies Field
const origOrderTime = { name: 'origOrderTime', format: 'time', lengthMin: 14, lengthMax: 14, ...open, label: { zh: '原订单时间', en: 'original’s order time' }, unionpay: 'origOrderTime', ...house } as const satisfies Field
const memo = { name: 'memo', format: 'free', lengthMax: 1024, presence: 'optional', secrecy: 'public', label: { zh: '附言', en: 'memo' }, unionpay: 'reqReserved', ...acp } as const satisfies Field
const account = { name: 'account', format: 'id', lengthMin: 8, lengthMax: 64, presence: 'always', secrecy: 'masked', label: { zh: '机构内账户标识', en: 'institution’s account reference' }, unionpay: 'accountIdHash', ...qrc } as const satisfies Field
const state = { name: 'state', format: 'state', lengthMax: 16, ...open, label: { zh: '交易状态', en: 'state' }, unionpay: 'txnState', ...house } as const satisfies Field
const reversal = { name: 'reversal', format: 'id', lengthMin: 8, lengthMax: 32, ...open, label: { zh: '冲正流水号', en: 'reversal id' }, unionpay: 'reversalNo', ...house } as const satisfies Field
const notice = { name: 'notice', format: 'id', lengthMin: 8, lengthMax: 40, ...open, label: { zh: '通知号', en: 'notice id' }, unionpay: 'noticeId', ...house } as const satisfies Field
const about = { name: 'about', format: 'id', lengthMax: 16, ...open, label: { zh: '原交易类型', en: 'what it is about' }, unionpay: 'origReqType', ...qrc } as const satisfies Field
const codeLife = { name: 'codeLifeSeconds', format: 'digits', lengthMax: 5, presence: 'optional', secrecy: 'public', label: { zh: '付款码有效期（秒）', en: 'life of the code, seconds' }, unionpay: 'qrValidTime', ...qrc } as const satisfies Field

// What every reply says first; `answer` is the class, as the network's code.
const answer = { name: 'answer', format: 'code2', lengthMin: 2, lengthMax: 2, ...open, label: { zh: '应答码', en: 'reply code' }, unionpay: 'respCode', ...qrc } as const satisfies Field
const because = { name: 'because', format: 'text', lengthMax: 200, ...open, label: { zh: '应答信息', en: 'reply text' }, unionpay: 'respMsg', ...qrc } as const satisfies Field
const repeated = { name: 'repeated', format: 'digits', lengthMin: 1, lengthMax: 1, presence: 'optional', secrecy: 'public', label: { zh: '重复请求标志', en: 'repeat of a known request' }, unionpay: 'dupFlag', ...house } as const satisfies Field
const wrongField = { name: 'wrongField', format: 'text', lengthMax: 64, presence: 'optional', secrecy: 'public', label: { zh: '出错字段', en: 'field at fault' }, unionpay: 'errField', ...house } as const satisfies Field
const wrongOffset = { name: 'wrongOffset', format: 'digits', lengthMax: 9, presence: 'optional', secrecy: 'public', label: { zh: '出错位置（字节）', en: 'byte offset of the fault' }, unionpay: 'errOffset', ...house } as const satisfies Field

const optional = <F extends Field>(field: F): Omit<F, 'presence'> & { readonly presence: 'optional' } => ({ ...field, presence: 'optional' })
const REPLY = [answer, because, optional(repeated), wrongField, wrongOffset] as const
const ECHO = [optional(order), optional(orderTime), optional(amount), optional(currency), optional(merchant), optional(transaction), optional(clearingDay)] as const

const origAnswer = { ...answer, name: 'origAnswer', presence: 'optional', label: { zh: '原交易应答码', en: 'reply code of the original' }, unionpay: 'origRespCode', ...acp } as const satisfies Field
const refundedTotal = { ...amount, name: 'refundedTotal', format: 'amount0', presence: 'optional', label: { zh: '累计退款（分）', en: 'refunded so far, minor units' }, unionpay: 'refundedAmt', ...house } as const satisfies Field
const refunds = {
  name: 'refunds', format: 'list', lengthMax: 1000, presence: 'optional', secrecy: 'public', label: { zh: '退款明细', en: 'refunds' }, unionpay: 'refundList', ...house,
  of: [transaction, order, orderTime, amount, state],
} as const satisfies Field
const kindAsked = { ...about, name: 'asked', label: { zh: '被查询的交易类型', en: 'what is asked for' } } as const satisfies Field

/** Canonical type → its fields. `X.reply` answers `X`. */
export const MESSAGES = {
  'token.apply': [account, memo],
  'token.apply.reply': [...REPLY, optional(token)],
  'code.apply': [token, codeLife],
  'code.apply.reply': [...REPLY, optional(code), codeLife],
  purchase: [acquirer, merchant, merchantName, merchantCategory, terminal, code, amount, currency, order, orderTime, memo],
  'purchase.reply': [...REPLY, ...ECHO],
  debit: [transaction, acquirer, merchant, merchantName, merchantCategory, code, token, amount, currency, order, orderTime, clearingDay, memo],
  'debit.reply': [...REPLY, ...ECHO],
  'debit.query': [acquirer, kindAsked, optional(order), optional(orderTime), optional(transaction)],
  'debit.query.reply': [...REPLY, ...ECHO, optional(state), origAnswer, refundedTotal, refunds],
  'debit.reverse': [reversal, acquirer, merchant, order, orderTime, optional(transaction), optional(amount), optional(currency), clearingDay],
  'debit.reverse.reply': [...REPLY, ...ECHO, optional(state)],
  credit: [transaction, acquirer, merchant, order, orderTime, origTransaction, origOrder, origOrderTime, amount, currency, clearingDay, memo],
  'credit.reply': [...REPLY, ...ECHO],
  reversal: [acquirer, merchant, reversal, order, orderTime, optional(amount), optional(currency)],
  'reversal.reply': [...REPLY, ...ECHO, optional(state)],
  refund: [acquirer, merchant, order, orderTime, optional(origTransaction), origOrder, origOrderTime, amount, currency, memo],
  'refund.reply': [...REPLY, ...ECHO],
  query: [acquirer, kindAsked, optional(order), optional(orderTime), optional(transaction)],
  'query.reply': [...REPLY, ...ECHO, optional(state), origAnswer, refundedTotal, refunds],
  'notify.payer': [notice, about, transaction, acquirer, merchant, order, orderTime, amount, currency, state, answer, clearingDay, optional(code)],
  'notify.payer.reply': [...REPLY, optional(notice)],
  'notify.payee': [notice, about, transaction, acquirer, merchant, order, orderTime, amount, currency, state, answer, clearingDay],
  'notify.payee.reply': [...REPLY, optional(notice)],
  'settle': [{ ...order, name: 'instruction', label: { zh: '清算指令号', en: 'settlement instruction' }, unionpay: 'instrNo', ...house } as const, clearingDay, { ...acquirer, name: 'payer', label: { zh: '付方机构', en: 'paying party' }, unionpay: 'payerCode', ...house } as const, { ...acquirer, name: 'payee', label: { zh: '收方机构', en: 'receiving party' }, unionpay: 'payeeCode', ...house } as const, amount, currency],
  'settle.reply': [...REPLY, { ...order, name: 'trace', presence: 'optional', label: { zh: '银行流水号', en: 'bank trace number' }, unionpay: 'bankTraceNo', ...house } as const],
} as const satisfies Readonly<Record<string, readonly Field[]>>

export type MessageType = keyof typeof MESSAGES
export type RequestType = Exclude<MessageType, `${string}.reply`>
export type ReplyType<T extends RequestType> = `${T}.reply` & MessageType
export type Fields<T extends MessageType> = FieldsOf<(typeof MESSAGES)[T]>
export type Message<T extends MessageType = MessageType> = T extends MessageType ? { readonly type: T; readonly fields: Fields<T> } : never

/** The network's own number for a message, and whether it is the network's or ours. */
export const UNIONPAY_NUMBERS: Readonly<Record<RequestType, { number: string; origin: 'public' | 'house' }>> = {
  'token.apply': { number: 'TOKEN_REQUEST', origin: 'public' },
  'code.apply': { number: '0210000903', origin: 'public' },
  purchase: { number: '0310000903', origin: 'public' },
  debit: { number: 'DEBIT', origin: 'house' },
  'debit.query': { number: 'DEBIT_QUERY', origin: 'house' },
  'debit.reverse': { number: 'DEBIT_REVERSE', origin: 'house' },
  credit: { number: 'CREDIT', origin: 'house' },
  reversal: { number: '0320000903', origin: 'public' },
  refund: { number: '0340000903', origin: 'public' },
  query: { number: '0350000903', origin: 'public' },
  'notify.payer': { number: '0250000903', origin: 'public' },
  'notify.payee': { number: '0360000903', origin: 'public' },
  settle: { number: 'SETTLE', origin: 'house' },
}

/** Whose message it is: nobody else's is taken, however well it is signed. An acquirer cannot go round the switch. */
export const SENDERS: Readonly<Record<RequestType, PartyRole>> = {
  'token.apply': 'institution',
  'code.apply': 'institution',
  purchase: 'acquirer',
  reversal: 'acquirer',
  refund: 'acquirer',
  query: 'acquirer',
  debit: 'switch',
  'debit.query': 'switch',
  'debit.reverse': 'switch',
  credit: 'switch',
  'notify.payer': 'switch',
  'notify.payee': 'switch',
  settle: 'switch',
}

export const REQUEST_TYPES = Object.keys(UNIONPAY_NUMBERS) as RequestType[]
export const isMessageType = (text: string): text is MessageType => Object.hasOwn(MESSAGES, text)
export const isRequestType = (text: string): text is RequestType => Object.hasOwn(UNIONPAY_NUMBERS, text)
export const replyTypeOf = <T extends RequestType>(type: T): ReplyType<T> => `${type}.reply` as ReplyType<T>
