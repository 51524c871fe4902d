// The institution's own book: entries go to the journal; guarded balances are records; the rest are sums.
import {
  type Account,
  audit,
  type Finding,
  isGuarded,
  type Line,
  type PostingEntry,
} from '../ledger/ledger.ts'
import { type Entry, START, type Store } from '../store/store.ts'
import { balances } from './records.ts'

export function postingEntry(id: string, currency: string, lines: readonly Line[]): PostingEntry {
  return { id, currency, lines }
}

/** A journalled posting: the entry, and what the network knows it by. */
export type PostingBody = {
  readonly entry: PostingEntry
  readonly transaction?: string
  readonly clearingDay?: string
  readonly what:
    | 'purchase'
    | 'refund'
    | 'reversal'
    | 'void'
    | 'try'
    | 'release'
    | 'funding'
    | 'bank'
    | 'transfer'
    | 'own-funds'
    /** About a break between the own book and the switch's file (cases.ts). */
    | 'case'
    /** Money of a clearing day that moved at the bank (close-reserve.ts). */
    | 'settlement'
}

export async function* postings(
  store: Store,
  after = START,
): AsyncIterable<Omit<Entry, 'body'> & { readonly body: PostingBody }> {
  for await (const entry of store.journal(after, { kinds: ['posting'] }))
    yield entry as Omit<Entry, 'body'> & { body: PostingBody }
}

/** The auditor over the whole book: the journal added up again, against the balance records. */
export async function auditBook(store: Store): Promise<readonly Finding[]> {
  const entries: PostingEntry[] = []
  const accounts = new Set<Account>()
  for await (const { body } of postings(store)) {
    entries.push(body.entry)
    for (const { account } of body.entry.lines) if (isGuarded(account)) accounts.add(account)
  }
  const rows = await store.read([...accounts].map((account) => balances.key(account)))
  return audit(
    entries,
    new Map([...accounts].map((account) => [account, balances.in(rows, account)?.amount ?? 0n])),
  )
}
