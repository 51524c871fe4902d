// Expectations about a whole network: what the acquirer's record says, what the day nets to, whether the books agree.
import { reconcile, type ReconcileItem } from '../clearing/clearing.ts'
import type { AcquirerDesk } from '../mocks/mocks.ts'
import type { ClearingDay } from '../switch/switch.ts'
import { type Cast, judge, ledgerSince } from './cast.ts'
import type { AcquirerName, ItemIds } from './ids.ts'
import type { NetworkParties } from './network-parties.ts'
import type { Expectation } from './page.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION } from './parties.ts'

/** What a step at a till began: by whom, under which ids. */
export type Deal = {
  readonly acquirer: AcquirerName
  readonly ids: ItemIds
  readonly kind: 'sale' | 'refund'
}

type Seen = {
  readonly parties: NetworkParties
  deal(name: string): Deal
  /** The close that the expectation is about; absent when no day was closed. */
  readonly closed: ClearingDay | undefined
}

export async function judgeNetwork(
  cast: Cast,
  expectation: Expectation,
  { parties, deal, closed }: Seen,
  at: readonly (string | number)[],
): Promise<void> {
  cast.fromSubject.splice(0, cast.fromSubject.length, ...cast.stage.recorder.numbersFrom(INSTITUTION))
  const deskOf = (name: string): AcquirerDesk => parties.desk(deal(name).acquirer)
  if ('sale' in expectation)
    for (const [name, state] of Object.entries(expectation.sale))
      await judgeDeal(cast, deskOf(name), deal(name), name, state, [...at, 'sale', name])
  if ('fulfilled' in expectation)
    for (const [name, count] of Object.entries(expectation.fulfilled))
      await judgeFulfilled(cast, deskOf(name), deal(name), name, count, [...at, 'fulfilled', name])
  if ('net' in expectation) judgeNet(cast, closed, expectation.net, [...at, 'net'])
  if ('reconcile' in expectation) {
    const { reconcile: book } = expectation
    const ours =
      book === 'institution'
        ? await bookOfSubject(cast, closed?.day)
        : await bookOfDesk(parties.desk(book === 'acquirer-a' ? 'A' : 'B'), closed?.day)
    judgeReconcile(cast, closed, expectation, ours, [...at, 'differences'])
  }
}

async function judgeDeal(
  cast: Cast,
  desk: AcquirerDesk,
  deal: Deal,
  name: string,
  expected: string,
  at: readonly (string | number)[],
): Promise<void> {
  const { order, orderTime } = deal.ids
  const found =
    deal.kind === 'sale' ? await desk.sale(order, orderTime) : await desk.refundOf(order, orderTime)
  judge(cast, {
    what: { zh: `收单机构所见 ${name} 的状态`, en: `state of ${name} at the acquirer` },
    expected,
    observed: found?.state ?? 'none',
    held: found?.state === expected,
    evidence: cast.fromSubject,
    at,
  })
}

async function judgeFulfilled(
  cast: Cast,
  desk: AcquirerDesk,
  deal: Deal,
  name: string,
  expected: string,
  at: readonly (string | number)[],
): Promise<void> {
  const sale = await desk.sale(deal.ids.order, deal.ids.orderTime)
  const observed = String(sale?.deliveries ?? 'none')
  judge(cast, {
    what: { zh: `${name} 的发货次数`, en: `times the goods of ${name} went out` },
    expected,
    observed,
    held: observed === expected,
    evidence: cast.fromSubject,
    at,
  })
}

/** A fault that met no message was not part of what happened: the page has then not shown what it is about. */
export function judgeFaults(cast: Cast): void {
  const { faults, recorder } = cast.stage
  // A story that is about the invariants alone holds with or without each of its faults.
  if (faults.length === 0 || cast.loaded.page.expect.every((one) => 'invariants' in one)) return
  const left = faults
    .filter(({ times }) => times > 0)
    .map(({ what, type, times }) => `${what} ${type} ×${times}`)
  judge(cast, {
    what: { zh: '本页设下的故障都已发生', en: 'every fault that the page laid has happened' },
    expected: 'none left',
    observed: left.length === 0 ? 'none left' : left.join(', '),
    held: left.length === 0 ? true : undefined,
    evidence: recorder.numbersFrom(cast.stage.subjectId),
    at: ['steps'],
  })
}

const PARTY_NAMES: Readonly<Record<string, string>> = {
  institution: INSTITUTION,
  'acquirer-a': ACQUIRER_A,
  'acquirer-b': ACQUIRER_B,
}

function judgeNet(
  cast: Cast,
  cleared: ClearingDay | undefined,
  expected: Readonly<Record<string, string>>,
  at: readonly (string | number)[],
): void {
  for (const [name, amount] of Object.entries(expected)) {
    const observed =
      cleared?.positions.find(({ party }) => party === PARTY_NAMES[name])?.net.toString() ?? 'none'
    judge(cast, {
      what: { zh: `${name} 当日净额（分）`, en: `net position of ${name} for the day, fen` },
      expected: amount,
      observed,
      held: observed === amount,
      evidence: cast.fromSubject,
      at: [...at, name],
    })
  }
  const total = (cleared?.positions ?? []).reduce((sum, position) => sum + position.net, 0n)
  judge(cast, {
    what: { zh: 'INV-30 多边净额之和为零', en: 'INV-30 net positions sum to zero' },
    expected: '0',
    observed: String(total),
    held: cleared === undefined ? undefined : total === 0n,
    evidence: cast.fromSubject,
    at,
  })
}

/** The subject's own book of a day is its ledger export. */
async function bookOfSubject(cast: Cast, day: string | undefined): Promise<readonly ReconcileItem[]> {
  const { entries } = await ledgerSince(cast, cast.ledgerFrom)
  const ours: ReconcileItem[] = []
  for (const { transaction, clearingDay, what, lines } of entries) {
    const amount = lines.find(({ account }) => account === 'CLR')?.amount
    const ofDay = day !== undefined && clearingDay === day
    if (transaction !== undefined && ofDay && what !== undefined && amount !== undefined)
      ours.push({
        transaction: keyOf(transaction, what),
        kind: what,
        day,
        amount: BigInt(amount),
        currency: '156',
      })
  }
  return ours
}

async function bookOfDesk(desk: AcquirerDesk, day: string | undefined): Promise<readonly ReconcileItem[]> {
  const ours: ReconcileItem[] = []
  for await (const item of desk.book())
    if (item.day === day) ours.push({ ...item, transaction: keyOf(item.transaction, item.kind) })
  return ours
}

/** The switch's items of the day against a party's own book (INV-31). */
function judgeReconcile(
  cast: Cast,
  cleared: ClearingDay | undefined,
  { reconcile: book, differences: expected }: { reconcile: string; differences: string },
  ours: readonly ReconcileItem[],
  at: readonly (string | number)[],
): void {
  const party = PARTY_NAMES[book]
  const theirs = (cleared?.items ?? [])
    .filter(({ payer, payee }) => payer === party || payee === party)
    .map((item) => ({ ...item, transaction: keyOf(item.transaction, item.kind) }))
  const differences = reconcile(withoutUndone(ours), withoutUndone(theirs)).filter(
    ({ kind }) => kind !== 'matched',
  )
  const observed = String(differences.length)
  const detail = differences.map(({ kind, transaction }) => `${kind} ${transaction}`).join('; ')
  judge(cast, {
    what: {
      zh: `清算组织与 ${book} 账簿的对账差异`,
      en: `differences between the switch’s items and the book of ${book}`,
    },
    expected,
    observed: detail === '' ? observed : `${observed} (${detail})`,
    held: cleared === undefined ? undefined : observed === expected,
    evidence: cast.fromSubject,
    at,
  })
}

const keyOf = (transaction: string, what: string): string => `${transaction}.${what}`

/** A purchase reversed on its own day is in neither book's net; one side may list the pair, the other nothing. */
function withoutUndone(items: readonly ReconcileItem[]): ReconcileItem[] {
  const undone = new Set(
    items
      .filter(({ kind }) => kind === 'reversal')
      .map(({ transaction }) => transaction.replace(/\.reversal$/, '')),
  )
  return items.filter(({ transaction }) => !undone.has(transaction.replace(/\.[a-z]+$/, '')))
}
