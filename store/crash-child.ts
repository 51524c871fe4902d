// What sqlite.test.ts has a process of its own do: many small changes at once on one file, each acknowledged
// on stdout when the store says that it is durable. Killed at any moment, it has acknowledged nothing that is lost.
import { writeSync } from 'node:fs'
import { sqliteStore } from './sqlite.ts'
import type { Key } from './store.ts'

const LANES = 8

export async function changeUntilKilled(path: string, name: string, changes: number): Promise<void> {
  const store = sqliteStore({ path, now: () => 1 })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < changes) {
      const id = `${name}-${next++}`
      const keys: readonly Key[] = [`left/${id}`, `right/${id}`, 'count/all']
      await store.change(keys, (rows) => {
        const value = ((rows.get('count/all') ?? 0) as number) + 1
        return {
          put: keys.map((key) => ({ key, value, indexed: { side: key } })),
          append: [{ item: id, kind: 'done', body: value }],
          result: undefined,
        }
      })
      writeSync(1, `${id}\n`)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await store.close()
}
