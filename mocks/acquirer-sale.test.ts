// The till against a switch that says what the row says: selling, and asking for what is not known.
import { describe, expect, test } from 'vitest'
import { answerFields, type Fields } from '../wire/wire.ts'
import { SALE_HEARS, SALE_NEXT, type SaleState } from './acquirer.ts'
import {
  acquirerBed,
  ACQUIRER,
  answered,
  DAY,
  found,
  MERCHANT,
  order,
  ORDER_TIME,
  type Said,
  TRANSACTION,
} from './acquirer-testbed.ts'

const LADDER_ENDS_MS = 63_000
const acked: Fields<'reversal.reply'> = { ...answerFields('OK'), order: 'ORDER-01', orderTime: ORDER_TIME }
const notFound = () => answerFields('NOT_FOUND')

describe('selling', () => {
  test('a yes that fits the order is a success: goods once, merchant credited, named as the network names it', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => answered('OK')
    expect(await bed.party.sell(order({ memo: '午餐' }))).toEqual({
      order: 'ORDER-01',
      orderTime: ORDER_TIME,
      merchant: MERCHANT,
      state: 'SUCCESS',
      amount: 1200n,
      currency: '156',
      refunded: 0n,
      deliveries: 1,
      said: 'OK',
      transaction: TRANSACTION,
      clearingDay: DAY,
    })
    expect(bed.spoken.map(({ fields }) => fields)).toEqual([
      { acquirer: ACQUIRER, ...order({ memo: '午餐' }) },
    ])
    expect((await bed.book()).map(({ lines }) => lines)).toEqual([
      [
        { account: 'CLR', side: 'debit', amount: 1200n },
        { account: `MER:${MERCHANT}`, side: 'credit', amount: 1200n },
      ],
    ])
    expect(await bed.items()).toEqual([
      { transaction: TRANSACTION, kind: 'purchase', day: DAY, amount: 1200n, currency: '156' },
    ])
    expect([await bed.party.nextDue(), bed.party.inFlight()]).toEqual([undefined, 0])
  })

  test('the order and the job that takes it up are durable before the message leaves', async () => {
    const bed = await acquirerBed()
    let seen: unknown
    bed.script.purchase = async () => {
      seen = [await bed.state(), await bed.party.nextDue(), bed.party.inFlight()]
      return answered('OK')
    }
    await bed.party.sell(order())
    expect(seen).toEqual(['SENT', Date.UTC(2026, 10, 22, 2, 0, 9), 1])
  })

  test.each(['DECL-CODE', 'DECL-FUNDS', 'REJ-SIG', 'REJ-CONFLICT'] as const)(
    'a definite %s fails the sale and nothing more is asked (CPM-011)',
    async (what) => {
      const bed = await acquirerBed()
      bed.script.purchase = () => answerFields(what)
      expect(await bed.party.sell(order())).toMatchObject({ state: 'FAILED', said: what, deliveries: 0 })
      await bed.run(LADDER_ENDS_MS)
      expect(bed.spoken).toHaveLength(1)
      expect(await bed.book()).toEqual([])
    },
  )

  test('a message that certainly never left is a failure', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => 'not_sent'
    expect((await bed.party.sell(order())).state).toBe('FAILED')
  })

  const open: readonly Said<'purchase'>[] = [
    ...(['PENDING', 'NOT_FOUND', 'REJ-RATE', 'REJ-REPLAY'] as const).map((what) => answered(what)),
    'lost',
    'garbled',
    'unknown_code',
  ]
  test.each(open.map((said) => [typeof said === 'string' ? said : said.because, said] as const))(
    'after %s the outcome is open: the ladder asks for the same order, and nothing is sold again (CPM-008)',
    async (_name, said) => {
      const bed = await acquirerBed()
      bed.script.purchase = () => said
      bed.script.query = () => found('PENDING', 'PENDING')
      expect(await bed.party.sell(order())).toMatchObject({ state: 'PENDING', deliveries: 0 })
      await bed.run(LADDER_ENDS_MS - 1)
      expect(bed.said('query').map(({ at }) => at / 1000)).toEqual([1, 3, 7, 15, 31])
      const asked = { acquirer: ACQUIRER, asked: 'purchase', order: 'ORDER-01', orderTime: ORDER_TIME }
      expect(new Set(bed.said('query').map(({ fields }) => JSON.stringify(fields)))).toEqual(
        new Set([JSON.stringify(asked)]),
      )
      expect([bed.said('purchase').length, await bed.state(), await bed.book()]).toEqual([1, 'PENDING', []])
    },
  )

  test.each([
    { order: 'ORDER-02' },
    { orderTime: '20261122100001' },
    { amount: 1201n },
    { currency: '344' },
    { amount: undefined },
    { currency: undefined },
    { order: undefined },
    { orderTime: undefined },
  ])('a yes with %o is no success: a case, a question, no goods (CPM-019)', async (wrong) => {
    const bed = await acquirerBed()
    bed.script.purchase = () => answered('OK', wrong)
    bed.script.query = () => found('SUCCESS', 'OK')
    expect(await bed.party.sell(order())).toMatchObject({ state: 'PENDING', deliveries: 0 })
    expect(await bed.cases()).toEqual([expect.stringContaining(`OK, but ${Object.keys(wrong)[0]} is`)])
    await bed.run(1000)
    expect([await bed.state(), bed.said('query').length]).toEqual(['SUCCESS', 1])
  })

  test('the same order again is the same sale; with other content it is refused at the till', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => answered('PENDING')
    await bed.party.sell(order())
    expect((await bed.party.sell(order())).state).toBe('PENDING')
    await expect(bed.party.sell(order({ amount: 1n }))).rejects.toThrow('other content')
    expect(bed.said('purchase')).toHaveLength(1)
  })
})

describe('asking', () => {
  const askedOnce = async (said: Said<'query'>) => {
    const bed = await acquirerBed()
    bed.script.purchase = () => 'lost'
    bed.script.query = (_fields, nth) => (nth === 0 ? said : found('PENDING', 'PENDING'))
    await bed.party.sell(order())
    await bed.run(2000)
    return { bed, state: await bed.state(), cases: await bed.cases() }
  }

  test.each([
    ['SUCCESS', 'OK', 'SUCCESS'],
    ['PART_REFUNDED', 'OK', 'SUCCESS'],
    ['FAILED', 'DECL-FUNDS', 'FAILED'],
    ['REVERSED', 'DECL-STATE', 'REVERSED'],
    ['REVERSED', 'OK', 'REVERSED'],
    ['FENCED', 'DECL-STATE', 'REVERSED'],
    [undefined, 'OK', 'SUCCESS'],
    ['FAILED', undefined, 'FAILED'],
    ['PENDING', 'PENDING', 'PENDING'],
    [undefined, undefined, 'PENDING'],
    [undefined, 'PENDING', 'PENDING'],
    [undefined, 'DECL-FUNDS', 'FAILED'],
  ] as const)(
    'the inner result decides: state %s with answer %s → %s (QRY-007)',
    async (state, answer, ends) => {
      const { bed, state: now, cases } = await askedOnce(found(state, answer))
      expect([now, cases]).toEqual([ends, []])
      if (ends === 'PENDING') return
      await bed.run(LADDER_ENDS_MS)
      expect([bed.said('query').length, bed.said('reversal').length]).toEqual([1, 0])
    },
  )

  test.each([
    ['SUCCESS', 'DECL-FUNDS'],
    ['SUCCESS', 'PENDING'],
    ['FAILED', 'OK'],
    ['ON_THE_MOON', 'OK'],
  ] as const)('state %s with answer %s contradicts itself: open, and a case', async (state, answer) => {
    const { state: now, cases, bed } = await askedOnce(found(state, answer))
    expect([now, cases.length, (await bed.party.sale('ORDER-01', ORDER_TIME))?.deliveries]).toEqual([
      'PENDING',
      1,
      0,
    ])
  })

  test.each([
    { amount: 1n },
    { currency: '344' },
    { amount: undefined },
    { currency: undefined },
    { order: 'ORDER-02' },
  ])('a success with %o is no success (QRY-008)', async (wrong) => {
    const { state, cases, bed } = await askedOnce(found('SUCCESS', 'OK', wrong))
    expect([state, cases.length]).toEqual(['PENDING', 1])
    expect(await bed.book()).toEqual([])
  })

  test.each(['NOT_FOUND', 'PENDING', 'REJ-RATE'] as const)(
    'a question answered %s tells nothing',
    async (what) => {
      const { state, cases } = await askedOnce({ ...found('SUCCESS', 'OK'), ...answerFields(what) })
      expect([state, cases]).toEqual(['PENDING', []])
    },
  )

  test('a sale that the network knows as wholly refunded was paid, and no goods go out for it', async () => {
    const { bed } = await askedOnce(found('REFUNDED', 'OK'))
    expect(await bed.party.sale('ORDER-01', ORDER_TIME)).toMatchObject({ state: 'SUCCESS', deliveries: 0 })
  })

  test('the till may ask by hand, and a late success is found before the ladder comes to it (NTF-012)', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => 'lost'
    bed.script.query = () => found('SUCCESS', 'OK')
    await bed.party.sell(order())
    expect((await bed.party.query('ORDER-01', ORDER_TIME)).state).toBe('SUCCESS')
    expect(await bed.party.nextDue()).toBeUndefined()
    await expect(bed.party.query('ORDER-99', ORDER_TIME)).rejects.toThrow('no item')
  })

  test('NOT_FOUND is no failure: the ladder goes on, then the sale is taken back (QRY-003, CPM-009)', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => 'lost'
    bed.script.query = notFound
    bed.script.reversal = () => acked
    await bed.party.sell(order())
    await bed.run(LADDER_ENDS_MS - 1)
    expect([await bed.state(), bed.said('reversal').length]).toEqual(['PENDING', 0])
    await bed.run(1)
    expect([bed.said('query').length, bed.said('reversal').length, await bed.state()]).toEqual([
      6,
      1,
      'REVERSED',
    ])
    expect(await bed.party.nextDue()).toBeUndefined()
  })
})

describe('the table of states', () => {
  const states = Object.keys(SALE_NEXT) as SaleState[]
  const hears = states.flatMap((from) =>
    Object.entries(SALE_HEARS[from]).map(([says, step]) => ({ from, says, step })),
  )

  test('news leads along legal edges only, and nothing leads out of an end', () => {
    const moves = hears.filter(({ step }) => (states as readonly string[]).includes(step))
    for (const { from, step } of moves) expect(SALE_NEXT[from]).toContain(step)
    for (const end of ['FAILED', 'REVERSED', 'REFUNDED'] as const) expect(SALE_NEXT[end]).toEqual([])
  })

  test('no late failure undoes a success, and no late success undoes a reversal (NTF-003, REV-012)', () => {
    for (const paid of ['SUCCESS', 'PART_REFUNDED', 'REFUNDED'] as const)
      expect(SALE_HEARS[paid].failed).toBe('case')
    for (const back of ['REVERSING', 'REVERSED'] as const) expect(SALE_HEARS[back].success).toBe('ignores')
  })
})
