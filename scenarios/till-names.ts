// What the switch at an acquirer's edge calls the acquirer's items: a sale at the till, a code, an order, a refund.
import { clearingDayOf } from '../clearing/clearing.ts'
import { SHOP, transactionOf } from '../mocks/mocks.ts'
import type { Cast } from './cast.ts'
import { ACQUIRER_A } from './parties.ts'

export type TillKind = 'sale' | 'refund' | 'void'
export type TillItem = {
  readonly kind: TillKind
  readonly order: string
  readonly orderTime: string
  readonly transaction: string
  readonly amount: string
}

/** An item that a step began, or that one will: its names are the same before and after. */
export function itemOf(cast: Cast, name: string): TillItem {
  const known = cast.known.get(name)
  const ids =
    known?.['order'] === undefined
      ? cast.ids.item(name)
      : { order: String(known['order']), orderTime: String(known['orderTime']) }
  return {
    kind: (known?.['kind'] as TillKind | undefined) ?? 'sale',
    order: ids.order,
    orderTime: ids.orderTime,
    transaction: transactionOf(ids),
    amount: String(known?.['amount'] ?? '1000'),
  }
}

/** The fields of a notice that are the item's own. */
export function payeeOf(cast: Cast, name: string): Readonly<Record<string, unknown>> {
  const { kind, order, orderTime, transaction, amount } = itemOf(cast, name)
  const { clock, profile } = cast.stage
  return {
    about: kind === 'sale' ? 'purchase' : kind,
    transaction,
    acquirer: ACQUIRER_A,
    merchant: SHOP.merchant,
    order,
    orderTime,
    amount: BigInt(amount),
    currency: SHOP.currency,
    clearingDay: clearingDayOf(clock.now(), profile.values.cutOff),
  }
}
