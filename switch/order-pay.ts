// A payment that the payer's institution began: it has frozen the money, and this switch says yes or no. The order goes to
// one payer, in the change that says yes; every later payment of it hears no. What was said to a payment is kept, and said
// again (MPM-003, MPM-004, MPM-014, MPM-015, ONL-004).
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Decision, Rows } from '../store/store.ts'
import { kind } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  contentDigest,
  type DeclineClass,
  type Fields,
  type Opened,
  type RejectClass,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen, numbered } from './admit.ts'
import { businessFault } from './business.ts'
import { finalOf } from './conclude.ts'
import { lineOf, type Order, orders, stateAt } from './order-records.ts'
import { itemKey, nonces, type Purchase, purchases, tokens, transactions } from './records.ts'
import { institutionRefusal, merchantRefusal, type Terms, termsFor } from './registry.ts'
import type { SwitchWorld } from './world.ts'

/** What was said to one payment of an institution; a no is as final as a yes. */
type Paid = {
  readonly tn: string
  readonly item: string
  readonly class: AnswerClass
  readonly transaction?: string
  readonly clearingDay?: string
  readonly digest: string
}
const paid = kind<Paid>('paid')
const paidKey = (institution: string, payment: string): string => `${institution}.${payment}`

type Reply = Fields<'pay.reply'>

export async function payOrder(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  // The order's time is judged by when the message came in, however long the opening of it takes (MPM-015).
  const receivedAt = world.clock.wall()
  return answer(world, sealed, 'pay', async (opened) => {
    const { fields } = opened.message
    const fault = businessFault(world.profile, fields.business, 'pay')
    if (fault !== undefined) return fault
    const terms = await termsFor(world, fields.acquirer, fields.merchant)
    const keys = [
      nonces.key(nonceId(opened)),
      paid.key(paidKey(opened.from, fields.payment)),
      orders.key(fields.tn),
      purchases.key(itemKey(fields)),
      tokens.key(fields.token),
    ]
    return numbered(world, keys, (transaction, rows) =>
      decide(world, opened, rows, { transaction, receivedAt, terms }),
    )
  })
}

type At = { readonly transaction: string; readonly receivedAt: number; readonly terms: Terms }

function decide(world: SwitchWorld, opened: Opened<'pay'>, rows: Rows, at: At): Decision<Reply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('pay', fields)
  const key = paidKey(opened.from, fields.payment)
  const known = paid.in(rows, key)
  if (known !== undefined)
    return {
      put: [claim],
      result: known.digest === digest ? told(fields, known, true) : answerFields('REJ-CONFLICT'),
    }
  const order = orders.in(rows, fields.tn)
  const refusal = refusalOf(world, opened, rows, at, order)
  const item = itemKey(fields)
  if (refusal !== undefined || order === undefined) {
    const no: Paid = { tn: fields.tn, item, class: refusal ?? 'DECL-ORIG', digest }
    return {
      put: [claim, paid.put(key, no)],
      append: [{ item, kind: 'pay', body: { payment: fields.payment, class: no.class } }],
      result: told(fields, no, false),
    }
  }
  const purchase = purchaseOf(world, opened, order, at.transaction)
  const { transaction, clearingDay } = purchase
  const yes: Paid = { tn: order.tn, item, class: 'OK', transaction, clearingDay, digest }
  const final = finalOf(world, purchase, 'purchase', 'SUCCESS', 'OK')
  const gone: Order = { ...order, state: 'PAID' }
  return {
    put: [
      claim,
      paid.put(key, yes),
      orders.put(order.tn, gone),
      purchases.put(item, purchase),
      transactions.put(transaction, { type: 'purchase', id: item }),
    ],
    append: [
      lineOf(gone),
      { item, kind: 'purchase', body: { state: 'SUCCESS', transaction, clearingDay } },
      ...final.append,
    ],
    enqueue: final.enqueue,
    result: told(fields, yes, false),
  }
}

/** In the order of wire/classes.ts. */
function refusalOf(
  world: SwitchWorld,
  opened: Opened<'pay'>,
  rows: Rows,
  { receivedAt, terms }: At,
  order: Order | undefined,
): DeclineClass | RejectClass | undefined {
  const { fields } = opened.message
  if (order === undefined || itemKey(order) !== itemKey(fields) || order.merchant !== fields.merchant)
    return 'DECL-ORIG'
  const scene = order.kind === 'ONLINE' ? 'ONLINE' : 'MPM'
  const routed = institutionRefusal(terms, opened.from, scene, order.business)
  if (routed !== undefined) return routed
  if (stateAt(order, receivedAt) !== 'OPEN' || purchases.in(rows, itemKey(fields)) !== undefined)
    return 'DECL-STATE'
  if (fields.currency !== order.currency) return 'DECL-CURR'
  const barred = merchantRefusal(world, terms, order, scene)
  if (barred !== undefined) return barred
  const token = tokens.in(rows, fields.token)
  if (token?.institution !== opened.from || token.state !== 'T_ACTIVE') return 'DECL-TOKEN'
  if (order.amount !== undefined && fields.amount !== order.amount) return 'DECL-AMOUNT'
  if (fields.amount > world.profile.values.amountMaxMinor) return 'DECL-AMOUNT'
  const legs = fields.legs?.reduce((sum, { amount }) => sum + amount, 0n)
  return legs === undefined || legs === fields.amount ? undefined : 'DECL-AMOUNT'
}

function purchaseOf(world: SwitchWorld, opened: Opened<'pay'>, found: Order, transaction: string): Purchase {
  const { acquirer, merchant, merchantName, merchantCategory, order, orderTime, currency, tn, region } = found
  const { amount, token, payment, business = found.business } = opened.message.fields
  const now = world.clock.wall()
  return {
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order,
    orderTime,
    amount,
    currency,
    token,
    tn,
    payment,
    transaction,
    code: '',
    institution: opened.from,
    clearingDay: clearingDayOf(now, world.profile.values.cutOff),
    state: 'SUCCESS',
    said: { class: 'OK' },
    refunded: 0n,
    refunding: 0n,
    refunds: [],
    at: now,
    digest: contentDigest('pay', opened.message.fields),
    ...(region !== undefined && { region }),
    ...(business !== undefined && { business }),
  }
}

function told(fields: Fields<'pay'>, said: Paid, repeated: boolean): Reply {
  const { payment, order, orderTime, amount, currency, merchant } = fields
  const { transaction, clearingDay } = said
  return {
    payment,
    order,
    orderTime,
    amount,
    currency,
    merchant,
    state: said.class === 'OK' ? 'SUCCESS' : 'FAILED',
    ...(transaction !== undefined && { transaction }),
    ...(clearingDay !== undefined && { clearingDay }),
    ...answerFields(said.class, { repeated }),
  }
}

/** How a payment ended, by the institution's own id of it. NOT_FOUND is no end: it may still be on its way. */
export async function queryPay(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'pay.query', async (opened) => {
    const { payment } = opened.message.fields
    const key = paidKey(opened.from, payment)
    const said = paid.in(await world.store.read([paid.key(key)]), key)
    if (said === undefined) return answerFields('NOT_FOUND')
    if (said.class !== 'OK') return { ...answerFields('OK'), payment, state: 'FAILED' }
    const purchase = purchases.in(await world.store.read([purchases.key(said.item)]), said.item)
    if (purchase === undefined) return answerFields('NOT_FOUND')
    const { order, orderTime, amount, currency, merchant, transaction, clearingDay } = purchase
    const echo = { order, orderTime, amount, currency, merchant, transaction, clearingDay }
    return { ...answerFields('OK'), payment, ...echo, state: 'SUCCESS' }
  })
}
