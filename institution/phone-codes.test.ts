// Codes of the institution's own making, in numbers: no two alike, none in step, none to be guessed from others; and what
// a guesser at a till meets.
import { expect, test } from 'vitest'
import { scriptedSwitch } from '../mocks/mocks.ts'
import { INSTITUTION, seeded, stageClock, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import { classOf, type Fields, PROFILES, type Profile, type Sealer } from '../wire/wire.ts'
import { institutionApp } from './app.ts'
import { institutionParty } from './institution.ts'
import { phoneCode, type Seed, shownCode } from './phone-codes.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const SIM = PROFILES['sim'] ?? expect.fail('sim')

async function bed(flags: Partial<Profile['flags']> = {}) {
  const profile: Profile = { ...SIM, flags: { ...SIM.flags, ...flags } }
  const clock = stageClock(NOON)
  const random = seeded('codes')
  const network = await testNetwork(profile, random, NOON)
  const sealer = (me: string): Sealer => ({
    me,
    profile,
    clock: clock.view(),
    random,
    keys: network.keysOf(me),
    directory: network.directory,
  })
  const edge = scriptedSwitch({
    world: sealer(SWITCH),
    post: (sealed) => party.receive(sealed),
    signer: network.keysOf(SWITCH),
  })
  const world = {
    ...sealer(INSTITUTION),
    store: memoryStore({ now: () => clock.now(), checked: true }),
    switchId: SWITCH,
    send: async (_to: string, sealed: Parameters<typeof edge.receive>[0]) => {
      const reply = await edge.receive(sealed)
      return reply === 'silence' || 'refusal' in reply
        ? { kind: 'no_reply' as const }
        : { kind: 'reply' as const, sealed: reply }
    },
  }
  const party = institutionParty(world)
  const still = async (): Promise<void> => undefined
  const host = { idle: async () => ({ inFlight: 0 }), setClock: still, restart: still }
  const app = institutionApp(party, world, host)
  const api = async (path: string, body: object): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json' }
    const reply = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await reply.json()) as Record<string, string>
  }
  let count = 0
  const ids = () => {
    const number = String((count += 1)).padStart(12, '0')
    return { order: `ORDER${number}`, orderTime: '20260615120000', transaction: `20260615${number}` }
  }
  const debit = async (fields: Partial<Fields<'debit'>> & { code: string; token: string }) => {
    const heard = await edge.say('debit', INSTITUTION, {
      ...ids(),
      acquirer: '48020001',
      merchant: '777290058110048',
      merchantName: 'shop',
      merchantCategory: '5411',
      amount: 100n,
      currency: '156',
      clearingDay: '20260615',
      ...fields,
    })
    return heard.kind === 'reply'
      ? classOf(String((heard.opened.message.fields as { answer?: string }).answer))
      : heard.kind
  }
  return { world, app, api, debit, edge, ids, clock, profile }
}

test('a hundred thousand codes of one life: no two alike, no step that comes again, every digit as often', async () => {
  const { world } = await bed()
  const chance = seeded('seeds')
  const hex = () => Buffer.from(chance(32)).toString('hex')
  const seeds = Array.from({ length: 1000 }, (_, user): Seed => {
    return { user: `u${user}`, seed: hex(), handle: String(user).padStart(6, '0') }
  })
  const codes = seeds.flatMap((seed) => [
    ...Array.from({ length: 50 }, () => shownCode(world, seed)),
    ...Array.from({ length: 50 }, (_, step) => phoneCode(world, seed, NOON + step * 10_000)),
  ])
  expect(new Set(codes).size).toBe(100_000)
  expect(codes.every((code) => /^62001[0-9]{14}$/.test(code))).toBe(true)
  const gaps = codes.slice(1).map((code, at) => BigInt(code) - BigInt(codes[at] ?? 0))
  expect(gaps.length - new Set(gaps).size).toBeLessThan(60)
  for (let place = 1; place <= 8; place += 1) {
    const seen = Array.from({ length: 10 }, () => 0)
    for (const code of codes) seen[Number(code.at(-place))] = (seen[Number(code.at(-place))] ?? 0) + 1
    for (const times of seen) expect(Math.abs(times - 10_000), `digit ${place}`).toBeLessThan(500)
  }
}, 20_000)

test('of a thousand guesses some are answered, the rest are not looked at, and another till pays on', async () => {
  const { api, debit, clock, profile } = await bed()
  await api('/control/users', { id: 'alice', balance: '5000' })
  const { token = '' } = await api('/wallet/users/alice/sign-up', {})
  const heard = new Map<string | undefined, number>()
  for (let guess = 0; guess < 1000; guess += 1) {
    const code = `62${String(guess * 7919).padStart(17, '0')}`
    const said = await debit({ acquirer: '48027777', code, token })
    heard.set(said, (heard.get(said) ?? 0) + 1)
  }
  const most = profile.values.codeMissesMax
  expect(Object.fromEntries(heard)).toEqual({ 'DECL-CODE': most, 'REJ-RATE': 1000 - most })
  const { code = '' } = await api('/wallet/users/alice/codes', {})
  expect(await debit({ acquirer: '48027777', code, token })).toBe('REJ-RATE')
  expect(await debit({ code, token })).toBe('OK')
  await clock.moveTo(NOON + 2 * profile.values.codeMissesWindowMs, async () => undefined)
  const next = await api('/wallet/users/alice/codes', {})
  expect(await debit({ acquirer: '48027777', code: next['code'] ?? '', token })).toBe('OK')
}, 20_000)

test('where the institution makes the codes, its users are shown them, once good, and the token may be unknown', async () => {
  const { api, debit } = await bed({ codesBy: 'institution' })
  await api('/control/users', { id: 'alice', balance: '5000' })
  await api('/wallet/users/alice/sign-up', {})
  const { code = '' } = await api('/wallet/users/alice/codes', {})
  expect(code).toMatch(/^62001[0-9]{14}$/)
  expect(await debit({ code, token: '0000000000000000' })).toBe('OK')
  expect(await debit({ code, token: '0000000000000000' })).toBe('DECL-CODE')
  expect(
    await debit({
      code: code.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      token: '0000000000000000',
    }),
  ).toBe('DECL-CODE')
})

test('where the profile says so, nobody unbinds while a payment waits', async () => {
  const { api, debit } = await bed({ unbindWhilePending: 'DECL-STATE' })
  await api('/control/users', { id: 'alice', balance: '500000' })
  const { token = '' } = await api('/wallet/users/alice/sign-up', {})
  const { code = '' } = await api('/wallet/users/alice/codes', {})
  expect(await debit({ code, token, amount: 150_000n })).toBe('PENDING')
  expect((await api('/wallet/users/alice/token', { state: 'T_UNBOUND' }))['because']).toContain('DECL-STATE')
})

test.each([
  ['back', '0'],
  ['kept', '1000'],
] as const)('a refund leaves the usage as the profile says: %s', async (limitOnRefund, day) => {
  const { app, api, debit, edge, ids } = await bed({ limitOnRefund })
  await api('/control/users', { id: 'alice', balance: '5000' })
  const { token = '' } = await api('/wallet/users/alice/sign-up', {})
  const { code = '' } = await api('/wallet/users/alice/codes', {})
  const paid = ids()
  expect(await debit({ ...paid, code, token, amount: 1000n })).toBe('OK')
  await edge.say('credit', INSTITUTION, {
    ...ids(),
    acquirer: '48020001',
    merchant: '777290058110048',
    origTransaction: paid.transaction,
    origOrder: paid.order,
    origOrderTime: paid.orderTime,
    amount: 1000n,
    currency: '156',
    clearingDay: '20260615',
  })
  const usage = (await (await app.request('/control/users/alice/usage')).json()) as Record<string, string>
  const user = (await (await app.request('/control/users/alice')).json()) as Record<string, string>
  expect(user['available']).toBe('5000')
  expect(usage['day']).toBe(day)
})
