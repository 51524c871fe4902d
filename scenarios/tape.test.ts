// A tape that is written is read again as it was; one that somebody has changed is refused with line and member.
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { PROFILES } from '../wire/wire.ts'
import { inProcessStage } from './in-process.ts'
import { loadPages } from './load.ts'
import { INSTITUTION } from './parties.ts'
import { play } from './play.ts'
import type { Seen } from './seen.ts'
import { tapeText } from './tape.ts'
import { readTape } from './tape-read.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')
const { pages } = await loadPages(fileURLToPath(new URL('pages', import.meta.url)))

async function recorded(name: string): Promise<{ seen: readonly Seen[]; text: string }> {
  const page = pages.find((one) => one.name === name) ?? expect.fail(name)
  const stage = await inProcessStage({ profile, seed: '1', sink: () => undefined })
  let number = 0
  await play(stage, page, { tag: 's1', nextNumber: () => (number += 1) })
  const seen = stage.recorder.seen()
  const at = seen[0]?.at ?? expect.fail('nothing was seen')
  const of = { profile: 'sim', seed: '1', recorded: name, by: 'test', subject: INSTITUTION }
  return { seen, text: tapeText({ ...of, at, clock: 'virtual' }, seen) }
}

let cpm = { seen: [] as readonly Seen[], text: '' }
let lifted = cpm
beforeAll(async () => {
  cpm = await recorded('CPM-001')
  lifted = await recorded('SEC-013')
})

/** Undefined members are no difference between what was seen and what was read. */
const plain = (seen: readonly Seen[]): unknown =>
  seen.map((one) => {
    const { line: _line, ...rest } = one as Seen & { line?: number }
    return JSON.parse(
      JSON.stringify(rest, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    ) as unknown
  })

describe('a tape that was written', () => {
  test('is read as what was seen, amounts and bytes included', () => {
    const read = readTape(cpm.text)
    if ('fault' in read) throw new Error(read.fault.said.en)
    expect(plain(read.tape.lines)).toEqual(plain(cpm.seen))
    expect(read.tape.head).toMatchObject({ recorded: 'CPM-001', clock: 'virtual', subject: INSTITUTION })
  })
  test('says of itself that it holds unmasked test data, and does', () => {
    const [head = '', ...rest] = cpm.text.split('\n')
    expect(head).toContain('unmasked test data')
    expect(rest.join('\n')).toMatch(/"code":"62[0-9]{17}"/)
  })
  test('a bent message keeps what it was bent from, a borrowed block by the number of its lender', () => {
    const read = readTape(lifted.text)
    if ('fault' in read) throw new Error(read.fault.said.en)
    const messages = read.tape.lines.filter((one) => one.kind === 'message')
    const bent = messages.find(({ made }) => made?.forge.lift !== undefined) ?? expect.fail('none is bent')
    const lender = messages.find(({ sealed }) => sealed === bent.made?.forge.lift)
    expect(lender?.type).toBe('debit')
    expect(lender?.n).toBeLessThan(bent.n)
  })
})

describe('a tape that was changed', () => {
  /** The line of the first message of a type, and the tape with that line changed. */
  const changed = (mark: string, from: string | RegExp, to: string): { text: string; line: number } => {
    const lines = cpm.text.split('\n')
    const index = lines.findIndex((one) => one.includes(mark))
    expect(index, mark).toBeGreaterThan(0)
    const before = lines[index] ?? ''
    const after = before.replace(from, to)
    expect(after, 'the change must change something').not.toBe(before)
    lines[index] = after
    return { text: lines.join('\n'), line: index + 1 }
  }
  const DEBIT = '"type":"debit"'
  test.each([
    ['a missing number of bytes', DEBIT, /"raw":"[^"]*"/, '"raw":"AAA"', 'raw: must be base64'],
    ['an instant', DEBIT, /"at":"[^"]*"/, '"at":"10:00"', 'at: must be an instant such as'],
    ['a missing member', DEBIT, /"from":"[0-9]*",/, '', 'from: is missing'],
    ['an unknown member', DEBIT, '"n":', '"colour":1,"n":', 'colour: is no member here; there are: n, at'],
    ['an unknown type', DEBIT, DEBIT, '"type":"dbit"', 'type: is no type of message'],
    ['an unknown field', DEBIT, '"amount":', '"amuont":', 'fields.amuont: is no field of debit'],
    ['an amount that is a number', DEBIT, '"amount":"1000"', '"amount":1000', 'fields.amount: must be text'],
    ['an amount in yuan', DEBIT, '"amount":"1000"', '"amount":"10.00"', 'must be whole minor units'],
    ['a fate', DEBIT, '"fate":"delivered"', '"fate":"gone"', 'fate: must be one of delivered, lost, late'],
    [
      'a reply to nothing',
      '"type":"debit.reply"',
      /"replyTo":\d+/,
      '"replyTo":99',
      'replyTo: there is no message 99',
    ],
    ['a number used before', '"type":"debit.reply"', /"n":\d+/, '"n":1', 'n: line '],
    ['a call without status', '"call":"GET"', /"status":\d+,/, '', 'status: is missing'],
    ['an unknown verb', '"call":"GET"', '"GET"', '"FETCH"', 'call: must be one of GET, POST, PUT'],
    ['neither message nor call', '"call":"GET"', '"call"', '"cal"', 'is neither a message (n) nor a call'],
    ['no JSON', DEBIT, '{', '', 'must be one JSON object'],
  ])('%s is said with its line', (_, mark, from, to, expected) => {
    const { text, line } = changed(mark, from, to)
    const read = readTape(text)
    if ('tape' in read) return expect.fail('it was read')
    expect(read.fault.line).toBe(line)
    expect(read.fault.said.en).toContain(expected)
    expect(read.fault.said.zh).not.toBe(read.fault.said.en)
  })
  test.each([
    ['nothing', '', 'is no tape: its first line must be'],
    ['another file', '{"event":"run.start"}\n', 'is no tape: its first line must be'],
    ['another version', '{"tape":2}\n', 'version 2 is not known, this Sifang reads 1'],
    ['half a header', '{"tape":1,"profile":"sim"}\n', 'seed: is missing'],
  ])('%s is no tape', (_, text, expected) => {
    const read = readTape(text)
    if ('tape' in read) return expect.fail('it was read')
    expect(read.fault).toMatchObject({ line: 1 })
    expect(read.fault.said.en).toContain(expected)
  })
  test('one that was cut off in its last line says so', () => {
    const cut = readTape(cpm.text.slice(0, -40))
    if ('tape' in cut) return expect.fail('it was read')
    expect(cut.fault.line).toBe(cpm.text.split('\n').length - 1)
    expect(cut.fault.said.en).toContain('delete this line')
  })
  test('what a bent message is made from is read as strictly', () => {
    const wrong = lifted.text.replace(/"lift":\d+/, '"lift":99')
    expect(wrong).not.toBe(lifted.text)
    const read = readTape(wrong)
    if ('tape' in read) return expect.fail('it was read')
    expect(read.fault.said.en).toBe('made.forge.lift: there is no message 99 before this one')
    const unknown = readTape(lifted.text.replace(/"lift":\d+/, '"lfit":1'))
    expect('fault' in unknown && unknown.fault.said.en).toContain('made.forge.lfit: is no member here')
  })
})
