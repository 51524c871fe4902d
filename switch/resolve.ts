// What the switch does about an outcome that it does not know: asks on the query ladder, then reverses; and insists
// with a reversal or a refund until the institution has answered for good. All from the journal's jobs.
import { call } from '../wire/wire.ts'
import type { Job } from '../store/store.ts'
import { conclude, finalOf } from './conclude.ts'
import { again, finish } from './insist.ts'
import { move, type Purchase, purchases, refunds } from './records.ts'
import { reversing } from './reversal.ts'
import type { SwitchWorld } from './world.ts'

type Body = { readonly id: string; readonly attempt: number }

/** Asks the institution how the debit ended. NOT_FOUND is no answer: the debit may still be on its way (QRY-003). */
export async function resolve(world: SwitchWorld, job: Job): Promise<void> {
  const { id, attempt } = job.body as Body
  const purchase = purchases.in(await world.store.read([purchases.key(id)]), id)
  if (purchase === undefined || (purchase.state !== 'ASKED' && purchase.state !== 'UNKNOWN'))
    return finish(world, job)
  const { acquirer, order, orderTime, transaction, amount, currency } = purchase
  const reply = await call(
    world,
    'debit.query',
    purchase.institution,
    { acquirer, asked: 'debit', order, orderTime, transaction },
    world.profile.values.askWaitMs,
  )
  if (reply.kind === 'answered' && reply.class === 'OK') {
    const told = reply.fields
    if (told.state === 'SUCCESS' && told.amount === amount && told.currency === currency)
      return conclude(world, id, { kind: 'approved' }, job)
    if (told.state === 'FAILED')
      return conclude(
        world,
        id,
        { kind: 'declined', class: 'DECL-STATE', detail: 'the institution declined' },
        job,
      )
  }
  const { queryLadderMs: ladder, userWaitMs } = world.profile.values
  // While the institution asks its user nothing is unknown: it says so itself, and a reversal would take the question
  // away from under the user. Its own wait and one rung on top bound ours (CPM-007).
  const asks = reply.kind === 'answered' && reply.class === 'OK' && reply.fields.state === 'PENDING'
  const last = ladder.at(-1) ?? 1000
  const patient = asks && world.clock.wall() < purchase.at + userWaitMs + last
  const next = ladder[attempt + 1] ?? (patient ? last : undefined)
  await world.store.change([purchases.key(id)], (rows) => {
    const now = purchases.in(rows, id)
    if (now === undefined || (now.state !== 'ASKED' && now.state !== 'UNKNOWN'))
      return { finish: [job], result: undefined }
    if (next === undefined) {
      const { cancel: _cancel, ...decision } = reversing(world, id, now, `SW${now.transaction}`, [])
      return { ...decision, finish: [job], result: undefined }
    }
    const again = {
      id: job.id,
      kind: 'resolve',
      dueAt: world.clock.wall() + next,
      body: { id, attempt: attempt + 1 },
    }
    return {
      finish: [job],
      enqueue: [again],
      append: [{ item: id, kind: 'asked', body: { attempt, answer: reply.kind } }],
      result: undefined,
    }
  })
}

/** Sends the reversal until the institution says it is done. A refusal it can give only to something odd is a case. */
export async function insistReversal(world: SwitchWorld, job: Job): Promise<void> {
  const { id } = job.body as Body
  const purchase = purchases.in(await world.store.read([purchases.key(id)]), id)
  if (purchase === undefined || purchase.state !== 'REVERSING') return finish(world, job)
  const { acquirer, merchant, order, orderTime, transaction, clearingDay, reversal = '' } = purchase
  const fields = { reversal, acquirer, merchant, order, orderTime, transaction, clearingDay }
  const reply = await call(
    world,
    'debit.reverse',
    purchase.institution,
    fields,
    world.profile.values.askWaitMs,
  )
  // One that never saw the debit may say so (the profile's reversalOfMissing): its fence is as good an end.
  const fenced = reply.kind === 'answered' && reply.class === 'DECL-ORIG' && reply.fields.state === 'FENCED'
  if (reply.kind !== 'answered' || (reply.class !== 'OK' && !fenced))
    return again(world, job, reply.kind === 'answered' ? reply.class : reply.because)
  await world.store.change([purchases.key(id)], (rows) => {
    const now = purchases.in(rows, id)
    if (now?.state !== 'REVERSING') return { finish: [job], result: undefined }
    // A purchase whose outcome nobody was told ends with a no; one that was told OK keeps what it was told.
    const ended = move(
      now,
      'REVERSED',
      now.said.class === 'PENDING' ? { said: { class: 'DECL-STATE', detail: 'reversed' } } : {},
    )
    return {
      put: [purchases.put(id, ended)],
      ...finalOf(world, now, 'reversal', 'REVERSED', 'OK', now),
      finish: [job],
      result: undefined,
    }
  })
}

/** Sends the refund until the institution answers for good; the same business key every time (RFD-007). */
export async function insistCredit(world: SwitchWorld, job: Job): Promise<void> {
  const { id } = job.body as Body
  const refund = refunds.in(await world.store.read([refunds.key(id)]), id)
  const purchase =
    refund === undefined
      ? undefined
      : purchases.in(await world.store.read([purchases.key(refund.of)]), refund.of)
  if (refund === undefined || purchase === undefined || refund.state !== 'R_PENDING')
    return finish(world, job)
  const { transaction, acquirer, merchant, order, orderTime, amount, currency, clearingDay, memo } = refund
  const { business } = refund
  const fields = {
    transaction,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    clearingDay,
    origTransaction: purchase.transaction,
    origOrder: purchase.order,
    origOrderTime: purchase.orderTime,
    ...(memo !== undefined && { memo }),
    ...(business !== undefined && { business }),
  }
  const reply = await call(world, 'credit', purchase.institution, fields, world.profile.values.askWaitMs)
  const done = reply.kind === 'answered' && (reply.class === 'OK' || reply.class.startsWith('DECL-'))
  if (!done) return again(world, job, reply.kind === 'answered' ? reply.class : reply.because)
  const success = reply.class === 'OK'
  await world.store.change([refunds.key(id), purchases.key(refund.of)], (rows) => {
    const now = refunds.in(rows, id)
    const original = purchases.in(rows, refund.of)
    if (now?.state !== 'R_PENDING' || original === undefined) return { finish: [job], result: undefined }
    const ended = { ...now, state: success ? 'R_SUCCESS' : 'R_FAILED', said: { class: reply.class } } as const
    const put = [refunds.put(id, ended), purchases.put(refund.of, counted(original, amount, success))]
    return {
      put,
      ...finalOf(world, ended, 'refund', ended.state, reply.class, original),
      finish: [job],
      result: undefined,
    }
  })
}

function counted(purchase: Purchase, amount: bigint, success: boolean): Purchase {
  const refunding = purchase.refunding - amount
  if (!success) return { ...purchase, refunding }
  const refunded = purchase.refunded + amount
  return move(purchase, refunded === purchase.amount ? 'REFUNDED' : 'PART_REFUNDED', { refunding, refunded })
}
