// The institution’s own close of a day: the switch’s file against its book, cases, the net, the money of T+1. What is missing, wrong
// or late on one side is found by the other.
import { describe, expect, test } from 'vitest'
import { type ClearingItem, writeDayFile } from '../clearing/clearing.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { fileOf } from '../switch/switch.ts'
import { fileSigning } from '../wire/wire.ts'
import {
  at,
  DAY,
  NEXT,
  RICH,
  got,
  said,
  evening,
  closes,
  publishes,
  itemsIn,
  forged,
  handed,
  type View,
} from './evening.ts'
import type { FourParties } from './four-parties.ts'

describe('the institution’s close', () => {
  test('a day that agrees is balanced, told once, and paid on the next business day', async () => {
    const world = await evening()
    await closes(world)
    expect(await said(world, `/control/clearing/${DAY}/fetch`)).toMatchObject({
      state: 'OPEN',
      because: 'the file is not ready',
    })
    await publishes(world)
    expect(await said(world, `/control/clearing/${DAY}/fetch`)).toMatchObject({
      state: 'BALANCED',
      lines: 5,
      cases: 0,
    })
    const file = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    const before = await world.ledger()
    expect(await handed(world, DAY, file)).toMatchObject({ result: 'DUP', state: 'BALANCED' })
    expect(await world.ledger()).toEqual(before)
    await world.stage.advance(at('2026-06-16T10:00:01'))
    expect(await world.bank.balance(INSTITUTION)).toBe(RICH - 1400n)
    expect([await world.bank.balance(ACQUIRER_A), await world.bank.balance(ACQUIRER_B)]).toEqual([
      RICH + 700n,
      RICH + 700n,
    ])
    const statement = { kind: 'reserve', text: await world.bank.statement(DAY) }
    expect(await said(world, '/control/files', statement)).toEqual({
      day: DAY,
      moved: '-1400',
      due: '-1400',
      agrees: true,
    })
    const once = await world.ledger()
    expect(await said(world, '/control/files', statement)).toMatchObject({ agrees: true })
    expect(await world.ledger()).toEqual(once)
    expect(once.filter(({ what }) => String(what) === 'settlement').flatMap(({ lines }) => lines)).toEqual([
      { account: 'CLR', side: 'debit', amount: '1400' },
      { account: 'RSV', side: 'credit', amount: '1400' },
    ])
    expect(await got(world, '/control/audit')).toEqual({ findings: [] })
  })

  test('a line that only the switch has waits in suspense until two people end it, once', async () => {
    const world = await evening()
    await publishes(world)
    const items = await itemsIn(
      world,
      (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file'),
      DAY,
    )
    const stranger: ClearingItem = {
      ...(items[0] ?? expect.fail('item')),
      transaction: '20260615000000009999',
      kind: 'purchase',
      order: 'STRANGER1',
      amount: 77n,
    }
    const { original: _none, ...sale } = stranger
    expect(await handed(world, DAY, await forged(world, DAY, 1, [...items, sale]))).toMatchObject({
      state: 'LOADED',
      verdicts: { MISSING_LOCAL: 1, MATCHED: 5 },
    })
    const open = (await got(world, '/control/cases?state=open'))['cases'] as readonly View[]
    expect(open.filter(({ kind }) => kind === 'MISSING_LOCAL')).toEqual([
      expect.objectContaining({ state: 'OPEN', theirs: '77', suspense: { account: 'SUS:S', amount: '77' } }),
    ])
    const id = `MISSING_LOCAL.${DAY}.20260615000000009999`
    const step = (what: string, body: object) => said(world, `/control/cases/${id}/${what}`, body)
    expect(await step('approval', { checker: 'eve' })).toMatchObject({
      because: 'nobody has proposed anything yet',
    })
    await step('proposal', { maker: 'ann', reason: 'the shop confirms it', action: 'write-off' })
    expect(await step('approval', { checker: 'ann' })).toMatchObject({
      because: expect.stringContaining('two persons'),
    })
    expect(await step('approval', { checker: 'eve' })).toMatchObject({ state: 'DONE' })
    expect(await step('approval', { checker: 'eve' })).toMatchObject({
      because: expect.stringContaining('already handled'),
    })
    const suspense = (await world.ledger())
      .flatMap(({ lines }) => lines)
      .filter(({ account }) => account === 'SUS:S')
    expect(suspense).toEqual([
      { account: 'SUS:S', side: 'debit', amount: '77' },
      { account: 'SUS:S', side: 'credit', amount: '77' },
    ])
    // A corrected file without it changes nothing about a case that has ended.
    expect(await handed(world, DAY, await forged(world, DAY, 2, items))).toMatchObject({ state: 'BALANCED' })
  })

  test('what the switch lacks on both days goes back to the user, once', async () => {
    const world = await evening()
    await publishes(world)
    const items = await itemsIn(
      world,
      (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file'),
      DAY,
    )
    const without = items.filter(({ amount }) => amount !== 700n)
    const paid = await got(world, '/control/users/alice')
    expect(await handed(world, DAY, await forged(world, DAY, 1, without))).toMatchObject({
      verdicts: { MISSING_SW: 1 },
    })
    expect(await got(world, '/control/users/alice')).toEqual(paid)
    await world.stage.advance(at('2026-06-17T09:00:01'))
    const [id] = ((await got(world, '/control/cases?state=open'))['cases'] as readonly View[]).map((one) =>
      String(one['id']),
    )
    expect(id).toMatch(/^MISSING_SW\./)
    await said(world, `/control/clearing/${NEXT}/fetch`)
    const repaid = await got(world, '/control/users/alice')
    expect(BigInt(String(repaid['available']))).toBe(BigInt(String(paid['available'])) + 700n)
    const done = ((await got(world, '/control/cases?state=done'))['cases'] as readonly View[]).filter(
      ({ kind }) => kind === 'MISSING_SW',
    )
    expect(done).toEqual([
      expect.objectContaining({ state: 'DONE', outcome: expect.objectContaining({ what: 'repay' }) }),
    ])
    await handed(
      world,
      NEXT,
      (await fileOf(world.switchWorld(), NEXT, INSTITUTION, 1)) ?? expect.fail('file'),
    )
    expect(await got(world, '/control/users/alice')).toEqual(repaid)
    const long = (await world.ledger())
      .flatMap(({ lines }) => lines)
      .filter(({ account }) => account === 'SUS:L')
    expect(long.map(({ side, amount }) => `${side} ${amount}`)).toEqual(['credit 700', 'debit 700'])
    expect(await got(world, '/control/audit')).toEqual({ findings: [] })
  })

  async function publishedItems() {
    const world = await evening()
    await publishes(world)
    const file = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    const items = await itemsIn(world, file, DAY)
    return { world, items, sale: items.find(({ amount }) => amount === 700n) ?? expect.fail('a sale') }
  }
  const suspenseOf = async (world: FourParties): Promise<readonly string[]> =>
    (await world.ledger())
      .flatMap(({ lines }) => lines)
      .filter(({ account }) => account.startsWith('SUS'))
      .map(({ account, side, amount }) => `${account} ${side} ${amount}`)

  test('another amount: both are told, neither is overwritten, and the difference waits', async () => {
    const { world, items, sale } = await publishedItems()
    const other = items.map((one) => (one === sale ? { ...one, amount: 710n } : one))
    expect(await handed(world, DAY, await forged(world, DAY, 1, other))).toMatchObject({
      state: 'LOADED',
      verdicts: { AMOUNT_DIFF: 1 },
    })
    const open = (await got(world, '/control/cases?state=open'))['cases'] as readonly View[]
    expect(open.filter(({ kind }) => kind === 'AMOUNT_DIFF')).toEqual([
      expect.objectContaining({ ours: '700', theirs: '710', suspense: { account: 'SUS:S', amount: '10' } }),
    ])
    // The corrected file takes the suspense back with it.
    await handed(world, DAY, await forged(world, DAY, 2, items))
    expect(await suspenseOf(world)).toEqual(['SUS:S debit 10', 'SUS:S credit 10'])
  })

  test('a sale that the switch took back is taken back here, once', async () => {
    const { world, items, sale } = await publishedItems()
    const before = BigInt(String((await got(world, '/control/users/alice'))['available']))
    const reversal: ClearingItem = {
      ...sale,
      kind: 'reversal',
      transaction: '20260615000000008888',
      original: sale.transaction,
    }
    expect(await handed(world, DAY, await forged(world, DAY, 1, [...items, reversal]))).toMatchObject({
      verdicts: { STATUS_DIFF: 1 },
    })
    const available = async () => BigInt(String((await got(world, '/control/users/alice'))['available']))
    expect(await available()).toBe(before + 700n)
    await handed(world, DAY, await forged(world, DAY, 2, [...items, reversal]))
    expect(await available()).toBe(before + 700n)
    expect(await suspenseOf(world)).toEqual(['SUS:L credit 700', 'SUS:L debit 700'])
    expect(await got(world, '/control/audit')).toEqual({ findings: [] })
  })

  test('a file that somebody else than the switch signed is refused', async () => {
    const { world, items } = await publishedItems()
    const head = { from: SWITCH, to: INSTITUTION, day: DAY, sequence: 9, version: 1 }
    const bytes = await writeDayFile(head, items, fileSigning(world.stage.sealer(ACQUIRER_A)))
    expect(await handed(world, DAY, bytes)).toMatchObject({ because: expect.stringContaining('signature') })
    expect(await got(world, `/control/clearing/${DAY}`)).toMatchObject({ state: 'OPEN' })
  })

  test('a line that comes twice is told, and stands for nothing', async () => {
    const { world, items, sale } = await publishedItems()
    const before = await world.ledger()
    expect(await handed(world, DAY, await forged(world, DAY, 1, [...items, sale]))).toMatchObject({
      verdicts: { DUP_SW: 1, MATCHED: 5 },
    })
    expect(await world.ledger()).toEqual(before)
  })

  test('an item in the next day’s file is a cross-day item, and no suspense is posted', async () => {
    const world = await evening()
    await world.stage.advance(at('2026-06-17T09:00:01'))
    const fileFor = async (day: string) =>
      itemsIn(world, (await fileOf(world.switchWorld(), day, INSTITUTION, 1)) ?? expect.fail(day), day)
    const [today, tomorrow] = [await fileFor(DAY), await fileFor(NEXT)]
    const late = today.find(({ amount }) => amount === 700n) ?? expect.fail('a sale')
    await handed(
      world,
      DAY,
      await forged(
        world,
        DAY,
        1,
        today.filter((one) => one !== late),
      ),
    )
    const shifted = await forged(world, NEXT, 1, [...tomorrow, { ...late, day: NEXT }])
    expect(await handed(world, NEXT, shifted)).toMatchObject({ verdicts: { MATCHED: 1, CROSS_DAY: 1 } })
    const all = (await got(world, '/control/cases'))['cases'] as readonly View[]
    expect(all.filter(({ kind }) => kind === 'MISSING_SW')).toEqual([
      expect.objectContaining({ state: 'DONE' }),
    ])
    expect(
      (await world.ledger()).flatMap(({ lines }) => lines).filter(({ account }) => account.startsWith('SUS')),
    ).toEqual([])
  })

  test.each([
    [
      'a byte is altered',
      (bytes: Uint8Array) => bytes.map((byte, index) => (index === 200 ? byte ^ 1 : byte)),
      /digest|SM3/,
    ],
    [
      'the trailer is cut off',
      (bytes: Uint8Array) => bytes.slice(0, bytes.lastIndexOf(10, bytes.length - 2) + 1),
      /trailer/,
    ],
  ])('refused whole where %s: nothing is posted and the day stays open', async (_, damage, because) => {
    const world = await evening()
    await publishes(world)
    const before = await world.ledger()
    const file = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    expect(await handed(world, DAY, damage(new Uint8Array(file)))).toMatchObject({
      because: expect.stringMatching(because),
    })
    expect(await world.ledger()).toEqual(before)
    expect(await got(world, `/control/clearing/${DAY}`)).toMatchObject({ state: 'OPEN' })
    expect(await said(world, `/control/clearing/${DAY}/fetch`)).toMatchObject({ state: 'BALANCED' })
  })
})
