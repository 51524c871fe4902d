// What has not passed since it was last played, kept beside each run (still-failing.json). A run over a few pages says
// nothing about the others: what they owe is carried on from run to run until they pass.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunEvent, Verdict } from '../conformance/conformance.ts'
import { latestRun } from './runs.ts'
import { UsageError } from './usage.ts'

const FILE = 'still-failing.json'
const VERSION = 1

/** What a page's verdict depends on beside the page: failing in one of these says nothing about another. */
export type Circumstances = {
  readonly profile: string
  readonly config?: string
  readonly pages?: string
}

type Owed = Circumstances & { readonly page: string; readonly verdict: Verdict; readonly run: string }

/** Pages that still have to pass, by name; which run they are from is for what is said. */
export async function stillFailing(
  out: string,
  of: Circumstances,
): Promise<{ readonly run: string; readonly pages: readonly string[] }> {
  const folder = await latestRun(out)
  if (folder === undefined)
    throw new UsageError(
      `--last-failed: there is no run in ${out} yet, so nothing was run; without it all pages are played`,
      4,
    )
  const owed = await owedIn(folder)
  const own = owed.filter((one) => same(one, of))
  if (own.length > 0) return { run: folder, pages: own.map(({ page }) => page) }
  const others = [...new Set(owed.map(circumstances))]
  throw new UsageError(
    others.length === 0
      ? `--last-failed: nothing is left that failed (last run: ${folder}), so nothing was run; that is no verdict, npx sifang certify gives one`
      : `--last-failed: nothing is left that failed with ${circumstances(of)}, so nothing was run; there is with: ${others.join('; ')}`,
    4,
  )
}

/** Writes down what is still owed after a run: what it left open, and what earlier runs left open and it did not play. */
export async function writeStillFailing(
  folder: string,
  before: string | undefined,
  run: {
    readonly id: string
    readonly of: Circumstances
    readonly chosen: readonly string[]
    readonly all: readonly string[]
  },
  events: readonly RunEvent[],
): Promise<void> {
  const earlier = before === undefined ? [] : await owedIn(before)
  const ended = new Map(events.flatMap((event) => (event.event === 'page.end' ? [[event.page, event]] : [])))
  const all = new Set(run.all)
  // A page that has been thrown away owes nothing any more.
  const settled = (one: Owed): boolean => same(one, run.of) && (ended.has(one.page) || !all.has(one.page))
  const open = run.chosen.flatMap((page): readonly Owed[] => {
    const end = ended.get(page)
    if (end !== undefined && !owes(end)) return []
    const known = earlier.some((one) => same(one, run.of) && one.page === page)
    // What was not reached stays what it was before.
    if (end === undefined && known) return []
    return [{ ...run.of, page, verdict: end?.verdict ?? 'not shown', run: run.id }]
  })
  const left = [...earlier.filter((one) => !settled(one)), ...open]
  await writeFile(join(folder, FILE), `${JSON.stringify({ version: VERSION, pages: left }, null, 1)}\n`)
}

/** A page that only lacks a feature of the subject has no cause: playing it again would show nothing new. */
function owes({ verdict, cause }: { readonly verdict: Verdict; readonly cause?: string }): boolean {
  if (verdict === 'fail' || verdict === 'gap closed') return true
  return verdict === 'not shown' && cause !== undefined
}

const same = (one: Circumstances, other: Circumstances): boolean =>
  one.profile === other.profile && one.config === other.config && one.pages === other.pages

const circumstances = ({ profile, config, pages }: Circumstances): string =>
  [
    `--profile ${profile}`,
    ...(config === undefined ? [] : [`--config ${config}`]),
    ...(pages === undefined ? [] : [`--pages ${pages}`]),
  ].join(' ')

async function owedIn(folder: string): Promise<readonly Owed[]> {
  const path = join(folder, FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return []
  }
  try {
    const read = JSON.parse(text) as { version: number; pages: readonly Owed[] }
    if (read.version === VERSION && Array.isArray(read.pages)) return read.pages
  } catch {}
  throw new UsageError(`${path}: is not what a run wrote there; delete it and run all pages once`)
}
