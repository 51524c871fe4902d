// Planted defects, as data: a place in the source and what stands there instead. The harness is trusted only as far
// as it kills them. `find` must occur exactly once in its file; a test checks that, so that they cannot rot.
import type { Text } from '../wire/wire.ts'
import type { Role } from '../scenarios/scenarios.ts'
import mutants from './mutants.json' with { type: 'json' }
import accounts from './mutants-accounts.json' with { type: 'json' }
import acquirers from './mutants-acquirer.json' with { type: 'json' }
import more from './mutants-more.json' with { type: 'json' }
import security from './mutants-security.json' with { type: 'json' }

export type Mutant = {
  readonly id: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** The other places of a defect that shows in more than one. */
  readonly also?: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
  /** Where the defect shows in no other profile than this one. */
  readonly profile?: string
  /** Rows of which at least one must fail. */
  readonly caughtBy: readonly string[]
  readonly defect: Text
}

export const MUTANTS: readonly Mutant[] = [...mutants, ...accounts, ...acquirers, ...more, ...security]

/** Whose defect it is: who plays that part is judged. */
export const victimOf = ({ id }: Pick<Mutant, 'id'>): Role =>
  id.startsWith('A-') ? 'acquirer' : 'account-institution'
