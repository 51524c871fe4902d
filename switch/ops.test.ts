// The registry through its API, and what it does to payments: by date, by scene, by category, province and business.
import { expect, test } from 'vitest'
import { ACQUIRER_A, INSTITUTION } from '../scenarios/scenarios.ts'
import { fourParties } from '../test/four-parties.ts'
import { opsApi } from './ops.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const SHOP = `/merchants/${ACQUIRER_A}/777290058110048`
const TERMS = {
  name: '四方测试商户甲',
  status: 'active',
  scenes: ['CPM', 'MPM', 'ONLINE'],
  categories: [] as string[],
  provinces: [] as string[],
  fee: 'standard',
  returnHosts: [] as string[],
}
const WALLET = {
  status: 'active',
  scenes: ['CPM', 'MPM', 'ONLINE'],
  businesses: [] as string[],
  fee: 'standard',
}

async function opened() {
  const world = await fourParties(NOON, 'the registry')
  await world.wallet('POST', '/control/users', { id: 'alice', balance: '100000' })
  await world.wallet('POST', '/wallet/users/alice/sign-up')
  const ops = async (method: string, path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
    const reply = await opsApi(world.switchWorld()).request(path, init)
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }
  let sold = 0
  const sale = async (): Promise<string> => {
    sold += 1
    const order = `SALE-000${sold}`
    const orderTime = world.sell(order, await world.codeOf('alice'), 100n)
    await world.stage.settle()
    await world.stage.advance(world.stage.clock.now() + 10_000)
    const view = await world.desk.sale(order, orderTime)
    return `${view?.state} ${view?.said}`
  }
  return { ...world, ops, sale }
}

test('a change takes effect on its day, and none before today is taken', async () => {
  const { ops, sale, stage, switchJournal } = await opened()
  expect((await ops('GET', SHOP)).status).toBe(404)
  expect((await ops('PUT', SHOP, { from: '20260601', terms: TERMS })).status).toBe(200)
  expect(await sale()).toBe('SUCCESS PENDING')
  const closed = { ...TERMS, status: 'closed' }
  expect(await ops('PUT', SHOP, { from: '20260614', terms: closed })).toMatchObject({
    status: 409,
    body: { field: 'from', en: '20260614 is over: a change takes effect on 20260615 or later' },
  })
  expect((await ops('PUT', SHOP, { from: '20260616', terms: closed })).status).toBe(200)
  expect(await sale()).toBe('SUCCESS PENDING')
  await stage.advance(Date.parse('2026-06-16T00:00:01+08:00'))
  expect(await sale()).toBe('FAILED DECL-MERCH')
  const versions = (await ops('GET', SHOP)).body['versions'] as { from: string; terms: { status: string } }[]
  expect(versions.map(({ from, terms }) => `${from} ${terms.status}`)).toEqual([
    '20260601 active',
    '20260616 closed',
  ])
  expect((await switchJournal()).filter(({ kind }) => kind === 'registry')).toHaveLength(2)
  expect((await ops('GET', '/merchants')).body['registered']).toHaveLength(1)
})

test.each([
  ['suspended', { status: 'suspended' }, 'FAILED DECL-MERCH'],
  ['not for this scene', { scenes: ['MPM'] }, 'FAILED DECL-MERCH'],
  ['of another category', { categories: ['5812'] }, 'FAILED DECL-MERCH'],
  ['of its category', { categories: ['5411'] }, 'SUCCESS PENDING'],
  ['of another province', { provinces: ['31'] }, 'FAILED DECL-MERCH'],
])('a merchant that is %s', async (_, more, expected) => {
  const { ops, sale } = await opened()
  await ops('PUT', SHOP, { from: '20260615', terms: { ...TERMS, ...more } })
  expect(await sale()).toBe(expected)
})

test.each([
  ['suspended', { status: 'suspended' }],
  ['not open for payment codes', { scenes: ['MPM'] }],
  ['for another business', { businesses: ['99'] }],
])('an institution that is %s gets no payment by code', async (_, more) => {
  const { ops, sale, wallet } = await opened()
  await ops('PUT', `/institutions/${INSTITUTION}`, { from: '20260615', terms: { ...WALLET, ...more } })
  expect(await sale()).toBe('FAILED REJ-ROUTE')
  expect((await wallet('GET', '/control/users/alice'))['available']).toBe('100000')
})

test.each([
  [
    'an unknown scene',
    'PUT',
    SHOP,
    { from: '20260615', terms: { ...TERMS, scenes: ['TV'] } },
    400,
    'terms.scenes.0',
  ],
  ['no such day', 'PUT', SHOP, { from: '20261315', terms: TERMS }, 400, 'from'],
  ['a stranger', 'PUT', '/institutions/99999999', { from: '20260615', terms: WALLET }, 409, 'id'],
  [
    'a wallet as an acquirer',
    'PUT',
    `/merchants/${INSTITUTION}/777290058110048`,
    { from: '20260615', terms: TERMS },
    409,
    'id',
  ],
  ['no digits', 'GET', '/items?business=abc', undefined, 400, 'business'],
])('%s is refused with the field and a sentence', async (_, method, path, body, status, field) => {
  const { ops } = await opened()
  const refused = await ops(method, path, body)
  expect(refused).toMatchObject({ status, body: { field } })
  expect(String(refused.body['zh']).length).toBeGreaterThan(5)
  expect(String(refused.body['en']).length).toBeGreaterThan(5)
})

const ORDER = {
  composite: 'COMPOSITE-0001',
  acquirer: ACQUIRER_A,
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  order: 'ORDER-0000001',
  orderTime: '20260615120000',
}

test('an order is paid from two accounts, or from none; asked for again it is the same payment', async () => {
  const { ops, wallet, stage } = await opened()
  await wallet('POST', '/control/users', { id: 'bob', balance: '1500' })
  const bob = (await wallet('POST', '/wallet/users/bob/sign-up'))['token']
  const alice = (await wallet('POST', '/wallet/users/alice/sign-up'))['token']
  const branches = (amount: string) => [
    { institution: INSTITUTION, branch: 'BRANCH-0001', token: alice, amount },
    { institution: INSTITUTION, branch: 'BRANCH-0002', token: bob, amount },
  ]
  const settled = () => stage.advance(stage.clock.now() + 60_000)
  const asked = { ...ORDER, branches: branches('1000') }
  expect(await ops('POST', '/composites', asked)).toMatchObject({ status: 200, body: { state: 'TRYING' } })
  await settled()
  expect(await ops('POST', '/composites', asked)).toMatchObject({
    status: 200,
    body: { state: 'CONFIRMED', branches: [{ done: true }, { done: true }] },
  })
  expect(await ops('POST', '/composites', { ...ORDER, branches: branches('999') })).toMatchObject({
    status: 409,
    body: { field: 'composite' },
  })
  const second = { ...ORDER, composite: 'COMPOSITE-0002', order: 'ORDER-0000002' }
  await ops('POST', '/composites', { ...second, branches: branches('600') })
  await settled()
  expect(await ops('GET', '/composites/COMPOSITE-0002')).toMatchObject({
    status: 200,
    body: { state: 'CANCELLED', branches: [{ done: true }, { done: true }] },
  })
  expect(await wallet('GET', '/control/users/alice')).toMatchObject({ available: '99000', frozen: '0' })
  expect(await wallet('GET', '/control/users/bob')).toMatchObject({ available: '500', frozen: '0' })
  expect((await ops('GET', '/composites/COMPOSITE-0003')).status).toBe(404)
})

const BRANCH = { institution: INSTITUTION, branch: 'BRANCH-0001', token: '620000000000000001', amount: '1' }
test.each([
  ['no branch', [], {}, 'branches'],
  ['a broken amount', [{ ...BRANCH, amount: '1.5' }], {}, 'branches.0.amount'],
  ['a short token', [{ ...BRANCH, token: '62' }], {}, 'token'],
  ['an acquirer as a wallet', [{ ...BRANCH, institution: ACQUIRER_A }], {}, 'institution'],
  ['one branch twice', [BRANCH, BRANCH], {}, 'branch'],
  ['no such time', [BRANCH], { orderTime: 'noon' }, 'orderTime'],
])('a composite with %s is refused, and nothing is begun', async (_, branches, more, field) => {
  const { ops } = await opened()
  const refused = await ops('POST', '/composites', { ...ORDER, ...more, branches })
  expect(refused).toMatchObject({ status: 400, body: { field } })
  expect(String(refused.body['zh']).length).toBeGreaterThan(3)
  expect((await ops('GET', `/composites/${ORDER.composite}`)).status).toBe(404)
})
