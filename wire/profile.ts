// A profile: network + frame + suite + order, and every value a network may choose.
// Values: catalogue section 0; those marked ours have no public source.
import { SM2_DEFAULT, type Sm2Options, type SuiteName } from '../crypto/crypto.ts'

export type Network = 'unionpay' | 'netsunion'
export type Order = 'sign-then-encrypt' | 'encrypt-then-sign'

export type Profile = {
  readonly id: string
  readonly network: Network
  readonly frame: 'sifang/1'
  readonly suite: SuiteName
  readonly order: Order
  readonly sm2: Sm2Options
  readonly values: Values
  readonly flags: Flags
}

export type Values = typeof VALUES
export type Flags = typeof FLAGS

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

const VALUES = {
  codeLifeMs: 60 * SECOND_MS,
  clockSkewMs: 300 * SECOND_MS, // ours
  /** Gaps of the query ladder after PENDING or unknown; then a reversal (UnionPay sample: 1 to 32 s). */
  queryLadderMs: [1, 2, 4, 8, 16, 32].map((seconds) => seconds * SECOND_MS),
  /** How long the switch waits for an institution before the outcome is unknown (REV-020). */
  askWaitMs: 5 * SECOND_MS,
  /** How long the acquirer waits for the switch; above the switch's own wait. */
  purchaseWaitMs: 8 * SECOND_MS,
  /** Five sends in all (facts/unionpay 1.7). */
  noticeGapsMs: [1, 2, 4, 5].map((minutes) => minutes * MINUTE_MS),
  noticeWaitMs: 10 * SECOND_MS,
  /** Pause between tries of a reversal or credit that must reach its end; doubled up to the last. Ours. */
  insistGapsMs: [1, 2, 4, 8, 16, 32, 64, 128, 256].map((seconds) => seconds * SECOND_MS),
  /** After this many tries a reversal or credit becomes a case for a person; tries go on at the last gap. Ours. */
  insistAttemptsCase: 20,
  cutOff: { hour: 23, minute: 0 },
  refundWindowMonths: 11,
  fenceLifeMs: 48 * 3600 * SECOND_MS, // ours
  bodyBytesMax: 256 * 1024, // ours
  amountMaxMinor: 9_999_999_999n, // ours: 99,999,999.99 yuan
  /** Above this a code payment waits for the user's password; ours. */
  pinFreeMaxMinor: 100_000n,
  /** How long a payment waits for its user. Ours. */
  userWaitMs: 5 * MINUTE_MS,
  /** Wrong passwords after which a payment fails. Ours. */
  pinTries: 3,
  codePrefix: '62',
  codeDigits: 19,
} as const

const FLAGS = {
  /** UnionPay-like: a purchase, void or refund is accepted first; a notice or a query makes it final. */
  purchaseAnswer: 'accepted' as 'accepted' | 'final',
  /** A payment code that met a declined payment (COD-012). */
  codeAfterDecline: 'consumed' as 'consumed' | 'live',
  /** A reversal without an original; the fence is written either way (REV-002). */
  reversalOfMissing: 'OK' as 'OK' | 'DECL-ORIG',
  /** Showing a new code ends the one shown before (COD-005). */
  refreshRevokes: true as boolean,
  /** A second sign-up of a signed account gets its token again (TOK-002). */
  signUpAgain: 'same-token' as 'same-token' | 'DECL-STATE',
  /** A payment that coupons and packets cover whole (MKT-016). */
  fullDiscount: 'allowed' as 'allowed' | 'DECL-COUPON',
  /** What a full refund does to the coupon that was used: the user gets one like it, or it lapses (MKT-009, MKT-010). */
  couponOnRefund: 'return' as 'return' | 'lapse',
}

const unionpay: Profile = {
  id: 'unionpay',
  network: 'unionpay',
  frame: 'sifang/1',
  suite: 'sm',
  order: 'sign-then-encrypt',
  sm2: SM2_DEFAULT,
  values: VALUES,
  flags: FLAGS,
}

export const PROFILES: Readonly<Record<string, Profile>> = {
  unionpay,
  'unionpay-ets': { ...unionpay, id: 'unionpay-ets', order: 'encrypt-then-sign' },
  sim: { ...unionpay, id: 'sim', suite: 'sm3-shared' },
  'sim-ets': { ...unionpay, id: 'sim-ets', suite: 'sm3-shared', order: 'encrypt-then-sign' },
}
