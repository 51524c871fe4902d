// What a member of the network makes of the verdicts about a day: breaks by the names of the trade. The same for
// institutions and acquirers; what is booked about them is each one's own.
import { type ClearingItem, paysOut } from './item.ts'
import { type Difference, reconcile } from './reconcile.ts'
import type { ItemStatus, ReconcileItem } from './reconcile-items.ts'

/** One item as a member booked it; what takes something back stands under the id of what it takes back. */
export type OwnItem = {
  readonly transaction: string
  readonly kind: ClearingItem['kind']
  readonly day: string
  readonly amount: bigint
  readonly currency: string
  /** What a void or a refund gives back. */
  readonly original?: string
  readonly fee?: bigint
  readonly legs?: Readonly<Record<string, bigint>>
  readonly status?: ItemStatus
}

export type BreakKind =
  | 'MISSING_LOCAL'
  | 'MISSING_SW'
  | 'AMOUNT_DIFF'
  | 'STATUS_DIFF'
  | 'FEE_DIFF'
  | 'LEG_DIFF'
  | 'DIRECTION_DIFF'
  | 'CURRENCY_DIFF'
  | 'DAY_DIFF'
  | 'DUP_SW'
export type VerdictKind = BreakKind | 'MATCHED' | 'CROSS_DAY' | 'IN_TRANSIT' | 'NET_ZERO'

export type Verdict = {
  readonly kind: VerdictKind
  readonly transaction: string
  readonly ours?: ReconcileItem
  readonly theirs?: ReconcileItem
}

const NAMES: Readonly<Record<Difference['kind'], VerdictKind>> = {
  only_ours: 'MISSING_SW',
  only_theirs: 'MISSING_LOCAL',
  refund_without_original: 'MISSING_LOCAL',
  direction: 'DIRECTION_DIFF',
  currency: 'CURRENCY_DIFF',
  amount: 'AMOUNT_DIFF',
  status: 'STATUS_DIFF',
  fee: 'FEE_DIFF',
  legs: 'LEG_DIFF',
  day_shift: 'DAY_DIFF',
  duplicate: 'DUP_SW',
  in_transit: 'IN_TRANSIT',
  cross_day: 'CROSS_DAY',
  net_zero: 'NET_ZERO',
  matched: 'MATCHED',
}

const AGREED: ReadonlySet<VerdictKind> = new Set(['MATCHED', 'CROSS_DAY', 'IN_TRANSIT', 'NET_ZERO'])
export const isBreak = (verdict: Verdict): verdict is Verdict & { readonly kind: BreakKind } =>
  !AGREED.has(verdict.kind)

/** The key under which both sides know a line: a reversal and an undoing have no number of their own on the wire. */
export const lineKey = ({ kind, transaction, original }: ClearingItem): string =>
  (kind === 'reversal' || kind === 'undo') && original !== undefined ? original : transaction

export const fileLine = (item: ClearingItem, line: number): ReconcileItem => ({
  transaction: lineKey(item),
  kind: item.kind,
  day: item.day,
  amount: item.amount,
  currency: item.currency,
  fee: item.fee,
  ...(item.legs !== undefined && {
    legs: Object.fromEntries(item.legs.map(({ source, amount }) => [source, amount])),
  }),
  ...(item.original !== undefined && { original: item.original }),
  line,
})

/** A verdict for every item of either side. Where the other side took back whole what stands here, both know of the item,
 *  and it is its state that differs (REC-006). */
export function verdictsOf(
  ours: readonly OwnItem[],
  theirs: readonly ReconcileItem[],
  toleranceDays: number,
): readonly Verdict[] {
  const [mine, other] = [undone(ours), undone(theirs)]
  const told = [
    ...reconcile(mine.standing, other.standing, { toleranceDays }),
    ...mine.gone.map((one): Difference => ({ kind: 'net_zero', transaction: one.transaction, ours: one })),
    ...other.gone.map((one): Difference => ({ kind: 'net_zero', transaction: one.transaction, theirs: one })),
  ]
  const gone = new Set(other.gone.map(({ transaction }) => transaction))
  const backTheirs = new Set(
    told
      .filter(
        ({ kind, theirs: line, transaction }) =>
          kind === 'net_zero' && line !== undefined && !gone.has(transaction),
      )
      .map(({ transaction }) => transaction),
  )
  return told.map((one) => {
    const reversed = one.kind === 'only_ours' && backTheirs.has(one.transaction)
    const { transaction, ours: a, theirs: b } = one
    const alone = one.kind === 'refund_without_original' && one.ours !== undefined
    return {
      kind: reversed ? 'STATUS_DIFF' : alone ? 'MISSING_SW' : NAMES[one.kind],
      transaction,
      ...(a !== undefined && { ours: a }),
      ...(b !== undefined && { theirs: b }),
    }
  })
}

/** A void and its undoing together are nothing: one side may list the pair and the other neither. */
function undone<T extends { readonly transaction: string; readonly kind: string }>(
  items: readonly T[],
): { readonly standing: readonly T[]; readonly gone: readonly T[] } {
  const voided = new Set(items.filter(({ kind }) => kind === 'void').map(({ transaction }) => transaction))
  const both = new Set(
    items
      .filter(({ kind, transaction }) => kind === 'undo' && voided.has(transaction))
      .map((one) => one.transaction),
  )
  const isGone = ({ transaction, kind }: T): boolean =>
    both.has(transaction) && (kind === 'void' || kind === 'undo')
  return { standing: items.filter((one) => !isGone(one)), gone: items.filter(isGone) }
}

/** What a line comes to for one of its parties; positive: it receives. The acquirer pays the fee, whoever has a share gets it. */
export function netFor(
  party: string,
  { kind, amount, fee, shares, acquirer, institution }: ClearingItem,
): bigint {
  const own = shares.reduce((sum, share) => (share.to === party ? sum + share.amount : sum), 0n)
  const charged = shares.length > 0 && party === acquirer ? fee : 0n
  const principal = party === acquirer ? amount : party === institution ? -amount : 0n
  const forth = principal + own - charged
  return paysOut(kind) ? forth : -forth
}
