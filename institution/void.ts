// Void: takes a payment back whole on its own clearing day, as a transaction of its own; and the undoing of a void, after
// which the payment stands again (VOD-001 to VOD-012). The day is the one that the switch stamped, not this clock's.
import type { Decision, Put, Rows } from '../store/store.ts'
import {
  answer,
  answerFields,
  contentDigest,
  type DeclineClass,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { changePayment } from './payer.ts'
import {
  byTransaction,
  itemKey,
  nonces,
  originalKey,
  type Payment,
  payments,
  type Said,
  type Void,
  voids,
} from './records.ts'
import { undone } from './undo.ts'
import type { InstitutionWorld } from './world.ts'

type VoidReply = Fields<'debit.void.reply'>

export async function voidPayment(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'debit.void', async (opened) => {
    const { fields } = opened.message
    const keys = [
      nonces.key(nonceId(opened)),
      voids.key(itemKey(fields)),
      byTransaction.key(fields.transaction),
    ]
    return changePayment(world, originalKey(fields), keys, (rows) => decide(world, opened, rows))
  })
}

function decide(world: InstitutionWorld, opened: Opened<'debit.void'>, rows: Rows): Decision<VoidReply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('debit.void', fields)
  const known = voids.in(rows, itemKey(fields))
  if (known?.state === 'FENCED')
    return { put: [claim], result: said(fields, recordOf(fields, digest, { class: 'DECL-STATE' }), false) }
  if (known !== undefined) {
    const same = known.digest === digest
    return { put: [claim], result: same ? said(fields, known, true) : answerFields('REJ-CONFLICT') }
  }
  if (byTransaction.in(rows, fields.transaction) !== undefined)
    return { put: [claim], result: answerFields('REJ-CONFLICT') }
  const payment = payments.in(rows, originalKey(fields))
  const refusal = refusalOf(fields, payment)
  if (refusal !== undefined || payment === undefined) {
    const record = recordOf(fields, digest, { class: refusal ?? 'DECL-ORIG' })
    return { put: [claim, ...kept(record)], result: said(fields, record, false) }
  }
  const record = recordOf(fields, digest, { class: 'OK' })
  const { put, append, enqueue } = undone(rows, payment, {
    state: 'VOIDED',
    what: 'void',
    posting: `void:${itemKey(fields)}`,
    transaction: fields.transaction,
    clearingDay: fields.clearingDay,
  })
  return {
    put: [claim, ...kept(record), ...put],
    append,
    enqueue,
    result: said(fields, record, false),
  }
}

function refusalOf(fields: Fields<'debit.void'>, payment: Payment | undefined): DeclineClass | undefined {
  if (payment === undefined || payment.state === 'FENCED') return 'DECL-ORIG'
  if (payment.transaction !== fields.origTransaction || payment.merchant !== fields.merchant)
    return 'DECL-ORIG'
  if (payment.state !== 'SUCCESS' || payment.refunding > 0n) return 'DECL-STATE'
  if (payment.clearingDay !== fields.clearingDay) return 'DECL-WINDOW'
  if (payment.currency !== fields.currency) return 'DECL-CURR'
  return payment.amount === fields.amount ? undefined : 'DECL-AMOUNT'
}

function recordOf(fields: Fields<'debit.void'>, digest: string, what: Said): Void {
  const { acquirer, order, orderTime, transaction, amount, currency, clearingDay } = fields
  return {
    acquirer,
    order,
    orderTime,
    transaction,
    amount,
    currency,
    clearingDay,
    of: originalKey(fields),
    state: what.class === 'OK' ? 'VOIDED' : 'FAILED',
    said: what,
    digest,
  }
}

const kept = (record: Void): Put[] => [
  voids.put(itemKey(record), record),
  byTransaction.put(record.transaction, { type: 'void', id: itemKey(record) }),
]

function said(fields: Fields<'debit.void'>, record: Void, repeated: boolean): VoidReply {
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay } = fields
  return {
    order,
    orderTime,
    amount,
    currency,
    merchant,
    transaction,
    clearingDay,
    state: record.state,
    ...answerFields(record.said.class, { repeated }),
  }
}
