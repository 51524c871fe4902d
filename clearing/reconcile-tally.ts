// What a reconciliation adds up to: items and money per verdict and currency, and what our own items are worth while some
// results are unknown. Plain values, so that threads can hand theirs over and have them added.
import { DIFFERENCE_KINDS, type DifferenceKind, givesBack, type ReconcileItem } from './reconcile-items.ts'
import type { Difference } from './reconcile.ts'

export type ReconcileTotal = {
  readonly kind: DifferenceKind
  readonly currency: string
  /** Verdicts; one of a pair counts once, under our currency. */
  readonly count: number
  readonly ours: bigint
  readonly theirs: bigint
}

/** An outgoing payment of unknown result counts as paid, an incoming one as not received until it is proven (REC-018). */
export type Counted = {
  readonly currency: string
  readonly paid: bigint
  /** Of what is counted as paid, what nobody has proved. */
  readonly paidUnproven: bigint
  readonly received: bigint
  /** Not counted as received. */
  readonly receivedUnproven: bigint
}

/** On which side of a purchase the owner of the book stands: an account institution pays, an acquirer is paid. */
export type Stand = 'payer' | 'payee'

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

export type Tally = {
  add(difference: Difference): void
  /** Many matched items of one kind and currency at once, success on both sides. */
  addMatched(kind: string, currency: string, count: number, ours: bigint, theirs: bigint): void
  addAll(other: Tallied): void
  told(): Tallied
}
export type Tallied = { readonly totals: readonly ReconcileTotal[]; readonly counted: readonly Counted[] }

export function tally(stand: Stand): Tally {
  const totals = new Map<string, Writable<ReconcileTotal>>()
  const counted = new Map<string, Writable<Counted>>()
  const total = (kind: DifferenceKind, currency: string): Writable<ReconcileTotal> =>
    kept(totals, `${kind}/${currency}`, { kind, currency, count: 0, ours: 0n, theirs: 0n })
  const count = ({
    kind,
    currency,
    amount,
    status,
  }: Pick<ReconcileItem, 'kind' | 'currency' | 'amount' | 'status'>): void => {
    const nothing = { currency, paid: 0n, paidUnproven: 0n, received: 0n, receivedUnproven: 0n }
    const one = kept(counted, currency, nothing)
    if (status === 'failed' || status === 'reversed') return
    const outgoing = (givesBack(kind) !== (stand === 'payer')) !== amount < 0n
    const worth = amount < 0n ? -amount : amount
    if (outgoing) one.paid += worth
    if (outgoing && status === 'pending') one.paidUnproven += worth
    if (!outgoing && status === 'pending') one.receivedUnproven += worth
    else if (!outgoing) one.received += worth
  }
  return {
    add: ({ kind, ours, theirs }) => {
      total(kind, (ours ?? theirs)?.currency ?? '').count += 1
      if (ours !== undefined) total(kind, ours.currency).ours += ours.amount
      if (theirs !== undefined) total(kind, theirs.currency).theirs += theirs.amount
      // A line that stands twice is not money that moved twice.
      if (ours !== undefined && kind !== 'duplicate') count(ours)
    },
    addMatched: (kind, currency, items, ours, theirs) => {
      const one = total('matched', currency)
      one.count += items
      one.ours += ours
      one.theirs += theirs
      count({ kind, currency, amount: ours })
    },
    addAll: (other) => {
      for (const { kind, currency, count, ours, theirs } of other.totals) {
        const one = total(kind, currency)
        one.count += count
        one.ours += ours
        one.theirs += theirs
      }
      for (const { currency, ...amounts } of other.counted) {
        const one = kept(counted, currency, {
          currency,
          paid: 0n,
          paidUnproven: 0n,
          received: 0n,
          receivedUnproven: 0n,
        })
        for (const name of ['paid', 'paidUnproven', 'received', 'receivedUnproven'] as const)
          one[name] += amounts[name]
      }
    },
    told: () => ({
      totals: [...totals.values()].sort((a, b) => rank(a) - rank(b) || (a.currency < b.currency ? -1 : 1)),
      counted: [...counted.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1)),
    }),
  }
}

const rank = ({ kind }: ReconcileTotal): number => DIFFERENCE_KINDS.indexOf(kind)

function kept<T>(all: Map<string, T>, key: string, otherwise: T): T {
  const found = all.get(key) ?? otherwise
  all.set(key, found)
  return found
}
