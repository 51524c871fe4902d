// The end of an order that nobody has paid, and what it is now. An acquirer that closes what never arrived here leaves a fence
// in its place: what comes later may not begin (MPM-005, MPM-006).
import type { Decision, Rows } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import {
  FENCE,
  lineOf,
  type Order,
  orderByItem,
  orderOfItem,
  orderPuts,
  orders,
  stateAt,
} from './order-records.ts'
import { itemKey, nonces } from './records.ts'
import type { SwitchWorld } from './world.ts'

export async function cancelCode(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'qr.cancel', async (opened) => {
    const item = itemKey(opened.message.fields)
    for (;;) {
      const tn = orderOfItem.in(await world.store.read([orderOfItem.key(item)]), item)?.tn
      const own = tn ?? `${FENCE}${item}`
      const keys = [nonces.key(nonceId(opened)), orderOfItem.key(item), orders.key(own)]
      const result = await world.store.change<Fields<'qr.cancel.reply'> | 'again'>(keys, (rows) =>
        orderOfItem.in(rows, item)?.tn === tn ? cancel(world, opened, own, rows) : { result: 'again' },
      )
      if (result !== 'again') return result
    }
  })
}

function cancel(
  world: SwitchWorld,
  opened: Opened<'qr.cancel'>,
  tn: string,
  rows: Rows,
): Decision<Fields<'qr.cancel.reply'>> {
  const { acquirer, merchant, order, orderTime } = opened.message.fields
  const now = world.clock.wall()
  if (acquirer !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const found = orders.in(rows, tn)
  const told = (kindOf: AnswerClass, state: string, repeated = false) => ({
    order,
    orderTime,
    state,
    ...answerFields(kindOf, { repeated }),
  })
  if (found === undefined) {
    const fence: Order = { ...NEVER, tn, acquirer, merchant, order, orderTime, validUntil: now, digest: tn }
    return { put: [claim, ...orderPuts(fence)], append: [lineOf(fence)], result: told('OK', 'CLOSED') }
  }
  if (found.merchant !== merchant) return { put: [claim], result: answerFields('DECL-ORIG') }
  if (found.state === 'PAID') return { put: [claim], result: told('DECL-STATE', 'PAID') }
  if (found.state === 'CLOSED') return { put: [claim], result: told('OK', 'CLOSED', true) }
  const closed: Order = { ...found, state: 'CLOSED' }
  return { put: [claim, orders.put(tn, closed)], append: [lineOf(closed)], result: told('OK', 'CLOSED') }
}

const NEVER = {
  kind: 'DYNAMIC',
  merchantName: '',
  merchantCategory: '',
  currency: '156',
  state: 'CLOSED',
} as const

export async function queryCode(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'qr.query', async (opened) => {
    const { fields } = opened.message
    const found = fields.acquirer === opened.from ? await orderByItem(world, itemKey(fields)) : undefined
    if (found === undefined || found.merchant !== fields.merchant) return answerFields('NOT_FOUND')
    const { order, orderTime, amount, currency, merchant, tn, qrCode } = found
    return {
      ...answerFields('OK'),
      order,
      orderTime,
      currency,
      merchant,
      state: stateAt(found, world.clock.wall()),
      ...(amount !== undefined && { amount }),
      ...(!tn.startsWith(FENCE) && { tn }),
      ...(qrCode !== undefined && { qrCode }),
    }
  })
}
