// Two files of one clearing day, for measuring and for trying: the same items in two orders, about a hundred bytes a line,
// every twentieth a refund, with so many differences of each kind planted. A seed gives the same bytes everywhere.
import { closeSync, openSync, writeSync } from 'node:fs'
import type { DifferenceKind } from '../clearing/clearing.ts'

export type PlannedFiles = {
  readonly ours: string
  readonly theirs: string
  /** Verdicts that a reconciliation must come to. */
  readonly expected: Readonly<Partial<Record<DifferenceKind, number>>>
}

const HEADER = 'transaction,kind,day,amount,currency,fee,status,original,merchant,memo\n'
const BLOCK = 1 << 20

/** Of every thousand items ten are not plainly equal, and these are their places. */
const PLANTED: Readonly<Record<number, DifferenceKind>> = {
  7: 'only_ours',
  17: 'only_theirs',
  27: 'amount',
  37: 'fee',
  47: 'status',
  57: 'day_shift',
  67: 'duplicate',
  77: 'direction',
  87: 'in_transit',
  97: 'currency',
}

export function writeReconcileFiles(
  lines: number,
  seed: number,
  paths: { ours: string; theirs: string },
): PlannedFiles {
  const expected: Partial<Record<DifferenceKind, number>> = {}
  const count = (kind: DifferenceKind): void => void (expected[kind] = (expected[kind] ?? 0) + 1)
  write(paths.ours, lines, (at, add) => {
    const kind = PLANTED[at % 1000]
    count(
      kind === 'duplicate'
        ? 'matched'
        : orphaned(kind, at, seed, lines)
          ? 'refund_without_original'
          : (kind ?? 'matched'),
    )
    if (kind === 'duplicate') count('duplicate')
    if (kind !== 'only_theirs') add(lineOf(at, seed, kind === 'in_transit' ? { status: 'PENDING' } : {}))
  })
  // Another order: one step of a size that shares no divisor with the number of lines.
  const step = coprime(Math.floor(lines * 0.618) + 1, lines)
  write(paths.theirs, lines, (turn, add) => {
    const at = Number((BigInt(turn) * BigInt(step)) % BigInt(lines))
    const kind = PLANTED[at % 1000]
    if (kind === 'only_ours' || kind === 'in_transit') return
    add(lineOf(at, seed, changed(kind)))
    if (kind === 'duplicate') add(lineOf(at, seed, {}))
  })
  return { ...paths, expected }
}

/** A refund that one side alone has, of a sale that is in neither file. */
const orphaned = (kind: DifferenceKind | undefined, at: number, seed: number, lines: number): boolean =>
  (kind === 'only_ours' || kind === 'only_theirs') &&
  mixed(at, seed) % 20 === 0 &&
  mixed(at, seed + 1) >= lines

type Change = {
  readonly amount?: number
  readonly fee?: number
  readonly status?: string
  readonly day?: string
  readonly kind?: string
  readonly currency?: string
}

function changed(kind: DifferenceKind | undefined): Change {
  if (kind === 'amount') return { amount: 1 }
  if (kind === 'fee') return { fee: 1 }
  if (kind === 'status') return { status: 'REVERSED' }
  if (kind === 'day_shift') return { day: '20260616' }
  if (kind === 'direction') return { kind: 'topup' }
  if (kind === 'currency') return { currency: '344' }
  return {}
}

function lineOf(at: number, seed: number, change: Change): string {
  const chance = mixed(at, seed)
  const refund = chance % 20 === 0
  const amount = 1 + (chance % 999_983) + (change.amount ?? 0)
  const fee = Math.floor(amount / 167) + (change.fee ?? 0)
  const original = refund ? idOf(mixed(at, seed + 1)) : ''
  return `${idOf(at)},${change.kind ?? (refund ? 'refund' : 'purchase')},${change.day ?? '20260615'},${amount},${change.currency ?? '156'},${fee},${change.status ?? 'SUCCESS'},${original},${String(chance).padStart(15, '8')},memo ${String(chance % 1_000_000).padStart(12, '0')}\n`
}

const idOf = (at: number): string => `20260615${String(at).padStart(13, '0')}`

/** Every bit of the place and of the seed decides about every bit of it. */
function mixed(at: number, seed: number): number {
  let hash = Math.imul(at ^ seed, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return (hash ^ (hash >>> 16)) >>> 0
}

function coprime(from: number, to: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  let step = Math.max(1, from)
  while (divisor(step, to) !== 1) step += 1
  return step
}

function write(path: string, lines: number, each: (at: number, add: (line: string) => void) => void): void {
  const file = openSync(path, 'w')
  const block = Buffer.allocUnsafe(BLOCK + 1024)
  let used = block.write(HEADER, 0, 'latin1')
  const add = (line: string): void => {
    used += block.write(line, used, 'latin1')
    if (used < BLOCK) return
    writeSync(file, block, 0, used)
    used = 0
  }
  for (let at = 0; at < lines; at += 1) each(at, add)
  writeSync(file, block, 0, used)
  closeSync(file)
}
