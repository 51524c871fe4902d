// The pages there are, ours or those of a folder that was named, and the choosing of some of them by what they say.
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Revision, revisionOf, rowOf } from '../conformance/conformance.ts'
import { type LoadedPage, loadPages, type Role, roleOf, ROLES } from '../scenarios/scenarios.ts'
import { near } from './near.ts'
import { UsageError } from './usage.ts'

const SHOWN = 'scenarios/pages'
export const FOLDER = fileURLToPath(new URL('../scenarios/pages', import.meta.url))

/** Our pages; or, where a folder is named, those in it and no others. */
export async function allPages(folder?: string): Promise<readonly LoadedPage[]> {
  if (folder !== undefined) await folderThere(folder)
  const { pages, faults } = await (folder === undefined
    ? loadPages(FOLDER, SHOWN)
    : loadPages(folder, folder.replace(/\/+$/, '')))
  const said = [...faults, ...(folder === undefined ? [] : pages.flatMap(againstCatalogue))]
  if (said.length > 0)
    throw new UsageError(
      said.map(({ where, said: what }) => `${where.file}:${where.line}:${where.column}: ${what}`).join('\n'),
    )
  if (pages.length > 0) return pages
  throw new UsageError(`--pages ${folder ?? ''}: there is no page (*.yaml) in it; docs/pages.md shows one`, 4)
}

export async function folderThere(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() === true) return
  throw new UsageError(
    found === undefined
      ? `--pages ${folder}: there is no such folder; name the one that holds your pages (*.yaml)`
      : `--pages ${folder}: is a file; name the folder that it is in, and the page itself by --page`,
  )
}

/** A page of somebody else's may have a row of its own; one that names ours weighs what ours weighs. */
function againstCatalogue({ page, where }: LoadedPage) {
  const row = rowOf(page.id)
  if (row === undefined) return []
  return (['severity', 'role'] as const).flatMap((member) =>
    page[member] === row[member] || (member === 'role' && page.role === 'network')
      ? []
      : [
          {
            where: where([member]),
            said: `${member}: ${page.id} is a row of the catalogue, and its ${member} is ${row[member]}; write that, or give the page an id of your own`,
          },
        ],
  )
}

export const revision = (roles: readonly Role[] = ROLES): Revision => revisionOf(roles)

/** The pages that judge one of these roles. */
export const pagesFor = (pages: readonly LoadedPage[], roles: readonly Role[]): readonly LoadedPage[] =>
  pages.filter(({ page }) => roles.includes(roleOf(page)))

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
    `no page matches “${grep}”, so nothing was run. Near: ${nearPages(pages, wanted[0] ?? '')}. sifang list shows all.`,
    4,
  )
}

/** Exactly the pages of these names. */
export function named(
  pages: readonly LoadedPage[],
  names: readonly string[] | undefined,
): readonly LoadedPage[] {
  if (names === undefined) return pages
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const chosen = pages.filter(({ name }) => wanted.has(name.toLowerCase()))
  const known = new Set(chosen.map(({ name }) => name.toLowerCase()))
  const missing = names.find((name) => !known.has(name.toLowerCase()))
  if (missing === undefined) return chosen
  throw new UsageError(
    `there is no page “${missing}”, so nothing was run. Near: ${nearPages(pages, missing)}. sifang list shows all.`,
    4,
  )
}

function nearPages(pages: readonly LoadedPage[], typed: string): string {
  return near(
    pages.map(({ name }) => name),
    typed,
  ).join(', ')
}
