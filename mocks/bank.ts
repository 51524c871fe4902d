// An honest bank: it moves money between the accounts of the network's parties when the switch says so, once per
// instruction, under a trace number of its own. What it did is read from its statement, never from its memory.
import {
  type Decision,
  doDueJobs,
  type JobStories,
  type Key,
  kind,
  type Rows,
  type Store,
} from '../store/store.ts'
import {
  answer,
  type AnswerClass,
  answerFields,
  contentDigest,
  type Endpoint,
  type Fields,
  inFlight,
  noSuchPath,
  type Opened,
  type PartyId,
  type Sealed,
  type Turned,
  type World,
  storyFor,
} from '../wire/wire.ts'
import { debitCard, payOutToCard, queryOrder, refundCard, reverseOrder, signCard } from './bank-cards.ts'
import { type CardDesk, cardDesk, processOrder, tellOrder } from './bank-desk.ts'
import {
  CNY,
  entryOf,
  LAST_TRACE,
  nextTrace,
  nonceClaim,
  nonceId,
  nonces,
  nonceSeen,
  traces,
} from './bank-records.ts'

export type BankDesk = CardDesk & {
  /** Opens a party's account, paid in from the bank's own. Rejects when it is open with another opening balance. */
  open(party: PartyId, openingBalance: bigint): Promise<void>
  /** Everything moved for one clearing day, in the order of trace numbers: see the statement's form below. */
  statement(day: string): Promise<string>
  /** For tests; parties know the statement only. Undefined: no such account. */
  balance(party: PartyId): Promise<bigint | undefined>
}

type Account = { readonly amount: bigint; readonly opening: bigint }
type Movement = Pick<
  Fields<'settle'>,
  'instruction' | 'clearingDay' | 'payer' | 'payee' | 'amount' | 'currency'
>
/** The first answer to an instruction; its repeat gets the same, a no as well as a yes. */
type Instruction = Movement & { readonly digest: string; readonly said: AnswerClass; readonly trace?: string }

const accounts = kind<Account>('account')
const instructions = kind<Instruction>('instruction')

const BY_DAY = 'day'
const PAGE = 500
/** The bank's own money: it only collects, so it is a sum over the journal and no record. */
const VAULT = 'ACC:vault'
const accountOf = (party: PartyId): string => `ACC:${party}`

const STORIES: Readonly<Record<string, (world: World<Store>, sealed: Sealed) => Promise<Sealed | Turned>>> = {
  settle: settle,
  'bank.sign': signCard,
  'bank.debit': debitCard,
  'bank.payout': payOutToCard,
  'bank.refund': refundCard,
  'bank.reverse': reverseOrder,
  'bank.query': queryOrder,
}
const JOBS: JobStories<World<Store>> = {
  process: processOrder,
  tell: tellOrder,
}
const LEASE_MS = 30_000

/** `failed` hears of work that threw: a defect of ours, or a store that does not answer. The job comes back later. */
export function bankParty(
  world: World<Store>,
  failed: (error: unknown) => void = () => undefined,
): Endpoint & BankDesk {
  const flights = inFlight()
  return {
    me: world.me,
    ...cardDesk(world),
    receive: (sealed) => flights.track(receive(world, sealed)),
    work: () => flights.track(doDueJobs(world, JOBS, LEASE_MS, failed)),
    nextDue: () => world.store.nextDue(),
    inFlight: () => flights.count(),
    open: (party, openingBalance) => open(world.store, party, openingBalance),
    statement: (day) => statement(world, day),
    balance: async (party) => accounts.in(await world.store.read([accounts.key(party)]), party)?.amount,
  }
}

async function receive(world: World<Store>, sealed: Sealed): Promise<Sealed | Turned> {
  const story = storyFor(STORIES, sealed)
  if (story !== undefined) return story(world, sealed)
  return noSuchPath(world, sealed)
}

async function open(store: Store, party: PartyId, opening: bigint): Promise<void> {
  await store.change<void>([accounts.key(party)], (rows) => {
    const known = accounts.in(rows, party)
    if (known !== undefined && known.opening !== opening)
      throw new Error(`account ${party} is open, with an opening balance of ${known.opening}`)
    if (known !== undefined) return { result: undefined }
    const put = [accounts.put(party, { amount: opening, opening })]
    if (opening === 0n) return { put, result: undefined }
    const entry = entryOf(`open:${party}`, VAULT, accountOf(party), opening)
    return { put, append: [{ item: accountOf(party), kind: 'posting', body: { entry } }], result: undefined }
  })
}

async function settle(world: World<Store>, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'settle', async (opened) => {
    const { payer, payee } = opened.message.fields
    const keys: Key[] = [
      nonces.key(nonceId(opened)),
      instructions.key(instructionId(opened)),
      traces.key(LAST_TRACE),
      accounts.key(payer),
      ...(payee === payer ? [] : [accounts.key(payee)]),
    ]
    return world.store.change(keys, (rows) => decide(world, opened, rows))
  })
}

/** Unique per sender (STL-022): two switches may number alike. */
const instructionId = ({ from, message }: Opened<'settle'>): string => `${from}.${message.fields.instruction}`

function decide(world: World<Store>, opened: Opened<'settle'>, rows: Rows): Decision<Fields<'settle.reply'>> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('settle', fields)
  const known = instructions.in(rows, instructionId(opened))
  if (known !== undefined) {
    const same = known.digest === digest
    return { put: [claim], result: same ? replyOf(known, true) : answerFields('REJ-CONFLICT') }
  }
  const { instruction, clearingDay, payer, payee, amount, currency } = fields
  const movement = { instruction, clearingDay, payer, payee, amount, currency, digest }
  const refusal = refusalOf(rows, fields)
  if (refusal !== undefined) {
    const no: Instruction = { ...movement, said: refusal }
    return { put: [claim, instructions.put(instructionId(opened), no)], result: replyOf(no, false) }
  }
  const moved = move(rows, opened, { ...movement, said: 'OK' })
  return { ...moved, put: [claim, ...(moved.put ?? [])] }
}

/** In order of precedence. */
function refusalOf(rows: Rows, { payer, payee, amount, currency }: Movement): AnswerClass | undefined {
  const [from, to] = [accounts.in(rows, payer), accounts.in(rows, payee)]
  if (currency !== CNY) return 'DECL-CURR'
  if (from === undefined || to === undefined || payer === payee) return 'DECL-ACCOUNT'
  return from.amount < amount ? 'DECL-FUNDS' : undefined
}

/** The money, the trace number and the instruction's answer change together, or not at all. */
function move(
  rows: Rows,
  opened: Opened<'settle'>,
  instruction: Instruction,
): Decision<Fields<'settle.reply'>> {
  const { payer, payee, amount, clearingDay } = instruction
  const [from, to] = [accounts.in(rows, payer), accounts.in(rows, payee)]
  if (from === undefined || to === undefined) throw new Error(`no account for ${instruction.instruction}`)
  const { trace, put } = nextTrace(rows)
  const done = { ...instruction, trace }
  const entry = entryOf(`trace:${trace}`, accountOf(payer), accountOf(payee), amount)
  return {
    put: [
      put,
      accounts.put(payer, { ...from, amount: from.amount - amount }),
      accounts.put(payee, { ...to, amount: to.amount + amount }),
      instructions.put(instructionId(opened), done, { indexed: { [BY_DAY]: `${clearingDay}.${trace}` } }),
    ],
    append: [{ item: instructionId(opened), kind: 'posting', body: { entry, trace, clearingDay } }],
    result: replyOf(done, false),
  }
}

const replyOf = ({ said, trace }: Instruction, repeated: boolean): Fields<'settle.reply'> => ({
  ...answerFields(said, { repeated }),
  ...(trace !== undefined && { trace }),
})

// The statement, lines ended by \n, fields parted by |:
//   H|bank|clearing day
//   M|trace|instruction|payer|payee|amount in minor units|currency|clearing day
//   T|number of movements|total in minor units
async function statement({ me, store }: World<Store>, day: string): Promise<string> {
  const lines = [`H|${me}|${day}`]
  let total = 0n
  for (let from = `${day}.`; ; ) {
    const page = await store.scan(BY_DAY, from, `${day}/`, PAGE)
    for (const { value } of page) {
      const { trace = '', instruction, payer, payee, amount, currency, clearingDay } = value as Instruction
      lines.push(`M|${[trace, instruction, payer, payee, amount, currency, clearingDay].join('|')}`)
      total += amount
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) break
    from = `${last.at}!` // just after it: no trace number goes on with a character below a digit
  }
  lines.push(`T|${lines.length - 1}|${total}`)
  return `${lines.join('\n')}\n`
}
