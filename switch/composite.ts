// Composite payments: the switch tries a branch at every institution, writes one decision down, and carries it out at each
// until each has said so. A branch that hears nothing asks; it is told what was decided and never a guess (TCC).
import { type Job, kind } from '../store/store.ts'
import {
  answer,
  answerFields,
  call,
  contentDigest,
  type Fields,
  type PartyId,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { nonces } from './records.ts'
import type { SwitchWorld } from './world.ts'

export type CompositeBranch = Fields<'branch.try'> & { readonly institution: PartyId }
type Kept = CompositeBranch & { readonly tried: boolean; readonly over: boolean }
export type Composite = {
  readonly composite: string
  readonly state: 'TRYING' | 'CONFIRMED' | 'CANCELLED'
  readonly branches: readonly Kept[]
}
const composites = kind<Composite>('composite')

/** Begins a composite payment; what becomes of it is done by its job, also after a restart. The same composite asked for
 *  again is the one there is; another under its id is refused. */
export async function beginComposite(
  world: SwitchWorld,
  composite: string,
  branches: readonly CompositeBranch[],
): Promise<'begun' | 'known' | 'another'> {
  return world.store.change<'begun' | 'known' | 'another'>([composites.key(composite)], (rows) => {
    const known = composites.in(rows, composite)
    if (known !== undefined) return { result: same(known.branches, branches) ? 'known' : 'another' }
    const kept = branches.map((branch) => ({ ...branch, tried: false, over: false }))
    return {
      put: [composites.put(composite, { composite, state: 'TRYING', branches: kept })],
      append: [{ item: composite, kind: 'composite', body: { state: 'TRYING' } }],
      enqueue: [composeJob(composite, world.clock.wall(), 0)],
      result: 'begun',
    }
  })
}

/** The day is the switch's own, and another one when it is asked for again tomorrow. */
const told = ({ institution, ...fields }: CompositeBranch): string =>
  `${institution} ${contentDigest('branch.try', { ...fields, clearingDay: '' })}`
const same = (kept: readonly CompositeBranch[], asked: readonly CompositeBranch[]): boolean =>
  kept.map(told).join() === asked.map(told).join()

export async function compositeState(
  { store }: SwitchWorld,
  composite: string,
): Promise<Composite | undefined> {
  return composites.in(await store.read([composites.key(composite)]), composite)
}

const composeJob = (composite: string, dueAt: number, tries: number) => ({
  id: `composite:${composite}`,
  kind: 'composite',
  dueAt,
  body: { composite, tries },
})

export async function carryComposite(world: SwitchWorld, job: Job): Promise<void> {
  const { composite, tries } = job.body as { composite: string; tries: number }
  const known = await compositeState(world, composite)
  if (known === undefined) throw new Error(`there is no composite ${composite}`)
  const heard = await Promise.all(known.branches.map((branch) => stepOf(world, known, branch)))
  await world.store.change<void>([composites.key(composite)], (rows) => {
    const now = composites.in(rows, composite)
    if (now === undefined || now.state !== known.state) return { finish: [job], result: undefined }
    const { next, because } = after(world, now, heard, tries)
    const over = next.state !== 'TRYING' && next.branches.every((branch) => branch.over)
    const decided = next.state !== now.state
    const gaps = world.profile.values.insistGapsMs
    const gap = decided ? 0 : (gaps[Math.min(tries, gaps.length - 1)] ?? 1_000)
    const alarm = !decided && !over && tries + 1 === world.profile.values.insistAttemptsCase
    return {
      put: [composites.put(composite, next)],
      append: [
        { item: composite, kind: 'composite', body: { state: next.state, tries, because } },
        ...(alarm
          ? [{ item: composite, kind: 'case', body: { because: `branches do not answer: ${because}` } }]
          : []),
      ],
      finish: [job],
      enqueue: over ? [] : [composeJob(composite, world.clock.wall() + gap, decided ? 0 : tries + 1)],
      result: undefined,
    }
  })
}

type Step = 'done' | 'refused' | 'unknown'

async function stepOf(world: SwitchWorld, { state }: Composite, kept: Kept): Promise<Step> {
  const { institution, tried, over, ...fields } = kept
  if (state === 'TRYING' ? tried : over) return 'done'
  const wait = world.profile.values.askWaitMs
  const { composite, branch } = fields
  const reply =
    state === 'TRYING'
      ? await call<'branch.try'>(world, 'branch.try', institution, fields, wait)
      : state === 'CONFIRMED'
        ? await call<'branch.confirm'>(world, 'branch.confirm', institution, { composite, branch }, wait)
        : await call<'branch.cancel'>(world, 'branch.cancel', institution, { composite, branch }, wait)
  if (reply.kind !== 'answered') return 'unknown'
  if (reply.class === 'OK') return 'done'
  return reply.class.startsWith('DECL-') ? 'refused' : 'unknown'
}

/** All tried: confirm. One refused, or silent for as many tries as the ladder has steps: cancel, everywhere, tried or
 *  not, since a Try without an answer may yet arrive. */
function after(
  world: SwitchWorld,
  now: Composite,
  heard: readonly Step[],
  tries: number,
): { readonly next: Composite; readonly because: string } {
  const because = heard.join(',')
  if (now.state !== 'TRYING') {
    const branches = now.branches.map((branch, at) => ({
      ...branch,
      over: branch.over || heard[at] === 'done',
    }))
    return { next: { ...now, branches }, because }
  }
  const branches = now.branches.map((branch, at) => ({
    ...branch,
    tried: branch.tried || heard[at] === 'done',
  }))
  const late = tries + 1 >= world.profile.values.queryLadderMs.length
  const lost = heard.includes('refused') || (late && heard.includes('unknown'))
  const state = branches.every((branch) => branch.tried) ? 'CONFIRMED' : lost ? 'CANCELLED' : 'TRYING'
  return { next: { ...now, branches, state }, because }
}

export async function compositeQuery(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'composite.query', async (opened) => {
    const { composite, branch } = opened.message.fields
    const keys = [nonces.key(nonceId(opened)), composites.key(composite)]
    return world.store.change<Fields<'composite.query.reply'>>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const put = [nonceClaim(opened, world.profile, world.clock.wall())]
      const known = composites.in(rows, composite)
      const own = known?.branches.some((one) => one.branch === branch && one.institution === opened.from)
      if (known === undefined || own !== true) return { put, result: answerFields('NOT_FOUND') }
      return {
        put,
        result: { ...answerFields('OK'), state: known.state === 'TRYING' ? 'UNKNOWN' : known.state },
      }
    })
  })
}
