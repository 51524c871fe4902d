// Refund: accepted here, final at the institution. What is under way counts against the amount, in the same change
// that admits it, so two parallel refunds can never pass the paid amount together (RFD-004, RFD-016).
import { addMonths, clearingDayOf } from '../clearing/clearing.ts'
import type { Decision, Rows } from '../store/store.ts'
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
import { nonceClaim, nonceId, nonceSeen, numbered } from './admit.ts'
import { businessFault } from './business.ts'
import {
  itemKey,
  nonces,
  originalKey,
  type Purchase,
  purchases,
  type Refund,
  refunds,
  type Said,
  transactions,
} from './records.ts'
import type { SwitchWorld } from './world.ts'

type Reply = Fields<'refund.reply'>

export async function refund(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'refund', async (opened) => {
    const { fields } = opened.message
    const fault = businessFault(world.profile, fields.business, 'refund')
    if (fault !== undefined) return fault
    const keys = [
      nonces.key(nonceId(opened)),
      refunds.key(itemKey(fields)),
      purchases.key(originalKey(fields)),
    ]
    return numbered(world, keys, (transaction, rows) => decide(world, opened, transaction, rows))
  })
}

function decide(
  world: SwitchWorld,
  opened: Opened<'refund'>,
  transaction: string,
  rows: Rows,
): Decision<Reply> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (fields.acquirer !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const digest = contentDigest('refund', fields)
  const id = itemKey(fields)
  const known = refunds.in(rows, id)
  if (known !== undefined) {
    return {
      put: [claim],
      result: known.digest === digest ? told(known, fields.merchant, true) : answerFields('REJ-CONFLICT'),
    }
  }
  const purchase = purchases.in(rows, originalKey(fields))
  const day = clearingDayOf(now, world.profile.values.cutOff)
  const refusal = refusalOf(world, fields, purchase, day)
  const { acquirer, merchant, order, orderTime, amount, currency, memo, business } = fields
  const said: Said = { class: refusal ?? 'PENDING' }
  const record: Refund = {
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    transaction,
    said,
    digest,
    ...(memo !== undefined && { memo }),
    ...(business !== undefined && { business }),
    of: originalKey(fields),
    clearingDay: day,
    state: refusal === undefined ? 'R_PENDING' : 'R_FAILED',
  }
  const put = [claim, refunds.put(id, record), transactions.put(transaction, { type: 'refund', id })]
  const append = [{ item: id, kind: 'refund', body: { state: record.state, of: record.of } }]
  if (refusal !== undefined || purchase === undefined)
    return { put, append, result: told(record, merchant, false) }
  const counted: Purchase = {
    ...purchase,
    refunding: purchase.refunding + amount,
    refunds: [...purchase.refunds, id],
  }
  return {
    put: [...put, purchases.put(originalKey(fields), counted)],
    append,
    enqueue: [{ id: `credit:${id}`, kind: 'credit', dueAt: now, body: { id, attempt: 0 } }],
    result: told(record, merchant, false),
  }
}

function refusalOf(
  world: SwitchWorld,
  fields: Fields<'refund'>,
  purchase: Purchase | undefined,
  day: string,
): DeclineClass | undefined {
  if (purchase === undefined || purchase.state === 'FENCED' || purchase.merchant !== fields.merchant)
    return 'DECL-ORIG'
  if (fields.origTransaction !== undefined && fields.origTransaction !== purchase.transaction)
    return 'DECL-ORIG'
  if (purchase.state !== 'SUCCESS' && purchase.state !== 'PART_REFUNDED' && purchase.state !== 'REFUNDED')
    return 'DECL-STATE'
  if (purchase.voiding !== undefined) return 'DECL-STATE'
  if (day > addMonths(purchase.clearingDay, world.profile.values.refundWindowMonths)) return 'DECL-WINDOW'
  if (fields.currency !== purchase.currency) return 'DECL-CURR'
  if (purchase.refunded + purchase.refunding + fields.amount > purchase.amount) return 'DECL-AMOUNT'
  return undefined
}

function told(refund: Refund, merchant: string, repeated: boolean): Reply {
  const { order, orderTime, amount, currency, transaction, clearingDay, said } = refund
  return {
    order,
    orderTime,
    amount,
    currency,
    merchant,
    transaction,
    clearingDay,
    ...answerFields(said.class, { repeated }),
  }
}
