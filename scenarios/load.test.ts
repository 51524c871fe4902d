// A page that is wrong is said with file, line, column, where in the page and what was expected; all that come with
// Sifang are right, agree with the catalogue, and judge something.
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readFileSync, writeFileSync } from 'node:fs'
import { CATALOGUE, REVISIONS } from '../conformance/conformance.ts'
import { dataOf, loadedFrom, readPage } from './load.ts'
import { Page } from './page.ts'
import { loadPages, roleOf, ROLES } from './scenarios.ts'

const GOOD = `id: CPM-001
title: { zh: 题, en: title }
given: { zh: 前, en: given }
clause: CPM-001
severity: blocker
role: account-institution
cast: edge
needs: [control]
time: none
steps:
  - debit: { as: pay, amount: 1000 }
    expect: { class: OK }
`

const saidOf = (text: string): string => {
  const read = readPage(text, 'page.yaml')
  return 'faults' in read
    ? read.faults.map(({ where, said }) => `${where.file}:${where.line}:${where.column}: ${said}`).join('\n')
    : 'no fault'
}

describe('a page that is wrong', () => {
  test('the good one has no fault', () => {
    expect(saidOf(GOOD)).toBe('no fault')
  })
  test.each([
    ['an unknown word', GOOD.replace('severity', 'sevrity'), /page\.yaml:1:1: .*severity|sevrity/],
    [
      'a class that does not exist',
      GOOD.replace('class: OK', 'class: FINE'),
      /page\.yaml:12:\d+: steps\.0\.expect/,
    ],
    [
      'an amount with a point',
      GOOD.replace('amount: 1000', 'amount: 10.00'),
      /page\.yaml:11:\d+: steps\.0\.debit\.amount: whole minor units/,
    ],
    [
      'an exponent',
      GOOD.replace('amount: 1000', 'amount: 1e3'),
      /steps\.0\.debit\.amount: whole minor units/,
    ],
    ['a row that is no id', GOOD.replace('id: CPM-001', 'id: CPM-1'), /page\.yaml:1:5: id: a catalogue id/],
    [
      'the same key twice',
      GOOD.replace('clause: CPM-001', 'clause: a\nclause: b'),
      /page\.yaml:5:1: is not YAML/,
    ],
    ['no steps', GOOD.slice(0, GOOD.indexOf('steps:')), /steps/],
    ['a language missing', GOOD.replace(', en: title', ''), /page\.yaml:2:\d+: title/],
  ])('%s', (_name, text, said) => {
    expect(saidOf(text)).toMatch(said)
  })
})

const { pages, faults } = await loadPages(fileURLToPath(new URL('pages', import.meta.url)), 'scenarios/pages')

test('a page that went to another thread still says where its parts stand', () => {
  const read = readPage(GOOD, 'page.yaml')
  const [page] = 'pages' in read ? read.pages : []
  if (page === undefined) throw new Error('the good page does not read')
  const there = loadedFrom(structuredClone(dataOf(page)))
  expect(there).toMatchObject({ name: page.name, page: page.page })
  expect(there.where(['steps', 0, 'expect', 'class'])).toEqual({ file: 'page.yaml', line: 12, column: 22 })
  // What is not there is where its nearest whole is.
  expect(there.where(['steps', 0, 'expect', 'fields', 'amount'])).toEqual(there.where(['steps', 0, 'expect']))
  expect(there.where([])).toEqual({ file: 'page.yaml', line: 1, column: 1 })
})

describe('the pages that come with Sifang', () => {
  test('have no fault, and names of their own', () => {
    expect(faults).toEqual([])
    expect(new Set(pages.map(({ name }) => name)).size).toBe(pages.length)
  })
  test('agree with the catalogue about severity and role', () => {
    const rows = new Map(CATALOGUE.map((row) => [row.id, row]))
    for (const { page, name } of pages) {
      expect(rows.get(page.id)?.severity, name).toBe(page.severity)
      if (page.role !== 'network') expect(rows.get(page.id)?.role, name).toBe(page.role)
    }
  })
  test.each(ROLES)('are the rows that the revision requires of an %s, no more and no fewer', (role) => {
    // A whole network plays acquirers' rows with our own acquirer: that requires nothing of an institution.
    const other = role === 'acquirer' ? 'account-institution' : 'acquirer'
    const judged = CATALOGUE.filter((row) => row.role !== other).map(({ id }) => id)
    const own = new Set(pages.filter(({ page }) => roleOf(page) === role).map(({ page }) => page.id))
    expect([...own].filter((id) => judged.includes(id)).sort()).toEqual([...REVISIONS[role].rows].sort())
  })
  test('that move time need a clock to move', () => {
    for (const { page, name } of pages) {
      if ([...page.setup, ...page.steps].some((step) => 'wait' in step || 'until' in step))
        expect(page.needs, name).toContain('clock')
    }
  })
  test('the JSON Schema for editors is the one that pages are read by', () => {
    const file = new URL('../docs/page.schema.json', import.meta.url)
    const schema = `${JSON.stringify(z.toJSONSchema(Page, { io: 'input' }), null, 1)}\n`
    if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, schema)
    expect(readFileSync(file, 'utf8')).toBe(schema)
  })
})
