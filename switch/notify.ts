// Journal → notices: each final state is told to payer and payee until acknowledged or given up. Built from the
// committed line only; the same notice id at every try; the payment itself waits for none of it (NTF-001, NTF-009).
import { call, codeOf, type PartyId } from '../wire/wire.ts'
import type { Job } from '../store/store.ts'
import type { Final } from './conclude.ts'
import type { SwitchWorld } from './world.ts'

type Body = {
  readonly id: string
  readonly about: Final['about']
  readonly state: string
  readonly to: 'payer' | 'payee'
  readonly attempt: number
}

export async function notify(world: SwitchWorld, job: Job): Promise<void> {
  const { id, about, state, to, attempt } = job.body as Body
  const line = (await world.store.history(id)).find(
    (entry) =>
      entry.kind === 'final' &&
      (entry.body as Final).about === about &&
      (entry.body as Final).state === state,
  )
  if (line === undefined) throw new Error(`notice ${job.id} has no line in the journal`)
  const final = line.body as Final
  const acknowledged = await deliver(world, final, to)
  const gap = world.profile.values.noticeGapsMs[attempt]
  await world.store.change([], () => {
    if (acknowledged)
      return {
        finish: [job],
        append: [{ item: id, kind: 'notified', body: { about, state, to, attempt } }],
        result: undefined,
      }
    if (gap === undefined)
      return {
        finish: [job],
        append: [
          {
            item: id,
            kind: 'case',
            body: { because: `notice of ${about} ${state} was not acknowledged by the ${to}` },
          },
        ],
        result: undefined,
      }
    const next = {
      id: job.id,
      kind: 'notify',
      dueAt: world.clock.wall() + gap,
      body: { id, about, state, to, attempt: attempt + 1 },
    }
    return { finish: [job], enqueue: [next], result: undefined }
  })
}

async function deliver(world: SwitchWorld, final: Final, to: 'payer' | 'payee'): Promise<boolean> {
  const {
    about,
    transaction,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    clearingDay,
    state,
    institution,
    payment,
  } = final
  const mark = about === 'reversal' ? 'X' : about === 'void' && state === 'REVERSED' ? 'U' : ''
  const notice = `N${transaction}${mark}${to === 'payer' ? 'P' : 'M'}`
  const fields = {
    notice,
    about,
    transaction,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    state,
    clearingDay,
    answer: codeOf(final.class),
  }
  const wait = world.profile.values.noticeWaitMs
  const target: PartyId = to === 'payer' ? institution : acquirer
  const reply =
    to === 'payer'
      ? await call(
          world,
          'notify.payer',
          target,
          { ...fields, ...(payment !== undefined && { payment }) },
          wait,
        )
      : await call(world, 'notify.payee', target, fields, wait)
  return reply.kind === 'answered' && reply.class === 'OK'
}
