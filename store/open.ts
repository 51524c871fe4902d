// A store by its address, as a command line or a configuration names it. The databases' drivers are loaded
// only when an address asks for them: a simulation needs neither.
import { memoryStore } from './memory.ts'
import type { Instant, Store } from './store.ts'

const EXPECTED = 'memory: or sqlite:/path/file.db or postgres://user@host/database?schema=name'

/** `flushed: false` is for a SQLite file that is thrown away after its use and that nobody else opens. */
export async function openStore(
  address: string,
  now: () => Instant,
  { flushed = true }: { readonly flushed?: boolean } = {},
): Promise<Store> {
  if (address === 'memory:') return memoryStore({ now })
  if (/^sqlite:./.test(address)) {
    const { sqliteStore } = await import('./sqlite.ts')
    return sqliteStore({ path: address.slice('sqlite:'.length), now, flushed })
  }
  if (/^postgres(?:ql)?:\/\//.test(address)) {
    const { url, schema } = postgresAddress(address)
    const { postgresStore } = await import('./postgres.ts')
    return postgresStore({ url, schema, now })
  }
  throw new Error(`a store's address is ${EXPECTED}, not ${withoutPassword(address)}`)
}

/** The schema is ours, the rest of the query is the driver's. It has no default: two parties must not share one. */
function postgresAddress(address: string): { readonly url: string; readonly schema: string } {
  const url = URL.parse(address)
  const schema = url?.searchParams.get('schema')
  if (url === null || schema === null || schema === undefined || schema === '') {
    throw new Error(`a store's address is ${EXPECTED}; ${withoutPassword(address)} names no schema`)
  }
  url.searchParams.delete('schema')
  return { url: url.href, schema }
}

const withoutPassword = (address: string): string => address.replace(/\/\/[^/]*@/, '//…@')
