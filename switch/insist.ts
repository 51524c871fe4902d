// What must reach its end is tried again, for as long as nobody has answered for good.
import type { Job } from '../store/store.ts'
import type { SwitchWorld } from './world.ts'

export const finish = (world: SwitchWorld, job: Job): Promise<void> =>
  world.store.change([], () => ({ finish: [job], result: undefined }))

/** The same job later; from the profile's number of tries on, it is also a case for a person, and goes on. */
export async function again(world: SwitchWorld, job: Job, because: string): Promise<void> {
  const { id, attempt } = job.body as { id: string; attempt: number }
  const { insistGapsMs, insistAttemptsCase } = world.profile.values
  const gap = insistGapsMs[Math.min(attempt, insistGapsMs.length - 1)] ?? 1000
  const append =
    attempt + 1 === insistAttemptsCase
      ? [{ item: id, kind: 'case', body: { because: `${job.kind} is not answered: ${because}` } }]
      : []
  const next = {
    id: job.id,
    kind: job.kind,
    dueAt: world.clock.wall() + gap,
    body: { id, attempt: attempt + 1 },
  }
  await world.store.change([], () => ({ finish: [job], enqueue: [next], append, result: undefined }))
}
