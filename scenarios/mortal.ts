// A party that can be killed in the middle of what it does, with nothing but its store left for the next one.
import type { Store } from '../store/store.ts'
import type { World } from '../wire/wire.ts'

/** A world that can be cut off: after `kill` nothing it still does reaches its store or the network. */
export function mortal<W extends World<Store>>(world: W): { readonly world: W; kill(): void } {
  let dead = false
  const never = new Promise<never>(() => undefined)
  const living =
    <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      dead ? never : act(...args)
  const { store } = world
  return {
    kill: () => {
      dead = true
    },
    world: {
      ...world,
      send: living(world.send),
      store: {
        ...store,
        change: living(store.change) as Store['change'],
        read: living(store.read),
        history: living(store.history),
        claim: living(store.claim),
      },
    },
  }
}
