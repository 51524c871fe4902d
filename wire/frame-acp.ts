// The frame of UnionPay's ACP gateway, version 5.1.0 (facts/unionpay 1), between an acquirer or an institution and the
// switch. What a merchant of ours says to the gateway is the same form; that door is switch/acp.ts.
import { toBase64 } from '../crypto/crypto.ts'
import { type Form, type Pair, valueIn } from './form.ts'
import { ACP_METHODS } from './form-methods.ts'
import { formFraming } from './form-framing.ts'
import type { Places } from './form-places.ts'
import { textInLine } from './form-values.ts'
import { type Dialect, senderMembers, withInnerCode, withoutInnerCode } from './frame-form.ts'
import { MESSAGES, REQUEST_TYPES, type RequestType, SENDERS } from './messages.ts'

const DOOR = '/gateway/api/'
/** Ours: what stands for the receiver's own backUrl between two parties. */
const NOTICE_PATH = `${DOOR}backUrl.do`

type Numbers = readonly [txnType: string, txnSubType: string, bizType: string, door?: string]

/** The network's own numbers. */
const PUBLIC: Readonly<Record<string, Numbers>> = {
  purchase: ['01', '06', '000000'],
  void: ['31', '00', '000000'],
  refund: ['04', '00', '000000'],
  reversal: ['99', '01', '000000'],
  query: ['00', '00', '000000', 'queryTrans.do'],
  'order.create': ['01', '01', '000201', 'appTransReq.do'],
  'key.fetch': ['95', '00', '000000'],
  'file.fetch': ['76', '01', '000000'],
}

/** Ours: all others are txnType 80, which the network does not use, numbered in this order by their txnSubType. */
const HOUSE: readonly string[] = [
  'token.apply',
  'token.change',
  'code.apply',
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
  'auth.request',
  'auth.result',
  'qr.create',
  'qr.cancel',
  'qr.query',
  'order.resolve',
  'coupon.query',
  'pay',
  'pay.query',
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
  'notify.payer',
  'notify.payee',
  'control.fetch',
  'net.notice',
]
const HOUSE_TYPE = '80'

function numbered(type: string): Numbers | undefined {
  const house = HOUSE.indexOf(type)
  if (Object.hasOwn(PUBLIC, type)) return PUBLIC[type]
  return house < 0 ? undefined : [HOUSE_TYPE, String(house + 1).padStart(2, '0'), '000000']
}

const BY_NUMBERS: ReadonlyMap<string, RequestType> = new Map(
  REQUEST_TYPES.flatMap((type) => {
    const numbers = numbered(type)
    return numbers === undefined ? [] : [[numbers[0] + numbers[1], type] as const]
  }),
)

/** What a payee's notice is about has its own txnType there, as in the network; the path says that it is a notice. */
const ABOUT: Readonly<Record<string, readonly [string, string]>> = {
  purchase: ['01', '06'],
  void: ['31', '00'],
  refund: ['04', '00'],
  reversal: ['99', '01'],
}

/** An optional order of a query or a reply is no number of the message itself. */
const namesOrders = (type: RequestType): boolean =>
  [...MESSAGES[type], ...MESSAGES[`${type}.reply`]].some(({ unionpay }) => unionpay === 'orderNo')

const PLACES: Places = {
  names: {
    orderNo: 'orderId',
    orderTime: 'txnTime',
    acqCode: 'acqInsCode',
    voucherNum: 'queryId',
    origVoucherNum: 'origQryId',
    origOrderNo: 'origOrderId',
    origOrderTime: 'origTxnTime',
  },
  groups: [
    { member: 'tokenPayData', kind: 'braced', of: { token: 'token' } },
    { member: 'accNo', kind: 'value', of: { accNo: 'accNo' } },
    {
      member: 'customerInfo',
      kind: 'base64',
      of: { customerNm: 'customerNm', certifId: 'certifId', smsCode: 'smsCode' },
      secret: {
        name: 'encryptedInfo',
        // The first is the network's; the other two are ours.
        of: { phoneNo: 'phoneNo', accountIdHash: 'accountIdHash', cardSignNo: 'cardSignNo' },
      },
    },
  ],
  rows: {
    refundList: { orderNo: 'orderId', orderTime: 'txnTime', voucherNum: 'queryId' },
  },
  told: (_type, row, text, valueOf): readonly Pair[] | undefined => {
    if (row === 'respMsg') return [[row, withInnerCode(textInLine(text), valueOf('respCode'))]]
    // The network writes MMDD and leaves the year to the reader; so that nobody guesses, it stands beside it (ours).
    if (row === 'settleDate' && /^[0-9]{8}$/.test(text))
      return [
        [row, text.slice(4)],
        ['settleYear', text.slice(0, 4)],
      ]
    return undefined
  },
  heard: (_type, row, text, form) => {
    if (row === 'respMsg') return withoutInnerCode(text)
    return row === 'settleDate' && text.length === 4 ? `${settleYear(form, text)}${text}` : text
  },
}

/** Without a year beside it: the one of the transaction, or the next where the day lies before it. */
function settleYear(form: Form, day: string): string {
  const said = valueIn(form, 'settleYear')
  if (said !== undefined) return said
  const time = valueIn(form, 'txnTime') ?? ''
  const year = Number(time.slice(0, 4))
  return Number.isInteger(year) && time.slice(4, 8) === '1231' && day === '0101'
    ? String(year + 1)
    : time.slice(0, 4)
}

function pathOf(type: RequestType): string {
  if (type === 'notify.payee') return NOTICE_PATH
  return DOOR + (PUBLIC[type]?.[3] ?? 'backTransReq.do')
}

export const acpDialect: Dialect = {
  name: 'acp',
  version: '5.1.0',
  places: PLACES,
  method: { member: 'signMethod', of: ACP_METHODS },
  typeMember: 'txnType',
  typeOf: (form, path) =>
    path === NOTICE_PATH
      ? 'notify.payee'
      : BY_NUMBERS.get((valueIn(form, 'txnType') ?? '') + (valueIn(form, 'txnSubType') ?? '')),
  naming: (type, entries) => {
    const request = type.replace(/\.reply$/, '') as RequestType
    const numbers = numbered(request)
    if (numbers === undefined) throw new Error(`message ${type} has no txnType: give it one in frame-acp.ts`)
    const what = String(entries.get('origReqType'))
    const about = type === 'notify.payee' && Object.hasOwn(ABOUT, what) ? ABOUT[what] : undefined
    return [
      ['encoding', 'UTF-8'],
      ['txnType', about?.[0] ?? numbers[0]],
      ['txnSubType', about?.[1] ?? numbers[1]],
      ['bizType', numbers[2]],
      ['channelType', request === 'purchase' ? '08' : '07'],
      ['accessType', '1'],
    ]
  },
  pathOf,
  isPath: (path) => path.startsWith(DOOR),
  senderMember: senderMembers('acqInsCode', 'issCode'),
  serialOf: (type) =>
    namesOrders(type) ? { names: ['reqNo', 'reqTime'] } : { names: ['orderId', 'txnTime'], always: true },
  // Answers and notices carry the switch's certificate, inside what is signed (5.1.0).
  more: (type, signer) =>
    signer.x509 !== undefined && (type.endsWith('.reply') || SENDERS[type as RequestType] === 'switch')
      ? [['signPubKeyCert', pemOf(signer.x509.der())]]
      : [],
}

/** With its line breaks, and none at the end. */
export const pemOf = (der: Uint8Array): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(toBase64(der).match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----',
  ].join('\n')

export const acpFrame = formFraming(acpDialect)
