// A second opinion on a book: every entry added up again from nothing, against the balances the book claims.
import { type Account, isGuarded, type PostingEntry, sumOf } from './entry.ts'

export type Finding = {
  readonly rule: string
  readonly entry?: string
  readonly account?: Account
  readonly detail: string
}

/** Empty when the book is sound: entries balance, ids are unique, no guarded account was ever negative, and the
 *  guarded balances are what the entries make them (INV-01, INV-02, INV-03). */
export function audit(
  entries: Iterable<PostingEntry>,
  claimed: ReadonlyMap<Account, bigint>,
): readonly Finding[] {
  const findings: Finding[] = []
  const balances = new Map<string, bigint>()
  const ids = new Set<string>()
  for (const entry of entries) {
    if (ids.has(entry.id))
      findings.push({ rule: 'entry_once', entry: entry.id, detail: 'posted twice under one id' })
    ids.add(entry.id)
    const [debits, credits] = [sumOf(entry, 'debit'), sumOf(entry, 'credit')]
    if (debits !== credits)
      findings.push({ rule: 'double_entry', entry: entry.id, detail: `debits ${debits}, credits ${credits}` })
    for (const { account, side, amount } of entry.lines) {
      if (amount <= 0n)
        findings.push({ rule: 'amount_positive', entry: entry.id, account, detail: `amount ${amount}` })
      const balance = (balances.get(account) ?? 0n) + (side === 'credit' ? amount : -amount)
      balances.set(account, balance)
      if (isGuarded(account) && balance < 0n)
        findings.push({ rule: 'no_overdraft', entry: entry.id, account, detail: `balance ${balance}` })
    }
  }
  for (const account of new Set([...claimed.keys(), ...[...balances.keys()].filter(isGuarded)])) {
    const [own, said] = [balances.get(account) ?? 0n, claimed.get(account) ?? 0n]
    if (own !== said)
      findings.push({
        rule: 'balance_is_sum',
        account,
        detail: `entries give ${own}, the record says ${said}`,
      })
  }
  return findings
}
