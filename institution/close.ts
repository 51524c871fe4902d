// The institution's own close of a clearing day: the switch's file is fetched at its hour, read whole or refused whole, and held
// against the own book. The same file again changes nothing; a corrected one brings its differences alone (STL-010, STL-011).
import {
  type ClearingItem,
  dayFileName,
  fileLine,
  isBreak,
  isFault,
  netFor,
  type OwnItem,
  movedBy,
  readDayFile,
  type ReconcileItem,
  type Verdict,
  verdictsOf,
} from '../clearing/clearing.ts'
import { sm3Hex } from '../crypto/crypto.ts'
import { fileVerifying, type Text } from '../wire/wire.ts'
import { caseId, casesIn, type ClearingCase, closeCase, openCase } from './cases.ts'
import { checkNet } from './close-net.ts'
import { readBook } from './close-book.ts'
import {
  type CloseDay,
  closeDays,
  closeFiles,
  type CloseItem,
  closeItemId,
  closeItems,
  closeTrouble,
  itemKeys,
  itemsOfDay,
  type NetOf,
} from './close-records.ts'
import { workCase } from './close-work.ts'
import {
  byTransaction,
  itemKey,
  type Payment,
  payments,
  PENDING_OF_TOKEN,
  refunds,
  voids,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Loaded =
  | { readonly kind: 'loaded'; readonly day: CloseDay }
  /** The file that is in already. */
  | { readonly kind: 'again'; readonly day: CloseDay }
  | {
      readonly kind: 'refused'
      readonly file: string
      readonly line: number
      readonly column: number
      readonly said: Text
    }

export async function loadFile(world: InstitutionWorld, day: string, bytes: Uint8Array): Promise<Loaded> {
  const digest = sm3Hex(bytes)
  const before = await closeDay(world, day)
  if (before?.digest === digest) return { kind: 'again', day: before }
  const name = dayFileName(world.me, day, (before?.version ?? 0) + 1)
  const read = await readDayFile(name, bytes, { to: world.me, day }, fileVerifying(world, world.switchId))
  if (isFault(read)) {
    const { file, line, column, said } = read
    await troubled(world, day, `${file}:${line}:${column}: ${said.en}`)
    return { kind: 'refused', file, line, column, said }
  }
  if (before !== undefined && read.head.version <= before.version) {
    const said = {
      zh: `${day} 的文件已是第 ${before.version} 版，这是另一份第 ${read.head.version} 版：不入账，请向清算机构核实`,
      en: `version ${before.version} of ${day} is in, and this is another version ${read.head.version}: it is not loaded; ask the switch which holds`,
    }
    return { kind: 'refused', file: name, line: 1, column: 1, said }
  }
  const lines = read.items.map(({ item, line }) => fileLine(item, line))
  const places = new Map(read.items.map(({ item, line }) => [line, item]))
  const verdicts = [...(await judged(world, day, lines, places)), ...read.duplicates.map(duplicated)]
  await booked(world, day, verdicts, places)
  const record = closedFrom(
    world,
    day,
    read.head.version,
    digest,
    verdicts,
    netsOf(
      world.me,
      read.items.map(({ item }) => item),
    ),
  )
  await world.store.change(
    [closeDays.key(day), closeFiles.key(`${day}.${read.head.version}`), closeTrouble.key(day)],
    () => ({
      put: [closeDays.put(day, record), closeFiles.put(`${day}.${read.head.version}`, bytes)],
      remove: [closeTrouble.key(day)],
      append: [
        {
          item: `day:${day}`,
          kind: 'loaded',
          body: { day, version: record.version, verdicts: record.verdicts },
        },
      ],
      result: undefined,
    }),
  )
  await checkNet(world, day)
  return { kind: 'loaded', day: (await closeDay(world, day)) ?? record }
}

export const closeDay = async (
  { store }: Pick<InstitutionWorld, 'store'>,
  day: string,
): Promise<CloseDay | undefined> => closeDays.in(await store.read([closeDays.key(day)]), day)

/** Why a day stays open: told again at each try, and from the sixth on a person hears of it. */
const TRIES_CASE = 6
export async function troubled(world: InstitutionWorld, day: string, because: string): Promise<void> {
  await world.store.change([closeTrouble.key(day)], (rows) => {
    const attempts = (closeTrouble.in(rows, day)?.attempts ?? 0) + 1
    return {
      put: [closeTrouble.put(day, { attempts, because })],
      append:
        attempts === 1 || attempts === TRIES_CASE
          ? [{ item: `day:${day}`, kind: 'case', body: { because, attempts } }]
          : [],
      result: undefined,
    }
  })
}

const duplicated = ({ transaction, line }: { transaction: string; line: number }): Verdict => ({
  kind: 'DUP_SW',
  transaction,
  theirs: { transaction, kind: '', day: '', amount: 0n, currency: '156', line },
})

type Places = ReadonlyMap<number, Parameters<typeof itemKey>[0] & { readonly kind: string }>

/** Own items that this file can speak of: those of the day that no other file has spoken of, those of other days that stand in
 *  it, and what the day before is still waiting for. */
async function judged(
  world: InstitutionWorld,
  day: string,
  lines: readonly ReconcileItem[],
  places: Places,
): Promise<readonly Verdict[]> {
  await readBook(world)
  const ours = new Map<string, CloseItem>()
  for (const item of await itemsOfDay(world, day))
    if (item.verdict === undefined || item.verdict.day === day || item.verdict.kind === 'MISSING_SW')
      ours.set(closeItemId(item), item)
  const named = lines.map(({ transaction, kind }) => `${transaction}.${kind}`)
  const rows = await world.store.read(itemKeys(named))
  for (const name of named) {
    const item = closeItems.in(rows, name)
    if (item !== undefined) ours.set(name, item)
  }
  const pending = await pendingOf(world, lines, places, ours)
  const waiting = await waitingOf(world, day, new Set(pending.map(({ transaction }) => transaction)))
  return verdictsOf(
    [...[...ours.values()].map(plainOwn), ...pending, ...waiting],
    lines,
    world.profile.values.reconcileDays,
  )
}

const plainOwn = ({ verdict: _verdict, acquirer: _acquirer, item: _item, ...own }: CloseItem): OwnItem => own

/** What the file has and the book does not may be under way here, or have failed: then both know of it (REC-005). */
async function pendingOf(
  world: InstitutionWorld,
  lines: readonly ReconcileItem[],
  places: Places,
  ours: ReadonlyMap<string, CloseItem>,
): Promise<readonly OwnItem[]> {
  const found: OwnItem[] = []
  for (const { transaction, kind, line = 0 } of lines) {
    const place = places.get(line)
    if (ours.has(`${transaction}.${kind}`) || place === undefined) continue
    if (kind !== 'purchase' && kind !== 'refund' && kind !== 'void') continue
    const id = itemKey(place)
    const rows = await world.store.read([payments.key(id), refunds.key(id), voids.key(id)])
    const record =
      kind === 'purchase'
        ? payments.in(rows, id)
        : kind === 'refund'
          ? refunds.in(rows, id)
          : voids.in(rows, id)
    if (record === undefined || record.state === 'FENCED') continue
    const status = /PENDING/.test(record.state) ? ('pending' as const) : ('failed' as const)
    const own = kind === 'purchase' ? 'purchase' : kind
    found.push({
      transaction,
      kind: own,
      day: record.clearingDay,
      amount: record.amount,
      currency: record.currency,
      status,
    })
  }
  return found
}

const PENDING_MOST = 10_000

/** Payments of the day that nobody has ended yet: in transit, neither a break nor hidden (REC-008). */
async function waitingOf(
  { store }: InstitutionWorld,
  day: string,
  named: ReadonlySet<string>,
): Promise<readonly OwnItem[]> {
  const found = await store.scan(PENDING_OF_TOKEN, '', '~', PENDING_MOST)
  return found.flatMap(({ value }) => {
    const payment = value as Payment
    const { clearingDay, amount, currency } = payment
    const transaction = payment.transaction === '' ? itemKey(payment) : payment.transaction
    if (clearingDay !== day || named.has(transaction)) return []
    return [{ transaction, kind: 'purchase', day, amount, currency, status: 'pending' } as const]
  })
}

/** Writes down each verdict with its item, opens the cases, and lets go of those that this file explains. */
async function booked(
  world: InstitutionWorld,
  day: string,
  verdicts: readonly Verdict[],
  places: Places,
): Promise<void> {
  const opened = new Set<string>()
  for (const verdict of verdicts) {
    await noted(world, day, verdict)
    if (verdict.kind === 'CROSS_DAY' || verdict.kind === 'MATCHED') await explained(world, day, verdict)
    if (!isBreak(verdict)) continue
    const one = await caseFrom(world, day, verdict, places)
    opened.add(one.id)
    await openCase(world, one)
  }
  // A corrected file supersedes what only the earlier one had (REC-010).
  for (const one of await casesIn(world, 'open', day))
    if (!opened.has(one.id) && one.kind !== 'NET_DIFF' && one.kind !== 'CASH_DIFF')
      await closeCase(world, one.id, 'a later file of the day no longer shows it')
  await lapsed(world, day)
  for (const one of await casesIn(world, 'open')) await workCase(world, one)
}

async function noted(world: InstitutionWorld, day: string, { kind, ours }: Verdict): Promise<void> {
  if (ours === undefined) return
  const id = closeItemId(ours as OwnItem)
  await world.store.change<void>([closeItems.key(id)], (rows) => {
    const item = closeItems.in(rows, id)
    if (item === undefined) return { result: undefined }
    return { put: [closeItems.put(id, { ...item, verdict: { kind, day } })], result: undefined }
  })
}

/** The day before had missed it; here it is, within the tolerance. */
async function explained(
  world: InstitutionWorld,
  day: string,
  { ours, transaction }: Verdict,
): Promise<void> {
  if (ours === undefined || ours.day === day) return
  await closeCase(world, caseId('MISSING_SW', ours.day, transaction), `it stands in the file of ${day}`)
}

async function caseFrom(
  world: InstitutionWorld,
  day: string,
  { kind, transaction, ours, theirs }: Verdict & { readonly kind: ClearingCase['kind'] },
  places: Places,
): Promise<ClearingCase> {
  const place = theirs?.line === undefined ? undefined : places.get(theirs.line)
  const own = byTransaction.in(await world.store.read([byTransaction.key(transaction)]), transaction)?.id
  const waits = kind === 'MISSING_SW'
  // By how much CLR has to move so that it says what the file says; positive: we owe more.
  const delta =
    kind === 'FEE_DIFF' ||
    kind === 'LEG_DIFF' ||
    kind === 'DUP_SW' ||
    kind === 'CURRENCY_DIFF' ||
    kind === 'DAY_DIFF'
      ? 0n
      : owed(theirs) - (ours?.status === undefined ? owed(ours) : 0n)
  return {
    id: caseId(kind, waits ? (ours?.day ?? day) : day, transaction),
    kind,
    day: waits ? (ours?.day ?? day) : day,
    transaction,
    item: own ?? (place === undefined ? '' : itemKey(place)),
    ...(ours !== undefined && { ours: ours.amount }),
    ...(theirs !== undefined && { theirs: theirs.amount }),
    currency: theirs?.currency ?? ours?.currency ?? '156',
    ...(delta !== 0n && {
      suspense: { account: delta > 0n ? 'SUS:S' : 'SUS:L', amount: delta > 0n ? delta : -delta } as const,
    }),
    state: waits ? 'WAITING' : 'OPEN',
    openedAt: world.clock.wall(),
  }
}

const owed = (item: ReconcileItem | undefined): bigint => (item === undefined ? 0n : movedBy(item))

/** What an earlier day missed, and no file within the tolerance had, is missing at the switch: into suspense with it. */
async function lapsed(world: InstitutionWorld, day: string): Promise<void> {
  for (const one of await casesIn(world, 'open'))
    if (one.state === 'WAITING' && one.day < day) await openCase(world, { ...one, state: 'OPEN' })
}

function closedFrom(
  world: InstitutionWorld,
  day: string,
  version: number,
  digest: string,
  verdicts: readonly Verdict[],
  nets: readonly NetOf[],
): CloseDay {
  const counts: Record<string, number> = {}
  for (const { kind } of verdicts) counts[kind] = (counts[kind] ?? 0) + 1
  const lines = verdicts.filter(({ theirs }) => theirs !== undefined).length
  const state = verdicts.some((verdict) => isBreak(verdict)) ? 'LOADED' : 'BALANCED'
  return { day, state, version, digest, lines, verdicts: counts, nets, loadedAt: world.clock.wall() }
}

/** With each counterparty: what the lines come to, and our share of their fees. */
function netsOf(me: string, items: readonly ClearingItem[]): readonly NetOf[] {
  const nets = new Map<string, NetOf>()
  for (const item of items) {
    const { acquirer: counterparty, currency } = item
    const key = `${counterparty}.${currency}`
    const net = (nets.get(key)?.net ?? 0n) + netFor(me, item)
    nets.set(key, { counterparty, currency, net })
  }
  return [...nets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, net]) => net)
}

/** A day whose breaks have all ended is balanced (REC-001). */
export async function dayState(world: InstitutionWorld, day: string) {
  const record = await closeDay(world, day)
  const rows = await world.store.read([closeTrouble.key(day)])
  const open = await casesIn(world, 'open', day)
  const trouble = closeTrouble.in(rows, day)
  return {
    day,
    state: record === undefined ? 'OPEN' : open.length === 0 ? 'BALANCED' : 'LOADED',
    ...(record !== undefined && { version: record.version, lines: record.lines, verdicts: record.verdicts }),
    ...(trouble !== undefined && { because: trouble.because, attempts: trouble.attempts }),
    cases: open.length,
  }
}
