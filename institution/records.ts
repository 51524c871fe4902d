// What the institution keeps, kind by kind, and the states each may move through (catalogue section 0).
import { kind } from '../store/store.ts'
import type { AnswerClass } from '../wire/wire.ts'

export type User = {
  readonly id: string
  readonly account: string
  readonly status: 'active' | 'frozen' | 'closed'
}
export type Balance = { readonly amount: bigint }

export type Token = {
  readonly token: string
  readonly user: string
  readonly state: 'T_ACTIVE' | 'T_SUSPENDED' | 'T_UNBOUND'
}
export type Code = {
  readonly code: string
  readonly token: string
  readonly state: 'C_LIVE' | 'C_USED' | 'C_REVOKED'
  readonly expiresAt: number
  readonly usedBy?: string
}

export type PaymentState = 'SUCCESS' | 'FAILED' | 'REVERSED' | 'PART_REFUNDED' | 'REFUNDED' | 'FENCED'
/** Legal moves; FENCED and FAILED are where a payment may begin and end. */
export const PAYMENT_NEXT: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  SUCCESS: ['REVERSED', 'PART_REFUNDED', 'REFUNDED'],
  PART_REFUNDED: ['PART_REFUNDED', 'REFUNDED'],
  FAILED: [],
  REVERSED: [],
  REFUNDED: [],
  FENCED: [],
}

/** What was answered the first time; a repeat gets the same. */
export type Said = { readonly class: AnswerClass; readonly detail?: string }

export type Payment = {
  readonly acquirer: string
  readonly merchant: string
  readonly order: string
  readonly orderTime: string
  readonly transaction: string
  readonly user: string
  readonly amount: bigint
  readonly currency: string
  readonly clearingDay: string
  readonly state: PaymentState
  readonly refunded: bigint
  readonly refunds: readonly string[]
  readonly said: Said
  /** SM3 of the first request's fields; a repeat must carry the same. */
  readonly digest: string
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
  readonly state: 'R_SUCCESS' | 'R_FAILED' | 'R_ABNORMAL'
  readonly said: Said
  readonly digest: string
}

export type Reversal = {
  readonly of: string
  readonly said: Said
  readonly state: PaymentState
  readonly digest: string
}
export type NoticeRecord = { readonly transaction: string; readonly state: string; readonly digest: string }
/** Which record a network transaction id belongs to. */
export type ByTransaction = { readonly type: 'debit' | 'credit'; readonly id: string }

export const users = kind<User>('user')
export const balances = kind<Balance>('balance')
export const tokens = kind<Token>('token')
export const tokenOfUser = kind<{ readonly token: string }>('user-token')
export const codes = kind<Code>('code')
export const codeOfUser = kind<{ readonly code: string }>('user-code')
export const payments = kind<Payment>('payment')
export const refunds = kind<Refund>('refund')
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
