// What the bank keeps: accounts of parties, instructions, cards and what was asked of them. Trace numbers are its own.
import { creditLine, debitLine, post, type PostingEntry } from '../ledger/ledger.ts'
import { kind, type Put, type Rows } from '../store/store.ts'
import type { AnswerClass, Opened, PartyId, Profile } from '../wire/wire.ts'

export const nonces = kind<{ readonly seen: true }>('nonce')
export const traces = kind<{ readonly last: bigint }>('trace')
export const LAST_TRACE = 'last'
const TRACE_DIGITS = 12
/** The one currency of the accounts here. */
export const CNY = '156'

export const nonceId = ({ from, head }: Opened): string => `${from}.${head.nonce}`
export const nonceSeen = (rows: Rows, opened: Opened): boolean =>
  nonces.in(rows, nonceId(opened)) !== undefined
export const nonceClaim = (opened: Opened, profile: Profile, now: number): Put =>
  nonces.put(nonceId(opened), { seen: true }, { expiresAt: now + 2 * profile.values.clockSkewMs + 1000 })

/** The next number of the bank's own, and the row that keeps it. */
export function nextTrace(rows: Rows): { readonly trace: string; readonly put: Put } {
  const last = (traces.in(rows, LAST_TRACE)?.last ?? 0n) + 1n
  return { trace: last.toString().padStart(TRACE_DIGITS, '0'), put: traces.put(LAST_TRACE, { last }) }
}

export function entryOf(id: string, debit: string, credit: string, amount: bigint): PostingEntry {
  const entry = { id, currency: CNY, lines: [debitLine(debit, amount), creditLine(credit, amount)] }
  const posted = post(new Map(), entry)
  if (posted.status !== 'posted') throw new Error(`${id} cannot be posted: ${posted.status}`)
  return entry
}

/** A card's account; agreements of several wallets may name one. */
export type CardAccount = {
  readonly account: string
  readonly kind: 'DEBIT' | 'CREDIT'
  readonly balance: bigint
  readonly state: 'OPEN' | 'CLOSED'
  /** How long a debit of it is processed before it is done; at once where nothing is said. */
  readonly slowMs?: number
}
export type Agreement = { readonly card: string; readonly account: string; readonly digest: string }

export type OrderState = 'PENDING' | 'SUCCESS' | 'FAILED' | 'REVERSED' | 'FENCED' | 'RETURNED'
/** One attempt, and the first answer to it. */
export type CardOrder = {
  readonly attempt: string
  readonly from: PartyId
  readonly what: 'DEBIT' | 'REFUND' | 'PAYOUT' | 'NONE'
  readonly bank: string
  readonly account: string
  readonly amount: bigint
  readonly origAttempt?: string
  /** Of a debit: what refunds brought back. */
  readonly returned: bigint
  readonly state: OrderState
  readonly said: AnswerClass
  readonly digest: string
}
/** A line of the file of a day. */
export type Movement = {
  readonly trace: string
  readonly attempt: string
  readonly what: 'DEBIT' | 'REVERSAL' | 'REFUND' | 'PAYOUT'
  readonly amount: bigint
  readonly day: string
}

export const cardAccounts = kind<CardAccount>('card-account')
export const agreements = kind<Agreement>('agreement')
export const signs = kind<{ readonly card: string; readonly digest: string }>('sign')
export const cardOrders = kind<CardOrder>('card-order')
export const movements = kind<Movement>('movement')
export const MOVES_OF_DAY = 'card-day'
