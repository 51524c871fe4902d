// `sifang list`: what there is to be judged by, without running anything.
import { CATALOGUE, GROUPS } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import type { LoadedPage } from '../scenarios/scenarios.ts'
import { coverage } from './coverage.ts'
import { allPages, choose, revision } from './pages.ts'

type ListCommand = {
  readonly grep?: string
  readonly pages?: string
  readonly all?: boolean
  readonly coverage?: boolean
  readonly out: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

export async function listCommand(options: ListCommand): Promise<void> {
  const every = await allPages(options.pages)
  if (options.coverage === true)
    return coverage(options.grep === undefined ? every : choose(every, options.grep), options.out, options)
  const pages = choose(every, options.grep)
  const have = new Set(every.map(({ page }) => page.id))
  const without = options.all === true ? CATALOGUE.filter(({ id }) => !have.has(id)) : []
  if (options.json === true) {
    const shown = pages.map(({ name, page, caseName }) => ({
      name,
      row: page.id,
      ...(caseName !== undefined && { case: caseName }),
      title: page.title,
      clause: page.clause,
      severity: page.severity,
      role: page.role,
      cast: page.cast,
      needs: page.needs,
      time: page.time,
    }))
    process.stdout.write(
      `${JSON.stringify({ revision: revision().id, pages: shown, ...(options.all === true && { without: without.map(({ id, role, severity }) => ({ id, role, severity })) }) }, null, 2)}\n`,
    )
    return
  }
  const lines: string[] = []
  // A page of somebody else's may be of a group that the catalogue does not have.
  const groups = new Set([...Object.keys(GROUPS), ...pages.map(({ page }) => page.id.slice(0, 3))])
  for (const group of groups) {
    const own = pages.filter(({ page }) => page.id.startsWith(group))
    const rest = without.filter((row) => row.group === group)
    if (own.length + rest.length === 0) continue
    lines.push(`${group}  ${GROUPS[group]?.[options.lang] ?? ''}`.trimEnd())
    lines.push(
      ...own.map((page) => pageLine(page, options.lang)),
      ...rest.map(
        ({ id, severity }) =>
          `  ${id.padEnd(26)} ${severity.padEnd(8)} ${say(options.lang, 'cli.list.without')}`,
      ),
    )
  }
  lines.push(
    '',
    say(options.lang, 'cli.list.sum', {
      pages: pages.length,
      rows: new Set(pages.map(({ page }) => page.id)).size,
      catalogue: CATALOGUE.length,
    }),
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}

function pageLine({ name, page }: LoadedPage, lang: 'zh' | 'en'): string {
  const needs = page.needs.length === 0 ? '' : `  [${page.needs.join(' ')}]`
  return `  ${name.padEnd(26)} ${page.severity.padEnd(8)} ${page.title[lang]}${needs}`
}
