// What the switch keeps, kind by kind, and the states each may move through.
import { kind } from '../store/store.ts'
import type { AnswerClass } from '../wire/wire.ts'

export type Token = {
  readonly token: string
  readonly institution: string
  readonly account: string
  readonly state: 'T_ACTIVE' | 'T_UNBOUND'
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
  | 'PART_REFUNDED'
  | 'REFUNDED'
  | 'FENCED'

/** Legal moves; walked by a property test and printed in the docs. */
export const PURCHASE_NEXT: Readonly<Record<PurchaseState, readonly PurchaseState[]>> = {
  ASKED: ['SUCCESS', 'FAILED', 'UNKNOWN', 'REVERSING'],
  UNKNOWN: ['SUCCESS', 'FAILED', 'REVERSING'],
  SUCCESS: ['REVERSING', 'PART_REFUNDED', 'REFUNDED'],
  REVERSING: ['REVERSED'],
  PART_REFUNDED: ['PART_REFUNDED', 'REFUNDED'],
  FAILED: [],
  REVERSED: [],
  REFUNDED: [],
  FENCED: [],
}

export type Said = { readonly class: AnswerClass; readonly detail?: string }

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
  readonly code: string
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
  readonly state: 'R_PENDING' | 'R_SUCCESS' | 'R_FAILED'
  readonly said: Said
  readonly digest: string
}

export const tokens = kind<Token>('token')
export const tokenOfAccount = kind<{ readonly token: string }>('account-token')
export const codes = kind<Code>('code')
export const purchases = kind<Purchase>('purchase')
export const refunds = kind<Refund>('refund')
export const transactions = kind<{ readonly type: 'purchase' | 'refund'; readonly id: string }>('transaction')
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
