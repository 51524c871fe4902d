// What the catalogue names, in words: rows and their pages, groups, invariants, planted defects.
import { CATALOGUE, GROUPS, MUTANTS, rowOf, type Told, told } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import type { LoadedPage } from '../scenarios/scenarios.ts'
import { type Explained, type Kind, type Lang, same } from './explained.ts'
import { allPages } from './pages.ts'

/** Read once, however much is explained. */
let pages: Promise<readonly LoadedPage[]> | undefined
const ours = (): Promise<readonly LoadedPage[]> => (pages ??= allPages())

export const row: Kind = {
  name: 'row',
  ids: async () => CATALOGUE.map(({ id }) => id),
  tell: async (id, lang) => {
    const [base = ''] = id.toUpperCase().split('.')
    const known = rowOf(base)
    const words = await told()
    const said = words.rows[base]
    if (known === undefined || said === undefined) return undefined
    const shown = await pageLines(id, base, lang)
    // A page that is not there is no row either.
    if (shown.length === 0 && id.includes('.')) return undefined
    return {
      id: base,
      kind: 'row',
      lines: [
        `${GROUPS[known.group]?.[lang] ?? ''} · ${say(lang, `severity.${known.severity}`)} · ${role(known.role, lang)}`,
        said[lang],
        say(lang, 'cli.explain.catches', { defect: said.catches[lang] }),
        ...kept(words, base, lang),
        ...(shown.length === 0
          ? [say(lang, 'cli.list.without')]
          : [...shown, say(lang, 'cli.explain.play', { command: `npx sifang certify --grep ${base}` })]),
      ],
      source: say(lang, 'cli.source.catalogue', { from: fromWhere(said.source, lang) }),
    }
  },
}

async function pageLines(id: string, base: string, lang: Lang): Promise<readonly string[]> {
  const own = (await ours()).filter(
    ({ page, name }) =>
      page.id === base && (!id.includes('.') || name.toLowerCase().startsWith(id.toLowerCase())),
  )
  // Of a family whose cases tell one story, the first stands for all.
  const stories = new Map(
    own
      .toReversed()
      .map(({ page, name, where }) => [
        `${page.title[lang]} ${page.given[lang]}`,
        `${name}: ${page.title[lang]}\n    ${page.given[lang]}\n    ${page.clause} · ${where([]).file}`,
      ]),
  )
  return [...stories.values()].toReversed()
}

/** Planted defects that this row or invariant has to catch. */
function kept({ mutants }: Told, id: string, lang: Lang): readonly string[] {
  const must = Object.entries(mutants).flatMap(([name, { caughtBy }]) =>
    caughtBy.includes(id) ? [name] : [],
  )
  return must.length === 0 ? [] : [say(lang, 'cli.explain.mutants', { mutants: must.join(', ') })]
}

function role(name: string, lang: Lang): string {
  const known = (['account-institution', 'acquirer', 'both', 'network'] as const).find((one) => one === name)
  return known === undefined ? name : say(lang, `role.${known}`)
}

const REPORTS = ['000', '001', '002', '003', '004'] as const

/** The catalogue's short names of its sources, as a reader would look for them. */
function fromWhere(source: string, lang: Lang): string {
  const written = REPORTS.reduce(
    (text, number) => text.replaceAll(`case-${number}`, say(lang, `cli.report.${number}`)),
    source,
  )
  return written
    .replaceAll('facts/unionpay.md', say(lang, 'cli.report.unionpay'))
    .replaceAll('domain knowledge', say(lang, 'cli.report.domain'))
}

export const group: Kind = {
  name: 'group',
  ids: async () => Object.keys(GROUPS),
  tell: async (id, lang) => {
    const found = Object.entries(GROUPS).find(([name]) => same(name, id))
    if (found === undefined) return undefined
    const [name, title] = found
    const rows = CATALOGUE.filter((one) => one.group === name)
    const have = new Set((await ours()).map(({ page }) => page.id))
    const paged = rows.filter((one) => have.has(one.id)).length
    return {
      id: name,
      kind: 'group',
      lines: [
        title[lang],
        say(lang, 'cli.explain.group', { rows: rows.length, paged }),
        say(lang, 'cli.explain.play', { command: `npx sifang certify --grep ${name}-` }),
      ],
      source: 'conformance/catalogue.json',
    }
  },
}

export const invariant: Kind = {
  name: 'invariant',
  ids: async () => Object.keys((await told()).invariants),
  tell: async (id, lang) => {
    const words = await told()
    const name = id.toUpperCase()
    const found = words.invariants[name]
    if (found === undefined) return undefined
    return {
      id: name,
      kind: 'invariant',
      lines: [
        found.name[lang],
        found.predicate,
        say(lang, 'cli.explain.over', { over: found.over[lang], needs: needs(found.needs, lang) }),
        ...kept(words, name, lang),
      ],
      source: say(lang, 'cli.source.invariants'),
    }
  },
}

/** “B + L”, “B or L”: what an examiner must be able to see. */
const needs = (text: string, lang: Lang): string =>
  text.replaceAll(/\b[BLK]\b/g, (letter) =>
    letter === 'B' || letter === 'L' || letter === 'K' ? say(lang, `cli.needs.${letter}`) : letter,
  )

export const mutant: Kind = {
  name: 'mutant',
  ids: async () => [...new Set([...Object.keys((await told()).mutants), ...MUTANTS.map(({ id }) => id)])],
  tell: async (id, lang): Promise<Explained | undefined> => {
    const name = id.toUpperCase()
    const planted = MUTANTS.find((one) => one.id === name)
    const listed = (await told()).mutants[name]
    const defect = planted?.defect ?? listed?.defect
    if (defect === undefined) return undefined
    const caughtBy = [...new Set([...(planted?.caughtBy ?? []), ...(listed?.caughtBy ?? [])])]
    return {
      id: name,
      kind: 'mutant',
      lines: [
        defect[lang],
        say(lang, 'cli.explain.caughtby', { rows: caughtBy.join(', ') }),
        planted === undefined
          ? say(lang, 'cli.explain.unplanted')
          : say(lang, 'cli.explain.planted', {
              file: planted.file,
              command: `npx sifang mutants --grep ${name}`,
            }),
      ],
      source: say(lang, 'cli.source.mutants'),
    }
  },
}
