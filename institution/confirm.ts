// A payment that waits for its user: the password comes, the user says no, or nobody says anything. Whatever comes first
// decides; a reversal that came before leaves nothing to confirm (CPM-007, CPM-012, CPM-014). The switch is told at once
// and, until it has heard, again; it may ask meanwhile.
import type { Job, JobDraft, Rows } from '../store/store.ts'
import { type AnswerClass, call } from '../wire/wire.ts'
import { failed, judgeMoney, type Parts, succeeded } from './outcome.ts'
import { payerKeys, payerOfPayment, samePayer } from './payer.ts'
import { itemKey, type Payment, payments, tokens, users } from './records.ts'
import { type Outcome, pinDigest } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type Verdict = { readonly state: Payment['state']; readonly class: AnswerClass }
export type Answer =
  | { readonly kind: 'pin'; readonly pin: string }
  | { readonly kind: 'no' }
  | { readonly kind: 'late' }

/** What the user answered for one of the own payments. `late` is the clock's answer. */
export async function answerPayment(
  world: InstitutionWorld,
  id: string,
  user: string | undefined,
  answer: Answer,
  job?: Job,
): Promise<Outcome<Verdict>> {
  const finish = job === undefined ? [] : [job]
  for (;;) {
    const payer = await payerOfPayment(world, id)
    const keys =
      payer === undefined
        ? [payments.key(id)]
        : [payments.key(id), tokens.key(payer.token), ...payerKeys(payer, payer.at)]
    const result = await world.store.change<Outcome<Verdict> | 'again'>(keys, (rows) => {
      const payment = payments.in(rows, id)
      if (!samePayer(payment, payer)) return { result: 'again' }
      if (payment === undefined || payer === undefined || (user !== undefined && payment.user !== user))
        return { finish, result: refused('there is no such payment of this user') }
      if (payment.waits?.for !== 'user')
        return { finish, result: refused(`the payment is ${payment.state}: DECL-STATE`) }
      const { parts, verdict, over } = decided(world, rows, payer.purse, payment, answer)
      return {
        ...parts,
        finish,
        ...(over && { enqueue: [tellJob(world, id)], ...(job === undefined && { cancel: [`user:${id}`] }) }),
        result: verdict,
      }
    })
    if (result !== 'again') return result
  }
}

const refused = (because: string) => ({ kind: 'refused', because }) as const
const ended = (state: Payment['state'], kind: AnswerClass) =>
  ({ kind: 'done', value: { state, class: kind } }) as const

type Decided = { readonly parts: Parts; readonly verdict: Outcome<Verdict>; readonly over: boolean }

function decided(
  world: InstitutionWorld,
  rows: Rows,
  purse: Parameters<typeof judgeMoney>[2],
  payment: Payment,
  answer: Answer,
): Decided {
  const no = (why: AnswerClass, detail: string): Decided => ({
    parts: failed(rows, payment, { class: why, detail }),
    verdict: ended('FAILED', why),
    over: true,
  })
  if (answer.kind === 'no') return no('DECL-AUTH', 'the user said no')
  if (answer.kind === 'late') return no('DECL-AUTH', 'the user did not answer in time')
  if (users.in(rows, payment.user)?.pin !== pinDigest(payment.user, answer.pin))
    return wrongPin(world, payment, no)
  if (users.in(rows, payment.user)?.status !== 'active')
    return no('DECL-ACCOUNT', 'the account is not in order')
  if (tokens.in(rows, payment.token)?.state !== 'T_ACTIVE') return no('DECL-TOKEN', 'the token is not active')
  const money = judgeMoney(world, rows, purse, { ...payment, verified: true })
  if (money.kind === 'refused') return no(money.class, 'it could not be paid any more')
  const parts = succeeded(rows, { ...payment, verified: true }, money.legs)
  if (parts === 'short') return no('DECL-FUNDS', 'the money is not there any more')
  return { parts, verdict: ended('SUCCESS', 'OK'), over: true }
}

function wrongPin(
  world: InstitutionWorld,
  payment: Payment,
  no: (why: AnswerClass, detail: string) => Decided,
): Decided {
  const wrong = (payment.waits?.wrong ?? 0) + 1
  if (wrong >= world.profile.values.pinTries || payment.waits === undefined)
    return no('DECL-AUTH', 'the password was wrong too often')
  return {
    parts: {
      put: [payments.put(itemKey(payment), { ...payment, waits: { ...payment.waits, wrong } })],
      append: [],
    },
    verdict: refused(`the password is wrong; ${world.profile.values.pinTries - wrong} tries are left`),
    over: false,
  }
}

/** The job that nobody answered for. */
export async function userLate(world: InstitutionWorld, job: Job): Promise<void> {
  await answerPayment(world, (job.body as { id: string }).id, undefined, { kind: 'late' }, job)
}

const tellJob = (world: InstitutionWorld, id: string): JobDraft => ({
  id: `tell:${id}`,
  kind: 'tell',
  dueAt: world.clock.wall(),
  body: { id, attempt: 0 },
})

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
