// The clock on the wall, for parties that run until they are stopped.
import type { Clock } from '../wire/wire.ts'

export const realClock: Clock = {
  wall: () => Date.now(),
  mono: () => process.hrtime.bigint(),
  until: (at, stop) =>
    new Promise((resolve) => {
      if (stop?.aborted === true) return resolve()
      const timer = setTimeout(done, Math.max(0, at - Date.now()))
      function done(): void {
        clearTimeout(timer)
        stop?.removeEventListener('abort', done)
        resolve()
      }
      stop?.addEventListener('abort', done)
    }),
}
