// A restart at any point loses and repeats nothing: the switch is cut off before and after every store change, read and
// message of a purchase and of a refund, a successor takes over its store, and all books must agree in the end.
import { expect, test } from 'vitest'
import { institutionApp } from '../institution/app.ts'
import { institutionParty } from '../institution/institution.ts'
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

const SALE = { order: 'ORDER0001', orderTime: beijingTime(START) }
const REFUND = { order: 'REFUND001', orderTime: beijingTime(START) }

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

type Network = Awaited<ReturnType<typeof network>>

/** The network but for its switch: institution, acquirer and bank on one stage. */
async function network(failed: (error: unknown) => void) {
  const profile = PROFILES['sim'] ?? expect.fail('sim')
  const clock = stageClock(START)
  const random = seeded('crash')
  const keys = await testNetwork(profile, random, START)
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
    network: keys,
    recorder: rec,
    subject,
    subjectId: INSTITUTION,
    storeFor: async () => newStore(),
  })
  const own = { ...st.sealer(INSTITUTION), store: newStore(), switchId: SWITCH }
  const host = {
    idle: async () => ({ inFlight: 0 }),
    setClock: async () => undefined,
    restart: async () => undefined,
  }
  const app = institutionApp(institutionParty(own), own, host)
  const bank = bankParty({ ...st.sealer(BANK), store: newStore() })
  st.place(BANK, (sealed) => bank.receive(sealed), bank)
  const desk = acquirerParty({ ...st.sealer(ACQUIRER_A), store: newStore(), switchId: SWITCH }, failed)
  st.place(ACQUIRER_A, (sealed) => desk.receive(sealed), desk)
  return { st, app, desk, switchStore: newStore() }
}

/** A world that ends at its k-th step outside its own head, with that step done or not done. */
function dying(world: SwitchWorld, crash: Crash | undefined, steps: string[], died: () => void): SwitchWorld {
  let dead = false
  const never = new Promise<never>(() => undefined)
  const step = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    if (dead) return never
    steps.push(name)
    if (steps.length !== crash?.at) {
      const result = await act()
      return dead ? never : result
    }
    dead = true
    if (crash.when === 'after') await act()
    died()
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

async function played(crash: Crash | undefined): Promise<Ended> {
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const held = await network(failed)
  const { st, app, switchStore } = held
  const steps: string[] = []
  let crashed = false
  const start = (mortal: boolean): void => {
    const world: SwitchWorld = { ...st.sealer(SWITCH), store: switchStore, bankId: BANK }
    const died = (): void => {
      crashed = true
      start(false)
    }
    const party: Endpoint = switchParty(mortal ? dying(world, crash, steps, died) : world, failed)
    st.place(SWITCH, (sealed) => party.receive(sealed), party)
  }
  start(false)
  const json = { 'content-type': 'application/json' }
  await app.request('/control/users', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ id: 'alice', balance: '5000' }),
  })
  await app.request('/wallet/users/alice/sign-up', { method: 'POST' })
  const { code } = (await (await app.request('/wallet/users/alice/codes', { method: 'POST' })).json()) as {
    code: string
  }
  start(true)
  await trade(held, code, failed)
  expect(failures).toEqual([])
  return { ...(await booksOf(held)), crashed, steps }
}

/** A sale, and a refund of it where it succeeded, each with time to come to its end. */
async function trade({ st, desk }: Network, code: string, failed: (error: unknown) => void): Promise<void> {
  const shop = {
    merchant: '777290058110048',
    merchantName: 'm',
    merchantCategory: '5411',
    terminal: '01080209',
  }
  void desk.sell({ ...SALE, ...shop, code, amount: 1000n, currency: '156' }).catch(failed)
  await st.advance(START + 10 * 60_000)
  if ((await desk.sale(SALE.order, SALE.orderTime))?.state !== 'SUCCESS') return
  void desk.refund({ ...REFUND, of: SALE, amount: 300n }).catch(failed)
  await st.advance(START + 40 * 60_000)
}

async function booksOf({ app, desk }: Network): Promise<Omit<Ended, 'crashed' | 'steps'>> {
  const user = (await (await app.request('/control/users/alice')).json()) as { available: string }
  const ledger = (await (await app.request('/control/ledger')).text()).split('\n')
  const { findings } = (await (await app.request('/control/audit')).json()) as { findings: unknown[] }
  const sale = await desk.sale(SALE.order, SALE.orderTime)
  return {
    sale: sale?.state ?? 'none',
    deliveries: sale?.deliveries ?? 0,
    refund: (await desk.refundOf(REFUND.order, REFUND.orderTime))?.state ?? 'none',
    available: user.available,
    debits: ledger.filter((line) => line.includes('"what":"purchase"')).length,
    credits: ledger.filter((line) => line.includes('"what":"refund"')).length,
    findings,
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
