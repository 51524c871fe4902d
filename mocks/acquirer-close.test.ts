// The acquirer's own close: taken whole or refused whole, once, with breaks that two people end; merchants are paid on the next
// business day, once, and what one of them owes is carried on.
import { describe, expect, test } from 'vitest'
import { type ClearingItem, writeDayFile } from '../clearing/clearing.ts'
import { memoryStore, type Store } from '../store/store.ts'
import { fileSigning } from '../wire/wire.ts'
import { approveBreak, proposeBreak } from './acquirer-breaks.ts'
import { dayView, loadDay } from './acquirer-close.ts'
import { breaksIn, payoutsOn } from './acquirer-close-records.ts'
import { payOut } from './acquirer-payout.ts'
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
  const sell = async (
    n: number,
    amount: bigint,
    merchant = '777290058110048',
    day: string = DAY,
  ): Promise<ClearingItem> => {
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
    await store.change([putSale(sale).key], () => ({
      put: [putSale(sale)],
      append: [saleEntry(sale)],
      result: undefined,
    }))
    return itemFrom(sale, 'purchase')
  }
  const giveBack = async (
    n: number,
    amount: bigint,
    merchant: string,
    day: string,
  ): Promise<ClearingItem> => {
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
    writeDayFile(
      { from: SWITCH, to: ACQUIRER, day, sequence: version, version },
      items,
      fileSigning(net.sealer(SWITCH)),
    )
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
    for (const line of lines)
      if (line.account === account) sum += line.side === 'credit' ? line.amount : -line.amount
  return sum
}

describe('a file', () => {
  test('that agrees balances the day, and again changes nothing', async () => {
    const { world, sell, file } = await shop()
    const bytes = await file(DAY, 1, [await sell(1, 500n), await sell(2, 700n)])
    expect(await loadDay(world, DAY, bytes)).toMatchObject({
      kind: 'loaded',
      day: { lines: 2, verdicts: { MATCHED: 2 } },
    })
    expect(await dayView(world, DAY)).toMatchObject({ state: 'BALANCED' })
    expect(await loadDay(world, DAY, bytes)).toMatchObject({ kind: 'again' })
  })

  test('of another day, for somebody else or altered is refused, and the day stays open', async () => {
    const { world, sell, file } = await shop()
    const good = await file(DAY, 1, [await sell(1, 500n)])
    const altered = good.map((byte, at) => (at === 120 ? byte ^ 1 : byte))
    expect(await loadDay(world, NEXT, good)).toMatchObject({ kind: 'refused' })
    expect(await loadDay(world, DAY, altered)).toMatchObject({ kind: 'refused' })
    expect(await loadDay({ ...world, me: '40000001' } as AcquirerWorld, DAY, good)).toMatchObject({
      kind: 'refused',
    })
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

  const runOn = async ({ world, store }: Awaited<ReturnType<typeof shop>>, on: string): Promise<void> => {
    const job = { id: `payout:${on}`, kind: 'payout', dueAt: 0, body: { on } }
    await store.change([], () => ({ enqueue: [job], result: undefined }))
    const held = (await store.claim(Number.MAX_SAFE_INTEGER, 99, 1000, 'me')).find(({ id }) => id === job.id)
    await payOut(world, held ?? expect.fail('a job'))
  }

  test('a day is paid with the next on which banks work', async () => {
    const { world, store, file } = await shop()
    for (const day of [DAY, NEXT]) await loadDay(world, day, await file(day, 1, []))
    // The clock stands on Sunday, 22 November; Friday and Saturday are both paid on Monday, at ten.
    const jobs = (await store.claim(Number.MAX_SAFE_INTEGER, 99, 1000, 'me')).filter(
      ({ kind }) => kind === 'payout',
    )
    expect(jobs.map(({ id, dueAt }) => [id, dueAt])).toEqual([
      [`payout:${MONDAY}`, Date.parse('2026-11-23T10:00:00+08:00')],
    ])
  })

  test('sales less refunds, once, and a merchant that owes is carried on', async () => {
    const all = await shop()
    const { world, sell, giveBack, file } = all
    await loadDay(
      world,
      DAY,
      await file(DAY, 1, [
        await sell(1, 500n),
        await sell(2, 100n, other),
        await giveBack(3, 400n, other, DAY),
      ]),
    )
    await runOn(all, MONDAY)
    await runOn(all, MONDAY)
    const told = async (on: string) =>
      (await payoutsOn(world, on)).map(({ merchant, paid, carried }) => [merchant, paid, carried])
    expect(await told(MONDAY)).toEqual([
      ['777290058110048', 500n, 0n],
      [other, 0n, -300n],
    ])
    expect(await balance(world, 'BNK')).toBe(500n)
    expect(await balance(world, 'MER:777290058110048')).toBe(0n)
    expect(await balance(world, `MER:${other}`)).toBe(-300n)
    // A file that comes after the payout of its day is paid with the next, less what was owed.
    await loadDay(world, NEXT, await file(NEXT, 1, [await sell(4, 450n, other, NEXT)]))
    await runOn(all, MONDAY)
    expect(await balance(world, 'BNK')).toBe(500n)
    await runOn(all, '20261124')
    expect(await told('20261124')).toEqual([[other, 150n, 0n]])
    expect(await balance(world, `MER:${other}`)).toBe(0n)
  })

  test('a batch that dies between two merchants is begun again, and pays nobody twice', async () => {
    const all = await shop()
    const { world, sell, file, store } = all
    await loadDay(world, DAY, await file(DAY, 1, [await sell(1, 500n), await sell(2, 100n, other)]))
    let changes = 0
    const dying: Store = {
      ...store,
      change: async (keys, decide) => {
        changes += 1
        if (changes > 1) throw new Error('cut off')
        return store.change(keys, decide)
      },
    }
    const job = { id: 'payout', kind: 'payout', dueAt: 0, body: { on: MONDAY }, lease: 'x' }
    await expect(payOut({ ...world, store: dying }, job)).rejects.toThrow('cut off')
    expect(await payoutsOn(world, MONDAY)).toHaveLength(1)
    await runOn(all, MONDAY)
    expect((await payoutsOn(world, MONDAY)).map(({ paid }) => paid)).toEqual([500n, 100n])
    expect(await balance(world, 'BNK')).toBe(600n)
  })
})
