// A clearing day of the journal → items and net positions. Built from the switch's journal only; a purchase stands in
// the day it was stamped with, its refund or reversal in the day of its own.
import { type ClearedItem, net, type Position } from '../clearing/clearing.ts'
import { kind, START } from '../store/store.ts'
import { call, isDecline } from '../wire/wire.ts'
import type { Final } from './conclude.ts'
import type { SwitchWorld } from './world.ts'

export type ClearingDay = {
  readonly day: string
  readonly items: readonly ClearedItem[]
  readonly positions: readonly Position[]
}

export async function clear(world: SwitchWorld, day: string): Promise<ClearingDay> {
  const items: ClearedItem[] = []
  for await (const { body } of world.store.journal(START, { kinds: ['final'] })) {
    const final = body as Final
    if (final.clearingDay !== day || !moved(final)) continue
    const { transaction, about, amount, currency, institution, acquirer, business } = final
    // The undoing of a void takes the money once more, under the void's own number.
    const forth = about === 'purchase' || (about === 'void' && final.state === 'REVERSED')
    items.push({
      transaction,
      kind: forth ? 'purchase' : about,
      ...(business !== undefined && { business }),
      day,
      amount,
      currency,
      payer: forth ? institution : acquirer,
      payee: forth ? acquirer : institution,
    })
  }
  return { day, items, positions: net(items) }
}

const moved = ({ state, undoes }: Final): boolean =>
  ['SUCCESS', 'R_SUCCESS', 'VOIDED'].includes(state) || (state === 'REVERSED' && undoes)

/** What has been paid of a position so far, and the instruction under way: it is written down before it is sent, so that
 *  a lost answer is asked for again under the same id, and what became final later is paid as the difference. */
type Paid = { readonly amount: bigint; readonly instructions: number; readonly pending?: bigint }
const paid = kind<Paid>('settled')
const NOTHING: Paid = { amount: 0n, instructions: 0 }

/** T+1: each net payer's bank account pays the switch's, and the switch's pays each net receiver. However often a day is
 *  closed, each fen is paid once (STL-022). Returns what was not confirmed. */
export async function settleDay(world: SwitchWorld, cleared: ClearingDay): Promise<readonly Position[]> {
  const left: Position[] = []
  const payersFirst = [...cleared.positions].sort((a, b) => (a.net < b.net ? -1 : 1))
  for (const position of payersFirst) if (!(await settled(world, cleared.day, position))) left.push(position)
  return left
}

async function settled(world: SwitchWorld, day: string, position: Position): Promise<boolean> {
  const id = `${day}-${position.party}-${position.currency}`
  for (;;) {
    const due = await world.store.change([paid.key(id)], (rows) => {
      const before = paid.in(rows, id) ?? NOTHING
      const rest = position.net - before.amount
      if (before.pending !== undefined || rest === 0n) return { result: before }
      const next = { ...before, pending: rest }
      return { put: [paid.put(id, next)], result: next }
    })
    if (due.pending === undefined) return true
    const answer = await instruct(world, day, position, `${id}-${due.instructions}`, due.pending)
    if (answer === 'unknown') return false
    const { pending, instructions } = due
    const amount = answer === 'paid' ? due.amount + pending : due.amount
    // A refusal is final under its id; the next close tries again under another. Another close may have been faster.
    await world.store.change([paid.key(id)], (rows) => {
      const stands = paid.in(rows, id)?.instructions === instructions
      return {
        ...(stands && { put: [paid.put(id, { amount, instructions: instructions + 1 })] }),
        result: undefined,
      }
    })
    if (answer === 'refused') return false
  }
}

async function instruct(
  world: SwitchWorld,
  day: string,
  { party, currency }: Position,
  instruction: string,
  net: bigint,
): Promise<'paid' | 'refused' | 'unknown'> {
  const pays = net < 0n
  const fields = {
    instruction,
    clearingDay: day,
    payer: pays ? party : world.me,
    payee: pays ? world.me : party,
    amount: pays ? -net : net,
    currency,
  }
  const reply = await call(world, 'settle', world.bankId, fields, world.profile.values.askWaitMs)
  if (reply.kind !== 'answered') return 'unknown'
  return reply.class === 'OK' ? 'paid' : isDecline(reply.class) ? 'refused' : 'unknown'
}
