// One line of a clearing day, as the switch's book holds it and as every file carries it. Files are other spellings of
// this; fees, nets and reconciliation are computed from it and from nothing else.

export type ClearingKind = 'purchase' | 'refund' | 'reversal' | 'void' | 'undo'

export type FeeShare = { readonly to: string; readonly amount: bigint }
export type ClearingLeg = { readonly source: string; readonly sponsor?: string; readonly amount: bigint }

export type ClearingItem = {
  /** The network's own id, 20 digits; a reversal stands under its own. */
  readonly transaction: string
  readonly kind: ClearingKind
  /** YYYYMMDD, stamped by the switch, once. */
  readonly day: string
  readonly acquirer: string
  readonly institution: string
  readonly merchant: string
  readonly order: string
  /** YYYYMMDDhhmmss, Beijing. */
  readonly orderTime: string
  /** The item that this one takes back, wholly or in part. */
  readonly original?: string
  /** Whole minor units of `currency` (ISO 4217, numeric), above zero; which way they go follows from the kind. */
  readonly amount: bigint
  readonly currency: string
  /** What the merchant's side is charged for it; of an item that takes back, what it gets back. Zero or more. */
  readonly fee: bigint
  /** Who gets the fee; together they are the fee, to the minor unit. */
  readonly shares: readonly FeeShare[]
  readonly legs?: readonly ClearingLeg[]
  /** 四码一号. */
  readonly business?: string
  readonly category?: string
  /** Where the merchant is settled in another currency: at the quote of the sale. */
  readonly settled?: { readonly amount: bigint; readonly currency: string; readonly quote: string }
}

/** Whether the institution pays the acquirer's side, or gets back. */
export const paysOut = (kind: ClearingKind): boolean => kind === 'purchase' || kind === 'undo'

/** What an item moves from the institution to the acquirer's side; below zero where it moves back. */
export const movedBy = ({ kind, amount }: { readonly kind: string; readonly amount: bigint }): bigint =>
  paysOut(kind as ClearingKind) ? amount : -amount
