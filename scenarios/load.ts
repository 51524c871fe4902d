// Pages from files. A fault is said with file, line and column, what was expected, and what to write instead.
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Where } from './events.ts'
import { Page } from './page.ts'

export type LoadedPage = {
  /** Row, variant and case: the address of one play, such as SEC-032.exponent. */
  readonly name: string
  readonly page: Page
  readonly caseName?: string
  readonly file: string
  readonly places: Places
  /** Where a part of the page stands in its file. */
  where(path: readonly (string | number)[]): Where
}

/** Where a part of a page begins, and the parts in it. Kept in place of the parsed text, which is many times as large
 *  and could not be handed to another thread; a place is one number, line and column, because there are so many. */
type Places = number | { readonly at: number; readonly in: { readonly [part: string]: Places } }
const COLUMNS = 4096

/** A page without what can only be called. */
export type PageData = Omit<LoadedPage, 'where'>
export const dataOf = ({ name, page, caseName, file, places }: LoadedPage): PageData => ({
  name,
  page,
  file,
  places,
  ...(caseName !== undefined && { caseName }),
})
export const loadedFrom = (data: PageData): LoadedPage => ({ ...data, where: whereIn(data) })

export type PageFault = { readonly where: Where; readonly said: string }

/** `shown` is how the folder is named in what is said of its files; the same on every machine. */
export async function loadPages(
  folder: string,
  shown = folder,
): Promise<{ pages: readonly LoadedPage[]; faults: readonly PageFault[] }> {
  const there = await readdir(folder, { recursive: true })
  const files = there.filter((name) => name.endsWith('.yaml')).sort()
  const pages: LoadedPage[] = []
  const faults: PageFault[] = []
  for (const name of files) {
    const path = join(folder, name)
    const read = readPage(readFileSync(path, 'utf8'), `${shown}/${name}`)
    if ('faults' in read) faults.push(...read.faults)
    else pages.push(...read.pages)
  }
  const names = new Map<string, LoadedPage>()
  for (const page of pages) {
    const other = names.get(page.name)
    if (other !== undefined)
      faults.push({
        where: page.where(['id']),
        said: `${page.name} is also in ${other.where([]).file}; give one of them a variant`,
      })
    names.set(page.name, page)
  }
  return { pages, faults }
}

/** The plays of one file: one, or one per case. */
export function readPage(
  text: string,
  file: string,
): { pages: readonly LoadedPage[] } | { faults: readonly PageFault[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    const where = { file, line, column: col }
    return { faults: [{ where, said: `is not YAML: ${error.message.split('\n')[0] ?? ''}` }] }
  }
  const places = placesOf(document.contents, lines) ?? COLUMNS + 1
  const where = whereIn({ file, places })
  const raw: unknown = document.toJS()
  const family = Cases.safeParse(raw)
  const plays = family.success ? family.data.cases : [{ name: undefined, values: {} }]
  const pages: LoadedPage[] = []
  for (const { name, values } of plays) {
    // A placeholder may stand where only certain words are allowed: what is judged is the page as it will be played.
    const parsed = Page.safeParse(fill(raw, values))
    if (!parsed.success) return { faults: parsed.error.issues.map((issue) => faultOf(issue, where)) }
    const { id, variant } = parsed.data
    const parts = [id, variant, name].filter((part) => part !== undefined)
    pages.push({
      name: parts.join('.'),
      page: parsed.data,
      file,
      places,
      where,
      ...(name !== undefined && { caseName: name }),
    })
  }
  return { pages }
}

const Cases = z.object({
  cases: z.array(z.object({ name: z.string(), values: z.record(z.string(), z.string()) })).min(1),
})

function faultOf(issue: Issue, where: LoadedPage['where']): PageFault {
  const { path, message } = deepest(issue, [])
  return { where: where(path), said: `${path.join('.') || 'the page'}: ${message}` }
}

type Issue = {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  readonly errors?: readonly (readonly Issue[])[]
}

/** Of the branches of a union, the one that got furthest is the one the author meant. */
function deepest(
  issue: Issue,
  base: readonly (string | number)[],
): { path: (string | number)[]; message: string } {
  const path = [...base, ...issue.path.filter((part): part is string | number => typeof part !== 'symbol')]
  const inner = (issue.errors ?? []).flatMap((branch) => branch.map((one) => deepest(one, path)))
  const best = inner.sort((a, b) => b.path.length - a.path.length)[0]
  return best !== undefined && best.path.length > path.length
    ? best
    : {
        path,
        message:
          issue.code === 'invalid_union'
            ? 'is none of the forms that may stand here (see docs/pages.md)'
            : issue.message,
      }
}

export function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range !== null && node.range !== undefined) return node.range[0]
  }
  return 0
}

/** The place of what a path leads to, or of what comes nearest above it. */
function whereIn({ file, places }: Pick<LoadedPage, 'file' | 'places'>): LoadedPage['where'] {
  return (path) => {
    let found = places
    for (const part of path) {
      if (typeof found === 'number' || !Object.hasOwn(found.in, part)) break
      found = found.in[part] ?? found
    }
    const at = typeof found === 'number' ? found : found.at
    return { file, line: Math.floor(at / COLUMNS), column: at % COLUMNS }
  }
}

function placesOf(node: unknown, lines: LineCounter): Places | undefined {
  if (!isNode(node) || node.range === null || node.range === undefined) return undefined
  const { line, col } = lines.linePos(node.range[0])
  const at = line * COLUMNS + Math.min(col, COLUMNS - 1)
  const parts: [string, unknown][] = isMap(node)
    ? node.items.flatMap(({ key, value }) => (isScalar(key) ? [[String(key.value), value]] : []))
    : isSeq(node)
      ? node.items.map((item, index) => [String(index), item])
      : []
  const inner = parts.flatMap(([name, part]) => {
    const place = placesOf(part, lines)
    return place === undefined ? [] : [[name, place] as const]
  })
  return inner.length === 0 ? at : { at, in: Object.fromEntries(inner) }
}

function fill(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\{([a-z0-9-]+)\}/g, (whole, name: string) => values[name] ?? whole)
  if (Array.isArray(value)) return value.map((one) => fill(one, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, values)]))
}
