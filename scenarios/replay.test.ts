// Tapes played again: our institution answers as it did, whatever was recorded; with names, codes and keys of the new run;
// and each mutation does what it is called, and no more. A changed answer on a tape is found.
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { rulings } from '../conformance/conformance.ts'
import { beijingTime, decodeHead, type Head, PROFILES, readFrame } from '../wire/wire.ts'
import { notApplicable } from './applies.ts'
import { inProcessStage } from './in-process.ts'
import { loadPages } from './load.ts'
import { inwardRequests, readMutations } from './mutation.ts'
import { INSTITUTION } from './parties.ts'
import { play } from './play.ts'
import { lacking, replay, type Replayed } from './replay.ts'
import type { Seen } from './seen.ts'
import type { Stage } from './stage.ts'
import { type Tape, tapeText } from './tape.ts'
import { readTape } from './tape-read.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')
const { pages } = await loadPages(fileURLToPath(new URL('pages', import.meta.url)))

const stageOf = (seed: string): Promise<Stage> => inProcessStage({ profile, seed, sink: () => undefined })

function tapeOf(text: string): Tape {
  const read = readTape(text)
  if ('fault' in read) throw new Error(`${read.fault.line}: ${read.fault.said.en}`)
  return read.tape
}

/** Pages played one after the other on one stage, each as a tape. */
async function record(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const stage = await stageOf('1')
  const tapes = new Map<string, string>()
  let number = 0
  for (const page of pages.filter(({ name }) => names.includes(name))) {
    await play(stage, page, { tag: 's1', nextNumber: () => (number += 1) })
    const seen = stage.recorder.seen()
    const of = { profile: 'sim', seed: '1', recorded: page.name, by: 'test', subject: INSTITUTION }
    tapes.set(page.name, tapeText({ ...of, at: seen[0]?.at ?? 0, clock: 'virtual' }, seen))
  }
  return tapes
}

async function played(tape: Tape, mutate?: string, stage?: Stage, tag?: string): Promise<Replayed> {
  const read = mutate === undefined ? { mutations: [] } : readMutations(mutate, tape)
  if ('fault' in read) throw new Error(read.fault.en)
  const { mutations } = read
  const on = stage ?? (await stageOf('replay'))
  return replay({ stage: on, tape, mutations, ...(tag !== undefined && { tag }) })
}

const headsIn = (seen: readonly Seen[]): readonly Head[] =>
  seen.flatMap((one) => {
    const frame = one.kind === 'message' ? readFrame(one.sealed.bytes) : { fault: '' }
    const read = 'fault' in frame ? frame : decodeHead(frame.parts.head)
    return 'head' in read ? [read.head] : []
  })

const wrong = (seen: readonly Seen[]): readonly string[] =>
  rulings(seen)
    .filter(({ result }) => result === 'violated' || result === 'disputed')
    .map(({ invariant, because }) => `${invariant}: ${because.en}`)

/** What the switch asks plays again as it was. What a wallet or a till begins by itself names numbers that a replay does not
 *  translate yet (docs/tapes.md). */
const TAPED = new Set(['control', 'ledger-export', 'clock', 'restart', 'wallet', 'void'])
/** All of them in the full form. */
const EVERY = import.meta.env.MODE === 'full' ? 1 : 9

test('every tape of every page gives the same answers again, and no invariant is violated', async () => {
  const chosen = pages
    .filter(
      ({ page }) => page.needs.every((need) => TAPED.has(need)) && notApplicable(profile, page) === undefined,
    )
    .filter((_, at) => at % EVERY === 0)
    .map(({ name }) => name)
  let [sent, compared] = [0, 0]
  // Each on a stage of its own: what a wallet still had to do from the page before is no part of the next one's tape.
  for (const name of chosen) {
    const tape = tapeOf((await record([name])).get(name) ?? expect.fail(name))
    const done = await played(tape)
    expect({ name, differences: done.differences, wrong: wrong(done.seen) }).toEqual({
      name,
      differences: [],
      wrong: [],
    })
    expect(done.sent, name).toBe(inwardRequests(tape).length)
    expect(done.compared, name).toBeGreaterThan(done.sent)
    sent += done.sent
    compared += done.compared
  }
  expect(sent).toBeGreaterThan(chosen.length * 2)
  expect(compared).toBeGreaterThan(chosen.length * 8)
}, 300_000)

let tapes: ReadonlyMap<string, string> = new Map()
const text = (name: string): string => tapes.get(name) ?? expect.fail(name)
beforeAll(async () => {
  tapes = await record(['CPM-001', 'RFD-002', 'SEC-009.nonce', 'REV-017', 'COD-002', 'SEC-013'])
})

describe('what a new run gives anew', () => {
  test('codes, tokens, message ids and nonces of the tape are nowhere in it', async () => {
    const tape = tapeOf(text('RFD-002'))
    const { seen } = await played(tape)
    const old = text('RFD-002').matchAll(/"(?:code|token)":"([0-9]{16,19})"/g)
    const names = new Set([...old].map(([, name]) => name ?? ''))
    expect(names.size).toBe(2)
    const said = seen.map((one) => (one.kind === 'call' ? [one.path, one.request, one.reply] : one.fields))
    const now = JSON.stringify(said, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
    expect([...names].filter((name) => now.includes(name))).toEqual([])
    const before = new Set(headsIn(tape.lines).flatMap(({ id, nonce }) => [id, nonce]))
    expect(before.size).toBeGreaterThan(20)
    expect(headsIn(seen).filter(({ id, nonce }) => before.has(id) || before.has(nonce))).toEqual([])
  })
  test('before a subject that keeps what it has, users and orders are new, and a later day changes nothing', async () => {
    const stage = await stageOf('kept')
    for (const tag of ['r1', 'r2', 'r3'])
      for (const name of ['RFD-002', 'COD-002', 'SEC-009.nonce', 'REV-017']) {
        const done = await played(tapeOf(text(name)), undefined, stage, tag)
        expect({ tag, name, found: done.differences }).toEqual({ tag, name, found: [] })
        expect(wrong(done.seen)).toEqual([])
      }
    const [first, last] = [
      tapeOf(text('CPM-001')),
      await played(tapeOf(text('CPM-001')), undefined, stage, 'r4'),
    ]
    const debitIn = (all: readonly Seen[]) =>
      all.find((one) => one.kind === 'message' && one.type === 'debit')
    const [then, now] = [debitIn(first.lines), debitIn(last.seen)]
    if (then?.kind !== 'message' || now?.kind !== 'message') return expect.fail('no debit')
    const day = (at: number): string => beijingTime(at).slice(0, 8)
    expect(now.fields).toMatchObject({ orderTime: beijingTime(now.at), clearingDay: day(now.at) })
    expect(then.fields).toMatchObject({ orderTime: beijingTime(then.at), clearingDay: day(then.at) })
    expect((now.at - then.at) % (24 * 3600_000), 'the same time of another day').toBe(0)
    expect(now.at).toBeGreaterThan(then.at)
    const again = await played(tapeOf(text('RFD-002')), undefined, stage, 'r3')
    expect(again.differences.length, 'the same names twice are not new').toBeGreaterThan(0)
  })
})

test('a block that was borrowed then is borrowed now, from the message of this run', async () => {
  const { seen } = await played(tapeOf(text('SEC-013')))
  const cipher = (one: Seen): string => {
    const frame = one.kind === 'message' ? readFrame(one.sealed.bytes) : { fault: '' }
    return 'parts' in frame ? Buffer.from(frame.parts.cipher).toString('hex') : ''
  }
  const bent = seen.find((one) => one.kind === 'message' && one.made?.forge.lift !== undefined)
  const asked = seen.filter((one) => one.kind === 'message' && one.to === INSTITUTION && one !== bent)
  expect(asked.map(cipher)).toContain(cipher(bent ?? expect.fail('none is bent')))
})

test('what the subject did not hear then it does not hear now, and waits as long', async () => {
  const lost = text('CPM-001').replace(
    /("type":"token.apply.reply".*?"fate":)"delivered"/,
    (_, before: string) => `${before}"lost"`,
  )
  expect(lost).not.toBe(text('CPM-001'))
  const done = await played(tapeOf(lost))
  expect(done.differences).toContainEqual(
    expect.objectContaining({ member: 'status', expected: '200', observed: '409' }) as object,
  )
  const [asked] = done.seen.filter((one) => one.kind === 'message' && one.type === 'token.apply')
  const signUp = done.seen.find((one) => one.kind === 'call' && one.path.endsWith('/sign-up'))
  expect((signUp?.at ?? 0) - (asked?.at ?? 0)).toBeGreaterThanOrEqual(1_000)
})

describe('what differs is found', () => {
  const answers = async (from: string, to: string): Promise<Replayed> => {
    const changed = text('RFD-002').replace(from, to)
    expect(changed).not.toBe(text('RFD-002'))
    return played(tapeOf(changed))
  }
  test('a class, with the number of its request, as on the tape and as now', async () => {
    const done = await answers(
      '"type":"credit.reply","fields":{"answer":"00"',
      '"type":"credit.reply","fields":{"answer":"64"',
    )
    expect(done.differences).toMatchObject([
      { n: 7, what: 'credit', member: 'class', expected: 'DECL-FUNDS', observed: 'OK' },
    ])
  })
  test('an amount, a state, a balance, a posting', async () => {
    expect((await answers('"refundedTotal":"3000"', '"refundedTotal":"2999"')).differences).toMatchObject([
      { member: 'refundedTotal', expected: '2999', observed: '3000' },
    ])
    expect((await answers('"state":"PART_REFUNDED"', '"state":"REFUNDED"')).differences).toMatchObject([
      { member: 'state', expected: 'REFUNDED', observed: 'PART_REFUNDED' },
    ])
    const balances = text('RFD-002').match(/"available":"[0-9]+"/g) ?? []
    const last = balances.at(-1) ?? expect.fail('no balance')
    const at = text('RFD-002').lastIndexOf(last)
    const poorer = `${text('RFD-002').slice(0, at)}"available":"1"${text('RFD-002').slice(at + last.length)}`
    expect((await played(tapeOf(poorer))).differences).toMatchObject([{ member: 'available', expected: '1' }])
    const booked = text('RFD-002').replaceAll(
      '\\"side\\":\\"debit\\",\\"amount\\":\\"7000\\"',
      '\\"side\\":\\"debit\\",\\"amount\\":\\"7001\\"',
    )
    expect((await played(tapeOf(booked))).differences[0]).toMatchObject({
      member: 'posting 3',
      expected: expect.stringContaining('7001') as string,
      observed: expect.stringContaining('7000') as string,
    })
  })
  test('a question of the subject that is not on the tape, and one that it does not ask', async () => {
    const lines = text('CPM-001').split('\n')
    const asked = lines.findIndex((one) => one.includes('"type":"code.apply"'))
    const less = await played(tapeOf(lines.toSpliced(asked, 2).join('\n')))
    expect(less.differences).toContainEqual(
      expect.objectContaining({ what: 'code.apply', observed: 'once more' }) as object,
    )
    const call = lines.findIndex((one) => one.includes('/codes"'))
    const more = await played(tapeOf(lines.toSpliced(call, 1).join('\n')))
    expect(more.differences).toContainEqual(
      expect.objectContaining({ what: 'code.apply', observed: 'not asked' }) as object,
    )
    expect(more.strange, 'its code was never given in this run').toEqual([5])
  })
  test('a subject without a clock is not told about a tape that waits', async () => {
    const stage = await stageOf('still')
    const subject = { ...stage.subject, features: new Set(['control', 'wallet', 'ledger-export'] as const) }
    const of = (name: string) =>
      lacking({ stage: { ...stage, subject }, tape: tapeOf(text(name)), mutations: [] })
    expect(of('CPM-001')).toEqual([])
    expect(of('COD-002')).toEqual(['clock'])
    expect(of('REV-017')).toEqual(['clock', 'restart'])
  })
})

describe('mutations', () => {
  const classOf = (done: Replayed, n: number): string | undefined =>
    done.differences.find((one) => one.n === n && one.member === 'class')?.observed
  const mutated = async (mutate: string): Promise<Replayed> => {
    const done = await played(tapeOf(text('RFD-002')), mutate)
    expect(wrong(done.seen), mutate).toEqual([])
    return done
  }
  // RFD-002: 5 debit 10000, 7 credit 3000, 9 query, 11 credit 7001 (declined), 13 credit 7000, then queries.
  test('dup: the same content in a fresh message has the same answer and no effect', async () => {
    const done = await mutated('dup@7,dup@5')
    expect(done.effects.map(({ mutation, what, answer }) => [mutation, what, answer['class']])).toEqual([
      ['dup@5', 'debit', 'OK'],
      ['dup@7', 'credit', 'OK'],
    ])
    expect(done.differences).toEqual([])
    expect(done.sent).toBe(inwardRequests(tapeOf(text('RFD-002'))).length + 2)
  })
  test('replay: the very same bytes are refused', async () => {
    const { effects, differences } = await mutated('replay@7')
    expect(effects).toMatchObject([{ mutation: 'replay@7', answer: { class: 'REJ-REPLAY' } }])
    expect(differences).toEqual([])
  })
  test('late: it was made when it was made, so past the skew it is stale; before that it comes behind what follows', async () => {
    expect(classOf(await mutated('late@7:400s'), 7)).toBe('REJ-REPLAY')
    const late = await mutated('late@7:40s')
    const order = late.seen.flatMap((one) =>
      one.kind === 'message' && one.type === 'credit' ? [one.at] : [],
    )
    expect((order.at(-1) ?? 0) - (order[0] ?? 0)).toBe(40_000)
    expect(classOf(late, 11), '7001 of 10000 is allowed while 3000 is still on its way').toBe('OK')
  })
  test('swap: each goes in the place of the other', async () => {
    const done = await mutated('swap@7:11')
    expect([classOf(done, 11), classOf(done, 7)]).toEqual(['OK', 'DECL-AMOUNT'])
  })
  test('drop: it never goes out', async () => {
    const done = await mutated('drop@7')
    expect(done.sent).toBe(inwardRequests(tapeOf(text('RFD-002'))).length - 1)
    expect(done.differences.some(({ n }) => n === 7)).toBe(false)
    expect(classOf(done, 11)).toBe('OK')
  })
  test('amount: one fen more or less', async () => {
    const done = await mutated('amount@13:+1')
    expect(classOf(done, 13)).toBe('DECL-AMOUNT')
    const less = await mutated('amount@7:-2999,dup@7')
    expect(less.effects).toMatchObject([{ answer: { class: 'OK', amount: '1' } }])
  })
  test('lost: its reply is heard by nobody, and is evidence all the same', async () => {
    const done = await mutated('lost@7,dup@7')
    const replies = done.seen.flatMap((one) =>
      one.kind === 'message' && one.type === 'credit.reply' ? [one] : [],
    )
    expect(replies.map(({ fate }) => fate).slice(0, 2)).toEqual(['lost', 'delivered'])
    expect(replies[0]?.fields?.['answer']).toBe('00')
  })
  test('several copies go in the order in which they were written', async () => {
    const done = await mutated('dup@7,replay@7,dup@7')
    expect(done.effects.map(({ mutation }) => mutation)).toEqual(['dup@7', 'replay@7', 'dup@7'])
  })
  const COULD = 'there could be meant: 5 debit, 7 credit'
  test.each([
    ['dup@6', `6 is the reply to 5 (debit.reply); ${COULD}`],
    ['dup@1', `1 is what the subject itself asked (token.apply); ${COULD}`],
    ['dup@99', `the tape holds no message 99; ${COULD}`],
    ['swap@5:8', `8 is the reply to 7 (credit.reply); ${COULD}`],
    ['swap@5:5', 'a message is not exchanged with itself'],
    ['swap@5', 'swap takes two numbers'],
    ['late@5', 'late takes a duration'],
    ['late@5:soon', 'late takes a duration'],
    ['dup@5:2', 'dup takes the number of a message only'],
    ['amount@5:1', 'amount takes a change in minor units'],
    ['amount@9:+1', '9 is debit.query, which carries no amount'],
    ['amount@7:-3000', 'its amount is 3000, which leaves nothing'],
    ['drop@5,dup@5', 'a message that is dropped cannot be changed as well'],
    ['double@5', 'is no mutation; such as: dup@3'],
    ['', 'is no mutation; such as: dup@3'],
  ])('“%s” is refused: %s', (written, expected) => {
    const read = readMutations(written, tapeOf(text('RFD-002')))
    if ('mutations' in read) return expect.fail('it was taken')
    expect(read.fault.en).toContain(expected)
    expect(read.fault.zh).not.toBe(read.fault.en)
  })
  test('a request that was lost on its way, and one past the subject, are told apart', async () => {
    const network = await record(['REV-002.network'])
    const tape = tapeOf(network.get('REV-002.network') ?? expect.fail('no tape'))
    const of = (fits: (one: Seen) => boolean): number => {
      const found = tape.lines.find(fits)
      return found?.kind === 'message' ? found.n : expect.fail('no such message')
    }
    const lost = of((one) => one.kind === 'message' && one.fate === 'lost' && one.type === 'debit')
    const past = of((one) => one.kind === 'message' && one.type === 'purchase')
    const said = (n: number): string => {
      const read = readMutations(`dup@${n}`, tape)
      return 'fault' in read ? read.fault.en : 'taken'
    }
    expect(said(lost)).toContain('was lost on its way; the subject never heard it')
    expect(said(past)).toContain('past the subject')
  })
})
