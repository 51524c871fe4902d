// Which orders a running `sifang up` has carried, and whose they are: known from the purchases that came by.
import type { Seen } from '../scenarios/scenarios.ts'
import type { PartyId } from '../wire/wire.ts'

export type Order = { readonly order: string; readonly orderTime: string; readonly acquirer: PartyId }

export type OrdersSeen = {
  /** Shown everything that is carried. */
  noted(one: Seen): void
  /** By its order id, or the `last` one. */
  find(of: string): Order | undefined
  /** The newest order ids, oldest first. */
  newest(most: number): readonly string[]
}

const ORDERS_MAX = 10_000

export function ordersSeen(): OrdersSeen {
  const orders = new Map<string, Order>()
  return {
    noted: (one) => {
      if (one.kind === 'call' || one.type !== 'purchase' || one.replyTo !== undefined) return
      const { from, fields } = one
      const { order, orderTime } = (fields ?? {}) as { order?: string; orderTime?: string }
      if (order === undefined || orderTime === undefined) return
      orders.delete(order)
      orders.set(order, { order, orderTime, acquirer: from })
      const [oldest] = orders.keys()
      if (orders.size > ORDERS_MAX && oldest !== undefined) orders.delete(oldest)
    },
    find: (of) => (of === 'last' ? [...orders.values()].at(-1) : orders.get(of)),
    newest: (most) => [...orders.keys()].slice(-most),
  }
}
