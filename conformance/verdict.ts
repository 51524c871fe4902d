// From pages to rows, from rows to one word and one exit code. The worst page of a row is the row's verdict, and a
// row that was required and not shown keeps the whole run from passing.
import {
  type Cause,
  type LoadedPage,
  type Played,
  type Role,
  roleOf,
  ROLES,
  type RoleResult,
  type RowResult,
  type RunEnd,
  type Verdict,
} from '../scenarios/scenarios.ts'
import { rowOf } from './requirements.ts'

export const EXITS = {
  pass: 0,
  nonconforming: 1,
  usage: 2,
  unreachable: 3,
  incomplete: 4,
  harness: 5,
  interrupted: 130,
} as const

/** Worst first. */
const ORDER: readonly Verdict[] = [
  'fail',
  'gap closed',
  'not shown',
  'known gap',
  'warn',
  'pass',
  'not applicable',
]

export type PageResult = {
  readonly loaded: LoadedPage
  readonly played: Pick<Played, 'verdict' | 'cause' | 'because'>
}

const OURS = {
  zh: '此行考收单机构，而这里的收单机构是我方替身',
  en: 'this row judges an acquirer, and here the acquirer is ours',
}

/** One result per row that was chosen, in catalogue order of the pages. A chosen row without a page is not shown. */
export function rowResults(chosen: readonly string[], results: readonly PageResult[]): readonly RowResult[] {
  return chosen.map((id) => {
    const own = results
      .filter(({ loaded }) => loaded.page.id === id)
      .sort((a, b) => ORDER.indexOf(a.played.verdict) - ORDER.indexOf(b.played.verdict))
    const [worst] = own
    const row = rowOf(id)
    const base = {
      row: id,
      group: id.slice(0, 3),
      severity: row?.severity ?? worst?.loaded.page.severity ?? 'blocker',
      role: row?.role ?? worst?.loaded.page.role ?? 'both',
    }
    if (worst === undefined)
      return { ...base, verdict: 'not shown', because: { zh: '没有场景页', en: 'no page was played for it' } }
    // Where nobody judged an acquirer, an acquirer's row was played by our own: it can show a fault of the subject, but
    // no merit.
    const judged = own.some(({ loaded }) => roleOf(loaded.page) === 'acquirer')
    if (row?.role === 'acquirer' && !judged && worst.played.verdict === 'pass')
      return { ...base, verdict: 'not applicable', because: OURS }
    return {
      ...base,
      verdict: worst.played.verdict,
      ...(worst.played.because !== undefined && { because: worst.played.because }),
    }
  })
}

/** The same by role: a row that concerns both must pass in each that was judged. */
export function roleResults(results: readonly PageResult[]): readonly RoleResult[] {
  return ROLES.flatMap((role: Role) => {
    const own = results.filter(({ loaded }) => roleOf(loaded.page) === role)
    if (own.length === 0) return []
    const rows = rowResults([...new Set(own.map(({ loaded }) => loaded.page.id))], own)
    return [{ role, counts: countsOf(rows), pages: own.length }]
  })
}

export function countsOf(rows: readonly RowResult[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = {
    pass: 0,
    fail: 0,
    warn: 0,
    'not applicable': 0,
    'not shown': 0,
    'known gap': 0,
    'gap closed': 0,
  }
  for (const { verdict } of rows) counts[verdict] += 1
  return counts
}

/** Harness defects first, then the subject's failures, then what could not be shown; nothing run is incomplete. */
export function conclude(
  rows: readonly RowResult[],
  causes: ReadonlySet<Cause>,
  interrupted: boolean,
): Pick<RunEnd, 'verdict' | 'exit'> {
  if (interrupted) return { verdict: 'interrupted', exit: EXITS.interrupted }
  if (causes.has('harness')) return { verdict: 'harness defect', exit: EXITS.harness }
  const counts = countsOf(rows)
  if (counts.fail > 0 || counts['gap closed'] > 0) return { verdict: 'fail', exit: EXITS.nonconforming }
  if (causes.has('environment')) return { verdict: 'unreachable', exit: EXITS.unreachable }
  if (counts['not shown'] > 0 || counts.pass === 0) return { verdict: 'incomplete', exit: EXITS.incomplete }
  return { verdict: 'pass', exit: EXITS.pass }
}
