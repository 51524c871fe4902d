// Taking back what nobody knows, until it is acknowledged; and doing so, as everything else, after a crash.
import { describe, expect, test } from 'vitest'
import { answerFields, type Fields, PROFILES } from '../wire/wire.ts'
import {
  acquirerBed,
  answered,
  found,
  MERCHANT,
  notice,
  order,
  ORDER_TIME,
  type Said,
} from './acquirer-testbed.ts'

const LADDER_ENDS_MS = 63_000
const acked: Fields<'reversal.reply'> = { ...answerFields('OK'), order: 'ORDER-01', orderTime: ORDER_TIME }
const notFound = () => answerFields('NOT_FOUND')

describe('taking back', () => {
  const unknownSale = async (
    reversals: readonly Said<'reversal'>[],
    query: () => Said<'query'> = notFound,
  ) => {
    const bed = await acquirerBed()
    bed.script.purchase = () => 'lost'
    bed.script.query = query
    bed.script.reversal = (_fields, nth) => reversals[nth] ?? 'lost'
    await bed.party.sell(order())
    await bed.party.reverse('ORDER-01', ORDER_TIME)
    return bed
  }

  test('PENDING, silence and nonsense are no acknowledgement: the same reversal in a new message (REV-013)', async () => {
    const bed = await unknownSale([
      answerFields('PENDING'),
      'lost',
      'garbled',
      { ...acked, order: 'ORDER-02' },
      { ...acked, state: 'SUCCESS' },
      acked,
    ])
    await bed.run(15_000)
    expect(await bed.state()).toBe('REVERSING')
    await bed.run(16_000)
    expect(await bed.state()).toBe('REVERSED')
    const sent = bed.said('reversal')
    expect(sent.map(({ at }) => at / 1000)).toEqual([0, 1, 3, 7, 15, 31])
    const one = sent[0]?.fields as Fields<'reversal'>
    expect(sent.map(({ fields }) => fields)).toEqual(sent.map(() => one))
    expect(one).toMatchObject({ merchant: MERCHANT, amount: 1200n, currency: '156', order: 'ORDER-01' })
    for (const name of ['id', 'nonce'] as const)
      expect(new Set(sent.map(({ head }) => head[name])).size).toBe(sent.length)
    await bed.run(3_600_000)
    expect(bed.said('reversal')).toHaveLength(6)
  })

  test('every sale has a reversal id of its own', async () => {
    const bed = await unknownSale([])
    await bed.party.sell(order({ order: 'ORDER-02', terminal: '00000002' }))
    await bed.party.reverse('ORDER-02', ORDER_TIME)
    await bed.run(0)
    const ids = bed.said('reversal').map(({ fields }) => (fields as Fields<'reversal'>).reversal)
    expect(new Set(ids).size).toBe(2)
  })

  test.each(['REVERSED', 'FENCED'])('a query that says %s acknowledges it, too', async (state) => {
    const bed = await unknownSale([answerFields('PENDING')], () => found(state, 'DECL-STATE'))
    await bed.run(0)
    expect(await bed.state()).toBe('REVERSED')
  })

  test('a fence that is answered “no such original” is an acknowledgement', async () => {
    const bed = await unknownSale([{ ...answerFields('DECL-ORIG'), state: 'FENCED' }])
    await bed.run(0)
    expect(await bed.state()).toBe('REVERSED')
  })

  test('a late yes to the purchase is ignored, and so is a late notice (REV-012)', async () => {
    const bed = await acquirerBed()
    let answerLate: (said: Said<'purchase'>) => void = () => undefined
    bed.script.purchase = () => new Promise((resolve) => (answerLate = resolve))
    bed.script.query = notFound
    bed.script.reversal = () => acked
    const selling = bed.party.sell(order())
    while (bed.said('purchase').length === 0) await Promise.resolve()
    expect((await bed.party.reverse('ORDER-01', ORDER_TIME)).state).toBe('REVERSING')
    answerLate(answered('OK'))
    expect(await selling).toMatchObject({ state: 'REVERSING', deliveries: 0 })
    expect((await bed.notify(notice())).class).toBe('OK')
    await bed.run(1000)
    expect(await bed.party.query('ORDER-01', ORDER_TIME)).toMatchObject({ state: 'REVERSED', deliveries: 0 })
    expect([await bed.book(), await bed.cases()]).toEqual([[], []])
  })

  test('a definite no is a case: nothing is credited, nothing is assumed, the terminal sells on (REV-014)', async () => {
    const bed = await unknownSale([answerFields('DECL-WINDOW')])
    await bed.run(3_600_000)
    expect([await bed.state(), bed.said('reversal').length, await bed.items()]).toEqual(['REVERSING', 1, []])
    expect(await bed.cases()).toEqual(['reversal: answered DECL-WINDOW'])
    bed.script.purchase = () => answered('OK', { order: 'ORDER-02' })
    expect((await bed.party.sell(order({ order: 'ORDER-02' }))).state).toBe('SUCCESS')
    bed.script.query = () => found('REVERSED', 'DECL-STATE')
    expect((await bed.party.query('ORDER-01', ORDER_TIME)).state).toBe('REVERSED')
  })

  test('one that nobody acknowledges becomes a case and goes on (REV-014)', async () => {
    const bed = await unknownSale([])
    const gaps = PROFILES['sim']?.values.insistGapsMs ?? []
    const twentieth = gaps.reduce((sum, gap) => sum + gap, 0) + 10 * 256_000
    await bed.run(twentieth - 1)
    expect([bed.said('reversal').length, await bed.cases()]).toEqual([19, []])
    await bed.run(1)
    expect(bed.said('reversal')).toHaveLength(20)
    expect(await bed.cases()).toEqual(['reversal: not acknowledged: no reply within 8000 ms'])
    await bed.run(256_000)
    expect([bed.said('reversal').length, (await bed.cases()).length]).toEqual([21, 1])
  })

  test('a final sale is not reversed (REV-022), unless its slip did not print: then nothing stays credited (CPM-015)', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => answered('OK')
    bed.script.query = notFound
    bed.script.reversal = (_fields, nth) => (nth === 0 ? 'lost' : acked)
    await bed.party.sell(order())
    expect((await bed.party.reverse('ORDER-01', ORDER_TIME)).state).toBe('SUCCESS')
    await bed.run(1000)
    expect(bed.said('reversal')).toHaveLength(0)
    expect((await bed.party.reverse('ORDER-01', ORDER_TIME, 'no_slip')).state).toBe('REVERSING')
    await bed.run(0)
    expect([await bed.state(), await bed.items()]).toEqual(['REVERSING', []])
    await bed.run(1000)
    expect([await bed.state(), await bed.items(), await bed.cases()]).toEqual(['REVERSED', [], []])
    expect(
      (await bed.book()).flatMap(({ lines }) => lines.map(({ account, side }) => `${side} ${account}`)),
    ).toEqual(['debit CLR', `credit MER:${MERCHANT}`, `debit MER:${MERCHANT}`, 'credit CLR'])
  })

  test('what a terminal owes goes before its next sale, which waits for the acknowledgement (REV-011)', async () => {
    const bed = await unknownSale(['lost', 'lost', acked])
    await bed.run(0)
    bed.script.purchase = (fields) => answered('OK', { order: fields.order })
    expect(await bed.party.sell(order({ order: 'ORDER-02' }))).toMatchObject({ state: 'FAILED' })
    expect((await bed.party.sell(order({ order: 'ORDER-03', terminal: '00000002' }))).state).toBe('SUCCESS')
    expect(await bed.party.sell(order({ order: 'ORDER-04' }))).toMatchObject({ state: 'SUCCESS' })
    const order4 = bed.spoken.map(({ type, fields }) => `${type} ${(fields as { order: string }).order}`)
    expect(order4.filter((line) => !line.startsWith('query')).slice(1)).toEqual([
      'reversal ORDER-01',
      'reversal ORDER-01',
      'purchase ORDER-03',
      'reversal ORDER-01',
      'purchase ORDER-04',
    ])
    expect([await bed.state(), await bed.party.nextDue()]).toEqual(['REVERSED', undefined])
  })
})

describe('after a crash', () => {
  /** A process that dies while it waits: whatever it began never comes back. */
  const dead = () => new Promise<never>(() => undefined)

  test('a sale that was sent is asked about, never sent again', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = dead
    bed.script.query = () => found('SUCCESS', 'OK')
    bed.begin(bed.party.sell(order()))
    while (bed.said('purchase').length === 0) await Promise.resolve()
    await bed.run(9000, bed.start())
    expect([await bed.state(), bed.said('purchase').length, bed.said('query').length]).toEqual([
      'SUCCESS',
      1,
      1,
    ])
  })

  test('a successor climbs the ladder to its end and insists with the same reversal (REV-011)', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = dead
    bed.script.query = notFound
    bed.script.reversal = (_fields, nth) => (nth === 0 ? dead() : nth < 3 ? answerFields('PENDING') : acked)
    bed.begin(bed.party.sell(order()))
    while (bed.said('purchase').length === 0) await Promise.resolve()
    await bed.run(20_000, bed.start())
    expect([await bed.state(), bed.said('query').length]).toEqual(['PENDING', 4])
    bed.begin(bed.run(LADDER_ENDS_MS, bed.start()))
    while (bed.said('reversal').length === 0) await Promise.resolve()
    expect([await bed.state(), bed.said('query').length]).toEqual(['REVERSING', 7])
    await bed.run(120_000, bed.start())
    expect(await bed.state()).toBe('REVERSED')
    expect(
      new Set(bed.said('reversal').map(({ fields }) => (fields as Fields<'reversal'>).reversal)).size,
    ).toBe(1)
    expect(bed.said('reversal')).toHaveLength(4)
  })
})
