// The switch is told how a payment that waited for somebody ended (0240), on the ladder until it has heard; it may have
// asked before that.
import type { Job, JobDraft } from '../store/store.ts'
import { call } from '../wire/wire.ts'
import { itemKey, type Payment, payments } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const tellJob = (world: InstitutionWorld, id: string): JobDraft => ({
  id: `tell:${id}`,
  kind: 'tell',
  dueAt: world.clock.wall(),
  body: { id, attempt: 0 },
})

/** Of a payment that the wallet began, and that ended before the switch heard of it, there is nobody to tell. */
export const endTold = (world: InstitutionWorld, payment: Payment): readonly JobDraft[] =>
  payment.scene === 'CPM' ? [tellJob(world, itemKey(payment))] : []

/** Tells the switch how the user decided (0240), on the notices' ladder until it has heard; then it is a case, and the
 *  switch may still ask (NTF-009). */
export async function tellResult(world: InstitutionWorld, job: Job): Promise<void> {
  const { id, attempt } = job.body as { id: string; attempt: number }
  const payment = payments.in(await world.store.read([payments.key(id)]), id)
  const heard =
    payment === undefined ||
    (await call(
      world,
      'auth.result',
      world.switchId,
      {
        acquirer: payment.acquirer,
        merchant: payment.merchant,
        order: payment.order,
        orderTime: payment.orderTime,
        amount: payment.amount,
        currency: payment.currency,
        state: payment.state,
      },
      world.profile.values.noticeWaitMs,
    ).then((reply) => reply.kind === 'answered'))
  const gap = world.profile.values.noticeGapsMs[attempt]
  await world.store.change([], () => ({
    finish: [job],
    ...(!heard &&
      gap === undefined && {
        append: [{ item: id, kind: 'case', body: { because: 'the switch never took the result' } }],
      }),
    ...(!heard &&
      gap !== undefined && {
        enqueue: [
          { id: job.id, kind: job.kind, dueAt: world.clock.wall() + gap, body: { id, attempt: attempt + 1 } },
        ],
      }),
    result: undefined,
  }))
}
