// One payment, top to bottom: the only file that knows the order of the steps.
// open → admit (route inside its change) → ask → conclude; the reply goes out as soon as the profile allows it,
// and what follows the reply is found again in the journal if this process dies.
import { open, type Sealed, type Turned, turnAway } from '../wire/wire.ts'
import { admit } from './admit.ts'
import { ask } from './ask.ts'
import { conclude } from './conclude.ts'
import { codes, type Purchase, purchases, tokens } from './records.ts'
import { reply } from './reply.ts'
import { route } from './route.ts'
import type { SwitchWorld } from './world.ts'

export async function pay(
  world: SwitchWorld,
  sealed: Sealed,
  follow: (work: Promise<void>) => void,
): Promise<Sealed | Turned> {
  const opened = await open(world, sealed, { requests: ['purchase'] })
  if (opened.kind === 'refused') return turnAway(world, opened)
  const admitted = await admit(world, opened, (text, rows) => {
    const code = codes.in(rows, text)
    const token = code === undefined ? undefined : tokens.in(rows, code.token)
    return route(text, code, token, world.directory, world.profile, world.clock.wall())
  })
  if (admitted.kind === 'refused') return reply(world, opened, { said: admitted.said, repeated: false })
  if (admitted.kind === 'answered') return reply(world, opened, { ...admitted, said: admitted.purchase.said })
  const outcome = settle(world, admitted.id, admitted.purchase)
  if (world.profile.flags.purchaseAnswer === 'accepted') {
    follow(outcome)
    return reply(world, opened, {
      purchase: admitted.purchase,
      said: admitted.purchase.said,
      repeated: false,
    })
  }
  await outcome
  const ended =
    purchases.in(await world.store.read([purchases.key(admitted.id)]), admitted.id) ?? admitted.purchase
  return reply(world, opened, { purchase: ended, said: ended.said, repeated: false })
}

async function settle(world: SwitchWorld, id: string, purchase: Purchase): Promise<void> {
  await conclude(world, id, await ask(world, purchase))
}
