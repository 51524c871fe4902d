// What a bank says unasked, by way of the switch: how an attempt ended, late or for the first time, or that it returns a
// refund. It is kept before it is acknowledged, once.
import { clearingDayOf } from '../clearing/clearing.ts'
import { answer, answerFields, contentDigest, type Fields, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { lookReturn } from './bank-book.ts'
import { caseOf, conclude, type LookSide, workOrder } from './bank-order.ts'
import { lookPayment } from './bank-payment.ts'
import { lookRefund, refundReturned } from './bank-refund.ts'
import { bankNotices, type BankOrder, bankJob, bankOrders, type Owner, putOrder } from './card-records.ts'
import { attemptBehind } from './control-digits.ts'
import { lookMoney } from './money.ts'
import { nonces, refunds } from './records.ts'
import type { Job, Rows } from '../store/store.ts'
import type { InstitutionWorld } from './world.ts'

const SIDES: Readonly<Record<Owner, LookSide>> = {
  payment: lookPayment,
  refund: lookRefund,
  money: lookMoney,
  return: lookReturn,
}
/** Each order ends as its owner's story says. */
export const look: LookSide = (world, order) => SIDES[order.owner](world, order)

export const bankWork = (world: InstitutionWorld, job: Job): Promise<void> => workOrder(world, job, look)

type Reply = Fields<'card.notice.reply'>

export async function cardNotice(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'card.notice', async (opened) => {
    const attempt = await attemptBehind(world, opened.message.fields.attempt)
    const fields = { ...opened.message.fields, attempt }
    const known = bankOrders.in(await world.store.read([bankOrders.key(attempt)]), attempt)
    const keys = [
      nonces.key(nonceId(opened)),
      bankNotices.key(fields.notice),
      bankOrders.key(attempt),
      ...(known?.owner === 'refund' ? [refunds.key(known.of)] : []),
    ]
    const { reply, told } = await world.store.change<{ reply: Reply; told: boolean }>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: { reply: answerFields('REJ-REPLAY'), told: false } }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const digest = contentDigest('card.notice', fields)
      const before = bankNotices.in(rows, fields.notice)
      if (before !== undefined) {
        const same = before.digest === digest
        const said = same
          ? { ...answerFields('OK', { repeated: true }), notice: fields.notice }
          : answerFields('REJ-CONFLICT')
        // What its first copy may have left undone, if this process died in between, is done now.
        return { put: [claim], result: { reply: said, told: same } }
      }
      const order = bankOrders.in(rows, attempt)
      const said = { ...answerFields('OK'), notice: fields.notice }
      const { put = [], append = [], ...more } = heardOf(world, rows, order, fields)
      return {
        ...more,
        put: [claim, bankNotices.put(fields.notice, { digest }), ...put],
        append: [
          { item: attempt, kind: 'bank', body: { notice: fields.notice, state: fields.state } },
          ...append,
        ],
        result: { reply: said, told: true },
      }
    })
    if (told && fields.state === 'SUCCESS') await sayYes(world, attempt, fields)
    return reply
  })
}

/** What a notice alone settles, in its own change: a return, a contradiction, or something nobody here knows. */
function heardOf(
  world: InstitutionWorld,
  rows: Rows,
  order: BankOrder | undefined,
  fields: Fields<'card.notice'>,
) {
  const { attempt, state, amount, currency, bank } = fields
  if (order === undefined || order.bank !== bank || order.amount !== amount || order.currency !== currency)
    return {
      append: [
        { item: attempt, kind: 'case', body: { because: 'a bank tells of something unknown', state } },
      ],
    }
  if (state === 'RETURNED') {
    const day = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
    return order.owner === 'refund'
      ? refundReturned(rows, order, day)
      : { append: [caseOf(order, 'the bank returned it')] }
  }
  if (state === 'SUCCESS') {
    // A debit that was taken back and is told as done: the bank is asked which of the two holds.
    if (order.state !== 'REVERSED') return {}
    const asked = { ...order, state: 'ASKED', undo: true } as const
    return { put: [putOrder(asked)], enqueue: [bankJob(attempt, world.clock.wall())] }
  }
  if (order.state === 'SUCCESS' && order.undo !== true)
    return { append: [caseOf(order, `the bank said yes and now says ${state}`)] }
  return order.state === 'ASKED' ? { enqueue: [bankJob(attempt, world.clock.wall())] } : {}
}

/** The bank's own word, signed, is as good as its answer to a question. */
async function sayYes(
  world: InstitutionWorld,
  attempt: string,
  fields: Fields<'card.notice'>,
): Promise<void> {
  const order = bankOrders.in(await world.store.read([bankOrders.key(attempt)]), attempt)
  if (order === undefined || order.amount !== fields.amount || order.currency !== fields.currency) return
  if (order.undo === true || order.state === 'SUCCESS' || order.state === 'RETURNED') return
  await conclude(world, attempt, { kind: 'yes' }, look)
}
