// A restart at any point loses and repeats nothing: the switch is cut off before and after every store change, read and
// message of a purchase and of a refund, a successor takes over its store, and all books must agree in the end.
import { expect, test } from 'vitest'
import { institutionApp, institutionParty } from '../institution/institution.ts'
import { acquirerParty, bankParty } from '../mocks/mocks.ts'
import { memoryStore, type Store } from '../store/store.ts'
import { switchParty, type SwitchWorld } from '../switch/switch.ts'
import { beijingTime, type Endpoint, PROFILES } from '../wire/wire.ts'
import {
  ACQUIRER_A,
  BANK,
  INSTITUTION,
  recorder,
  seeded,
  stage,
  stageClock,
  subjectOver,
  SWITCH,
  testNetwork,
} from './scenarios.ts'

const START = Date.parse('2026-06-15T10:00:00+08:00')

type Crash = { readonly at: number; readonly when: 'before' | 'after' }
type Ended = {
  readonly sale: string
  readonly refund: string
  readonly available: string
  readonly debits: number
  readonly credits: number
  readonly findings: readonly unknown[]
  readonly crashed: boolean
  readonly steps: readonly string[]
  readonly deliveries: number
}

async function played(crash: Crash | undefined): Promise<Ended> {
  const profile = PROFILES['sim'] ?? expect.fail('sim')
  const clock = stageClock(START)
  const random = seeded('crash')
  const network = await testNetwork(profile, random, START)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const newStore = (): Store => memoryStore({ now: () => clock.now() })
  const rec = recorder(
    () => clock.now(),
    () => undefined,
  )
  const subject = subjectOver(async (path, init) => app.request(path, init), {
    name: 'reference',
    kind: 'in-process',
    features: new Set(),
  })
  const st = stage({
    profile,
    clock,
    random,
    network,
    recorder: rec,
    subject,
    subjectId: INSTITUTION,
    storeFor: async () => newStore(),
  })
  const own = { ...st.sealer(INSTITUTION), store: newStore(), switchId: SWITCH }
  const institution = institutionParty(own)
  const idle = async () => ({ inFlight: 0 })
  const app = institutionApp(institution, own, {
    idle,
    setClock: async () => undefined,
    restart: async () => undefined,
  })
  const bank = bankParty({ ...st.sealer(BANK), store: newStore() })
  st.place(BANK, (sealed) => bank.receive(sealed), bank)
  const desk = acquirerParty({ ...st.sealer(ACQUIRER_A), store: newStore(), switchId: SWITCH }, failed)
  st.place(ACQUIRER_A, (sealed) => desk.receive(sealed), desk)

  const switchStore = newStore()
  const steps: string[] = []
  let crashed = false
  const start = (mortal: boolean): void => {
    const world: SwitchWorld = { ...st.sealer(SWITCH), store: switchStore, bankId: BANK }
    const party: Endpoint = switchParty(mortal ? dying(world) : world, failed)
    st.place(SWITCH, (sealed) => party.receive(sealed), party)
  }
  /** The k-th thing the switch does outside its own head is its last, done or not done. */
  const dying = (world: SwitchWorld): SwitchWorld => {
    const never = new Promise<never>(() => undefined)
    const step = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
      if (crashed) return never
      steps.push(name)
      const last = crash !== undefined && steps.length === crash.at
      if (!last) {
        const result = await act()
        return crashed ? never : result
      }
      crashed = true
      if (crash.when === 'after') await act()
      start(false)
      return never
    }
    const { store } = world
    return {
      ...world,
      send: (to, sealed, deadline) => step(sealed.path, () => world.send(to, sealed, deadline)),
      store: {
        ...store,
        change: (keys, decide) => step('change', () => store.change(keys, decide)),
        read: (keys) => step('read', () => store.read(keys)),
        history: (item) => step('history', () => store.history(item)),
        claim: (...args) => step('claim', () => store.claim(...args)),
      },
    }
  }
  start(false)
  await app.request('/control/users', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'alice', balance: '5000' }),
  })
  await app.request('/wallet/users/alice/sign-up', { method: 'POST' })
  const { code } = (await (await app.request('/wallet/users/alice/codes', { method: 'POST' })).json()) as {
    code: string
  }
  start(true)

  const orderTime = beijingTime(START)
  void desk
    .sell({
      order: 'ORDER0001',
      orderTime,
      merchant: '777290058110048',
      merchantName: 'm',
      merchantCategory: '5411',
      terminal: '01080209',
      code,
      amount: 1000n,
      currency: '156',
    })
    .catch(failed)
  await st.advance(START + 10 * 60_000)
  if ((await desk.sale('ORDER0001', orderTime))?.state === 'SUCCESS') {
    void desk
      .refund({ order: 'REFUND001', orderTime, of: { order: 'ORDER0001', orderTime }, amount: 300n })
      .catch(failed)
    await st.advance(START + 40 * 60_000)
  }
  expect(failures).toEqual([])
  const user = (await (await app.request('/control/users/alice')).json()) as { available: string }
  const ledger = (await (await app.request('/control/ledger')).text()).split('\n')
  const { findings } = (await (await app.request('/control/audit')).json()) as { findings: unknown[] }
  const sale = await desk.sale('ORDER0001', orderTime)
  return {
    sale: sale?.state ?? 'none',
    deliveries: sale?.deliveries ?? 0,
    refund: (await desk.refundOf('REFUND001', orderTime))?.state ?? 'none',
    available: user.available,
    debits: ledger.filter((line) => line.includes('"what":"purchase"')).length,
    credits: ledger.filter((line) => line.includes('"what":"refund"')).length,
    findings,
    crashed,
    steps,
  }
}

test('without a crash: one purchase, one refund', async () => {
  expect(await played(undefined)).toMatchObject({
    sale: 'PART_REFUNDED',
    refund: 'R_SUCCESS',
    available: '4300',
    debits: 1,
    credits: 1,
    findings: [],
  })
})

test('cut off before or after any step, all books agree in the end', async () => {
  const { steps } = await played(undefined)
  expect(steps.length).toBeGreaterThan(15)
  const outcomes = new Set<string>()
  for (let at = 1; at <= steps.length; at += 1) {
    for (const when of ['before', 'after'] as const) {
      const ended = await played({ at, when })
      const told = `crash ${when} step ${at}: ${JSON.stringify(ended)}`
      expect(ended.crashed, told).toBe(true)
      expect(ended.findings, told).toEqual([])
      expect(ended.debits, told).toBeLessThanOrEqual(1)
      if (ended.sale === 'PART_REFUNDED')
        expect(ended, told).toMatchObject({
          refund: 'R_SUCCESS',
          available: '4300',
          credits: 1,
          deliveries: 1,
        })
      else expect(ended, told).toMatchObject({ available: '5000', credits: 0, deliveries: 0, refund: 'none' })
      expect(['PART_REFUNDED', 'REVERSED', 'FAILED'], told).toContain(ended.sale)
      outcomes.add(ended.sale)
      // What the institution had booked is found by asking it, not taken back: the switch resolves before the acquirer gives up.
      if (steps[at - 1] === '/sifang/1/debit')
        expect(ended.sale, told).toBe(when === 'after' ? 'PART_REFUNDED' : 'REVERSED')
    }
  }
  // Both ends occur: what had been debited stands, what had not is taken back.
  expect(outcomes.size).toBeGreaterThan(1)
})
