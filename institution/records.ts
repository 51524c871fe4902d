// What the institution keeps, kind by kind, and the states each may move through (catalogue section 0).
import { type Kind, kind } from '../store/store.ts'
import { type AnswerClass, beijingDay } from '../wire/wire.ts'

export type User = {
  readonly id: string
  readonly account: string
  readonly status: 'active' | 'frozen' | 'closed'
  /** Who stands behind the account: limits that the law sets per person are counted under it (LIM-005). */
  readonly person: string
  /** Ⅰ, Ⅱ or Ⅲ by how well the person was identified (PBoC 2015-43). */
  readonly tier: 1 | 2 | 3
  /** Digest of the payment password. */
  readonly pin: string
}
export type Balance = { readonly amount: bigint }

export type Token = {
  readonly token: string
  /** Empty for a token that was cancelled before it was ever bound (TOK-018). */
  readonly user: string
  readonly state: 'T_ACTIVE' | 'T_SUSPENDED' | 'T_UNBOUND'
  readonly boundAt?: string
  /** It came with an agreement, from the switch's side. */
  readonly agreed?: boolean
  /** The last day on which it pays (TOK-017). */
  readonly validDay?: string
  /** Who suspended it: only the same may resume it. */
  readonly suspendedBy?: 'user' | 'account' | 'phone'
}
/** Whether a payment may be made with it at `at`. */
export const paysOn = (token: Token | undefined, at: number): token is Token =>
  token?.state === 'T_ACTIVE' && (token.validDay === undefined || beijingDay(at) <= token.validDay)
/** A user's token now, and those before it: a token is never bound again (TOK-010). */
export type TokenOfUser = { readonly token: string; readonly former?: readonly string[] }
export type Code = {
  readonly code: string
  readonly token: string
  readonly state: 'C_LIVE' | 'C_USED' | 'C_REVOKED'
  readonly expiresAt: number
  readonly usedBy?: string
  /** What the user chose to pay with when the code was shown. */
  readonly funding: Funding
}

/** What a user pays with, in order: each source gives what it has, up to `most`, of what is still missing. */
export type Source =
  | { readonly from: 'coupon'; readonly id: string }
  | { readonly from: 'packet'; readonly id: string; readonly most?: bigint }
  | { readonly from: 'balance'; readonly most?: bigint }
  | { readonly from: 'card'; readonly id: string; readonly most?: bigint }
  /** A coupon that the network keeps, and what it is worth there. */
  | { readonly from: 'network'; readonly id: string; readonly amount: bigint }
export type Funding = readonly Source[]
export const FROM_BALANCE: Funding = [{ from: 'balance' }]

/** A part of a payment from one source. `account` is where it was debited, and where a refund of it goes (RFD-018). */
export type Leg = {
  readonly source: 'BALANCE' | 'PACKET' | 'COUPON' | 'CARD' | 'NETWORK'
  readonly account: string
  readonly amount: bigint
  /** Given back so far. */
  readonly returned: bigint
  /** Coupon, packet or card. */
  readonly ref?: string
  readonly sponsor?: string
}

/** A voucher of an issuer: single use, above a threshold, until a day. */
export type Coupon = {
  readonly id: string
  readonly user: string
  readonly issuer: string
  readonly face: bigint
  readonly threshold: bigint
  readonly expiresAt: number
  readonly state: 'FREE' | 'LOCKED' | 'USED' | 'RETURNED'
  /** The payment that locked or used it. */
  readonly by?: string
}

/** A user's share of a pool: spendable in parts until it lapses. The money stays in the pool until it is spent. */
export type Packet = {
  readonly id: string
  readonly user: string
  readonly pool: string
  readonly left: bigint
  readonly expiresAt: number
}

export type PaymentState =
  | 'PENDING'
  | 'SUCCESS'
  | 'FAILED'
  | 'CLOSED'
  | 'REVERSED'
  | 'VOIDED'
  | 'PART_REFUNDED'
  | 'REFUNDED'
  | 'FENCED'
/** Legal moves; FENCED and FAILED are where a payment may begin and end. */
export const PAYMENT_NEXT: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  PENDING: ['SUCCESS', 'FAILED', 'CLOSED', 'REVERSED'],
  SUCCESS: ['REVERSED', 'VOIDED', 'PART_REFUNDED', 'REFUNDED'],
  VOIDED: ['SUCCESS'],
  PART_REFUNDED: ['PART_REFUNDED', 'REFUNDED'],
  FAILED: [],
  CLOSED: [],
  REVERSED: [],
  REFUNDED: [],
  FENCED: [],
}

/** What was answered the first time; a repeat gets the same. */
export type Said = {
  readonly class: AnswerClass
  readonly detail?: string
  /** The risk rule that stopped it; told to nobody outside. */
  readonly rule?: string
}

export type Payment = {
  /** Who began it: the shop reads the user's code, the user scans the shop's, or an app calls the wallet. */
  readonly scene: 'CPM' | 'MPM' | 'ONLINE'
  readonly acquirer: string
  readonly merchant: string
  readonly order: string
  readonly orderTime: string
  readonly transaction: string
  readonly user: string
  readonly token: string
  readonly amount: bigint
  readonly currency: string
  readonly clearingDay: string
  readonly state: PaymentState
  /** Where the money comes from; empty until it is decided. */
  readonly legs: readonly Leg[]
  readonly funding: Funding
  /** What a pending payment waits for. */
  readonly waits?: Waiting
  /** When it was asked for, by this party's clock. */
  readonly at: number
  /** The user proved to be there: the payment password was given. */
  readonly verified?: boolean
  /** The user's phone vouched for this payment with the seed that only it holds. */
  readonly signed?: boolean
  /** The shop's code is printed: anybody could have pasted another over it (class D). */
  readonly staticCode?: boolean
  readonly merchantName?: string
  readonly merchantCategory?: string
  readonly region?: string
  readonly business?: string
  /** For a payment that the wallet itself began: its own id, and the order number of the switch. */
  readonly payment?: string
  readonly tn?: string
  /** Until when the order of such a payment may be paid. */
  readonly validUntil?: number
  /** The order to the bank for its card leg (card-records.ts). */
  readonly attempt?: string
  /** The branch that the network keeps of it (compose.ts). */
  readonly branch?: string
  /** Refunds that are final, and refunds under way; both count against the amount (RFD-016). */
  readonly refunded: bigint
  readonly refunding: bigint
  readonly refunds: readonly string[]
  readonly said: Said
  /** SM3 of the first request's fields; a repeat must carry the same. */
  readonly digest: string
}

/** user: the password is to be given. card: the bank has not said. order: the switch has not said. */
export type Waiting = {
  readonly for: 'user' | 'card' | 'order'
  readonly until: number
  readonly wrong?: number
}

export type Refund = {
  readonly acquirer: string
  readonly order: string
  readonly orderTime: string
  readonly transaction: string
  readonly amount: bigint
  readonly currency: string
  readonly clearingDay: string
  readonly of: string
  readonly state: 'R_PENDING' | 'R_SUCCESS' | 'R_FAILED' | 'R_CLOSED' | 'R_ABNORMAL'
  /** What went back over which leg of the payment, leg by leg in the payment's order. */
  readonly parts: readonly bigint[]
  /** What became of the coupons, where the refund was the last of the payment. */
  readonly coupons?: readonly {
    readonly coupon: string
    readonly state: 'RETURNED' | 'EXTENDED' | 'LAPSED'
  }[]
  readonly said: Said
  readonly digest: string
}

export type Reversal = {
  readonly of: string
  readonly said: Said
  readonly state: PaymentState
  readonly digest: string
}
export type Void = Omit<Refund, 'state' | 'parts'> & {
  readonly state: 'VOIDED' | 'FAILED' | 'UNDONE' | 'FENCED'
}
export type NoticeRecord = { readonly transaction: string; readonly state: string; readonly digest: string }
/** Which record a network transaction id belongs to. */
export type ByTransaction = { readonly type: 'debit' | 'credit' | 'void'; readonly id: string }

export const users = kind<User>('user')
export const balances = kind<Balance>('balance')
export const tokens = kind<Token>('token')
export const tokenOfUser = kind<TokenOfUser>('user-token')
export const codes = kind<Code>('code')
export const codeOfUser = kind<{ readonly code: string }>('user-code')
const plainPayments = kind<Payment>('payment')
export const BY_BUSINESS = 'payments-by-business'
export const PENDING_OF_TOKEN = 'payments-pending-of-token'
/** Found by business code where it carries one, and while it is pending by its token: put so each time. */
const foundBy = (id: string, { business, state, token }: Payment): Readonly<Record<string, string>> => ({
  ...(business !== undefined && { [BY_BUSINESS]: `${business}.${id}` }),
  ...(state === 'PENDING' && token !== '' && { [PENDING_OF_TOKEN]: token }),
})
export const payments: Kind<Payment> = {
  ...plainPayments,
  put: (id, payment, more = {}) => plainPayments.put(id, payment, { ...more, indexed: foundBy(id, payment) }),
}
export const refunds = kind<Refund>('refund')
export const voids = kind<Void>('void')
export const coupons = kind<Coupon>('coupon')
export const packets = kind<Packet>('packet')
export const reversals = kind<Reversal>('reversal')
export const notices = kind<NoticeRecord>('notice')
export const nonces = kind<{ readonly seen: true }>('nonce')
export const byTransaction = kind<ByTransaction>('transaction')

/** The business key of an item: sender's institution, its order id and its order time (REV-016, QRY-011). */
export const itemKey = ({
  acquirer,
  order,
  orderTime,
}: {
  acquirer: string
  order: string
  orderTime: string
}): string => `${acquirer}.${orderTime}.${order}`

/** The same of the item that a refund or a void is about. */
export const originalKey = ({
  acquirer,
  origOrder,
  origOrderTime,
}: {
  acquirer: string
  origOrder: string
  origOrderTime: string
}): string => itemKey({ acquirer, order: origOrder, orderTime: origOrderTime })

/** A reversal's own key: the sender's id for it (REV-006). */
export const reversalKey = ({ acquirer, reversal }: { acquirer: string; reversal: string }): string =>
  `${acquirer}.${reversal}`
