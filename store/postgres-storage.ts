// A schema of its own for each test that needs PostgreSQL, dropped when the test is over.
import pg from 'pg'
import type { Storage } from './contract.ts'
import { postgresStore } from './postgres.ts'

let schemas = 0

export async function postgresStorage(url: string): Promise<Storage & { readonly schema: string }> {
  const schema = `sifang_test_${process.pid}_${++schemas}`
  await withDatabase(url, (client) => client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`))
  return {
    schema,
    open: (clock) => postgresStore({ url, schema, now: () => clock.at }),
    forget: async () => {
      await withDatabase(url, (client) => client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`))
    },
  }
}

export async function withDatabase<T>(url: string, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}
