// The world of a party that runs until it is stopped: the clock on the wall, the system's chance, HTTP.
import { randomBytes } from 'node:crypto'
import type { TestNetwork } from '../scenarios/scenarios.ts'
import type { Store } from '../store/store.ts'
import type { PartyId, World } from '../wire/wire.ts'
import { httpSend } from './network.ts'
import { realClock } from './real-clock.ts'

export function liveWorld(network: TestNetwork, me: PartyId, store: Store): World<Store> {
  return {
    me,
    profile: network.profile,
    clock: realClock,
    random: (length) => new Uint8Array(randomBytes(length)),
    keys: network.keysOf(me),
    directory: network.directory,
    store,
    send: httpSend(
      () => network.directory,
      () => Date.now(),
    ),
  }
}
