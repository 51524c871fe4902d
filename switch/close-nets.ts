// What a day comes to: the net of each pair, and of each party against all (INV-29, INV-30). A fee goes from the acquirer to
// whoever gets a share of it; whatever one pays another receives, so both kinds of net sum to zero.
import type { Position } from '../clearing/clearing.ts'
import type { PairSum } from './feed-book.ts'

/** `party` against `counterparty`; positive: it receives. */
export type PairNet = {
  readonly party: string
  readonly counterparty: string
  readonly currency: string
  readonly net: bigint
}

export function pairNets(sums: readonly PairSum[]): readonly PairNet[] {
  const nets = new Map<string, PairNet>()
  const one = (party: string, counterparty: string, currency: string, amount: bigint): void => {
    const key = `${party}.${counterparty}.${currency}`
    nets.set(key, { party, counterparty, currency, net: (nets.get(key)?.net ?? 0n) + amount })
  }
  const move = (payer: string, payee: string, currency: string, amount: bigint): void => {
    if (payer === payee) return
    one(payer, payee, currency, -amount)
    one(payee, payer, currency, amount)
  }
  for (const { institution, acquirer, currency, out, back, fees } of sums) {
    move(institution, acquirer, currency, out - back)
    for (const [to, amount] of Object.entries(fees)) move(acquirer, to, currency, amount)
  }
  return [...nets.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

const keyOf = ({ party, currency, counterparty }: PairNet): string => `${party}.${currency}.${counterparty}`

export function positionsOf(nets: readonly PairNet[]): readonly Position[] {
  const positions = new Map<string, Position>()
  for (const { party, currency, net } of nets) {
    const key = `${party}.${currency}`
    positions.set(key, { party, currency, net: (positions.get(key)?.net ?? 0n) + net })
  }
  return [...positions.values()]
}
