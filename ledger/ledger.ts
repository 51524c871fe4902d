// Double entry, pure: balances and an entry go in, new balances or the first refusal come out.
// The ledger knows accounts and amounts and no message. Standard postings: catalogue section 0.
export { audit, type Finding } from './audit.ts'

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

/** In order of precedence: the first that applies is the one that is said. */
export type PostRefusal = 'entry_empty' | 'amount_not_positive' | 'account_twice' | 'entry_unbalanced' | 'account_missing' | 'balance_short'
export const POST_REFUSALS: readonly PostRefusal[] = ['entry_empty', 'amount_not_positive', 'account_twice', 'entry_unbalanced', 'account_missing', 'balance_short']

export type Balances = ReadonlyMap<Account, bigint>
export type Posted = { readonly status: 'posted'; readonly balances: Balances } | { readonly status: PostRefusal; readonly account?: Account }

/** Applies an entry to the guarded balances it touches (credit positive: they are what the institution owes). */
export function post(balances: Balances, entry: PostingEntry): Posted {
  if (entry.lines.length === 0) return { status: 'entry_empty' }
  for (const { amount, account } of entry.lines) if (amount <= 0n) return { status: 'amount_not_positive', account }
  const named = new Set<Account>()
  for (const { account } of entry.lines) {
    if (named.has(account)) return { status: 'account_twice', account }
    named.add(account)
  }
  if (sumOf(entry, 'debit') !== sumOf(entry, 'credit')) return { status: 'entry_unbalanced' }
  for (const { account } of entry.lines) if (isGuarded(account) && !balances.has(account)) return { status: 'account_missing', account }
  const after = new Map(balances)
  for (const { account, side, amount } of entry.lines) {
    if (!isGuarded(account)) continue
    const balance = (after.get(account) ?? 0n) + (side === 'credit' ? amount : -amount)
    if (balance < 0n) return { status: 'balance_short', account }
    after.set(account, balance)
  }
  return { status: 'posted', balances: after }
}

/** The entry that takes another back, line by line. */
export function inverse(entry: PostingEntry, id: string): PostingEntry {
  return { ...entry, id, lines: entry.lines.map((line) => ({ ...line, side: line.side === 'debit' ? 'credit' : 'debit' })) }
}

export function sumOf(entry: PostingEntry, side: Line['side']): bigint {
  return entry.lines.reduce((total, line) => (line.side === side ? total + line.amount : total), 0n)
}

export const debitLine = (account: Account, amount: bigint): Line => ({ account, side: 'debit', amount })
export const creditLine = (account: Account, amount: bigint): Line => ({ account, side: 'credit', amount })
