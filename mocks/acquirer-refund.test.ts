// Refunds: accepted is not refunded, one id until it is final, and a book in which every entry balances.
import { describe, expect, test } from 'vitest'
import { audit } from '../ledger/ledger.ts'
import { answerFields, codeOf, type Fields } from '../wire/wire.ts'
import {
  ACQUIRER,
  acquirerBed,
  answered,
  type Bed,
  DAY,
  found,
  MERCHANT,
  notice,
  order,
  ORDER_TIME,
  type Said,
  TRANSACTION,
} from './acquirer-testbed.ts'

const OF = { order: 'ORDER-01', orderTime: ORDER_TIME }
const refund = (more: { order?: string; amount?: bigint; memo?: string } = {}) => ({
  order: 'REFUND-01',
  orderTime: ORDER_TIME,
  of: OF,
  amount: 500n,
  ...more,
})
const R_TRANSACTION = '20261122360000000009'
const known = (
  state: string,
  original: 'OK' | 'PENDING' | 'DECL-STATE' | undefined,
  more: Partial<Fields<'query.reply'>> = {},
): Fields<'query.reply'> =>
  found(state, original, { order: 'REFUND-01', amount: 500n, transaction: R_TRANSACTION, ...more })
const done = (more: Partial<Fields<'notify.payee'>> = {}) =>
  notice({
    notice: 'NOTICE-R',
    about: 'refund',
    order: 'REFUND-01',
    amount: 500n,
    transaction: R_TRANSACTION,
    state: 'R_SUCCESS',
    ...more,
  })

async function soldBed(said: Said<'refund'> = answerFields('PENDING')): Promise<Bed> {
  const bed = await acquirerBed()
  bed.script.purchase = () => answered('OK')
  bed.script.refund = () => said
  await bed.party.sell(order())
  return bed
}
const refundState = async (bed: Bed) => (await bed.party.refundOf('REFUND-01', ORDER_TIME))?.state

describe('refunding', () => {
  test('is on record before it is sent, and names the original by our own order', async () => {
    const bed = await soldBed()
    let seen: unknown
    bed.script.refund = async () => {
      seen = [await refundState(bed), await bed.party.nextDue()]
      return answerFields('PENDING')
    }
    await bed.party.refund(refund({ memo: '退' }))
    expect(seen).toEqual(['R_PENDING', Date.UTC(2026, 10, 22, 2, 0, 9)])
    expect(bed.said('refund')[0]?.fields).toEqual({
      acquirer: ACQUIRER,
      merchant: MERCHANT,
      order: 'REFUND-01',
      orderTime: ORDER_TIME,
      origOrder: 'ORDER-01',
      origOrderTime: ORDER_TIME,
      amount: 500n,
      currency: '156',
      memo: '退',
    })
  })

  test.each(['PENDING', 'OK'] as const)('answered %s it is accepted and no more (RFD-024)', async (what) => {
    const bed = await soldBed({
      ...answered(what),
      order: 'REFUND-01',
      amount: 500n,
      transaction: R_TRANSACTION,
    })
    expect(await bed.party.refund(refund())).toMatchObject({ state: 'R_PENDING', said: what })
    expect([await bed.state(), (await bed.book()).length]).toEqual(['SUCCESS', 1])
  })

  test('a notice makes it final: the sale counts it once, the merchant is debited once', async () => {
    const bed = await soldBed()
    await bed.party.refund(refund())
    const copies = await Promise.all([
      bed.notify(done()),
      bed.notify(done()),
      bed.notify(done({ notice: 'NOTICE-S' })),
    ])
    expect(copies.map((copy) => copy.class)).toEqual(['OK', 'OK', 'OK'])
    expect(await bed.party.refundOf('REFUND-01', ORDER_TIME)).toEqual({
      order: 'REFUND-01',
      orderTime: ORDER_TIME,
      state: 'R_SUCCESS',
      amount: 500n,
      currency: '156',
      said: 'PENDING',
      transaction: R_TRANSACTION,
      clearingDay: DAY,
    })
    expect(await bed.party.sale('ORDER-01', ORDER_TIME)).toMatchObject({
      state: 'PART_REFUNDED',
      refunded: 500n,
    })
    expect(await bed.items()).toEqual([
      { transaction: TRANSACTION, kind: 'purchase', day: DAY, amount: 1200n, currency: '156' },
      { transaction: R_TRANSACTION, kind: 'refund', day: DAY, amount: 500n, currency: '156' },
    ])
    expect((await bed.book()).at(-1)?.lines).toEqual([
      { account: `MER:${MERCHANT}`, side: 'debit', amount: 500n },
      { account: 'CLR', side: 'credit', amount: 500n },
    ])
    await bed.run(60_000)
    expect(bed.said('query')).toEqual([])
  })

  test('so does a query, about the refund and not the sale', async () => {
    const bed = await soldBed()
    await bed.party.refund(refund())
    bed.script.query = () => known('R_SUCCESS', 'OK')
    await bed.run(9000)
    expect([await refundState(bed), await bed.state()]).toEqual(['R_SUCCESS', 'PART_REFUNDED'])
    const asked = { acquirer: ACQUIRER, asked: 'refund', order: 'REFUND-01', orderTime: ORDER_TIME }
    expect(bed.said('query').map(({ fields }) => fields)).toEqual([asked])
    expect(await bed.party.nextDue()).toBeUndefined()
  })

  test('parts add up to the whole, also when their notices come at once, and one too many is a case', async () => {
    const bed = await soldBed()
    await bed.party.refund(refund())
    await bed.party.refund(refund({ order: 'REFUND-02', amount: 700n }))
    await bed.party.refund(refund({ order: 'REFUND-03', amount: 1n }))
    const second = done({
      notice: 'NOTICE-S',
      order: 'REFUND-02',
      amount: 700n,
      transaction: '20261122360000000010',
    })
    await Promise.all([bed.notify(second), bed.notify(done())])
    expect(await bed.party.sale('ORDER-01', ORDER_TIME)).toMatchObject({ state: 'REFUNDED', refunded: 1200n })
    expect(await bed.cases()).toEqual([])
    await bed.notify(
      done({ notice: 'NOTICE-T', order: 'REFUND-03', amount: 1n, transaction: '20261122360000000011' }),
    )
    expect([await bed.state(), (await bed.cases()).length]).toEqual(['REFUNDED', 1])
    expect(audit(await bed.book(), new Map())).toEqual([])
  })

  test('a part that is more than what is left is a case, and the sale is not called refunded', async () => {
    const bed = await soldBed()
    await bed.party.refund(refund())
    await bed.party.refund(refund({ order: 'REFUND-02', amount: 701n }))
    await bed.notify(done())
    const much = { order: 'REFUND-02', amount: 701n, transaction: '20261122360000000010' }
    await bed.notify(done({ notice: 'NOTICE-S', ...much }))
    expect([await bed.state(), (await bed.cases()).length]).toEqual(['PART_REFUNDED', 1])
  })
})

describe('a refund whose outcome is open', () => {
  test('is asked about, and sent again under its one id where the switch never heard of it (RFD-007)', async () => {
    const bed = await soldBed('lost')
    bed.script.query = (_fields, nth) => (nth < 2 ? answerFields('NOT_FOUND') : known('R_PENDING', 'PENDING'))
    bed.script.refund = (_fields, nth) => (nth < 2 ? 'lost' : answerFields('PENDING'))
    await bed.party.refund(refund())
    await bed.run(60_000)
    const sent = bed.said('refund')
    expect(sent.map(({ at }) => at / 1000)).toEqual([0, 9, 10])
    expect(new Set(sent.map(({ fields }) => JSON.stringify(fields, (_k, v) => String(v)))).size).toBe(1)
    expect(sent.map(({ fields }) => fields)).toEqual(sent.map(() => sent[0]?.fields))
    expect(new Set(sent.map(({ head }) => head.nonce)).size).toBe(3)
    expect([await refundState(bed), await bed.state()]).toEqual(['R_PENDING', 'SUCCESS'])
  })

  test('a repeat that is rejected as a message says nothing about the first', async () => {
    const bed = await soldBed('lost')
    bed.script.query = () => answerFields('NOT_FOUND')
    bed.script.refund = (_fields, nth) => (nth === 0 ? 'lost' : answerFields('REJ-SIG'))
    await bed.party.refund(refund())
    await bed.run(9000)
    expect([bed.said('refund').length, await refundState(bed)]).toEqual([2, 'R_PENDING'])
  })

  test.each(['DECL-AMOUNT', 'DECL-WINDOW', 'REJ-FORMAT'] as const)('a definite %s ends it', async (what) => {
    const bed = await soldBed(answerFields(what))
    expect(await bed.party.refund(refund())).toMatchObject({ state: 'R_FAILED', said: what })
    expect([await bed.party.nextDue(), (await bed.book()).length]).toEqual([undefined, 1])
  })

  test.each([
    known('R_ABNORMAL', 'OK'),
    known('R_ON_THE_MOON', undefined),
    known('R_SUCCESS', 'DECL-STATE'),
    known('R_SUCCESS', 'OK', { amount: 501n }),
    known('R_SUCCESS', 'OK', { currency: undefined }),
    { ...known('R_SUCCESS', undefined), origAnswer: 'ZZ' },
  ])('a state nobody knows, or one that does not fit, is open and a case (RFD-026): %#', async (odd) => {
    const bed = await soldBed()
    bed.script.query = () => odd
    await bed.party.refund(refund())
    await bed.party.queryRefund('REFUND-01', ORDER_TIME)
    await bed.party.queryRefund('REFUND-01', ORDER_TIME)
    expect([await refundState(bed), (await bed.cases()).length, (await bed.book()).length]).toEqual([
      'R_PENDING',
      1,
      1,
    ])
    await bed.notify(done())
    expect(await refundState(bed)).toBe('R_SUCCESS')
  })

  test('R_FAILED and R_CLOSED end it, and a later success is a case and no money', async () => {
    for (const state of ['R_FAILED', 'R_CLOSED']) {
      const bed = await soldBed()
      bed.script.query = () => known(state, 'DECL-STATE')
      await bed.party.refund(refund())
      expect((await bed.party.queryRefund('REFUND-01', ORDER_TIME)).state).toBe('R_FAILED')
      await bed.notify(done({ answer: codeOf('OK') }))
      expect([await refundState(bed), (await bed.cases()).length, (await bed.book()).length]).toEqual([
        'R_FAILED',
        1,
        1,
      ])
    }
  })

  test('a successor goes on with the same refund after a crash', async () => {
    const bed = await soldBed()
    bed.script.refund = (_fields, nth) =>
      nth === 0 ? new Promise<never>(() => undefined) : answerFields('PENDING')
    bed.script.query = (_fields, nth) => (nth === 0 ? answerFields('NOT_FOUND') : known('R_SUCCESS', 'OK'))
    bed.begin(bed.party.refund(refund()))
    while (bed.said('refund').length === 0) await Promise.resolve()
    await bed.run(20_000, bed.start())
    expect([bed.said('refund').length, await refundState(bed), await bed.state()]).toEqual([
      2,
      'R_SUCCESS',
      'PART_REFUNDED',
    ])
  })

  test('one that never becomes final is a case after the profile’s number of tries', async () => {
    const bed = await soldBed()
    bed.script.query = () => known('R_PENDING', 'PENDING')
    await bed.party.refund(refund())
    while (bed.said('query').length < 19) await bed.run(1000)
    expect(await bed.cases()).toEqual([])
    await bed.run(256_000)
    expect([bed.said('query').length, await bed.cases()]).toEqual([20, ['the refund is not final']])
    await bed.run(3_600_000)
    expect(await bed.cases()).toHaveLength(1)
  })

  test('the same refund again is the same; with other content, or of a sale we do not know, the till refuses', async () => {
    const bed = await soldBed()
    await bed.party.refund(refund())
    expect((await bed.party.refund(refund())).state).toBe('R_PENDING')
    expect(bed.said('refund')).toHaveLength(1)
    await expect(bed.party.refund(refund({ amount: 1n }))).rejects.toThrow('other content')
    const stranger = { ...refund({ order: 'REFUND-09' }), of: { order: 'ORDER-99', orderTime: ORDER_TIME } }
    await expect(bed.party.refund(stranger)).rejects.toThrow('no item')
  })
})
