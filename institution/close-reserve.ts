// T+1: the reserve bank's statement of a clearing day. Each movement of ours is booked once, Dr CLR / Cr RSV or the other way,
// and what moved is held against the file's net (REC-017). Lines end with \n, fields are parted by |:
//   H|bank|day              M|trace|instruction|payer|payee|amount in minor units|currency|day
//   T|number of lines|total in minor units
import { creditLine, debitLine } from '../ledger/ledger.ts'
import { kind } from '../store/store.ts'
import { postingEntry } from './book.ts'
import { caseId, closeCase, openCase } from './cases.ts'
import { closeDays } from './close-records.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

type Move = {
  readonly trace: string
  readonly payer: string
  readonly payee: string
  readonly amount: bigint
}
type Statement = { readonly day: string; readonly moves: readonly Move[] }
const moves = kind<{ readonly day: string; readonly amount: bigint }>('reserve-move')
const reserves = kind<{ readonly moved: bigint }>('reserve-day')

export type ReserveChecked = {
  readonly day: string
  readonly moved: string
  readonly due: string
  readonly agrees: boolean
}
const refused = (because: string) => ({ kind: 'refused', because }) as const

export async function loadStatement(world: InstitutionWorld, text: string): Promise<Outcome<ReserveChecked>> {
  const read = readStatement(text)
  if (typeof read === 'string') return refused(read)
  const { day } = read
  for (const move of read.moves)
    if (move.payer === world.me || move.payee === world.me) await bookMove(world, day, move)
  return { kind: 'done', value: await checkReserve(world, day) }
}

function readStatement(text: string): Statement | string {
  const rows = text.split('\n').filter((line) => line !== '')
  const [, day = ''] = /^H\|[0-9]{8}\|([0-9]{8})$/.exec(rows[0] ?? '') ?? []
  if (day === '') return 'line 1: it must be H|bank|day, such as H|00010020|20260615'
  const found: Move[] = []
  for (const [index, row] of rows.slice(1, -1).entries()) {
    const [tag, trace = '', , payer = '', payee = '', amount = '', currency, of] = row.split('|')
    if (tag !== 'M' || trace === '' || !/^[1-9][0-9]{0,17}$/.test(amount) || currency !== '156' || of !== day)
      return `line ${index + 2}: it must be M|trace|instruction|payer|payee|amount|156|${day}`
    found.push({ trace, payer, payee, amount: BigInt(amount) })
  }
  const trailer = `T|${found.length}|${found.reduce((sum, { amount }) => sum + amount, 0n)}`
  return rows.length > 1 && rows.at(-1) === trailer
    ? { day, moves: found }
    : `line ${rows.length}: the trailer must be ${trailer}`
}

async function bookMove(world: InstitutionWorld, day: string, { trace, payer, amount }: Move): Promise<void> {
  const pays = payer === world.me
  await world.store.change<void>([moves.key(trace), reserves.key(day)], (rows) => {
    if (moves.in(rows, trace) !== undefined) return { result: undefined }
    const moved = (reserves.in(rows, day)?.moved ?? 0n) + (pays ? -amount : amount)
    const lines = pays
      ? [debitLine('CLR', amount), creditLine('RSV', amount)]
      : [debitLine('RSV', amount), creditLine('CLR', amount)]
    const body = {
      entry: postingEntry(`settle:${trace}`, '156', lines),
      clearingDay: day,
      what: 'settlement',
    }
    return {
      put: [moves.put(trace, { day, amount: pays ? -amount : amount }), reserves.put(day, { moved })],
      append: [{ item: `day:${day}`, kind: 'posting', body }],
      result: undefined,
    }
  })
}

async function checkReserve(world: InstitutionWorld, day: string): Promise<ReserveChecked> {
  const rows = await world.store.read([reserves.key(day), closeDays.key(day)])
  const moved = reserves.in(rows, day)?.moved ?? 0n
  const record = closeDays.in(rows, day)
  const due = (record?.nets ?? []).reduce((sum, { net }) => sum + net, 0n)
  const agrees = record !== undefined && moved === due
  const id = caseId('CASH_DIFF', day, '156')
  if (agrees) await closeCase(world, id, 'the reserve moved by the net of the file')
  else if (record !== undefined)
    await openCase(world, {
      id,
      kind: 'CASH_DIFF',
      day,
      transaction: '',
      item: `day:${day}`,
      ours: due,
      theirs: moved,
      currency: '156',
      state: 'OPEN',
      openedAt: world.clock.wall(),
    })
  return { day, moved: String(moved), due: String(due), agrees }
}
