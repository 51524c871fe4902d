// Every answer a party can give, once, in the order in which it is looked for: the first reason that
// applies is the one that is said. The same order stands in the envelope's steps, in the institution's
// and the switch's decisions, in the docs (`sifang explain --all`) and in the tests.
// Classes: catalogue section 0. Codes: facts/unionpay 1.9 where public, ours (house) where no public number exists.

export type Text = { readonly zh: string; readonly en: string }

type ClassRow = {
  readonly class: string
  /** open: an envelope step; admit: the durable claim; business: the decision; final/open answers last. */
  readonly at: 'open' | 'admit' | 'business' | 'answer'
  /** True: this is the outcome and it will not change. False: ask again; of a replay, the first copy may have taken effect. */
  readonly definite: boolean
  readonly unionpay: string
  readonly origin: 'public' | 'house'
  readonly text: Text
}

export const CLASSES = [
  { class: 'REJ-SIZE', at: 'open', definite: true, unionpay: 'R0', origin: 'house', text: { zh: '报文超过长度上限', en: 'The message is longer than the limit' } },
  { class: 'REJ-TYPE', at: 'open', definite: true, unionpay: 'R1', origin: 'house', text: { zh: '内容类型、报文类型或路径不受支持', en: 'Content type, message type or path is not supported' } },
  { class: 'REJ-FORMAT', at: 'open', definite: true, unionpay: '10', origin: 'public', text: { zh: '报文格式错误', en: 'The message is malformed' } },
  { class: 'REJ-ROUTE', at: 'open', definite: true, unionpay: 'R2', origin: 'house', text: { zh: '报文不是发给本方的，或无路由', en: 'The message is not addressed to this party, or has no route' } },
  { class: 'REJ-CERT', at: 'open', definite: true, unionpay: 'R3', origin: 'house', text: { zh: '证书未知、过期、已吊销或不属于发送方', en: 'The certificate is unknown, out of date, revoked or not the sender’s' } },
  { class: 'REJ-REPLAY', at: 'open', definite: false, unionpay: 'R4', origin: 'house', text: { zh: '报文过期或重放', en: 'The message is stale or a replay' } },
  { class: 'REJ-CRYPTO', at: 'open', definite: true, unionpay: 'R5', origin: 'house', text: { zh: '加密块无法还原', en: 'The sealed block does not open' } },
  { class: 'REJ-SIG', at: 'open', definite: true, unionpay: '11', origin: 'public', text: { zh: '验签失败', en: 'The signature does not verify' } },
  { class: 'REJ-CONFLICT', at: 'admit', definite: true, unionpay: 'R6', origin: 'house', text: { zh: '同一业务键的内容与首次不一致', en: 'The business key was used before with other content' } },
  { class: 'REJ-RATE', at: 'admit', definite: false, unionpay: '37', origin: 'public', text: { zh: '请求过于频繁', en: 'Too many requests' } },
  { class: 'DECL-ORIG', at: 'business', definite: true, unionpay: '36', origin: 'public', text: { zh: '与原交易不符或无权操作原交易', en: 'There is no such original for this sender' } },
  { class: 'DECL-STATE', at: 'business', definite: true, unionpay: '35', origin: 'public', text: { zh: '原交易状态不允许', en: 'The state of the transaction does not allow it' } },
  { class: 'DECL-WINDOW', at: 'business', definite: true, unionpay: 'D0', origin: 'house', text: { zh: '超过允许的时间窗口', en: 'Outside the time window' } },
  { class: 'DECL-CURR', at: 'business', definite: true, unionpay: 'D1', origin: 'house', text: { zh: '币种不符', en: 'The currency does not fit' } },
  { class: 'DECL-MERCH', at: 'business', definite: true, unionpay: '31', origin: 'public', text: { zh: '商户状态不正确', en: 'The merchant is not allowed' } },
  { class: 'DECL-CODE', at: 'business', definite: true, unionpay: 'D2', origin: 'house', text: { zh: '付款码无效', en: 'The payment code is not valid' } },
  { class: 'DECL-ACCOUNT', at: 'business', definite: true, unionpay: '63', origin: 'public', text: { zh: '账户状态不正确', en: 'The account is not in order' } },
  { class: 'DECL-TOKEN', at: 'business', definite: true, unionpay: 'D3', origin: 'house', text: { zh: '账户标识无效', en: 'The token is not valid' } },
  { class: 'DECL-AUTH', at: 'business', definite: true, unionpay: '65', origin: 'public', text: { zh: '身份验证未通过', en: 'The user was not authenticated' } },
  { class: 'DECL-RISK', at: 'business', definite: true, unionpay: '38', origin: 'public', text: { zh: '风控拒绝', en: 'Declined by a risk rule' } },
  { class: 'DECL-AMOUNT', at: 'business', definite: true, unionpay: 'D4', origin: 'house', text: { zh: '金额不被允许', en: 'The amount is not allowed' } },
  { class: 'DECL-LIMIT', at: 'business', definite: true, unionpay: '33', origin: 'public', text: { zh: '超过限额', en: 'Over a limit' } },
  { class: 'DECL-TIER', at: 'business', definite: true, unionpay: 'D5', origin: 'house', text: { zh: '账户分类额度不足', en: 'Over the cap of the account’s tier' } },
  { class: 'DECL-COUPON', at: 'business', definite: true, unionpay: 'D6', origin: 'house', text: { zh: '优惠券不可用', en: 'The coupon cannot be used' } },
  { class: 'DECL-QUOTE', at: 'business', definite: true, unionpay: 'D7', origin: 'house', text: { zh: '汇率报价失效', en: 'The quote is no longer valid' } },
  { class: 'DECL-FUNDTYPE', at: 'business', definite: true, unionpay: '62', origin: 'public', text: { zh: '不支持该资金来源', en: 'This funding source is not supported here' } },
  { class: 'DECL-FUNDS', at: 'business', definite: true, unionpay: '64', origin: 'public', text: { zh: '余额不足', en: 'Insufficient balance' } },
  { class: 'DECL-QUOTA', at: 'business', definite: true, unionpay: 'D8', origin: 'house', text: { zh: '机构可支取额度不足', en: 'The institution’s quota at the switch is used up' } },
  { class: 'NOT_FOUND', at: 'answer', definite: false, unionpay: '34', origin: 'public', text: { zh: '查无此交易', en: 'No such transaction' } },
  { class: 'PENDING', at: 'answer', definite: false, unionpay: '05', origin: 'public', text: { zh: '已受理，请查询结果', en: 'Accepted; ask for the outcome' } },
  { class: 'OK', at: 'answer', definite: true, unionpay: '00', origin: 'public', text: { zh: '成功', en: 'Success' } },
] as const satisfies readonly ClassRow[]

export type AnswerClass = (typeof CLASSES)[number]['class']
export type RejectClass = Extract<AnswerClass, `REJ-${string}`>
export type DeclineClass = Extract<AnswerClass, `DECL-${string}`>

const BY_CLASS = new Map<string, ClassRow>(CLASSES.map((row) => [row.class, row]))
const BY_CODE = new Map<string, AnswerClass>(CLASSES.map((row) => [row.unionpay, row.class]))
/** Codes that a UnionPay-like network also uses for a class named above (facts/unionpay 1.8). */
const ALSO: Readonly<Record<string, AnswerClass>> = { '03': 'PENDING', '04': 'PENDING', A6: 'OK', '98': 'NOT_FOUND' }

export function isAnswerClass(text: string): text is AnswerClass {
  return BY_CLASS.has(text)
}
export function classRow(answer: AnswerClass): ClassRow {
  const row = BY_CLASS.get(answer)
  if (row === undefined) throw new Error(`no answer class ${answer}`)
  return row
}
export const codeOf = (answer: AnswerClass): string => classRow(answer).unionpay
/** Undefined for a code that no row knows: the answer is then unknown, never a success (RFD-026, ROB-020). */
export const classOf = (code: string): AnswerClass | undefined => BY_CODE.get(code) ?? ALSO[code]
export const isReject = (answer: AnswerClass): answer is RejectClass => answer.startsWith('REJ-')
export const isDecline = (answer: AnswerClass): answer is DeclineClass => answer.startsWith('DECL-')
