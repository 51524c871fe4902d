// Accounts, lines and entries: what is posted, before anything is posted.

/** USR:alice, FRZ:alice, RP:p, CPN:c, CLR, BNK:b, RSV, FEE, FXG, SUS:L, SUS:S; acquirers: CLR, MER:m, FEE. */
export type Account = string

export type Line = { readonly account: Account; readonly side: 'debit' | 'credit'; readonly amount: bigint }

export type PostingEntry = {
  readonly id: string
  readonly currency: string
  readonly lines: readonly Line[]
}

/** Accounts that may never fall below zero: their balances are records, locked by the change that posts. */
const GUARDED = ['USR', 'FRZ', 'RP'] as const

export function isGuarded(account: Account): boolean {
  return (GUARDED as readonly string[]).includes(account.split(':', 1)[0] ?? '')
}

/** The entry that takes another back, line by line. */
export function inverse(entry: PostingEntry, id: string): PostingEntry {
  return {
    ...entry,
    id,
    lines: entry.lines.map((line) => ({ ...line, side: line.side === 'debit' ? 'credit' : 'debit' })),
  }
}

export function sumOf(entry: PostingEntry, side: Line['side']): bigint {
  return entry.lines.reduce((total, line) => (line.side === side ? total + line.amount : total), 0n)
}

export const debitLine = (account: Account, amount: bigint): Line => ({ account, side: 'debit', amount })
export const creditLine = (account: Account, amount: bigint): Line => ({ account, side: 'credit', amount })
