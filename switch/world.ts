// What the switch is given: a party's world with a store, and the bank that settles for it.
import type { Store } from '../store/store.ts'
import type { World } from '../wire/wire.ts'

export type SwitchWorld = World<Store> & {
  readonly bankId: string
  /** Feeds the clearing book by itself; its days are closed once `startClearing` was told. */
  readonly clears?: boolean
}
