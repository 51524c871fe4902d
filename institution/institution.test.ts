// The institution against a model of it: random sequences of payments, repeats, reversals before and after, refunds,
// queries, notices, frozen and unbound users, expired codes and restarts, some of them at once. After every step the
// answers, the balances, the postings and the auditor must agree with the model. A failure prints its seed and path.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scriptedSwitch } from '../mocks/mocks.ts'
import {
  INSTITUTION,
  seeded,
  stageClock,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/scenarios.ts'
import { memoryStore, START, type Store } from '../store/store.ts'
import {
  type Answer,
  type Institution,
  institution,
  type Payment,
  predict,
  type Request,
} from '../test/institution-model.ts'
import { type Action, action, messageOf, type Script } from '../test/institution-script.ts'
import { type AnswerClass, classOf, type Fields, PROFILES, type Sealer } from '../wire/wire.ts'
import { institutionApp } from './app.ts'
import { auditBook, institutionParty, postings } from './institution.ts'
import { PAYMENT_NEXT, type PaymentState } from './records.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const PROFILE = PROFILES['sim'] ?? expect.fail('sim')
const RUNS = 120
const USERS = { alice: 3000n, bob: 700n }

type Bed = Awaited<ReturnType<typeof bed>>

/** An institution over a store, the switch's edge that a test speaks through, and its control API. */
async function bed(network: TestNetwork) {
  const clock = stageClock(NOON)
  const random = seeded('the institution and its model')
  const sealer = (me: string): Sealer => ({
    me,
    profile: PROFILE,
    clock: clock.view(),
    random,
    keys: network.keysOf(me),
    directory: network.directory,
  })
  const store = unhurried(memoryStore({ now: () => clock.now(), checked: true }), seeded('turns'))
  const edge = scriptedSwitch({
    world: sealer(SWITCH),
    post: (sealed) => served.party.receive(sealed),
    signer: network.keysOf(SWITCH),
  })
  const start = () => {
    const world = {
      ...sealer(INSTITUTION),
      store,
      switchId: SWITCH,
      send: async (_to: string, sealed: Parameters<typeof edge.receive>[0]) => {
        const reply = await edge.receive(sealed)
        return reply === 'silence' || 'refusal' in reply
          ? { kind: 'no_reply' as const }
          : { kind: 'reply' as const, sealed: reply }
      },
    }
    const party = institutionParty(world)
    const idle = async () => ({ inFlight: party.inFlight() })
    const still = async (): Promise<void> => undefined
    return { party, app: institutionApp(party, world, { idle, setClock: still, restart: still }) }
  }
  let served = start()
  return {
    clock,
    store,
    edge,
    restart: () => {
      served = start()
    },
    api: async (method: string, path: string, body?: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' }
      const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
      return (await served.app.request(path, init)).json()
    },
  }
}

/** A store that takes its time, by chance: what was read may be old before the change that rests on it. */
function unhurried(store: Store, random: (length: number) => Uint8Array): Store {
  const pause = async (): Promise<void> => {
    for (let turns = (random(1)[0] ?? 0) % 8; turns > 0; turns -= 1) await Promise.resolve()
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

type World = { now: Institution; readonly script: Script; readonly names: Map<string, string> }

async function opened(real: Bed): Promise<World> {
  const world: World = { now: institution(NOON), script: { debits: [], credits: [] }, names: new Map() }
  for (const [name, balance] of Object.entries(USERS)) {
    await real.api('POST', '/control/users', { id: name, balance: String(balance) })
    const { token } = (await real.api('POST', `/wallet/users/${name}/sign-up`)) as { token: string }
    world.now.users.set(token, { status: 'active', bound: true, balance, latest: undefined })
    world.names.set(token, name)
  }
  return world
}

async function answered(real: Bed, { type, fields }: Request): Promise<Answer> {
  const heard = await real.edge.say(type, INSTITUTION, fields as Fields<typeof type>)
  if (heard.kind !== 'reply') throw new Error(`${type} was answered with ${heard.kind}`)
  const said = heard.opened.message.fields as Fields<'debit.query.reply'>
  return {
    class: classOf(said.answer) ?? expect.fail(said.answer),
    repeated: said.repeated === '1',
    ...(said.state !== undefined && { state: said.state }),
    ...(said.refundedTotal !== undefined && { refunded: said.refundedTotal }),
  }
}

const heardOf = new Set<AnswerClass>()

/** One message, or several at once: then some order of them, one after the other, must explain all the answers. */
async function say(world: World, real: Bed, actions: readonly Action[]): Promise<void> {
  for (const what of actions) if (what.do === 'pay') await before(world, real, what)
  const requests = actions.flatMap((what) => messageOf(world.now, world.script, what) ?? [])
  const answers = await Promise.all(requests.map((request) => answered(real, request)))
  for (const { class: kind } of answers) heardOf.add(kind)
  const tried: unknown[] = []
  for (const order of ordersOf(requests.length)) {
    const model = structuredClone(world.now)
    const predicted: Answer[] = []
    for (const at of order) predicted[at] = predict(model, requests[at] ?? expect.fail('no request'))
    if (requests.length === 1) expect(answers, described(requests)).toEqual(predicted)
    tried.push(predicted)
    if (described(predicted) !== described(answers)) continue
    world.now = model
    return
  }
  expect(answers, `no order explains ${described(requests)}: ${described(tried)}`).toEqual(tried[0])
}

async function before(world: World, real: Bed, pay: Extract<Action, { do: 'pay' }>): Promise<void> {
  if (pay.freshCode) await showCode(world, real, pay.user)
  if (pay.meanwhile === 'frozen') await setStatus(world, real, pay.user, 'frozen')
  if (pay.meanwhile === 'unbound') await unbind(world, real, pay.user)
}

const described = (value: unknown): string =>
  JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? String(one) : one))

function ordersOf(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]]
  return ordersOf(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  )
}

/** What must hold whatever happened. */
async function check({ now: model, names }: World, real: Bed): Promise<void> {
  expect(await auditBook(real.store)).toEqual([])
  for (const [token, { balance, status }] of model.users) {
    const name = names.get(token)
    expect(await real.api('GET', `/control/users/${name}`)).toMatchObject({
      available: String(balance),
      status,
    })
  }
  const booked = new Map<string, bigint>()
  const of = new Map<string, Payment>()
  for (const { fields } of model.refunds.values()) {
    const payment = model.payments.get(`${fields.acquirer}.${fields.origOrder}`)
    if (payment !== undefined) of.set(`refund ${keyOf(fields)}`, payment)
  }
  const refunded = new Map<Payment, bigint>()
  let suspense = 0n
  for await (const { item, body } of postings(real.store)) {
    if (body.what === 'funding') continue
    const key = `${body.what} ${item}`
    const amount = body.entry.lines[0]?.amount ?? 0n
    expect(booked.has(key), `${key} is posted twice`).toBe(false)
    booked.set(key, amount)
    for (const line of body.entry.lines) if (line.account === 'SUS:L') suspense += line.amount
    const payment = of.get(key)
    if (body.what === 'refund')
      refunded.set(payment ?? expect.fail(key), (refunded.get(payment ?? expect.fail(key)) ?? 0n) + amount)
  }
  expect(suspense).toBe(model.suspense)
  for (const [payment, sum] of refunded) expect(sum <= (payment.fields?.amount ?? 0n)).toBe(true)
  expect(booked).toEqual(bookOf(model))
  await checkStates(real.store)
}

const keyOf = ({
  acquirer,
  order,
  orderTime,
}: Pick<Fields<'debit'>, 'acquirer' | 'order' | 'orderTime'>): string => `${acquirer}.${orderTime}.${order}`

/** Every posting that the model's items call for, and no other: a fenced, failed or refused key has none. */
function bookOf(model: Institution): Map<string, bigint> {
  const book = new Map<string, bigint>()
  for (const { fields, state } of model.payments.values()) {
    if (fields === undefined || state === 'FAILED' || state === 'FENCED') continue
    book.set(`purchase ${keyOf(fields)}`, fields.amount)
    if (state === 'REVERSED') book.set(`reversal ${keyOf(fields)}`, fields.amount)
  }
  for (const { fields, state } of model.refunds.values())
    if (state !== 'R_FAILED') book.set(`refund ${keyOf(fields)}`, fields.amount)
  return book
}

/** The journal takes every payment along edges of the table (INV-10). */
async function checkStates(store: Store): Promise<void> {
  const states = new Map<string, PaymentState>()
  for await (const { item, body } of store.journal(START, { kinds: ['payment'] })) {
    const to = (body as { state: PaymentState }).state
    const from = states.get(item)
    const legal: readonly PaymentState[] =
      from === undefined ? ['SUCCESS', 'FAILED', 'FENCED'] : PAYMENT_NEXT[from]
    expect(legal, `${item} from ${from}`).toContain(to)
    states.set(item, to)
  }
}

type Command = fc.AsyncCommand<World, Bed>

const command = (name: string, run: (world: World, real: Bed) => Promise<void>): Command => ({
  check: () => true,
  run: async (world, real) => {
    await run(world, real)
    await check(world, real)
  },
  toString: () => name,
})

const aUser = fc.nat({ max: 1 })
const one = (what: Action): Command => command(described(what), (world, real) => say(world, real, [what]))
const some = fc.oneof(
  fc.array(action, { minLength: 2, maxLength: 3 }),
  // A payment and something about it at once: what reads before it changes must look again.
  fc.tuple(
    action.filter((what) => what.do === 'pay'),
    action
      .filter((what) => what.do === 'reverse' || what.do === 'refund')
      .map((what) => ({ ...what, pick: 0 })),
  ),
)
const status = fc.oneof(
  { weight: 3, arbitrary: fc.constant('frozen' as const) },
  { weight: 5, arbitrary: fc.constant('active' as const) },
  { weight: 1, arbitrary: fc.constant('closed' as const) },
)
const laterMs = fc.constantFrom(1_000, 359_999, 360_001)

/** Money moves often; what ends a user for good comes late enough for something to have happened before. */
const anything: fc.Arbitrary<Command> = fc.oneof(
  { weight: 24, arbitrary: action.map(one) },
  {
    weight: 4,
    arbitrary: aUser.map((user) => command(`code of ${user}`, (world, real) => showCode(world, real, user))),
  },
  {
    weight: 6,
    arbitrary: some.map((all) =>
      command(`at once ${described(all)}`, (world, real) => say(world, real, all)),
    ),
  },
  {
    weight: 4,
    arbitrary: action.map((what) =>
      command(`twice at once ${described(what)}`, (world, real) => twice(world, real, what)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(aUser, status)
      .map(([user, to]) => command(`${user} is ${to}`, (world, real) => setStatus(world, real, user, to))),
  },
  {
    weight: 1,
    arbitrary: aUser.map((user) => command(`unbind ${user}`, (world, real) => unbind(world, real, user))),
  },
  {
    weight: 3,
    arbitrary: laterMs.map((ms) => command(`${ms} ms later`, (world, real) => later(world, real, ms))),
  },
  { weight: 2, arbitrary: fc.constant(command('restart', async (_world, real) => real.restart())) },
)

async function later(world: World, real: Bed, ms: number): Promise<void> {
  await real.clock.moveTo(real.clock.now() + ms, async () => undefined)
  world.now.now += ms
}

const tokenOf = ({ now }: World, user: number): string =>
  [...now.users.keys()][user] ?? expect.fail('no user')

async function twice(world: World, real: Bed, one: Action): Promise<void> {
  const request = messageOf(world.now, world.script, one)
  if (request === undefined) return
  const [first, second] = await Promise.all([answered(real, request), answered(real, request)])
  const predicted = [predict(world.now, request), predict(world.now, request)]
  const either = first?.repeated === true ? [second, first] : [first, second]
  expect(either, described(request)).toEqual(predicted)
}

async function showCode(world: World, real: Bed, number: number): Promise<void> {
  const token = tokenOf(world, number)
  const user = world.now.users.get(token) ?? expect.fail('no user')
  const shown = (await real.api('POST', `/wallet/users/${world.names.get(token)}/codes`)) as {
    code?: string
    expiresAt?: number
  }
  expect(shown.code !== undefined, described(user)).toBe(user.status === 'active' && user.bound)
  const { code, expiresAt = 0 } = shown
  if (code === undefined) return
  expect(expiresAt).toBe(world.now.now + 60_000)
  const before = world.now.codes.get(user.latest ?? '')
  if (before !== undefined) before.live = false
  user.latest = code
  world.now.codes.set(code, { user: token, live: true, expiresAt })
}

async function setStatus(
  world: World,
  real: Bed,
  number: number,
  status: 'active' | 'frozen' | 'closed',
): Promise<void> {
  const token = tokenOf(world, number)
  const user = world.now.users.get(token) ?? expect.fail('no user')
  await real.api('PUT', `/control/users/${world.names.get(token)}/status`, { status })
  user.status = status
  if (status === 'closed') user.bound = false
}

async function unbind(world: World, real: Bed, number: number): Promise<void> {
  const token = tokenOf(world, number)
  await real.api('PUT', `/control/tokens/${token}/state`, { state: 'T_UNBOUND' })
  const user = world.now.users.get(token) ?? expect.fail('no user')
  user.bound = false
}

test('whatever is asked of it, in whatever order, it answers and books as the model does', async () => {
  const network = await testNetwork(PROFILE, seeded('the institution and its model'), NOON)
  await fc.assert(
    fc.asyncProperty(fc.commands([anything], { maxCommands: 25, size: 'max' }), async (all) => {
      const real = await bed(network)
      const world = await opened(real)
      await fc.asyncModelRun(() => ({ model: world, real }), all)
    }),
    // One seed in the quick form: what the script reaches must not depend on the day. The full form draws its own.
    { numRuns: RUNS, ...(import.meta.env.MODE !== 'full' && { seed: 20260615 }) },
  )
  // A script that never gets so far would prove nothing.
  expect([...heardOf]).toEqual(
    expect.arrayContaining([
      'OK',
      'NOT_FOUND',
      'REJ-CONFLICT',
      'DECL-ACCOUNT',
      'DECL-AMOUNT',
      'DECL-CODE',
      'DECL-CURR',
      'DECL-FUNDS',
      'DECL-ORIG',
      'DECL-STATE',
      'DECL-TOKEN',
      'DECL-WINDOW',
    ] satisfies AnswerClass[]),
  )
})
