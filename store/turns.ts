// Changes of one process on one key take turns here, before they take a connection: waiting on the
// database's lock instead, two hundred changes of a busy row would hold every connection of the pool.
import type { Key } from './store.ts'

type Turns = <T>(keys: readonly Key[], work: () => Promise<T>) => Promise<T>

export function turns(): Turns {
  const last = new Map<Key, Promise<void>>()

  return async (keys, work) => {
    // All keys are queued for at once, so everybody stands in the same order in every queue: no deadlock.
    const before = keys.map((key) => last.get(key) ?? Promise.resolve())
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    for (const key of keys) last.set(key, over)
    try {
      await Promise.all(before)
      return await work()
    } finally {
      for (const key of keys) if (last.get(key) === over) last.delete(key)
      end()
    }
  }
}
