// Cases that a rule ends: a payment that only waited for the switch's word takes it from the file; one that the switch took back
// is taken back here; one that the switch never had goes back to its user, once, when no file within the tolerance had it.
import type { Decision, Rows } from '../store/store.ts'
import { type CaseAction, casePosting, cases, type ClearingCase, ended, suspenseLines } from './cases.ts'
import { endPayment } from './pay-end.ts'
import { changePayment } from './payer.ts'
import { type Payment, payments } from './records.ts'
import { undone } from './undo.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const refused = (because: string) => ({ kind: 'refused', because }) as const

export async function workCase(world: InstitutionWorld, one: ClearingCase): Promise<void> {
  if (one.state !== 'OPEN') return
  const payment = await paymentOf(world, one)
  if (one.kind === 'STATUS_DIFF') await converge(world, one, payment)
  else if (one.kind === 'MISSING_SW' && payment?.state === 'SUCCESS') await repay(world, one, 'rule')
}

const paymentOf = async ({ store }: InstitutionWorld, { item }: ClearingCase): Promise<Payment | undefined> =>
  payments.in(await store.read([payments.key(item)]), item)

async function converge(
  world: InstitutionWorld,
  one: ClearingCase,
  payment: Payment | undefined,
): Promise<void> {
  // Ours is done, and the switch took it back (REC-006).
  if (payment?.state === 'SUCCESS' && one.theirs === undefined) {
    await repay(world, one, 'rule')
    return
  }
  if (payment?.waits?.for !== 'order' || payment.amount !== one.theirs) return
  const { acquirer, order, orderTime, payment: own } = payment
  const named = { acquirer, order, orderTime, ...(own !== undefined && { payment: own }) }
  await endPayment(world, named, { kind: 'paid', transaction: one.transaction, clearingDay: one.day })
  await world.store.change<void>([cases.key(one.id), payments.key(one.item)], (rows) => {
    const [now, paid] = [cases.in(rows, one.id), payments.in(rows, one.item)]
    if (now === undefined || now.state === 'DONE' || paid?.state !== 'SUCCESS') return { result: undefined }
    // The payment has posted its own Dr source / Cr CLR: what stood in for it goes back.
    const lines = now.suspense === undefined ? [] : suspenseLines(now.suspense, true)
    return {
      put: [cases.put(one.id, ended(now, 'it ended by the switch’s word', 'rule', world.clock.wall()))],
      append: lines.length === 0 ? [] : [casePosting(now, 'converged', now.day, lines)],
      result: undefined,
    }
  })
}

/** Dr SUS:L / Cr the user's sources, over CLR: suspense is undone and the payment taken back, in one change, once. */
export async function repay(
  world: InstitutionWorld,
  one: ClearingCase,
  by: string,
): Promise<Outcome<ClearingCase>> {
  return changePayment<Outcome<ClearingCase>>(world, one.item, [cases.key(one.id)], (rows) =>
    repaid(world, rows, one.id, one.item, by),
  )
}

function repaid(
  world: InstitutionWorld,
  rows: Rows,
  id: string,
  item: string,
  by: string,
): Decision<Outcome<ClearingCase>> {
  const now = cases.in(rows, id)
  const payment = payments.in(rows, item)
  if (now === undefined || now.state === 'DONE')
    return { result: refused('already handled: this case has ended') }
  if (payment?.state !== 'SUCCESS')
    return { result: refused('the payment does not stand as it was paid any more: write the case off') }
  const { put, append, enqueue } = undone(rows, payment, {
    state: 'REVERSED',
    what: 'reversal',
    posting: `case:${id}:repaid`,
    transaction: payment.transaction,
    clearingDay: now.day,
  })
  const action: CaseAction = 'repay'
  const done = ended(now, action, by, world.clock.wall())
  const lines = now.suspense === undefined ? [] : suspenseLines(now.suspense, true)
  return {
    put: [cases.put(id, done), ...put],
    append: [...(lines.length === 0 ? [] : [casePosting(now, 'repaid-suspense', now.day, lines)]), ...append],
    enqueue,
    result: { kind: 'done', value: done },
  }
}
