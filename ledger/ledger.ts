// Double entry, pure: balances and an entry go in, new balances or the first refusal come out.
// The ledger knows accounts and amounts and no message. Standard postings: catalogue section 0.
import { type Account, isGuarded, type PostingEntry, sumOf } from './entry.ts'

export { audit, type Finding } from './audit.ts'
export {
  type Account,
  creditLine,
  debitLine,
  inverse,
  isGuarded,
  type Line,
  type PostingEntry,
  sumOf,
} from './entry.ts'

/** In order of precedence: the first that applies is the one that is said. */
export type PostRefusal =
  | 'entry_empty'
  | 'amount_not_positive'
  | 'account_twice'
  | 'entry_unbalanced'
  | 'account_missing'
  | 'balance_short'
export const POST_REFUSALS: readonly PostRefusal[] = [
  'entry_empty',
  'amount_not_positive',
  'account_twice',
  'entry_unbalanced',
  'account_missing',
  'balance_short',
]

export type Balances = ReadonlyMap<Account, bigint>
export type Posted =
  | { readonly status: 'posted'; readonly balances: Balances }
  | { readonly status: PostRefusal; readonly account?: Account }

/** Applies an entry to the guarded balances it touches (credit positive: they are what the institution owes). */
export function post(balances: Balances, entry: PostingEntry): Posted {
  if (entry.lines.length === 0) return { status: 'entry_empty' }
  for (const { amount, account } of entry.lines)
    if (amount <= 0n) return { status: 'amount_not_positive', account }
  const named = new Set<Account>()
  for (const { account } of entry.lines) {
    if (named.has(account)) return { status: 'account_twice', account }
    named.add(account)
  }
  if (sumOf(entry, 'debit') !== sumOf(entry, 'credit')) return { status: 'entry_unbalanced' }
  for (const { account } of entry.lines)
    if (isGuarded(account) && !balances.has(account)) return { status: 'account_missing', account }
  const after = new Map(balances)
  for (const { account, side, amount } of entry.lines) {
    if (!isGuarded(account)) continue
    const balance = (after.get(account) ?? 0n) + (side === 'credit' ? amount : -amount)
    if (balance < 0n) return { status: 'balance_short', account }
    after.set(account, balance)
  }
  return { status: 'posted', balances: after }
}
