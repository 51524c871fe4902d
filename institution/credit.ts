// Refund: money back to where it came from, in parts, never above what was paid (RFD-001 to RFD-030).
// The refunded total is a guarded sum on the payment's own record: it is read and written in one change.
import { addMonths } from '../clearing/clearing.ts'
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
import { cardPart, refundBegun, refundOrderKey } from './bank-refund.ts'
import { legsOf } from './debit.ts'
import { couponsRefunded, type Fate, NO_COUPONS } from './coupon-return.ts'
import { returnedTo, splitOver, withReturned } from './legs.ts'
import { ownFundsJob } from './own-funds.ts'
import { uncountedRefund } from './limits.ts'
import { booked } from './outcome.ts'
import { changePayment } from './payer.ts'
import {
  byTransaction,
  itemKey,
  type Leg,
  nonces,
  originalKey,
  type Payment,
  payments,
  type Refund,
  refunds,
  type Said,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

type CreditReply = Fields<'credit.reply'>

export async function credit(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'credit', async (opened) => {
    const { fields } = opened.message
    const keys = [
      nonces.key(nonceId(opened)),
      refunds.key(itemKey(fields)),
      byTransaction.key(fields.transaction),
      refundOrderKey(world.me, itemKey(fields)),
    ]
    return changePayment(world, originalKey(fields), keys, (rows) => decide(world, opened, rows))
  })
}

function decide(world: InstitutionWorld, opened: Opened<'credit'>, rows: Rows): Decision<CreditReply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('credit', fields)
  const known = refunds.in(rows, itemKey(fields))
  if (known !== undefined) {
    const same = known.digest === digest
    return {
      put: [claim],
      result: same
        ? { ...said(fields, known.said, true), ...legsAgain(rows, fields, known) }
        : answerFields('REJ-CONFLICT'),
    }
  }
  if (byTransaction.in(rows, fields.transaction) !== undefined)
    return { put: [claim], result: answerFields('REJ-CONFLICT') }
  const payment = payments.in(rows, originalKey(fields))
  const refusal = refusalOf(world, fields, payment)
  if (refusal !== undefined || payment === undefined) {
    const what: Said = { class: refusal ?? 'DECL-ORIG' }
    return { put: [claim, ...kept(fields, digest, 'R_FAILED', what, [])], result: said(fields, what, false) }
  }
  return giveBack(world, rows, fields, payment, digest, claim)
}

function refusalOf(
  world: InstitutionWorld,
  fields: Fields<'credit'>,
  payment: Payment | undefined,
): DeclineClass | undefined {
  if (payment === undefined || payment.state === 'FENCED') return 'DECL-ORIG'
  if (payment.transaction !== fields.origTransaction || payment.merchant !== fields.merchant)
    return 'DECL-ORIG'
  if (payment.state !== 'SUCCESS' && payment.state !== 'PART_REFUNDED' && payment.state !== 'REFUNDED')
    return 'DECL-STATE'
  if (fields.clearingDay > addMonths(payment.clearingDay, world.profile.values.refundWindowMonths))
    return 'DECL-WINDOW'
  if (fields.currency !== payment.currency) return 'DECL-CURR'
  if (payment.refunded + payment.refunding + fields.amount > payment.amount) return 'DECL-AMOUNT'
  return undefined
}

function giveBack(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'credit'>,
  payment: Payment,
  digest: string,
  claim: Put,
): Decision<CreditReply> {
  const closed = users.in(rows, payment.user)?.status === 'closed'
  const parts = splitOver(payment.legs, fields.amount)
  if (cardPart(payment, parts) > 0n) {
    const what: Said = { class: 'PENDING', detail: 'the bank is asked' }
    const { put = [], ...begun } = refundBegun(world, rows, payment, fields, itemKey(fields), parts)
    return {
      ...begun,
      put: [claim, ...kept(fields, digest, 'R_PENDING', what, parts), ...put],
      result: said(fields, what, false),
    }
  }
  // What goes home to a closed account waits in suspense for a person: neither lost nor reported as done (RFD-019).
  const dead = (leg: Leg): boolean => closed && leg.source === 'BALANCE'
  const moved = returnedTo(rows, payment.user, payment.legs, parts, (leg) =>
    dead(leg) ? 'SUS:L' : undefined,
  )
  const held = payment.legs.reduce((sum, leg, at) => (dead(leg) ? sum + (parts[at] ?? 0n) : sum), 0n)
  const refunded = payment.refunded + fields.amount
  const state = refunded === payment.amount ? 'REFUNDED' : 'PART_REFUNDED'
  const what: Said =
    held > 0n ? { class: 'PENDING', detail: 'account closed; held in suspense' } : { class: 'OK' }
  const legs = withReturned(payment.legs, parts)
  const back =
    state === 'REFUNDED' ? couponsRefunded(world.profile, rows, payment.legs, world.clock.wall()) : NO_COUPONS
  return {
    put: [
      claim,
      ...kept(fields, digest, held > 0n ? 'R_ABNORMAL' : 'R_SUCCESS', what, parts, back.fates),
      payments.put(originalKey(fields), {
        ...payment,
        refunded,
        state,
        legs,
        refunds: [...payment.refunds, itemKey(fields)],
      }),
      ...moved.put,
      ...back.put,
      ...uncountedRefund(world.profile, rows, payment, payment.legs, parts),
    ],
    append: [
      ...booked(fields, moved, `credit:${itemKey(fields)}`, 'refund', fields.clearingDay),
      { item: originalKey(fields), kind: 'payment', body: { state } },
      ...(held > 0n
        ? [{ item: itemKey(fields), kind: 'case', body: { account: 'SUS:L', amount: held } }]
        : []),
      ...back.append,
    ],
    // What comes back to an issuer changes what own money owes for the day.
    enqueue: payment.legs.some(({ source }) => source === 'COUPON') ? [ownFundsJob(world)] : [],
    result: { ...said(fields, what, false), legs: legsOf(payment.legs, parts), ...told(back.fates) },
  }
}

function kept(
  fields: Fields<'credit'>,
  digest: string,
  state: Refund['state'],
  what: Said,
  parts: readonly bigint[],
  fates: readonly Fate[] = [],
): Put[] {
  const { acquirer, order, orderTime, transaction, amount, currency, clearingDay } = fields
  const refund: Refund = {
    acquirer,
    order,
    orderTime,
    transaction,
    amount,
    currency,
    clearingDay,
    of: originalKey(fields),
    state,
    said: what,
    digest,
    parts,
    ...(fates.length > 0 && { coupons: fates }),
  }
  return [
    refunds.put(itemKey(fields), refund),
    byTransaction.put(transaction, { type: 'credit', id: itemKey(fields) }),
  ]
}

function said(fields: Fields<'credit'>, what: Said, repeated: boolean): CreditReply {
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay } = fields
  return {
    order,
    orderTime,
    amount,
    currency,
    merchant,
    transaction,
    clearingDay,
    ...answerFields(what.class, { repeated, ...(what.detail !== undefined && { detail: what.detail }) }),
  }
}

/** A repeat tells the same parts: they stand with the refund, their sources with the payment. */
function legsAgain(
  rows: Rows,
  fields: Fields<'credit'>,
  refund: Refund,
): Pick<CreditReply, 'legs' | 'couponsBack'> {
  const payment = payments.in(rows, originalKey(fields))
  return payment === undefined || refund.parts.length === 0
    ? {}
    : { legs: legsOf(payment.legs, refund.parts), ...told(refund.coupons) }
}

/** What became of coupons, said where something did. */
const told = (fates: readonly Fate[] = []): Pick<CreditReply, 'couponsBack'> =>
  fates.length === 0 ? {} : { couponsBack: fates }
