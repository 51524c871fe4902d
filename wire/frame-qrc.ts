// The frame of UnionPay's domestic QR code interface, version 1.0.0 (facts/unionpay 3): reqType numbers, payerInfo and
// payeeInfo encrypted as a whole, a signature over the sorted members.
import { valueIn } from './form.ts'
import { QRC_METHODS } from './form-methods.ts'
import { formFraming } from './form-framing.ts'
import type { Places } from './form-places.ts'
import { type Dialect, senderMembers, withInnerCode, withoutInnerCode } from './frame-form.ts'
import { textInLine } from './form-values.ts'
import { type MessageType, REQUEST_TYPES, type RequestType, SENDERS } from './messages.ts'

const FAMILY = '000903'

/** The network's own numbers. */
const PUBLIC: Readonly<Partial<Record<RequestType, string>>> = {
  'order.resolve': '0120',
  pay: '0130',
  'pay.query': '0140',
  refund: '0340',
  void: '0330',
  'coupon.query': '0180',
  'code.apply': '0210',
  'auth.request': '0230',
  'auth.result': '0240',
  'notify.payer': '0250',
  purchase: '0310',
  reversal: '0320',
  query: '0350',
  'notify.payee': '0360',
  'qr.create': '0510',
  'qr.query': '0540',
  'qr.cancel': '0570',
}

/** The other number of a message that has two: for an original that the merchant presented. Both are taken. */
const MERCHANT_PRESENTED: Readonly<Partial<Record<RequestType, string>>> = {
  refund: '0150',
  void: '0170',
  'notify.payer': '0160',
  'notify.payee': '0530',
}

/** Ours: the messages for which the network has published no number, in a range that it does not use. */
const HOUSE: readonly string[] = [
  'token.apply',
  'token.change',
  'debit',
  'debit.query',
  'debit.reverse',
  'debit.void',
  'credit',
  'settle',
  'agreement.apply',
  'agreement.confirm',
  'agreement.cancel',
  'user.status',
  'order.create',
  'coupon.exchange',
  'coupon.hold',
  'coupon.use',
  'coupon.free',
  'branch.try',
  'branch.confirm',
  'branch.cancel',
  'composite.query',
  'card.sign',
  'card.debit',
  'card.reverse',
  'card.refund',
  'card.payout',
  'card.query',
  'card.notice',
  'bank.sign',
  'bank.debit',
  'bank.reverse',
  'bank.refund',
  'bank.payout',
  'bank.query',
  'bank.notice',
  'key.fetch',
  'control.fetch',
  'file.fetch',
  'net.notice',
]
const HOUSE_FROM = 9000

function numbered(type: string): string | undefined {
  const house = HOUSE.indexOf(type)
  const known = Object.hasOwn(PUBLIC, type) ? PUBLIC[type as RequestType] : undefined
  const own = known ?? (house < 0 ? undefined : String(HOUSE_FROM + house))
  return own === undefined ? undefined : own + FAMILY
}

function numberOf(type: RequestType): string {
  const own = numbered(type)
  if (own === undefined) throw new Error(`message ${type} has no reqType: give it one in frame-qrc.ts`)
  return own
}

const BY_NUMBER: ReadonlyMap<string, RequestType> = new Map([
  ...REQUEST_TYPES.map((type) => [numbered(type) ?? '', type] as const),
  ...Object.entries(MERCHANT_PRESENTED).map(
    ([type, number]) => [number + FAMILY, type as RequestType] as const,
  ),
])

/** Rows that name a person or an account; the code alone travels in the clear, as it does at the till. */
const PAYER = {
  token: 'accNo',
  accNo: 'accNo',
  customerNm: 'name',
  certifId: 'certifId',
  phoneNo: 'mobile',
  smsCode: 'smsCode',
  accountIdHash: 'accountIdHash',
  cardSignNo: 'cardSignNo',
} as const
const PAYEE_TYPES: readonly MessageType[] = ['qr.create', 'order.resolve.reply']

const PLACES: Places = {
  names: {},
  groups: [
    { member: 'payerInfo', kind: 'sealed', of: PAYER },
    {
      member: 'payeeInfo',
      kind: 'sealed',
      of: { merId: 'id', merName: 'name', merCatCode: 'merCatCode' },
      only: (type) => PAYEE_TYPES.includes(type),
    },
  ],
  rows: { couponInfo: { couponNo: 'id' } },
  told: (_type, row, text, valueOf) => {
    if (row === 'origReqType') return [[row, numbered(text) ?? text]]
    return row === 'respMsg' ? [[row, withInnerCode(textInLine(text), valueOf('respCode'))]] : undefined
  },
  heard: (_type, row, text) => {
    if (row === 'origReqType') return BY_NUMBER.get(text) ?? text
    return row === 'respMsg' ? withoutInnerCode(text) : text
  },
}

/** Which of the three doors a message goes through: the payee's side, the payer's, any other. */
function pathOf(type: RequestType): string {
  const role = SENDERS[type]
  if (role === 'acquirer' || type === 'notify.payee') return '/qrc/api/merBackTransReq.do'
  return role === 'bank' || type.startsWith('bank.') || type === 'settle'
    ? '/qrc/api/backTransReq.do'
    : '/qrc/api/issBackTransReq.do'
}

export const qrcDialect: Dialect = {
  name: 'qrc',
  version: '1.0.0',
  places: PLACES,
  method: { member: 'signType', of: QRC_METHODS },
  typeMember: 'reqType',
  typeOf: (form) => BY_NUMBER.get(valueIn(form, 'reqType') ?? ''),
  naming: (type, entries) => {
    const request = type.replace(/\.reply$/, '') as RequestType
    // A payer's notice tells how the payment began: by its own id where the payer began it.
    const other =
      request === 'notify.payer' && entries.has('payOrderNo') ? MERCHANT_PRESENTED[request] : undefined
    return [['reqType', other === undefined ? numberOf(request) : other + FAMILY]]
  },
  pathOf,
  isPath: (path) => path.startsWith('/qrc/api/'),
  senderMember: senderMembers('acqCode', 'issCode'),
  serialOf: (type) => ({
    names: type === 'code.apply' ? ['qrOrderNo', 'qrOrderTime'] : ['reqNo', 'reqTime'],
  }),
}

export const qrcFrame = formFraming(qrcDialect)
