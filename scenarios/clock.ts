// Virtual time: nothing sleeps. A wait is a row in a list; moving the clock resolves, in order of time, the waits
// that have come due. Parties get a view of the one stage clock, skewed where a page says so.
import type { Clock } from '../wire/wire.ts'

export type StageClock = {
  now(): number
  /** A party's own clock: the stage's, off by `skewMs`. */
  view(skewMs?: number): Clock
  /** Moves to `to`, resolving waits on the way one instant after the other; `settle` runs between two instants. */
  moveTo(to: number, settle: () => Promise<void>): Promise<void>
  /** The earliest instant anybody waits for. */
  nextWait(): number | undefined
}

type Wait = { readonly at: number; readonly resolve: () => void }

export function stageClock(start: number): StageClock {
  let now = start
  const waits = new Set<Wait>()
  const nextWait = (): number | undefined => {
    let next: number | undefined
    for (const { at } of waits) if (next === undefined || at < next) next = at
    return next
  }
  const fire = (): void => {
    for (const wait of waits) {
      if (wait.at > now) continue
      waits.delete(wait)
      wait.resolve()
    }
  }
  const until = (at: number, stop: AbortSignal | undefined): Promise<void> => {
    if (at <= now || stop?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wait: Wait = { at, resolve }
      waits.add(wait)
      stop?.addEventListener('abort', () => {
        waits.delete(wait)
        resolve()
      })
    })
  }
  return {
    now: () => now,
    nextWait,
    view: (skewMs = 0) => ({
      wall: () => now + skewMs,
      mono: () => BigInt(now) * 1_000_000n,
      until: (at, stop) => until(at - skewMs, stop),
    }),
    moveTo: async (to, settle) => {
      for (let next = nextWait(); next !== undefined && next <= to; next = nextWait()) {
        now = Math.max(now, next)
        fire()
        await settle()
      }
      now = Math.max(now, to)
      await settle()
    },
  }
}
