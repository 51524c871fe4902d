// The world of a party that runs until it is stopped: the clock on the wall, the system's chance, HTTP.
import { randomBytes } from 'node:crypto'
import type { Agent } from 'node:https'
import type { TestNetwork } from '../scenarios/scenarios.ts'
import type { Store } from '../store/store.ts'
import type { PartyId, World } from '../wire/wire.ts'
import { httpSend } from './network.ts'
import { realClock } from './real-clock.ts'

/** `secured` is what it brings to a handshake, where parties are reached over TLS. */
export function liveWorld(network: TestNetwork, me: PartyId, store: Store, secured?: Agent): World<Store> {
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
      secured,
    ),
  }
}
