// One book against another, item by item, by the network's own id. Every item of either side gets exactly one
// verdict, and a rerun gives the same (INV-37).

export type ReconcileItem = {
  readonly transaction: string
  readonly kind: string
  readonly day: string
  readonly amount: bigint
  readonly currency: string
}

export type DifferenceKind =
  | 'matched'
  | 'only_ours'
  | 'only_theirs'
  | 'amount'
  | 'currency'
  | 'direction'
  | 'day_shift'
  | 'duplicate'
export type Difference = {
  readonly kind: DifferenceKind
  readonly transaction: string
  readonly ours?: ReconcileItem
  readonly theirs?: ReconcileItem
}

/** A verdict per item, in the order of the transaction ids. The first difference that applies is the one that is said. */
export function reconcile(
  ours: readonly ReconcileItem[],
  theirs: readonly ReconcileItem[],
): readonly Difference[] {
  const verdicts: Difference[] = []
  const mine = once(ours, (transaction, ours) => verdicts.push({ kind: 'duplicate', transaction, ours }))
  const other = once(theirs, (transaction, theirs) =>
    verdicts.push({ kind: 'duplicate', transaction, theirs }),
  )
  for (const transaction of new Set([...mine.keys(), ...other.keys()])) {
    const [a, b] = [mine.get(transaction), other.get(transaction)]
    if (a === undefined && b !== undefined) verdicts.push({ kind: 'only_theirs', transaction, theirs: b })
    else if (a !== undefined && b === undefined) verdicts.push({ kind: 'only_ours', transaction, ours: a })
    else if (a !== undefined && b !== undefined)
      verdicts.push({ kind: compared(a, b), transaction, ours: a, theirs: b })
  }
  return verdicts.sort((a, b) => (a.transaction < b.transaction ? -1 : a.transaction > b.transaction ? 1 : 0))
}

function once(
  items: readonly ReconcileItem[],
  again: (transaction: string, item: ReconcileItem) => void,
): Map<string, ReconcileItem> {
  const first = new Map<string, ReconcileItem>()
  for (const item of items) {
    if (first.has(item.transaction)) again(item.transaction, item)
    else first.set(item.transaction, item)
  }
  return first
}

function compared(a: ReconcileItem, b: ReconcileItem): DifferenceKind {
  if (a.kind !== b.kind) return 'direction'
  if (a.currency !== b.currency) return 'currency'
  if (a.amount !== b.amount) return 'amount'
  return a.day === b.day ? 'matched' : 'day_shift'
}
