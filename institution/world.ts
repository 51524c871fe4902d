// What the institution is given: a party's world with a store.
import type { Store } from '../store/store.ts'
import type { World } from '../wire/wire.ts'

export type InstitutionWorld = World<Store> & { readonly switchId: string }
