// What a bank says unasked goes on to the institution whose attempt it is: kept before it is acknowledged, then sent until
// it is acknowledged there or given up as a case.
import type { Job } from '../store/store.ts'
import { kind } from '../store/store.ts'
import {
  answer,
  answerFields,
  call,
  contentDigest,
  type Fields,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { cardOrders } from './bank.ts'
import { nonces } from './records.ts'
import type { SwitchWorld } from './world.ts'

type Notice = {
  readonly fields: Fields<'bank.notice'>
  readonly institution: string
  readonly digest: string
}
const bankNotices = kind<Notice>('bank-notice')

export async function bankNotice(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'bank.notice', async (opened) => {
    const { fields } = opened.message
    const { notice, attempt, bank } = fields
    const keys = [nonces.key(nonceId(opened)), bankNotices.key(notice), cardOrders.key(attempt)]
    return world.store.change<Fields<'bank.notice.reply'>>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const digest = contentDigest('bank.notice', fields)
      const known = bankNotices.in(rows, notice)
      if (known !== undefined) {
        const same = known.digest === digest
        const again = { ...answerFields('OK', { repeated: true }), notice }
        return { put: [claim], result: same ? again : answerFields('REJ-CONFLICT') }
      }
      const order = cardOrders.in(rows, attempt)
      if (order === undefined || order.bank !== opened.from || bank !== opened.from)
        return { put: [claim], result: { ...answerFields('DECL-ORIG'), notice } }
      return {
        put: [claim, bankNotices.put(notice, { fields, institution: order.institution, digest })],
        append: [{ item: attempt, kind: 'card', body: { type: 'bank.notice', state: fields.state } }],
        enqueue: [tellJob(notice, world.clock.wall(), 0)],
        result: { ...answerFields('OK'), notice },
      }
    })
  })
}

const tellJob = (notice: string, dueAt: number, attempt: number) => ({
  id: `bank-notice:${notice}`,
  kind: 'bank-notice',
  dueAt,
  body: { notice, attempt },
})

export async function tellInstitution(world: SwitchWorld, job: Job): Promise<void> {
  const { notice, attempt } = job.body as { notice: string; attempt: number }
  const known = bankNotices.in(await world.store.read([bankNotices.key(notice)]), notice)
  if (known === undefined) throw new Error(`there is no notice ${notice}`)
  const { noticeWaitMs, noticeGapsMs } = world.profile.values
  const reply = await call<'card.notice'>(world, 'card.notice', known.institution, known.fields, noticeWaitMs)
  const heard = reply.kind === 'answered' && reply.class === 'OK'
  const gap = noticeGapsMs[attempt]
  const because = `the bank's notice ${notice} was not acknowledged`
  await world.store.change<void>([], () => ({
    finish: [job],
    enqueue: heard || gap === undefined ? [] : [tellJob(notice, world.clock.wall() + gap, attempt + 1)],
    append:
      heard || gap !== undefined ? [] : [{ item: known.fields.attempt, kind: 'case', body: { because } }],
    result: undefined,
  }))
}
