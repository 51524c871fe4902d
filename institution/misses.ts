// Guessing costs: bad codes of an acquirer are counted, and above so many in a while none of its codes is looked at. The
// count is a row that only bad codes lock, so that nobody's payment waits for it (COD-008).
import { kind, type Key, type Put, type Rows } from '../store/store.ts'
import type { Profile } from '../wire/wire.ts'

type Misses = { readonly count: number }
const misses = kind<Misses>('misses')

const idOf = ({ values }: Profile, acquirer: string, at: number): string =>
  `${acquirer}.${Math.floor(at / values.codeMissesWindowMs)}`

export const missKey = (profile: Profile, acquirer: string, at: number): Key =>
  misses.key(idOf(profile, acquirer, at))

/** Whether the acquirer has guessed too often, by rows that were read. */
export function guessedOut(profile: Profile, rows: Rows, acquirer: string, at: number): boolean {
  return (misses.in(rows, idOf(profile, acquirer, at))?.count ?? 0) >= profile.values.codeMissesMax
}

export function missed(profile: Profile, rows: Rows, acquirer: string, at: number): Put {
  const id = idOf(profile, acquirer, at)
  const expiresAt = at + 2 * profile.values.codeMissesWindowMs
  return misses.put(id, { count: (misses.in(rows, id)?.count ?? 0) + 1 }, { expiresAt })
}
