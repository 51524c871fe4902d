// A profile by the name that somebody typed.
import { type Profile, PROFILES } from '../wire/wire.ts'
import { UsageError } from './usage.ts'

export function profileNamed(name: string): Profile {
  const profile = PROFILES[name]
  if (profile !== undefined) return profile
  throw new UsageError(`there is no profile “${name}”; there are: ${Object.keys(PROFILES).join(', ')}`)
}
