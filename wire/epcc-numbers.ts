// Which number a message has in EPCC, in which direction it goes, and what is said with it that is the same in every message
// of the type (facts/netsunion-gm 2 and 4). Numbers of the 900s, BizTp as a mark of cards and RPFlg as one of the side are ours.
import { type MessageType, REQUEST_TYPES, type RequestType, SENDERS } from './messages.ts'

/** Sender and side of a request; whoever answers swaps the first digit. */
type Direction = '11' | '12' | '13' | '21' | '22' | '23'

export type Numbered = {
  readonly number: string
  readonly reply: string
  readonly direction: Direction
  /** Members that say which message of a number it is; a `-` must be absent. */
  readonly marks: Readonly<Record<string, string>>
  readonly origin: 'public' | 'house'
}

const PUBLIC: Readonly<
  Partial<
    Record<
      RequestType,
      { number: string; reply: string; direction: Direction; marks?: Readonly<Record<string, string>> }
    >
  >
> = {
  'agreement.apply': { number: '101', reply: '102', direction: '21', marks: { TrxCtgy: '0201' } },
  'agreement.confirm': { number: '101', reply: '102', direction: '21', marks: { TrxCtgy: '0202' } },
  'card.sign': { number: '101', reply: '102', direction: '11', marks: { TrxCtgy: '0202' } },
  'bank.sign': { number: '101', reply: '102', direction: '22', marks: { TrxCtgy: '0202' } },
  'agreement.cancel': { number: '103', reply: '104', direction: '21' },
  debit: { number: '201', reply: '206', direction: '21', marks: { TrxCtgy: '0110', BizTp: '100001' } },
  'card.debit': { number: '201', reply: '206', direction: '11', marks: { TrxCtgy: '0110', BizTp: '100002' } },
  'bank.debit': { number: '201', reply: '206', direction: '22', marks: { TrxCtgy: '0110', BizTp: '100002' } },
  refund: { number: '205', reply: '206', direction: '11', marks: { TrxCtgy: '0121', BizTp: '100001' } },
  credit: { number: '205', reply: '206', direction: '21', marks: { TrxCtgy: '0121', BizTp: '100001' } },
  'card.refund': {
    number: '205',
    reply: '206',
    direction: '11',
    marks: { TrxCtgy: '0121', BizTp: '100002' },
  },
  'bank.refund': {
    number: '205',
    reply: '206',
    direction: '23',
    marks: { TrxCtgy: '0121', BizTp: '100002' },
  },
  'card.payout': {
    number: '211',
    reply: '206',
    direction: '11',
    marks: { TrxCtgy: '0120', BizTp: '120007' },
  },
  'bank.payout': {
    number: '211',
    reply: '206',
    direction: '23',
    marks: { TrxCtgy: '0120', BizTp: '120007' },
  },
  // 208 where it is about a refund: see numberOf.
  'notify.payer': { number: '207', reply: '303', direction: '21', marks: { RPFlg: '1' } },
  'notify.payee': { number: '207', reply: '303', direction: '21', marks: { RPFlg: '2' } },
  'card.notice': { number: '207', reply: '303', direction: '21', marks: { RPFlg: '-' } },
  'bank.notice': { number: '207', reply: '303', direction: '12', marks: { RPFlg: '-' } },
  'control.fetch': { number: '401', reply: '402', direction: '11' },
}

export const ACKNOWLEDGEMENT = '303'
export const REFUND_NOTICE = '208'
const NOTICE = '207'

/** Ours: the first of two numbers for each message without a public one. A new message gets the next; none is given twice. */
const HOUSE: readonly RequestType[] = [
  'token.apply',
  'code.apply',
  'purchase',
  'debit.query',
  'debit.reverse',
  'debit.void',
  'reversal',
  'query',
  'void',
  'settle',
  'token.change',
  'user.status',
  'auth.request',
  'auth.result',
  'qr.create',
  'qr.cancel',
  'qr.query',
  'order.create',
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
  'card.reverse',
  'bank.reverse',
  'card.query',
  'bank.query',
  'key.fetch',
  'file.fetch',
  'net.notice',
]
const HOUSE_FIRST = 901

function directionOf(type: RequestType): Direction {
  const sender = SENDERS[type]
  if (sender === 'bank') return '12'
  if (sender !== 'switch') return '11'
  return type.startsWith('bank.') || type === 'settle' ? '22' : '21'
}

function numbered(type: RequestType): Numbered {
  const known = PUBLIC[type]
  if (known !== undefined) return { marks: {}, ...known, origin: 'public' }
  const at = HOUSE.indexOf(type)
  if (at < 0) throw new Error(`message ${type} has no number in EPCC: add it to the end of HOUSE`)
  const number = HOUSE_FIRST + 2 * at
  return {
    number: String(number),
    reply: String(number + 1),
    direction: directionOf(type),
    marks: {},
    origin: 'house',
  }
}

export const EPCC_NUMBERS = Object.fromEntries(
  REQUEST_TYPES.map((type) => [type, numbered(type)]),
) as Readonly<Record<RequestType, Numbered>>

export const messageNumber = (number: string): string => `epcc.${number}.001.01`

export const epccNumber = (type: RequestType): string => messageNumber(EPCC_NUMBERS[type].number)

export const swapped = (direction: string): string =>
  `${direction.startsWith('1') ? '2' : '1'}${direction.slice(1)}`

export const requestTypeOf = (type: MessageType): RequestType => type.replace(/\.reply$/, '') as RequestType

/** A notice of a refund has a number of its own. */
export function numberOf(type: RequestType, about: string | undefined): string {
  const { number } = EPCC_NUMBERS[type]
  return number === NOTICE && about === 'refund' ? REFUND_NOTICE : number
}

export type Saying = {
  readonly number: string
  readonly direction: string
  mark(name: string): string | undefined
}

/** The request that says so; undefined where none does. */
export function typeSaid({ number, direction, mark }: Saying): RequestType | undefined {
  const wanted = number === REFUND_NOTICE ? NOTICE : number
  return REQUEST_TYPES.find((type) => {
    const row = EPCC_NUMBERS[type]
    return (
      row.number === wanted &&
      row.direction === direction &&
      Object.entries(row.marks).every(([name, value]) => (mark(name) ?? '-') === value)
    )
  })
}
