// The moving of time: stage and subject go together, from one instant at which something happens to the next.
import type { Cast } from './cast.ts'

/** Moves the stage. In a whole network messages travel meanwhile, so the subject's clock goes ahead to every instant at
 *  which something will. */
export async function moveTime(cast: Cast, to: number): Promise<void> {
  const { clock, subject } = cast.stage
  const follows = subject.features.has('clock')
  let own = follows && clock.now() < to ? await tick(cast, clock.now()) : undefined
  for (;;) {
    const due = earliest(follows ? await cast.network?.nextDue() : undefined, own)
    if (due === undefined || due > to) break
    const next = Math.min(to, Math.max(due, clock.now() + 1))
    // What the subject says at that instant must not seem to come from the future.
    const near = next - AHEAD_MOST_MS
    if (near > clock.now()) await cast.stage.scheduled(() => cast.stage.advance(near))
    own = await tick(cast, next)
    await cast.stage.scheduled(() => cast.stage.advance(next))
    if (next === to) break
  }
  await cast.stage.scheduled(() => cast.stage.advance(to))
  if (follows) await tick(cast, to)
}

/** Sets the subject's clock and hears when it has something to do next. What it asks of others meanwhile may wait for
 *  the stage's clock; in process nobody else would move that. */
async function tick({ stage }: Cast, now: number): Promise<number | undefined> {
  const { subject } = stage
  const { body } = await stage.answered(subject.api('POST', '/control/clock', { now }))
  const due = (body as { nextDue?: unknown } | undefined)?.nextDue
  // Something overdue that it does not get done must not make time stand still.
  return typeof due === 'number' ? Math.max(due, now + OVERDUE_STEP_MS) : undefined
}

const OVERDUE_STEP_MS = 250
const AHEAD_MOST_MS = 60_000

const earliest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b)
