// A query reads and never writes: no stub that could block a late original, no row lock (QRY-002, QRY-015).
import { answer, answerFields, codeOf, type Fields, type Sealed, type Turned } from '../wire/wire.ts'
import { legsOf } from './debit.ts'
import { paidBy } from './legs.ts'
import { byTransaction, itemKey, type Payment, payments, refunds, voids } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const INCOMPLETE = Symbol('neither key is whole')
type QueryReply = Fields<'debit.query.reply'>

export async function query(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'debit.query', async (opened) => {
    const { fields } = opened.message
    const id = await idOf(world, fields)
    if (id === INCOMPLETE)
      return {
        ...answerFields('REJ-FORMAT', { detail: 'name the original by order and time, or by network id' }),
        wrongField: 'orderNo',
      }
    if (id === undefined) return answerFields('NOT_FOUND')
    if (fields.asked === 'void') return voidReply(world, id, fields)
    return fields.asked === 'credit' ? refundReply(world, id, fields) : paymentReply(world, id, fields)
  })
}

async function idOf(
  world: InstitutionWorld,
  fields: Fields<'debit.query'>,
): Promise<string | typeof INCOMPLETE | undefined> {
  const { acquirer, order, orderTime, transaction } = fields
  if (order !== undefined && orderTime !== undefined) return itemKey({ acquirer, order, orderTime })
  if (transaction === undefined) return INCOMPLETE
  const found = byTransaction.in(await world.store.read([byTransaction.key(transaction)]), transaction)
  const kind = fields.asked === 'credit' || fields.asked === 'void' ? fields.asked : 'debit'
  return found?.type === kind ? found.id : undefined
}

async function paymentReply(
  world: InstitutionWorld,
  id: string,
  fields: Fields<'debit.query'>,
): Promise<QueryReply> {
  const payment = payments.in(await world.store.read([payments.key(id)]), id)
  if (payment === undefined || !asked(payment, fields)) return answerFields('NOT_FOUND')
  const rows = await world.store.read(payment.refunds.map((refund) => refunds.key(refund)))
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay, state, refunded } = payment
  const fenced = state === 'FENCED'
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    merchant,
    state,
    // The switch gives these; a payment that the wallet began has none until then.
    ...(clearingDay !== '' && { clearingDay }),
    ...(fenced ? {} : { amount, currency, refundedTotal: refunded }),
    ...(!fenced && transaction !== '' && { transaction }),
    origAnswer: codeOf(payment.said.class),
    ...(payment.legs.length > 0 && { paid: paidBy(payment.legs), legs: legsOf(payment.legs) }),
    refunds: payment.refunds.flatMap((refund) => {
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

async function refundReply(
  world: InstitutionWorld,
  id: string,
  fields: Fields<'debit.query'>,
): Promise<QueryReply> {
  const refund = refunds.in(await world.store.read([refunds.key(id)]), id)
  if (refund === undefined || !asked(refund, fields)) return answerFields('NOT_FOUND')
  const { order, orderTime, amount, currency, transaction, clearingDay, state } = refund
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    amount,
    currency,
    transaction,
    clearingDay,
    state,
    origAnswer: codeOf(refund.said.class),
  }
}

async function voidReply(
  world: InstitutionWorld,
  id: string,
  fields: Fields<'debit.query'>,
): Promise<QueryReply> {
  const found = voids.in(await world.store.read([voids.key(id)]), id)
  if (found === undefined || !asked(found, fields)) return answerFields('NOT_FOUND')
  const { order, orderTime, amount, currency, transaction, clearingDay, state } = found
  return {
    ...answerFields('OK'),
    order,
    orderTime,
    clearingDay,
    state,
    ...(state === 'FENCED' ? {} : { amount, currency, transaction }),
    origAnswer: codeOf(found.said.class),
  }
}

/** Another acquirer's item looks exactly like one that does not exist (QRY-006), and both keys must agree (QRY-001). */
function asked(item: Pick<Payment, 'acquirer' | 'transaction'>, fields: Fields<'debit.query'>): boolean {
  return (
    item.acquirer === fields.acquirer &&
    (fields.transaction === undefined || fields.transaction === item.transaction)
  )
}
