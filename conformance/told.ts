// The catalogue in words, for `sifang explain`: what every row, invariant and mutant says, page or no page. Read only
// when somebody asks; nothing is judged by it.
import type { Text } from '../wire/wire.ts'

export type ToldRow = Text & { readonly catches: Text; readonly source: string }
export type ToldInvariant = {
  readonly name: Text
  readonly predicate: string
  /** What it is checked over, and what that takes: B black box, L ledger export, K bank. */
  readonly over: Text
  readonly needs: string
}
export type ToldMutant = {
  readonly area: string
  readonly defect: Text
  readonly caughtBy: readonly string[]
}

export type Told = {
  readonly rows: Readonly<Record<string, ToldRow>>
  readonly invariants: Readonly<Record<string, ToldInvariant>>
  readonly mutants: Readonly<Record<string, ToldMutant>>
}

export async function told(): Promise<Told> {
  const read = await import('./told.json', { with: { type: 'json' } })
  return read.default
}
