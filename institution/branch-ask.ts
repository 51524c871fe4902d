// Silence after a Try: the coordinator is asked, every few seconds and then ever more rarely, and nothing is let go until
// it has said (TCC-010). After many questions a person hears of it; the money stays frozen and the questions go on
// (TCC-016, TCC-018).
import type { Job } from '../store/store.ts'
import { call } from '../wire/wire.ts'
import { gapAfter } from './bank-order.ts'
import { askJob, branches, ruled, type Ruling, withBranch } from './branch.ts'
import type { InstitutionWorld } from './world.ts'

export async function askCoordinator(world: InstitutionWorld, job: Job): Promise<void> {
  const { id, tries } = job.body as { id: string; tries: number }
  const known = branches.in(await world.store.read([branches.key(id)]), id)
  if (known?.state !== 'TRIED')
    return world.store.change<void>([], () => ({ finish: [job], result: undefined }))
  const { composite, branch } = known
  const reply = await call(
    world,
    'composite.query',
    world.switchId,
    { composite, branch },
    world.profile.values.askWaitMs,
  )
  const said = reply.kind === 'answered' && reply.class === 'OK' ? reply.fields.state : undefined
  const ruling: Ruling | undefined =
    said === 'CONFIRMED' ? 'confirm' : said === 'CANCELLED' ? 'cancel' : undefined
  await withBranch<void>(world, id, [], (rows) => {
    if (branches.in(rows, id)?.state !== 'TRIED') return { finish: [job], result: undefined }
    if (ruling === undefined)
      return { ...later(world, id, tries + 1, said), finish: [job], result: undefined }
    const { put = [], append = [] } = ruled(world, rows, known, ruling)
    return { put, append, finish: [job], result: undefined }
  })
}

function later(world: InstitutionWorld, id: string, tries: number, said: string | undefined) {
  const alarm = { item: id, kind: 'case', body: { because: 'the coordinator does not say: it stays frozen' } }
  return {
    append: [
      { item: id, kind: 'branch', body: { tries, said: said ?? 'nothing' } },
      ...(tries === world.profile.values.bankTriesCase ? [alarm] : []),
    ],
    enqueue: [askJob(id, world.clock.wall() + gapAfter(world, tries), tries)],
  }
}
