// Breaks between the acquirer's book and the switch's file: named, so that a rerun finds the same one; suspense posted once; ended
// by a rule, by a later file, or by two people.
import { creditLine, debitLine, type Line } from '../ledger/ledger.ts'
import type { EntryDraft } from '../store/store.ts'
import { type AcquirerBreak, breaks } from './acquirer-close-records.ts'
import { type AcquirerWorld, TillRefusal } from './acquirer-records.ts'

/** CLR is what the network owes us: what it pays and we know nothing of waits long, what we expected in vain waits short. */
const suspenseLines = (
  { account, amount }: NonNullable<AcquirerBreak['suspense']>,
  back = false,
): readonly Line[] => {
  const [debit, credit] = account === 'SUS:L' ? ['CLR', account] : [account, 'CLR']
  return back
    ? [debitLine(credit, amount), creditLine(debit, amount)]
    : [debitLine(debit, amount), creditLine(credit, amount)]
}

const posting = (one: AcquirerBreak, step: string, lines: readonly Line[]): EntryDraft => ({
  item: one.id,
  kind: 'posting',
  body: { entry: { id: `case:${one.id}:${step}`, currency: '156', lines }, what: 'case', id: one.id },
})
const told = ({ id, kind, day, state }: AcquirerBreak): EntryDraft => ({
  item: id,
  kind: 'case',
  body: { because: `${kind} of ${day}: ${state}` },
})

export async function openBreak(world: AcquirerWorld, one: AcquirerBreak): Promise<void> {
  await world.store.change<void>([breaks.key(one.id)], (rows) => {
    const before = breaks.in(rows, one.id)
    if (before !== undefined && !(before.state === 'WAITING' && one.state === 'OPEN'))
      return { result: undefined }
    const posts = one.suspense !== undefined && one.state === 'OPEN'
    return {
      put: [breaks.put(one.id, one)],
      append: [...(posts ? [posting(one, 'suspense', suspenseLines(one.suspense))] : []), told(one)],
      result: undefined,
    }
  })
}

export async function closeBreak(world: AcquirerWorld, id: string, what: string): Promise<void> {
  await world.store.change<void>([breaks.key(id)], (rows) => {
    const one = breaks.in(rows, id)
    if (one === undefined || one.state === 'DONE') return { result: undefined }
    const posts = one.suspense !== undefined && one.state !== 'WAITING'
    const done: AcquirerBreak = { ...one, state: 'DONE', outcome: { what, by: 'rule' } }
    return {
      put: [breaks.put(id, done)],
      append: [...(posts ? [posting(one, 'undone', suspenseLines(one.suspense, true))] : []), told(done)],
      result: undefined,
    }
  })
}

const HANDLED = 'already handled: this case has ended'

export function proposeBreak(
  world: AcquirerWorld,
  id: string,
  proposal: NonNullable<AcquirerBreak['proposal']>,
): Promise<AcquirerBreak> {
  return world.store.change([breaks.key(id)], (rows) => {
    const one = breaks.in(rows, id)
    if (one === undefined) throw new TillRefusal('there is no such case')
    if (one.state === 'DONE') throw new TillRefusal(HANDLED)
    if (one.state === 'WAITING') throw new TillRefusal('the next file may still explain it: wait for it')
    if (one.state === 'PROPOSED') throw new TillRefusal(`${one.proposal?.maker ?? ''} has proposed already`)
    if ((proposal.action === 'write-off') !== (one.suspense !== undefined))
      throw new TillRefusal('what waits in suspense is written off, anything else accepted')
    const next: AcquirerBreak = { ...one, state: 'PROPOSED', proposal }
    return { put: [breaks.put(id, next)], append: [told(next)], result: next }
  })
}

export function approveBreak(world: AcquirerWorld, id: string, checker: string): Promise<AcquirerBreak> {
  return world.store.change([breaks.key(id)], (rows) => {
    const one = breaks.in(rows, id)
    if (one === undefined) throw new TillRefusal('there is no such case')
    if (one.state === 'DONE') throw new TillRefusal(HANDLED)
    if (one.state !== 'PROPOSED' || one.proposal === undefined)
      throw new TillRefusal('nobody has proposed anything yet')
    if (one.proposal.maker === checker) throw new TillRefusal('two persons are needed: another one approves')
    const done: AcquirerBreak = { ...one, state: 'DONE', outcome: { what: one.proposal.action, by: checker } }
    return {
      put: [breaks.put(id, done)],
      append: [
        ...(one.suspense === undefined ? [] : [posting(one, 'write-off', writtenOff(one.suspense))]),
        told(done),
      ],
      result: done,
    }
  })
}

const writtenOff = ({ account, amount }: NonNullable<AcquirerBreak['suspense']>): readonly Line[] =>
  account === 'SUS:S'
    ? [debitLine('OWN', amount), creditLine(account, amount)]
    : [debitLine(account, amount), creditLine('OWN', amount)]
