// What a person reads at the end: the verdict first, every failure down to the line that replays it, within the width.
import { expect, test } from 'vitest'
import { padTo, widthOf, wrap } from './columns.ts'
import { fixture } from './fixture.ts'
import { terminalSummary } from './reports.ts'

const events = fixture()

test('the verdict first, in words; colour only when asked for', () => {
  const plain = terminalSummary(events, { lang: 'en', colour: false, width: 80 })
  expect(plain.split('\n')[0]).toBe('✗ Not conforming')
  expect(plain).not.toContain('\u001b[')
  const coloured = terminalSummary(events, { lang: 'en', colour: true, width: 80 })
  expect(coloured).toContain('\u001b[')
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
})

test('a failure: expected over observed, aligned, field, clause, offset, then the replay line', () => {
  const lines = terminalSummary(events, { lang: 'en', colour: false, width: 100 }).split('\n')
  const at = lines.indexOf('    Every field of the reply is well formed')
  expect(lines.slice(at + 1, at + 9)).toEqual([
    '      expected  txnAmt = 1000',
    '      observed  txnAmt = 1000.00',
    '      field     txnAmt',
    '      rule      whole minor units above zero: no sign, no leading zero, no decimals',
    '      clause    UP-QRC-3.5',
    '      offset    byte 147 of the decrypted domain',
    '      evidence  #4',
    '      whose     the subject',
  ])
  expect(lines).toContain(
    '      replay    npx sifang certify --profile unionpay --seed 20261122 --page CPM-002',
  )
})

test('what was not shown is grouped by its reason', () => {
  const text = terminalSummary(events, { lang: 'zh', colour: false, width: 90 })
  expect(text).toContain('  ?    2  被测方没有控制接口，无法设置余额\n         LIM-004 LIM-005')
})

test('no line is wider than the terminal, in either language, but the one to be copied is never torn', () => {
  for (const lang of ['zh', 'en'] as const)
    for (const width of [60, 80, 100])
      for (const line of terminalSummary(events, { lang, colour: false, width }).split('\n'))
        if (!/ npx sifang certify .* --page [\w.-]+$/.test(line))
          expect(widthOf(line), line).toBeLessThanOrEqual(width)
})

test('wide characters take two columns, combining marks none', () => {
  expect(widthOf('abc')).toBe(3)
  expect(widthOf('四方 Sifang')).toBe(11)
  expect(widthOf('e\u0301')).toBe(1)
  expect(padTo('字段', 6)).toBe('字段  ')
})

test('wrapping keeps words whole and closing marks with what they close', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three'])
  expect(wrap('余额不足，拒绝。', 8)).toEqual(['余额不', '足，拒', '绝。'])
  expect(wrap('x'.repeat(10), 4)).toEqual(['xxxx', 'xxxx', 'xx'])
  expect(wrap('', 10)).toEqual([''])
})
