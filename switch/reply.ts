// What the acquirer is told, from the purchase's record alone: the final answer when there is one, PENDING until
// then. Echo fields equal the request's (CPM-018).
import { answerFields, type Opened, type Sealed, seal } from '../wire/wire.ts'
import type { Purchase, Said } from './records.ts'
import type { SwitchWorld } from './world.ts'

export async function reply(
  world: SwitchWorld,
  opened: Opened<'purchase'>,
  what: { purchase?: Purchase; said: Said; repeated: boolean },
): Promise<Sealed> {
  const { order, orderTime, amount, currency, merchant } = opened.message.fields
  const { purchase, said, repeated } = what
  const fields = {
    ...answerFields(said.class, { repeated, ...(said.detail !== undefined && { detail: said.detail }) }),
    ...(said.field !== undefined && { wrongField: said.field }),
    order,
    orderTime,
    amount,
    currency,
    merchant,
    ...(purchase !== undefined && { transaction: purchase.transaction, clearingDay: purchase.clearingDay }),
  }
  return (await seal(world, { type: 'purchase.reply', to: opened.from, ref: opened.ref, fields })).sealed
}
