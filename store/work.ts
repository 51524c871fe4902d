// Doing what is due: every party claims its jobs, tells each to the story of its kind, and hears of those that threw.
import { JobLost } from './errors.ts'
import type { Instant, Job, Store } from './store.ts'

/** What is done about a job, by its kind. */
export type JobStories<W> = Readonly<Record<string, (world: W, job: Job) => Promise<void>>>

type Worker = { readonly me: string; readonly store: Store; readonly clock: { wall(): Instant } }

const JOBS_AT_ONCE = 64

/** Does the jobs that are due, all at once, and says how many there were. `leaseMs` is longer than any one of them may
 *  take. `failed` hears of work that threw: a defect, or a store that does not answer; the job comes back later. */
export async function doDueJobs<W extends Worker>(
  world: W,
  stories: JobStories<W>,
  leaseMs: number,
  failed: (error: unknown) => void,
): Promise<number> {
  const jobs = await world.store.claim(world.clock.wall(), JOBS_AT_ONCE, leaseMs, world.me)
  await Promise.all(
    jobs.map(async (job) => {
      try {
        const story = stories[job.kind]
        if (story === undefined) throw new Error(`no work is known for a job of kind ${job.kind}`)
        await story(world, job)
      } catch (error) {
        // A job that was cancelled or taken over while under way has been seen to by somebody else.
        if (!(error instanceof JobLost)) failed(error)
      }
    }),
  )
  return jobs.length
}
