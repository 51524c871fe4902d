// The acquirer's own close of a clearing day: the file is fetched at its hour, taken whole or not at all, and held against the
// own book; the net that is told must be the file's; then merchants are paid (acquirer-payout.ts).
import {
  clearingDayOf,
  dayFileName,
  fileLine,
  isBreak,
  isFault,
  netFor,
  nextDay,
  type OwnItem,
  movedBy,
  readDayFile,
  type ReconcileItem,
  startOfClearingDay,
  type Verdict,
  verdictsOf,
} from '../clearing/clearing.ts'
import { sm3Hex } from '../crypto/crypto.ts'
import { type Job, type JobDraft, kind } from '../store/store.ts'
import {
  answer,
  answerFields,
  contentDigest,
  fetchDayFile,
  fileVerifying,
  readBeijingTime,
  type Sealed,
  type Text,
  type Turned,
} from '../wire/wire.ts'
import { dayBook } from './acquirer-book.ts'
import { closeBreak, openBreak } from './acquirer-breaks.ts'
import {
  type AcquirerBreak,
  type AcquirerDay,
  acquirerDays,
  acquirerFiles,
  acquirerNets,
  breakId,
  breaksIn,
  dayTrouble,
  itemVerdicts,
} from './acquirer-close-records.ts'
import { payoutJob } from './acquirer-payout.ts'
import { type AcquirerWorld, BY_TRANSACTION, itemId, nonces, type Sale, sales } from './acquirer-records.ts'
import { query } from './acquirer-sale.ts'

export type AcquirerLoaded =
  | { readonly kind: 'loaded' | 'again'; readonly day: AcquirerDay }
  | {
      readonly kind: 'refused'
      readonly file: string
      readonly line: number
      readonly column: number
      readonly said: Text
    }

const verdictId = ({ transaction, kind: of }: { transaction: string; kind: string }): string =>
  `${transaction}.${of}`

const acquirerDay = async ({ store }: AcquirerWorld, day: string): Promise<AcquirerDay | undefined> =>
  acquirerDays.in(await store.read([acquirerDays.key(day)]), day)

export async function loadDay(world: AcquirerWorld, day: string, bytes: Uint8Array): Promise<AcquirerLoaded> {
  const digest = sm3Hex(bytes)
  const before = await acquirerDay(world, day)
  if (before?.digest === digest) return { kind: 'again', day: before }
  const name = dayFileName(world.me, day, (before?.version ?? 0) + 1)
  const read = await readDayFile(name, bytes, { to: world.me, day }, fileVerifying(world, world.switchId))
  if (isFault(read)) {
    const { file, line, column, said } = read
    await troubled(world, day, `${file}:${line}:${column}: ${said.en}`)
    return { kind: 'refused', file, line, column, said }
  }
  const { version } = read.head
  if (before !== undefined && version <= before.version) {
    const said = {
      zh: `${day} 的文件已是第 ${before.version} 版，这是另一份第 ${version} 版：不入账，请核实`,
      en: `version ${before.version} of ${day} is in, and this is another version ${version}: it is not loaded; ask which holds`,
    }
    return { kind: 'refused', file: name, line: 1, column: 1, said }
  }
  const lines = read.items.map(({ item, line }) => fileLine(item, line))
  const duplicates: readonly Verdict[] = read.duplicates.map(({ transaction, line }) => ({
    kind: 'DUP_SW',
    transaction,
    theirs: { transaction, kind: '', day: '', amount: 0n, currency: '156', line },
  }))
  const verdicts = [...(await judged(world, day, lines)), ...duplicates]
  await booked(world, day, verdicts)
  const net = read.items.reduce((sum, { item }) => sum + netFor(world.me, item), 0n)
  const record: AcquirerDay = { day, version, digest, lines: lines.length, verdicts: counted(verdicts), net }
  await world.store.change(
    [acquirerDays.key(day), acquirerFiles.key(`${day}.${version}`), dayTrouble.key(day)],
    () => ({
      put: [acquirerDays.put(day, record), acquirerFiles.put(`${day}.${version}`, bytes)],
      remove: [dayTrouble.key(day)],
      enqueue: [payoutJob(world, day)],
      result: undefined,
    }),
  )
  await checkNet(world, day)
  return { kind: 'loaded', day: record }
}

const counted = (verdicts: readonly Verdict[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { kind: of } of verdicts) counts[of] = (counts[of] ?? 0) + 1
  return counts
}

async function judged(
  world: AcquirerWorld,
  day: string,
  lines: readonly ReconcileItem[],
): Promise<readonly Verdict[]> {
  const named = new Set(lines.map(verdictId))
  const own: OwnItem[] = []
  const keys: string[] = []
  for (const item of await dayBook(world)) {
    if (item.day !== day && !named.has(verdictId(item))) continue
    const { merchant: _merchant, credit: _credit, ...of } = item
    own.push(of)
    keys.push(verdictId(item))
  }
  const rows = await world.store.read(keys.map((key) => itemVerdicts.key(key)))
  const open = own.filter((item) => {
    const known = itemVerdicts.in(rows, verdictId(item))
    return (
      named.has(verdictId(item)) || known === undefined || known.day === day || known.kind === 'MISSING_SW'
    )
  })
  const there = new Set(open.map(verdictId))
  const pending = await pendingOf(
    world,
    lines.filter((line) => !there.has(verdictId(line))),
  )
  return verdictsOf([...open, ...pending], lines, world.profile.values.reconcileDays)
}

/** Sales that the file has and that wait here for the switch's word. */
async function pendingOf(world: AcquirerWorld, lines: readonly ReconcileItem[]): Promise<readonly OwnItem[]> {
  const found: OwnItem[] = []
  for (const { transaction, kind: of } of lines) {
    if (of !== 'purchase') continue
    const [row] = await world.store.scan(BY_TRANSACTION, transaction, `${transaction}!`, 1)
    const sale = row?.value as Sale | undefined
    if (sale?.state !== 'PENDING' && sale?.state !== 'SENT') continue
    const { amount, currency, clearingDay: day = '' } = sale
    found.push({ transaction, kind: of, day, amount, currency, status: 'pending' })
  }
  return found
}

async function booked(world: AcquirerWorld, day: string, verdicts: readonly Verdict[]): Promise<void> {
  const opened = new Set<string>()
  for (const verdict of verdicts) {
    const { kind: of, ours, transaction } = verdict
    if (ours !== undefined) {
      const id = verdictId(ours)
      await world.store.change([itemVerdicts.key(id)], () => ({
        put: [itemVerdicts.put(id, { kind: of, day })],
        result: undefined,
      }))
      if ((of === 'MATCHED' || of === 'CROSS_DAY') && ours.day !== day)
        await closeBreak(
          world,
          breakId('MISSING_SW', ours.day, transaction),
          `it stands in the file of ${day}`,
        )
    }
    if (!isBreak(verdict)) continue
    const one = breakFrom(world, day, verdict)
    opened.add(one.id)
    await openBreak(world, one)
    if (of === 'STATUS_DIFF') await converge(world, one)
  }
  for (const one of await breaksIn(world, 'open', day))
    if (!opened.has(one.id) && one.kind !== 'NET_DIFF')
      await closeBreak(world, one.id, 'a later file of the day no longer shows it')
  for (const one of await breaksIn(world, 'open'))
    if (one.state === 'WAITING' && one.day < day) await openBreak(world, { ...one, state: 'OPEN' })
}

function breakFrom(
  world: AcquirerWorld,
  day: string,
  verdict: Verdict & { readonly kind: AcquirerBreak['kind'] },
): AcquirerBreak {
  const { kind: of, transaction, ours, theirs } = verdict
  const waits = of === 'MISSING_SW'
  const moves = !['FEE_DIFF', 'LEG_DIFF', 'DUP_SW', 'CURRENCY_DIFF', 'DAY_DIFF'].includes(of)
  const delta = moves ? due(theirs) - (ours?.status === undefined ? due(ours) : 0n) : 0n
  const at = waits ? (ours?.day ?? day) : day
  return {
    id: breakId(of, at, transaction),
    kind: of,
    day: at,
    transaction,
    ...(ours !== undefined && { ours: ours.amount }),
    ...(theirs !== undefined && { theirs: theirs.amount }),
    ...(delta !== 0n && {
      suspense: { account: delta > 0n ? 'SUS:L' : 'SUS:S', amount: delta > 0n ? delta : -delta } as const,
    }),
    state: waits ? 'WAITING' : 'OPEN',
    openedAt: world.clock.wall(),
  }
}

const due = (item: ReconcileItem | undefined): bigint => (item === undefined ? 0n : movedBy(item))

/** The switch is asked once more, and its word ends the sale; then nothing waits in its place. */
async function converge(world: AcquirerWorld, one: AcquirerBreak): Promise<void> {
  const [row] = await world.store.scan(BY_TRANSACTION, one.transaction, `${one.transaction}!`, 1)
  const sale = row?.value as Sale | undefined
  if (sale?.state !== 'PENDING' && sale?.state !== 'SENT') return
  const id = itemId(sale)
  await query(world, id)
  const now = sales.in(await world.store.read([sales.key(id)]), id)
  if (now?.posted === true) await closeBreak(world, one.id, 'it ended by the switch’s word')
}

/** How the own close of a day stands. */
export async function dayView(world: AcquirerWorld, day: string): Promise<Readonly<Record<string, unknown>>> {
  const record = await acquirerDay(world, day)
  const trouble = dayTrouble.in(await world.store.read([dayTrouble.key(day)]), day)
  const open = await breaksIn(world, 'open', day)
  const state = record === undefined ? 'OPEN' : open.length === 0 ? 'BALANCED' : 'LOADED'
  return { day, state, ...record, ...trouble, cases: open.length }
}

const TRIES_CASE = 6
async function troubled(world: AcquirerWorld, day: string, because: string): Promise<void> {
  await world.store.change([dayTrouble.key(day)], (rows) => {
    const attempts = (dayTrouble.in(rows, day)?.attempts ?? 0) + 1
    return {
      put: [dayTrouble.put(day, { attempts, because })],
      append:
        attempts === 1 || attempts === TRIES_CASE
          ? [{ item: `day:${day}`, kind: 'case', body: { because, attempts } }]
          : [],
      result: undefined,
    }
  })
}

/** What the switch says the day comes to for us. */
export async function heardNet(world: AcquirerWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'net.notice', async (opened) => {
    const { fields } = opened.message
    const { notice, clearingDay, direction, netAmount } = fields
    const nonce = `${opened.from}.${opened.head.nonce}`
    const digest = contentDigest('net.notice', fields)
    const told = await world.store.change([nonces.key(nonce), acquirerNets.key(clearingDay)], (rows) => {
      if (nonces.in(rows, nonce) !== undefined) return { result: answerFields('REJ-REPLAY') }
      const expiresAt = world.clock.wall() + 2 * world.profile.values.clockSkewMs + 1000
      const claim = nonces.put(nonce, { seen: true }, { expiresAt })
      const known = acquirerNets.in(rows, clearingDay)
      if (known !== undefined)
        return {
          put: [claim],
          result:
            known.digest === digest
              ? { ...answerFields('OK', { repeated: true }), notice }
              : answerFields('REJ-CONFLICT'),
        }
      const net = direction === 'PAYS' ? -netAmount : netAmount
      return {
        put: [claim, acquirerNets.put(clearingDay, { digest, net })],
        result: { ...answerFields('OK'), notice },
      }
    })
    await checkNet(world, clearingDay)
    return told
  })
}

async function checkNet(world: AcquirerWorld, day: string): Promise<void> {
  const rows = await world.store.read([acquirerDays.key(day), acquirerNets.key(day)])
  const [record, told] = [acquirerDays.in(rows, day), acquirerNets.in(rows, day)]
  if (record === undefined || (told === undefined && record.lines > 0)) return
  const id = breakId('NET_DIFF', day, '156')
  if (record.net === (told?.net ?? 0n)) return closeBreak(world, id, 'the own sum is the net that was told')
  const amounts = { ours: record.net, theirs: told?.net ?? 0n }
  await openBreak(world, {
    id,
    kind: 'NET_DIFF',
    day,
    transaction: '',
    ...amounts,
    state: 'OPEN',
    openedAt: world.clock.wall(),
  })
}

export async function fetchDay(world: AcquirerWorld, day: string): Promise<boolean> {
  const fetched = await fetchDayFile(world, world.switchId, day)
  if (fetched.kind === 'file') return (await loadDay(world, day, fetched.bytes)).kind !== 'refused'
  if ((await acquirerDay(world, day)) !== undefined) return true
  const because =
    fetched.kind === 'unknown' ? fetched.because : `the switch answers that the file is ${fetched.kind}`
  await troubled(world, day, because)
  return false
}

const starts = kind<{ readonly day: string }>('close-start')

const job = (world: AcquirerWorld, day: string, dueAt = fetchAt(world, day)): JobDraft => ({
  id: `close-day:${day}`,
  kind: 'close-day',
  dueAt,
  body: { day },
})

function fetchAt({ profile: { values } }: AcquirerWorld, day: string): number {
  const hour = (readBeijingTime(`${nextDay(day)}000000`) ?? 0) + values.fileAfterMs
  return (
    Math.max(hour, startOfClearingDay(nextDay(day), values.cutOff) + values.cutWindowMs) + values.closeGapMs
  )
}

/** Makes days close by themselves from today's on; told again it changes nothing. */
export async function startAcquirerClosing(world: AcquirerWorld): Promise<void> {
  const day = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
  await world.store.change([starts.key('first')], (rows) => {
    if (starts.in(rows, 'first') !== undefined) return { result: undefined }
    return { put: [starts.put('first', { day })], enqueue: [job(world, day)], result: undefined }
  })
}

export async function closeDayJob(world: AcquirerWorld, held: Job): Promise<void> {
  const { day, again = false } = held.body as { day: string; again?: boolean }
  const done = await fetchDay(world, day)
  const later = world.clock.wall() + world.profile.values.fileRetryMs
  await world.store.change([], () => ({
    finish: [held],
    enqueue: [
      ...(done ? [] : [{ ...job(world, day, later), body: { day, again: true } }]),
      ...(again ? [] : [job(world, nextDay(day))]),
    ],
    result: undefined,
  }))
}
