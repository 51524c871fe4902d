// The number of a bank order at the NetsUnion-like network: given once, with control digits that the network handed out and
// that are used once and on their own day; without them nothing leaves.
import { beforeEach, expect, test } from 'vitest'
import { INSTITUTION, seeded, SWITCH, testNetwork, type TestNetwork } from '../scenarios/scenarios.ts'
import { memoryStore, START, type Store } from '../store/store.ts'
import { answer, answerFields, PROFILES, type Profile, type Reply, type Sealer } from '../wire/wire.ts'
import { atNetwork, attemptBehind, moreDigits, numberKnown, numberOf } from './control-digits.ts'
import type { InstitutionWorld } from './institution.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const profileOf = (id: string): Profile => PROFILES[id] ?? expect.fail(id)

let network: TestNetwork
let store: Store
let now: number
let fetched: number
let silent: boolean
let batch: readonly string[]

beforeEach(async () => {
  network = await testNetwork(profileOf('netsunion'), seeded('control digits'), NOON)
  store = memoryStore({ now: () => now })
  now = NOON
  fetched = 0
  silent = false
  batch = Array.from({ length: 20 }, (_, index) => String(index).padStart(4, '0'))
})

function sealer(me: string, profile: Profile): Sealer {
  const clock = { wall: () => now, mono: () => 0n, until: () => Promise.resolve() }
  return {
    me,
    profile,
    clock,
    random: seeded(`${me} ${fetched}`),
    keys: network.keysOf(me),
    directory: network.directory,
  }
}

function world(id = 'netsunion'): InstitutionWorld {
  const profile = profileOf(id)
  const send = async (_to: string, sealed: Parameters<InstitutionWorld['send']>[1]): Promise<Reply> => {
    fetched += 1
    if (silent) return { kind: 'no_reply' }
    const said = await answer(sealer(SWITCH, profile), sealed, 'control.fetch', async () => ({
      ...answerFields('OK'),
      clearingDay: new Date(now + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', ''),
      controls: [{ front: String(fetched).padStart(2, '0'), numbers: batch.join('|') }],
    }))
    if ('refusal' in said) throw new Error(said.refusal.en)
    return { kind: 'reply', sealed: said }
  }
  return { ...sealer(INSTITUTION, profile), store, send, switchId: SWITCH }
}

const controlOf = (number: string | undefined): string => (number ?? '').slice(-6)

test('a number has the form, is given once, and leads back to its attempt', async () => {
  const number = (await numberOf(world(), 'ATTEMPT00001')) ?? ''
  expect(number).toMatch(/^20260615\d{16}1010000$/)
  expect(await numberOf(world(), 'ATTEMPT00001')).toBe(number)
  expect(await numberKnown(world(), 'ATTEMPT00001')).toBe(number)
  expect(await attemptBehind(world(), number)).toBe('ATTEMPT00001')
  expect(await numberKnown(world(), 'NEVERLEFT001')).toBe('NEVERLEFT001')
  expect(fetched).toBe(1)
})

test('each control number is used once, however many ask together', async () => {
  const attempts = Array.from({ length: 12 }, (_, index) => `ATTEMPT1000${index}`)
  const numbers = await Promise.all(attempts.map((attempt) => numberOf(world(), attempt)))
  expect(numbers).not.toContain(undefined)
  expect(new Set(numbers.map(controlOf)).size).toBe(attempts.length)
})

test('when they run low more are fetched by a job, and when they run out at once', async () => {
  for (let index = 0; index < 10; index += 1) await numberOf(world(), `ATTEMPT2000${index}`)
  expect(await store.nextDue()).toBe(now)
  expect(fetched).toBe(1)
  const [job] = await store.claim(now, 1, 30_000, 'test')
  if (job === undefined) throw new Error('no job')
  await moreDigits(world(), job)
  expect(fetched).toBe(2)
  const rest: string[] = []
  for (let index = 0; index < 30; index += 1)
    rest.push(controlOf(await numberOf(world(), `ATTEMPT3000${index}`)))
  expect(fetched).toBe(2)
  expect(new Set(rest).size).toBe(30)
  await numberOf(world(), 'ATTEMPT40000')
  expect(fetched).toBe(3)
})

test('the day turns: what is left of the day before is never used', async () => {
  await numberOf(world(), 'ATTEMPT00001')
  now += 24 * 3_600_000
  expect(await numberOf(world(), 'ATTEMPT00002')).toMatch(/^20260616\d{16}1020000$/)
  expect(fetched).toBe(2)
})

test('without control digits there is no number, and nothing is written', async () => {
  silent = true
  expect(await numberOf(world(), 'ATTEMPT00001')).toBeUndefined()
  const order = { attempt: 'ATTEMPT00001', origAttempt: 'ATTEMPT00000' } as Parameters<typeof atNetwork>[1]
  expect(await atNetwork(world(), order)).toBeUndefined()
  const entries: unknown[] = []
  for await (const entry of store.journal(START)) entries.push(entry)
  expect(entries).toEqual([])
  silent = false
  batch = ['12345', 'abcd', '', '7']
  expect(await numberOf(world(), 'ATTEMPT00001')).toBeUndefined()
  batch = ['0042']
  const named = await atNetwork(world(), order)
  const [own, original] = [controlOf(named?.attempt), controlOf(named?.origAttempt)]
  expect([own.slice(2), original.slice(2)]).toEqual(['0042', '0042'])
  expect(own).not.toBe(original)
})

test('on another network an attempt is its own number, and nobody is asked', async () => {
  expect(await numberOf(world('unionpay'), 'ATTEMPT00001')).toBe('ATTEMPT00001')
  expect(await attemptBehind(world('unionpay'), 'ATTEMPT00001')).toBe('ATTEMPT00001')
  expect(fetched).toBe(0)
})
