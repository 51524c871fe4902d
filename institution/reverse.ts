// Reversal: takes a payment back whole, or writes the fence that a late original will meet.
// The fence is written in the same change that would have taken the money back, so both arrival orders hold
// across a restart (REV-002, REV-003, REV-017). A second reversal never posts twice (REV-004, REV-006).
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
  type Payment,
  payments,
  type PaymentState,
  refunds,
  reversalKey,
  reversals,
  type Said,
} from './records.ts'
import { undoVoid } from './undo-void.ts'
import { undone } from './undo.ts'
import type { InstitutionWorld } from './world.ts'

type ReverseReply = Fields<'debit.reverse.reply'>

export async function reverse(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'debit.reverse', async (opened) => {
    if (opened.message.fields.about === 'void') return undoVoid(world, opened)
    const { fields } = opened.message
    const keys = [
      nonces.key(nonceId(opened)),
      reversals.key(reversalKey(fields)),
      refunds.key(itemKey(fields)),
      ...(fields.transaction === undefined ? [] : [byTransaction.key(fields.transaction)]),
    ]
    return changePayment(world, itemKey(fields), keys, (rows) => decide(world, opened, rows))
  })
}

function decide(
  world: InstitutionWorld,
  opened: Opened<'debit.reverse'>,
  rows: Rows,
): Decision<ReverseReply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('debit.reverse', fields)
  const payment = payments.in(rows, itemKey(fields))
  const known = reversals.in(rows, reversalKey(fields))
  if (known !== undefined) {
    const same = known.digest === digest
    return {
      put: [claim],
      result: same ? said(fields, known.said, known.state, true) : answerFields('REJ-CONFLICT'),
    }
  }
  const refusal = refusalOf(rows, fields, payment)
  const keep = (what: Said, state: PaymentState): Put =>
    reversals.put(reversalKey(fields), { of: itemKey(fields), said: what, state, digest })
  if (refusal !== undefined) {
    const what: Said = { class: refusal }
    return {
      put: [claim, ...(payment === undefined ? [] : [keep(what, payment.state)])],
      result: said(fields, what, payment?.state, false),
    }
  }
  if (payment === undefined) return fence(world, fields, digest, [claim], keep)
  if (payment.state !== 'SUCCESS' && payment.state !== 'PENDING') {
    // FENCED, REVERSED and FAILED: there is nothing to take back, and saying so again changes nothing.
    const what: Said = { class: 'OK' }
    return {
      put: [claim, keep(what, payment.state)],
      result: said(fields, what, payment.state, payment.state !== 'FAILED'),
    }
  }
  return takeBack(rows, fields, payment, [claim, keep({ class: 'OK' }, 'REVERSED')])
}

function refusalOf(
  rows: Rows,
  fields: Fields<'debit.reverse'>,
  payment: Payment | undefined,
): DeclineClass | undefined {
  const named = fields.transaction === undefined ? undefined : byTransaction.in(rows, fields.transaction)
  // What stands under this key is a refund: it is asked about or sent again, never reversed (RFD-013).
  if (refunds.in(rows, itemKey(fields)) !== undefined) return 'DECL-STATE'
  if (named !== undefined && (named.type !== 'debit' || named.id !== itemKey(fields))) return 'DECL-ORIG'
  if (payment === undefined) return undefined
  if (payment.state === 'FENCED') return undefined
  // A payment that the wallet began, and whose end it does not know yet, has no name and no day on the network here.
  const unnamed = payment.transaction === ''
  if (fields.transaction !== undefined && !unnamed && payment.transaction !== fields.transaction)
    return 'DECL-ORIG'
  if (payment.merchant !== fields.merchant) return 'DECL-ORIG'
  if (payment.state === 'PART_REFUNDED' || payment.state === 'REFUNDED' || payment.state === 'VOIDED')
    return 'DECL-STATE'
  if (payment.refunding > 0n) return 'DECL-STATE'
  if (!unnamed && payment.clearingDay !== fields.clearingDay) return 'DECL-WINDOW'
  if (fields.currency !== undefined && fields.currency !== payment.currency) return 'DECL-CURR'
  if (fields.amount !== undefined && fields.amount !== payment.amount) return 'DECL-AMOUNT'
  return undefined
}

function fence(
  world: InstitutionWorld,
  fields: Fields<'debit.reverse'>,
  digest: string,
  claim: readonly Put[],
  keep: (what: Said, state: PaymentState) => Put,
): Decision<ReverseReply> {
  const { acquirer, merchant, order, orderTime, clearingDay } = fields
  const record: Payment = {
    scene: 'CPM',
    token: '',
    legs: [],
    funding: [],
    at: world.clock.wall(),
    acquirer,
    merchant,
    order,
    orderTime,
    clearingDay,
    digest,
    transaction: fields.transaction ?? '',
    user: '',
    amount: 0n,
    currency: fields.currency ?? '156',
    state: 'FENCED',
    refunded: 0n,
    refunding: 0n,
    refunds: [],
    said: { class: 'DECL-STATE' },
  }
  const what: Said = { class: world.profile.flags.reversalOfMissing }
  return {
    put: [
      ...claim,
      keep(what, 'FENCED'),
      payments.put(itemKey(fields), record, {
        expiresAt: world.clock.wall() + world.profile.values.fenceLifeMs,
      }),
    ],
    append: [{ item: itemKey(fields), kind: 'payment', body: { state: 'FENCED' } }],
    result: said(fields, what, 'FENCED', false),
  }
}

function takeBack(
  rows: Rows,
  fields: Fields<'debit.reverse'>,
  payment: Payment,
  claims: readonly Put[],
): Decision<ReverseReply> {
  const { put, append, enqueue } = undone(rows, payment, {
    state: 'REVERSED',
    what: 'reversal',
    posting: `reverse:${itemKey(fields)}`,
    transaction: payment.transaction,
    clearingDay: fields.clearingDay,
  })
  return {
    put: [...claims, ...put],
    append,
    enqueue,
    ...(payment.state === 'PENDING' && { cancel: [`user:${itemKey(fields)}`, `pay:${itemKey(fields)}`] }),
    result: said(fields, { class: 'OK' }, 'REVERSED', false),
  }
}

function said(
  fields: Fields<'debit.reverse'>,
  what: Said,
  state: PaymentState | undefined,
  repeated: boolean,
): ReverseReply {
  const { order, orderTime, merchant, transaction, clearingDay } = fields
  return {
    order,
    orderTime,
    merchant,
    clearingDay,
    ...(transaction !== undefined && { transaction }),
    ...(state !== undefined && { state }),
    ...answerFields(what.class, { repeated }),
  }
}
