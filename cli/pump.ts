// Keeps a party's jobs going while it runs: does what is due, then waits for the next due time or a short while,
// whichever comes first, since a message may have left a new job behind.
import type { Clock, Endpoint } from '../wire/wire.ts'

const LOOK_AGAIN_MS = 100
const AFTER_TROUBLE_MS = 1_000

export async function pump(
  endpoint: Endpoint,
  clock: Clock,
  stop: AbortSignal,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!stop.aborted) {
    let wait = LOOK_AGAIN_MS
    try {
      const done = await endpoint.work()
      if (done > 0) continue
      const due = await endpoint.nextDue()
      if (due !== undefined) wait = Math.min(Math.max(due - clock.wall(), 1), LOOK_AGAIN_MS)
    } catch (error) {
      failed(error)
      wait = AFTER_TROUBLE_MS
    }
    await clock.until(clock.wall() + wait, stop)
  }
}
