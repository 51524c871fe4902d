// A query of an acquirer about its own items. Reads only; the state it tells is the record's, never a guess.
import { answer, answerFields, codeOf, type Fields, type Sealed, type Turned } from '../wire/wire.ts'
import { orderByItem, stateAt } from './order-records.ts'
import { itemKey, purchases, refunds, transactions, voids } from './records.ts'
import { VOID_SHOWN } from './void.ts'
import type { SwitchWorld } from './world.ts'

const INCOMPLETE = Symbol('neither key is whole')
type Reply = Fields<'query.reply'>

export async function query(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'query', async (opened) => {
    const { fields } = opened.message
    if (fields.acquirer !== opened.from) return answerFields('NOT_FOUND')
    const id = await idOf(world, fields)
    if (id === INCOMPLETE)
      return {
        ...answerFields('REJ-FORMAT', { detail: 'name the original by order and time, or by network id' }),
        wrongField: 'orderNo',
      }
    if (id === undefined) return answerFields('NOT_FOUND')
    if (fields.asked === 'void') return voidReply(world, id, fields)
    return fields.asked === 'refund' ? refundReply(world, id, fields) : purchaseReply(world, id, fields)
  })
}

async function idOf(
  world: SwitchWorld,
  { acquirer, order, orderTime, transaction, asked }: Fields<'query'>,
): Promise<string | typeof INCOMPLETE | undefined> {
  if (order !== undefined && orderTime !== undefined) return itemKey({ acquirer, order, orderTime })
  if (transaction === undefined) return INCOMPLETE
  const found = transactions.in(await world.store.read([transactions.key(transaction)]), transaction)
  const kind = asked === 'refund' || asked === 'void' ? asked : 'purchase'
  return found?.type === kind ? found.id : undefined
}

/** What an acquirer may know of a state: the switch's own waiting is one PENDING to it. */
const SHOWN: Readonly<Record<string, string>> = { ASKED: 'PENDING', UNKNOWN: 'PENDING', REVERSING: 'PENDING' }

async function purchaseReply(world: SwitchWorld, id: string, fields: Fields<'query'>): Promise<Reply> {
  const purchase = purchases.in(await world.store.read([purchases.key(id)]), id)
  if (purchase === undefined) return orderReply(world, id, fields)
  if (!owned(purchase, fields)) return answerFields('NOT_FOUND')
  const rows = await world.store.read(purchase.refunds.map((refund) => refunds.key(refund)))
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay, state, refunded } = purchase
  const shown = SHOWN[state] ?? state
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    merchant,
    clearingDay,
    state: shown,
    ...(state === 'FENCED' ? {} : { amount, currency, transaction, refundedTotal: refunded }),
    origAnswer: codeOf(shown === 'PENDING' ? 'PENDING' : purchase.said.class),
    refunds: purchase.refunds.flatMap((refund) => {
      const found = refunds.in(rows, refund)
      return found === undefined
        ? []
        : [
            {
              transaction: found.transaction,
              order: found.order,
              orderTime: found.orderTime,
              amount: found.amount,
              state: found.state,
            },
          ]
    }),
  }
}

/** An order that nobody has paid: it may still be, or no more. */
async function orderReply(world: SwitchWorld, id: string, fields: Fields<'query'>): Promise<Reply> {
  const found = await orderByItem(world, id)
  if (found === undefined || found.acquirer !== fields.acquirer || fields.transaction !== undefined)
    return answerFields('NOT_FOUND')
  const { order, orderTime, amount, currency, merchant } = found
  const open = stateAt(found, world.clock.wall()) === 'OPEN'
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    merchant,
    currency,
    ...(amount !== undefined && { amount }),
    state: open ? 'PENDING' : 'CLOSED',
    origAnswer: codeOf(open ? 'PENDING' : 'DECL-STATE'),
  }
}

async function voidReply(world: SwitchWorld, id: string, fields: Fields<'query'>): Promise<Reply> {
  const found = voids.in(await world.store.read([voids.key(id)]), id)
  if (found === undefined || !owned(found, fields)) return answerFields('NOT_FOUND')
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay, state, said } = found
  const fenced = state === 'FENCED'
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    merchant,
    clearingDay,
    ...(fenced ? {} : { amount, currency, transaction }),
    state: VOID_SHOWN[state],
    origAnswer: codeOf(said.class),
  }
}

async function refundReply(world: SwitchWorld, id: string, fields: Fields<'query'>): Promise<Reply> {
  const refund = refunds.in(await world.store.read([refunds.key(id)]), id)
  if (refund === undefined || !owned(refund, fields)) return answerFields('NOT_FOUND')
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay, state, said } = refund
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    amount,
    currency,
    merchant,
    transaction,
    clearingDay,
    state,
    origAnswer: codeOf(said.class),
  }
}

function owned(item: { acquirer: string; transaction: string }, fields: Fields<'query'>): boolean {
  return (
    item.acquirer === fields.acquirer &&
    (fields.transaction === undefined || fields.transaction === item.transaction)
  )
}
