// One book against another, item by item, by the network's own id. Every item of either side gets exactly one
// verdict, in whatever order the lines came, and a rerun gives the same (INV-37). One set of rules for one line and for
// ten million: reconcile-join.ts hands every key that is not plainly equal to `judgeKey`.
import {
  byBytes,
  byContent,
  compared,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  givesBack,
  type ItemStatus,
  type ReconcileItem,
  type ReconcileRules,
  type Side,
  takesBack,
} from './reconcile-items.ts'

export type Difference = {
  readonly kind: DifferenceKind
  readonly transaction: string
  readonly ours?: ReconcileItem
  readonly theirs?: ReconcileItem
}

const EXACT: ReconcileRules = { toleranceDays: 0 }

/** All that stands under one key, and what elsewhere says that it takes that key back. */
export type KeyGroup = {
  readonly ours: readonly ReconcileItem[]
  readonly theirs: readonly ReconcileItem[]
  readonly backOurs: readonly ReconcileItem[]
  readonly backTheirs: readonly ReconcileItem[]
}
/** A refund or reversal of one side alone: its verdict depends on the key that it names. */
export type OpenItem = { readonly side: Side; readonly item: ReconcileItem }
export type JudgedKey = { readonly verdicts: readonly Difference[]; readonly open: readonly OpenItem[] }

/**
 * A verdict per item, in the order of the keys.
 *
 * An item and its reversal on one side are nothing, and so is one that failed. Where the other side has nothing as well,
 * that is `net_zero`, no difference; where the other side has a success, the pair must not hide it (REC-021).
 */
export function reconcile(
  ours: readonly ReconcileItem[],
  theirs: readonly ReconcileItem[],
  rules: ReconcileRules = EXACT,
): readonly Difference[] {
  const groups = grouped(ours, theirs)
  const verdicts: Difference[] = []
  const open: OpenItem[] = []
  for (const group of groups.values()) {
    const judged = judgeKey(group, rules)
    verdicts.push(...judged.verdicts)
    open.push(...judged.open)
  }
  for (const one of open) verdicts.push(judgeOpen(one, groups.get(originalOf(one.item) ?? '')))
  return verdicts.sort(byKey)
}

type Growing = { [Part in keyof KeyGroup]: ReconcileItem[] }

function grouped(
  ours: readonly ReconcileItem[],
  theirs: readonly ReconcileItem[],
): ReadonlyMap<string, KeyGroup> {
  const groups = new Map<string, Growing>()
  const of = (key: string): Growing => {
    const found = groups.get(key) ?? { ours: [], theirs: [], backOurs: [], backTheirs: [] }
    groups.set(key, found)
    return found
  }
  for (const item of ours) of(item.transaction).ours.push(item)
  for (const item of theirs) of(item.transaction).theirs.push(item)
  for (const item of ours) if (takesBack(item.kind)) of(originalOf(item) ?? '').backOurs.push(item)
  for (const item of theirs) if (takesBack(item.kind)) of(originalOf(item) ?? '').backTheirs.push(item)
  return groups
}

/** A reversal that names no original stands under the id of what it takes back. */
function originalOf({ kind, original, transaction }: ReconcileItem): string | undefined {
  if (original !== undefined && original !== '') return original
  return takesBack(kind) ? transaction : undefined
}

/** All verdicts of a key but those of refunds and reversals that one side alone has. */
export function judgeKey(group: KeyGroup, rules: ReconcileRules): JudgedKey {
  const verdicts: Difference[] = []
  const open: OpenItem[] = []
  // What takes back may stand under its original's id: then it is an item beside it and no duplicate of it.
  for (const back of [false, true]) {
    const of = (items: readonly ReconcileItem[]): readonly ReconcileItem[] =>
      items.filter(({ kind }) => takesBack(kind) === back)
    const { a, b, again } = paired(of(group.ours), of(group.theirs), rules)
    verdicts.push(...again)
    if (a !== undefined && b !== undefined) verdicts.push(...bothHave(a, b, group, rules))
    else if (a !== undefined) oneHas('ours', a, group, verdicts, open)
    else if (b !== undefined) oneHas('theirs', b, group, verdicts, open)
  }
  return { verdicts, open }
}

type Pair = {
  readonly a?: ReconcileItem | undefined
  readonly b?: ReconcileItem | undefined
  readonly again: readonly Difference[]
}

/** So many lines of one key are weighed against so many of the other side; ours. */
const WEIGHED_MAX = 32

/** The two lines that agree best stand for the key; every other line is there once too often (STL-008). */
function paired(
  ours: readonly ReconcileItem[],
  theirs: readonly ReconcileItem[],
  rules: ReconcileRules,
): Pair {
  if (ours.length <= 1 && theirs.length <= 1) return { a: ours[0], b: theirs[0], again: [] }
  const [mine, other] = [ours.toSorted(byContent), theirs.toSorted(byContent)]
  let [at, to, best] = [0, 0, -1]
  for (const [i, one] of mine.slice(0, WEIGHED_MAX).entries())
    for (const [j, two] of other.slice(0, WEIGHED_MAX).entries()) {
      const rank = DIFFERENCE_KINDS.indexOf(compared([one, statusOf(one)], [two, statusOf(two)], rules))
      if (rank > best) [at, to, best] = [i, j, rank]
    }
  const again = [
    ...mine.toSpliced(at, 1).map((ours) => duplicate({ ours })),
    ...other.toSpliced(to, 1).map((theirs) => duplicate({ theirs })),
  ]
  return { a: mine[at], b: other[to], again }
}

const duplicate = (sides: Pick<Difference, 'ours' | 'theirs'>): Difference => ({
  kind: 'duplicate',
  transaction: (sides.ours ?? sides.theirs)?.transaction ?? '',
  ...sides,
})

const statusOf = ({ status }: ReconcileItem): ItemStatus => status ?? 'success'

/** One taken back by a pair is as good as reversed. A reversal whose own result is unknown has not proved anything. */
function takenBack(item: ReconcileItem, backs: readonly ReconcileItem[]): boolean {
  return !takesBack(item.kind) && backs.some((back) => undoes(back, item))
}

function undoes(back: ReconcileItem, item: ReconcileItem): boolean {
  const [one, other] = [back.amount, item.amount]
  const same = one === other || one === -other
  return same && back.currency === item.currency && statusOf(back) === 'success'
}

function bothHave(
  ours: ReconcileItem,
  theirs: ReconcileItem,
  { backOurs, backTheirs }: KeyGroup,
  rules: ReconcileRules,
): readonly Difference[] {
  const { transaction } = ours
  const [a, b] = [takenBack(ours, backOurs), takenBack(theirs, backTheirs)]
  if (a && !b && statusOf(theirs) === 'success')
    return [
      { kind: 'only_theirs', transaction, theirs },
      { kind: 'net_zero', transaction, ours },
    ]
  if (b && !a && statusOf(ours) === 'success')
    return [
      { kind: 'only_ours', transaction, ours },
      { kind: 'net_zero', transaction, theirs },
    ]
  const kind = compared(
    [ours, a ? 'reversed' : statusOf(ours)],
    [theirs, b ? 'reversed' : statusOf(theirs)],
    rules,
  )
  return [{ kind, transaction, ours, theirs }]
}

function oneHas(
  side: Side,
  item: ReconcileItem,
  group: KeyGroup,
  verdicts: Difference[],
  open: OpenItem[],
): void {
  const { transaction } = item
  const status = statusOf(item)
  const undone = takenBack(item, side === 'ours' ? group.backOurs : group.backTheirs)
  if (undone || status === 'failed' || status === 'reversed')
    verdicts.push({ kind: 'net_zero', transaction, [side]: item })
  else if (side === 'ours' && status === 'pending')
    verdicts.push({ kind: 'in_transit', transaction, ours: item })
  else if (originalOf(item) !== undefined && givesBack(item.kind)) open.push({ side, item })
  else verdicts.push(alone(side, item, item.kind === 'refund' && item.original === ''))
}

/** `original` is the group of the key that the item names, where anybody has that key. */
export function judgeOpen({ side, item }: OpenItem, original: KeyGroup | undefined): Difference {
  const found = (items: readonly ReconcileItem[]): boolean => items.some(({ kind }) => !takesBack(kind))
  if (takesBack(item.kind)) {
    const undone = (original?.[side] ?? []).some((one) => takenBack(one, [item]))
    return undone
      ? { kind: 'net_zero', transaction: item.transaction, [side]: item }
      : alone(side, item, false)
  }
  const known = original !== undefined && (found(original.ours) || found(original.theirs))
  return alone(side, item, !known)
}

function alone(side: Side, item: ReconcileItem, orphan: boolean): Difference {
  const kind = orphan ? 'refund_without_original' : side === 'ours' ? 'only_ours' : 'only_theirs'
  return { kind, transaction: item.transaction, [side]: item }
}

/** By key, then by verdict, then by what stands in the lines. */
export function byKey(a: Difference, b: Difference): number {
  return (
    byBytes(a.transaction, b.transaction) ||
    DIFFERENCE_KINDS.indexOf(a.kind) - DIFFERENCE_KINDS.indexOf(b.kind) ||
    byItem(a.ours, b.ours) ||
    byItem(a.theirs, b.theirs)
  )
}

function byItem(a: ReconcileItem | undefined, b: ReconcileItem | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0)
  return byContent(a, b)
}
