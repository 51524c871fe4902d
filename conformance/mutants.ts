// Planted defects, as data: a place in the source and what stands there instead. The harness is trusted only as far
// as it kills them. `find` must occur exactly once in its file; a test checks that, so that they cannot rot.
import type { Text } from '../wire/wire.ts'
import mutants from './mutants.json' with { type: 'json' }

export type Mutant = {
  readonly id: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Rows of which at least one must fail. */
  readonly caughtBy: readonly string[]
  readonly defect: Text
}

export const MUTANTS: readonly Mutant[] = mutants

/** The source with the defect in it; throws when the place is not there exactly once. */
export function mutated(mutant: Pick<Mutant, 'id' | 'file' | 'find' | 'replace'>, source: string): string {
  const at = source.indexOf(mutant.find)
  if (at < 0) throw new Error(`mutant ${mutant.id}: ${mutant.file} no longer holds the text it replaces`)
  if (source.indexOf(mutant.find, at + 1) >= 0)
    throw new Error(`mutant ${mutant.id}: ${mutant.file} holds the text it replaces more than once`)
  return source.slice(0, at) + mutant.replace + source.slice(at + mutant.find.length)
}
