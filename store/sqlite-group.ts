// One durable transaction for all the changes that arrived in one turn of the event loop: a disk flush costs
// far more than a change. Each runs in its own savepoint, so that one that throws takes back its own writes only.
import type { DatabaseSync } from 'node:sqlite'
import { OutcomeUnknown } from './errors.ts'
import { asSoonAsFree, codeOf, isBusy } from './sqlite-lock.ts'

type Group = {
  /** Resolves with what `work` returned once that is on disk. */
  run<T>(work: () => T): Promise<T>
  /** Commits what still waits and takes no more. */
  close(): void
}

type Waiting = { work(): unknown; resolve(value: unknown): void; reject(reason: unknown): void }
type Outcome =
  | { readonly done: true; readonly value: unknown }
  | { readonly done: false; readonly reason: unknown }

/** A whole group blocks the event loop: 128 changes take some 10 ms, and larger groups gain little. */
const GROUP_CHANGES_MAX = 128
const SQLITE_IOERR = 10

type Settings = {
  readonly path: string
  /** For how long a group looks for the lock that another process has. */
  readonly lockWaitMs: number
  /** Runs in front of each group, in the same transaction. */
  before(): void
}

export function groupCommits(db: DatabaseSync, settings: Settings): Group {
  const commitTogether = committer(db, settings)
  const queue: Waiting[] = []
  let scheduled = false
  let closed = false

  const flush = (): void => {
    const group = queue.splice(0, GROUP_CHANGES_MAX)
    const outcomes = commitTogether(group)
    group.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index] as Outcome
      if (outcome.done) resolve(outcome.value)
      else reject(outcome.reason)
    })
  }
  const flushLater = (): void => {
    scheduled = false
    if (queue.length > 0) flush()
    if (queue.length > 0) schedule()
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(flushLater)
  }

  return {
    run<T>(work: () => T): Promise<T> {
      if (closed) return Promise.reject(new Error('this store is closed'))
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
        schedule()
      })
    },
    close() {
      closed = true
      while (queue.length > 0) flush()
    },
  }
}

function committer(db: DatabaseSync, { path, lockWaitMs, before }: Settings) {
  const begin = beginner(db, lockWaitMs)
  const sql = {
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    savepoint: db.prepare('SAVEPOINT one_change'),
    rollbackOne: db.prepare('ROLLBACK TO one_change'),
    release: db.prepare('RELEASE one_change'),
  }
  const attempt = (work: () => unknown): Outcome => {
    sql.savepoint.run()
    try {
      const value = work()
      sql.release.run()
      return { done: true, value }
    } catch (reason) {
      // On a full disk SQLite gives up the whole transaction by itself; the commit below then fails for all.
      if (db.isTransaction) {
        sql.rollbackOne.run()
        sql.release.run()
      }
      return { done: false, reason }
    }
  }

  return (group: readonly Waiting[]): readonly Outcome[] => {
    let committing = false
    try {
      begin()
      attempt(before)
      const outcomes = group.map(({ work }) => attempt(work))
      committing = true
      sql.commit.run()
      return outcomes
    } catch (error) {
      if (db.isTransaction) sql.rollback.run()
      const reason = explain(error, path, committing)
      return group.map(() => ({ done: false, reason }))
    }
  }
}

/** Reading waits in SQLite's own way, and so does nothing else: it meets a lock only while a file is opened or closed. */
function beginner(db: DatabaseSync, lockWaitMs: number): () => void {
  const immediately = db.prepare('BEGIN IMMEDIATE')
  return () => {
    db.exec('PRAGMA busy_timeout = 0')
    try {
      asSoonAsFree(lockWaitMs, () => immediately.run())
    } finally {
      db.exec(`PRAGMA busy_timeout = ${lockWaitMs}`)
    }
  }
}

/** SQLite's own error, in the words of somebody who has to mend it. */
export function explain(error: unknown, path: string, committing: boolean): Error {
  const cause = error as Error
  if (isBusy(error)) {
    return new Error(`another process kept the SQLite file ${path} locked for too long`, { cause })
  }
  if (codeOf(error) === SQLITE_IOERR && committing)
    return new OutcomeUnknown(`the disk failed under the SQLite file ${path}`, cause)
  return new Error(`the SQLite file ${path} could not be used: ${cause.message}`, { cause })
}
