// The folder of runs: a fresh one for each, `latest` beside them, and how a run that was is found again.
import { mkdir, readdir, realpath, rm, stat, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { near } from './near.ts'
import { UsageError } from './usage.ts'

export const EVENTS = 'events.ndjson'

export async function runFolder(out: string, profile: string): Promise<{ id: string; folder: string }> {
  const id = `${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}-${profile}`
  for (let count = 0; ; count += 1) {
    const name = count === 0 ? id : `${id}-${count}`
    const folder = join(out, name)
    if (await made(folder)) return { id: name, folder }
  }
}

async function made(folder: string): Promise<boolean> {
  try {
    await mkdir(join(folder, '..'), { recursive: true })
    await mkdir(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(join(folder, '..'))))
      return false
    throw new UsageError(
      `cannot write to ${folder}: ${(error as Error).message}; choose another folder with --out`,
    )
  }
}

export async function pointLatest(out: string, id: string): Promise<void> {
  const latest = join(out, 'latest')
  await rm(latest, { force: true, recursive: true })
  // Where links are not allowed, the run's own folder is still printed.
  await symlink(id, latest, 'junction').catch(() => undefined)
}

/** The folder of the newest run that came to its end; where links are not allowed, the one whose name comes last. */
export async function latestRun(out: string): Promise<string | undefined> {
  const linked = await realpath(join(out, 'latest')).catch(() => undefined)
  if (linked !== undefined) return join(out, basename(linked))
  const last = (await runsIn(out, 'report.html')).at(-1)
  return last === undefined ? undefined : join(out, last)
}

async function runsIn(out: string, having = EVENTS): Promise<readonly string[]> {
  const names = (await readdir(out).catch(() => [])).filter((name) => name !== 'latest').sort()
  const there = await Promise.all(names.map((name) => isFile(join(out, name, having))))
  return names.filter((_, index) => there[index])
}

/** Where the events of a run are: given its folder, its events file, its id, or `latest`. */
export async function eventsOf(named: string, out: string): Promise<string> {
  if (named === 'latest' && !(await isFile(join(named, EVENTS)))) {
    const folder = await latestRun(out)
    if (folder !== undefined) return join(folder, EVENTS)
    throw new UsageError(`there is no run in ${out}; make one with: npx sifang certify`)
  }
  if (await isFile(named)) return named
  for (const folder of [named, join(out, named)])
    if (await isFile(join(folder, EVENTS))) return join(folder, EVENTS)
  if (await isFolder(named)) throw new UsageError(`${named}: there is no ${EVENTS} in this folder, so no run`)
  const runs = await runsIn(out)
  throw new UsageError(
    `there is no run “${named}”: it is neither a folder, nor an ${EVENTS}, nor the id of a run in ${out}. ${
      runs.length === 0 ? 'There are none.' : `Near: ${near(runs, named).join(', ')}.`
    }`,
  )
}

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true
const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true
