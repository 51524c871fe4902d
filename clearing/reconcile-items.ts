// What is reconciled, and how two items of one key are compared. Keys are compared as they stand, byte by byte: no
// trimming, no folding of case (REC-020).

export type Side = 'ours' | 'theirs'
export type ItemStatus = 'success' | 'pending' | 'failed' | 'reversed'

/** One line of a book or a file. What a side does not state is not compared: an empty kind or day, no fee, no legs. */
export type ReconcileItem = {
  readonly transaction: string
  readonly kind: string
  /** YYYYMMDD. */
  readonly day: string
  readonly amount: bigint
  readonly currency: string
  readonly fee?: bigint
  /** Minor units by source of money; one that is missing is zero. */
  readonly legs?: Readonly<Record<string, bigint>>
  /** Success where nothing is said. */
  readonly status?: ItemStatus
  /** The key of what a refund or reversal gives back. Empty: there should be one, and the line names none. */
  readonly original?: string
  /** Where it stands in its file. */
  readonly line?: number
}

/** Every verdict there is, in the order in which they are told. The first that applies to a pair is the one that is said. */
export const DIFFERENCE_KINDS = [
  'only_ours',
  'only_theirs',
  'refund_without_original',
  'direction',
  'currency',
  'amount',
  'status',
  'fee',
  'legs',
  'day_shift',
  'duplicate',
  'in_transit',
  'cross_day',
  'net_zero',
  'matched',
] as const
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

/** These are told and are no difference (REC-007, REC-008); net_zero is a house name, see `reconcile`. */
const AGREED: ReadonlySet<DifferenceKind> = new Set(['matched', 'in_transit', 'cross_day', 'net_zero'])
export const isDifference = (kind: DifferenceKind): boolean => !AGREED.has(kind)

export type ReconcileRules = {
  /** How many days apart two lines of one item may be and still match (REC-007). */
  readonly toleranceDays: number
}

/** What takes an item back as a whole: with it the item is nothing. */
export const takesBack = (kind: string): boolean => kind === 'reversal' || kind === 'void'
/** What names an original. */
export const givesBack = (kind: string): boolean => kind === 'refund' || takesBack(kind)

export function compared(
  [a, ofA]: readonly [ReconcileItem, ItemStatus],
  [b, ofB]: readonly [ReconcileItem, ItemStatus],
  { toleranceDays }: ReconcileRules,
): DifferenceKind {
  if (a.kind !== b.kind && a.kind !== '' && b.kind !== '') return 'direction'
  if (a.amount * b.amount < 0n) return 'direction'
  if (a.currency !== b.currency) return 'currency'
  if (a.amount !== b.amount) return 'amount'
  if (ofA !== ofB) return 'status'
  if (a.fee !== undefined && b.fee !== undefined && a.fee !== b.fee) return 'fee'
  if (a.legs !== undefined && b.legs !== undefined && !sameLegs(a.legs, b.legs)) return 'legs'
  const shifted = a.day !== b.day && a.day !== '' && b.day !== ''
  if (shifted && !within(a.day, b.day, toleranceDays)) return 'day_shift'
  if (ofA === 'pending') return 'in_transit'
  return shifted ? 'cross_day' : 'matched'
}

function sameLegs(a: Readonly<Record<string, bigint>>, b: Readonly<Record<string, bigint>>): boolean {
  return Object.keys({ ...a, ...b }).every((name) => (a[name] ?? 0n) === (b[name] ?? 0n))
}

function within(a: string, b: string, days: number): boolean {
  const [one, other] = [dayNumber(a), dayNumber(b)]
  return one !== undefined && other !== undefined && Math.abs(one - other) <= days
}

function dayNumber(day: string): number | undefined {
  if (!/^[0-9]{8}$/.test(day)) return undefined
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6))) / 86_400_000
}

/** By the bytes of UTF-8, so that a sort in memory and one over files give the same order. */
export function byBytes(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  for (let at = 0; at < most; at += 1) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one === other) continue
    // Half of a pair stands for a character beyond all that have no halves.
    const [high, low] = [isHalf(one), isHalf(other)]
    return high === low ? one - other : high ? 1 : -1
  }
  return a.length - b.length
}

const isHalf = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff

/** An order of items that does not know in which order they came; their lines decide last. */
export function byContent(a: ReconcileItem, b: ReconcileItem): number {
  return (
    byBytes(a.day, b.day) ||
    byBytes(a.kind, b.kind) ||
    byBytes(a.currency, b.currency) ||
    byAmount(a.amount, b.amount) ||
    byAmount(a.fee ?? 0n, b.fee ?? 0n) ||
    byBytes(a.status ?? 'success', b.status ?? 'success') ||
    byBytes(a.original ?? '', b.original ?? '') ||
    byBytes(legsText(a.legs), legsText(b.legs)) ||
    (a.line ?? 0) - (b.line ?? 0)
  )
}

const byAmount = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? -1 : 1)

/** `balance=900;coupon=100` */
export function legsText(legs: Readonly<Record<string, bigint>> | undefined): string {
  return Object.entries(legs ?? {})
    .map(([name, amount]) => `${name}=${amount}`)
    .sort(byBytes)
    .join(';')
}
