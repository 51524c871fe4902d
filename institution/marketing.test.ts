// Red packets and coupons below the pages: shares drawn by chance, budgets under load, pools that promise no more than they
// hold, what the profile may choose about coupons that come back, and own funds that pay late days once.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { INSTITUTION, seeded, stageClock, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { memoryStore, type Rows, type Store } from '../store/store.ts'
import { PROFILES } from '../wire/wire.ts'
import { auditBook, postings, type PostingBody } from './book.ts'
import { couponsRefunded } from './coupon-return.ts'
import { planLegs } from './funding.ts'
import { fundPool, grab, grantCoupon, grantPacket, openCampaign } from './marketing.ts'
import { campaigns, splits } from './marketing-records.ts'
import { claimShare, drawShares, makeSplit } from './marketing-split.ts'
import { ownFundsJob, payOwnFunds } from './own-funds.ts'
import { type Coupon, coupons, type Leg, packets } from './records.ts'
import { createUser } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const HOUR = 3_600_000
const SIM = PROFILES['sim'] ?? expect.fail('sim')

/** What was read may be old before the change that rests on it. */
function slow(store: Store): Store {
  const pause = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
  }
  return {
    ...store,
    change: async (keys, decide) => {
      await pause()
      return store.change(keys, decide)
    },
    read: async (keys) => {
      const rows = await store.read(keys)
      await pause()
      return rows
    },
  }
}

async function bed() {
  const clock = stageClock(NOON)
  const random = seeded('marketing')
  const network = await testNetwork(SIM, random, NOON)
  const world: InstitutionWorld = {
    me: INSTITUTION,
    profile: SIM,
    clock: clock.view(),
    random,
    keys: network.keysOf(INSTITUTION),
    directory: network.directory,
    store: slow(memoryStore({ now: () => clock.now(), checked: true })),
    switchId: SWITCH,
    send: async () => ({ kind: 'not_sent' }),
  }
  await createUser(world, { id: 'alice' })
  return { world, clock }
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, one) => all + one, 0n)
const CAMPAIGN = { id: 'spring', threshold: 0n, perUser: 1000, until: NOON + HOUR, lifeMs: HOUR }

describe('shares of a split packet', () => {
  test('are as many as asked for, none below one fen, together the sum', () => {
    const wanted = fc.integer({ min: 1, max: 60 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        total: fc.integer({ min: count, max: 100_000 }).map(BigInt),
        seed: fc.string(),
      }),
    )
    fc.assert(
      fc.property(wanted, ({ count, total, seed }) => {
        const shares = drawShares(seeded(seed), total, count)
        expect(shares).toHaveLength(count)
        expect(shares.every((share) => share >= 1n)).toBe(true)
        expect(sum(shares)).toBe(total)
      }),
      { numRuns: 300 },
    )
  })
  test('every list is as likely: 4 fen in 3 shares', () => {
    const random = seeded('likely')
    const seen = new Map<string, number>()
    for (let draw = 0; draw < 3000; draw += 1) {
      const list = drawShares(random, 4n, 3).join()
      seen.set(list, (seen.get(list) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual(['1,1,2', '1,2,1', '2,1,1'])
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
  test('are claimed once each, whoever comes at once, and one sum cannot be cut too small', async () => {
    const { world } = await bed()
    await fundPool(world, 'pool', 'money', 100n)
    const about = { id: 'crowd', pool: 'pool', perUser: 99, until: NOON + HOUR, lifeMs: HOUR }
    expect(await makeSplit(world, { ...about, total: 17n, count: 18 })).toMatchObject({ kind: 'refused' })
    expect(await makeSplit(world, { ...about, total: 100n, count: 18 })).toMatchObject({ kind: 'done' })
    const claims = Array.from({ length: 40 }, (_, index) =>
      claimShare(world, 'alice', 'crowd', `claim-${index}`),
    )
    const got = await Promise.all(claims)
    expect(got.filter(({ kind }) => kind === 'done')).toHaveLength(18)
    expect(new Set(got.flatMap((one) => (one.kind === 'refused' ? [one.class] : [])))).toEqual(
      new Set(['DECL-COUPON']),
    )
    const ids = got.flatMap((one) => (one.kind === 'done' ? [one.value.id] : []))
    const rows = await world.store.read([...ids.map((id) => packets.key(id)), splits.key('crowd')])
    expect(sum(ids.map((id) => packets.in(rows, id)?.left ?? 0n))).toBe(100n)
    expect(splits.in(rows, 'crowd')?.claimed).toBe(18)
  })
})

describe('a budget', () => {
  test('holds under 200 grabs at once, and a repeat takes nothing', async () => {
    const { world } = await bed()
    const about = { ...CAMPAIGN, gives: 'coupon', from: 'issuer', face: 3000n, budget: 100_000n } as const
    await openCampaign(world, about)
    const ids = Array.from({ length: 200 }, (_, index) => `grab-${index % 100}`)
    const got = await Promise.all(ids.map((id) => grab(world, 'alice', 'spring', id)))
    const given = got.flatMap((one) => (one.kind === 'done' ? [one.value.id] : []))
    expect(new Set(given).size).toBe(33)
    const rows = await world.store.read([campaigns.key('spring')])
    expect(campaigns.in(rows, 'spring')?.granted).toBe(99_000n)
  })
  test('of a pool is set aside: no more is promised than was paid in', async () => {
    const { world } = await bed()
    await fundPool(world, 'pool', 'money', 1000n)
    expect(await fundPool(world, 'pool', 'money', 1000n)).toMatchObject({ kind: 'done', repeated: true })
    expect(await fundPool(world, 'pool', 'money', 999n)).toMatchObject({ kind: 'refused' })
    const about = { ...CAMPAIGN, gives: 'packet', from: 'pool', face: 100n, budget: 700n } as const
    expect(await openCampaign(world, about)).toMatchObject({ kind: 'done' })
    const packet = { id: 'own-1', user: 'alice', pool: 'pool', expiresAt: NOON + HOUR }
    expect(await grantPacket(world, { ...packet, left: 301n })).toMatchObject({ class: 'DECL-COUPON' })
    expect(await grantPacket(world, { ...packet, left: 300n })).toMatchObject({ kind: 'done' })
    expect(await grantPacket(world, { ...packet, left: 300n })).toMatchObject({ repeated: true })
    expect(await grantPacket(world, { ...packet, id: 'own-2', left: 1n })).toMatchObject({ kind: 'refused' })
    expect(await auditBook(world.store)).toEqual([])
  })
})

const COUPON: Coupon = {
  id: 'k1',
  user: 'alice',
  issuer: 'issuer',
  face: 2000n,
  threshold: 0n,
  expiresAt: NOON,
  state: 'USED',
  by: 'payment',
}
const LEG: Leg = {
  source: 'COUPON',
  account: 'CPN:issuer',
  amount: 2000n,
  returned: 0n,
  ref: 'k1',
  sponsor: 'issuer',
}
const rowsOf = (...given: readonly Coupon[]): Rows => new Map(given.map((one) => [coupons.key(one.id), one]))

describe('the coupon of a payment that was refunded whole', () => {
  const choose = (flags: Partial<typeof SIM.flags>) => ({ ...SIM, flags: { ...SIM.flags, ...flags } })
  test.each([
    ['returns while it lives', {}, NOON - 1, 'RETURNED', NOON],
    ['lapses after its end', {}, NOON + 1, 'LAPSED', undefined],
    [
      'is extended where the profile says so',
      { expiredCouponOnRefund: 'extend' },
      NOON + 1,
      'EXTENDED',
      NOON + 1 + SIM.values.couponExtendMs,
    ],
    ['lapses where coupons never come back', { couponOnRefund: 'lapse' }, NOON - 1, 'LAPSED', undefined],
  ] as const)('%s', (_name, flags, now, state, expiresAt) => {
    const back = couponsRefunded(choose(flags), rowsOf(COUPON), [LEG], now)
    expect(back.fates).toEqual([{ coupon: 'k1', state }])
    expect(back.put.map(({ value }) => value)).toEqual(
      expiresAt === undefined
        ? []
        : [
            { ...COUPON, state: 'RETURNED' },
            expect.objectContaining({ id: 'k1R', state: 'FREE', expiresAt }),
          ],
    )
  })
  test('comes back once: one that is not in use has been seen to', () => {
    const before = rowsOf({ ...COUPON, state: 'RETURNED' })
    expect(couponsRefunded(SIM, before, [LEG], NOON - 1).fates).toEqual([])
  })
})

test('discounts for a whole order are taken only where the profile allows them', () => {
  const { by: _by, ...free } = COUPON
  const rows = rowsOf({ ...free, state: 'FREE' })
  const purse = { user: 'alice', funding: [{ from: 'coupon', id: 'k1' }], pools: new Map() } as never
  const order = { amount: 1500n, at: NOON - 1, by: 'payment' }
  const refusing = { ...SIM, flags: { ...SIM.flags, fullDiscount: 'DECL-COUPON' as const } }
  expect(planLegs(SIM, rows, purse, order)).toMatchObject({ kind: 'legs', legs: [{ amount: 1500n }] })
  expect(planLegs(refusing, rows, purse, order)).toEqual({ kind: 'refused', class: 'DECL-COUPON' })
})

test('own funds pay each day once, and what came late for a closed day at the next close', async () => {
  const { world, clock } = await bed()
  await grantCoupon(world, { ...COUPON, expiresAt: NOON + 24 * HOUR })
  let booked = 0
  const book = async (clearingDay: string, side: 'debit' | 'credit', amount: bigint): Promise<void> => {
    const other = side === 'debit' ? 'credit' : 'debit'
    booked += 1
    const lines = [
      { account: 'CPN:issuer', side, amount },
      { account: 'CLR', side: other, amount },
    ] as const
    const body: PostingBody = {
      entry: { id: `test:${booked}`, currency: '156', lines },
      clearingDay,
      what: 'purchase',
    }
    await world.store.change([], () => ({
      append: [{ item: 'test', kind: 'posting', body }],
      result: undefined,
    }))
  }
  const close = async (): Promise<void> => {
    const due = await world.store.nextDue()
    if (due === undefined) expect.fail('nothing is due')
    await clock.moveTo(due, async () => undefined)
    for (const job of await world.store.claim(due, 9, 30_000, 'test')) await payOwnFunds(world, job)
  }
  await book('20260615', 'debit', 2000n)
  await book('20260615', 'credit', 500n)
  await book('20260616', 'debit', 70n)
  expect(ownFundsJob(world).dueAt).toBe(Date.parse('2026-06-15T23:10:00+08:00'))
  await close()
  await book('20260615', 'credit', 1n)
  await close()
  const paid: unknown[] = []
  for await (const { body } of postings(world.store))
    if (body.what === 'own-funds')
      paid.push([
        body.clearingDay,
        ...body.entry.lines.map((line) => `${line.side} ${line.account} ${line.amount}`),
      ])
  expect(paid).toEqual([
    ['20260615', 'debit RSV 1500', 'credit OWN:issuer 1500'],
    ['20260616', 'debit RSV 70', 'credit OWN:issuer 70'],
    ['20260615', 'debit OWN:issuer 1', 'credit RSV 1'],
  ])
  // Coupons that cannot cost anything any more make no work.
  await close()
  expect(await world.store.nextDue()).toBeUndefined()
  expect(await auditBook(world.store)).toEqual([])
})
