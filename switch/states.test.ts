// The states of a purchase as a table, and the real switch walked along it: random stories of sales, refunds and
// reversals over a wire that loses, delays and doubles messages, with a switch that is cut off now and then. No path
// in its journal leaves the table, no money is made or lost, and at rest all three parties agree about every item.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACQUIRER_A, INSTITUTION } from '../scenarios/scenarios.ts'
import { type FourParties, fourParties } from '../test/four-parties.ts'
import { FAULTS, MESSAGES, OPENING, type Step, story, tell, type Told } from '../test/stories.ts'
import { call } from '../wire/wire.ts'
import { PURCHASE_NEXT, purchases, type PurchaseState } from './records.ts'

const START = Date.parse('2026-06-15T10:00:00+08:00')
const STORIES = 60
const BEGINNINGS: readonly PurchaseState[] = ['ASKED', 'FAILED', 'FENCED']
const ENDS: readonly PurchaseState[] = ['FAILED', 'REVERSED', 'REFUNDED', 'FENCED']

describe('the table', () => {
  const states = Object.keys(PURCHASE_NEXT) as PurchaseState[]

  test('an end has no way out, and only an end has none', () => {
    expect(states.filter((state) => PURCHASE_NEXT[state].length === 0).sort()).toEqual([...ENDS].sort())
  })

  test('every state is a beginning or is reached from one', () => {
    const reached = new Set<PurchaseState>(BEGINNINGS)
    for (const state of reached) for (const next of PURCHASE_NEXT[state]) reached.add(next)
    expect([...reached].sort()).toEqual([...states].sort())
  })

  test('from every state an end is reached', () => {
    const leads = new Set<PurchaseState>(ENDS)
    for (let before = -1; before !== leads.size; ) {
      before = leads.size
      for (const state of states) if (PURCHASE_NEXT[state].some((next) => leads.has(next))) leads.add(state)
    }
    expect([...leads].sort()).toEqual([...states].sort())
  })
})

type Path = readonly PurchaseState[]
type Line = {
  readonly state: PurchaseState | 'R_SUCCESS' | 'R_FAILED' | 'R_PENDING'
  readonly of?: string
  readonly about?: 'purchase' | 'refund' | 'reversal' | 'void'
  readonly amount?: bigint
}

/** What the switch's journal says of every purchase, in order; a refund that is final moves the purchase it is of. */
async function pathsOf(world: FourParties): Promise<ReadonlyMap<string, Path>> {
  const paths = new Map<string, Path>()
  const amounts = new Map<string, bigint>()
  const refundOf = new Map<string, string>()
  const refunded = new Map<string, bigint>()
  const go = (item: string, to: string): void =>
    void paths.set(item, [...(paths.get(item) ?? []), to as PurchaseState])
  for (const { item, kind, body } of await world.switchJournal()) {
    const { state, of = '', about, amount = 0n } = body as unknown as Line
    if (kind === 'purchase') go(item, state)
    if (kind === 'refund' || (kind === 'void' && of !== '')) refundOf.set(item, of)
    if (kind !== 'final') continue
    if (about === 'void') {
      const original = refundOf.get(item) ?? expect.fail(`${item} is final and never began`)
      // An undone void lets the sale stand again; one that failed leaves it as it was.
      if (state === 'VOIDED' || state === 'REVERSED') go(original, state === 'VOIDED' ? state : 'SUCCESS')
      continue
    }
    if (about !== 'refund') {
      amounts.set(item, amount)
      go(item, state)
    } else if (state === 'R_SUCCESS') {
      const original = refundOf.get(item) ?? expect.fail(`${item} is final and never began`)
      const sum = (refunded.get(original) ?? 0n) + amount
      refunded.set(original, sum)
      go(original, sum === amounts.get(original) ? 'REFUNDED' : 'PART_REFUNDED')
    }
  }
  return paths
}

/** At no time do the refunds that are final and those under way pass what was paid (INV-05). */
async function checkRefunds(world: FourParties): Promise<void> {
  const journal = await world.switchJournal()
  const amountOf = new Map<string, bigint>()
  for (const { item, kind, body } of journal)
    if (kind === 'final') amountOf.set(item, (body as unknown as Line).amount ?? 0n)
  const claimed = new Map<string, bigint>()
  const originalOf = new Map<string, string>()
  for (const { item, kind, body } of journal) {
    const { state, of = '', about } = body as unknown as Line
    const begins = kind === 'refund' && state === 'R_PENDING'
    const fails = kind === 'final' && about === 'refund' && state === 'R_FAILED'
    if (begins) originalOf.set(item, of)
    if (!begins && !fails) continue
    const original = originalOf.get(item) ?? expect.fail(`${item} is final and never began`)
    const amount = amountOf.get(item) ?? expect.fail(`${item} never became final`)
    claimed.set(original, (claimed.get(original) ?? 0n) + (begins ? amount : -amount))
    expect(claimed.get(original), `refunds of ${original}`).toBeLessThanOrEqual(amountOf.get(original) ?? 0n)
  }
}

const walked = new Set<string>()

function checkPaths(paths: ReadonlyMap<string, Path>): void {
  for (const [item, path] of paths) {
    const told = `${item}: ${path.join(' → ')}`
    expect(BEGINNINGS, told).toContain(path[0])
    for (const [at, from] of path.entries()) {
      const to = path[at + 1]
      if (to !== undefined) expect(PURCHASE_NEXT[from], told).toContain(to)
      if (to !== undefined) walked.add(`${from} → ${to}`)
    }
  }
}

/** At rest the first request, repeated, would be answered for good. */
async function checkAnswers(world: FourParties, paths: ReadonlyMap<string, Path>): Promise<void> {
  const ids = [...paths.keys()]
  const rows = await world.switchWorld().store.read(ids.map((id) => purchases.key(id)))
  for (const id of ids) expect(purchases.in(rows, id)?.said.class, id).not.toBe('PENDING')
}

async function checkMoney(world: FourParties): Promise<void> {
  const { available = '' } = await world.wallet('GET', '/control/users/alice')
  let payable = 0n
  for (const { lines } of await world.ledger())
    for (const { account, side, amount } of lines)
      if (account === 'CLR') payable += side === 'credit' ? BigInt(amount) : -BigInt(amount)
  expect(BigInt(available) + payable).toBe(OPENING)
  expect(await world.wallet('GET', '/control/audit')).toEqual({ findings: [] })
}

type Agreed = { readonly acquirer: readonly string[]; readonly institution: readonly string[] }
/** The switch's last state → what acquirer and institution may call the same end (INV-16). */
const AGREED: Readonly<Record<string, Agreed>> = {
  SUCCESS: { acquirer: ['SUCCESS'], institution: ['SUCCESS'] },
  PART_REFUNDED: { acquirer: ['PART_REFUNDED'], institution: ['PART_REFUNDED'] },
  VOIDED: { acquirer: ['VOIDED'], institution: ['VOIDED'] },
  REFUNDED: { acquirer: ['REFUNDED'], institution: ['REFUNDED'] },
  FAILED: { acquirer: ['FAILED', 'REVERSED'], institution: ['FAILED', 'none'] },
  REVERSED: { acquirer: ['REVERSED'], institution: ['REVERSED', 'FENCED', 'FAILED'] },
  FENCED: { acquirer: ['REVERSED'], institution: ['none'] },
  none: { acquirer: ['FAILED'], institution: ['none'] }, // its till owed a reversal: it never left
}

async function checkAgreement(told: Told, paths: ReadonlyMap<string, Path>): Promise<void> {
  const { sales, refunds, world } = told
  const cases = new Set<string>()
  for await (const { item } of world.desk.cases()) cases.add(item)
  for (const { order, orderTime, amount } of sales) {
    const own = await world.desk.sale(order, orderTime)
    const path = paths.get(`${ACQUIRER_A}.${orderTime}.${order}`) ?? []
    const theirs = await asked(world, 'debit', order, orderTime)
    const at = `${order}: acquirer ${own?.state}, switch ${path.join(' → ')}, institution ${theirs.state}`
    const agreed = AGREED[path.at(-1) ?? 'none'] ?? expect.fail(`not at rest: ${at}`)
    expect(agreed.institution, at).toContain(theirs.state)
    if (theirs.state === 'SUCCESS')
      expect(theirs, at).toMatchObject({
        amount,
        clearingDay: own?.clearingDay,
        transaction: own?.transaction,
      })
    // INV-16 lets an open case stand for the agreement of the acquirer; never for that of switch and institution.
    if (!cases.has(`sale.${orderTime}.${order}`)) expect(agreed.acquirer, at).toContain(own?.state)
  }
  for (const { order, orderTime } of refunds) {
    const own = await world.desk.refundOf(order, orderTime)
    const theirs = await asked(world, 'credit', order, orderTime)
    const at = `${order}: acquirer ${own?.state}, institution ${theirs.state}`
    expect(['R_SUCCESS', 'R_FAILED'], at).toContain(own?.state)
    expect(theirs.state === 'R_SUCCESS', at).toBe(own?.state === 'R_SUCCESS')
    if (theirs.state === 'R_SUCCESS')
      expect(theirs, at).toMatchObject({ amount: own?.amount, clearingDay: own?.clearingDay })
  }
}

async function asked(world: FourParties, what: 'debit' | 'credit', order: string, orderTime: string) {
  const fields = { acquirer: ACQUIRER_A, asked: what, order, orderTime }
  const answer = call(world.switchWorld(), 'debit.query', INSTITUTION, fields, 5_000)
  const [reply] = await Promise.all([answer, world.stage.settle()])
  if (reply.kind !== 'answered') throw new Error(reply.because)
  return { ...reply.fields, state: reply.class === 'NOT_FOUND' ? 'none' : reply.fields.state }
}

const sell = (amount: number): Step => ({ do: 'sell', amount, usedCode: false, till: 'T1' })
const refund = (percent: number): Step => ({ do: 'refund', pick: 0, percent })
const voided = (undone: boolean): Step => ({ do: 'void', pick: 0, undone })
const reverse = (because: 'unknown' | 'no_slip'): Step => ({ do: 'reverse', pick: 0, because })
const later: Step = { do: 'wait', ms: 120_000 }
const tooMuch = Number(OPENING) + 1
const fault = (what: (typeof FAULTS)[number], type: string, times = 1): Step => {
  return { do: 'fault', what, type, times, delayMs: 90_000 }
}

/** Stories that together walk every edge of the table, and put every fault on every message; chance comes on top. */
function planned(): [readonly Step[]][] {
  const edges = [
    [sell(1000), later, refund(100), later],
    [sell(1000), later, refund(30), later, refund(30), later, refund(30), later],
    [sell(1000), later, refund(50), later, refund(50), later],
    [sell(1000), later, reverse('no_slip')],
    [sell(1000), later, voided(false), later],
    [sell(1000), later, voided(true), later, refund(100), later],
    [sell(tooMuch)],
    [fault('lose reply', 'debit'), sell(1000), later],
    [fault('lose reply', 'debit'), sell(tooMuch), later],
    [fault('lose request', 'debit'), sell(1000), later],
    [fault('delay', 'debit'), sell(1000), reverse('unknown')],
    // Two refunds at once, and a refund and a reversal at once, while the institution does not answer.
    [sell(1000), later, fault('lose request', 'credit'), refund(100), refund(50), later],
    [sell(1000), later, fault('lose request', 'credit'), refund(50), reverse('no_slip'), later],
  ]
  const faults = MESSAGES.flatMap((type) =>
    FAULTS.flatMap((what) => [
      [fault(what, type), sell(1000), later, refund(30), later],
      [fault(what, type), sell(1000), reverse('unknown'), later],
    ]),
  )
  return [...edges, ...faults].map((steps) => [steps])
}

test('no story leaves the table, makes or loses money, or ends in disagreement', async () => {
  const examples = planned()
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const told = await tell(START, steps)
      expect(told.world.failures).toEqual([])
      const paths = await pathsOf(told.world)
      checkPaths(paths)
      await checkRefunds(told.world)
      await checkAnswers(told.world, paths)
      await checkMoney(told.world)
      await checkAgreement(told, paths)
    }),
    { numRuns: examples.length + STORIES, examples },
  )
  const edges = Object.entries(PURCHASE_NEXT).flatMap(([from, all]) => all.map((to) => `${from} → ${to}`))
  expect([...walked].sort()).toEqual(edges.sort())
})

/** The acquirer may be gone for good: then too a purchase comes to an end, by the switch's own asking and reversing. */
describe('with no acquirer to ask or to reverse', () => {
  const END_MS = 20 * 60_000

  async function alone(prepare: (world: FourParties) => void): Promise<{ world: FourParties; path: Path }> {
    const world = await fourParties(START, 'the switch alone')
    await world.wallet('POST', '/control/users', { id: 'alice', balance: String(OPENING) })
    await world.wallet('POST', '/wallet/users/alice/sign-up')
    const code = await world.codeOf('alice')
    for (const type of ['query', 'reversal', 'notify.payee'])
      world.stage.faults.push({ what: 'lose request', type, times: 1000 })
    prepare(world)
    world.sell('ORDER0001', code, 1000n)
    await world.stage.advance(START + END_MS)
    const paths = await pathsOf(world)
    checkPaths(paths)
    await checkMoney(world)
    return { world, path: [...paths.values()][0] ?? [] }
  }

  test('what was never debited is taken back, what was debited stands', async () => {
    const lost = (what: 'lose request' | 'lose reply') => (world: FourParties) =>
      void world.stage.faults.push({ what, type: 'debit', times: 1 })
    const unpaid = await alone(lost('lose request'))
    expect(unpaid.path).toEqual(['ASKED', 'UNKNOWN', 'REVERSING', 'REVERSED'])
    const paid = await alone(lost('lose reply'))
    expect(paid.path).toEqual(['ASKED', 'UNKNOWN', 'SUCCESS'])
  })

  test('a notice is sent five times, and then it is a case', async () => {
    const { world } = await alone(() => undefined)
    const sent = world.stage.faults
      .filter(({ type }) => type === 'notify.payee')
      .map(({ times }) => 1000 - times)
    expect(sent).toEqual([5])
    const cases = (await world.switchJournal()).filter(({ kind }) => kind === 'case').map(({ body }) => body)
    expect(cases).toEqual([{ because: 'notice of purchase SUCCESS was not acknowledged by the payee' }])
  })

  test('a switch that is cut off at any step finds the purchase again', async () => {
    const ends = new Set<string>()
    for (const when of ['before', 'after'] as const)
      for (let steps = 1; steps <= 6; steps += 1) {
        const { path } = await alone((world) => world.crashIn(steps, when))
        expect(['SUCCESS', 'REVERSED', undefined], `${when} ${steps}: ${path.join(' → ')}`).toContain(
          path.at(-1),
        )
        ends.add(path.at(-1) ?? 'none')
      }
    expect([...ends].sort()).toEqual(['REVERSED', 'SUCCESS', 'none'])
  })
})
