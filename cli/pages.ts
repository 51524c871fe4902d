// The pages that come with Sifang, and the choosing of some of them.
import { fileURLToPath } from 'node:url'
import { REVISION, type Revision, REVISIONS } from '../conformance/conformance.ts'
import { type LoadedPage, loadPages } from '../scenarios/scenarios.ts'
import { near } from './near.ts'
import { UsageError } from './usage.ts'

const FOLDER = fileURLToPath(new URL('../scenarios/pages', import.meta.url))

export async function allPages(): Promise<readonly LoadedPage[]> {
  const { pages, faults } = await loadPages(FOLDER, 'scenarios/pages')
  if (faults.length === 0) return pages
  throw new UsageError(
    faults.map(({ where, said }) => `${where.file}:${where.line}:${where.column}: ${said}`).join('\n'),
  )
}

export function revision(): Revision {
  const found = REVISIONS[REVISION]
  if (found === undefined) throw new Error(`there is no revision ${REVISION}`)
  return found
}

/** Pages whose name or title holds the text; `|` separates alternatives. Matching nothing is an error with near matches. */
export function choose(pages: readonly LoadedPage[], grep: string | undefined): readonly LoadedPage[] {
  if (grep === undefined) return pages
  const wanted = grep
    .split('|')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '')
  const texts = (one: LoadedPage): string =>
    `${one.name} ${one.page.title.zh} ${one.page.title.en}`.toLowerCase()
  const chosen = pages.filter((one) => wanted.some((text) => texts(one).includes(text)))
  if (chosen.length > 0) return chosen
  throw new UsageError(
    `no page matches “${grep}”, so nothing was run. Near: ${near(
      pages.map(({ name }) => name),
      wanted[0] ?? '',
    ).join(', ')}. sifang list shows all.`,
    4,
  )
}
