// What marketing keeps: pools of red-packet money, campaigns with a budget, packets that are split, what each user was
// given, and exchanges with the network.
import { kind } from '../store/store.ts'

/** Money for red packets lies in RP:<pool>; never more is promised out of it than was put in. */
export type Pool = { readonly id: string; readonly funded: bigint; readonly promised: bigint }

export type Campaign = {
  readonly id: string
  readonly gives: 'coupon' | 'packet'
  /** Issuer of the coupons, or pool of the packets. */
  readonly from: string
  readonly face: bigint
  readonly threshold: bigint
  readonly budget: bigint
  /** Sum of what was given away; a guarded sum, read and written in the change that gives. */
  readonly granted: bigint
  readonly perUser: number
  readonly until: number
  readonly lifeMs: number
}

/** A sum drawn into shares when it was made; whoever claims gets the next. */
export type Split = {
  readonly id: string
  readonly pool: string
  readonly total: bigint
  readonly shares: readonly bigint[]
  readonly claimed: number
  readonly perUser: number
  readonly until: number
  readonly lifeMs: number
}

/** A coupon or packet that somebody was given, under the id that whoever asked for it chose. */
export type Voucher = {
  readonly id: string
  readonly user: string
  readonly gives: 'coupon' | 'packet'
  /** What it was given for: a campaign, a split packet, or a grant with its content. */
  readonly cause: string
}

/** A wallet coupon that becomes a red packet of the network: in one system or in the other, never in both (MKT-014). */
export type Exchange = {
  readonly id: string
  readonly user: string
  readonly token: string
  readonly coupon: string
  readonly face: bigint
  readonly state: 'PENDING' | 'SUCCESS' | 'FAILED'
  readonly networkCoupon?: string
  readonly because?: string
}

export const pools = kind<Pool>('pool')
/** One payment into a pool, under its payer's own id. */
export const deposits = kind<{ readonly pool: string; readonly amount: bigint }>('pool-deposit')
export const campaigns = kind<Campaign>('campaign')
export const splits = kind<Split>('split')
export const vouchers = kind<Voucher>('voucher')
/** How much of one campaign or split a user has had. */
export const takings = kind<{ readonly count: number }>('taking')
export const exchanges = kind<Exchange>('exchange')

/** A user's vouchers, oldest first: found by user and time. */
export const OF_USER = 'voucher-of-user'
const TIME_DIGITS = 16
export const userMark = (user: string, at: number): string =>
  `${user}.${String(at).padStart(TIME_DIGITS, '0')}`
/** All marks of one user: ids hold no point and no slash. */
export const userMarks = (user: string): readonly [string, string] => [`${user}.`, `${user}/`]
