// The wallet's other money, through its own API: top-up, withdrawal, transfer, proof by a small deposit. Each once per id
// of the caller, each in the book, and nothing let go while the bank has not said its last word.
import { beforeAll, expect, test } from 'vitest'
import { type Laid, scriptedSwitch } from '../mocks/mocks.ts'
import {
  BANK,
  INSTITUTION,
  seeded,
  stageClock,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import { PROFILES, type Sealed, type Sealer } from '../wire/wire.ts'
import { institutionApp } from './app.ts'
import { auditBook, institutionParty, postings } from './institution.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const PROFILE = PROFILES['sim'] ?? expect.fail('sim')
let network: TestNetwork
beforeAll(async () => {
  network = await testNetwork(PROFILE, seeded('money'), NOON)
})

type View = {
  because?: string
  state?: string
  amount?: string
  card?: string
  proof?: string
  order?: string
}

function sealers(clock: ReturnType<typeof stageClock>): (me: string) => Sealer {
  const random = seeded('the bed of money')
  return (me) => ({
    me,
    profile: PROFILE,
    clock: clock.view(),
    random,
    keys: network.keysOf(me),
    directory: network.directory,
  })
}

async function bed() {
  const clock = stageClock(NOON)
  const sealer = sealers(clock)
  const edge = scriptedSwitch({
    world: sealer(SWITCH),
    signer: network.keysOf(SWITCH),
    post: async () => 'no_reply',
  })
  const store = memoryStore({ now: () => clock.now() })
  const world = {
    ...sealer(INSTITUTION),
    store,
    switchId: SWITCH,
    send: async (_to: string, sealed: Sealed) => {
      const reply = await edge.receive(sealed)
      return reply === 'silence' || 'refusal' in reply
        ? ({ kind: 'no_reply' } as const)
        : ({ kind: 'reply', sealed: reply } as const)
    },
  }
  const failures: unknown[] = []
  const party = institutionParty(world, (error) => failures.push(error))
  const host = { setClock: async () => {}, restart: async () => {}, idle: async () => ({ inFlight: 0 }) }
  const app = institutionApp(party, world, host)
  const call = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: View }> => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const reply = await app.request(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...init,
    })
    return { status: reply.status, body: (await reply.json()) as View }
  }
  const post = (path: string, body: unknown) => call('POST', `/wallet/users/alice/${path}`, body)
  /** Lets everything become due that does within the time. */
  const pass = async (ms: number): Promise<void> => {
    const work = async (): Promise<void> => void (await party.work())
    const end = clock.now() + ms
    for (let due = await party.nextDue(); due !== undefined && due <= end; due = await party.nextDue())
      await clock.moveTo(Math.max(due, clock.now()), work)
    await clock.moveTo(end, work)
    expect(failures).toEqual([])
    expect(await auditBook(store)).toEqual([])
  }
  const book = async (): Promise<string[]> => {
    const lines: string[] = []
    for await (const { body } of postings(store)) {
      const line = body.entry.lines.map(({ side, account, amount }) => `${side} ${account} ${amount}`)
      if (body.what !== 'funding') lines.push(line.join(' / '))
    }
    return lines
  }
  for (const id of ['alice', 'bob']) await call('POST', '/control/users', { id, balance: '1000' })
  const four = { holderName: '测试甲', idNumber: '110101199001011237', phone: '13800000001' }
  const bind = (cardNumber: string, request = 'bind-card-1') =>
    post('cards', { request, bank: BANK, cardNumber, ...four })
  const { card = '' } = (await bind('6216261000000000018')).body
  const lay = (one: Omit<Laid, 'times'> & { times?: number }): void => edge.lay({ times: 1, ...one })
  const money = async () =>
    (await call('GET', '/control/users/alice')).body as { available?: string; frozen?: string }
  return { bind, book, call, card, edge, lay, money, pass, post }
}

test('a top-up is the user’s when the bank has said its last word, once per id', async () => {
  const { book, card, edge, lay, money, pass, post } = await bed()
  lay({ type: 'card.debit', answer: 'PENDING', effect: true })
  lay({ type: 'card.query', answer: 'PENDING', times: 3 })
  const asked = { request: 'top-up-01', card, amount: '300' }
  expect(await post('top-ups', asked)).toMatchObject({
    status: 200,
    body: { state: 'PENDING', amount: '300' },
  })
  await pass(10_000)
  expect(await money()).toMatchObject({ available: '1000', frozen: '0' })
  await pass(10_000)
  expect(await post('top-ups', asked)).toMatchObject({ status: 200, body: { state: 'SUCCESS' } })
  expect(await post('top-ups', { ...asked, amount: '301' })).toMatchObject({ status: 409 })
  await pass(10_000)
  expect(await book()).toEqual([`debit BNK:${BANK} 300 / credit USR:alice 300`])
  expect(edge.asked.filter(({ type }) => type === 'card.debit')).toHaveLength(1)
})

test('a withdrawal is frozen while nobody knows, gone when the bank has paid, back when it has refused', async () => {
  const { book, card, lay, money, pass, post } = await bed()
  lay({ type: 'card.payout', silence: true })
  lay({ type: 'card.query', answer: 'PENDING', times: 3 })
  const asked = { request: 'withdraw-01', card, amount: '400', pin: '000000' }
  expect(await post('withdrawals', { ...asked, pin: '111111' })).toMatchObject({ status: 409 })
  expect(await post('withdrawals', { ...asked, amount: '1001' })).toMatchObject({ status: 409 })
  expect(await post('withdrawals', asked)).toMatchObject({ status: 200, body: { state: 'PENDING' } })
  await pass(10_000)
  expect(await money()).toMatchObject({ available: '600', frozen: '400' })
  await pass(20_000)
  expect(await money()).toMatchObject({ available: '600', frozen: '0' })
  lay({ type: 'card.payout', answer: 'DECL-ACCOUNT' })
  await post('withdrawals', { ...asked, request: 'withdraw-02' })
  await pass(1_000)
  expect(await money()).toMatchObject({ available: '600', frozen: '0' })
  expect(await book()).toEqual([
    'debit USR:alice 400 / credit FRZ:alice 400',
    `debit FRZ:alice 400 / credit BNK:${BANK} 400`,
    'debit USR:alice 400 / credit FRZ:alice 400',
    'debit FRZ:alice 400 / credit USR:alice 400',
  ])
})

test('a transfer moves both balances in one posting, once per id, and never more than there is', async () => {
  const { book, call, money, post } = await bed()
  const asked = { request: 'transfer-01', to: 'bob', amount: '700', pin: '000000' }
  const both = await Promise.all([post('transfers', asked), post('transfers', asked)])
  expect(both.map(({ status }) => status)).toEqual([200, 200])
  expect(await money()).toMatchObject({ available: '300' })
  expect((await call('GET', '/control/users/bob')).body).toMatchObject({ available: '1700' })
  for (const wrong of [
    { amount: '301' },
    { to: 'alice' },
    { to: 'nobody' },
    { pin: '999999' },
    { amount: '0' },
  ])
    expect(await post('transfers', { ...asked, request: 'transfer-02', ...wrong })).toMatchObject({
      status: 409,
    })
  expect(await post('transfers', { ...asked, to: 'bob', amount: '1' })).toMatchObject({ status: 409 })
  expect(await book()).toEqual(['debit USR:alice 700 / credit USR:bob 700'])
})

test('a card is proven by the amount that only its holder sees, within three tries', async () => {
  const { bind, book, card, edge, pass, post } = await bed()
  const confirm = (amount: string, of = card) => post(`cards/${of}/deposit/confirm`, { amount })
  expect(await confirm('1')).toMatchObject({ status: 409 })
  const sent = await post(`cards/${card}/deposit`, { request: 'deposit-01' })
  expect(sent).toMatchObject({ status: 200, body: { state: 'PENDING' } })
  expect(sent.body.amount).toBeUndefined()
  await post(`cards/${card}/deposit`, { request: 'deposit-01' })
  await pass(1_000)
  const paid = edge.asked.filter(({ type }) => type === 'card.payout')
  expect(paid).toHaveLength(1)
  const amount = String(paid[0]?.fields['amount'])
  expect(Number(amount)).toBeGreaterThanOrEqual(1)
  expect(Number(amount)).toBeLessThanOrEqual(99)
  expect(await confirm(String(Number(amount) + 1))).toMatchObject({ status: 409 })
  expect(await confirm(amount)).toMatchObject({ status: 200, body: { proof: 'VERIFIED' } })
  expect(await book()).toEqual([`debit FEE ${amount} / credit BNK:${BANK} ${amount}`])
  const other = (await bind('6216261000000000026', 'bind-card-2')).body.card ?? ''
  await post(`cards/${other}/deposit`, { request: 'deposit-02' })
  await pass(1_000)
  const second = String(edge.asked.filter(({ type }) => type === 'card.payout').at(-1)?.fields['amount'])
  for (let tries = 0; tries < 3; tries += 1)
    expect(await confirm('100', other)).toMatchObject({ status: 409 })
  expect(await confirm(second, other)).toMatchObject({ status: 409 })
})

test('a card is bound once per id, belongs to its user, and pays nothing once it is unbound', async () => {
  const { bind, call, card, post } = await bed()
  expect(await bind('6216261000000000018')).toMatchObject({ status: 200, body: { card } })
  expect(await bind('6216261000000000026')).toMatchObject({ status: 409 })
  const stranger = { request: 'top-up-02', card, amount: '100' }
  expect(await call('POST', '/wallet/users/bob/top-ups', stranger)).toMatchObject({ status: 409 })
  expect(await call('POST', `/wallet/users/bob/cards/${card}/unbind`)).toMatchObject({ status: 409 })
  expect(await call('POST', `/wallet/users/alice/cards/${card}/unbind`)).toMatchObject({
    status: 200,
    body: { state: 'UNBOUND' },
  })
  expect(await post('top-ups', { request: 'top-up-03', card, amount: '100' })).toMatchObject({ status: 409 })
})
