// The network's coupons, asked by the institution over the wire: an exchange issues one packet however often it is sent and
// a refused one stays refused; a branch holds a coupon for itself alone, and ends once.
import { beforeEach, expect, test } from 'vitest'
import { INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { type FourParties, fourParties } from '../test/four-parties.ts'
import { call, type Fields, type RequestType } from '../wire/wire.ts'

const START = Date.parse('2026-06-15T10:00:00+08:00')
let world: FourParties
let token = ''

beforeEach(async () => {
  world = await fourParties(START, 'coupons of the network')
  await world.wallet('POST', '/control/users', { id: 'alice', balance: '1000' })
  token = (await world.wallet('POST', '/wallet/users/alice/sign-up'))['token'] ?? ''
})

async function ask<T extends RequestType>(
  type: T,
  fields: Fields<T>,
): Promise<Readonly<Record<string, unknown>>> {
  const from = { ...world.stage.sealer(INSTITUTION), store: undefined }
  const [reply] = await Promise.all([call(from, type, SWITCH, fields, 5_000), world.stage.settle()])
  if (reply.kind !== 'answered') throw new Error(reply.because)
  return { class: reply.class, ...(reply.fields as object) }
}

const exchange = (id: string, more: Partial<Fields<'coupon.exchange'>> = {}) =>
  ask('coupon.exchange', { exchange: id, token, coupon: 'WALLET01', face: 500n, currency: '156', ...more })
const hold = (branch: string, coupon: unknown, amount = 500n) =>
  ask('coupon.hold', { branch, token, coupon: String(coupon), amount, currency: '156' })
const list = async (): Promise<readonly unknown[]> => {
  const said = await ask('coupon.query', { token, tn: '202606151200000000001' })
  return (said['coupons'] ?? []) as readonly unknown[]
}

test('an exchange issues one packet of the network, over a restart of the switch too', async () => {
  const first = await exchange('EXCHANGE01')
  expect(first).toMatchObject({ class: 'OK', state: 'SUCCESS' })
  // The switch dies before it decides, and after: its successor knows what was decided and nothing else.
  for (const when of ['before', 'after'] as const) {
    world.crashIn(1, when)
    const lost = exchange('EXCHANGE01').catch((error: Error) => error.message)
    await world.stage.advance(world.stage.clock.now() + 10_000)
    expect(await lost).toMatch(/no reply/)
  }
  const again = await exchange('EXCHANGE01')
  expect(again).toMatchObject({ class: 'OK', repeated: '1', networkCoupon: first['networkCoupon'] })
  expect(await exchange('EXCHANGE01', { face: 501n })).toMatchObject({ class: 'REJ-CONFLICT' })
  expect(await list()).toEqual([{ coupon: first['networkCoupon'], face: 500n, threshold: 0n }])
  const issued = (await world.switchJournal()).filter(({ kind }) => kind === 'exchange')
  expect(issued).toHaveLength(1)
})

test('a refused exchange stays refused, whatever changes meanwhile', async () => {
  const other = '629999999999999999'
  expect(await exchange('EXCHANGE02', { token: other })).toMatchObject({
    class: 'DECL-TOKEN',
    state: 'FAILED',
  })
  expect(await exchange('EXCHANGE02', { token: other })).toMatchObject({ class: 'DECL-TOKEN', repeated: '1' })
  expect(await exchange('EXCHANGE03', { currency: '840' })).toMatchObject({ class: 'DECL-CURR' })
  expect(await list()).toEqual([])
})

test('a branch holds a coupon for itself, uses it once, and a freed one is free', async () => {
  const { networkCoupon } = await exchange('EXCHANGE04')
  expect(await hold('BRANCH01', networkCoupon, 501n)).toMatchObject({
    class: 'DECL-COUPON',
    state: 'CANCELLED',
  })
  expect(await hold('BRANCH02', networkCoupon)).toMatchObject({ class: 'OK', state: 'TRIED' })
  expect(await hold('BRANCH02', networkCoupon)).toMatchObject({ class: 'OK', repeated: '1' })
  expect(await hold('BRANCH02', networkCoupon, 1n)).toMatchObject({ class: 'REJ-CONFLICT' })
  expect(await hold('BRANCH03', networkCoupon)).toMatchObject({ class: 'DECL-COUPON' })
  expect(await list()).toEqual([])
  expect(await ask('coupon.free', { branch: 'BRANCH02' })).toMatchObject({ class: 'OK', state: 'CANCELLED' })
  expect(await ask('coupon.free', { branch: 'BRANCH02' })).toMatchObject({ class: 'OK', repeated: '1' })
  expect(await ask('coupon.use', { branch: 'BRANCH02' })).toMatchObject({ class: 'DECL-STATE' })
  expect(await list()).toHaveLength(1)
  expect(await hold('BRANCH04', networkCoupon)).toMatchObject({ class: 'OK' })
  expect(await ask('coupon.use', { branch: 'BRANCH04' })).toMatchObject({ class: 'OK', state: 'CONFIRMED' })
  expect(await ask('coupon.use', { branch: 'BRANCH04' })).toMatchObject({ class: 'OK', repeated: '1' })
  expect(await ask('coupon.free', { branch: 'BRANCH04' })).toMatchObject({ class: 'DECL-STATE' })
  expect(await list()).toEqual([])
})

test('a branch that was freed before it came is fenced', async () => {
  const { networkCoupon } = await exchange('EXCHANGE05')
  expect(await ask('coupon.use', { branch: 'BRANCH05' })).toMatchObject({ class: 'DECL-STATE' })
  expect(await ask('coupon.free', { branch: 'BRANCH05' })).toMatchObject({ class: 'OK', state: 'CANCELLED' })
  expect(await hold('BRANCH05', networkCoupon)).toMatchObject({ class: 'DECL-STATE' })
  expect(await list()).toHaveLength(1)
})

test('of two branches at once one holds the coupon', async () => {
  const { networkCoupon } = await exchange('EXCHANGE06')
  const said = await Promise.all([hold('BRANCH06', networkCoupon), hold('BRANCH07', networkCoupon)])
  expect(new Set(said.map((one) => one['class']))).toEqual(new Set(['DECL-COUPON', 'OK']))
})
