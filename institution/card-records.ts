// What the institution keeps about cards and about what it asked banks to do. A bank order is kept before it is sent and
// until both sides agree on how it ended; its attempt is its one number at the bank, however often it is sent (BNK-010).
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import { kind } from '../store/store.ts'
import type { AnswerClass } from '../wire/wire.ts'

export type Card = {
  readonly id: string
  readonly user: string
  readonly bank: string
  /** The bank's agreement number: the only name of the card outside the bank. */
  readonly card: string
  /** What the bank said it is; absent where it did not say, and then nothing is paid with it (BNK-016). */
  readonly kind?: 'DEBIT' | 'CREDIT'
  readonly tail: string
  readonly state: 'BOUND' | 'UNBOUND'
  readonly digest: string
}

/** Who waits for a bank order. return: money of a payment that had ended otherwise goes back to its card. */
export type Owner = 'payment' | 'refund' | 'return' | 'money'
export type BankOrderState = 'ASKED' | 'SUCCESS' | 'FAILED' | 'REVERSED' | 'RETURNED'

export type BankOrder = {
  readonly attempt: string
  readonly what: 'debit' | 'refund' | 'payout'
  readonly purpose: 'PAY' | 'TOPUP' | 'WITHDRAW' | 'VERIFY' | 'REFUND' | 'RETURN'
  readonly owner: Owner
  /** The owner's own key. */
  readonly of: string
  readonly bank: string
  readonly card: string
  readonly amount: bigint
  readonly currency: string
  readonly origAttempt?: string
  readonly through?: Through
  readonly state: BankOrderState
  /** The bank said yes, and has not said so a second time (BNK-014). */
  readonly yes?: boolean
  /** It said no after its yes: a person knows. */
  readonly differs?: boolean
  /** It must be taken back, whatever becomes of it. */
  readonly undo?: boolean
  /** The day on which it came to be in the book, as banks count days. */
  readonly day?: string
  /** The bank's file did not have it; what stood in the book waits in suspense. */
  readonly short?: boolean
}

/** The real shop behind a card leg (BNK-012). */
export type Through = {
  readonly acquirer: string
  readonly merchant: string
  readonly merchantName?: string
  readonly order: string
  readonly orderTime: string
  readonly business?: string
}

/** A user's own money between card and wallet. */
export type MoneyOrder = {
  readonly id: string
  readonly user: string
  readonly kind: 'TOPUP' | 'WITHDRAW' | 'VERIFY'
  readonly card: string
  readonly amount: bigint
  readonly state: 'PENDING' | 'SUCCESS' | 'FAILED'
  readonly attempt: string
  readonly because?: AnswerClass
  readonly digest: string
}
export type Transfer = {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: bigint
  readonly digest: string
}
/** A card whose owner is to say how much came in (打款认证). */
export type Check = {
  readonly card: string
  readonly user: string
  readonly amount: bigint
  readonly wrong: number
  readonly state: 'WAITS' | 'VERIFIED' | 'LOCKED' | 'FAILED'
}

export const cards = kind<Card>('card')
export const CARDS_OF_USER = 'user-cards'
export const bankOrders = kind<BankOrder>('bank-order')
/** Bank and day → the orders that came to be in the book on it. */
export const ORDERS_OF_DAY = 'bank-day'
export const moneyOrders = kind<MoneyOrder>('money-order')
export const transfers = kind<Transfer>('transfer')
export const checks = kind<Check>('card-check')
export const bankNotices = kind<{ readonly digest: string }>('bank-notice')
export const bankFiles = kind<{ readonly digest: string; readonly told: string }>('bank-file')

const ATTEMPT_CHARS = 30

/** One number for one order of one owner, the same however often it is made; no two institutions make the same. */
export const attemptOf = (me: string, owner: Owner, of: string): string =>
  `B${toHex(hmacSm3(utf8(`bank order of ${me}`), utf8(`${owner} ${of}`))).slice(0, ATTEMPT_CHARS)}`

export const receivable = (bank: string): string => `BNK:${bank}`

export const putOrder = (order: BankOrder) =>
  bankOrders.put(
    order.attempt,
    order,
    order.day === undefined
      ? {}
      : { indexed: { [ORDERS_OF_DAY]: `${order.bank}.${order.day}.${order.attempt}` } },
  )

export const bankJob = (attempt: string, dueAt: number) => ({
  id: `bank:${attempt}`,
  kind: 'bank',
  dueAt,
  body: { attempt, tries: 0 },
})

/** A payment of which the network holds a part, and how far its branches are (compose.ts). */
export type Composite = {
  readonly branch: string
  readonly payment: string
  readonly token: string
  readonly coupon: string
  readonly amount: bigint
  readonly currency: string
  /** HELD: the card is asked. COMMIT, ABORT: decided, and to be done at the network. */
  readonly state: 'TRYING' | 'HELD' | 'COMMIT' | 'ABORT' | 'CONFIRMED' | 'CANCELLED'
}
export const composites = kind<Composite>('composite')

export const branchOf = (me: string, id: string): string => attemptOf(me, 'payment', `coupon ${id}`)
