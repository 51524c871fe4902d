// Which pages a run plays: parts that make up the whole, exact names, folders of somebody's own.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LoadedPage } from '../scenarios/scenarios.ts'
import { chosenPages, divide, readPart } from './chosen.ts'
import { allPages, named, revision } from './pages.ts'

let folder = ''
let pages: readonly LoadedPage[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-chosen-'))
  pages = await allPages()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const of = { profile: 'sim' }
const names = (some: readonly LoadedPage[]): readonly string[] => some.map(({ name }) => name)

describe('--shard', () => {
  test('any number of parts is the whole, no page and no required row twice, no row torn apart', () => {
    const required = [...revision().rows, 'ZZZ-001']
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.subarray([...pages], { minLength: 1 }),
        (count, some) => {
          const parts = Array.from({ length: count }, (_, index) =>
            divide(some, required, { number: index + 1, of: count }),
          )
          expect(parts.flatMap((part) => names(part.pages)).sort()).toEqual([...names(some)].sort())
          expect(parts.flatMap(({ rows }) => rows).sort()).toEqual([...required].sort())
          const rows = parts.flatMap((part) => [...new Set(part.pages.map(({ page }) => page.id))])
          expect(new Set(rows).size).toBe(rows.length)
        },
      ),
      { numRuns: 60 },
    )
  })
  test('the parts are about as large as each other', () => {
    const sizes = [1, 2, 3, 4].map((number) => divide(pages, [], { number, of: 4 }).pages.length)
    expect(Math.max(...sizes)).toBeLessThan((1.5 * pages.length) / 4)
  })
  test('what order the pages come in makes no difference', () => {
    const part = { number: 2, of: 3 }
    const turned = divide(pages.toReversed(), revision().rows, part)
    expect(new Set(names(turned.pages))).toEqual(new Set(names(divide(pages, revision().rows, part).pages)))
  })
  test.each(['0/2', '3/2', '1', '1/0', 'a/b', '1/2/3', '-1/2', '1/20000'])('%s is refused', (text) => {
    expect(() => readPart(text)).toThrow(`--shard ${text}: which part of how many, such as 1/4`)
  })
  test('a part to which nothing falls is no pass', async () => {
    const asked = chosenPages({ out: folder, grep: 'CPM-001', shard: '2/2' }, of)
    await expect(asked).rejects.toMatchObject({
      exit: 4,
      message: expect.stringContaining('nothing was run') as string,
    })
  })
  test('a divided whole run answers for every required row, a divided part of it only for its own', async () => {
    const parts = await Promise.all(['1/2', '2/2'].map((shard) => chosenPages({ out: folder, shard }, of)))
    expect(parts.flatMap(({ required = [] }) => required).sort()).toEqual([...revision().rows].sort())
    expect(parts.map(({ whole }) => whole)).toEqual([false, false])
    expect((await chosenPages({ out: folder, grep: 'RFD', shard: '1/2' }, of)).required).toEqual([])
  })
})

describe('--page', () => {
  test('is exact where --grep would take the others along', () => {
    expect(names(named(pages, ['cpm-003']))).toEqual(['CPM-003'])
    expect(names(named(pages, ['CPM-003.network', 'CPM-001'])).length).toBe(2)
  })
  test('a name that there is not says which are near', () => {
    expect(() => named(pages, ['CPM-003.netwrk'])).toThrow('Near: CPM-003.network')
  })
})

describe('--pages', () => {
  const write = async (name: string, text: string): Promise<string> => {
    const own = join(folder, name)
    await mkdir(own, { recursive: true })
    await writeFile(join(own, 'page.yaml'), text)
    return own
  }
  const page = (id: string, severity: string): string =>
    [
      `id: ${id}`,
      'title: { zh: 自己的, en: My own }',
      'given: { zh: 无, en: nothing }',
      `clause: ${id}`,
      `severity: ${severity}`,
      'role: account-institution',
      'cast: edge',
      'needs: [control, wallet]',
      'time: none',
      'setup:',
      '  - user: { name: alice, balance: 5000 }',
      '  - code: { of: alice, as: c1 }',
      'steps:',
      '  - debit: { as: pay, code: c1, amount: 1000 }',
      '    expect: { class: OK }',
    ].join('\n')

  test('a folder of one’s own stands in the place of ours and is never the whole', async () => {
    const own = await write('own', page('MIN-001', 'major'))
    const chosen = await chosenPages({ out: folder, pages: own }, of)
    expect([names(chosen.pages), chosen.whole]).toEqual([['MIN-001'], false])
  })
  test('a row of the catalogue keeps its severity', async () => {
    const own = await write('light', page('CPM-001', 'minor'))
    await expect(allPages(own)).rejects.toThrow(
      /page\.yaml:5:11: severity: CPM-001 is a row of the catalogue.*blocker/,
    )
  })
  test('no folder, a file, an empty folder and a broken page are each said', async () => {
    const own = await write('broken', 'id: [')
    await expect(allPages(join(folder, 'none'))).rejects.toThrow('there is no such folder')
    await expect(allPages(join(own, 'page.yaml'))).rejects.toThrow('is a file')
    await expect(allPages(await mkdtemp(join(folder, 'empty-')))).rejects.toThrow('there is no page')
    await expect(allPages(own)).rejects.toThrow('page.yaml:1:')
  })
})
