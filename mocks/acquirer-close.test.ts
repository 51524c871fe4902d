// The acquirer's own close: taken whole or refused whole, once, with breaks that two people end; merchants are paid on the next
// business day, once, and what one of them owes is carried on.
import { describe, expect, test } from 'vitest'
import { type ClearingItem, writeDayFile } from '../clearing/clearing.ts'
import { memoryStore, type Store } from '../store/store.ts'
import { fileSigning } from '../wire/wire.ts'
import { approveBreak, proposeBreak } from './acquirer-breaks.ts'
import { dayView, loadDay } from './acquirer-close.ts'
import { breaksIn, payoutsOn } from './acquirer-close-records.ts'
import { daysPaidOn, payOut } from './acquirer-payout.ts'
import { type AcquirerWorld, itemId, putSale, type Refund, refunds, type Sale } from './acquirer-records.ts'
import { refundEntry, saleEntry } from './acquirer-book.ts'
import { ACQUIRER, network, SWITCH } from './acquirer-testbed.ts'
import { entries } from './acquirer.ts'

const [DAY, NEXT] = ['20261120', '20261121'] as const
const MONDAY = '20261123'

async function shop() {
  const net = await network()
  const store: Store = memoryStore({ now: () => net.clock.wall(), checked: true })
  const world = { ...net.sealer(ACQUIRER), store, switchId: SWITCH } as unknown as AcquirerWorld
  const sell = async (n: number, amount: bigint, merchant = '777290058110048', day: string = DAY): Promise<ClearingItem> => {
    const sale: Sale = {
      order: `SALE${n}0000`,
      orderTime: '20261120120000',
      merchant,
      amount,
      currency: '156',
      digest: '',
      transaction: `202611200000000000${n}`.padEnd(20, '0'),
      clearingDay: day,
      cases: [],
      terminal: 'T1',
      fee: 0n,
      disputed: false,
      state: 'SUCCESS',
      reversal: 'REV00001',
      refunded: 0n,
      deliveries: 1,
      posted: true,
    }
    await store.change([putSale(sale).key], () => ({ put: [putSale(sale)], append: [saleEntry(sale)], result: undefined }))
    return itemFrom(sale, 'purchase')
  }
  const giveBack = async (n: number, amount: bigint, merchant: string, day: string): Promise<ClearingItem> => {
    const refund: Refund = {
      order: `BACK${n}0000`,
      orderTime: '20261120120000',
      merchant,
      amount,
      currency: '156',
      digest: '',
      transaction: `202611200000000001${n}`.padEnd(20, '0'),
      clearingDay: day,
      cases: [],
      of: 'x',
      state: 'R_SUCCESS',
    }
    const put = refunds.put(itemId(refund), refund)
    await store.change([put.key], () => ({ put: [put], append: [refundEntry(refund)], result: undefined }))
    return itemFrom(refund, 'refund')
  }
  const file = (day: string, version: number, items: readonly ClearingItem[]): Promise<Uint8Array> =>
    writeDayFile({ from: SWITCH, to: ACQUIRER, day, sequence: version, version }, items, fileSigning(net.sealer(SWITCH)))
  return { net, world, store, sell, giveBack, file }
}

const itemFrom = (of: Sale | Refund, kind: 'purchase' | 'refund'): ClearingItem => ({
  transaction: of.transaction ?? '',
  kind,
  day: of.clearingDay ?? '',
  acquirer: ACQUIRER,
  institution: '40000001',
  merchant: of.merchant,
  order: of.order,
  orderTime: of.orderTime,
  amount: of.amount,
  currency: '156',
  fee: 0n,
  shares: [],
})

const balance = async (world: AcquirerWorld, account: string): Promise<bigint> => {
  let sum = 0n
  for await (const { lines } of entries(world))
    for (const line of lines) if (line.account === account) sum += line.side === 'credit' ? line.amount : -line.amount
  return sum
}

describe('a file', () => {
  test('that agrees balances the day, and again changes nothing', async () => {
    const { world, sell, file } = await shop()
    const bytes = await file(DAY, 1, [await sell(1, 500n), await sell(2, 700n)])
    expect(await loadDay(world, DAY, bytes)).toMatchObject({ kind: 'loaded', day: { lines: 2, verdicts: { MATCHED: 2 } } })
    expect(await dayView(world, DAY)).toMatchObject({ state: 'BALANCED' })
    expect(await loadDay(world, DAY, bytes)).toMatchObject({ kind: 'again' })
  })

  test('of another day, for somebody else or altered is refused, and the day stays open', async () => {
    const { world, sell, file } = await shop()
    const good = await file(DAY, 1, [await sell(1, 500n)])
    const altered = good.map((byte, at) => (at === 120 ? byte ^ 1 : byte))
    expect(await loadDay(world, NEXT, good)).toMatchObject({ kind: 'refused' })
    expect(await loadDay(world, DAY, altered)).toMatchObject({ kind: 'refused' })
    expect(await loadDay({ ...world, me: '40000001' } as AcquirerWorld, DAY, good)).toMatchObject({ kind: 'refused' })
    expect(await dayView(world, DAY)).toMatchObject({ state: 'OPEN' })
  })

  test('with a sale that nobody sold, and without one that was: both wait in suspense, each its way', async () => {
    const { world, sell, file } = await shop()
    const [kept, lost] = [await sell(1, 500n), await sell(2, 700n)]
    const strange = { ...kept, transaction: '20261120999999999999', order: 'STRANGE01', amount: 90n }
    await loadDay(world, DAY, await file(DAY, 1, [kept, strange]))
    expect((await breaksIn(world, 'open')).map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      'MISSING_LOCAL OPEN',
      'MISSING_SW WAITING',
    ])
    expect([await balance(world, 'SUS:L'), await balance(world, 'SUS:S')]).toEqual([90n, 0n])
    await loadDay(world, NEXT, await file(NEXT, 1, []))
    expect([await balance(world, 'SUS:L'), await balance(world, 'SUS:S')]).toEqual([90n, -700n])
    expect(lost.amount).toBe(700n)
    const id = `MISSING_SW.${DAY}.${lost.transaction}`
    await expect(approveBreak(world, id, 'eve')).rejects.toThrow('nobody has proposed')
    await proposeBreak(world, id, { maker: 'ann', reason: 'slip lost', action: 'write-off' })
    await expect(approveBreak(world, id, 'ann')).rejects.toThrow('two persons')
    await approveBreak(world, id, 'eve')
    await expect(approveBreak(world, id, 'eve')).rejects.toThrow('already handled')
    expect(await balance(world, 'SUS:S')).toBe(0n)
    // The corrected file knows the stranger no more: its suspense goes back.
    await loadDay(world, DAY, await file(DAY, 2, [kept, lost]))
    expect(await balance(world, 'SUS:L')).toBe(0n)
  })

  test('a day later is a cross-day item', async () => {
    const { world, sell, file } = await shop()
    const sale = await sell(1, 500n)
    await loadDay(world, DAY, await file(DAY, 1, []))
    expect(await loadDay(world, NEXT, await file(NEXT, 1, [{ ...sale, day: NEXT }]))).toMatchObject({
      day: { verdicts: { CROSS_DAY: 1 } },
    })
    expect(await breaksIn(world, 'open')).toEqual([])
    expect([await balance(world, 'SUS:L'), await balance(world, 'SUS:S')]).toEqual([0n, 0n])
  })
})

describe('payouts (STL-024)', () => {
  const other = '777290058110049'

  test('a Monday pays what was cleared from Friday to Sunday', () => {
    expect(daysPaidOn(MONDAY)).toEqual(['20261120', '20261121', '20261122'])
    expect(daysPaidOn('20261124')).toEqual(['20261123'])
    // National Day, 1 to 7 October 2026: banks work again on the 8th.
    expect(daysPaidOn('20261008')).toEqual(['20260930', '20261001', '20261002', '20261003', '20261004', '20261005', '20261006', '20261007'])
  })

  test('sales less refunds, once, and a merchant that owes is carried on', async () => {
    const { world, sell, giveBack, file, store } = await shop()
    await loadDay(world, DAY, await file(DAY, 1, [await sell(1, 500n), await sell(2, 100n, other), await giveBack(3, 400n, other, DAY)]))
    const job = { id: `payout:${MONDAY}`, kind: 'payout', dueAt: 0, body: { on: MONDAY } }
    const run = async (): Promise<void> => {
      await store.change([], () => ({ enqueue: [job], result: undefined }))
      const [held] = (await store.claim(Number.MAX_SAFE_INTEGER, 9, 1000, 'me')).filter(({ kind }) => kind === 'payout')
      await payOut(world, held ?? expect.fail('a job'))
    }
    await run()
    await run()
    expect((await payoutsOn(world, MONDAY)).map(({ merchant, paid, carried }) => [merchant, paid, carried])).toEqual([
      ['777290058110048', 500n, 0n],
      [other, 0n, -300n],
    ])
    expect(await balance(world, 'BNK')).toBe(500n)
    expect(await balance(world, 'MER:777290058110048')).toBe(0n)
    expect(await balance(world, `MER:${other}`)).toBe(-300n)
  })
})
