// INV-29 to INV-39 of one clearing day, on files, messages and exports alone. What cannot be judged says so; it is not held.
import { type ClearingItem, isFault, lineKey, netFor, movedBy, readDayFile } from '../clearing/clearing.ts'
import { type DayExports, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'

export type Judged = {
  readonly invariant: string
  readonly verdict: 'held' | 'violated' | 'undecidable'
  readonly because: string
}
type Ledger = DayExports['ledger']
type Line = Ledger[number]

export type LaterView = {
  /** What the institution answered to the bank's statement. */
  readonly cash: Readonly<Record<string, unknown>>
  /** What it answered to the same file again, and what it had then. */
  readonly again: Readonly<Record<string, unknown>>
  readonly after: DayExports
}

export async function judgeDay(
  day: string,
  exports: DayExports,
  later: LaterView,
): Promise<{ readonly items: number; readonly net: bigint; readonly all: readonly Judged[] }> {
  const read = await filesOf(day, exports)
  const own = read.files.get(INSTITUTION) ?? []
  const net = netOf(INSTITUTION, own)
  const all = [
    pairTotals(read.files, exports),
    multilateral(own, exports),
    fileIsLedger(day, own, exports),
    read.judged,
    cash(day, net, exports, later),
    oneDay(day, own, exports),
    { invariant: 'INV-35', verdict: 'undecidable', because: 'nobody paid by card' } as const,
    verdicts(own, exports, later),
    suspense(exports),
    fees(read.files),
    honest(day, exports),
  ]
  return { items: own.length, net, all }
}

const judged = (invariant: string, wrong: readonly string[], right: string): Judged => ({
  invariant,
  verdict: wrong.length === 0 ? 'held' : 'violated',
  because: wrong.length === 0 ? right : wrong.slice(0, 3).join('; '),
})
const netOf = (party: string, items: readonly ClearingItem[]): bigint =>
  items.reduce((sum, item) => sum + netFor(party, item), 0n)
const principal = (items: readonly ClearingItem[]): bigint =>
  items.reduce((sum, item) => sum + movedBy(item), 0n)

/** INV-32. Seals are the receiving parties' business, with the certificates of the network; here it is lines and totals. */
async function filesOf(day: string, { files }: DayExports) {
  const read = new Map<string, readonly ClearingItem[]>()
  const wrong: string[] = []
  for (const [party, bytes] of files) {
    const file = await readDayFile(`${party}_${day}`, bytes, { to: party, day }, async () => true)
    if (isFault(file)) wrong.push(`${party}: ${file.line}:${file.column}: ${file.said.en}`)
    else if (file.duplicates.length > 0) wrong.push(`${party}: a network id twice`)
    else
      read.set(
        party,
        file.items.map(({ item }) => item),
      )
  }
  if (files.size < 3) wrong.push(`${files.size} files of 3 were published`)
  return { files: read, judged: judged('INV-32', wrong, `${files.size} files are whole`) }
}

/** INV-29: the institution's file and each acquirer's say the same of the two, and so do the nets that were told. */
function pairTotals(files: ReadonlyMap<string, readonly ClearingItem[]>, { nets }: DayExports): Judged {
  const wrong: string[] = []
  const own = files.get(INSTITUTION) ?? []
  for (const [party, items] of files) {
    const [there, here] = [principal(items), principal(own.filter(({ acquirer }) => acquirer === party))]
    if (party !== INSTITUTION && there !== here)
      wrong.push(`${party}: its file comes to ${there}, the institution’s to ${here}`)
    const net = netOf(party, items)
    if ((nets.get(party) ?? 0n) !== net)
      wrong.push(`${party} was told ${nets.get(party)}, its file comes to ${net}`)
  }
  return judged('INV-29', wrong, 'every pair is the same in both files and in both notices')
}

/** INV-30: all nets, and what the switch itself gets of fees. */
function multilateral(own: readonly ClearingItem[], { nets }: DayExports): Judged {
  const sum = [...nets.values()].reduce((total, net) => total + net, netOf(SWITCH, own))
  return judged('INV-30', sum === 0n ? [] : [`nets come to ${sum}`], 'nets come to zero')
}

const KINDS: ReadonlySet<string> = new Set(['purchase', 'refund', 'reversal', 'void'])
/** Postings of the book that are items of the day; what a case posted is none. */
const itemsOf = (day: string, ledger: Ledger): readonly Line[] =>
  ledger.filter(
    ({ clearingDay, what, lines, id }) =>
      clearingDay === day &&
      KINDS.has(what) &&
      !id.startsWith('case:') &&
      lines.some(({ account }) => account === 'CLR'),
  )
const movedOn = ({ lines }: Line): bigint =>
  lines
    .filter(({ account }) => account === 'CLR')
    .reduce((sum, { side, amount }) => sum + (side === 'credit' ? -BigInt(amount) : BigInt(amount)), 0n)

/** INV-31: lines and postings are one to one, by network id and direction, with the same amounts. */
function fileIsLedger(day: string, own: readonly ClearingItem[], { ledger, cases }: DayExports): Judged {
  const excused = new Set(cases.map((one) => String(one['transaction'])))
  const due = own.map((item) => `${lineKey(item)} ${-movedBy(item)}`)
  const there = itemsOf(day, ledger).map((line) => `${line.transaction ?? ''} ${movedOn(line)}`)
  const wrong = unlike(due, there).filter((one) => !excused.has(one.split(' ')[0] ?? ''))
  return judged('INV-31', wrong, `${own.length} lines are ${there.length} postings`)
}

function unlike(a: readonly string[], b: readonly string[]): readonly string[] {
  const [left, wrong] = [[...b], [] as string[]]
  for (const one of a) {
    const at = left.indexOf(one)
    if (at < 0) wrong.push(one)
    else left.splice(at, 1)
  }
  return [...wrong, ...left]
}

/** INV-33: what the file comes to, what CLR moved for the day, what the bank moved, and what RSV was booked with. */
function cash(
  day: string,
  net: bigint,
  { ledger, statement, cases }: DayExports,
  { cash: told }: LaterView,
): Judged {
  const wrong: string[] = []
  const open = cases.filter((one) => one['day'] === day && one['state'] !== 'DONE')
  const book = ledger
    .filter(({ clearingDay, what }) => clearingDay === day && what !== 'settlement')
    .reduce((sum, line) => sum + movedOn(line), 0n)
  if (book !== net && open.length === 0) wrong.push(`CLR moved ${book}, the file comes to ${net}`)
  const bank = statement
    .split('\n')
    .filter((line) => line.startsWith('M|'))
    .map((line) => line.split('|'))
    .reduce((sum, [, , , payer, payee, amount = '0']) => {
      return sum + (payer === INSTITUTION ? -BigInt(amount) : payee === INSTITUTION ? BigInt(amount) : 0n)
    }, 0n)
  if (bank !== net) wrong.push(`the bank moved ${bank}, the file comes to ${net}`)
  const reserve = ledger
    .filter(({ clearingDay, what }) => clearingDay === day && what === 'settlement')
    .flatMap(({ lines }) => lines.filter(({ account }) => account === 'RSV'))
    .reduce((sum, { side, amount }) => sum + (side === 'credit' ? -BigInt(amount) : BigInt(amount)), 0n)
  if (reserve !== net) wrong.push(`RSV was booked with ${reserve}, the file comes to ${net}`)
  if (told['agrees'] !== true) wrong.push(`the institution’s own check says ${JSON.stringify(told)}`)
  return judged('INV-33', wrong, `file, CLR, bank and RSV moved ${net}`)
}

/** INV-34: the stamp of every line is the file's day, and no later posting of the book carries it. */
function oneDay(day: string, own: readonly ClearingItem[], { ledger }: DayExports): Judged {
  const keys = new Set(own.map((item) => `${lineKey(item)}.${item.kind === 'undo' ? 'purchase' : item.kind}`))
  const elsewhere = ledger.filter(
    ({ clearingDay, transaction, what, id }) =>
      clearingDay !== day &&
      !id.startsWith('case:') &&
      transaction !== undefined &&
      keys.has(`${transaction}.${what}`),
  )
  return judged(
    'INV-34',
    elsewhere.map(({ id }) => `${id} stands in another day as well`),
    'every item has one day',
  )
}

/** INV-37: each line has a verdict, and the same file again changes nothing. */
function verdicts(
  own: readonly ClearingItem[],
  { close, ledger, cases }: DayExports,
  { again, after }: LaterView,
): Judged {
  const wrong: string[] = []
  const counts = Object.values((close['verdicts'] ?? {}) as Record<string, number>).reduce(
    (sum, one) => sum + one,
    0,
  )
  if (counts < own.length) wrong.push(`${counts} verdicts for ${own.length} lines`)
  if (again['result'] !== 'DUP') wrong.push(`the same file again was taken as ${String(again['result'])}`)
  if (after.ledger.length !== ledger.length) wrong.push('the same file again posted something')
  if (ageless(after.cases) !== ageless(cases)) wrong.push('the same file again changed a case')
  return judged('INV-37', wrong, `${counts} verdicts, the same again`)
}

const ageless = (cases: DayExports['cases']): string =>
  JSON.stringify(cases.map((one) => ({ ...one, ageDays: 0 })))

/** INV-38: what stands on suspense is what open cases hold. */
function suspense({ ledger, cases }: DayExports): Judged {
  const wrong: string[] = []
  for (const account of ['SUS:L', 'SUS:S']) {
    const book = ledger
      .filter(({ what }) => what === 'case')
      .flatMap(({ lines }) => lines.filter((line) => line.account === account))
      .reduce((sum, { side, amount }) => sum + (side === 'credit' ? BigInt(amount) : -BigInt(amount)), 0n)
    const held = cases
      .filter((one) => one['state'] === 'OPEN' || one['state'] === 'PROPOSED')
      .flatMap((one) => (one['suspense'] as { account: string; amount: string } | undefined) ?? [])
      .filter((one) => one.account === account)
      .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    const due = account === 'SUS:L' ? held : -held
    if (book !== due) wrong.push(`${account} stands at ${book}, open cases hold ${due}`)
  }
  return judged('INV-38', wrong, 'suspense is what open cases hold')
}

/** REC-001: where every party is honest, what differs for a while is ended by a rule, and nothing is left for people. */
function honest(day: string, { cases, close, acquirers }: DayExports): Judged {
  const open = cases.filter(
    (one) => one['day'] === day && one['state'] !== 'DONE' && one['state'] !== 'WAITING',
  )
  const wrong = open.map(({ id }) => `case ${String(id)} is open`)
  if (close['state'] === 'OPEN') wrong.push(`the institution has no file: ${String(close['because'])}`)
  for (const one of acquirers)
    if (one['state'] !== 'BALANCED') wrong.push(`an acquirer’s day is ${JSON.stringify(one)}`)
  return judged('REC-001', wrong, 'all three sides agree')
}

/** INV-39, as far as files show it: shares are the fee, and both sides are told the same one. */
function fees(files: ReadonlyMap<string, readonly ClearingItem[]>): Judged {
  const wrong: string[] = []
  const told = new Map<string, bigint>()
  for (const [party, items] of files)
    for (const { transaction, fee, shares } of items) {
      if (shares.length > 0 && shares.reduce((sum, { amount }) => sum + amount, 0n) !== fee)
        wrong.push(`${transaction}: shares are not the fee`)
      const before = told.get(transaction)
      if (before !== undefined && before !== fee) wrong.push(`${party}: ${transaction} has another fee there`)
      told.set(transaction, fee)
    }
  return judged('INV-39', wrong, 'shares come to the fee, and both sides are told one')
}
