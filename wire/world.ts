// What a party is given instead of reaching out: clock, chance, keys, directory, store and network.
// One world per party. `send` is in process on the stage and HTTP in the command: the party cannot tell.
import type { Keyring } from '../crypto/crypto.ts'
import type { Directory, PartyId } from './directory.ts'
import type { Evidence, Sealed } from './envelope.ts'
import type { Profile } from './profile.ts'

type Instant = number

export type Clock = {
  /** Time of day, milliseconds since 1970. May jump. */
  wall(): Instant
  /** Nanoseconds that never go back; for durations. */
  mono(): bigint
  /** Resolves at `t` by this clock, or as soon as `stop` is aborted. Waits that outlive a request are jobs instead. */
  until(t: Instant, stop?: AbortSignal): Promise<void>
}

/** not_sent: it certainly did not leave. no_reply: it may have arrived; the outcome is unknown. */
export type Reply =
  | { readonly kind: 'reply'; readonly sealed: Sealed }
  | { readonly kind: 'not_sent' }
  | { readonly kind: 'no_reply' }

export type World<Store> = {
  readonly me: PartyId
  readonly profile: Profile
  readonly clock: Clock
  random(length: number): Uint8Array
  readonly keys: Keyring
  readonly directory: Directory
  readonly store: Store
  send(to: PartyId, sealed: Sealed, deadline: Instant): Promise<Reply>
  /** Shown every message this party sealed or opened, with its key: the transcript of a run is made from it. */
  readonly observe?: (evidence: Evidence) => void
}
