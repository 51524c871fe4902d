// What others import from the package, as they import it, each an example of docs/for-your-tests.md: MSW handlers, a
// network of one's own for a test, and messages by chance.
import { setupServer } from 'msw/node'
import { afterAll, describe, expect, test } from 'vitest'
import { startSwitch, switchFixture, type RunningSwitch } from '../cli/fixture.ts'
import { bankHandlers, switchHandlers } from '../mocks/msw.ts'
import { ACQUIRER_A, BANK, INSTITUTION, seeded, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import { answerFields, call, PROFILES, type Reply, type World } from '../wire/wire.ts'

const NOW = Date.parse('2026-06-15T10:00:00+08:00')
const profile = PROFILES['unionpay'] ?? expect.fail('unionpay')
const network = await testNetwork(profile, seeded('exported'), NOW, {
  urls: { [SWITCH]: 'http://switch.test', [BANK]: 'http://bank.test' },
})

/** What a party's own code stands on; `send` is an ordinary HTTP client, which is what MSW stands in the way of. */
const world = (me: string): World<ReturnType<typeof memoryStore>> => ({
  me,
  profile,
  clock: { wall: () => NOW, mono: () => BigInt(NOW) * 1_000_000n, until: () => new Promise(() => undefined) },
  random: seeded(me),
  keys: network.keysOf(me),
  directory: network.directory,
  store: memoryStore({ now: () => NOW }),
  send: async (to, sealed): Promise<Reply> => {
    const url = network.directory.party(to)?.url ?? ''
    try {
      const response = await fetch(url + sealed.path, {
        method: 'POST',
        headers: { 'content-type': sealed.contentType },
        body: new Uint8Array(sealed.bytes),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return {
        kind: 'reply',
        sealed: { ...sealed, contentType: response.headers.get('content-type') ?? '', bytes },
      }
    } catch {
      return { kind: 'no_reply' }
    }
  },
})

const sale = {
  acquirer: ACQUIRER_A,
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  terminal: '01080209',
  code: '6220123456789012345',
  amount: 1000n,
  currency: '156',
  order: 'ORDER00000001',
  orderTime: '20260615100000',
}

describe('MSW handlers', () => {
  const server = setupServer(
    ...switchHandlers('http://switch.test', world(SWITCH)),
    ...bankHandlers('http://bank.test', world(BANK)),
  )
  server.listen()
  afterAll(() => server.close())
  const [wallet, acquirer] = [world(INSTITUTION), world(ACQUIRER_A)]

  test('a wallet gets a token for an account, the same one again, and a code', async () => {
    const apply = () => call(wallet, 'token.apply', SWITCH, { account: 'account-0001' }, 1000)
    const [first, again] = [await apply(), await apply()]
    expect(first).toMatchObject({ kind: 'answered', class: 'OK' })
    const token = (answered: typeof first) =>
      answered.kind === 'answered' ? answered.fields.token : undefined
    expect(token(again)).toBe(token(first))
    const code = await call(wallet, 'code.apply', SWITCH, { token: token(first) ?? '' }, 1000)
    expect(code).toMatchObject({
      kind: 'answered',
      class: 'OK',
      fields: { code: expect.stringMatching(/^62[0-9]{17}$/) },
    })
  })

  test('an acquirer’s purchase is accepted first, and is a success when asked; its refund counts', async () => {
    expect(await call(acquirer, 'purchase', SWITCH, sale, 1000)).toMatchObject({ class: 'PENDING' })
    const query = () =>
      call(
        acquirer,
        'query',
        SWITCH,
        { acquirer: ACQUIRER_A, asked: 'purchase', order: sale.order, orderTime: sale.orderTime },
        1000,
      )
    expect(await query()).toMatchObject({ class: 'OK', fields: { state: 'SUCCESS' } })
    const refund = {
      acquirer: ACQUIRER_A,
      merchant: sale.merchant,
      order: 'REFUND000001',
      orderTime: sale.orderTime,
      origOrder: sale.order,
      origOrderTime: sale.orderTime,
      amount: 400n,
      currency: '156',
    }
    expect(await call(acquirer, 'refund', SWITCH, refund, 1000)).toMatchObject({ class: 'PENDING' })
    expect(
      await call(acquirer, 'refund', SWITCH, { ...refund, order: 'REFUND000002', amount: 601n }, 1000),
    ).toMatchObject({ class: 'DECL-AMOUNT' })
    expect(await query()).toMatchObject({ fields: { state: 'PART_REFUNDED', refundedTotal: 400n } })
    expect(await call(acquirer, 'purchase', SWITCH, { ...sale, amount: 1n }, 1000)).toMatchObject({
      class: 'REJ-CONFLICT',
    })
  })

  test('a bank pays what it is told, once', async () => {
    const pay = () =>
      call(
        world(SWITCH),
        'settle',
        BANK,
        {
          instruction: '20260615-1',
          clearingDay: '20260615',
          payer: INSTITUTION,
          payee: SWITCH,
          amount: 5n,
          currency: '156',
        },
        1000,
      )
    // Nobody has opened accounts at this bank: an honest no, sealed and signed.
    expect(await pay()).toMatchObject({ kind: 'answered' })
  })

  test('a test says what it wants answered otherwise, or nothing at all', async () => {
    server.use(
      ...switchHandlers('http://switch.test', world(SWITCH), {
        purchase: () => answerFields('DECL-RISK'),
        query: () => 'silence',
      }),
    )
    expect(await call(acquirer, 'purchase', SWITCH, { ...sale, order: 'ORDER00000002' }, 1000)).toMatchObject(
      { class: 'DECL-RISK' },
    )
    const query = { acquirer: ACQUIRER_A, asked: 'purchase', order: sale.order, orderTime: sale.orderTime }
    expect(await call(acquirer, 'query', SWITCH, query, 1000)).toMatchObject({ kind: 'unknown' })
  })
})

const it = test.extend<{ network: RunningSwitch }>({ network: switchFixture })

it('a fixture: the real switch over HTTP, a user who pays by code and is refunded', async ({
  network: running,
}) => {
  const alice = await running.user('alice', 10_000n)
  const paid = await running.sell({ code: await alice.code(), amount: 1200n })
  expect(paid.state).toBe('SUCCESS')
  expect((await running.refund(paid, 200n)).state).toBe('R_SUCCESS')
  const view = (await (await fetch(`${running.institutionUrl}/control/users/alice`)).json()) as {
    available: string
  }
  expect(view.available).toBe('9000')
})

test('it is ready in under half a second, and several run side by side', async () => {
  const first = await startSwitch({ seed: 'a' })
  const others = await Promise.all([startSwitch({ seed: 'b' }), startSwitch({ seed: 'c' })])
  expect(new Set([first, ...others].map(({ url }) => url)).size).toBe(3)
  await Promise.all([first, ...others].map((one) => one.close()))
  expect(first.readyMs).toBeLessThan(500)
})
