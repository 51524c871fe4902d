// Taking a payment back whole: every leg to where it came from, its usage uncounted, its coupons given again. What was
// only waiting is let go. Shared by reversal and void; the caller says which state stands afterwards.
import type { JobDraft, Rows } from '../store/store.ts'
import { remoteUndo } from './bank-payment.ts'
import { couponsBack, released, returnedTo } from './legs.ts'
import { uncounted } from './limits.ts'
import { booked, type Parts, unlocked } from './outcome.ts'
import { itemKey, type Payment, payments } from './records.ts'

export type Undo = {
  readonly state: 'REVERSED' | 'VOIDED'
  readonly what: 'reversal' | 'void'
  /** Name of the posting; one per undoing, so that none is ever booked twice. */
  readonly posting: string
  /** The network transaction under which the undoing is booked. */
  readonly transaction: string
  readonly clearingDay: string
}
export type Undone = Parts & { readonly enqueue: readonly JobDraft[] }

export function undone(rows: Rows, payment: Payment, undo: Undo): Undone {
  return payment.state === 'PENDING' ? letGo(rows, payment, undo) : takenBack(rows, payment, undo)
}

function takenBack(rows: Rows, payment: Payment, undo: Undo): Undone {
  const { legs, user } = payment
  const id = itemKey(payment)
  const parts = legs.map(({ amount }) => amount)
  const moved = returnedTo(rows, user, legs, parts)
  const remote = remoteUndo(rows, payment)
  return {
    put: [
      ...remote.put,
      payments.put(id, { ...payment, state: undo.state }),
      ...moved.put,
      ...couponsBack(rows, legs),
      ...uncounted(rows, payment, legs),
    ],
    append: [
      ...booked(
        { ...payment, transaction: undo.transaction },
        moved,
        undo.posting,
        undo.what,
        undo.clearingDay,
      ),
      { item: id, kind: 'payment', body: { state: undo.state } },
    ],
    enqueue: remote.enqueue,
  }
}

/** A payment that waits for its user took nothing; one that was tried gives back what it froze. */
function letGo(rows: Rows, payment: Payment, undo: Undo): Undone {
  const id = itemKey(payment)
  const { waits, ...rest } = payment
  const moved = waits?.for === 'user' ? { put: [], lines: [] } : released(rows, payment.user, payment.legs)
  const remote = remoteUndo(rows, payment)
  return {
    put: [
      ...remote.put,
      payments.put(id, { ...rest, legs: [], state: undo.state }),
      ...moved.put,
      ...unlocked(rows, payment.funding, id),
      // What the wallet tried was counted with it.
      ...(waits?.for === 'user' ? [] : uncounted(rows, payment, payment.legs)),
    ],
    append: [
      ...booked(payment, moved, `${undo.posting}:release`, 'release', undo.clearingDay),
      { item: id, kind: 'payment', body: { state: undo.state } },
    ],
    enqueue: remote.enqueue,
  }
}
