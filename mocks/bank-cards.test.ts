// The bank as issuer: one movement per attempt, a fence where a reversal came first, refunds up to the debit, payouts, a
// slow debit whose end it tells by itself, and a file that lists every movement.
import { describe, expect, test } from 'vitest'
import { audit, type PostingEntry } from '../ledger/ledger.ts'
import { START } from '../store/store.ts'
import { type Fields, open, type RequestType, seal, type Sealed } from '../wire/wire.ts'
import { BANK, deliver, network, STRANGER, SWITCH, testStore } from './acquirer-testbed.ts'
import { bankParty } from './bank.ts'

const NUMBER = '6216261000000000018'
const SIGN: Fields<'bank.sign'> = {
  agreement: 'AGREEMENT001',
  bank: BANK,
  holderName: '测试甲',
  idNumber: '110101199001011237',
  phone: '13800000001',
  cardNumber: NUMBER,
}
type Said = { class: string; state?: string; repeated?: boolean }

async function cardBed() {
  const { clock, sealer } = await network()
  const store = testStore(clock)
  const told: Fields<'bank.notice'>[] = []
  let deaf = 0
  const send = async (_to: string, sealed: Sealed) => {
    const opened = await open(sealer(SWITCH), sealed, { requests: ['bank.notice'] })
    if (opened.kind === 'refused') return { kind: 'no_reply' } as const
    told.push(opened.message.fields as Fields<'bank.notice'>)
    if (deaf > 0) {
      deaf -= 1
      return { kind: 'no_reply' } as const
    }
    const fields = { answer: '00', because: 'ok' }
    const reply = await seal(sealer(SWITCH), { type: 'bank.notice.reply', to: BANK, ref: opened.ref, fields })
    return { kind: 'reply', sealed: reply.sealed } as const
  }
  const world = { ...sealer(BANK), store, send }
  const start = () => bankParty(world, (error) => expect.fail(String(error)))
  const bank = start()
  const say = async <T extends RequestType>(
    type: T,
    fields: Fields<T>,
    to = bank,
  ): Promise<Said & { card?: string }> => {
    const me = sealer(SWITCH)
    const reply = await deliver(me, to, type, await seal(me, { type, to: BANK, fields }))
    const { state, card } = reply.fields as { state?: string; card?: string }
    return {
      class: reply.class,
      repeated: reply.repeated,
      ...(state !== undefined && { state }),
      ...(card !== undefined && { card }),
    }
  }
  const { card = '' } = await say('bank.sign', SIGN)
  const move = (attempt: string, amount = 700n) => ({
    attempt,
    bank: BANK,
    card,
    amount,
    currency: '156',
    purpose: 'PAY',
  })
  const entries = async (): Promise<PostingEntry[]> => {
    const all: PostingEntry[] = []
    for await (const { body } of store.journal(START, { kinds: ['posting'] }))
      all.push((body as { entry: PostingEntry }).entry)
    return all
  }
  return {
    bank,
    card,
    clock,
    entries,
    move,
    say,
    sealer,
    start,
    told,
    deafFor: (times: number) => (deaf = times),
  }
}

const ATTEMPT = 'ATTEMPT00001'
const about = (attempt = ATTEMPT) => ({ attempt, bank: BANK })

describe('an attempt', () => {
  test('moves money once, however often it comes, and also over a restart (BNK-010)', async () => {
    const { bank, card, move, say, start } = await cardBed()
    expect(await say('bank.debit', move(ATTEMPT))).toMatchObject({
      class: 'OK',
      state: 'SUCCESS',
      repeated: false,
    })
    expect(await say('bank.debit', move(ATTEMPT))).toMatchObject({ class: 'OK', repeated: true })
    expect(await say('bank.debit', move(ATTEMPT), start())).toMatchObject({ class: 'OK', repeated: true })
    expect(await bank.movesOf(ATTEMPT)).toBe(1)
    expect(await bank.cardBalance(card)).toBe(10_000_000n - 700n)
    expect(await say('bank.debit', move(ATTEMPT, 701n))).toMatchObject({ class: 'REJ-CONFLICT' })
  })

  test('that was refused stays refused, and one that nobody sent is not found', async () => {
    const { bank, card, move, say } = await cardBed()
    expect(await say('bank.query', about())).toMatchObject({ class: 'NOT_FOUND' })
    expect(await say('bank.debit', move(ATTEMPT, 10_000_001n))).toMatchObject({
      class: 'DECL-FUNDS',
      state: 'FAILED',
    })
    expect(await say('bank.query', about())).toMatchObject({ class: 'OK', state: 'FAILED' })
    expect(await say('bank.debit', move(ATTEMPT, 10_000_001n))).toMatchObject({
      class: 'DECL-FUNDS',
      repeated: true,
    })
    expect(await bank.cardBalance(card)).toBe(10_000_000n)
  })

  test('that is reversed before it comes is fenced; one that was done is undone once', async () => {
    const { bank, card, move, say } = await cardBed()
    expect(await say('bank.reverse', about())).toMatchObject({ class: 'OK', state: 'FENCED' })
    expect(await say('bank.debit', move(ATTEMPT))).toMatchObject({ class: 'DECL-STATE', state: 'FENCED' })
    await say('bank.debit', move('ATTEMPT00002'))
    expect(await say('bank.reverse', about('ATTEMPT00002'))).toMatchObject({ class: 'OK', state: 'REVERSED' })
    expect(await say('bank.reverse', about('ATTEMPT00002'))).toMatchObject({ class: 'OK', repeated: true })
    expect(await bank.cardBalance(card)).toBe(10_000_000n)
    expect(await bank.movesOf('ATTEMPT00002')).toBe(2)
  })

  test('is nobody else’s to send: only the switch speaks to the bank (BNK-011)', async () => {
    const { bank, move, sealer } = await cardBed()
    const me = sealer(STRANGER)
    const sealed = await seal(me, { type: 'bank.debit', to: BANK, fields: move(ATTEMPT) })
    expect(await deliver(me, bank, 'bank.debit', sealed)).toMatchObject({ class: 'REJ-ROUTE' })
    expect(await bank.movesOf(ATTEMPT)).toBe(0)
  })
})

describe('money that goes back', () => {
  test('never passes the debit, and a debit with refunds is not reversed any more', async () => {
    const { bank, card, move, say } = await cardBed()
    await say('bank.debit', move(ATTEMPT))
    const back = (attempt: string, amount: bigint) => ({ ...move(attempt, amount), origAttempt: ATTEMPT })
    expect(await say('bank.refund', back('REFUND000001', 500n))).toMatchObject({ class: 'OK' })
    expect(await say('bank.refund', back('REFUND000002', 201n))).toMatchObject({ class: 'DECL-AMOUNT' })
    expect(await say('bank.refund', back('REFUND000003', 200n))).toMatchObject({ class: 'OK' })
    expect(await say('bank.reverse', about())).toMatchObject({ class: 'DECL-STATE' })
    expect(await bank.cardBalance(card)).toBe(10_000_000n)
  })

  test('is not taken by a closed card (BNK-007)', async () => {
    const { bank, card, move, say } = await cardBed()
    await say('bank.debit', move(ATTEMPT))
    await bank.closeCard(card)
    const back = { ...move('REFUND000001'), origAttempt: ATTEMPT }
    expect(await say('bank.refund', back)).toMatchObject({ class: 'DECL-ACCOUNT', state: 'FAILED' })
    expect(await say('bank.payout', move('PAYOUT000001'))).toMatchObject({ class: 'DECL-ACCOUNT' })
    expect(await bank.cardBalance(card)).toBe(10_000_000n - 700n)
  })
})

describe('what the bank says by itself', () => {
  test('a slow debit is processing, then done, and its end is told until it is heard', async () => {
    const { bank, card, clock, deafFor, move, say, told } = await cardBed()
    await bank.slowCard(card, 30_000)
    expect(await say('bank.debit', move(ATTEMPT))).toMatchObject({ class: 'PENDING', state: 'PENDING' })
    expect(await bank.cardBalance(card)).toBe(10_000_000n)
    deafFor(1)
    for (let second = 0; second < 40; second += 1) {
      clock.move(1_000)
      await bank.work()
    }
    expect(await say('bank.query', about())).toMatchObject({ class: 'OK', state: 'SUCCESS' })
    expect(told.map(({ attempt, state }) => `${attempt} ${state}`)).toEqual([
      `${ATTEMPT} SUCCESS`,
      `${ATTEMPT} SUCCESS`,
    ])
    expect(new Set(told.map(({ notice }) => notice)).size).toBe(1)
  })

  test('a slow debit that is reversed meanwhile is never done', async () => {
    const { bank, card, clock, move, say, told } = await cardBed()
    await bank.slowCard(card, 30_000)
    await say('bank.debit', move(ATTEMPT))
    expect(await say('bank.reverse', about())).toMatchObject({ class: 'OK', state: 'REVERSED' })
    clock.move(60_000)
    await bank.work()
    expect(await bank.cardBalance(card)).toBe(10_000_000n)
    expect(told).toEqual([])
  })
})

test('the file of a day lists every movement under the bank’s own numbers, and the book is whole', async () => {
  const { bank, card, entries, move, say } = await cardBed()
  await say('bank.debit', move(ATTEMPT))
  await say('bank.debit', move('ATTEMPT00002', 300n))
  await say('bank.reverse', about('ATTEMPT00002'))
  await say('bank.refund', { ...move('REFUND000001', 200n), origAttempt: ATTEMPT })
  await say('bank.payout', move('PAYOUT000001', 50n))
  expect(await bank.cardFile('20261122')).toBe(
    [
      `H|${BANK}|20261122`,
      'C|000000000001|ATTEMPT00001|DEBIT|700|156|20261122',
      'C|000000000002|ATTEMPT00002|DEBIT|300|156|20261122',
      'C|000000000003|ATTEMPT00002|REVERSAL|300|156|20261122',
      'C|000000000004|REFUND000001|REFUND|200|156|20261122',
      'C|000000000005|PAYOUT000001|PAYOUT|50|156|20261122',
      'T|5|1550',
      '',
    ].join('\n'),
  )
  expect(await bank.cardBalance(card)).toBe(10_000_000n - 450n)
  expect(audit(await entries(), new Map())).toEqual([])
})
