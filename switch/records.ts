// What the switch keeps, kind by kind, and the states each may move through.
import { type Kind, kind } from '../store/store.ts'
import type { AnswerClass } from '../wire/wire.ts'

export type Token = {
  readonly token: string
  readonly institution: string
  /** The institution's own reference, or the agreement that the token came with. */
  readonly account: string
  readonly state: 'T_PENDING' | 'T_ACTIVE' | 'T_SUSPENDED' | 'T_UNBOUND'
}
/** A sign-up that the switch began: what it told the institution, and what became of it. */
export type Agreement = {
  readonly agreement: string
  readonly institution: string
  readonly token: string
  readonly state: 'APPLIED' | 'REFUSED' | 'CONFIRMING' | 'BOUND' | 'CANCELLING' | 'CANCELLED'
  /** What the user typed; kept for the repeat and forgotten with the answer. */
  readonly smsCode?: string
  readonly validDay?: string
  readonly boundAt?: string
  readonly said?: Said
}
export type Code = {
  readonly code: string
  readonly token: string
  readonly institution: string
  readonly state: 'C_LIVE' | 'C_USED'
  readonly expiresAt: number
}

export type PurchaseState =
  | 'ASKED'
  | 'UNKNOWN'
  | 'SUCCESS'
  | 'FAILED'
  | 'REVERSING'
  | 'REVERSED'
  | 'VOIDED'
  | 'PART_REFUNDED'
  | 'REFUNDED'
  | 'FENCED'

/** Legal moves; walked by a property test and printed in the docs. */
export const PURCHASE_NEXT: Readonly<Record<PurchaseState, readonly PurchaseState[]>> = {
  ASKED: ['SUCCESS', 'FAILED', 'UNKNOWN', 'REVERSING'],
  UNKNOWN: ['SUCCESS', 'FAILED', 'REVERSING'],
  SUCCESS: ['REVERSING', 'VOIDED', 'PART_REFUNDED', 'REFUNDED'],
  REVERSING: ['REVERSED'],
  // Only by an undoing of the void that the institution acknowledged.
  VOIDED: ['SUCCESS'],
  PART_REFUNDED: ['PART_REFUNDED', 'REFUNDED'],
  FAILED: [],
  REVERSED: [],
  REFUNDED: [],
  FENCED: [],
}

/** `field`: the one at fault, by its name on the wire. */
export type Said = { readonly class: AnswerClass; readonly detail?: string; readonly field?: string }

export type Purchase = {
  readonly acquirer: string
  readonly merchant: string
  readonly merchantName: string
  readonly merchantCategory: string
  readonly order: string
  readonly orderTime: string
  readonly amount: bigint
  readonly currency: string
  readonly memo?: string
  readonly business?: string
  readonly region?: string
  /** Empty where the payer began it; then `tn` is the order it paid, and `payment` the institution's own id. */
  readonly code: string
  readonly tn?: string
  readonly payment?: string
  /** When it was admitted. */
  readonly at: number
  readonly token: string
  readonly institution: string
  readonly transaction: string
  readonly clearingDay: string
  readonly state: PurchaseState
  /** The final answer once there is one; PENDING until then. */
  readonly said: Said
  /** Refunds that are final, and refunds under way; both count against the amount (RFD-016). */
  readonly refunded: bigint
  readonly refunding: bigint
  readonly refunds: readonly string[]
  /** The reversal under way: its id, and the clearing day on which it was asked for. */
  readonly reversal?: string
  readonly reversalDay?: string
  /** The void under way: nothing else may touch the purchase until it is over. */
  readonly voiding?: string
  readonly digest: string
}

export type Refund = {
  readonly acquirer: string
  readonly merchant: string
  readonly order: string
  readonly orderTime: string
  readonly of: string
  readonly amount: bigint
  readonly currency: string
  readonly transaction: string
  readonly clearingDay: string
  readonly memo?: string
  readonly business?: string
  readonly state: 'R_PENDING' | 'R_SUCCESS' | 'R_FAILED'
  readonly said: Said
  readonly digest: string
}

/** UNDOING: the void itself is being taken back (撤销冲正). FENCED: its undoing came first, and it may never begin. */
export type Void = Omit<Refund, 'state' | 'memo'> & {
  readonly state: 'V_PENDING' | 'VOIDED' | 'V_FAILED' | 'UNDOING' | 'UNDONE' | 'FENCED'
  /** The undoing that was asked for, and the institution's no to it. */
  readonly undo?: string
  readonly undoRefused?: AnswerClass
}

/** A red packet of the network that a wallet coupon became. */
export type NetworkCoupon = {
  readonly coupon: string
  readonly institution: string
  readonly token: string
  readonly face: bigint
  readonly state: 'FREE' | 'LOCKED' | 'USED'
  /** The branch that locked it. */
  readonly by?: string
}
/** A leg of a composite payment on a network coupon. No digest: it was freed before it came, and is fenced. */
export type CouponBranch = {
  readonly coupon: string
  readonly state: 'TRIED' | 'CONFIRMED' | 'CANCELLED'
  readonly class: AnswerClass
  readonly digest: string
}

export const tokens = kind<Token>('token')
/** How each exchange ended, by institution and its own id; the same for ever. */
export const exchanges = kind<{
  readonly class: AnswerClass
  readonly digest: string
  readonly coupon?: string
}>('exchange')
export const couponBranches = kind<CouponBranch>('coupon-branch')
/** The free ones are found by their token. */
export const OF_TOKEN = 'coupons-of-token'
const plainCoupons = kind<NetworkCoupon>('network-coupon')
export const networkCoupons: Kind<NetworkCoupon> = {
  ...plainCoupons,
  put: (id, coupon, more = {}) =>
    plainCoupons.put(id, coupon, {
      ...more,
      ...(coupon.state === 'FREE' && { indexed: { [OF_TOKEN]: `${coupon.token}.${id}` } }),
    }),
}
export const tokenOfAccount = kind<{ readonly token: string }>('account-token')
export const codes = kind<Code>('code')
export const agreements = kind<Agreement>('agreement')
/** Found by business code as well: a record that carries one is put with it each time. */
export const BY_BUSINESS = 'items-by-business'
function byBusiness<T extends Purchase | Refund | Void>(plain: Kind<T>): Kind<T> {
  return {
    ...plain,
    put: (id, record, more = {}) =>
      plain.put(id, record, {
        ...more,
        ...(record.business !== undefined && {
          indexed: { [BY_BUSINESS]: `${record.business}.${plain.name}.${id}` },
        }),
      }),
  }
}
export const purchases = byBusiness(kind<Purchase>('purchase'))
export const refunds = byBusiness(kind<Refund>('refund'))
export const voids = byBusiness(kind<Void>('void'))
export const transactions = kind<{ readonly type: 'purchase' | 'refund' | 'void'; readonly id: string }>(
  'transaction',
)
export const nonces = kind<{ readonly seen: true }>('nonce')

export const itemKey = ({
  acquirer,
  order,
  orderTime,
}: {
  acquirer: string
  order: string
  orderTime: string
}): string => `${acquirer}.${orderTime}.${order}`

export function move(purchase: Purchase, to: PurchaseState, more: Partial<Purchase> = {}): Purchase {
  const legal: readonly PurchaseState[] = PURCHASE_NEXT[purchase.state]
  if (!legal.includes(to))
    throw new Error(`purchase ${itemKey(purchase)}: ${purchase.state} may not become ${to}`)
  return { ...purchase, ...more, state: to }
}

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
