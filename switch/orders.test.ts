// Orders at the switch, said to it message by message: one payer each, the switch's own time, the same answer to the same
// payment, a fence where a close came first; voids and their undoing; the business code on its way through everybody.
import { expect, test } from 'vitest'
import { ACQUIRER_A, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { type FourParties, fourParties } from '../test/four-parties.ts'
import { beijingTime, call, type Fields, readLink, type RequestType } from '../wire/wire.ts'
import { opsApi } from './ops.ts'
import { clear } from './switch.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const BUSINESS = '01020304010607080910'
const SHOP = { acquirer: ACQUIRER_A, merchant: '777290058110048', currency: '156' }
const NAMED = { ...SHOP, merchantName: '四方测试商户甲', merchantCategory: '5411' }

async function opened() {
  const world = await fourParties(NOON, 'orders at the switch')
  await world.wallet('POST', '/control/users', { id: 'alice', balance: '100000' })
  const { token = '' } = await world.wallet('POST', '/wallet/users/alice/sign-up')
  const { stage } = world
  const say = async <T extends RequestType>(from: string, type: T, fields: Fields<T>) => {
    const reply = await stage.through(call(stage.sealer(from) as never, type, SWITCH, fields, 5_000))
    if (reply.kind !== 'answered') return expect.fail(reply.because)
    return {
      ...(reply.fields as Readonly<Record<string, unknown>>),
      class: reply.class,
      repeated: reply.repeated,
    }
  }
  const pass = (ms: number) => stage.advance(stage.clock.now() + ms)
  return { ...world, token, say, pass }
}
type Bed = Awaited<ReturnType<typeof opened>>

const ids = (order: string) => ({ order, orderTime: beijingTime(NOON) })
const create = ({ say }: Bed, order: string, more: Partial<Fields<'order.create'>> = {}) =>
  say(ACQUIRER_A, 'order.create', { ...NAMED, ...ids(order), amount: 880n, ...more })

function payOf(
  bed: Bed,
  made: Readonly<Record<string, unknown>>,
  payment: string,
  order: string,
  amount = 880n,
) {
  const fields = { ...SHOP, ...ids(order), payment, token: bed.token, tn: String(made['tn']), amount }
  return bed.say(INSTITUTION, 'pay', fields)
}

test('one payer takes the order; a repeat hears the same, everybody else a no', async () => {
  const bed = await opened()
  const made = await create(bed, 'ORDER00000001')
  expect(await create(bed, 'ORDER00000001')).toMatchObject({
    class: 'OK',
    repeated: true,
    tn: made['tn' as never],
  })
  expect(await create(bed, 'ORDER00000001', { amount: 990n })).toMatchObject({ class: 'REJ-CONFLICT' })
  const link = String((made as Record<string, unknown>)['link'])
  expect(await readLink(bed.stage.sealer(INSTITUTION), link, SWITCH)).toMatchObject({ kind: 'link' })
  expect(await payOf(bed, made, 'PAYMENT00001', 'ORDER00000001', 88n)).toMatchObject({ class: 'DECL-AMOUNT' })
  const first = await payOf(bed, made, 'PAYMENT00002', 'ORDER00000001')
  expect(first).toMatchObject({ class: 'OK', state: 'SUCCESS' })
  const again = await payOf(bed, made, 'PAYMENT00002', 'ORDER00000001')
  expect(again).toEqual({ ...first, repeated: true, because: first['because' as never] })
  expect(await payOf(bed, made, 'PAYMENT00003', 'ORDER00000001')).toMatchObject({ class: 'DECL-STATE' })
  expect(await payOf(bed, made, 'PAYMENT00001', 'ORDER00000001', 88n)).toMatchObject({
    class: 'DECL-AMOUNT',
    repeated: true,
  })
  for (const [payment, state] of [
    ['PAYMENT00002', 'SUCCESS'],
    ['PAYMENT00003', 'FAILED'],
  ] as const)
    expect(await bed.say(INSTITUTION, 'pay.query', { payment, token: bed.token })).toMatchObject({
      class: 'OK',
      state,
    })
  const { token } = bed
  expect(await bed.say(INSTITUTION, 'pay.query', { payment: 'PAYMENT00009', token })).toMatchObject({
    class: 'NOT_FOUND',
  })
  const shut = await bed.say(INSTITUTION, 'order.resolve', { token, link })
  expect(shut).toMatchObject({ class: 'DECL-STATE' })
  expect(shut).not.toHaveProperty('merchant')
  const items = (await clear(bed.switchWorld(), '20260615')).items
  expect(items).toMatchObject([{ kind: 'purchase', amount: 880n, payer: INSTITUTION, payee: ACQUIRER_A }])
})

test('the last moment is the switch’s own, and after it nothing is described or paid', async () => {
  const bed = await opened()
  const validUntil = beijingTime(NOON + 60_000)
  const [one, two] = [
    await create(bed, 'ORDER00000001', { validUntil }),
    await create(bed, 'ORDER00000002', { validUntil }),
  ]
  await bed.stage.advance(NOON + 60_999)
  expect(await payOf(bed, one, 'PAYMENT00001', 'ORDER00000001')).toMatchObject({ class: 'OK' })
  await bed.stage.advance(NOON + 61_000)
  expect(await payOf(bed, two, 'PAYMENT00002', 'ORDER00000002')).toMatchObject({ class: 'DECL-STATE' })
  expect(
    await bed.say(ACQUIRER_A, 'query', { acquirer: ACQUIRER_A, asked: 'purchase', ...ids('ORDER00000002') }),
  ).toMatchObject({ state: 'CLOSED' })
  expect(await create(bed, 'ORDER00000003', { validUntil })).toMatchObject({
    class: 'REJ-FORMAT',
    wrongField: 'payTimeout',
  })
})

test('closed is closed: before it was paid, and before it was made', async () => {
  const bed = await opened()
  const made = await create(bed, 'ORDER00000001')
  const close = (order: string) =>
    bed.say(ACQUIRER_A, 'qr.cancel', { acquirer: ACQUIRER_A, merchant: SHOP.merchant, ...ids(order) })
  expect(await close('ORDER00000001')).toMatchObject({ class: 'OK', state: 'CLOSED' })
  expect(await close('ORDER00000001')).toMatchObject({ class: 'OK', state: 'CLOSED', repeated: true })
  expect(await payOf(bed, made, 'PAYMENT00001', 'ORDER00000001')).toMatchObject({ class: 'DECL-STATE' })
  expect(await close('ORDER00000002')).toMatchObject({ class: 'OK', state: 'CLOSED' })
  expect(await create(bed, 'ORDER00000002')).toMatchObject({ class: 'DECL-STATE' })
  const paid = await create(bed, 'ORDER00000003')
  await payOf(bed, paid, 'PAYMENT00003', 'ORDER00000003')
  expect(await close('ORDER00000003')).toMatchObject({ class: 'DECL-STATE', state: 'PAID' })
})

test('a printed code makes an order at each look', async () => {
  const bed = await opened()
  const wall = await bed.say(ACQUIRER_A, 'qr.create', { ...NAMED, codeKind: 'STATIC' })
  const qrCode = String((wall as Record<string, unknown>)['qrCode'])
  const look = () => bed.say(INSTITUTION, 'order.resolve', { token: bed.token, qrCode })
  const [one, two] = [await look(), await look()]
  expect(one).toMatchObject({
    class: 'OK',
    codeKind: 'STATIC',
    merchantName: '四方测试商户甲',
  })
  expect(one).not.toHaveProperty('amount')
  expect((one as Record<string, unknown>)['tn']).not.toBe((two as Record<string, unknown>)['tn'])
})

test('the business code is validated, carried to the wallet, on the items, and searched by', async () => {
  const bed = await opened()
  expect(await create(bed, 'ORDER00000001', { business: '01020304020607080910' })).toMatchObject({
    class: 'REJ-FORMAT',
    wrongField: 'bizCode',
  })
  const { link } = (await create(bed, 'ORDER00000002', { business: BUSINESS })) as unknown as { link: string }
  const { tn } = await bed.wallet('POST', '/wallet/users/alice/scans', { link })
  // The wallet waits for the switch while the stage's clock stands: nothing here takes time.
  expect(await bed.wallet('POST', '/wallet/users/alice/payments', { tn })).toMatchObject({ state: 'SUCCESS' })
  const found = await bed.wallet('GET', '/control/payments?business=01020')
  expect(found['payments']).toMatchObject([{ business: BUSINESS, state: 'SUCCESS' }])
  expect((await bed.wallet('GET', '/control/payments?business=0103'))['payments']).toEqual([])
  const ops = async (prefix: string) =>
    (
      (await (await opsApi(bed.switchWorld()).request(`/items?business=${prefix}`)).json()) as {
        items: unknown[]
      }
    ).items
  expect(await ops('01020304')).toMatchObject([{ kind: 'purchase', business: BUSINESS, amount: '880' }])
  expect(await ops('02')).toEqual([])
  expect((await clear(bed.switchWorld(), '20260615')).items).toMatchObject([{ business: BUSINESS }])
})

const voided = (bed: Bed, order: string, of: string, more: Partial<Fields<'void'>> = {}) => {
  const { order: origOrder, orderTime: origOrderTime } = ids(of)
  return bed.say(ACQUIRER_A, 'void', {
    ...SHOP,
    ...ids(order),
    origOrder,
    origOrderTime,
    amount: 880n,
    ...more,
  })
}
const stateOf = async (bed: Bed, asked: string, order: string): Promise<unknown> => {
  const reply = await bed.say(ACQUIRER_A, 'query', { acquirer: ACQUIRER_A, asked, ...ids(order) })
  return (reply as Readonly<Record<string, unknown>>)['state']
}
const balance = async ({ wallet }: FourParties) => (await wallet('GET', '/control/users/alice'))['available']

test('a void is whole, of its own day, once, and nothing else goes beside it; its undoing lets the sale stand', async () => {
  const bed = await opened()
  const { link } = (await create(bed, 'ORDER00000001')) as unknown as { link: string }
  const { tn } = await bed.wallet('POST', '/wallet/users/alice/scans', { link })
  await bed.wallet('POST', '/wallet/users/alice/payments', { tn })
  expect(await voided(bed, 'VOID00000001', 'ORDER00000001', { amount: 400n })).toMatchObject({
    class: 'DECL-AMOUNT',
  })
  expect(await voided(bed, 'VOID00000002', 'ORDER00000001', { merchant: '777290058110097' })).toMatchObject({
    class: 'DECL-ORIG',
  })
  expect(await voided(bed, 'VOID00000003', 'ORDER00000001')).toMatchObject({ class: 'PENDING' })
  expect(await voided(bed, 'VOID00000004', 'ORDER00000001')).toMatchObject({ class: 'DECL-STATE' })
  await bed.pass(1_000)
  expect([
    await stateOf(bed, 'void', 'VOID00000003'),
    await stateOf(bed, 'purchase', 'ORDER00000001'),
  ]).toEqual(['VOIDED', 'VOIDED'])
  expect(await balance(bed)).toBe('100000')
  const { positions } = await clear(bed.switchWorld(), '20260615')
  expect(positions.every(({ net }) => net === 0n)).toBe(true)
  const undo = { ...SHOP, ...ids('VOID00000003'), reversal: 'UNDO00000001', about: 'void' }
  expect(await bed.say(ACQUIRER_A, 'reversal', undo)).toMatchObject({ class: 'PENDING' })
  await bed.pass(1_000)
  expect(await bed.say(ACQUIRER_A, 'reversal', undo)).toMatchObject({
    class: 'OK',
    state: 'REVERSED',
    repeated: true,
  })
  expect([
    await stateOf(bed, 'void', 'VOID00000003'),
    await stateOf(bed, 'purchase', 'ORDER00000001'),
  ]).toEqual(['REVERSED', 'SUCCESS'])
  expect(await balance(bed)).toBe('99120')
  const again = await clear(bed.switchWorld(), '20260615')
  expect(again.positions).toMatchObject([
    { party: ACQUIRER_A, net: 880n },
    { party: INSTITUTION, net: -880n },
  ])
  await bed.stage.advance(Date.parse('2026-06-15T23:00:01+08:00'))
  expect(await voided(bed, 'VOID00000005', 'ORDER00000001')).toMatchObject({ class: 'DECL-WINDOW' })
  const unheard = { ...undo, ...ids('VOID00000006'), reversal: 'UNDO00000006' }
  expect(await bed.say(ACQUIRER_A, 'reversal', unheard)).toMatchObject({ class: 'OK', state: 'REVERSED' })
  expect(await voided(bed, 'VOID00000006', 'ORDER00000001')).toMatchObject({ class: 'DECL-STATE' })
})

test('while the institution asks its user a purchase is not reversed, and its word ends the waiting at once', async () => {
  const bed = await opened()
  await bed.wallet('PUT', '/control/users/alice/balance', { amount: '500000' })
  const code = await bed.codeOf('alice')
  const fields = { ...NAMED, ...ids('ORDER00000001'), terminal: '01080209', code, amount: 200_000n }
  expect(await bed.say(ACQUIRER_A, 'purchase', fields)).toMatchObject({ class: 'PENDING' })
  await bed.pass(120_000)
  expect(await stateOf(bed, 'purchase', 'ORDER00000001')).toBe('PENDING')
  const { transaction } = (await bed.say(ACQUIRER_A, 'query', {
    acquirer: ACQUIRER_A,
    asked: 'purchase',
    ...ids('ORDER00000001'),
  })) as unknown as { transaction: string }
  await bed.wallet('POST', `/wallet/users/alice/payments/${transaction}/confirm`, { pin: '000000' })
  await bed.wallet('POST', '/control/clock', { now: bed.stage.clock.now() + 1 })
  await bed.pass(100)
  expect(await stateOf(bed, 'purchase', 'ORDER00000001')).toBe('SUCCESS')
})
