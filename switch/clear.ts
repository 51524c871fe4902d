// A clearing day of the journal → items and net positions. Built from the switch's journal only; a purchase stands in
// the day it was stamped with, its refund or reversal in the day of its own.
import { type ClearedItem, net, type Position } from '../clearing/clearing.ts'
import { START } from '../store/store.ts'
import { call } from '../wire/wire.ts'
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
    const { transaction, about, amount, currency, institution, acquirer } = final
    const forth = about === 'purchase'
    items.push({
      transaction,
      kind: about,
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
  state === 'SUCCESS' || state === 'R_SUCCESS' || (state === 'REVERSED' && undoes)

/** T+1: each net payer's bank account pays the switch's, and the switch's pays each net receiver. Instruction ids
 *  are made of day and party, so that a repeated close pays nobody twice (STL-022). Returns what was not confirmed. */
export async function settleDay(world: SwitchWorld, cleared: ClearingDay): Promise<readonly Position[]> {
  const left: Position[] = []
  const payersFirst = [...cleared.positions].sort((a, b) => (a.net < b.net ? -1 : 1))
  for (const position of payersFirst) {
    if (position.net === 0n) continue
    const pays = position.net < 0n
    const fields = {
      instruction: `${cleared.day}-${position.party}-${position.currency}`,
      clearingDay: cleared.day,
      payer: pays ? position.party : world.me,
      payee: pays ? world.me : position.party,
      amount: pays ? -position.net : position.net,
      currency: position.currency,
    }
    const reply = await call(world, 'settle', world.bankId, fields, world.profile.values.askWaitMs)
    if (reply.kind !== 'answered' || reply.class !== 'OK') left.push(position)
  }
  return left
}
