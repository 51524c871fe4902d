// What stands in the book about a bank beyond payments: money that a bank gave or kept when its payment had ended
// otherwise waits in suspense, goes back to its card, and a person hears of it (BNK-009).
import { creditLine, debitLine, type Line } from '../ledger/ledger.ts'
import type { EntryDraft, Rows } from '../store/store.ts'
import { caseOf, type Ending, type Heard, type LookSide } from './bank-order.ts'
import { attemptOf, bankJob, type BankOrder, bankOrders, putOrder, receivable } from './card-records.ts'
import type { InstitutionWorld } from './world.ts'

export function posting(
  id: string,
  item: string,
  day: string | undefined,
  lines: readonly Line[],
): EntryDraft {
  const entry = { id, currency: '156', lines }
  return {
    item,
    kind: 'posting',
    body: { entry, what: 'bank', ...(day !== undefined && { clearingDay: day }) },
  }
}

export const between = (debit: string, credit: string, amount: bigint): readonly Line[] => [
  debitLine(debit, amount),
  creditLine(credit, amount),
]

/** The order that gives back to the card what this one took. */
const returnOf = (me: string, { attempt, bank, card, amount, currency }: BankOrder): BankOrder => ({
  attempt: attemptOf(me, 'return', attempt),
  what: 'refund',
  purpose: 'RETURN',
  owner: 'return',
  of: attempt,
  origAttempt: attempt,
  bank,
  card,
  amount,
  currency,
  state: 'ASKED',
})

export const returnKey = (me: string, attempt: string) => bankOrders.key(attemptOf(me, 'return', attempt))

/** A debit that the bank did although its payment is over: Dr BNK / Cr SUS:L, back to the card, a case. Once. */
export function lateSuccess(
  world: Pick<InstitutionWorld, 'me' | 'clock'>,
  rows: Rows,
  order: BankOrder,
): Ending {
  const back = returnOf(world.me, order)
  const { undo: _undo, ...rest } = order
  const over: Ending = { put: [putOrder({ ...rest, state: 'SUCCESS' })] }
  if (bankOrders.in(rows, back.attempt) !== undefined) return over
  return {
    put: [...(over.put ?? []), putOrder(back)],
    append: [
      posting(
        `late:${order.attempt}`,
        order.of,
        order.day,
        between(receivable(order.bank), 'SUS:L', order.amount),
      ),
      caseOf(order, 'the bank debited for something that had ended otherwise'),
    ],
    enqueue: [bankJob(back.attempt, world.clock.wall())],
  }
}

/** How the giving back ends: the money leaves suspense, or waits there for a person. */
export const lookReturn: LookSide = async () => ({
  keys: [],
  ended: (_rows, order, heard) => returnEnded(order, heard),
})

function returnEnded(order: BankOrder, heard: Heard): Ending {
  if (order.state !== 'ASKED') return {}
  if (heard.kind === 'yes')
    return {
      put: [putOrder({ ...order, state: 'SUCCESS' })],
      append: [
        posting(
          `return:${order.attempt}`,
          order.of,
          order.day,
          between('SUS:L', receivable(order.bank), order.amount),
        ),
      ],
    }
  return {
    put: [putOrder({ ...order, state: 'FAILED' })],
    append: [caseOf(order, 'the card does not take its money back: it waits in suspense')],
  }
}
