// Cases: what differs between the own book and the switch's file waits in suspense (挂账) until a rule or two people have ended
// it, once (核销). A case is named by its break, so that the same break found again is the same case: its verdict stays, and
// suspense is posted once (REC-009).
import type { BreakKind } from '../clearing/clearing.ts'
import { creditLine, debitLine, type Line } from '../ledger/ledger.ts'
import { type EntryDraft, kind, type Put } from '../store/store.ts'
import { postingEntry } from './book.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type CaseAction = 'write-off' | 'repay' | 'accept'
export type ClearingCase = {
  readonly id: string
  readonly kind: BreakKind | 'NET_DIFF' | 'CASH_DIFF'
  /** The clearing day whose file or notice showed it. */
  readonly day: string
  readonly transaction: string
  /** The item of the own book; empty where there is none. */
  readonly item: string
  readonly ours?: bigint
  readonly theirs?: bigint
  readonly currency: string
  /** What waits in suspense, and for whom CLR was put right: Dr SUS:S / Cr CLR, or Dr CLR / Cr SUS:L. */
  readonly suspense?: { readonly account: 'SUS:L' | 'SUS:S'; readonly amount: bigint }
  /** WAITING: the next file may still have it. PROPOSED: one person has decided, another has to agree. */
  readonly state: 'WAITING' | 'OPEN' | 'PROPOSED' | 'DONE'
  readonly openedAt: number
  readonly proposal?: { readonly maker: string; readonly reason: string; readonly action: CaseAction }
  /** How it ended, and who ended it: a rule, or the second of two people. */
  readonly outcome?: { readonly what: string; readonly by: string; readonly at: number }
}

const CASES = 'clearing-cases'
const plainCases = kind<ClearingCase>('clearing-case')
export const cases = {
  ...plainCases,
  put: (id: string, one: ClearingCase): Put =>
    plainCases.put(id, one, {
      indexed: { [CASES]: `${one.state === 'DONE' ? 'done' : 'open'}.${one.day}.${id}` },
    }),
}

export const caseId = (kind: ClearingCase['kind'], day: string, transaction: string): string =>
  `${kind}.${day}.${transaction}`

const PAGE = 500
export async function casesIn(
  { store }: Pick<InstitutionWorld, 'store'>,
  which: 'open' | 'done',
  day = '',
): Promise<readonly ClearingCase[]> {
  const found: ClearingCase[] = []
  for (let from = `${which}.${day}`; ; ) {
    const page = await store.scan(CASES, from, day === '' ? `${which}/` : `${which}.${day}/`, PAGE)
    for (const { value } of page) found.push(value as ClearingCase)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return found
    from = `${last.at}!`
  }
}

/** Suspense as it is posted when a case opens, and the other way when it ends without a loss or a gain. */
export function suspenseLines(
  { account, amount }: NonNullable<ClearingCase['suspense']>,
  back = false,
): readonly Line[] {
  const [debit, credit] = account === 'SUS:S' ? [account, 'CLR'] : ['CLR', account]
  return back
    ? [debitLine(credit, amount), creditLine(debit, amount)]
    : [debitLine(debit, amount), creditLine(credit, amount)]
}

export function casePosting(
  one: ClearingCase,
  step: string,
  day: string,
  lines: readonly Line[],
): EntryDraft {
  return {
    item: one.item === '' ? one.id : one.item,
    kind: 'posting',
    body: {
      entry: postingEntry(`case:${one.id}:${step}`, one.currency, lines),
      clearingDay: day,
      what: 'case',
    },
  }
}

const told = (one: ClearingCase): EntryDraft => ({
  item: one.item === '' ? one.id : one.item,
  kind: 'case',
  body: { because: `${one.kind} of ${one.day}`, case: one.id, state: one.state },
})

/** Opens a case once; what is already known under its name stays as it was handled. */
export async function openCase(world: InstitutionWorld, one: ClearingCase): Promise<void> {
  await world.store.change<void>([cases.key(one.id)], (rows) => {
    const before = cases.in(rows, one.id)
    // One that had waited is opened now, with its suspense; any other has its verdict.
    if (before !== undefined && !(before.state === 'WAITING' && one.state === 'OPEN'))
      return { result: undefined }
    const lines = one.suspense === undefined || one.state === 'WAITING' ? [] : suspenseLines(one.suspense)
    return {
      put: [cases.put(one.id, one)],
      append: [...(lines.length === 0 ? [] : [casePosting(one, 'suspense', one.day, lines)]), told(one)],
      result: undefined,
    }
  })
}

/** Ends a case that a later file explained: suspense goes back to where it came from. */
export async function closeCase(world: InstitutionWorld, id: string, what: string): Promise<void> {
  await world.store.change<void>([cases.key(id)], (rows) => {
    const one = cases.in(rows, id)
    if (one === undefined || one.state === 'DONE') return { result: undefined }
    const lines =
      one.suspense === undefined || one.state === 'WAITING' ? [] : suspenseLines(one.suspense, true)
    const done = ended(one, what, 'rule', world.clock.wall())
    return {
      put: [cases.put(id, done)],
      append: [...(lines.length === 0 ? [] : [casePosting(one, 'undone', one.day, lines)]), told(done)],
      result: undefined,
    }
  })
}

export const ended = (one: ClearingCase, what: string, by: string, at: number): ClearingCase => ({
  ...one,
  state: 'DONE',
  outcome: { what, by, at },
})

const refused = (because: string) => ({ kind: 'refused', because }) as const
const HANDLED = 'already handled: this case has ended'

/** The first of two people. */
export function propose(
  world: InstitutionWorld,
  id: string,
  proposal: NonNullable<ClearingCase['proposal']>,
): Promise<Outcome<ClearingCase>> {
  return world.store.change<Outcome<ClearingCase>>([cases.key(id)], (rows) => {
    const one = cases.in(rows, id)
    if (one === undefined) return { result: refused('there is no such case') }
    if (one.state === 'DONE') return { result: refused(HANDLED) }
    if (one.state === 'WAITING') return { result: refused('the next file may still explain it: wait for it') }
    if (one.state === 'PROPOSED')
      return { result: refused(`${one.proposal?.maker ?? ''} has proposed already`) }
    if (proposal.action !== 'accept' && one.suspense === undefined)
      return { result: refused('nothing of it waits in suspense: accept it') }
    if (proposal.action === 'accept' && one.suspense !== undefined)
      return { result: refused('money waits in suspense: write it off, or repay it') }
    if (proposal.action === 'repay' && one.kind !== 'MISSING_SW')
      return { result: refused('only what the switch does not have is repaid to its user') }
    const next: ClearingCase = { ...one, state: 'PROPOSED', proposal }
    return { put: [cases.put(id, next)], append: [told(next)], result: { kind: 'done', value: next } }
  })
}

/** The second: somebody else, and once. `repaid` does what the book needs for a repayment. */
export async function approve(
  world: InstitutionWorld,
  id: string,
  checker: string,
  repay: (world: InstitutionWorld, one: ClearingCase, by: string) => Promise<Outcome<ClearingCase>>,
): Promise<Outcome<ClearingCase>> {
  const before = cases.in(await world.store.read([cases.key(id)]), id)
  if (
    before?.state === 'PROPOSED' &&
    before.proposal?.action === 'repay' &&
    before.proposal.maker !== checker
  )
    return repay(world, before, checker)
  return world.store.change<Outcome<ClearingCase>>([cases.key(id)], (rows) => {
    const one = cases.in(rows, id)
    if (one === undefined) return { result: refused('there is no such case') }
    if (one.state === 'DONE') return { result: refused(HANDLED) }
    if (one.state !== 'PROPOSED' || one.proposal === undefined)
      return { result: refused('nobody has proposed anything yet') }
    if (one.proposal.maker === checker)
      return { result: refused('two persons are needed: another one approves') }
    const done = ended(one, one.proposal.action, checker, world.clock.wall())
    const lines = one.suspense === undefined ? [] : writtenOff(one.suspense)
    return {
      put: [cases.put(id, done)],
      append: [...(lines.length === 0 ? [] : [casePosting(one, 'write-off', one.day, lines)]), told(done)],
      result: { kind: 'done', value: done },
    }
  })
}

/** Short: own funds bear it. Long: they get it. */
const writtenOff = ({ account, amount }: NonNullable<ClearingCase['suspense']>): readonly Line[] =>
  account === 'SUS:S'
    ? [debitLine('OWN:write-off', amount), creditLine(account, amount)]
    : [debitLine(account, amount), creditLine('OWN:write-off', amount)]
