// Refund: money back to where it came from, in parts, never above what was paid (RFD-001 to RFD-030).
// The refunded total is a guarded sum on the payment's own record: it is read and written in one change.
import { addMonths } from '../clearing/clearing.ts'
import { creditLine, debitLine, post } from '../ledger/ledger.ts'
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
import { postingEntry } from './book.ts'
import {
  balances,
  byTransaction,
  itemKey,
  nonces,
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
    for (;;) {
      const result = await attempt(world, opened)
      if (result !== AGAIN) return result
    }
  })
}

const AGAIN = Symbol('the payment appeared between the look and the change')

async function attempt(
  world: InstitutionWorld,
  opened: Opened<'credit'>,
): Promise<CreditReply | typeof AGAIN> {
  const { fields } = opened.message
  const original = originalKey(fields)
  const user = payments.in(await world.store.read([payments.key(original)]), original)?.user
  const keys = [
    nonces.key(nonceId(opened)),
    refunds.key(itemKey(fields)),
    byTransaction.key(fields.transaction),
    payments.key(original),
    users.key(user ?? ''),
    balances.key(`USR:${user ?? ''}`),
  ]
  return world.store.change<CreditReply | typeof AGAIN>(keys, (rows) => {
    if (payments.in(rows, original)?.user !== user) return { result: AGAIN }
    return decide(world, opened, user ?? '', rows)
  })
}

const originalKey = ({ acquirer, origOrder, origOrderTime }: Fields<'credit'>): string =>
  itemKey({ acquirer, order: origOrder, orderTime: origOrderTime })

function decide(
  world: InstitutionWorld,
  opened: Opened<'credit'>,
  user: string,
  rows: Rows,
): Decision<CreditReply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('credit', fields)
  const known = refunds.in(rows, itemKey(fields))
  if (known !== undefined) {
    const same = known.digest === digest
    return { put: [claim], result: same ? said(fields, known.said, true) : answerFields('REJ-CONFLICT') }
  }
  if (byTransaction.in(rows, fields.transaction) !== undefined)
    return { put: [claim], result: answerFields('REJ-CONFLICT') }
  const payment = payments.in(rows, originalKey(fields))
  const refusal = refusalOf(world, fields, payment)
  if (refusal !== undefined || payment === undefined) {
    const what: Said = { class: refusal ?? 'DECL-ORIG' }
    return { put: [claim, ...kept(fields, digest, 'R_FAILED', what)], result: said(fields, what, false) }
  }
  return giveBack(rows, fields, payment, user, digest, claim)
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
  if (payment.refunded + fields.amount > payment.amount) return 'DECL-AMOUNT'
  return undefined
}

function giveBack(
  rows: Rows,
  fields: Fields<'credit'>,
  payment: Payment,
  user: string,
  digest: string,
  claim: Put,
): Decision<CreditReply> {
  const closed = users.in(rows, user)?.status === 'closed'
  const account = `USR:${user}`
  const into = closed ? 'SUS:L' : account
  const entry = postingEntry(`credit:${itemKey(fields)}`, payment.currency, [
    debitLine('CLR', fields.amount),
    creditLine(into, fields.amount),
  ])
  const posted = post(new Map([[account, balances.in(rows, account)?.amount ?? 0n]]), entry)
  if (posted.status !== 'posted')
    throw new Error(`a refund of ${originalKey(fields)} cannot be posted: ${posted.status}`)
  const refunded = payment.refunded + fields.amount
  const state = refunded === payment.amount ? 'REFUNDED' : 'PART_REFUNDED'
  // A refund to a closed account waits in suspense for a person: it is neither lost nor reported as done (RFD-019).
  const what: Said = closed
    ? { class: 'PENDING', detail: 'account closed; held in suspense' }
    : { class: 'OK' }
  return {
    put: [
      claim,
      ...kept(fields, digest, closed ? 'R_ABNORMAL' : 'R_SUCCESS', what),
      payments.put(originalKey(fields), {
        ...payment,
        refunded,
        state,
        refunds: [...payment.refunds, itemKey(fields)],
      }),
      ...(closed ? [] : [balances.put(account, { amount: posted.balances.get(account) ?? 0n })]),
    ],
    append: [
      {
        item: itemKey(fields),
        kind: 'posting',
        body: { entry, transaction: fields.transaction, clearingDay: fields.clearingDay, what: 'refund' },
      },
      { item: originalKey(fields), kind: 'payment', body: { state } },
      ...(closed
        ? [{ item: itemKey(fields), kind: 'case', body: { account: 'SUS:L', amount: fields.amount } }]
        : []),
    ],
    result: said(fields, what, false),
  }
}

function kept(fields: Fields<'credit'>, digest: string, state: Refund['state'], what: Said): Put[] {
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
