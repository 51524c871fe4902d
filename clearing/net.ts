// Netting: what each party owes the network for a day. Positions of a day and currency sum to zero (INV-30).

/** One cleared item: `amount` minor units move from payer to payee on `day`. A refund or reversal goes the other way. */
export type ClearedItem = {
  readonly transaction: string
  readonly kind: 'purchase' | 'refund' | 'reversal' | 'void'
  readonly day: string
  readonly payer: string
  readonly payee: string
  readonly amount: bigint
  readonly currency: string
  readonly business?: string
}

/** Positive: the party receives; negative: it pays. */
export type Position = { readonly party: string; readonly currency: string; readonly net: bigint }

export function net(items: Iterable<ClearedItem>): readonly Position[] {
  const positions = new Map<string, Position>()
  const move = (party: string, currency: string, amount: bigint): void => {
    const key = `${party}/${currency}`
    positions.set(key, { party, currency, net: (positions.get(key)?.net ?? 0n) + amount })
  }
  for (const { payer, payee, amount, currency } of items) {
    move(payer, currency, -amount)
    move(payee, currency, amount)
  }
  return [...positions.values()].sort((a, b) => (a.party + a.currency < b.party + b.currency ? -1 : 1))
}
