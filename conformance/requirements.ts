// What is required: the catalogue's rows, and per revision a frozen list of those that have a page. A row without a
// page is listed as such and never counted as passed.
import catalogue from './catalogue.json' with { type: 'json' }
import r1 from './revisions/r1.json' with { type: 'json' }
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
export const REVISIONS: Readonly<Record<string, Revision>> = { r1 }
export const REVISION = r1.id

export const rowOf = (id: string): Row | undefined => CATALOGUE.find((row) => row.id === id)
