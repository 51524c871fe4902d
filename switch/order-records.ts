// What the switch keeps of orders that payers come to by themselves: by its own number, by the acquirer's business key, by
// the text of the code.
import type { Put } from '../store/store.ts'
import { kind } from '../store/store.ts'
import { beijingTime, type Fields } from '../wire/wire.ts'
import { itemKey } from './records.ts'
import type { SwitchWorld } from './world.ts'

export type OrderKind = 'STATIC' | 'DYNAMIC' | 'ONLINE'
export type Order = {
  readonly tn: string
  readonly kind: OrderKind
  readonly acquirer: string
  readonly merchant: string
  readonly merchantName: string
  readonly merchantCategory: string
  readonly amount?: bigint
  readonly currency: string
  readonly order: string
  readonly orderTime: string
  /** The last instant at which a payment may be received. */
  readonly validUntil: number
  /** CLOSED: by its acquirer, by its time, or before it was ever made. */
  readonly state: 'OPEN' | 'PAID' | 'CLOSED'
  readonly qrCode?: string
  readonly subject?: string
  readonly packages?: NonNullable<Fields<'order.create'>['packages']>
  readonly returnUrl?: string
  readonly region?: string
  readonly business?: string
  readonly digest: string
}
/** A printed code: each look at it makes an order of its own. */
export type Printed = Pick<
  Order,
  | 'acquirer'
  | 'merchant'
  | 'merchantName'
  | 'merchantCategory'
  | 'currency'
  | 'subject'
  | 'region'
  | 'business'
> & { readonly amount?: bigint }

export const orders = kind<Order>('order')
/** By business key; and by the text of the code. */
export const orderOfItem = kind<{ readonly tn: string }>('order-of-item')
export const orderOfCode = kind<{ readonly tn: string }>('order-of-code')
export const printed = kind<Printed>('printed-code')

export const STATIC_PATH = '00010001'

/** The state as of an instant: an order whose time is over is closed, whether or not anybody wrote that down. */
export const stateAt = ({ state, validUntil }: Order, at: number): Order['state'] =>
  state === 'OPEN' && at > validUntil ? 'CLOSED' : state

export const orderPuts = (order: Order): Put[] => [
  orders.put(order.tn, order),
  orderOfItem.put(itemKey(order), { tn: order.tn }),
  ...(order.qrCode === undefined || order.kind === 'STATIC'
    ? []
    : [orderOfCode.put(order.qrCode, { tn: order.tn })]),
]

export const lineOf = (order: Order, state: Order['state'] = order.state) => ({
  item: itemKey(order),
  kind: 'order',
  body: { tn: order.tn, of: order.kind, state },
})

export async function orderByItem({ store }: SwitchWorld, item: string): Promise<Order | undefined> {
  const tn = orderOfItem.in(await store.read([orderOfItem.key(item)]), item)?.tn
  return tn === undefined ? undefined : orders.in(await store.read([orders.key(tn)]), tn)
}

/** Before the number of an order that was closed before it was made. */
export const FENCE = 'fence.'

export function newTn(world: SwitchWorld): string {
  const now = world.clock.wall()
  const ofDay = ((now + 8 * 3_600_000) % 86_400_000).toString().padStart(8, '0')
  return beijingTime(now).slice(0, 8) + ofDay + digits(world, 5)
}

export function digits(world: SwitchWorld, length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of world.random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}
