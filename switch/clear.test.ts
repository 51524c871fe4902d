// Two clearing days around the cut at 23:00: every item stands in the one day it was stamped with, nets sum to zero,
// a close that is repeated pays nobody twice, and the institution's own book and the switch's items are one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ClearedItem,
  type Difference,
  nextDay,
  reconcile,
  type ReconcileItem,
} from '../clearing/clearing.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { type FourParties, fourParties } from '../test/four-parties.ts'
import { story, tell } from '../test/stories.ts'
import { clear, type ClearingDay, settleDay } from './switch.ts'

const at = (text: string): number => Date.parse(`${text}+08:00`)
const CUT = at('2026-06-15T23:00:00')
const [FIRST, SECOND] = ['20260615', '20260616'] as const
const RICH = 1_000_000n
const STORIES = 80

async function opened(start: number): Promise<FourParties> {
  const world = await fourParties(start, 'two clearing days')
  await world.wallet('POST', '/control/users', { id: 'alice', balance: '10000' })
  await world.wallet('POST', '/wallet/users/alice/sign-up')
  await openAccounts(world)
  return world
}

async function openAccounts({ bank }: FourParties): Promise<void> {
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await bank.open(party, RICH)
}

const balances = async ({ bank }: FourParties): Promise<readonly bigint[]> =>
  Promise.all([INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH].map(async (id) => (await bank.balance(id)) ?? 0n))

/** Closes a day at the switch and lets the messages to the bank happen. */
async function settled(world: FourParties, cleared: ClearingDay) {
  const { stage } = world
  const left = settleDay(world.switchWorld(), cleared)
  const moved = stage.advance(stage.clock.now() + 60_000)
  return (await Promise.all([left, moved]))[0]
}

const total = ({ positions }: ClearingDay): bigint => positions.reduce((sum, { net }) => sum + net, 0n)
const netOf = ({ positions }: ClearingDay, id: string): bigint | undefined =>
  positions.find(({ party }) => party === id)?.net

/** An item and its taking back in the same book are nothing: one side may list the pair and the other neither. */
function standing(items: readonly ReconcileItem[]): readonly ReconcileItem[] {
  // An undone void lets the sale stand again under the void's own number.
  const voided = new Set(items.filter(({ kind }) => kind === 'void').map(({ transaction }) => transaction))
  const undone = new Set(
    items
      .filter(
        ({ kind, transaction }) => kind === 'reversal' || (kind === 'purchase' && voided.has(transaction)),
      )
      .map(({ transaction }) => transaction),
  )
  return items.filter(({ transaction }) => !undone.has(transaction))
}

/** What the institution's ledger has of a day, by the network's ids. */
async function bookOf(world: FourParties, day: string): Promise<readonly ReconcileItem[]> {
  return (await world.ledger()).flatMap(({ transaction, clearingDay, what, lines }) => {
    const payable = lines.find(({ account }) => account === 'CLR')
    if (transaction === undefined || payable === undefined || clearingDay !== day) return []
    return [{ transaction, kind: what, day: clearingDay, amount: BigInt(payable.amount), currency: '156' }]
  })
}

/** The same of the acquirer. A sale that was taken back is no item of its book. */
async function tillOf({ desk }: FourParties, day: string): Promise<readonly ReconcileItem[]> {
  const items: ReconcileItem[] = []
  for await (const item of desk.book()) if (item.day === day) items.push(item)
  return items
}

function differences(ours: readonly ReconcileItem[], { day, items }: ClearingDay): readonly Difference[] {
  const theirs = items.map(({ transaction, kind, amount, currency }) => {
    return { transaction, kind, day, amount, currency }
  })
  return reconcile(standing(ours), standing(theirs)).filter(({ kind }) => kind !== 'matched')
}

/** What a day moved on the institution's account with the switch, credits positive: what it owes for the day. */
async function owedOf(world: FourParties, day: string): Promise<bigint> {
  const lines = (await world.ledger())
    .filter(({ clearingDay }) => clearingDay === day)
    .flatMap(({ lines }) => lines)
  return lines
    .filter(({ account }) => account === 'CLR')
    .reduce((sum, { side, amount }) => sum + (side === 'credit' ? BigInt(amount) : -BigInt(amount)), 0n)
}

describe('a planned evening', () => {
  type Evening = { readonly world: FourParties; readonly first: ClearingDay; readonly second: ClearingDay }

  /** Sells, waits until it is final, and says under which day and id the till knows it. */
  async function sold(world: FourParties, order: string, amount: bigint, desk = world.desk) {
    const code = await world.codeOf('alice')
    const orderTime = world.sell(order, code, amount, { desk })
    await world.stage.settle()
    return { order, orderTime, view: async () => (await desk.sale(order, orderTime)) ?? expect.fail(order) }
  }

  async function evening(): Promise<Evening & { readonly stamped: ReadonlyMap<string, string> }> {
    const world = await opened(CUT - 60 * 60_000)
    const { stage, desk, otherDesk } = world
    const stamped = new Map<string, string>()
    const back = async (
      order: string,
      of: { order: string; orderTime: string },
      amount: bigint,
      by = desk,
    ) => {
      world.begin(by.refund({ order, orderTime: of.orderTime, of, amount }))
      await stage.settle()
      const view = await by.refundOf(order, of.orderTime)
      stamped.set(view?.transaction ?? '', view?.clearingDay ?? '')
      expect(view).toMatchObject({ state: 'R_SUCCESS' })
    }
    const [a1, b1] = [
      await sold(world, 'SALE-A-0001', 1000n),
      await sold(world, 'SALE-B-0001', 700n, otherDesk),
    ]
    const a2 = await sold(world, 'SALE-A-0002', 500n)
    world.begin(desk.reverse(a2.order, a2.orderTime, 'no_slip'))
    await back('BACK-A-0001', a1, 300n)
    await stage.advance(CUT - 1)
    const a3 = await sold(world, 'SALE-A-0003', 200n)
    await stage.advance(CUT)
    const a4 = await sold(world, 'SALE-A-0004', 400n)
    await back('BACK-A-0002', a1, 100n)
    await back('BACK-B-0001', b1, 700n, otherDesk)
    world.begin(desk.reverse(a3.order, a3.orderTime, 'no_slip'))
    await stage.advance(CUT + 60 * 60_000)
    for (const sale of [a1, b1, a2, a3, a4]) {
      const { transaction = '', clearingDay = '' } = await sale.view()
      stamped.set(transaction, clearingDay)
    }
    expect(world.failures).toEqual([])
    const [first, second] = [
      await clear(world.switchWorld(), FIRST),
      await clear(world.switchWorld(), SECOND),
    ]
    return { world, first, second, stamped }
  }

  const briefly = ({ items }: ClearingDay) =>
    items.map(({ kind, amount, payer, payee }: ClearedItem) => `${kind} ${amount} ${payer}→${payee}`).sort()

  test('each item is in the day it was stamped with, and in no other', async () => {
    const { first, second, stamped } = await evening()
    expect(briefly(first)).toEqual(
      [
        `purchase 1000 ${INSTITUTION}→${ACQUIRER_A}`,
        `purchase 700 ${INSTITUTION}→${ACQUIRER_B}`,
        `purchase 500 ${INSTITUTION}→${ACQUIRER_A}`,
        `reversal 500 ${ACQUIRER_A}→${INSTITUTION}`,
        `refund 300 ${ACQUIRER_A}→${INSTITUTION}`,
        `purchase 200 ${INSTITUTION}→${ACQUIRER_A}`,
      ].sort(),
    )
    expect(briefly(second)).toEqual(
      [
        `purchase 400 ${INSTITUTION}→${ACQUIRER_A}`,
        `refund 100 ${ACQUIRER_A}→${INSTITUTION}`,
        `refund 700 ${ACQUIRER_B}→${INSTITUTION}`,
      ].sort(),
    )
    for (const { day, transaction } of [...first.items, ...second.items])
      expect(stamped.get(transaction)).toBe(day)
    expect(stamped.size).toBe(8)
  })

  test('nets sum to zero and are what each party owes', async () => {
    const { first, second } = await evening()
    expect([total(first), total(second)]).toEqual([0n, 0n])
    expect([INSTITUTION, ACQUIRER_A, ACQUIRER_B].map((id) => netOf(first, id))).toEqual([-1600n, 900n, 700n])
    expect([INSTITUTION, ACQUIRER_A, ACQUIRER_B].map((id) => netOf(second, id))).toEqual([400n, 300n, -700n])
  })

  test('the cut forbids the reversal of the day before: a case, and the money stays', async () => {
    const { world } = await evening()
    const cases: string[] = []
    for await (const { item, because } of world.desk.cases()) cases.push(`${item}: ${because}`)
    expect(cases).toEqual([expect.stringMatching(/SALE-A-0003: .*DECL-WINDOW/)])
  })

  test('the institution’s book has the same items, with no difference', async () => {
    const { world, first, second } = await evening()
    expect(differences(await bookOf(world, FIRST), first)).toEqual([])
    expect(differences(await bookOf(world, SECOND), second)).toEqual([])
    expect((await bookOf(world, FIRST)).length + (await bookOf(world, SECOND)).length).toBe(9)
  })

  test('a close pays once, however often it is repeated', async () => {
    const { world, first, second } = await evening()
    expect(await settled(world, first)).toEqual([])
    const once = [RICH - 1600n, RICH + 900n, RICH + 700n, RICH]
    expect(await balances(world)).toEqual(once)
    const statement = await world.bank.statement(FIRST)
    expect(await settled(world, first)).toEqual([])
    expect(await settled(world, await clear(world.switchWorld(), FIRST))).toEqual([])
    expect(await balances(world)).toEqual(once)
    expect(await world.bank.statement(FIRST)).toBe(statement)
    expect(statement.split('\n')).toHaveLength(6)
    expect(await settled(world, second)).toEqual([])
    expect(await balances(world)).toEqual([RICH - 1200n, RICH + 1200n, RICH, RICH])
  })

  test.each([
    ['lose request', 2],
    ['lose reply', 2],
    ['twice', 0], // the first copy is answered, and the second is a replay that moves nothing
  ] as const)('%s: what is not confirmed is left, and paid once', async (what, unconfirmed) => {
    const { world, first } = await evening()
    world.stage.faults.push({ what, type: 'settle', times: 2 })
    const left = await settled(world, first)
    expect(left.length).toBe(unconfirmed)
    expect(await settled(world, first)).toEqual([])
    expect(await balances(world)).toEqual([RICH - 1600n, RICH + 900n, RICH + 700n, RICH])
  })

  // A day that has no items owes nobody anything.
  test('an empty day', async () => {
    const { world } = await evening()
    const third = await clear(world.switchWorld(), nextDay(SECOND))
    expect([third.items, third.positions, await settled(world, third)]).toEqual([[], [], []])
  })

  test('what becomes final after its day was closed is paid with a later close', async () => {
    const world = await opened(CUT - 30_000)
    await sold(world, 'SALE-A-0001', 1000n)
    await world.stage.advance(CUT - 1)
    world.stage.faults.push({ what: 'lose reply', type: 'debit', times: 1 })
    const late = await sold(world, 'SALE-A-0002', 200n)
    await world.stage.advance(CUT + 1)
    await settled(world, await clear(world.switchWorld(), FIRST))
    await world.stage.advance(CUT + 60 * 60_000)
    expect(await late.view()).toMatchObject({ state: 'SUCCESS', clearingDay: FIRST })
    await settled(world, await clear(world.switchWorld(), FIRST))
    await settled(world, await clear(world.switchWorld(), SECOND))
    expect(await balances(world)).toEqual([RICH - 1200n, RICH + 1200n, RICH, RICH])
  })
})

describe('closes that overlap', () => {
  const owing = (net: bigint): ClearingDay => ({
    day: FIRST,
    items: [],
    positions: [{ party: INSTITUTION, currency: '156', net: -net }],
  })

  test('a slow one forgets nothing that a faster one has paid', async () => {
    const world = await opened(CUT + 60_000)
    const { stage } = world
    stage.faults.push({ what: 'delay', type: 'settle', times: 1, delayMs: 4_000 })
    const slow = settleDay(world.switchWorld(), owing(1000n))
    await stage.settle()
    // 200 more became final while the first close still waits for the bank.
    const fast = settleDay(world.switchWorld(), owing(1200n))
    await stage.advance(stage.clock.now() + 10_000)
    await Promise.all([slow, fast])
    for (let close = 0; close < 3; close += 1) await settled(world, owing(1500n))
    expect((await balances(world))[0]).toBe(RICH - 1500n)
  })
})

test('whatever happened around the cut, both days are whole and the books agree', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const { world } = await tell(CUT - 2 * 60_000, steps)
      await openAccounts(world)
      const days = [await clear(world.switchWorld(), FIRST), await clear(world.switchWorld(), SECOND)]
      const seen = days.flatMap(({ items }) => items.map(({ kind, transaction }) => `${kind} ${transaction}`))
      expect(new Set(seen).size).toBe(seen.length)
      let excused = false
      for await (const _case of world.desk.cases()) excused = true
      for (const day of days) {
        expect(total(day)).toBe(0n)
        expect(differences(await bookOf(world, day.day), day)).toEqual([])
        expect(netOf(day, INSTITUTION) ?? 0n).toBe(-(await owedOf(world, day.day)))
        if (!excused) expect(differences(await tillOf(world, day.day), day)).toEqual([])
        expect(await settled(world, day)).toEqual([])
      }
      const paid = await balances(world)
      expect(paid[0]).toBe(RICH + days.reduce((sum, day) => sum + (netOf(day, INSTITUTION) ?? 0n), 0n))
      for (const day of days) await settled(world, day)
      expect(await balances(world)).toEqual(paid)
    }),
    { numRuns: STORIES },
  )
})
