// A clearing day from its cut to its money, on the whole network: closed once, told, published at its hour, taken by both sides,
// paid on the next business day. What is missing, wrong or late is found by the other side.
import { describe, expect, test } from 'vitest'
import { type ClearingItem, readDayFile, writeDayFile } from '../clearing/clearing.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { type FourParties, fourParties } from '../test/four-parties.ts'
import { call, fileSigning, fileVerifying } from '../wire/wire.ts'
import { bookItems, collected, itemsOfDays } from './feed-book.ts'
import { clear, closeDay, closedDay, fileOf, refeedDays, startClearing } from './switch.ts'

const at = (text: string): number => Date.parse(`${text}+08:00`)
const CUT = at('2026-06-15T23:00:00')
const [DAY, NEXT] = ['20260615', '20260616'] as const
const RICH = 1_000_000n
const HOUR = 60 * 60_000

type View = Readonly<Record<string, unknown>>
const got = async (world: FourParties, path: string): Promise<View> =>
  (await world.wallet('GET', path)) as unknown as View
const said = async (world: FourParties, path: string, body: object = {}): Promise<View> => {
  const answer = world.wallet('POST', path, body)
  await world.stage.through(answer)
  return (await answer) as unknown as View
}

async function evening(): Promise<FourParties> {
  const world = await fourParties(CUT - HOUR, 'the close of a day')
  const { stage, desk, otherDesk } = world
  await world.wallet('POST', '/control/users', { id: 'alice', balance: '10000' })
  await world.wallet('POST', '/wallet/users/alice/sign-up')
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await world.bank.open(party, RICH)
  await startClearing(world.switchWorld())
  const sold = async (order: string, amount: bigint, till = desk): Promise<string> => {
    const orderTime = world.sell(order, await world.codeOf('alice'), amount, { desk: till })
    await stage.settle()
    return orderTime
  }
  const first = await sold('SALE-A-0001', 1000n)
  await sold('SALE-B-0001', 700n, otherDesk)
  const second = await sold('SALE-A-0002', 500n)
  world.begin(desk.reverse('SALE-A-0002', second, 'no_slip'))
  await stage.settle()
  world.begin(desk.refund({ order: 'BACK-A-0001', orderTime: first, of: { order: 'SALE-A-0001', orderTime: first }, amount: 300n }))
  await stage.settle()
  await stage.advance(CUT)
  await sold('SALE-A-0003', 400n)
  return world
}

const closes = async (world: FourParties): Promise<void> => world.stage.advance(CUT + 4 * 60_000)
const publishes = async (world: FourParties): Promise<void> => world.stage.advance(at('2026-06-16T09:00:00') + 1000)

const fetched = async (world: FourParties, day: string, party = INSTITUTION) => {
  const asked = call({ ...world.stage.sealer(party), store: undefined }, 'file.fetch', SWITCH, { clearingDay: day, fileKind: 'DAY' }, 5000)
  await world.stage.through(asked)
  const answer = await asked
  return answer.kind === 'answered' ? { class: answer.class, code: answer.fields.answer, fields: answer.fields } : expect.fail(answer.because)
}

async function itemsIn(world: FourParties, bytes: Uint8Array, day: string): Promise<readonly ClearingItem[]> {
  const verifying = fileVerifying(world.stage.sealer(INSTITUTION), SWITCH)
  const read = await readDayFile('day', bytes, { to: INSTITUTION, day }, verifying)
  return read.kind === 'file' ? read.items.map(({ item }) => item) : expect.fail(read.said.en)
}

/** The file of a day as a switch would write it that says something else. */
const forged = (world: FourParties, day: string, version: number, items: readonly ClearingItem[]): Promise<Uint8Array> =>
  writeDayFile({ from: SWITCH, to: INSTITUTION, day, sequence: 9, version }, items, fileSigning(world.stage.sealer(SWITCH)))

const handed = async (world: FourParties, day: string, bytes: Uint8Array): Promise<View> =>
  said(world, '/control/files', { kind: 'day', day, base64: Buffer.from(bytes).toString('base64') })

describe('the close', () => {
  test('waits for the window, then closes what the journal says, and sums to zero', async () => {
    const world = await evening()
    await world.stage.advance(CUT + 2 * 60_000)
    expect(await closedDay(world.switchWorld(), DAY)).toBeUndefined()
    expect(await closeDay(world.switchWorld(), DAY)).toMatchObject({ kind: 'early' })
    await closes(world)
    const closed = (await closedDay(world.switchWorld(), DAY)) ?? expect.fail('closed')
    const { positions } = await clear(world.switchWorld(), DAY)
    expect([...closed.positions].map(({ party, net }) => [party, net]).sort()).toEqual(
      positions.map(({ party, net }) => [party, net]).sort(),
    )
    expect(closed.nets.reduce((sum, { net }) => sum + net, 0n)).toBe(0n)
    expect(closed.sums.reduce((sum, { items }) => sum + items, 0)).toBe(5)
    expect(world.failures).toEqual([])
  })

  test('a day waits for what is in flight, and takes it', async () => {
    const other = await fourParties(CUT - 5_000, 'in flight')
    await other.wallet('POST', '/control/users', { id: 'bob', balance: '10000' })
    await other.wallet('POST', '/wallet/users/bob/sign-up')
    await startClearing(other.switchWorld())
    other.stage.faults.push({ what: 'lose reply', type: 'credit', times: 9 })
    const orderTime = other.sell('SALE-A-0009', await other.codeOf('bob'), 900n)
    await other.stage.settle()
    other.begin(other.desk.refund({ order: 'BACK-A-0009', orderTime, of: { order: 'SALE-A-0009', orderTime }, amount: 100n }))
    await other.stage.advance(CUT + 200_000)
    expect(await closeDay(other.switchWorld(), DAY)).toEqual({ kind: 'waits', items: 1 })
    await other.stage.advance(CUT + 30 * 60_000)
    const closed = (await closedDay(other.switchWorld(), DAY)) ?? expect.fail('closed')
    expect(closed.sums.map(({ out, back }) => [out, back])).toEqual([[900n, 100n]])
  })

  test('a book that lost a line is mended before it is closed', async () => {
    const world = await evening()
    const { store } = world.switchWorld()
    await closeDay(world.switchWorld(), DAY)
    await refeedDays(world.switchWorld(), DAY, NEXT)
    const [line] = await collected(itemsOfDays(store, DAY, DAY))
    const key = bookItems.key(`${line?.transaction ?? ''}.${line?.kind ?? ''}`)
    await store.change([key], () => ({ remove: [key], result: undefined }))
    expect(await collected(itemsOfDays(store, DAY, DAY))).toHaveLength(4)
    await closes(world)
    expect(await collected(itemsOfDays(store, DAY, DAY))).toHaveLength(5)
    expect(await closedDay(world.switchWorld(), DAY)).toMatchObject({ state: 'CLOSED' })
  })
})

describe('files', () => {
  test('not ready, none and empty are three answers', async () => {
    const world = await evening()
    expect((await fetched(world, DAY)).class).toBe('PENDING')
    await closes(world)
    expect((await fetched(world, DAY)).class).toBe('PENDING')
    expect(await fetched(world, '20270101')).toMatchObject({ class: 'NOT_FOUND', code: '98' })
    await publishes(world)
    const file = await fetched(world, DAY)
    expect(file).toMatchObject({ class: 'OK', fields: { version: '1', part: '1', parts: '1' } })
    const items = await itemsIn(world, Buffer.from(file.fields.fileContent ?? '', 'base64'), DAY)
    expect(items.map(({ kind, amount }) => `${kind} ${amount}`).sort()).toEqual(
      ['purchase 1000', 'purchase 700', 'purchase 500', 'reversal 500', 'refund 300'].sort(),
    )
    await world.stage.advance(at('2026-06-18T09:00:01'))
    const empty = await fetched(world, '20260617')
    expect(empty.class).toBe('OK')
    expect(await itemsIn(world, Buffer.from(empty.fields.fileContent ?? '', 'base64'), '20260617')).toEqual([])
  })

  test('what is mended after publication is a second version', async () => {
    const world = await evening()
    await publishes(world)
    const { store } = world.switchWorld()
    const first = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    const [line] = await collected(itemsOfDays(store, DAY, DAY))
    if (line === undefined) expect.fail('a line')
    const id = `${line.transaction}.${line.kind}`
    await store.change([bookItems.key(id)], () => ({ put: [bookItems.put(id, { ...line, amount: 1n })], result: undefined }))
    expect(await refeedDays(world.switchWorld(), DAY, DAY)).toMatchObject({ mended: 1, days: [DAY] })
    expect(await closedDay(world.switchWorld(), DAY)).toMatchObject({ version: 2 })
    const second = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 2)) ?? expect.fail('file')
    expect(await itemsIn(world, second, DAY)).toEqual(await itemsIn(world, first, DAY))
    expect(await refeedDays(world.switchWorld(), DAY, DAY)).toMatchObject({ mended: 0, days: [] })
    expect(await closedDay(world.switchWorld(), DAY)).toMatchObject({ version: 2 })
  })
})

describe('the institution’s close', () => {
  test('a day that agrees is balanced, told once, and paid on the next business day', async () => {
    const world = await evening()
    await closes(world)
    expect(await said(world, `/control/clearing/${DAY}/fetch`)).toMatchObject({ state: 'OPEN', because: 'the file is not ready' })
    await publishes(world)
    expect(await said(world, `/control/clearing/${DAY}/fetch`)).toMatchObject({ state: 'BALANCED', lines: 5, cases: 0 })
    const file = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    const before = await world.ledger()
    expect(await handed(world, DAY, file)).toMatchObject({ result: 'DUP', state: 'BALANCED' })
    expect(await world.ledger()).toEqual(before)
    await world.stage.advance(at('2026-06-16T10:00:01'))
    expect(await world.bank.balance(INSTITUTION)).toBe(RICH - 1400n)
    expect([await world.bank.balance(ACQUIRER_A), await world.bank.balance(ACQUIRER_B)]).toEqual([RICH + 700n, RICH + 700n])
    const statement = { kind: 'reserve', text: await world.bank.statement(DAY) }
    expect(await said(world, '/control/files', statement)).toEqual({ day: DAY, moved: '-1400', due: '-1400', agrees: true })
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
    const items = await itemsIn(world, (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file'), DAY)
    const stranger: ClearingItem = { ...(items[0] ?? expect.fail('item')), transaction: '20260615000000009999', kind: 'purchase', order: 'STRANGER1', amount: 77n }
    const { original: _none, ...sale } = stranger
    expect(await handed(world, DAY, await forged(world, DAY, 1, [...items, sale]))).toMatchObject({ state: 'LOADED', verdicts: { MISSING_LOCAL: 1, MATCHED: 5 } })
    const open = (await got(world, '/control/cases?state=open'))['cases'] as readonly View[]
    expect(open.filter(({ kind }) => kind === 'MISSING_LOCAL')).toEqual([
      expect.objectContaining({ state: 'OPEN', theirs: '77', suspense: { account: 'SUS:S', amount: '77' } }),
    ])
    const id = `MISSING_LOCAL.${DAY}.20260615000000009999`
    const step = (what: string, body: object) => said(world, `/control/cases/${id}/${what}`, body)
    expect(await step('approval', { checker: 'eve' })).toMatchObject({ because: 'nobody has proposed anything yet' })
    await step('proposal', { maker: 'ann', reason: 'the shop confirms it', action: 'write-off' })
    expect(await step('approval', { checker: 'ann' })).toMatchObject({ because: expect.stringContaining('two persons') })
    expect(await step('approval', { checker: 'eve' })).toMatchObject({ state: 'DONE' })
    expect(await step('approval', { checker: 'eve' })).toMatchObject({ because: expect.stringContaining('already handled') })
    const suspense = (await world.ledger()).flatMap(({ lines }) => lines).filter(({ account }) => account === 'SUS:S')
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
    const items = await itemsIn(world, (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file'), DAY)
    const without = items.filter(({ amount }) => amount !== 700n)
    const paid = await got(world, '/control/users/alice')
    expect(await handed(world, DAY, await forged(world, DAY, 1, without))).toMatchObject({ verdicts: { MISSING_SW: 1 } })
    expect(await got(world, '/control/users/alice')).toEqual(paid)
    await world.stage.advance(at('2026-06-17T09:00:01'))
    const [id] = ((await got(world, '/control/cases?state=open'))['cases'] as readonly View[]).map((one) => String(one['id']))
    expect(id).toMatch(/^MISSING_SW\./)
    await said(world, `/control/clearing/${NEXT}/fetch`)
    const repaid = await got(world, '/control/users/alice')
    expect(BigInt(String(repaid['available']))).toBe(BigInt(String(paid['available'])) + 700n)
    const done = ((await got(world, '/control/cases?state=done'))['cases'] as readonly View[]).filter(({ kind }) => kind === 'MISSING_SW')
    expect(done).toEqual([expect.objectContaining({ state: 'DONE', outcome: expect.objectContaining({ what: 'repay' }) })])
    await handed(world, NEXT, (await fileOf(world.switchWorld(), NEXT, INSTITUTION, 1)) ?? expect.fail('file'))
    expect(await got(world, '/control/users/alice')).toEqual(repaid)
    const long = (await world.ledger()).flatMap(({ lines }) => lines).filter(({ account }) => account === 'SUS:L')
    expect(long.map(({ side, amount }) => `${side} ${amount}`)).toEqual(['credit 700', 'debit 700'])
    expect(await got(world, '/control/audit')).toEqual({ findings: [] })
  })

  test('an item in the next day’s file is a cross-day item, and no suspense is posted', async () => {
    const world = await evening()
    await world.stage.advance(at('2026-06-17T09:00:01'))
    const fileFor = async (day: string) => itemsIn(world, (await fileOf(world.switchWorld(), day, INSTITUTION, 1)) ?? expect.fail(day), day)
    const [today, tomorrow] = [await fileFor(DAY), await fileFor(NEXT)]
    const late = today.find(({ amount }) => amount === 700n) ?? expect.fail('a sale')
    await handed(world, DAY, await forged(world, DAY, 1, today.filter((one) => one !== late)))
    const shifted = await forged(world, NEXT, 1, [...tomorrow, { ...late, day: NEXT }])
    expect(await handed(world, NEXT, shifted)).toMatchObject({ verdicts: { MATCHED: 1, CROSS_DAY: 1 } })
    const all = (await got(world, '/control/cases'))['cases'] as readonly View[]
    expect(all.filter(({ kind }) => kind === 'MISSING_SW')).toEqual([expect.objectContaining({ state: 'DONE' })])
    expect((await world.ledger()).flatMap(({ lines }) => lines).filter(({ account }) => account.startsWith('SUS'))).toEqual([])
  })

  test.each([
    ['a byte is altered', (bytes: Uint8Array) => bytes.map((byte, index) => (index === 200 ? byte ^ 1 : byte)), /digest|SM3/],
    ['the trailer is cut off', (bytes: Uint8Array) => bytes.slice(0, bytes.lastIndexOf(10, bytes.length - 2) + 1), /trailer/],
  ])('refused whole where %s: nothing is posted and the day stays open', async (_, damage, because) => {
    const world = await evening()
    await publishes(world)
    const before = await world.ledger()
    const file = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    expect(await handed(world, DAY, damage(new Uint8Array(file)))).toMatchObject({ because: expect.stringMatching(because) })
    expect(await world.ledger()).toEqual(before)
    expect(await got(world, `/control/clearing/${DAY}`)).toMatchObject({ state: 'OPEN' })
    expect(await said(world, `/control/clearing/${DAY}/fetch`)).toMatchObject({ state: 'BALANCED' })
  })
})
