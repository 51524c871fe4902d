// Which pages a run plays: all of them, or those that the options leave of them. Every option narrows what the ones
// before it have left; nothing left is an error, never a pass.
import type { Revision } from '../conformance/conformance.ts'
import { type LoadedPage, type Role, ROLES } from '../scenarios/scenarios.ts'
import { type Circumstances, stillFailing } from './last-failed.ts'
import { allPages, choose, named, pagesFor, revision } from './pages.ts'
import { UsageError } from './usage.ts'

export type ChoiceOptions = {
  readonly pages?: string
  readonly grep?: string
  readonly page?: readonly string[]
  readonly lastFailed?: boolean
  readonly shard?: string
  /** Who is judged; both of ours where nothing is said. */
  readonly roles?: readonly Role[]
  readonly out: string
}

export type Chosen = {
  readonly pages: readonly LoadedPage[]
  /** Names of all pages there are, chosen or not. */
  readonly all: readonly string[]
  readonly revision: Revision
  /** True when the pages are all that the revision requires. */
  readonly whole: boolean
  /** Of a divided whole run: the rows that this part answers for. */
  readonly required?: readonly string[]
}

export async function chosenPages(options: ChoiceOptions, of: Circumstances): Promise<Chosen> {
  const part = options.shard === undefined ? undefined : readPart(options.shard)
  const roles = options.roles ?? ROLES
  const every = pagesFor(await allPages(options.pages), roles)
  const frozen = revision(roles)
  const filtered = options.pages ?? options.grep ?? options.page ?? options.lastFailed
  const some = await lastFailed(named(choose(every, options.grep), options.page), options, of)
  const base = { all: every.map(({ name }) => name), revision: frozen }
  if (part === undefined) return { ...base, pages: some, whole: filtered === undefined }
  const { pages, rows } = divide(some, filtered === undefined ? frozen.rows : [], part)
  if (pages.length + rows.length > 0) return { ...base, pages, whole: false, required: rows }
  throw new UsageError(
    `--shard ${options.shard ?? ''}: nothing falls to this part, so nothing was run; there are only ${new Set(some.map(({ page }) => page.id)).size} rows to divide`,
    4,
  )
}

async function lastFailed(
  pages: readonly LoadedPage[],
  { lastFailed: wanted, out }: ChoiceOptions,
  of: Circumstances,
): Promise<readonly LoadedPage[]> {
  if (wanted !== true) return pages
  const { run, pages: names } = await stillFailing(out, of)
  const left = new Set(names)
  const chosen = pages.filter(({ name }) => left.has(name))
  if (chosen.length > 0) return chosen
  throw new UsageError(
    `--last-failed: of the ${names.length} pages that failed (${run}) none is among those chosen here, so nothing was run: ${names.slice(0, 5).join(', ')}`,
    4,
  )
}

export type Part = { readonly number: number; readonly of: number }

export function readPart(text: string): Part {
  const [, number, of] = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(text) ?? []
  const part = { number: Number(number), of: Number(of) }
  if (number !== undefined && part.number <= part.of) return part
  throw new UsageError(`--shard ${text}: which part of how many, such as 1/4 (from 1/4 to 4/4)`)
}

/** Deals the rows out by name, one to each part in turn. The pages of a row stay together, so that one part alone gives
 *  its verdict; and a required row without a page falls to a part as well, so that its absence is seen. */
export function divide(
  pages: readonly LoadedPage[],
  required: readonly string[],
  { number, of }: Part,
): { readonly pages: readonly LoadedPage[]; readonly rows: readonly string[] } {
  const rows = [...new Set([...required, ...pages.map(({ page }) => page.id)])].sort()
  const own = new Set(rows.filter((_, index) => index % of === number - 1))
  return {
    pages: pages.filter(({ page }) => own.has(page.id)),
    rows: required.filter((row) => own.has(row)),
  }
}
