// The switch at its own edge, driven by an institution that does what a script says: every clear answer is believed,
// everything else is unknown and is asked about, then reversed; and a late answer changes nothing any more.
import { describe, expect, test } from 'vitest'
import { type Behaviour, acquirerParty, scriptedInstitution } from '../mocks/mocks.ts'
import { memoryStore } from '../store/store.ts'
import { switchParty } from '../switch/switch.ts'
import { beijingTime, call, PROFILES } from '../wire/wire.ts'
import {
  ACQUIRER_A,
  INSTITUTION,
  recorder,
  seeded,
  stage,
  stageClock,
  subjectOver,
  SWITCH,
  testNetwork,
  VIRTUAL_START,
} from './scenarios.ts'

const SALE = { order: 'ORDER0001', orderTime: beijingTime(VIRTUAL_START) }
const SHOP = {
  merchant: '777290058110048',
  merchantName: 'm',
  merchantCategory: '5411',
  terminal: '01080209',
}

async function sold(
  behaviours: readonly Behaviour[],
): Promise<{ state: string | undefined; taken: bigint; asked: number }> {
  const profile = PROFILES['sim'] ?? expect.fail('sim')
  const clock = stageClock(VIRTUAL_START)
  const random = seeded('scripted')
  const network = await testNetwork(profile, random, VIRTUAL_START)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const newStore = () => memoryStore({ now: () => clock.now() })
  const nobody = subjectOver(async () => new Response(null, { status: 404 }), {
    name: 'nobody',
    kind: 'in-process',
    features: new Set(),
  })
  const st = stage({
    profile,
    clock,
    random,
    network,
    recorder: recorder(
      () => clock.now(),
      () => undefined,
    ),
    subject: nobody,
    subjectId: 'none',
    storeFor: async () => newStore(),
  })
  const clearing = switchParty({ ...st.sealer(SWITCH), store: newStore(), bankId: '01020001' }, failed)
  st.place(SWITCH, (sealed) => clearing.receive(sealed), clearing)
  const desk = acquirerParty({ ...st.sealer(ACQUIRER_A), store: newStore(), switchId: SWITCH }, failed)
  st.place(ACQUIRER_A, (sealed) => desk.receive(sealed), desk)
  const script = scriptedInstitution(st.sealer(INSTITUTION))
  let asked = 0
  st.place(INSTITUTION, (sealed) => {
    if (sealed.path.endsWith('debit.query')) asked += 1
    return script.receive(sealed)
  })
  const own = { ...st.sealer(INSTITUTION), store: newStore() }
  const token = await call(own, 'token.apply', SWITCH, { account: 'scripted-1' }, 5000)
  const named = token.kind === 'answered' ? (token.fields.token ?? '') : ''
  const code = await call(own, 'code.apply', SWITCH, { token: named }, 5000)
  for (const behaviour of behaviours) script.next(behaviour)
  void desk
    .sell({
      ...SALE,
      ...SHOP,
      code: code.kind === 'answered' ? (code.fields.code ?? '') : '',
      amount: 1000n,
      currency: '156',
    })
    .catch(failed)
  await st.advance(VIRTUAL_START + 30 * 60_000)
  expect(failures).toEqual([])
  const sale = await desk.sale(SALE.order, SALE.orderTime)
  return {
    state: sale?.state,
    taken: [...script.taken().values()].reduce((sum, amount) => sum + amount, 0n),
    asked,
  }
}

const silent = (type: Behaviour['type'], times: number): Behaviour[] =>
  Array.from({ length: times }, () => ({ type, answer: 'silence' }))

describe('what the institution does, and how the purchase ends', () => {
  const table: readonly [string, readonly Behaviour[], string, bigint][] = [
    ['it approves', [], 'SUCCESS', 1000n],
    ['it declines', [{ type: 'debit', answer: 'DECL-FUNDS' }], 'FAILED', 0n],
    ['it refuses the message', [{ type: 'debit', answer: 'REJ-SIG' }], 'FAILED', 0n],
    [
      'it says PENDING and never debits: reversed, with a fence',
      [{ type: 'debit', answer: 'PENDING' }],
      'REVERSED',
      0n,
    ],
    [
      'it debits and stays silent: found by query',
      [{ type: 'debit', answer: 'silence', but: 'take effect' }],
      'SUCCESS',
      1000n,
    ],
    [
      'it debits, then is silent about it too: taken back',
      [{ type: 'debit', answer: 'silence', but: 'take effect' }, ...silent('debit.query', 20)],
      'REVERSED',
      0n,
    ],
    ['it never hears of it: reversed, with a fence', silent('debit', 1), 'REVERSED', 0n],
    [
      'it is silent to the first reversals: the switch insists',
      [...silent('debit', 1), ...silent('debit.reverse', 3)],
      'REVERSED',
      0n,
    ],
  ]
  test.each(table)('%s', async (_name, behaviours, state, taken) => {
    expect(await sold(behaviours)).toMatchObject({ state, taken })
  })
  test('NOT_FOUND is asked again and again; the acquirer, whose ladder began earlier, gives up first', async () => {
    const ladder = PROFILES['sim']?.values.queryLadderMs.length ?? 0
    expect((await sold(silent('debit', 1))).asked).toBe(ladder - 1)
  })
})
