// Notices as they really come: twice, at once, late, early, wrong, forged, and for orders that nobody knows.
import { describe, expect, test } from 'vitest'
import { answerFields, codeOf, type Fields, seal } from '../wire/wire.ts'
import {
  ACQUIRER,
  acquirerBed,
  answered,
  BANK,
  type Bed,
  deliver,
  found,
  MERCHANT,
  notice,
  order,
  ORDER_TIME,
  spoilt,
  SWITCH,
} from './acquirer-testbed.ts'

type Notice = Fields<'notify.payee'>

/** A sale that was accepted and is not final. */
async function pendingBed(): Promise<Bed> {
  const bed = await acquirerBed()
  bed.script.purchase = () => answered('PENDING')
  bed.script.query = () => found('PENDING', 'PENDING')
  await bed.party.sell(order())
  return bed
}
const failed = { state: 'FAILED', answer: codeOf('DECL-FUNDS') } as const
const reversal = { notice: 'NOTICE-X', about: 'reversal', state: 'REVERSED' } as const
const view = (bed: Bed) => bed.party.sale('ORDER-01', ORDER_TIME)

describe('a notice makes a sale final', () => {
  test('success: goods once, credited once, nothing left to ask', async () => {
    const bed = await pendingBed()
    expect(await bed.notify(notice())).toMatchObject({
      class: 'OK',
      repeated: false,
      fields: { notice: 'NOTICE-1' },
    })
    expect(await view(bed)).toMatchObject({ state: 'SUCCESS', deliveries: 1 })
    expect([(await bed.items()).length, await bed.party.nextDue()]).toEqual([1, undefined])
  })

  test('five copies, two of them at once: one delivery, each answered OK (NTF-002)', async () => {
    const bed = await pendingBed()
    const said = await Promise.all([bed.notify(notice()), bed.notify(notice())])
    for (let copy = 2; copy < 5; copy += 1) said.push(await bed.notify(notice()))
    expect(said.map((one) => [one.class, one.repeated])).toEqual([
      ['OK', false],
      ...Array.from({ length: 4 }, () => ['OK', true]),
    ])
    expect([(await view(bed))?.deliveries, (await bed.items()).length]).toEqual([1, 1])
  })

  test('after a synchronous success, and under another notice id, goods do not go out again', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => answered('OK')
    await bed.party.sell(order())
    await bed.notify(notice())
    await bed.notify(notice({ notice: 'NOTICE-2' }))
    expect(await view(bed)).toMatchObject({ state: 'SUCCESS', deliveries: 1 })
    expect(await bed.book()).toHaveLength(1)
  })

  test('failure: no goods, no credit, no more questions', async () => {
    const bed = await pendingBed()
    expect((await bed.notify(notice(failed))).class).toBe('OK')
    expect([await bed.state(), await bed.book(), await bed.party.nextDue()]).toEqual([
      'FAILED',
      [],
      undefined,
    ])
  })

  test('a question under way when the notice comes does no harm', async () => {
    const bed = await pendingBed()
    bed.script.query = async () => {
      await bed.notify(notice())
      return found('PENDING', 'PENDING')
    }
    await bed.run(1000)
    expect([await bed.state(), await bed.party.nextDue()]).toEqual(['SUCCESS', undefined])
  })

  test('kept before it is acknowledged: when the store fails there is no OK, and the next copy is heard (NTF-008)', async () => {
    const bed = await pendingBed()
    const broken = { ...bed.store, change: () => Promise.reject(new Error('the disk is full')) }
    await expect(bed.notify(notice(), SWITCH, bed.start({ ...bed.world, store: broken }))).rejects.toThrow(
      'disk',
    )
    expect(await bed.notify(notice())).toMatchObject({ class: 'OK', repeated: false })
    expect(await view(bed)).toMatchObject({ state: 'SUCCESS', deliveries: 1 })
  })

  test('a successor over the same store knows the notice and does not deliver again', async () => {
    const bed = await pendingBed()
    await bed.notify(notice())
    expect(await bed.notify(notice(), SWITCH, bed.start())).toMatchObject({ class: 'OK', repeated: true })
    expect((await view(bed))?.deliveries).toBe(1)
  })
})

describe('a notice that contradicts', () => {
  test.each(['NOTICE-1', 'NOTICE-2'])(
    'a late failure under id %s does not undo a success (NTF-003)',
    async (id) => {
      const bed = await pendingBed()
      await bed.notify(notice())
      const said = await bed.notify(notice({ ...failed, notice: id }))
      expect(said.class).toBe(id === 'NOTICE-1' ? 'REJ-CONFLICT' : 'OK')
      expect(await view(bed)).toMatchObject({ state: 'SUCCESS', deliveries: 1 })
      expect(await bed.cases()).toHaveLength(1)
      await bed.notify(notice({ ...failed, notice: id }))
      expect(await bed.cases()).toHaveLength(1)
    },
  )

  test('a success after a failure is a case, and no goods go out', async () => {
    const bed = await pendingBed()
    await bed.notify(notice(failed))
    expect((await bed.notify(notice({ notice: 'NOTICE-2' }))).class).toBe('OK')
    expect(await view(bed)).toMatchObject({ state: 'FAILED', deliveries: 0 })
    expect(await bed.cases()).toHaveLength(1)
  })

  test.each([
    [{ amount: 1199n }, 'DECL-AMOUNT'],
    [{ currency: '344' }, 'DECL-AMOUNT'],
    [{ merchant: '100000000000002' }, 'REJ-CONFLICT'],
    [{ transaction: '20261122360000000002' }, 'REJ-CONFLICT'],
  ] as const)(
    'with %o it is refused with %s every time, and a right one is heard (NTF-006, NTF-007)',
    async (wrong, said) => {
      const bed = await pendingBed()
      expect((await bed.notify(notice(wrong))).class).toBe(said)
      expect((await bed.notify(notice(wrong))).class).toBe(said)
      expect(await view(bed)).toMatchObject({ state: 'PENDING', deliveries: 0 })
      expect([(await bed.cases()).length, await bed.book()]).toEqual([1, []])
      expect((await bed.notify(notice())).class).toBe('OK')
      expect(await bed.state()).toBe('SUCCESS')
    },
  )

  test.each([
    { state: 'SUCCESS', answer: codeOf('PENDING') },
    { state: 'CLOSED' },
    { about: 'closing', state: 'SUCCESS' },
    { about: 'reversal', state: 'SUCCESS' },
  ])('%o is kept, shown to a person, and changes nothing (NTF-011)', async (odd) => {
    const bed = await pendingBed()
    expect((await bed.notify(notice(odd))).class).toBe('OK')
    expect([await bed.state(), (await bed.cases()).length]).toEqual(['PENDING', 1])
    await bed.notify(notice({ notice: 'NOTICE-2' }))
    await bed.notify(notice({ ...odd, notice: 'NOTICE-3' }))
    expect(await view(bed)).toMatchObject({ state: 'SUCCESS', deliveries: 1 })
  })

  test('an odd notice does not name the sale: the right one is heard under its own transaction', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => 'lost'
    await bed.party.sell(order())
    await bed.notify(notice({ state: 'CLOSED', transaction: '20261122360000000002' }))
    expect((await bed.notify(notice({ notice: 'NOTICE-2' }))).class).toBe('OK')
    expect(await view(bed)).toMatchObject({ state: 'SUCCESS', transaction: notice().transaction })
  })

  test('a reversal after a success takes the credit back, and is a case because goods are gone', async () => {
    const bed = await pendingBed()
    await bed.notify(notice())
    expect((await bed.notify(notice(reversal))).class).toBe('OK')
    expect([await bed.state(), await bed.items()]).toEqual(['REVERSED', []])
    expect((await bed.book()).map(({ id }) => id.split(':')[0])).toEqual(['sale', 'reversal'])
    expect(await bed.cases()).toHaveLength(1)
  })

  test('a reversal before any success ends the sale unpaid, and a late success does not revive it', async () => {
    const bed = await pendingBed()
    await bed.notify(notice(reversal))
    await bed.notify(notice())
    expect(await view(bed)).toMatchObject({ state: 'REVERSED', deliveries: 0 })
    expect([await bed.book(), await bed.cases(), await bed.party.nextDue()]).toEqual([[], [], undefined])
  })

  test('while the reversal is on its way, its notice acknowledges it', async () => {
    const bed = await pendingBed()
    bed.script.reversal = () => 'lost'
    await bed.party.reverse('ORDER-01', ORDER_TIME)
    await bed.run(0)
    await bed.notify(notice(reversal))
    expect([await bed.state(), await bed.party.nextDue(), await bed.cases()]).toEqual([
      'REVERSED',
      undefined,
      [],
    ])
  })
})

describe('a notice that is not the switch’s word to us', () => {
  test('a forged one is refused, changes nothing and is not even a case (NTF-013)', async () => {
    const bed = await pendingBed()
    const sealed = await seal(bed.sealer(SWITCH), { type: 'notify.payee', to: ACQUIRER, fields: notice() })
    const forged = { ...sealed, sealed: spoilt(sealed.sealed) }
    expect((await deliver(bed.sealer(SWITCH), bed.party, 'notify.payee', forged)).class).toBe('REJ-CRYPTO')
    expect((await bed.notify(notice(), BANK)).class).toBe('REJ-ROUTE')
    expect((await bed.notify(notice({ acquirer: '20000002' }))).class).toBe('REJ-ROUTE')
    expect([await bed.state(), await bed.cases()]).toEqual(['PENDING', []])
  })

  test('the same bytes again are a replay, for as long as they would open (NTF-016)', async () => {
    const bed = await pendingBed()
    // A sender whose clock runs ahead by all that is allowed: its message opens for twice the skew.
    const ahead = { ...bed.clock, wall: () => bed.clock.wall() + 300_000 }
    const early = bed.sealer(SWITCH, ahead)
    const message = await seal(early, { type: 'notify.payee', to: ACQUIRER, fields: notice() })
    const post = () => deliver(bed.sealer(SWITCH), bed.party, 'notify.payee', message)
    expect((await post()).class).toBe('OK')
    expect((await post()).class).toBe('REJ-REPLAY')
    bed.clock.move(600_000)
    await bed.store.change([], () => ({ result: undefined })) // clears what has expired
    const nonce = await bed.store.read([`nonce/${SWITCH}.${message.head.nonce}`])
    expect([nonce.size, (await post()).class]).toEqual([1, 'REJ-REPLAY'])
    bed.clock.move(24 * 3_600_000)
    expect((await post()).class).toBe('REJ-REPLAY')
    expect((await view(bed))?.deliveries).toBe(1)
  })
})

describe('a notice for an order that is not in the book', () => {
  test('is kept with an OK, is a case, and is asked about (NTF-017)', async () => {
    const bed = await acquirerBed()
    bed.script.query = (_fields, nth) => (nth === 0 ? answerFields('NOT_FOUND') : found('SUCCESS', 'OK'))
    expect((await bed.notify(notice())).class).toBe('OK')
    expect((await bed.notify(notice())).repeated).toBe(true)
    expect(await bed.cases()).toEqual([expect.stringContaining('not in the book')])
    await bed.run(63_000)
    expect(bed.said('query').map(({ at, fields }) => [at, (fields as { order: string }).order])).toEqual([
      [1000, 'ORDER-01'],
      [3000, 'ORDER-01'],
    ])
    const told = (await bed.store.history(`sale.${ORDER_TIME}.ORDER-01`)).find(
      ({ kind }) => kind === 'orphan',
    )
    expect(told?.body).toMatchObject({ state: 'SUCCESS', amount: 1200n })
    expect([await view(bed), await bed.book(), await bed.party.nextDue()]).toEqual([undefined, [], undefined])
  })

  test('is heard in the change that records the order, which is then not sent (NTF-005)', async () => {
    const bed = await acquirerBed()
    await bed.notify(notice())
    expect(await bed.party.sell(order())).toMatchObject({ state: 'SUCCESS', deliveries: 1 })
    expect([bed.said('purchase').length, (await bed.items()).length]).toEqual([0, 1])
    expect((await bed.store.read([`orphan/sale.${ORDER_TIME}.ORDER-01`])).size).toBe(0)
    await bed.notify(notice())
    expect((await view(bed))?.deliveries).toBe(1)
  })

  test('does not pay for another order: amount and merchant are compared then, too', async () => {
    const bed = await acquirerBed()
    bed.script.purchase = () => answered('PENDING')
    await bed.notify(notice({ amount: 5n }))
    await bed.notify(notice({ notice: 'NOTICE-2', merchant: '100000000000002' }))
    expect(await bed.party.sell(order())).toMatchObject({ state: 'PENDING', deliveries: 0 })
    expect([bed.said('purchase').length, await bed.book(), (await bed.cases()).length]).toEqual([1, [], 4])
  })
})

describe('in any order', () => {
  const refunded: Notice = notice({
    notice: 'NOTICE-R',
    about: 'refund',
    order: 'REFUND-01',
    transaction: '20261122360000000009',
    state: 'R_SUCCESS',
  })
  const play = async (amount: bigint, all: readonly Notice[]) => {
    const bed = await pendingBed()
    bed.script.refund = () => answerFields('PENDING')
    const of = { order: 'ORDER-01', orderTime: ORDER_TIME }
    await bed.party.refund({ order: 'REFUND-01', orderTime: ORDER_TIME, of, amount })
    for (const one of all) expect((await bed.notify(one)).class).toBe('OK')
    return { bed, sale: await view(bed) }
  }

  test('payment and refund end refunded, whichever comes first (NTF-004)', async () => {
    const [whole, part] = [refunded, { ...refunded, amount: 200n }]
    for (const all of [
      [notice(), whole],
      [whole, notice()],
    ])
      expect((await play(1200n, all)).sale).toMatchObject({ state: 'REFUNDED', refunded: 1200n })
    for (const all of [
      [notice(), part],
      [part, notice()],
    ]) {
      const { sale, bed } = await play(200n, all)
      expect(sale).toMatchObject({ state: 'PART_REFUNDED', refunded: 200n, deliveries: 1 })
      expect((await bed.items()).map(({ kind, amount }) => `${kind} ${amount}`).sort()).toEqual([
        'purchase 1200',
        'refund 200',
      ])
      expect([await bed.cases(), (await bed.book()).length]).toEqual([[], 2])
    }
  })

  test('goods do not go out for a sale that was wholly refunded first', async () => {
    expect((await play(1200n, [refunded, notice()])).sale?.deliveries).toBe(0)
  })

  test('every order of payment, copy, refund and late failure ends the same (NTF-015)', async () => {
    const all = [notice(), notice({ notice: 'NOTICE-2' }), { ...refunded, amount: 200n }]
    const late = notice({ ...failed, notice: 'NOTICE-3' })
    const ends = new Set<string>()
    for (const some of permutations(all)) {
      const { sale } = await play(200n, [...some, late])
      ends.add(`${sale?.state} ${sale?.refunded} ${sale?.deliveries}`)
    }
    expect([...ends]).toEqual(['PART_REFUNDED 200 1'])
  })

  test('a wrong refund notice is refused and counts for nothing', async () => {
    const bed = await pendingBed()
    bed.script.refund = () => answerFields('PENDING')
    const of = { order: 'ORDER-01', orderTime: ORDER_TIME }
    await bed.party.refund({ order: 'REFUND-01', orderTime: ORDER_TIME, of, amount: 200n })
    expect((await bed.notify({ ...refunded, amount: 201n })).class).toBe('DECL-AMOUNT')
    expect(
      (await bed.notify({ ...refunded, amount: 200n, merchant: `${MERCHANT.slice(0, -1)}9` })).class,
    ).toBe('REJ-CONFLICT')
    expect((await bed.party.refundOf('REFUND-01', ORDER_TIME))?.state).toBe('R_PENDING')
    expect([(await view(bed))?.refunded, (await bed.cases()).length]).toEqual([0n, 2])
  })

  test('the notice of a refund that is not in the book waits for it', async () => {
    const bed = await pendingBed()
    bed.script.refund = () => answerFields('PENDING')
    await bed.notify(notice())
    expect((await bed.notify({ ...refunded, amount: 200n })).class).toBe('OK')
    const of = { order: 'ORDER-01', orderTime: ORDER_TIME }
    const refund = { order: 'REFUND-01', orderTime: ORDER_TIME, of, amount: 200n }
    expect((await bed.party.refund(refund)).state).toBe('R_SUCCESS')
    expect([bed.said('refund').length, await bed.state()]).toEqual([0, 'PART_REFUNDED'])
    expect((await bed.store.read([`orphan/refund.${ORDER_TIME}.REFUND-01`])).size).toBe(0)
  })

  test('and does not count for a refund of another amount', async () => {
    const bed = await pendingBed()
    bed.script.refund = () => answerFields('PENDING')
    await bed.notify(notice())
    await bed.notify({ ...refunded, amount: 201n })
    const of = { order: 'ORDER-01', orderTime: ORDER_TIME }
    const refund = { order: 'REFUND-01', orderTime: ORDER_TIME, of, amount: 200n }
    expect((await bed.party.refund(refund)).state).toBe('R_PENDING')
    expect([bed.said('refund').length, await bed.state(), (await bed.cases()).length]).toEqual([
      1,
      'SUCCESS',
      2,
    ])
  })
})

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, at) => permutations(all.toSpliced(at, 1)).map((rest) => [one, ...rest]))
}
