// The one HTML file: offline, closed to whatever a subject said, small, and everything of the run is inside.
import { readFileSync } from 'node:fs'
import { Script } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { RunEvent } from './events.ts'
import { fixture } from './fixture.ts'
import {
  expectationEvent,
  INSTITUTION,
  messageEvent,
  NO_COUNTS,
  pageEvents,
  REPLY,
  RUN_START,
  runEnd,
  SWITCH,
} from './fixture-parts.ts'
import { HTML_BYTES_MAX, viewerScript } from './html.ts'
import { htmlReport } from './reports.ts'
import { apart, difference, elapsedText, gapText, hexLines, stretchesOf, yuan } from './viewer/bytes.ts'
import { unpack } from './viewer/unpack.ts'

const events = fixture()
const html = htmlReport(events, 'en')
const packedIn = (text: string): string => /id="packed">([^<]*)</.exec(text)?.[1] ?? ''

describe('report.html', () => {
  test('asks the network for nothing, and forbids itself to', () => {
    const addresses = html.replaceAll(packedIn(html), '').match(/https?:\/\/[^\s'"<)]*/g) ?? []
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg'])) // a name space, never loaded
    expect(html).not.toMatch(/@import|url\(|<link(?! rel="icon" href="data:,")|<img|src=/)
    expect(html).toContain("default-src 'none'")
  })

  test('ends its two scripts where they end', () => {
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html.match(/<\/script/g)).toHaveLength(2)
    expect(html).not.toMatch(/[\u2028\u2029]/)
  })

  test('its script is JavaScript without types, imports or markup made of text', () => {
    const script = viewerScript()
    expect(() => new Script(script)).not.toThrow()
    expect(script).not.toMatch(/^\s*(?:import|export)\s/m)
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/)
    expect(script).not.toMatch(/\bBuffer\b|\bprocess\b|\brequire\(|localStorage|fetch\(|XMLHttpRequest/)
  })

  test('every file of the viewer is in it', () => {
    const script = viewerScript()
    const used = [...script.matchAll(/= files\['([\w.]+)'\]/g)].map(([, name]) => name)
    for (const name of used) expect(script).toContain(`files['${name}'] = (`)
  })

  test('whatever a subject says stays text', () => {
    const said = '</script><script>alert(1)</script><!-- \u2028'
    const hostile: readonly RunEvent[] = [
      { ...RUN_START, subject: { ...RUN_START.subject, name: said } },
      ...pageEvents('CPM-003', { title: { zh: said, en: said }, given: { zh: said, en: said } }, []),
    ]
    const text = htmlReport(hostile)
    expect(text.match(/<script/g)).toHaveLength(2)
    expect(text).not.toContain('alert(1)</script>')
  })

  test('unpacks to the same run, bytes included', async () => {
    const { events: inside, rawOf, labels } = await unpack(packedIn(html))
    const bare = events.map((event) => (event.event === 'message' ? { ...event, raw: '' } : event))
    expect(inside).toEqual(bare)
    for (const event of events) {
      if (event.event !== 'message') continue
      const bytes = Buffer.from(event.raw, 'base64')
      expect(rawOf(event.page, event.n)).toEqual({ size: bytes.length, bytes: new Uint8Array(bytes) })
    }
    expect(labels.fields['amount']?.wire).toBe('txnAmt')
    expect(labels.types['debit']?.house).toBe(true)
  })

  test('five hundred pages stay under two megabytes; bytes that do not fit are those of passes', async () => {
    const large = largeRun(500)
    const text = htmlReport(large)
    expect(HTML_BYTES_MAX).toBeLessThanOrEqual(2_000_000)
    expect(Buffer.byteLength(text)).toBeLessThan(HTML_BYTES_MAX)
    expect(Buffer.byteLength(text)).toBeGreaterThan(HTML_BYTES_MAX * 0.8)
    const { events: inside, rawOf } = await unpack(packedIn(text))
    expect(inside).toHaveLength(large.length)
    expect(rawOf('LIM-490', 1)?.bytes).toBeDefined()
    expect(rawOf('LIM-499', 1)?.bytes).toBeUndefined()
    expect(rawOf('LIM-499', 1)?.size).toBeGreaterThan(0)
  })
})

/** Six messages and four expectations each; every seventh page fails. */
function largeRun(n: number): readonly RunEvent[] {
  const pages = Array.from({ length: n }, (_, index) => {
    const page = `LIM-${String(index).padStart(3, '0')}`
    const messages = [1, 3, 5].flatMap((at) => [
      messageEvent(page, at, { from: SWITCH, to: INSTITUTION, type: 'debit', ms: at + index * 50 }),
      messageEvent(page, at + 1, {
        from: INSTITUTION,
        to: SWITCH,
        type: 'debit.reply',
        ms: at + index * 50,
        fields: REPLY,
        more: { replyTo: at, class: 'OK' },
      }),
    ])
    const expectations = [1, 2, 3, 4].map((at) =>
      expectationEvent(page, at, {
        what: { zh: `第 ${index} 页预期 ${at}`, en: `page ${index} expects ${at}` },
        expected: `OK ${index}`,
        evidence: [at],
      }),
    )
    const about = {
      title: { zh: `限额 ${index}`, en: `Limit ${index}` },
      given: { zh: '余额充足', en: 'Enough balance' },
    }
    return pageEvents(page, about, [...messages, ...expectations], {
      verdict: index % 7 === 0 ? 'fail' : 'pass',
    })
  })
  return [RUN_START, ...pages.flat(), runEnd({ counts: { ...NO_COUNTS, pass: n }, rows: [] })]
}

describe('what the viewer shows', () => {
  const raw = events.find((event) => event.event === 'message')?.raw ?? ''
  const bytes = new Uint8Array(Buffer.from(raw, 'base64'))

  test('the six parts of a message, and where one stops being a message', () => {
    const stretches = stretchesOf(bytes)
    expect(stretches.map(({ name }) => name)).toEqual(['head', 'wrap', 'iv', 'cipher', 'tag', 'sign'])
    expect(stretches.at(-1)?.end).toBe(bytes.length)
    expect(stretches.map(({ end, start }) => end - start)).toEqual([
      expect.any(Number),
      129,
      16,
      expect.any(Number),
      32,
      0,
    ])
    const cut = stretchesOf(bytes.subarray(0, 300))
    expect(cut.at(-1)).toMatchObject({ name: 'torn', end: 300 })
    expect(stretchesOf(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1]))).toEqual([
      { name: 'torn', prefix: 0, start: 0, end: 5 },
    ])
    expect(stretchesOf(new Uint8Array())).toEqual([])
  })

  test('hex with offsets', () => {
    expect(hexLines(new TextEncoder().encode('abc\n'), 1, 4)).toEqual([
      { offset: 1, hex: ['62', '63', '0a'], text: 'bc·' },
    ])
  })

  test('amounts in yuan, and what moved', () => {
    expect(['0', '5', '999', '1000', '-1000', '123456789', 'x'].map(yuan)).toEqual([
      '0.00',
      '0.05',
      '9.99',
      '10.00',
      '-10.00',
      '1,234,567.89',
      'x',
    ])
    expect(difference('5000', '4000')).toBe('−10.00')
    expect(difference('0', '1000')).toBe('+10.00')
    expect(difference('7', '7')).toBe('')
  })

  test('times that pass', () => {
    expect([5, 1000, 61_000, 90_500, 660_000, 83_100_000, 172_800_000].map(gapText)).toEqual([
      '+5 ms',
      '+1 s',
      '+61 s',
      '+90.5 s',
      '+11 min',
      '+23 h 5 min',
      '+2 d',
    ])
    expect(elapsedText(61_004)).toBe('+61.004')
  })

  test('where two texts differ', () => {
    expect(apart('txnAmt = 1000', 'txnAmt = 1000.00')).toEqual({
      start: 'txnAmt = 1000',
      middles: ['', '.00'],
      end: '',
    })
  })

  test('its looks stand in one file without outside references', () => {
    const css = readFileSync(new URL('viewer/style.css', import.meta.url), 'utf8')
    expect(css).not.toMatch(/url\(|@import|@font-face/)
    expect(css).toContain('@media print')
  })
})
