// A bank's file of a day against the own book. What the bank does not have waits in short suspense (短款, BNK-004); what it
// has and the book does not is settled by it: an order still open ends by the file, one that had ended otherwise goes back
// to its card. The same file twice changes nothing. Lines end with \n, fields are parted by |:
//   H|bank|day                                    T|number of lines|total in minor units
//   C|trace|attempt|DEBIT, REVERSAL, REFUND or PAYOUT|amount in minor units|currency|day
import type { Rows } from '../store/store.ts'
import { contentDigest } from '../wire/wire.ts'
import { between, posting } from './bank-book.ts'
import { caseOf, conclude, type LookSide } from './bank-order.ts'
import { bankFiles, type BankOrder, bankOrders, ORDERS_OF_DAY, putOrder, receivable } from './card-records.ts'
import { attemptBehind } from './control-digits.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type Compared = {
  readonly bank: string
  readonly day: string
  readonly matched: number
  /** In our book and not in the bank's file. */
  readonly short: number
  /** In the bank's file and not in our book. */
  readonly long: number
  /** Both totals per direction: what banks owe us, and what went back to cards. */
  readonly in: { readonly ours: string; readonly bank: string }
  readonly out: { readonly ours: string; readonly bank: string }
}

type Line = {
  readonly attempt: string
  readonly what: 'DEBIT' | 'REVERSAL' | 'REFUND' | 'PAYOUT'
  readonly amount: bigint
}
type File = { readonly bank: string; readonly day: string; readonly lines: readonly Line[] }
const refused = (because: string) => ({ kind: 'refused', because }) as const

export async function compareFile(
  world: InstitutionWorld,
  text: string,
  look: LookSide,
): Promise<Outcome<Compared>> {
  const told = read(text)
  if (typeof told === 'string') return refused(told)
  const file = { ...told, lines: await ownLines(world, told.lines) }
  const id = `${file.bank}.${file.day}`
  const digest = contentDigest('token.apply', { account: text })
  const before = bankFiles.in(await world.store.read([bankFiles.key(id)]), id)
  if (before !== undefined && before.digest !== digest)
    return refused(`bank ${file.bank} already sent another file for ${file.day}`)
  if (before !== undefined) return { kind: 'done', value: JSON.parse(before.told) as Compared }
  const compared = await settle(world, file, look)
  await world.store.change<void>([bankFiles.key(id)], () => ({
    put: [bankFiles.put(id, { digest, told: JSON.stringify(compared) })],
    append: [{ item: id, kind: 'bank-file', body: compared }],
    result: undefined,
  }))
  return { kind: 'done', value: compared }
}

/** Banks know attempts by their numbers at the network. */
const ownLines = (world: InstitutionWorld, lines: readonly Line[]): Promise<readonly Line[]> =>
  Promise.all(lines.map(async (line) => ({ ...line, attempt: await attemptBehind(world, line.attempt) })))

const KINDS = ['DEBIT', 'REVERSAL', 'REFUND', 'PAYOUT']

/** The file, or what is wrong with it and where. */
function read(text: string): File | string {
  const rows = text.split('\n').filter((line) => line !== '')
  const [, bank = '', day = ''] = /^H\|([0-9]{8})\|([0-9]{8})$/.exec(rows[0] ?? '') ?? []
  if (bank === '') return 'line 1: it must be H|bank|day, such as H|01020001|20260615'
  const lines: Line[] = []
  for (const [index, row] of rows.slice(1, -1).entries()) {
    const [tag, , attempt = '', what = '', amount = '', currency, of] = row.split('|')
    const good = tag === 'C' && KINDS.includes(what) && /^[1-9][0-9]{0,11}$/.test(amount)
    if (!good || currency !== '156' || of !== day)
      return `line ${index + 2}: it must be C|trace|attempt|kind|amount|156|${day}`
    lines.push({ attempt, what: what as Line['what'], amount: BigInt(amount) })
  }
  const total = lines.reduce((sum, { amount }) => sum + amount, 0n)
  const trailer = `T|${lines.length}|${total}`
  return rows.at(-1) === trailer
    ? { bank, day, lines }
    : `line ${rows.length}: the trailer must be ${trailer}`
}

const isOut = (what: string): boolean => what === 'REFUND' || what === 'PAYOUT'

async function settle(
  world: InstitutionWorld,
  { bank, day, lines }: File,
  look: LookSide,
): Promise<Compared> {
  const ours = await bookOf(world, bank, day)
  const undone = new Set(lines.flatMap(({ what, attempt }) => (what === 'REVERSAL' ? [attempt] : [])))
  const theirs = lines.filter(({ what, attempt }) => what !== 'REVERSAL' && !undone.has(attempt))
  const open = new Map(ours.map((order) => [order.attempt, order]))
  let [matched, long] = [0, 0]
  for (const line of theirs) {
    const known = open.get(line.attempt)
    open.delete(line.attempt)
    if (known?.amount === line.amount && known.short !== true) matched += 1
    else {
      long += 1
      await longItem(world, bank, day, line, look)
    }
  }
  for (const order of open.values()) await shortItem(world, day, order)
  const sum = (rows: readonly { amount: bigint }[]): string =>
    String(rows.reduce((total, { amount }) => total + amount, 0n))
  const side = (out: boolean) => ({
    ours: sum(ours.filter((order) => (order.what !== 'debit') === out)),
    bank: sum(theirs.filter(({ what }) => isOut(what) === out)),
  })
  return { bank, day, matched, short: open.size, long, in: side(false), out: side(true) }
}

const PAGE = 500

/** The orders that stand in the own book of a bank's day. */
async function bookOf({ store }: InstitutionWorld, bank: string, day: string): Promise<readonly BankOrder[]> {
  const orders: BankOrder[] = []
  for (let from = `${bank}.${day}.`; ; ) {
    const page = await store.scan(ORDERS_OF_DAY, from, `${bank}.${day}/`, PAGE)
    for (const { value } of page) {
      const order = value as BankOrder
      if (order.state === 'SUCCESS' || order.state === 'RETURNED') orders.push(order)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return orders
    from = `${last.at}!`
  }
}

/** The bank never moved it: what it owes us by our book waits for a person, nobody else is touched. */
async function shortItem({ store }: InstitutionWorld, day: string, { attempt }: BankOrder): Promise<void> {
  await store.change<void>([bankOrders.key(attempt)], (rows) => {
    const order = bankOrders.in(rows, attempt)
    if (order === undefined || order.short === true) return { result: undefined }
    const own = receivable(order.bank)
    const lines =
      order.what === 'debit' ? between('SUS:S', own, order.amount) : between(own, 'SUS:L', order.amount)
    return {
      put: [putOrder({ ...order, short: true })],
      append: [
        posting(`short:${attempt}`, order.of, day, lines),
        caseOf(order, `the file of the bank for ${day} does not have it`),
      ],
      result: undefined,
    }
  })
}

async function longItem(
  world: InstitutionWorld,
  bank: string,
  day: string,
  line: Line,
  look: LookSide,
): Promise<void> {
  const { attempt, amount } = line
  const order = bankOrders.in(await world.store.read([bankOrders.key(attempt)]), attempt)
  const same = order?.amount === amount && order.bank === bank
  if (order === undefined || !same) return strange(world, bank, day, line)
  if (order.short === true) return found(world, day, attempt)
  // A book that knows it under another day needs nothing but the day's tolerance.
  if (order.state === 'SUCCESS' && order.undo !== true) return
  if (order.undo !== true) await conclude(world, attempt, { kind: 'yes' }, look)
}

/** It was short the day before, and is here now. */
async function found({ store }: InstitutionWorld, day: string, attempt: string): Promise<void> {
  await store.change<void>([bankOrders.key(attempt)], (rows) => {
    const order = bankOrders.in(rows, attempt)
    if (order?.short !== true) return { result: undefined }
    const own = receivable(order.bank)
    const lines =
      order.what === 'debit' ? between(own, 'SUS:S', order.amount) : between('SUS:L', own, order.amount)
    const { short: _short, ...whole } = order
    return {
      put: [putOrder(whole)],
      append: [posting(`found:${attempt}`, order.of, day, lines)],
      result: undefined,
    }
  })
}

/** Nobody here asked for it, or not for this amount. */
async function strange(world: InstitutionWorld, bank: string, day: string, line: Line): Promise<void> {
  const { attempt, amount, what } = line
  const item = `${bank}.${day}.${attempt}`
  const seen = bankFiles.key(item)
  await world.store.change<void>([seen], (rows: Rows) => {
    if (bankFiles.in(rows, item) !== undefined) return { result: undefined }
    const lines = isOut(what)
      ? between('SUS:S', receivable(bank), amount)
      : between(receivable(bank), 'SUS:L', amount)
    return {
      put: [bankFiles.put(item, { digest: '', told: '' })],
      append: [
        posting(`strange:${item}`, item, day, lines),
        { item, kind: 'case', body: { because: 'the bank has what nobody here asked for', attempt, amount } },
      ],
      result: undefined,
    }
  })
}
