// Writes down how a purchase ended, once: its state, its line in the journal and the notices it owes, in one change.
// A late answer that finds the purchase already ended or being reversed changes nothing (REV-020).
import type { Decision, EntryDraft, Job, JobDraft, Rows } from '../store/store.ts'
import { type AnswerClass, TOKEN_UNKNOWN } from '../wire/wire.ts'
import type { Asked } from './ask.ts'
import {
  codes,
  itemKey,
  move,
  type Purchase,
  purchases,
  type Refund,
  type Said,
  type Void,
} from './records.ts'
import type { SwitchWorld } from './world.ts'

export async function conclude(world: SwitchWorld, id: string, asked: Asked, job?: Job): Promise<void> {
  const code = asked.kind === 'declined' ? await codeOf(world, id) : ''
  const keys = [purchases.key(id), ...(code === '' ? [] : [codes.key(code)])]
  await world.store.change(keys, (rows) => {
    const purchase = purchases.in(rows, id)
    const finish = job === undefined ? [] : [job]
    if (purchase === undefined || (purchase.state !== 'ASKED' && purchase.state !== 'UNKNOWN'))
      return { finish, result: undefined }
    if (asked.kind === 'unknown') return unknown(world, id, purchase, asked.because, finish)
    const approved = asked.kind === 'approved'
    const said: Said = approved
      ? { class: 'OK' }
      : { class: asked.class, ...(asked.detail !== undefined && { detail: asked.detail }) }
    const ended = move(purchase, approved ? 'SUCCESS' : 'FAILED', { said })
    const final = finalOf(world, ended, 'purchase', ended.state, said.class)
    const { put = [], remove = [] } = liveAgain(rows, code)
    return {
      put: [purchases.put(id, ended), ...put],
      remove,
      ...final,
      finish,
      ...(job === undefined && { cancel: [`resolve:${id}`] }),
      result: undefined,
    }
  })
}

/** The code that a decline gives back, where the profile says so (COD-012); else none. */
async function codeOf({ store, profile }: SwitchWorld, id: string): Promise<string> {
  if (profile.flags.codeAfterDecline !== 'live') return ''
  return purchases.in(await store.read([purchases.key(id)]), id)?.code ?? ''
}

/** One that the switch made can be presented again; of an institution's own only the presenting was written down. */
function liveAgain(rows: Rows, text: string): Pick<Decision<undefined>, 'put' | 'remove'> {
  const code = text === '' ? undefined : codes.in(rows, text)
  if (code === undefined) return {}
  return code.token === TOKEN_UNKNOWN
    ? { remove: [codes.key(text)] }
    : { put: [codes.put(text, { ...code, state: 'C_LIVE' })] }
}

function unknown(
  world: SwitchWorld,
  id: string,
  purchase: Purchase,
  because: string,
  finish: readonly Job[],
): Decision<undefined> {
  if (purchase.state === 'UNKNOWN') return { finish, result: undefined }
  const [first = 1000] = world.profile.values.queryLadderMs
  return {
    put: [purchases.put(id, move(purchase, 'UNKNOWN'))],
    append: [{ item: id, kind: 'purchase', body: { state: 'UNKNOWN', because } }],
    enqueue: [
      { id: `resolve:${id}`, kind: 'resolve', dueAt: world.clock.wall() + first, body: { id, attempt: 0 } },
    ],
    finish: [],
    result: undefined,
  }
}

/** A final state as the journal holds it; notices and clearing are made from this line and from nothing else. */
export type Final = {
  readonly about: 'purchase' | 'refund' | 'reversal' | 'void'
  readonly transaction: string
  readonly acquirer: string
  readonly institution: string
  readonly merchant: string
  readonly order: string
  readonly orderTime: string
  readonly amount: bigint
  readonly currency: string
  readonly clearingDay: string
  readonly state: string
  readonly class: AnswerClass
  /** For a reversal: whether what it undoes had been reported as done, and so stands in a clearing day. */
  readonly undoes: boolean
  readonly business?: string
  /** For a purchase that the payer began: the institution's own id of it. */
  readonly payment?: string
  /** The network's id of what it takes back. */
  readonly original?: string
  readonly category?: string
  /** When it became final, by the switch's clock. */
  readonly at: number
}

export function finalOf(
  world: SwitchWorld,
  item: Purchase | Refund | Void,
  about: Final['about'],
  state: string,
  kind: AnswerClass,
  of?: Purchase,
): { append: EntryDraft[]; enqueue: JobDraft[] } {
  const purchase = of ?? (item as Purchase)
  const { transaction, acquirer, merchant, order, orderTime, amount, currency } = item
  const clearingDay = about === 'reversal' ? (purchase.reversalDay ?? purchase.clearingDay) : item.clearingDay
  const body: Final = {
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
    class: kind,
    institution: purchase.institution,
    undoes: about === 'void' || (about === 'reversal' && purchase.said.class === 'OK'),
    ...(item.business !== undefined && { business: item.business }),
    ...(purchase.payment !== undefined && { payment: purchase.payment }),
    ...(about !== 'purchase' && { original: purchase.transaction }),
    ...(/^[0-9]{4}$/.test(purchase.merchantCategory) && { category: purchase.merchantCategory }),
    at: world.clock.wall(),
  }
  const id = itemKey(item)
  const due = world.clock.wall()
  // A void and its undoing are told apart: the later one must not take the place of the earlier.
  const what = about === 'void' && state === 'REVERSED' ? 'undo' : about
  const notice = (to: 'payer' | 'payee'): JobDraft => ({
    id: `notify:${id}:${what}:${to}`,
    kind: 'notify',
    dueAt: due,
    body: { id, about, state, to, attempt: 0 },
  })
  const payerKnows = body.institution !== '' && kind === 'OK'
  return {
    append: [{ item: id, kind: 'final', body }],
    enqueue: [notice('payee'), ...(payerKnows ? [notice('payer')] : [])],
  }
}
