// What `sifang up` does with all that its parties say: keeps the last of it, knows the orders by it, and records it where
// asked.
import type { Seen } from '../scenarios/scenarios.ts'
import { type Carried, carried } from './carried.ts'
import { type OrdersSeen, ordersSeen } from './orders-seen.ts'
import type { TapeFile } from './tape-file.ts'

export type Traffic = { readonly carried: Carried; readonly orders: OrdersSeen }

export function trafficOf(tape: TapeFile | undefined): Traffic {
  const orders = ordersSeen()
  const noted = (one: Seen): void => {
    tape?.write(one)
    orders.noted(one)
  }
  return { carried: carried({ now: () => Date.now(), noted }), orders }
}
