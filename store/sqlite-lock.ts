// One process at a time writes to a SQLite file. How the others wait: they look every millisecond, and block.
// SQLite itself looks ever more seldom, ten times a second in the end: beside a process that writes without pause
// one starved for seconds. And where two switch a new file to write-ahead mode at once, it does not wait at all.

const LOOK_EVERY_MS = 1
const SQLITE_BUSY = 5

/** Nobody wakes it: a wait on it is a sleep. */
const nobody = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** `work` must not wait by itself, and leave nothing behind when it throws because the file is locked. */
export function asSoonAsFree(lockWaitMs: number, work: () => void): void {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    try {
      work()
      return
    } catch (error) {
      if (!isBusy(error) || waitedMs >= lockWaitMs) throw error
    }
    Atomics.wait(nobody, 0, 0, LOOK_EVERY_MS)
  }
}

export const isBusy = (error: unknown): boolean => codeOf(error) === SQLITE_BUSY

/** The upper bits of SQLite's code only refine it. */
export const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff
