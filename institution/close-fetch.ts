// When the file of a day is fetched, and again when it was not ready, or was no good: until then the day stays open (STL-015).
import { clearingDayOf, nextDay, startOfClearingDay } from '../clearing/clearing.ts'
import { type Job, type JobDraft, kind } from '../store/store.ts'
import { fetchDayFile, readBeijingTime } from '../wire/wire.ts'
import { closeDay, loadFile, troubled } from './close.ts'
import type { InstitutionWorld } from './world.ts'

const starts = kind<{ readonly day: string }>('close-start')
const START_KEY = 'first'

/** The hour at which files can be fetched, and some minutes for the switch to write them. */
function fetchAt({ profile: { values } }: InstitutionWorld, day: string): number {
  const hour = (readBeijingTime(`${nextDay(day)}000000`) ?? 0) + values.fileAfterMs
  return (
    Math.max(hour, startOfClearingDay(nextDay(day), values.cutOff) + values.cutWindowMs) + values.closeGapMs
  )
}

const job = (world: InstitutionWorld, day: string, dueAt = fetchAt(world, day)): JobDraft => ({
  id: `close:${day}`,
  kind: 'close',
  dueAt,
  body: { day },
})

/** Makes the own days close by themselves from today's on; told again it changes nothing. */
export async function startClosing(world: InstitutionWorld): Promise<void> {
  const day = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
  await world.store.change([starts.key(START_KEY)], (rows) => {
    if (starts.in(rows, START_KEY) !== undefined) return { result: undefined }
    return { put: [starts.put(START_KEY, { day })], enqueue: [job(world, day)], result: undefined }
  })
}

export async function closeJob(world: InstitutionWorld, held: Job): Promise<void> {
  const { day, again = false } = held.body as { day: string; again?: boolean }
  const done = await fetchAndLoad(world, day)
  const { fileRetryMs } = world.profile.values
  await world.store.change([], () => ({
    finish: [held],
    enqueue: [
      ...(done ? [] : [{ ...job(world, day, world.clock.wall() + fileRetryMs), body: { day, again: true } }]),
      // The next day comes at its own hour, whatever becomes of this one.
      ...(again ? [] : [job(world, nextDay(day))]),
    ],
    result: undefined,
  }))
}

/** True when the day has a file that was taken. */
export async function fetchAndLoad(world: InstitutionWorld, day: string): Promise<boolean> {
  const fetched = await fetchDayFile(world, world.switchId, day)
  if (fetched.kind === 'file') return (await loadFile(world, day, fetched.bytes)).kind !== 'refused'
  if ((await closeDay(world, day)) !== undefined) return true
  const because =
    fetched.kind === 'unknown'
      ? fetched.because
      : fetched.kind === 'none'
        ? 'the switch has no file of this day'
        : 'the file is not ready'
  await troubled(world, day, because)
  return false
}
