// Ten million lines are judged by the same rules as one: what is read from bytes, dealt to partitions and joined there
// gives exactly the verdicts of `reconcile`, in any order of the lines and however many partitions there are (REC-022).
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  byKey,
  type ColumnChoice,
  codesOf,
  type Difference,
  type LineForm,
  lineReader,
  memoryShelf,
  partitionWork,
  reconcile,
  type ReconcileItem,
  type Side,
  type Split,
  splitter,
  type Stand,
  tally,
  type Tallied,
} from './clearing.ts'

const CSV: LineForm = { form: 'separated', separator: ',', header: true, encoding: 'utf-8' }
const HEADER = 'transaction,kind,day,amount,currency,fee,status,original,balance,coupon'
const CHOICE: ColumnChoice = { unit: 'minor', legs: ['balance', 'coupon'] }

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function csvOf(items: readonly ReconcileItem[]): Uint8Array {
  const lines = items.map(({ transaction, kind, day, amount, currency, fee, status, original, legs }) =>
    [transaction, kind, day, amount, currency, fee, status, original, legs?.['balance'], legs?.['coupon']]
      .map((cell) => quoted(String(cell)))
      .join(','),
  )
  return new TextEncoder().encode([HEADER, ...lines].join('\r\n'))
}

type Streamed = { readonly verdicts: readonly Difference[]; readonly told: Tallied }

function streamed(
  sides: Readonly<Record<Side, Uint8Array>>,
  {
    partitions,
    seed,
    toleranceDays,
    stand,
  }: { partitions: number; seed: number; toleranceDays: number; stand: Stand },
  chunk = 1 << 16,
): Streamed {
  const shelves = { ours: memoryShelf(), theirs: memoryShelf() }
  const split = (side: Side): Split => {
    const sink = splitter({ side, form: CSV, choice: CHOICE, partitions, seed }, shelves[side].put)
    const reader = lineReader(CSV, sink)
    for (let at = 0; at < sides[side].length; at += chunk) reader.push(sides[side].subarray(at, at + chunk))
    reader.end()
    return sink.end()
  }
  const codes = codesOf(split('ours'), split('theirs'))
  // Two workers, each with half of the partitions, as the command has them.
  const opens = [memoryShelf(), memoryShelf()]
  const workers = opens.map((open) =>
    partitionWork(
      { codes, rules: { toleranceDays }, stand, partitions, seed },
      [shelves.ours, shelves.theirs],
      open,
    ),
  )
  const verdicts: Difference[] = []
  const each = (act: (worker: (typeof workers)[number], partition: number) => void): void => {
    for (let partition = 0; partition < partitions; partition += 1) {
      const worker = workers[partition % 2]
      if (worker !== undefined) act(worker, partition)
    }
  }
  each((worker, partition) => verdicts.push(...worker.join(partition)))
  for (const worker of workers) worker.joined()
  each((worker, partition) => verdicts.push(...worker.settle(partition, opens)))
  const sums = tally(stand)
  for (const worker of workers) sums.addAll(worker.told())
  return { verdicts: verdicts.sort(byKey), told: sums.told() }
}

/** Few keys, so that everything meets everything: pairs, repeats, reversals of each other's keys, unknown originals. */
const anyItem = fc.record({
  transaction: fc.oneof(
    { weight: 8, arbitrary: fc.stringMatching(/^[a-d]{1,2}$/) },
    { weight: 1, arbitrary: fc.constantFrom('A', 'a ', ' a', 'Ａ', '😀', '\u{fffd}', 'a,"b"', 'a\nb', '中') },
  ),
  kind: fc.constantFrom('purchase', 'purchase', 'refund', 'reversal', 'void', 'topup'),
  day: fc.constantFrom('20260615', '20260615', '20260616', '20260630', '20260701'),
  amount: fc.oneof(fc.constantFrom(100n, 100n, 200n, -100n, 0n), fc.bigInt(-(10n ** 17n), 10n ** 17n)),
  currency: fc.constantFrom('156', '156', '840'),
  fee: fc.constantFrom(0n, 1n),
  status: fc.constantFrom(
    'success' as const,
    'success' as const,
    'pending' as const,
    'failed' as const,
    'reversed' as const,
  ),
  original: fc.oneof(fc.constant(''), fc.stringMatching(/^[a-d]{1,2}$/)),
  legs: fc.record({ balance: fc.constantFrom(0n, 50n), coupon: fc.constantFrom(0n, 50n) }),
})
/** The other side is ours, mostly, with some lines changed, lost or added. */
const anyBooks = fc
  .tuple(fc.array(anyItem, { maxLength: 14 }), fc.array(anyItem, { maxLength: 4 }), fc.nat())
  .map(([ours, others, mixed]) => ({
    ours,
    theirs: [...ours.filter((_, index) => ((mixed >> (index % 16)) & 1) === 0), ...others],
  }))

const numbered = (items: readonly ReconcileItem[]): ReconcileItem[] => {
  let line = 2
  return items.map((item) => {
    const at = line
    line += 1 + (item.transaction.includes('\n') ? 1 : 0)
    return { ...item, line: at }
  })
}

function expected(
  ours: readonly ReconcileItem[],
  theirs: readonly ReconcileItem[],
  toleranceDays: number,
  stand: Stand,
) {
  const all = reconcile(numbered(ours), numbered(theirs), { toleranceDays })
  const sums = tally(stand)
  for (const one of all) sums.add(one)
  return { all, told: sums.told() }
}

describe('the stream and the rules', () => {
  test('give the same verdicts and the same sums', () => {
    fc.assert(
      fc.property(
        anyBooks,
        fc.record({
          partitions: fc.integer({ min: 1, max: 9 }),
          seed: fc.integer(),
          toleranceDays: fc.constantFrom(0, 1, 20),
          stand: fc.constantFrom('payer' as const, 'payee' as const),
        }),
        fc.integer({ min: 1, max: 200 }),
        ({ ours, theirs }, settings, chunk) => {
          const { all, told } = expected(ours, theirs, settings.toleranceDays, settings.stand)
          const found = streamed({ ours: csvOf(ours), theirs: csvOf(theirs) }, settings, chunk)
          // Plain matches are only counted by the stream; their number and money are in the sums.
          expect(found.verdicts).toEqual(all.filter(({ kind }) => kind !== 'matched'))
          expect(found.told).toEqual(told)
        },
      ),
      { numRuns: 500 },
    )
  })
  test('do not depend on the order of the lines', () => {
    const withoutLines = ({ verdicts }: Streamed): unknown =>
      verdicts
        .map(({ ours, theirs, ...rest }) => ({
          ...rest,
          ...(ours !== undefined && { ours: { ...ours, line: 0 } }),
          ...(theirs !== undefined && { theirs: { ...theirs, line: 0 } }),
        }))
        .sort(byKey)
    const settings = { partitions: 3, seed: 7, toleranceDays: 1, stand: 'payer' as const }
    fc.assert(
      fc.property(anyBooks, ({ ours, theirs }) => {
        const one = streamed({ ours: csvOf(ours), theirs: csvOf(theirs) }, settings)
        const other = streamed(
          { ours: csvOf(ours.toReversed()), theirs: csvOf(theirs.toReversed()) },
          settings,
        )
        expect(withoutLines(other)).toEqual(withoutLines(one))
        expect(other.told).toEqual(one.told)
      }),
      { numRuns: 150 },
    )
  })
  test('every item of either side is in exactly one verdict (INV-37)', () => {
    fc.assert(
      fc.property(anyBooks, ({ ours, theirs }) => {
        const [a, b] = [numbered(ours), numbered(theirs)]
        const all = reconcile(a, b, { toleranceDays: 1 })
        const linesOf = (side: Side): readonly (number | undefined)[] =>
          all
            .flatMap((one) => one[side] ?? [])
            .map(({ line }) => line)
            .sort((x, y) => (x ?? 0) - (y ?? 0))
        expect(linesOf('ours')).toEqual(a.map(({ line }) => line))
        expect(linesOf('theirs')).toEqual(b.map(({ line }) => line))
      }),
      { numRuns: 500 },
    )
  })
})
