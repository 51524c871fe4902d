// The canonical messages, field by field. A new field is one line here and one golden vector.
// Names on the UnionPay-like wire come from facts/unionpay section 3 where public; the rest are ours (house).
import type { Field, FieldsOf } from './fields.ts'
import { UNIONPAY_NUMBERS } from './message-numbers.ts'

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

// Sign-up and the person behind it.
const agreement = { name: 'agreement', format: 'id', lengthMin: 8, lengthMax: 40, ...open, label: { zh: '签约流水号', en: 'agreement id' }, unionpay: 'signNo', ...house } as const satisfies Field
const holderName = { name: 'holderName', format: 'text', lengthMax: 40, presence: 'always', secrecy: 'masked', label: { zh: '姓名', en: 'name of the holder' }, unionpay: 'customerNm', ...acp } as const satisfies Field
const idNumber = { name: 'idNumber', format: 'id', lengthMin: 6, lengthMax: 20, presence: 'always', secrecy: 'hidden', label: { zh: '证件号码', en: 'identity document number' }, unionpay: 'certifId', ...acp } as const satisfies Field
const phone = { name: 'phone', format: 'digits', lengthMin: 11, lengthMax: 11, presence: 'always', secrecy: 'masked', label: { zh: '手机号', en: 'phone number' }, unionpay: 'phoneNo', ...acp } as const satisfies Field
const cardNumber = { name: 'cardNumber', format: 'digits', lengthMin: 12, lengthMax: 19, presence: 'always', secrecy: 'hidden', label: { zh: '银行卡号', en: 'card number' }, unionpay: 'accNo', ...acp } as const satisfies Field
const smsCode = { name: 'smsCode', format: 'digits', lengthMin: 6, lengthMax: 6, presence: 'always', secrecy: 'hidden', label: { zh: '短信验证码', en: 'SMS code' }, unionpay: 'smsCode', ...acp } as const satisfies Field
const boundAt = { ...orderTime, name: 'boundAt', label: { zh: '绑定时间', en: 'bound at' }, unionpay: 'bindTime', ...house } as const satisfies Field
const validDay = { ...clearingDay, name: 'validDay', presence: 'optional', label: { zh: '账户标识有效期', en: 'last day of the token' }, unionpay: 'tokenEnd', ...acp } as const satisfies Field

// Orders of merchant-presented codes and of online payments.
const business = { name: 'business', format: 'digits', lengthMin: 20, lengthMax: 20, presence: 'optional', secrecy: 'public', label: { zh: '业务编码（四码一号）', en: 'business code' }, unionpay: 'bizCode', ...house } as const satisfies Field
const region = { name: 'region', format: 'digits', lengthMin: 2, lengthMax: 6, presence: 'optional', secrecy: 'public', label: { zh: '受理地区代码', en: 'region of acceptance' }, unionpay: 'areaCode', ...house } as const satisfies Field
const qrCode = { name: 'qrCode', format: 'text', lengthMax: 512, ...open, label: { zh: '商户二维码', en: 'merchant code' }, unionpay: 'qrCode', ...qrc } as const satisfies Field
const codeKind = { name: 'codeKind', format: 'state', lengthMax: 8, ...open, label: { zh: '码类型（STATIC、DYNAMIC）', en: 'kind of code (STATIC, DYNAMIC)' }, unionpay: 'qrType', ...house } as const satisfies Field
/** What the payer's side claims about its own code. A lure: the class follows from the verification really done (LIM-003). */
const codeClass = { name: 'codeClass', format: 'state', lengthMax: 1, presence: 'optional', secrecy: 'public', label: { zh: '付款码风险等级', en: 'class of the code, as claimed' }, unionpay: 'qrClass', ...house } as const satisfies Field
const tn = { name: 'tn', format: 'digits', lengthMin: 21, lengthMax: 21, ...open, label: { zh: '银联受理订单号', en: 'order number of the switch' }, unionpay: 'tn', ...acp } as const satisfies Field
const link = { name: 'link', format: 'text', lengthMax: 1024, ...open, label: { zh: '唤起链接', en: 'app link' }, unionpay: 'appLink', ...house } as const satisfies Field
const returnUrl = { name: 'returnUrl', format: 'text', lengthMax: 256, presence: 'optional', secrecy: 'public', label: { zh: '前台返回地址', en: 'return address' }, unionpay: 'frontUrl', ...acp } as const satisfies Field
const validUntil = { ...orderTime, name: 'validUntil', label: { zh: '订单有效期', en: 'the order is open until' }, unionpay: 'payTimeout', ...acp } as const satisfies Field
const subject = { name: 'subject', format: 'text', lengthMax: 80, presence: 'optional', secrecy: 'public', label: { zh: '商品描述', en: 'what is bought' }, unionpay: 'orderDesc', ...acp } as const satisfies Field
const packages = {
  name: 'packages', format: 'list', lengthMax: 20, presence: 'optional', secrecy: 'public', label: { zh: '子订单', en: 'packages of the order' }, unionpay: 'packageList', ...house,
  of: [{ ...order, name: 'package', lengthMin: 1, label: { zh: '子订单号', en: 'package id' }, unionpay: 'packageId', ...house }, subject, amount],
} as const satisfies Field
const payment = { ...order, name: 'payment', label: { zh: '付款流水号', en: 'payment id of the institution' }, unionpay: 'payOrderNo', ...house } as const satisfies Field

// Legs of a payment, coupons of the network, and who pays for them.
const legs = {
  name: 'legs', format: 'list', lengthMax: 20, presence: 'optional', secrecy: 'public', label: { zh: '资金构成', en: 'legs' }, unionpay: 'fundList', ...house,
  of: [{ ...state, name: 'source', label: { zh: '资金来源（BALANCE、PACKET、COUPON、CARD）', en: 'source (BALANCE, PACKET, COUPON, CARD)' }, unionpay: 'fundType', ...house }, { name: 'sponsor', format: 'id', lengthMax: 32, presence: 'optional', secrecy: 'public', label: { zh: '出资方', en: 'who pays for it' }, unionpay: 'spnsrId', ...qrc }, amount],
} as const satisfies Field
const paid = { ...amount, name: 'paid', format: 'amount0', presence: 'optional', label: { zh: '用户实付（分）', en: 'paid by the user, minor units' }, unionpay: 'payAmt', ...house } as const satisfies Field
const coupon = { name: 'coupon', format: 'id', lengthMin: 4, lengthMax: 32, ...open, label: { zh: '优惠券号', en: 'coupon id' }, unionpay: 'couponNo', ...qrc } as const satisfies Field
const face = { ...amount, name: 'face', label: { zh: '面额（分）', en: 'face value, minor units' }, unionpay: 'offstAmt', ...qrc } as const satisfies Field
const threshold = { ...amount, name: 'threshold', format: 'amount0', presence: 'optional', label: { zh: '使用门槛（分）', en: 'least order amount, minor units' }, unionpay: 'minAmt', ...house } as const satisfies Field
const coupons = {
  name: 'coupons', format: 'list', lengthMax: 50, presence: 'optional', secrecy: 'public', label: { zh: '可用优惠', en: 'coupons' }, unionpay: 'couponInfo', ...qrc,
  of: [coupon, face, threshold],
} as const satisfies Field

/** What became of the coupons of a payment that was refunded whole: RETURNED, EXTENDED or LAPSED (MKT-010). */
const couponsBack = {
  name: 'couponsBack', format: 'list', lengthMax: 20, presence: 'optional', secrecy: 'public', label: { zh: '退券结果', en: 'what became of the coupons' }, unionpay: 'couponBackList', ...house,
  of: [coupon, state],
} as const satisfies Field

// Bank cards. An attempt is the institution's own number for one order to the bank, the same at every try (BNK-010).
const attempt = { ...order, name: 'attempt', label: { zh: '银行侧流水号', en: 'bank attempt' }, unionpay: 'bankTraceNo', ...house } as const satisfies Field
const origAttempt = { ...attempt, name: 'origAttempt', label: { zh: '原银行侧流水号', en: 'original bank attempt' }, unionpay: 'origBankTraceNo', ...house } as const satisfies Field
const bank = { ...acquirer, name: 'bank', label: { zh: '发卡行', en: 'issuing bank' }, unionpay: 'issInsCode', ...qrc } as const satisfies Field
const card = { name: 'card', format: 'id', lengthMin: 8, lengthMax: 40, presence: 'always', secrecy: 'masked', label: { zh: '绑卡协议号', en: 'card agreement' }, unionpay: 'cardSignNo', ...house } as const satisfies Field
const cardKind = { ...state, name: 'cardKind', label: { zh: '卡种（DEBIT、CREDIT）', en: 'kind of card (DEBIT, CREDIT)' }, unionpay: 'payCardType', ...acp } as const satisfies Field
const purpose = { ...state, name: 'purpose', label: { zh: '用途', en: 'purpose' }, unionpay: 'bizPurpose', ...house } as const satisfies Field

// Composite payments, coordinated by the switch, of which the institution keeps one branch.
const composite = { ...order, name: 'composite', label: { zh: '组合支付号', en: 'composite payment' }, unionpay: 'compositeNo', ...house } as const satisfies Field
const branch = { ...order, name: 'branch', label: { zh: '分支号', en: 'branch' }, unionpay: 'branchNo', ...house } as const satisfies Field

/** Control digits of transaction numbers: two digits in front, and four-digit numbers joined by a bar (facts/netsunion-gm 4.2). */
const institution = { ...acquirer, name: 'institution', label: { zh: '账户机构', en: 'account institution' }, unionpay: 'instgCode', ...house } as const satisfies Field
const controls = {
  name: 'controls', format: 'list', lengthMax: 20, presence: 'optional', secrecy: 'public', label: { zh: '控制位', en: 'control digits' }, unionpay: 'ctrlNbList', ...house,
  of: [{ name: 'front', format: 'digits', lengthMin: 2, lengthMax: 2, ...open, label: { zh: '控制位前两位', en: 'first two of the six' }, unionpay: 'ctrlNbF', ...house }, { name: 'numbers', format: 'text', lengthMin: 4, lengthMax: 4999, ...open, label: { zh: '控制位后四位，以竖线分隔', en: 'last four of the six, joined by bars' }, unionpay: 'ctrlNbL', ...house }],
} as const satisfies Field

// The switch's encryption certificate, asked for before the one in use ends (facts/unionpay 1.5).
const certType = { name: 'certType', format: 'digits', lengthMin: 2, lengthMax: 2, ...open, label: { zh: '证书类型（01 敏感信息加密公钥）', en: 'kind of certificate (01: the encryption certificate)' }, unionpay: 'certType', ...acp } as const satisfies Field
const keyCertificate = { name: 'keyCertificate', format: 'free', lengthMax: 8192, presence: 'optional', secrecy: 'public', label: { zh: '加密公钥证书（PEM）', en: 'encryption certificate, PEM' }, unionpay: 'encryptPubKeyCert', ...acp } as const satisfies Field
/** Until when the certificate before it may be used as well; absent where there is none. */
const overlapEnd = { ...orderTime, name: 'overlapEnd', presence: 'optional', label: { zh: '原加密证书并行截止时间', en: 'the certificate before it is taken until' }, unionpay: 'oldCertEndTime', ...house } as const satisfies Field

// Files of a clearing day, in parts, and what a day comes to for a party.
const fileKind = { ...about, name: 'fileKind', label: { zh: '文件类型（DAY）', en: 'kind of file (DAY)' }, unionpay: 'fileType', ...acp } as const satisfies Field
const part = { name: 'part', format: 'digits', lengthMax: 6, presence: 'optional', secrecy: 'public', label: { zh: '文件分片序号，自 1 起', en: 'part of the file, from 1' }, unionpay: 'filePart', ...house } as const satisfies Field
const parts = { ...part, name: 'parts', label: { zh: '文件分片总数', en: 'parts of the file' }, unionpay: 'filePartQty' } as const satisfies Field
const version = { ...part, name: 'version', label: { zh: '文件版本', en: 'version of the file' }, unionpay: 'fileVersion' } as const satisfies Field
const fileDigest = { name: 'fileDigest', format: 'id', lengthMin: 64, lengthMax: 64, presence: 'optional', secrecy: 'public', label: { zh: '整个文件的 SM3 摘要', en: 'SM3 of the whole file' }, unionpay: 'fileDigest', ...house } as const satisfies Field
const fileContent = { name: 'fileContent', format: 'free', lengthMax: 140_000, presence: 'optional', secrecy: 'public', label: { zh: '文件分片内容（Base64）', en: 'this part of the file, base64' }, unionpay: 'fileContent', ...acp } as const satisfies Field
const direction = { ...state, name: 'direction', label: { zh: '轧差方向（PAYS、RECEIVES、EVEN）', en: 'which way (PAYS, RECEIVES, EVEN)' }, unionpay: 'netDirect' } as const satisfies Field
const netAmount = { ...amount, name: 'netAmount', format: 'amount0', lengthMax: 18, label: { zh: '轧差净额（分）', en: 'net, minor units' }, unionpay: 'netAmt', ...house } as const satisfies Field
const netCurrency = { ...currency, name: 'netCurrency', label: { zh: '轧差币种', en: 'currency of the net' }, unionpay: 'netCcy', ...house } as const satisfies Field
const counterparty = { ...acquirer, name: 'counterparty', label: { zh: '对手机构', en: 'counterparty' }, unionpay: 'ctrPtyCode', ...house } as const satisfies Field
const nets = {
  name: 'nets', format: 'list', lengthMax: 500, presence: 'optional', secrecy: 'public', label: { zh: '对各机构的净额', en: 'nets by counterparty' }, unionpay: 'netList', ...house,
  of: [counterparty, direction, netAmount],
} as const satisfies Field
const itemCount = { name: 'itemCount', format: 'digits', lengthMax: 9, ...open, label: { zh: '清算笔数', en: 'items of the day' }, unionpay: 'netQty', ...house } as const satisfies Field

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

const SHOP = [acquirer, merchant, merchantName, merchantCategory] as const
const ORIGINAL = [optional(origTransaction), origOrder, origOrderTime] as const
/** The real merchant, order and acquirer behind a card leg (穿透, BNK-012). */
const THROUGH = [optional(acquirer), optional(merchant), optional(merchantName), optional(order), optional(orderTime)] as const
const CARD_SIGN = [agreement, bank, holderName, idNumber, phone, cardNumber] as const
const CARD_MOVE = [attempt, bank, card, amount, currency, purpose, ...THROUGH, business] as const
const CARD_BACK = [attempt, origAttempt, bank, card, amount, currency, purpose] as const
const CARD_REPLY = [...REPLY, optional(attempt), optional(state), optional(amount), optional(currency)] as const
const CARD_NOTICE = [notice, attempt, bank, state, amount, currency] as const

/** Canonical type → its fields. `X.reply` answers `X`. */
export const MESSAGES = {
  'token.apply': [account, memo],
  'token.apply.reply': [...REPLY, optional(token)],
  'code.apply': [token, codeLife],
  'code.apply.reply': [...REPLY, optional(code), codeLife],
  purchase: [acquirer, merchant, merchantName, merchantCategory, terminal, code, amount, currency, order, orderTime, business, region, memo],
  'purchase.reply': [...REPLY, ...ECHO, paid, legs],
  debit: [transaction, acquirer, merchant, merchantName, merchantCategory, code, token, amount, currency, order, orderTime, clearingDay, business, region, codeClass, memo],
  'debit.reply': [...REPLY, ...ECHO, optional(state), paid, legs],
  'debit.query': [acquirer, kindAsked, optional(order), optional(orderTime), optional(transaction)],
  'debit.query.reply': [...REPLY, ...ECHO, optional(state), origAnswer, refundedTotal, refunds, paid, legs],
  'debit.reverse': [reversal, acquirer, merchant, order, orderTime, optional(transaction), optional(amount), optional(currency), clearingDay, optional(about)],
  'debit.reverse.reply': [...REPLY, ...ECHO, optional(state)],
  credit: [transaction, acquirer, merchant, order, orderTime, origTransaction, origOrder, origOrderTime, amount, currency, clearingDay, business, memo],
  'credit.reply': [...REPLY, ...ECHO, optional(state), legs, couponsBack],
  'debit.void': [transaction, acquirer, merchant, order, orderTime, origTransaction, origOrder, origOrderTime, amount, currency, clearingDay, business],
  'debit.void.reply': [...REPLY, ...ECHO, optional(state)],
  reversal: [acquirer, merchant, reversal, order, orderTime, optional(amount), optional(currency), optional(about)],
  'reversal.reply': [...REPLY, ...ECHO, optional(state)],
  refund: [acquirer, merchant, order, orderTime, ...ORIGINAL, amount, currency, business, memo],
  'refund.reply': [...REPLY, ...ECHO],
  query: [acquirer, kindAsked, optional(order), optional(orderTime), optional(transaction)],
  'query.reply': [...REPLY, ...ECHO, optional(state), origAnswer, refundedTotal, refunds, paid, legs],
  void: [acquirer, merchant, order, orderTime, ...ORIGINAL, amount, currency, business],
  'void.reply': [...REPLY, ...ECHO, optional(state)],
  'notify.payer': [notice, about, transaction, acquirer, merchant, order, orderTime, amount, currency, state, answer, clearingDay, optional(code), optional(payment)],
  'notify.payer.reply': [...REPLY, optional(notice)],
  'notify.payee': [notice, about, transaction, acquirer, merchant, order, orderTime, amount, currency, state, answer, clearingDay, paid, legs],
  'notify.payee.reply': [...REPLY, optional(notice)],
  'settle': [{ ...order, name: 'instruction', label: { zh: '清算指令号', en: 'settlement instruction' }, unionpay: 'instrNo', ...house } as const, clearingDay, { ...acquirer, name: 'payer', label: { zh: '付方机构', en: 'paying party' }, unionpay: 'payerCode', ...house } as const, { ...acquirer, name: 'payee', label: { zh: '收方机构', en: 'receiving party' }, unionpay: 'payeeCode', ...house } as const, amount, currency],
  'settle.reply': [...REPLY, { ...order, name: 'trace', presence: 'optional', label: { zh: '银行流水号', en: 'bank trace number' }, unionpay: 'bankTraceNo', ...house } as const],
  'token.change': [token, state, memo],
  'token.change.reply': [...REPLY, optional(token), optional(state)],
  'agreement.apply': [agreement, holderName, idNumber, phone, optional(cardNumber)],
  'agreement.apply.reply': [...REPLY, optional(agreement)],
  'agreement.confirm': [agreement, smsCode, token, validDay],
  'agreement.confirm.reply': [...REPLY, optional(agreement), optional(token), optional(boundAt), optional(state)],
  'agreement.cancel': [agreement, token],
  'agreement.cancel.reply': [...REPLY, optional(agreement), optional(token), optional(state)],
  'user.status': [token],
  'user.status.reply': [...REPLY, optional(token), optional(state), optional({ ...holderName, name: 'maskedName', secrecy: 'public', unionpay: 'maskedNm', ...house } as const), optional({ ...holderName, name: 'maskedPhone', secrecy: 'public', label: { zh: '脱敏手机号', en: 'masked phone' }, unionpay: 'maskedPhone', ...house } as const)],
  'auth.request': [...SHOP, code, token, amount, currency, order, orderTime],
  'auth.request.reply': [...REPLY, optional(order), optional(orderTime)],
  'auth.result': [acquirer, merchant, order, orderTime, amount, currency, state],
  'auth.result.reply': [...REPLY, optional(state)],
  'qr.create': [...SHOP, codeKind, optional(amount), currency, optional(order), optional(orderTime), optional(validUntil), subject, business, region],
  'qr.create.reply': [...REPLY, optional(qrCode), optional(tn), optional(validUntil)],
  'qr.cancel': [acquirer, merchant, order, orderTime],
  'qr.cancel.reply': [...REPLY, optional(order), optional(orderTime), optional(state)],
  'qr.query': [acquirer, merchant, order, orderTime],
  'qr.query.reply': [...REPLY, ...ECHO, optional(state), optional(qrCode), optional(tn)],
  'order.create': [...SHOP, amount, currency, order, orderTime, optional(validUntil), returnUrl, subject, packages, business, region],
  'order.create.reply': [...REPLY, optional(tn), optional(link), optional(validUntil)],
  'order.resolve': [token, optional(qrCode), optional(tn), optional(link)],
  'order.resolve.reply': [...REPLY, optional(tn), optional(acquirer), optional(merchant), optional(merchantName), optional(merchantCategory), optional(amount), optional(currency), optional(order), optional(orderTime), optional(validUntil), optional(state), optional(codeKind), subject, packages, returnUrl, region, business],
  'coupon.query': [token, tn, optional(amount)],
  'coupon.query.reply': [...REPLY, coupons],
  pay: [payment, token, tn, acquirer, merchant, order, orderTime, amount, currency, paid, legs, business],
  'pay.reply': [...REPLY, optional(payment), ...ECHO, optional(state)],
  'pay.query': [payment, token],
  'pay.query.reply': [...REPLY, optional(payment), ...ECHO, optional(state)],
  'coupon.exchange': [{ ...order, name: 'exchange', label: { zh: '券兑换流水号', en: 'exchange id' }, unionpay: 'exchangeNo', ...house } as const, token, coupon, face, currency],
  'coupon.exchange.reply': [...REPLY, optional(state), optional({ ...coupon, name: 'networkCoupon', label: { zh: '网络红包号', en: 'network packet id' }, unionpay: 'netCouponNo', ...house } as const)],
  'coupon.hold': [branch, token, coupon, amount, currency],
  'coupon.hold.reply': [...REPLY, optional(state)],
  'coupon.use': [branch],
  'coupon.use.reply': [...REPLY, optional(state)],
  'coupon.free': [branch],
  'coupon.free.reply': [...REPLY, optional(state)],
  'branch.try': [composite, branch, token, amount, currency, ...SHOP, order, orderTime, clearingDay],
  'branch.try.reply': [...REPLY, optional(branch), optional(state)],
  'branch.confirm': [composite, branch],
  'branch.confirm.reply': [...REPLY, optional(branch), optional(state)],
  'branch.cancel': [composite, branch],
  'branch.cancel.reply': [...REPLY, optional(branch), optional(state)],
  'composite.query': [composite, branch],
  'composite.query.reply': [...REPLY, optional(state)],
  'card.sign': CARD_SIGN,
  'card.sign.reply': [...REPLY, optional(card), optional(cardKind)],
  'card.debit': CARD_MOVE,
  'card.debit.reply': CARD_REPLY,
  'card.reverse': [attempt, bank],
  'card.reverse.reply': CARD_REPLY,
  'card.refund': CARD_BACK,
  'card.refund.reply': CARD_REPLY,
  'card.payout': CARD_MOVE,
  'card.payout.reply': CARD_REPLY,
  'card.query': [attempt, bank],
  'card.query.reply': CARD_REPLY,
  'card.notice': CARD_NOTICE,
  'card.notice.reply': [...REPLY, optional(notice)],
  'bank.sign': CARD_SIGN,
  'bank.sign.reply': [...REPLY, optional(card), optional(cardKind)],
  'bank.debit': CARD_MOVE,
  'bank.debit.reply': CARD_REPLY,
  'bank.reverse': [attempt, bank],
  'bank.reverse.reply': CARD_REPLY,
  'bank.refund': CARD_BACK,
  'bank.refund.reply': CARD_REPLY,
  'bank.payout': CARD_MOVE,
  'bank.payout.reply': CARD_REPLY,
  'bank.query': [attempt, bank],
  'bank.query.reply': CARD_REPLY,
  'bank.notice': CARD_NOTICE,
  'bank.notice.reply': [...REPLY, optional(notice)],
  'control.fetch': [institution],
  'control.fetch.reply': [...REPLY, optional(institution), optional(clearingDay), controls],
  'key.fetch': [certType],
  'key.fetch.reply': [...REPLY, keyCertificate, overlapEnd],
  'file.fetch': [clearingDay, fileKind, version, part],
  'file.fetch.reply': [...REPLY, optional(clearingDay), version, part, parts, fileDigest, fileContent],
  'net.notice': [notice, clearingDay, netCurrency, direction, netAmount, itemCount, nets],
  'net.notice.reply': [...REPLY, optional(notice)],
} as const satisfies Readonly<Record<string, readonly Field[]>>

export type MessageType = keyof typeof MESSAGES
export type RequestType = Exclude<MessageType, `${string}.reply`>
export type ReplyType<T extends RequestType> = `${T}.reply` & MessageType
export type Fields<T extends MessageType> = FieldsOf<(typeof MESSAGES)[T]>
export type Message<T extends MessageType = MessageType> = T extends MessageType ? { readonly type: T; readonly fields: Fields<T> } : never

export { maySend, SENDERS, UNIONPAY_NUMBERS } from './message-numbers.ts'

export const REQUEST_TYPES = Object.keys(UNIONPAY_NUMBERS) as RequestType[]
export const isMessageType = (text: string): text is MessageType => Object.hasOwn(MESSAGES, text)
export const isRequestType = (text: string): text is RequestType => Object.hasOwn(UNIONPAY_NUMBERS, text)
export const replyTypeOf = <T extends RequestType>(type: T): ReplyType<T> => `${type}.reply` as ReplyType<T>
