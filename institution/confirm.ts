// A payment that waits for its user: the password comes, the user says no, or nobody says anything. Whatever comes first
// decides; a reversal that came before leaves nothing to confirm (CPM-007, CPM-012, CPM-014). The switch is told at once
// and, until it has heard, again; it may ask meanwhile.
import type { Job, Rows } from '../store/store.ts'
import type { AnswerClass } from '../wire/wire.ts'
import { type Begun, payOrTry, tryKeys } from './bank-payment.ts'
import { failed, judgeMoney, type Parts, refusedFor } from './outcome.ts'
import { tryNow } from './pay.ts'
import { payerKeys, payerOfPayment, samePayer } from './payer.ts'
import { seeds, signatureOf } from './phone-codes.ts'
import { itemKey, type Payment, payments, paysOn, tokens, users } from './records.ts'
import { endTold } from './tell.ts'
import { type Outcome, pinDigest } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type Verdict = { readonly state: Payment['state']; readonly class: AnswerClass }
export type Answer =
  | { readonly kind: 'pin'; readonly pin: string; readonly signature?: string | undefined }
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
        : [
            payments.key(id),
            tokens.key(payer.token),
            seeds.key(payer.user),
            ...payerKeys(payer),
            ...tryKeys(world, payer.name),
          ]
    const result = await world.store.change<Outcome<Verdict> | 'again'>(keys, (rows) => {
      const payment = payments.in(rows, id)
      if (!samePayer(payment, payer)) return { result: 'again' }
      if (payment === undefined || payer === undefined || (user !== undefined && payment.user !== user))
        return { finish, result: refused('there is no such payment of this user') }
      if (payment.waits?.for !== 'user')
        return { finish, result: refused(`the payment is ${payment.state}: DECL-STATE`) }
      const { parts, verdict, over } = decided(world, rows, payer.purse, payment, answer)
      const { put, append, enqueue = endTold(world, payment) } = parts
      return {
        put,
        append,
        finish,
        ...(over && { enqueue, ...(job === undefined && { cancel: [`user:${id}`] }) }),
        result: verdict,
      }
    })
    if (result !== 'again') return result
  }
}

const refused = (because: string) => ({ kind: 'refused', because }) as const
const ended = (state: Payment['state'], kind: AnswerClass) =>
  ({ kind: 'done', value: { state, class: kind } }) as const

/** `enqueue`: what is done next where the switch is not told yet. */
type Decided = {
  readonly parts: Parts & Partial<Pick<Begun, 'enqueue'>>
  readonly verdict: Outcome<Verdict>
  readonly over: boolean
}

function decided(
  world: InstitutionWorld,
  rows: Rows,
  purse: Parameters<typeof judgeMoney>[2],
  payment: Payment,
  answer: Answer,
): Decided {
  const no = (why: AnswerClass, detail: string, state: 'FAILED' | 'CLOSED' = 'FAILED'): Decided => ({
    parts: failed(rows, payment, { class: why, detail }, state),
    verdict: ended(state, why),
    over: true,
  })
  // An order that ended while the password page was open is paid by nobody any more (ONL-011).
  if (payment.validUntil !== undefined && world.clock.wall() > payment.validUntil)
    return no('DECL-STATE', 'the order is over', 'CLOSED')
  if (answer.kind === 'no') return no('DECL-AUTH', 'the user said no')
  if (answer.kind === 'late') return no('DECL-AUTH', 'the user did not answer in time')
  if (users.in(rows, payment.user)?.pin !== pinDigest(payment.user, answer.pin))
    return wrongPin(world, payment, no)
  if (users.in(rows, payment.user)?.status !== 'active')
    return no('DECL-ACCOUNT', 'the account is not in order')
  if (!paysOn(tokens.in(rows, payment.token), payment.at)) return no('DECL-TOKEN', 'the token is not active')
  const verified = { ...payment, verified: true, ...(isSigned(rows, payment, answer) && { signed: true }) }
  const money = judgeMoney(world, rows, purse, verified)
  if (money.kind === 'refused') {
    const said = { ...refusedFor(money), detail: 'it could not be paid any more' }
    return { ...no(said.class, said.detail), parts: failed(rows, payment, said) }
  }
  if (payment.scene !== 'CPM') {
    const { waits: _asked, ...known } = verified
    const tried = tryNow(world, rows, known, money.legs)
    if (tried === 'short') return no('DECL-FUNDS', 'the money is not there any more')
    return { parts: tried, verdict: ended('PENDING', 'PENDING'), over: true }
  }
  const parts = payOrTry(world, rows, verified, money.legs)
  if (parts === 'short') return no('DECL-FUNDS', 'the money is not there any more')
  return { parts, verdict: ended(parts.ended.state, parts.ended.said.class), over: true }
}

/** The phone's own word beside the password: what makes a payment class A (LIM-003). */
function isSigned(rows: Rows, { user, transaction, payment }: Payment, answer: Answer): boolean {
  const seed = seeds.in(rows, user)?.seed
  if (answer.kind !== 'pin' || answer.signature === undefined || seed === undefined) return false
  return answer.signature === signatureOf(seed, payment ?? transaction)
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
