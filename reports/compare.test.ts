// Two runs side by side: every way in which a page can have changed, and nothing better or worse by silence.
import { expect, test } from 'vitest'
import { compareRuns } from './compare.ts'
import type { RunEvent, Verdict } from './events.ts'
import { fixture } from './fixture.ts'
import {
  FIELDS,
  INSTITUTION,
  messageEvent,
  NO_COUNTS,
  pageEvents,
  RUN_START,
  runEnd,
  SWITCH,
} from './fixture-parts.ts'

type Told = { readonly verdict: Verdict; readonly why?: string; readonly answers?: readonly string[] }

/** A run of pages, as they are named, with the answers to their debits. */
function run(
  pages: Readonly<Record<string, Told>>,
  {
    whole = true,
    missing = [] as readonly string[],
    ...start
  }: Record<string, unknown> & {
    whole?: boolean
    missing?: readonly string[]
  } = {},
): readonly RunEvent[] {
  const played = Object.entries(pages).flatMap(([page, { verdict, why, answers = [] }]) =>
    pageEvents(
      page,
      {
        row: page.slice(0, 7),
        title: { zh: `标题 ${page}`, en: `title ${page}` },
        given: { zh: '无', en: 'nothing' },
        where: { file: `pages/${page}.yaml`, line: 1, column: 1 },
      },
      answers.map((answer, index) =>
        messageEvent(page, index + 1, {
          from: INSTITUTION,
          to: SWITCH,
          type: 'debit.reply',
          ms: index,
          fields: { ...FIELDS, answer },
        }),
      ),
      { verdict, ...(why !== undefined && { because: { zh: why, en: why } }) },
    ),
  )
  const rows = missing.map((row) => ({
    row,
    group: 'CPM',
    severity: 'blocker',
    role: 'both',
    verdict: 'not shown' as const,
    because: { zh: '停了', en: 'stopped' },
  }))
  return [{ ...RUN_START, ...start, whole } as RunEvent, ...played, runEnd({ counts: NO_COUNTS, rows })]
}

const one = (verdict: Verdict, why?: string): Told => ({ verdict, ...(why !== undefined && { why }) })

test('a run is like itself', () => {
  const compared = compareRuns(fixture(), fixture())
  expect(compared).toMatchObject({
    changes: [],
    answers: [],
    worse: 0,
    differing: [],
    transcriptsEqual: true,
  })
  expect(compared.same).toBeGreaterThan(5)
})

test.each<[Verdict, Verdict, string, boolean]>([
  ['pass', 'fail', 'broken', true],
  ['pass', 'gap closed', 'broken', true],
  ['not shown', 'fail', 'broken', true],
  ['fail', 'pass', 'fixed', false],
  ['fail', 'known gap', 'fixed', false],
  ['pass', 'not shown', 'no longer shown', true],
  ['fail', 'not shown', 'no longer shown', true],
  ['pass', 'not applicable', 'no longer shown', true],
  ['not shown', 'pass', 'newly shown', false],
  ['pass', 'warn', 'worse', true],
  ['warn', 'pass', 'better', false],
])('%s → %s is %s', (before, after, kind, worse) => {
  const compared = compareRuns(run({ 'CPM-001': one(before, 'then') }), run({ 'CPM-001': one(after, 'now') }))
  expect(compared.changes).toMatchObject([{ page: 'CPM-001', kind, worse, before, after }])
  expect(compared.worse).toBe(worse ? 1 : 0)
})

test('the reason is that of the side that is worse', () => {
  const [good, bad] = [
    run({ 'CPM-001': one('pass') }),
    run({ 'CPM-001': one('fail', 'the amount was wrong') }),
  ]
  for (const [before, after] of [
    [good, bad],
    [bad, good],
  ] as const)
    expect(compareRuns(before, after).changes[0]?.because?.en).toBe('the amount was wrong')
})

test('changes stand in the order of the pages’ files, whatever came first', () => {
  const before = run({ 'SEC-002': one('pass'), 'CPM-001': one('pass'), 'CPM-002': one('pass') })
  const after = run({ 'CPM-002': one('fail'), 'SEC-002': one('fail'), 'CPM-001': one('fail') })
  expect(compareRuns(before, after).changes.map(({ page }) => page)).toEqual([
    'CPM-001',
    'CPM-002',
    'SEC-002',
  ])
})

test('a page that is missing counts only where the run had to play it', () => {
  const before = run({ 'CPM-001': one('pass'), 'CPM-002': one('pass') })
  const filtered = compareRuns(before, run({ 'CPM-001': one('pass') }, { whole: false }))
  expect(filtered).toMatchObject({ changes: [], worse: 0, only: { a: ['CPM-002'], b: [] } })
  const whole = compareRuns(before, run({ 'CPM-001': one('pass') }))
  expect(whole.changes).toMatchObject([{ page: 'CPM-002', kind: 'no longer shown' }])
  const stopped = compareRuns(before, run({ 'CPM-001': one('pass') }, { whole: false, missing: ['CPM-002'] }))
  expect(stopped.changes).toMatchObject([{ kind: 'no longer shown', because: { en: 'stopped' } }])
  const added = compareRuns(
    run({ 'CPM-001': one('pass') }),
    run({ 'CPM-001': one('pass'), 'CPM-002': one('fail') }),
  )
  expect(added.changes).toMatchObject([{ page: 'CPM-002', kind: 'broken', worse: true }])
})

test('answers are compared one by one, by type; one that is missing is seen', () => {
  const before = run({ 'CPM-001': { verdict: 'pass', answers: ['00', '64'] } })
  const after = run({ 'CPM-001': { verdict: 'pass', answers: ['05', '64', '00'] } })
  expect(compareRuns(before, after).answers).toEqual([
    { page: 'CPM-001', type: 'debit.reply', n: 1, before: '00', after: '05' },
    { page: 'CPM-001', type: 'debit.reply', n: 3, after: '00' },
  ])
  expect(compareRuns(before, after).worse).toBe(0)
})

test('what the runs were played with comes with it, and a run without an end has no transcript', () => {
  const before = run({ 'CPM-001': one('pass') })
  const after = run({ 'CPM-001': one('pass') }, { seed: 'x', profile: 'sim', revision: 'r2', version: '9' })
  expect(compareRuns(before, after).differing).toEqual(['revision', 'profile', 'seed', 'version'])
  const cut = compareRuns(before, before.slice(0, -1))
  expect([cut.transcriptsEqual, cut.b.ended]).toEqual([undefined, false])
})
