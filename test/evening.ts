// An evening around the cut at 23:00 on the whole network, for tests of what comes after it: the close, files, both books.
import { expect } from 'vitest'
import { type ClearingItem, readDayFile, writeDayFile } from '../clearing/clearing.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { startClearing } from '../switch/switch.ts'
import { call, fileSigning, fileVerifying } from '../wire/wire.ts'
import { type FourParties, fourParties } from './four-parties.ts'

export const at = (text: string): number => Date.parse(`${text}+08:00`)
export const CUT = at('2026-06-15T23:00:00')
export const [DAY, NEXT] = ['20260615', '20260616'] as const
export const RICH = 1_000_000n
const HOUR = 60 * 60_000

export type View = Readonly<Record<string, unknown>>
export const got = async (world: FourParties, path: string): Promise<View> =>
  (await world.wallet('GET', path)) as unknown as View
export const said = async (world: FourParties, path: string, body: object = {}): Promise<View> => {
  const answer = world.wallet('POST', path, body)
  await world.stage.through(answer)
  return (await answer) as unknown as View
}

export async function evening(byItself = true): Promise<FourParties> {
  const world = await fourParties(CUT - HOUR, 'the close of a day')
  const { stage, desk, otherDesk } = world
  await world.wallet('POST', '/control/users', { id: 'alice', balance: '10000' })
  await world.wallet('POST', '/wallet/users/alice/sign-up')
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await world.bank.open(party, RICH)
  if (byItself) await startClearing(world.switchWorld())
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
  world.begin(
    desk.refund({
      order: 'BACK-A-0001',
      orderTime: first,
      of: { order: 'SALE-A-0001', orderTime: first },
      amount: 300n,
    }),
  )
  await stage.settle()
  await stage.advance(CUT)
  await sold('SALE-A-0003', 400n)
  return world
}

export const closes = async (world: FourParties): Promise<void> => world.stage.advance(CUT + 4 * 60_000)
export const publishes = async (world: FourParties): Promise<void> =>
  world.stage.advance(at('2026-06-16T09:00:00') + 1000)

export const fetched = async (world: FourParties, day: string, party = INSTITUTION) => {
  const asked = call(
    { ...world.stage.sealer(party), store: undefined },
    'file.fetch',
    SWITCH,
    { clearingDay: day, fileKind: 'DAY' },
    5000,
  )
  await world.stage.through(asked)
  const answer = await asked
  return answer.kind === 'answered'
    ? { class: answer.class, code: answer.fields.answer, fields: answer.fields }
    : expect.fail(answer.because)
}

export async function itemsIn(
  world: FourParties,
  bytes: Uint8Array,
  day: string,
): Promise<readonly ClearingItem[]> {
  const verifying = fileVerifying(world.stage.sealer(INSTITUTION), SWITCH)
  const read = await readDayFile('day', bytes, { to: INSTITUTION, day }, verifying)
  return read.kind === 'file' ? read.items.map(({ item }) => item) : expect.fail(read.said.en)
}

/** The file of a day as a switch would write it that says something else. */
export const forged = (
  world: FourParties,
  day: string,
  version: number,
  items: readonly ClearingItem[],
): Promise<Uint8Array> =>
  writeDayFile(
    { from: SWITCH, to: INSTITUTION, day, sequence: 9, version },
    items,
    fileSigning(world.stage.sealer(SWITCH)),
  )

export const handed = async (world: FourParties, day: string, bytes: Uint8Array): Promise<View> =>
  said(world, '/control/files', { kind: 'day', day, base64: Buffer.from(bytes).toString('base64') })
