// The contract over all three backends. PostgreSQL takes part when SIFANG_POSTGRES_URL names a database.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { storeContract } from './contract.ts'
import { memoryStore } from './memory.ts'
import { postgresStorage } from './postgres-storage.ts'
import { sqliteStore } from './sqlite.ts'

storeContract('memory', {
  durable: false,
  fresh: async () => ({
    open: async (clock) => memoryStore({ now: () => clock.at, checked: true }),
    forget: async () => {},
  }),
})

storeContract('sqlite', {
  durable: true,
  fresh: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sifang-store-'))
    return {
      open: async (clock) => sqliteStore({ path: join(folder, 'store.db'), now: () => clock.at }),
      forget: async () => rmSync(folder, { recursive: true }),
    }
  },
})

const url = process.env['SIFANG_POSTGRES_URL']
if (url === undefined) {
  const reason = 'postgres: skipped, because SIFANG_POSTGRES_URL names no database'
  console.warn(reason)
  describe.skip(reason, () => {})
} else {
  storeContract('postgres', { durable: true, fresh: () => postgresStorage(url) })
}
