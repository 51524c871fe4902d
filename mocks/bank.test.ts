// The bank: one movement per instruction, guarded accounts, gapless trace numbers, and a statement that says it all.
import { describe, expect, test } from 'vitest'
import { audit, type PostingEntry } from '../ledger/ledger.ts'
import { START } from '../store/store.ts'
import { type Fields, seal } from '../wire/wire.ts'
import { ACQUIRER, BANK, deliver, network, STRANGER, SWITCH, testStore } from './acquirer-testbed.ts'
import { bankParty } from './bank.ts'

const instruction = (more: Partial<Fields<'settle'>> = {}): Fields<'settle'> => ({
  instruction: '20261122-0001',
  clearingDay: '20261122',
  payer: STRANGER,
  payee: SWITCH,
  amount: 700n,
  currency: '156',
  ...more,
})

async function bankBed() {
  const { clock, sealer } = await network()
  const store = testStore(clock)
  const world = { ...sealer(BANK), store, send: async () => ({ kind: 'not_sent' }) as const }
  const bank = bankParty(world)
  await bank.open(STRANGER, 1000n)
  await bank.open(SWITCH, 0n)
  await bank.open(ACQUIRER, 500n)
  const settle = async (fields: Fields<'settle'>, from = SWITCH as string, to = bank) => {
    const me = sealer(from)
    const sealed = await seal(me, { type: 'settle', to: BANK, fields })
    const reply = await deliver(me, to, 'settle', sealed)
    return { ...reply, trace: (reply.fields as Fields<'settle.reply'>).trace, sealed, me }
  }
  const entries = async (): Promise<PostingEntry[]> => {
    const all: PostingEntry[] = []
    for await (const { body } of store.journal(START, { kinds: ['posting'] }))
      all.push((body as { entry: PostingEntry }).entry)
    return all
  }
  return { clock, store, world, bank, settle, entries }
}

describe('settle', () => {
  test('moves the money between the two accounts and gives a trace number', async () => {
    const { bank, settle, entries } = await bankBed()
    expect(await settle(instruction())).toMatchObject({ class: 'OK', trace: '000000000001', repeated: false })
    expect([await bank.balance(STRANGER), await bank.balance(SWITCH)]).toEqual([300n, 700n])
    expect((await entries()).at(-1)).toEqual({
      id: 'trace:000000000001',
      currency: '156',
      lines: [
        { account: `ACC:${STRANGER}`, side: 'debit', amount: 700n },
        { account: `ACC:${SWITCH}`, side: 'credit', amount: 700n },
      ],
    })
  })

  test('the same instruction again, also at once, moves nothing more and says the same (STL-022)', async () => {
    const { bank, settle } = await bankBed()
    const replies = await Promise.all([settle(instruction()), settle(instruction()), settle(instruction())])
    expect(replies.map(({ trace }) => trace)).toEqual(['000000000001', '000000000001', '000000000001'])
    expect(replies.filter(({ repeated }) => repeated)).toHaveLength(2)
    expect(await bank.balance(STRANGER)).toBe(300n)
  })

  test.each([{ amount: 701n }, { payee: ACQUIRER }, { clearingDay: '20261123' }])(
    'the same instruction with %o is a conflict',
    async (other) => {
      const { bank, settle } = await bankBed()
      await settle(instruction())
      expect(await settle(instruction(other))).toMatchObject({ class: 'REJ-CONFLICT', trace: undefined })
      expect([await bank.balance(STRANGER), await bank.balance(ACQUIRER)]).toEqual([300n, 500n])
    },
  )

  test('an account never falls below zero, and a no stays a no under its instruction', async () => {
    const { bank, settle } = await bankBed()
    expect(await settle(instruction({ amount: 1001n }))).toMatchObject({
      class: 'DECL-FUNDS',
      trace: undefined,
    })
    expect(await bank.balance(STRANGER)).toBe(1000n)
    await settle(
      instruction({ instruction: '20261122-0002', payer: ACQUIRER, payee: STRANGER, amount: 500n }),
    )
    expect(await settle(instruction({ amount: 1001n }))).toMatchObject({
      class: 'DECL-FUNDS',
      repeated: true,
    })
    expect(await settle(instruction({ instruction: '20261122-0003', amount: 1500n }))).toMatchObject({
      class: 'OK',
    })
    expect(await bank.balance(STRANGER)).toBe(0n)
  })

  test('two at once cannot both spend the same money', async () => {
    const { bank, settle } = await bankBed()
    const both = ['20261122-0001', '20261122-0002'].map((name) => settle(instruction({ instruction: name })))
    expect((await Promise.all(both)).map((reply) => reply.class).sort()).toEqual(['DECL-FUNDS', 'OK'])
    expect(await bank.balance(STRANGER)).toBe(300n)
  })

  test.each([
    [{ currency: '840' }, 'DECL-CURR'],
    [{ payer: '99999999' }, 'DECL-ACCOUNT'],
    [{ payee: '99999999' }, 'DECL-ACCOUNT'],
    [{ payee: STRANGER }, 'DECL-ACCOUNT'],
  ])('%o is declined with %s and takes no trace number', async (more, said) => {
    const { bank, settle } = await bankBed()
    expect(await settle(instruction(more))).toMatchObject({ class: said, trace: undefined })
    expect(await settle(instruction({ instruction: '20261122-0009' }))).toMatchObject({
      trace: '000000000001',
    })
    expect(await bank.balance(STRANGER)).toBe(300n)
  })

  test('only the switch instructs, and the same bytes again are a replay', async () => {
    const { clock, bank, settle } = await bankBed()
    expect(await settle(instruction(), STRANGER)).toMatchObject({ class: 'REJ-ROUTE' })
    expect(await bank.balance(STRANGER)).toBe(1000n)
    const first = await settle(instruction())
    clock.move(299_000)
    expect(await deliver(first.me, bank, 'settle', first.sealed)).toMatchObject({ class: 'REJ-REPLAY' })
  })
})

describe('what the bank keeps', () => {
  test('a successor over the same store goes on with the next trace number and knows the instruction', async () => {
    const { world, settle } = await bankBed()
    await settle(instruction({ amount: 100n }))
    const successor = bankParty(world)
    const next = instruction({ instruction: '20261122-0002', amount: 50n })
    expect(await settle(next, SWITCH, successor)).toMatchObject({ class: 'OK', trace: '000000000002' })
    expect(await settle(instruction({ amount: 100n }), SWITCH, successor)).toMatchObject({
      trace: '000000000001',
    })
    expect(await successor.balance(STRANGER)).toBe(850n)
  })

  test('the statement has one line per movement of the day, and a trailer that counts and adds', async () => {
    const { bank, settle } = await bankBed()
    await settle(instruction())
    await settle(instruction({ instruction: '20261122-0002', payer: SWITCH, payee: ACQUIRER, amount: 200n }))
    await settle(instruction({ instruction: '20261123-0001', clearingDay: '20261123', amount: 1n }))
    await settle(instruction({ instruction: '20261122-0003', amount: 9999n }))
    expect(await bank.statement('20261122')).toBe(
      `H|${BANK}|20261122\n` +
        `M|000000000001|20261122-0001|${STRANGER}|${SWITCH}|700|156|20261122\n` +
        `M|000000000002|20261122-0002|${SWITCH}|${ACQUIRER}|200|156|20261122\n` +
        'T|2|900\n',
    )
    expect(await bank.statement('20261124')).toBe(`H|${BANK}|20261124\nT|0|0\n`)
  })

  test('a statement longer than a page loses and repeats nothing', async () => {
    const { bank, settle } = await bankBed()
    for (let n = 0; n < 501; n += 1)
      await settle(instruction({ instruction: `20261122-${String(n).padStart(4, '0')}`, amount: 1n }))
    const lines = (await bank.statement('20261122')).trimEnd().split('\n')
    expect(new Set(lines.slice(1, -1).map((line) => line.split('|')[1])).size).toBe(501)
    expect(lines.at(-1)).toBe('T|501|501')
  })

  test('an account opens once, and its book is sound', async () => {
    const { bank, settle, entries } = await bankBed()
    await bank.open(STRANGER, 1000n)
    expect(await bank.balance(STRANGER)).toBe(1000n)
    await expect(bank.open(STRANGER, 5n)).rejects.toThrow('is open')
    await settle(instruction())
    const vault = [`ACC:${STRANGER}`, `ACC:${SWITCH}`, `ACC:${ACQUIRER}`] as const
    const claimed = new Map([
      [vault[0], 300n],
      [vault[1], 700n],
      [vault[2], 500n],
      ['ACC:vault', -1500n],
    ])
    expect(audit(await entries(), claimed)).toEqual([])
  })

  test('it has no work of its own', async () => {
    const { bank } = await bankBed()
    expect([await bank.work(), await bank.nextDue(), bank.inFlight(), bank.me]).toEqual([
      0,
      undefined,
      0,
      BANK,
    ])
  })
})
