// The switch as coordinator, against branches that answer as a test says: all or nothing, one decision, carried out until
// every branch has said so, whatever is lost on the way and over a restart.
import { beforeAll, expect, test } from 'vitest'
import {
  ACQUIRER_A,
  BANK,
  INSTITUTION,
  seeded,
  stageClock,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import {
  type AnswerClass,
  answerFields,
  type Fields,
  isTurned,
  open,
  PROFILES,
  replyTypeOf,
  seal,
  type Sealed,
  type Sealer,
} from '../wire/wire.ts'
import { beginComposite, type CompositeBranch, compositeState, switchParty } from './switch.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const PROFILE = PROFILES['sim'] ?? expect.fail('sim')
const COMPOSITE = 'COMPOSITE0001'
let network: TestNetwork
beforeAll(async () => {
  network = await testNetwork(PROFILE, seeded('composites'), NOON)
})

const branchOf = (branch: string): CompositeBranch => ({
  institution: INSTITUTION,
  composite: COMPOSITE,
  branch,
  token: '620000000000000001',
  amount: 1000n,
  currency: '156',
  acquirer: ACQUIRER_A,
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  order: 'ORDER0000001',
  orderTime: '20260615120000',
  clearingDay: '20260615',
})

type Say = (type: string, branch: string, times: number) => AnswerClass | 'lost' | 'no reply'

function sealers(clock: ReturnType<typeof stageClock>): (me: string) => Sealer {
  const random = seeded('the bed of composites')
  return (me) => ({
    me,
    profile: PROFILE,
    clock: clock.view(),
    random,
    keys: network.keysOf(me),
    directory: network.directory,
  })
}

async function bed(say: Say) {
  const clock = stageClock(NOON)
  const sealer = sealers(clock)
  const asked: string[] = []
  const states = new Map<string, string>()
  const send = async (_to: string, sealed: Sealed) => {
    const me = sealer(INSTITUTION)
    const opened = await open(me, sealed, { requests: ['branch.try', 'branch.confirm', 'branch.cancel'] })
    if (opened.kind === 'refused') throw new Error(opened.field)
    const { type, fields } = opened.message
    const { branch } = fields as Fields<'branch.cancel'>
    asked.push(`${type.replace('branch.', '')} ${branch}`)
    const times = asked.filter((one) => one === asked.at(-1)).length
    const said = say(type, branch, times)
    if (said === 'lost') return { kind: 'no_reply' } as const
    if (said === 'OK' || said === 'no reply') states.set(branch, type.replace('branch.', ''))
    if (said === 'no reply') return { kind: 'no_reply' } as const
    const reply = await seal(me, {
      type: replyTypeOf(type) as 'branch.try.reply',
      to: SWITCH,
      ref: opened.ref,
      fields: { ...answerFields(said), branch } as Fields<'branch.try.reply'>,
    })
    return { kind: 'reply', sealed: reply.sealed } as const
  }
  const store = memoryStore({ now: () => clock.now() })
  const world = { ...sealer(SWITCH), store, bankId: BANK, send }
  const failures: unknown[] = []
  const start = () => switchParty(world, (error) => failures.push(error))
  let party = start()
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms
    const work = async (): Promise<void> => void (await party.work())
    for (let due = await party.nextDue(); due !== undefined && due <= end; due = await party.nextDue())
      await clock.moveTo(Math.max(due, clock.now()), work)
    expect(failures).toEqual([])
  }
  const query = async (branch: string): Promise<Fields<'composite.query.reply'>> => {
    const me = sealer(INSTITUTION)
    const request = await seal(me, {
      type: 'composite.query',
      to: SWITCH,
      fields: { composite: COMPOSITE, branch },
    })
    const reply = await party.receive(request.sealed)
    if (isTurned(reply)) throw new Error('turned away')
    const opened = await open(me, reply, {
      replyTo: { type: 'composite.query', to: SWITCH, ref: request.ref },
    })
    if (opened.kind === 'refused') throw new Error(opened.field)
    return opened.message.fields as Fields<'composite.query.reply'>
  }
  const begin = () => beginComposite(world, COMPOSITE, [branchOf('BRANCH0001'), branchOf('BRANCH0002')])
  const restart = (): void => void (party = start())
  return {
    asked,
    begin,
    beginOther: () => beginComposite(world, COMPOSITE, [branchOf('BRANCH0001')]),
    pass,
    query,
    restart,
    states,
    state: async () => (await compositeState(world, COMPOSITE))?.state,
  }
}

test('all tried, all confirmed, once each', async () => {
  const { asked, begin, beginOther, pass, query, state, states } = await bed(() => 'OK')
  await begin()
  expect((await query('BRANCH0001')).state).toBe('UNKNOWN')
  await pass(60_000)
  expect(await state()).toBe('CONFIRMED')
  expect([...states.values()]).toEqual(['confirm', 'confirm'])
  expect(asked.sort()).toEqual([
    'confirm BRANCH0001',
    'confirm BRANCH0002',
    'try BRANCH0001',
    'try BRANCH0002',
  ])
  expect((await query('BRANCH0002')).state).toBe('CONFIRMED')
  expect((await query('BRANCH0009')).answer).toBe(answerFields('NOT_FOUND').answer)
  expect(await begin()).toBe('known')
  expect(await beginOther()).toBe('another')
})

test('one refused: every branch is cancelled until it has said so, also over a restart', async () => {
  const { begin, pass, query, restart, state, states, asked } = await bed((type, branch, times) => {
    if (type === 'branch.try' && branch === 'BRANCH0002') return 'DECL-FUNDS'
    return type === 'branch.cancel' && times < 4 ? 'lost' : 'OK'
  })
  await begin()
  await pass(1_500)
  restart()
  await pass(120_000)
  expect(await state()).toBe('CANCELLED')
  expect([...states.values()]).toEqual(['cancel', 'cancel'])
  expect(asked.filter((one) => one.startsWith('confirm'))).toEqual([])
  expect((await query('BRANCH0001')).state).toBe('CANCELLED')
})

test('a confirm whose answer is lost is repeated, and the decision never turns', async () => {
  const { begin, pass, state, asked } = await bed((type, branch, times) =>
    type === 'branch.confirm' && branch === 'BRANCH0001' && times < 25 ? 'no reply' : 'OK',
  )
  await begin()
  await pass(24 * 3_600_000)
  expect(await state()).toBe('CONFIRMED')
  expect(asked.filter((one) => one === 'confirm BRANCH0001')).toHaveLength(25)
  expect(asked.filter((one) => one === 'confirm BRANCH0002')).toHaveLength(1)
  expect(asked.some((one) => one.startsWith('cancel'))).toBe(false)
})

test('a Try that nobody answers is given up, and cancelled where it may have arrived', async () => {
  const { begin, pass, state, asked, states } = await bed((type, branch) =>
    type === 'branch.try' && branch === 'BRANCH0002' ? 'no reply' : 'OK',
  )
  await begin()
  await pass(600_000)
  expect(await state()).toBe('CANCELLED')
  expect([...states.values()]).toEqual(['cancel', 'cancel'])
  expect(asked.filter((one) => one === 'try BRANCH0002').length).toBeGreaterThan(1)
  expect(asked.filter((one) => one === 'try BRANCH0001')).toHaveLength(1)
})
