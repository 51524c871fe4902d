// A profile: network + frame + suite + order, and every value a network may choose.
// Values: catalogue section 0; those marked ours have no public source.
import type { FrameName } from './framing.ts'
import { SM2_DEFAULT, type Sm2Options, type Sm4Options, type SuiteName } from '../crypto/crypto.ts'

export type Network = 'unionpay' | 'netsunion'
export type Order = 'sign-then-encrypt' | 'encrypt-then-sign'

export type Profile = {
  readonly id: string
  readonly network: Network
  readonly frame: FrameName
  readonly suite: SuiteName
  readonly order: Order
  readonly sm2: Sm2Options
  /** Where the frame leaves the mode of SM4 open. */
  readonly sm4?: Sm4Options
  readonly values: Values
  readonly flags: Flags
}

export type Values = typeof VALUES
export type Flags = { readonly [F in keyof typeof FLAG_CHOICES]: (typeof FLAG_CHOICES)[F][number] }

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
  cutOff: { hour: 23, minute: 0 } as { readonly hour: number; readonly minute: number },
  refundWindowMonths: 11,
  fenceLifeMs: 48 * 3600 * SECOND_MS, // ours
  bodyBytesMax: 256 * 1024, // ours
  amountMaxMinor: 9_999_999_999n, // ours: 99,999,999.99 yuan
  /** Above this a code payment waits for the user's password; ours. */
  pinFreeMaxMinor: 100_000n,
  /** How long a payment waits for its user. Ours. */
  userWaitMs: 5 * MINUTE_MS,
  /** How old an order may be for its own time to decide whether a red packet or coupon had lapsed (MKT-011). Ours. */
  orderAgeMaxMs: 15 * MINUTE_MS,
  /** How much longer an expired coupon holds where a full refund extends it (MKT-010). Ours. */
  couponExtendMs: 7 * 24 * 60 * MINUTE_MS,
  /** How long the institution waits for the switch to exchange a coupon (MKT-014). Ours. */
  exchangeWaitMs: 5 * SECOND_MS,
  /** After the cut-off, how long until own funds pay for the day's coupons (MKT-019). Ours. */
  ownFundsDelayMs: 10 * MINUTE_MS,
  /** Wrong passwords after which a payment fails. Ours. */
  pinTries: 3,
  /** An SMS challenge: how long its code holds, how many wrong ones lock the user, and for how long. Ours. */
  smsLifeMs: 5 * MINUTE_MS,
  smsTries: 3,
  smsLockMs: 30 * MINUTE_MS,
  /** A code that a phone makes by itself: one in each step; and how far its clock may be off (COD-007). Ours. */
  codeStepMs: 10 * SECOND_MS,
  phoneSkewMs: 30 * SECOND_MS,
  /** Bad payment codes of one acquirer within the window, after which its codes are not looked at (COD-008). Ours. */
  codeMissesMax: 30,
  codeMissesWindowMs: MINUTE_MS,
  /** Payments without a password in one day, together; above it the user is asked (LIM-014). Ours. */
  pinFreeDayMinor: 100_000n,
  /** A person's sum in one day by class of code (PBoC 条码支付业务规范); class A is what was agreed with the user. */
  codeDayMinor: { B: 500_000n, C: 100_000n, D: 50_000n },
  /** What a person may pay from balances: in a lifetime for class Ⅰ, in a year for Ⅱ and Ⅲ (PBoC 2015-43). */
  tierCapMinor: { 1: 100_000n, 2: 10_000_000n, 3: 20_000_000n },
  /** Hosts of the network's merchant codes; an address on any other is not opened (MPM-008). */
  codeHosts: ['qr.95516.com'],
  /** How long an order may be paid where its acquirer names no end. Ours. */
  orderLifeMs: 15 * MINUTE_MS,
  /** Digits of each part of a business code (sources/004 gives the parts and the whole of 20; the split is ours). */
  businessSplit: { product: 5, mode: 3, action: 2, channel: 4, outlet: 6 },
  /** Its actions. Ours. */
  businessActions: { pay: '01', refund: '02', void: '03', topUp: '04', withdraw: '05', transfer: '06' },
  /** Pause between questions about a bank order or a branch that nobody has ended: a little under the five seconds in
   *  which an end is to be learnt (case-004), by what a question takes. */
  pollMs: 4_500,
  /** After so many questions, about a minute, the pause doubles at each, up to the longest. Ours. */
  pollsBeforeDegrading: 12,
  pollGapMaxMs: 60 * MINUTE_MS,
  /** After so many questions a person hears of it; it is asked for all the same. Ours. */
  bankTriesCase: 20,
  /** Merchant categories at which no credit card pays: cash, money orders, stored value. Ours. */
  creditBarredCategories: ['4829', '6010', '6011', '6012', '6051', '6540'],
  /** Wrong amounts after which a card cannot be proven by a small deposit any more. Ours. */
  depositTries: 3,
  /** How long before the switch's encryption certificate ends its successor is asked for: the month in which old and new
   *  run in parallel; and how often at most (facts/unionpay 1.5). */
  keyLeadMs: 30 * 24 * 60 * MINUTE_MS,
  keyGapMs: 24 * 60 * MINUTE_MS,
  /** How long after the cut-off a day stays open for what was stamped before it (catalogue section 0: ±3 min). */
  cutWindowMs: 3 * MINUTE_MS,
  /** A day waits for items in flight so long, and is looked at so often; then they are cleared on the next. Ours. */
  closeLatestMs: 30 * MINUTE_MS,
  closeGapMs: 30 * SECOND_MS,
  /** When the files of a day can be fetched, after 0:00 of the next (facts/unionpay 2.2: about 09:00), and how often who
   *  finds none asks again. Ours: the gap. */
  fileAfterMs: 9 * 60 * MINUTE_MS,
  fileRetryMs: 10 * MINUTE_MS,
  /** When the bank is told to move a day's nets, after 0:00 of the next day on which banks work. Ours. */
  settleAfterMs: 10 * 60 * MINUTE_MS,
  /** Days by which two books may differ about one item (catalogue section 0, recon tolerance). */
  reconcileDays: 1,
  codePrefix: '62',
  codeDigits: 19,
} as const

/** What a network may decide either way: the first choice is the one of the built-in profiles. */
export const FLAG_CHOICES = {
  /** A purchase is accepted first, and a notice or a query makes it final (UnionPay-like); or it is answered when it is
   *  final. A void or refund is accepted first either way. */
  purchaseAnswer: ['accepted', 'final'],
  /** A payment code that met a declined payment (COD-012). */
  codeAfterDecline: ['consumed', 'live'],
  /** A reversal without an original; the fence is written either way (REV-002). */
  reversalOfMissing: ['OK', 'DECL-ORIG'],
  /** Showing a new code ends the one shown before (COD-005). */
  refreshRevokes: [true, false],
  /** A second sign-up of a signed account gets its token again (TOK-002). */
  signUpAgain: ['same-token', 'DECL-STATE'],
  /** A payment that coupons and packets cover whole (MKT-016). */
  fullDiscount: ['allowed', 'DECL-COUPON'],
  /** A merchant that no registry row names: let through as its acquirer presents it, or refused. Ours. */
  unknownMerchant: ['allowed', 'DECL-MERCH'],
  /** What a full refund does to the coupon that was used: the user gets one like it, or it lapses (MKT-009, MKT-010). */
  couponOnRefund: ['return', 'lapse'],
  /** The same where the coupon expired since the sale. */
  expiredCouponOnRefund: ['lapse', 'extend'],
  /** Who makes the codes that a user is shown: the switch, or the institution after the switch's rule (COD-001). */
  codesBy: ['switch', 'institution'],
  /** A user who unbinds while a payment waits: it is done, and the payment is declined later; or it is refused (TOK-012). */
  unbindWhilePending: ['OK', 'DECL-STATE'],
  /** What a refund does to the usage that its payment counted; a reversal and a void always give it back (LIM-010). */
  limitOnRefund: ['back', 'kept'],
  /** Whether certificates under the root of a test network are believed; in production they are not (SEC-038). */
  testRoots: ['accepted', 'refused'],
} as const

const FLAGS = Object.fromEntries(
  Object.entries(FLAG_CHOICES).map(([flag, [first]]) => [flag, first]),
) as Flags

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

/** Which frame carries which suites in which orders (DESIGN 4). A faithful frame has an order of its own. */
export const LEGAL: Readonly<
  Record<FrameName, { networks: readonly Network[]; suites: readonly SuiteName[]; orders: readonly Order[] }>
> = {
  'sifang/1': {
    networks: ['unionpay', 'netsunion'],
    suites: ['sm', 'sm3-shared'],
    orders: ['sign-then-encrypt', 'encrypt-then-sign'],
  },
  qrc: { networks: ['unionpay'], suites: ['sm', 'rsa'], orders: ['encrypt-then-sign'] },
  acp: { networks: ['unionpay'], suites: ['rsa', 'sm3-shared'], orders: ['encrypt-then-sign'] },
  epcc: { networks: ['netsunion'], suites: ['sm', 'rsa'], orders: ['encrypt-then-sign'] },
}

/** The day is cut at 24:00, Beijing (catalogue section 0). */
const netsunion: Profile = {
  ...unionpay,
  id: 'netsunion',
  network: 'netsunion',
  values: { ...VALUES, cutOff: { hour: 0, minute: 0 } },
}

const epcc = { ...netsunion, frame: 'epcc', order: 'encrypt-then-sign' } as const

const form = { ...unionpay, order: 'encrypt-then-sign' } as const

export const PROFILES: Readonly<Record<string, Profile>> = {
  unionpay,
  'unionpay-ets': { ...unionpay, id: 'unionpay-ets', order: 'encrypt-then-sign' },
  sim: { ...unionpay, id: 'sim', suite: 'sm3-shared' },
  'sim-ets': { ...unionpay, id: 'sim-ets', suite: 'sm3-shared', order: 'encrypt-then-sign' },
  'unionpay-qrc-rsa': { ...form, id: 'unionpay-qrc-rsa', frame: 'qrc', suite: 'rsa' },
  'unionpay-qrc-sm': { ...form, id: 'unionpay-qrc-sm', frame: 'qrc' },
  'unionpay-acp': { ...form, id: 'unionpay-acp', frame: 'acp', suite: 'rsa' },
  netsunion,
  'netsunion-epcc-rsa': { ...epcc, id: 'netsunion-epcc-rsa', suite: 'rsa' },
  // Ours, all five: no source says how EPCC speaks SM2. The sibling network hashes twice and writes r and s raw.
  'netsunion-epcc-sm': {
    ...epcc,
    id: 'netsunion-epcc-sm',
    sm2: { userId: '1234567812345678', hash: 'twice', signature: 'raw', ciphertext: 'c1c3c2', point04: true },
    sm4: { mode: 'ecb', padding: 'pkcs7' },
  },
  'netsunion-ets': { ...netsunion, id: 'netsunion-ets', order: 'encrypt-then-sign' },
}
