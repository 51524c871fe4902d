// How a payment that the wallet began comes to its end: by the answer to `pay`, by a query, by a notice. The first final
// word decides, whichever way it came; a word that is not final, or about something else, changes nothing.
import type { Job, Key } from '../store/store.ts'
import { type Answered, call, classRow } from '../wire/wire.ts'
import { remoteUndo } from './bank-payment.ts'
import { decidedYes } from './compose.ts'
import { legsOf } from './debit.ts'
import { confirmed, paidBy, released } from './legs.ts'
import { uncounted } from './limits.ts'
import { booked } from './outcome.ts'
import { bookDay, nameOf } from './own-payments.ts'
import type { Final } from './pay.ts'
import { payerOfPayment, samePayer, undoKeys } from './payer.ts'
import { byTransaction, itemKey, type Payment, payments } from './records.ts'
import type { InstitutionWorld } from './world.ts'

type Word = Final | { readonly kind: 'unknown'; readonly because: string }

const readPayment = async ({ store }: InstitutionWorld, id: string): Promise<Payment | undefined> =>
  payments.in(await store.read([payments.key(id)]), id)

/** Sends the order as it was shown, and ends the payment if the answer is final. Does nothing for any other payment. */
export async function sendPayment(world: InstitutionWorld, id: string): Promise<void> {
  const payment = await readPayment(world, id)
  if (payment?.waits?.for !== 'order') return
  const word = wordOf(payment, await ask(world, payment), true)
  if (word.kind !== 'unknown') await endPayment(world, payment, word)
}

function ask(world: InstitutionWorld, payment: Payment): Promise<Answered<'pay'>> {
  const {
    tn = '',
    payment: own = '',
    token,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    legs,
  } = payment
  const { business } = payment
  const fields = {
    payment: own,
    token,
    tn,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    paid: paidBy(legs),
    legs: legsOf(legs),
    ...(business !== undefined && { business }),
  }
  return call(world, 'pay', world.switchId, fields, world.profile.values.askWaitMs)
}

/** `first`: nothing was sent before this, so what did not leave did not happen. */
function wordOf(payment: Payment, reply: Answered<'pay'>, first: boolean): Word {
  if (reply.kind === 'not_sent' && first) return { kind: 'refused', class: 'REJ-ROUTE' }
  if (reply.kind !== 'answered') return { kind: 'unknown', because: reply.because }
  if (reply.class === 'OK') return outcomeOf(payment, reply.fields)
  // A conflict says that the id stands for something else there: a person's, not a no.
  if (!classRow(reply.class).definite || reply.class === 'REJ-CONFLICT')
    return { kind: 'unknown', because: `answered ${reply.class}` }
  return { kind: 'refused', class: reply.class }
}

const PAID = ['SUCCESS', 'PART_REFUNDED', 'REFUNDED', 'VOIDED']
const REFUSED = ['FAILED', 'CLOSED', 'REVERSED']

/** What an answer says of the outcome. It must be about this payment and this money, or it says nothing. */
function outcomeOf(payment: Payment, told: Extract<Answered<'pay'>, { kind: 'answered' }>['fields']): Word {
  const { state = 'SUCCESS', transaction, clearingDay } = told
  const other = (['payment', 'order', 'orderTime', 'amount', 'currency', 'merchant'] as const).find(
    (name) => told[name] !== undefined && told[name] !== payment[name],
  )
  if (other !== undefined) return { kind: 'unknown', because: `the answer names another ${other}` }
  if (REFUSED.includes(state)) return { kind: 'refused', class: 'DECL-STATE' }
  if (!PAID.includes(state)) return { kind: 'unknown', because: `the switch says ${state}` }
  if (transaction === undefined || clearingDay === undefined || told.amount === undefined)
    return { kind: 'unknown', because: 'a success without transaction, day or amount' }
  return { kind: 'paid', transaction, clearingDay }
}

/** Takes what was tried, or gives it back: once, in the change that reads it as still open. */
export async function endPayment(
  world: InstitutionWorld,
  { payment: own, ...of }: Pick<Payment, 'payment' | 'acquirer' | 'order' | 'orderTime'>,
  final: Final,
  job?: Job,
): Promise<void> {
  const id = itemKey(of)
  const finish = job === undefined ? [] : [job]
  for (;;) {
    const payer = await payerOfPayment(world, id)
    const network: Key[] = final.kind === 'paid' ? [byTransaction.key(final.transaction)] : []
    const again = await world.store.change([payments.key(id), ...network, ...undoKeys(payer)], (rows) => {
      const payment = payments.in(rows, id)
      if (!samePayer(payment, payer)) return { result: true }
      if (payment?.waits?.for !== 'order' || payment.payment !== own) return { finish, result: false }
      const { waits: _over, ...rest } = payment
      const end = { finish, ...(job === undefined && { cancel: [`pay:${id}`] }), result: false }
      if (final.kind === 'refused') {
        const moved = released(rows, payment.user, payment.legs)
        const said = { class: final.class } as const
        // What the bank took and the network holds is given back by them, until it is done.
        const remote = remoteUndo(rows, payment)
        return {
          ...end,
          put: [
            ...remote.put,
            payments.put(id, { ...rest, legs: [], state: 'FAILED', said }),
            ...moved.put,
            ...uncounted(rows, payment, payment.legs),
          ],
          append: [
            ...booked(payment, moved, `release:${nameOf(payment)}`, 'release', bookDay(world, payment)),
            { item: id, kind: 'payment', body: { state: 'FAILED', because: final.class } },
          ],
          enqueue: remote.enqueue,
        }
      }
      const { transaction, clearingDay } = final
      // Two payments under one network id: nobody here can tell which is meant.
      if (byTransaction.in(rows, transaction) !== undefined)
        return {
          append: [caseLine(id, `transaction ${transaction} is another payment’s`)],
          finish,
          result: false,
        }
      const moved = confirmed(rows, payment.user, payment.legs, id)
      const paid: Payment = { ...rest, transaction, clearingDay, state: 'SUCCESS', said: { class: 'OK' } }
      const network = decidedYes(world, rows, payment)
      return {
        ...end,
        put: [
          payments.put(id, paid),
          byTransaction.put(transaction, { type: 'debit', id }),
          ...moved.put,
          ...network.put,
        ],
        append: [
          ...booked(paid, moved, `confirm:${nameOf(paid)}`, 'purchase', clearingDay),
          { item: id, kind: 'payment', body: { state: 'SUCCESS' } },
          ...network.append,
        ],
        enqueue: network.enqueue,
      }
    })
    if (!again) return
  }
}

const caseLine = (item: string, because: string) => ({ item, kind: 'case', body: { because } })

/** Asks how it ended. Where the switch never heard of it, the same payment is sent again under its one id: either it
 *  takes effect now, or there is a no at last. Goes on for as long as there is neither, as a case when the ladder ends. */
export async function insistPayment(world: InstitutionWorld, job: Job): Promise<void> {
  const { id, attempt, send } = job.body as { id: string; attempt: number; send?: boolean }
  const payment = await readPayment(world, id)
  if (payment?.waits?.for !== 'order')
    return world.store.change([], () => ({ finish: [job], result: undefined }))
  const { payment: own = '', token } = payment
  const { askWaitMs, queryLadderMs, insistGapsMs } = world.profile.values
  // A process may have died after it was sent and before that was known: here nothing is ever the first.
  const sent = async (): Promise<Word> => wordOf(payment, await ask(world, payment), false)
  const asked = async (): Promise<Word> => {
    const reply = await call(world, 'pay.query', world.switchId, { payment: own, token }, askWaitMs)
    if (reply.kind !== 'answered') return { kind: 'unknown', because: reply.because }
    if (reply.class === 'NOT_FOUND') return sent()
    return reply.class === 'OK'
      ? outcomeOf(payment, reply.fields)
      : { kind: 'unknown', because: `answered ${reply.class}` }
  }
  const word = send === true ? await sent() : await asked()
  if (word.kind !== 'unknown') return endPayment(world, payment, word, job)
  const gap = queryLadderMs[attempt] ?? insistGapsMs.at(-1) ?? 1000
  const append =
    attempt === queryLadderMs.length
      ? [caseLine(id, `nobody says how payment ${own} ended: ${word.because}`)]
      : []
  const next = {
    id: job.id,
    kind: job.kind,
    dueAt: world.clock.wall() + gap,
    body: { id, attempt: attempt + 1 },
  }
  await world.store.change([], () => ({ finish: [job], enqueue: [next], append, result: undefined }))
}
