// One run, told in every format: nothing is lost, nothing not shown becomes a pass, equal events give equal bytes.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunEvent } from './events.ts'
import { fixture } from './fixture.ts'
import { NO_COUNTS, pageEvents, RUN_START, runEnd } from './fixture-parts.ts'
import {
  ctrfReport,
  DICTIONARY,
  eventLine,
  htmlReport,
  junitReport,
  readEvents,
  say,
  summaryReport,
  terminalSummary,
  writeReports,
} from './reports.ts'
import { unpack } from './viewer/unpack.ts'

const events = fixture()
const pages = events.filter((event) => event.event === 'page.start')

/** Tags must nest, attributes must be quoted and hold no `<`; text must hold no bare `&`. Gives the elements. */
function parseXml(
  xml: string,
): readonly { name: string; attributes: Record<string, string>; text: string }[] {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, '')
  const open: { name: string; attributes: Record<string, string>; text: string }[] = []
  const seen: typeof open = []
  let at = 0
  for (const tag of body.matchAll(/<(\/?)([\w-]+)((?:\s[\w-]+="[^"<]*")*)(\/?)>/g)) {
    const text = body.slice(at, tag.index)
    expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/)
    const last = open.at(-1)
    if (last) last.text += text
    at = tag.index + tag[0].length
    const [, closing, name = '', attributes = '', empty] = tag
    if (closing === '/') {
      expect(open.pop()?.name).toBe(name)
      continue
    }
    const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      value,
    ])
    const element = { name, attributes: Object.fromEntries(pairs) as Record<string, string>, text: '' }
    seen.push(element)
    if (empty !== '/') open.push(element)
  }
  expect(open).toEqual([])
  expect(body.slice(at).trim()).toBe('')
  return seen
}

describe('junit.xml', () => {
  const elements = parseXml(junitReport(events))
  const named = (name: string) => elements.filter((element) => element.name === name)

  test('every case begins with its catalogue id and says its role, severity, profile and seed', () => {
    const cases = named('testcase')
    expect(cases.map(({ attributes }) => attributes['name']?.split(' ')[0])).toEqual(
      expect.arrayContaining(pages.map(({ page }) => page)),
    )
    for (const { attributes } of cases) {
      expect(attributes['name']).toMatch(/^[A-Z]{3}-\d{3}(\.\w+)? /)
      expect(attributes['classname']).toMatch(/^sifang\.[A-Z]{3}$/)
    }
    for (const name of ['role', 'severity', 'profile', 'seed'])
      expect(named('property').filter(({ attributes }) => attributes['name'] === name)).toHaveLength(
        cases.length,
      )
  })

  test('counts add up, suite by suite and as a whole', () => {
    const whole = named('testsuites')[0]?.attributes
    expect(whole).toMatchObject({ tests: String(pages.length), failures: '2', errors: '1', skipped: '4' })
    for (const name of ['tests', 'failures', 'errors', 'skipped'])
      expect(named('testsuite').reduce((sum, { attributes }) => sum + Number(attributes[name]), 0)).toBe(
        Number(whole?.[name]),
      )
    expect(named('failure')).toHaveLength(2)
    expect(named('error')).toHaveLength(1)
  })

  test('a failure carries field, expected, observed, clause, offset and the line that replays it', () => {
    const [failure] = named('failure')
    for (const line of [
      'field     txnAmt',
      'expected  DECL-FUNDS (64)',
      'observed  OK (00)',
      'clause    UP-QRC-3.5',
      'offset    byte 147 of the domain',
      'replay    npx sifang certify --profile unionpay --seed 20261122 --page CPM-002',
    ])
      expect(failure?.text).toContain(line)
  })

  test('what was not shown or does not apply is skipped with its reason', () => {
    expect(named('skipped').map(({ attributes }) => attributes['message'])).toEqual(
      expect.arrayContaining([
        'not shown: environment: The subject has no control API, so no balance can be set',
        'not applicable: This frame carries no nonce',
      ]),
    )
  })

  test('control characters and markup in what a subject said do not break it', () => {
    const said = `a\u0000b\u001b[31m]]> <b> & "q" \ud800 \uffff`
    const hostile = pageEvents('CPM-003', { title: { zh: said, en: said }, given: { zh: '', en: '' } }, [], {
      verdict: 'fail',
      because: { zh: said, en: said },
    })
    const xml = junitReport([RUN_START, ...hostile])
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/)
    expect(xml.isWellFormed()).toBe(true)
    expect(parseXml(xml).filter(({ name }) => name === 'failure')).toHaveLength(1)
  })
})

type Ctrf = {
  reportFormat: string
  specVersion: string
  results: {
    tool: { name: string }
    summary: Record<string, number>
    tests: {
      name: string
      status: string
      duration: number
      message?: string
      extra: Record<string, unknown>
    }[]
  }
}

describe('ctrf.json', () => {
  const { reportFormat, specVersion, results } = JSON.parse(ctrfReport(events)) as Ctrf

  test('has the shape of the schema, and its counts add up', () => {
    expect(reportFormat).toBe('CTRF')
    expect(specVersion).toMatch(/^\d+\.\d+\.\d+$/)
    expect(results.tool.name).toBe('sifang')
    expect(Object.keys(results.summary)).toEqual([
      'tests',
      'passed',
      'failed',
      'skipped',
      'pending',
      'other',
      'start',
      'stop',
    ])
    const { tests, passed = 0, failed = 0, skipped = 0, pending = 0, other = 0 } = results.summary
    expect(tests).toBe(results.tests.length)
    expect(passed + failed + skipped + pending + other).toBe(tests)
    for (const value of Object.values(results.summary)) expect(Number.isInteger(value)).toBe(true)
    for (const one of results.tests) {
      expect(['passed', 'failed', 'skipped', 'pending', 'other']).toContain(one.status)
      expect(Number.isInteger(one.duration)).toBe(true)
    }
  })

  test('only a pass is passed', () => {
    const passed = results.tests.filter(({ status }) => status === 'passed')
    expect(passed.map(({ extra }) => extra['verdict'])).toEqual(passed.map(() => 'pass'))
    expect(results.tests.filter(({ extra }) => extra['verdict'] === 'pass')).toHaveLength(passed.length)
  })
})

describe('every report', () => {
  test('equal events give equal bytes', () => {
    for (const report of [htmlReport, junitReport, ctrfReport]) expect(report(fixture())).toBe(report(events))
    expect(summaryReport(fixture(), 'zh')).toBe(summaryReport(events, 'zh'))
  })

  test('shows no bare account number, only ids of twenty digits', () => {
    const colour = { lang: 'zh', colour: false, width: 90 } as const
    for (const text of [
      junitReport(events),
      ctrfReport(events),
      summaryReport(events, 'en'),
      terminalSummary(events, colour),
    ])
      expect(text.match(/(?<!\d)\d{16,19}(?!\d)/g)).toBeNull()
    // In the HTML the events travel packed: what a reader sees of them are their fields.
    const fields = events.flatMap((event) => (event.event === 'message' ? [event.fields, event.domain] : []))
    expect(JSON.stringify(fields).match(/(?<!\d)\d{16,19}(?!\d)/g)).toBeNull()
    expect(htmlReport(events).match(/(?<!\d)\d{16,19}(?!\d)/g)).toBeNull()
  })

  test('a required row that nobody played is listed, never passed', () => {
    const because = { zh: '没有控制接口', en: 'no control API' }
    const row = {
      row: 'CPM-009',
      group: 'CPM',
      severity: 'blocker',
      role: 'both',
      verdict: 'not shown',
      because,
    } as const
    const run = [
      RUN_START,
      runEnd({ verdict: 'incomplete', counts: { ...NO_COUNTS, 'not shown': 1 }, rows: [row] }),
    ]
    expect(junitReport(run)).toContain('<skipped message="not shown: no control API"/>')
    expect(ctrfReport(run)).toContain('"skipped": 1')
    expect(summaryReport(run, 'en')).toContain('`CPM-009`')
    expect(terminalSummary(run, { lang: 'en', colour: false, width: 80 })).toContain('CPM-009')
  })

  test('a run that broke off is interrupted, and its open page not shown', () => {
    const broken = events.slice(0, 6)
    expect(terminalSummary(broken, { lang: 'en', colour: false, width: 80 })).toContain('■ Interrupted')
    expect(junitReport(broken)).toContain(
      '<skipped message="not shown: The run stopped before this page ended"/>',
    )
  })

  test('nothing judged is said so, not called a pass', () => {
    const none: readonly RunEvent[] = [
      RUN_START,
      runEnd({ verdict: 'incomplete', exit: 4, counts: NO_COUNTS, rows: [] }),
    ]
    expect(summaryReport(none, 'en')).toContain('Nothing was judged: that is not a pass.')
    expect(terminalSummary(none, { lang: 'zh', colour: false, width: 80 })).toContain('没有考任何一行')
  })
})

test('summary.md: the verdict, the counts, what failed with field, expected and observed', () => {
  const summary = summaryReport(events, 'en')
  expect(summary).toMatch(/^## ✗ Not conforming\n/)
  expect(summary).toContain('| ✓ pass | 3 |')
  expect(summary).toContain('| `txnAmt` | txnAmt = 1000 | txnAmt = 1000.00 |')
  expect(summary).toContain('379 have no page here')
  expect(summary).toContain('This is no official certification by any network.')
  for (const line of summary.split('\n').filter((text) => text.startsWith('| `CPM-002`')))
    expect(line.match(/(?<!\\)\|/g)).toHaveLength(6)
})

describe('the run folder', () => {
  test('writeReports writes four files; events.ndjson reads back as it was, also when its end was cut off', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sifang-reports-'))
    const written = await writeReports(folder, events, { lang: 'en', version: '0.1.0' })
    for (const path of Object.values(written))
      expect((await readFile(path, 'utf8')).length).toBeGreaterThan(100)
    const path = join(folder, 'events.ndjson')
    await writeFile(path, events.map(eventLine).join(''))
    expect(await readEvents(path)).toEqual(events)
    await writeFile(path, `${events.map(eventLine).join('')}{"event":"pa`)
    expect(await readEvents(path)).toEqual(events)
    await writeFile(path, `{"event":"pa\n${eventLine(RUN_START)}`)
    await expect(readEvents(path)).rejects.toThrow('events.ndjson:1: this line is not JSON')
  })
})

test('every sentence is there in both languages, and its values are the same in both', () => {
  for (const [key, { zh, en }] of Object.entries(DICTIONARY)) {
    expect(zh.trim(), key).not.toBe('')
    expect(en.trim(), key).not.toBe('')
    const values = (text: string): readonly string[] => [...new Set(text.match(/\{\w+\}/g))].toSorted()
    expect(values(zh), key).toEqual(values(en))
  }
  expect(say('en', 'count.rows', { n: 3 })).toBe('3 rows')
  expect(say('zh', 'count.rows', { n: 3 })).toBe('3 行')
})

describe('the last net', () => {
  const page = 'COD-002'
  const control: RunEvent = {
    event: 'control',
    page,
    at: '2026-11-22T10:00:00.000+08:00',
    method: 'GET',
    path: '/control/codes/6213792943563035589',
    status: 200,
    reply: {
      token: '627500201707589967',
      of: [{ code: '6213792943563035589' }],
      transaction: '20261122000000000017',
    },
  }
  const run = [
    RUN_START,
    ...pageEvents(page, { title: { zh: '码', en: 'code' }, given: { zh: '无', en: 'none' } }, [control]),
  ]

  test('no bare number of a control API reaches events.ndjson; ids of twenty digits stay', () => {
    const line = eventLine(control)
    expect(line.match(/(?<!\d)\d{16,19}(?!\d)/g)).toBeNull()
    expect(line).toContain('/control/codes/6213***********5589')
    expect(line).toContain('20261122000000000017')
  })

  test('nor the HTML', async () => {
    const packed = /id="packed">([^<]*)</.exec(htmlReport(run))?.[1] ?? ''
    const { events: inside } = await unpack(packed)
    expect(JSON.stringify(inside)).toContain('6275**********9967')
    expect(JSON.stringify(inside).match(/(?<!\d)\d{16,19}(?!\d)/g)).toBeNull()
  })
})

test('failing pages outside the requirement set are said beside a pass', () => {
  const about = { title: { zh: '题', en: 'title' }, given: { zh: '无', en: 'none' } }
  const row = { row: 'CPM-001', group: 'CPM', severity: 'blocker', role: 'both', verdict: 'pass' } as const
  const run = [
    RUN_START,
    ...pageEvents('CPM-001', about, []),
    ...pageEvents('CPM-002', about, [], { verdict: 'fail' }),
    runEnd({ verdict: 'pass', exit: 0, counts: { ...NO_COUNTS, pass: 1 }, rows: [row] }),
  ]
  expect(terminalSummary(run, { lang: 'en', colour: false, width: 100 })).toContain(
    '1 failing pages lie outside this requirement set',
  )
  expect(summaryReport(run, 'zh')).toContain('有 1 个不通过的场景页不在本要求集内')
})
