// Whatever our output names can be explained, in both languages, and each explanation says where it comes from.
import { expect, test } from 'vitest'
import { CATALOGUE, MUTANTS, rowOf, told } from '../conformance/conformance.ts'
import { DICTIONARY } from '../reports/reports.ts'
import { FEATURES } from '../scenarios/scenarios.ts'
import { CLASSES, isAnswerClass, MESSAGES, OPEN_STEPS, PROFILES } from '../wire/wire.ts'
import { explainable, explained } from './explain.ts'
import { type Explained, KINDS } from './explained.ts'
import { near } from './near.ts'

const only = async (asked: string, lang: 'zh' | 'en' = 'en'): Promise<Explained> => {
  const found = await explained(asked, lang)
  expect(found.length, asked).toBe(1)
  return found[0] as Explained
}

test('every id has a full explanation in both languages, with its source', async () => {
  const ids = await explainable()
  expect(ids.length).toBeGreaterThan(391 + 48 + 80 + 31 + 40)
  const kinds = new Set<string>()
  for (const id of ids) {
    const [zh, en] = [await explained(id, 'zh'), await explained(id, 'en')]
    expect(en.length, id).toBeGreaterThan(0)
    expect(zh.map(({ kind }) => kind)).toEqual(en.map(({ kind }) => kind))
    for (const [index, one] of en.entries()) {
      kinds.add(one.kind)
      for (const { lines, source } of [one, zh[index] as Explained]) {
        expect(lines.join('').trim().length, id).toBeGreaterThan(0)
        expect(
          lines.filter((line) => /\bundefined(?! behaviour)|\{\w+\}/.test(line)),
          id,
        ).toEqual([])
        expect(source.trim().length, id).toBeGreaterThan(0)
      }
      // What is said in Chinese is not the English once more.
      expect((zh[index] as Explained).lines, id).not.toEqual(one.lines)
      expect((zh[index] as Explained).lines.join(''), id).toMatch(/[\u4e00-\u9fff]/)
    }
  }
  expect([...kinds].sort()).toEqual([...KINDS].sort())
})

test('a row, an invariant and a mutant say what the catalogue says, each in its own language', async () => {
  const { rows, invariants, mutants } = await told()
  for (const lang of ['zh', 'en'] as const) {
    for (const [id, row] of Object.entries(rows)) {
      const { lines } = await only(id, lang)
      expect(lines, id).toContain(row[lang])
      expect(lines.join('\n'), id).toContain(row.catches[lang])
    }
    for (const [id, { name }] of Object.entries(invariants))
      expect((await only(id, lang)).lines[0]).toBe(name[lang])
    for (const [id, { defect }] of Object.entries(mutants)) {
      const planted = MUTANTS.find((one) => one.id === id)
      expect((await only(id, lang)).lines[0]).toBe((planted?.defect ?? defect)[lang])
    }
  }
})

test('all that there is is among them', async () => {
  const ids = new Set(await explainable())
  const words = await told()
  const wanted = [
    ...CATALOGUE.map(({ id }) => id),
    ...Array.from({ length: 48 }, (_, index) => `INV-${String(index + 1).padStart(2, '0')}`),
    ...Array.from({ length: 80 }, (_, index) => `M-${String(index + 1).padStart(2, '0')}`),
    ...MUTANTS.map(({ id }) => id),
    ...CLASSES.flatMap((one) => [one.class, one.unionpay]),
    ...Object.entries(MESSAGES).flatMap(([type, table]) => [
      type,
      ...table.flatMap(({ name, unionpay }) => [name, unionpay]),
    ]),
    ...Object.values(OPEN_STEPS).flat(),
    ...Object.keys(DICTIONARY).flatMap(
      (key) => /^(?:verdict|cause|run)\.(.+)\.because$/.exec(key)?.slice(1) ?? [],
    ),
    'pass',
    'fail',
    'warn',
    'not applicable',
    'not shown',
    'known gap',
    'gap closed',
    'exit 0',
    'exit 1',
    'exit 2',
    'exit 3',
    'exit 4',
    'exit 5',
    'exit 130',
    ...FEATURES,
    ...Object.keys(PROFILES),
  ]
  expect(wanted.filter((id) => !ids.has(id))).toEqual([])
  expect(Object.keys(words.rows)).toEqual(CATALOGUE.map(({ id }) => id))
})

test('what must catch a defect is a row, an invariant, or nothing that there is', async () => {
  const { mutants, invariants } = await told()
  const unknown = Object.values(mutants)
    .flatMap(({ caughtBy }) => caughtBy)
    .filter((id) => rowOf(id) === undefined && invariants[id] === undefined)
  expect(unknown).toEqual([])
})

test('a row that has pages shows them and how to play them, one that has none says so', async () => {
  const row = await only('cpm-001')
  expect(row.lines.join('\n')).toContain('npx sifang certify --grep CPM-001')
  expect(row.lines.join('\n')).toContain('scenarios/pages/cpm/CPM-001.yaml')
  expect((await only('STL-014')).lines).toContain('no page yet')
  expect((await only('CPM-003.parallel')).lines.join('\n')).not.toContain('CPM-003.network')
  expect(await explained('CPM-001.nowhere', 'en')).toEqual([])
})

test.each([
  ['exit 4', 'exit', 'exit 4'],
  ['4', 'exit', 'exit 4'],
  ['exit-130', 'exit', 'exit 130'],
  ['code 04', 'code', '04'],
  ['10', 'code', '10'],
  ['not-shown', 'verdict', 'not shown'],
  ['NOT SHOWN', 'verdict', 'not shown'],
  ['field order', 'field', 'orderNo'],
  ['head order', 'head', 'order'],
  ['step signature', 'step', 'signature'],
  ['cause subject', 'cause', 'subject'],
  ['message debit', 'message', 'debit'],
  ['0310000903', 'message', 'purchase'],
  ['txnamt', 'field', 'txnAmt'],
  ['profile sim', 'profile', 'sim'],
])('%s is the %s %s', async (asked, kind, id) => {
  expect(await only(asked)).toMatchObject({ kind, id })
})

test('a word with several meanings gets all of them', async () => {
  const kinds = (await explained('order', 'en')).map(({ kind }) => kind)
  expect(kinds).toEqual(['field', 'head'])
})

test('a code says its class, and whether the code is the network’s or ours', async () => {
  const [answer] = CLASSES.filter(({ origin }) => origin === 'house')
  expect(isAnswerClass(answer?.class ?? '')).toBe(true)
  expect((await only(`code ${answer?.unionpay ?? ''}`)).source).toContain('ours')
  expect((await only('64')).lines.join('\n')).toContain('DECL-FUNDS')
})

test('near names are those that few keystrokes are away', async () => {
  const ids = await explainable()
  expect(near(ids, 'CMP-001')).toContain('CPM-001')
  expect(near(ids, 'respcodes')[0]).toBe('respCode')
  expect(near(ids, 'REJ-CRYPT')[0]).toBe('REJ-CRYPTO')
  expect(near(ids, 'notshown')[0]).toBe('not shown')
  expect(near(['a', 'b'], 'x'.repeat(100_000))).toHaveLength(2)
})
