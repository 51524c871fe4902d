// The institution says how its user decided (0240). That is a prompt and no proof: the purchase is asked for at once, and
// the answer to that decides, as it would have a moment later (CPM-007).
import { answer, answerFields, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { itemKey, nonces, purchases } from './records.ts'
import type { SwitchWorld } from './world.ts'

export async function heardResult(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'auth.result', async (opened) => {
    const { fields } = opened.message
    const id = itemKey(fields)
    return world.store.change([nonces.key(nonceId(opened)), purchases.key(id)], (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const now = world.clock.wall()
      const claim = nonceClaim(opened, world.profile, now)
      const purchase = purchases.in(rows, id)
      if (purchase?.institution !== opened.from || purchase.amount !== fields.amount)
        return { put: [claim], result: answerFields('DECL-ORIG') }
      const { state } = purchase
      const waits = state === 'ASKED' || state === 'UNKNOWN'
      return {
        put: [claim],
        append: [{ item: id, kind: 'user', body: { state: fields.state } }],
        ...(waits && {
          enqueue: [{ id: `resolve:${id}`, kind: 'resolve', dueAt: now, body: { id, attempt: 0 } }],
        }),
        result: { ...answerFields('OK'), state: waits ? 'PENDING' : state },
      }
    })
  })
}
