// A profile by the name that somebody typed: a built-in one, or a file of one's own.
import { readFile } from 'node:fs/promises'
import { type Profile, PROFILES } from '../wire/wire.ts'
import { UsageError } from './usage.ts'

export async function profileNamed(name: string): Promise<Profile> {
  const profile = PROFILES[name]
  if (profile !== undefined) return profile
  if (/\.ya?ml$/.test(name)) return profileFile(name)
  throw new UsageError(
    `there is no profile “${name}”; there are: ${Object.keys(PROFILES).join(', ')}, or a file of yours that ends in .yaml (docs/profiles has each of these as one)`,
  )
}

async function profileFile(path: string): Promise<Profile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    throw new UsageError(`${path}: there is no such file; docs/profiles has one for each built-in profile`)
  }
  const { readProfile } = await import('../conformance/conformance.ts')
  const read = readProfile(text)
  if ('profile' in read) return read.profile
  throw new UsageError(
    read.faults.map(({ line, column, said }) => `${path}:${line}:${column}: ${said}`).join('\n'),
  )
}
