// What is required: the catalogue's rows, and per revision a frozen list of those that have a page. A row without a
// page is listed as such and never counted as passed.
import catalogue from './catalogue.json' with { type: 'json' }
import a2 from './revisions/a2.json' with { type: 'json' }
import r3 from './revisions/r3.json' with { type: 'json' }
import type { Role } from '../scenarios/scenarios.ts'
import type { Text } from '../wire/wire.ts'

export type Severity = 'blocker' | 'major' | 'minor'
export type Row = {
  readonly id: string
  readonly group: string
  readonly role: string
  readonly severity: Severity
}

export const GROUPS: Readonly<Record<string, Text>> = catalogue.groups

export const CATALOGUE: readonly Row[] = (catalogue.rows as [string, string, Severity][]).map(
  ([id, role, severity]) => ({ id, group: id.slice(0, 3), role, severity }),
)

export type Revision = { readonly id: string; readonly frozen: string; readonly rows: readonly string[] }
/** What is required of whom. A row that concerns both stands in both. */
export const REVISIONS: Readonly<Record<Role, Revision>> = { 'account-institution': r3, acquirer: a2 }

/** What is required where several roles are judged in one run. */
export function revisionOf(roles: readonly Role[]): Revision {
  const all = roles.map((role) => REVISIONS[role])
  return {
    id: all.map(({ id }) => id).join('+'),
    frozen:
      all
        .map(({ frozen }) => frozen)
        .sort()
        .at(-1) ?? '',
    rows: [...new Set(all.flatMap(({ rows }) => rows))].sort(),
  }
}

export const rowOf = (id: string): Row | undefined => CATALOGUE.find((row) => row.id === id)
