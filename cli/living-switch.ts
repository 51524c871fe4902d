// The switch of `sifang up`, which somebody may kill to see what is left: its successor has the store and nothing else.
import { mortal } from '../scenarios/test-network.ts'
import { switchParty, type SwitchWorld } from '../switch/switch.ts'
import type { Endpoint } from '../wire/wire.ts'
import { pump } from './pump.ts'
import { realClock } from './real-clock.ts'

export type LivingSwitch = Pick<Endpoint, 'me' | 'receive'> & {
  /** What the switch of now is given; gone once it is killed. */
  world(): SwitchWorld
  /** Begins its own work: retries, queries, notices. */
  start(): void
  /** Kills it in the middle of whatever it does, and starts it anew; says how much it had begun and not ended. */
  crash(): number
  /** Resolves when the work of the one that lives has ended. */
  stopped(): Promise<void>
}

type Life = {
  readonly party: Endpoint
  readonly world: SwitchWorld
  readonly end: AbortController
  kill(): void
}

export function livingSwitch(
  world: SwitchWorld,
  failed: (error: unknown) => void,
  stop: AbortSignal,
): LivingSwitch {
  let life = born(world, failed)
  let working: Promise<void> = Promise.resolve()
  const start = (): void => {
    working = pump(life.party, realClock, AbortSignal.any([stop, life.end.signal]), failed)
  }
  return {
    me: world.me,
    receive: (sealed) => life.party.receive(sealed),
    world: () => life.world,
    start,
    crash: () => {
      const begun = life.party.inFlight()
      life.kill()
      life.end.abort()
      life = born(world, failed)
      // What the dead one waits for never comes, so nobody waits for it.
      start()
      return begun
    },
    stopped: () => working,
  }
}

function born(world: SwitchWorld, failed: (error: unknown) => void): Life {
  const { world: living, kill } = mortal(world)
  return { party: switchParty(living, failed), world: living, end: new AbortController(), kill }
}
