// The second oracle: a shadow ledger. It posts what the subject answered, entry by entry, to accounts of its own, and
// holds the result against the balances and the postings that the subject tells. It knows no state and no ledger of ours.
import {
  balanceTold,
  type Call,
  type Exchange,
  type Finding,
  keyOf,
  minor,
  type Story,
  text,
  tokenGiven,
} from './exchanges.ts'

type Move = {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly amount: bigint
  readonly by: Exchange
}
/** A posting as the subject exports it. */
type Booked = {
  readonly id: string
  readonly transaction?: string
  readonly clearingDay?: string
  readonly lines: readonly { readonly account: string; readonly side: string; readonly amount: string }[]
}

type Shadow = {
  readonly accounts: Map<string, bigint>
  readonly moves: Map<string, Move>
  /** Requests whose outcome is not known yet, by what they are. */
  readonly doubts: Map<string, Exchange>
  readonly owners: Map<string, string>
  readonly asked: Exchange[]
  readonly findings: Finding[]
}

export function judgeLedger(story: Story): readonly Finding[] {
  const shadow: Shadow = {
    accounts: new Map(),
    moves: new Map(),
    doubts: new Map(),
    owners: new Map(),
    asked: [],
    findings: [],
  }
  const booked = new Map<string, Booked>()
  const blind = story.blind.length > 0
  // What came after the last export is in no book that was seen; without an export there is none at all.
  const read = story.events.findLast(
    (event) => event.kind === 'call' && event.path.startsWith('/control/ledger'),
  )
  for (const event of story.events) {
    if (event.kind === 'exchange') shadowOf(shadow, event)
    else {
      for (const entry of exported(event)) booked.set(entry.id, entry)
      look(shadow, event, story, blind)
    }
  }
  return [
    ...shadow.findings,
    ...caps(shadow),
    ...undoings(shadow),
    ...codes(shadow),
    ...(read?.kind === 'call' ? book(shadow, [...booked.values()], blind, read.after) : []),
  ]
}

const evidenceOf = (exchanges: readonly Exchange[]): number[] =>
  exchanges.flatMap(({ request, reply }) => (reply === undefined ? [request] : [request, reply]))

function move(shadow: Shadow, one: Move): void {
  shadow.moves.set(one.key, one)
  shadow.accounts.set(one.from, (shadow.accounts.get(one.from) ?? 0n) - one.amount)
  shadow.accounts.set(one.to, (shadow.accounts.get(one.to) ?? 0n) + one.amount)
}

/** Posts what an answer says was done, once each; notes what nobody can know yet. */
function shadowOf(shadow: Shadow, one: Exchange): void {
  const { type, asked, answer } = one
  if (!one.inward || (type !== 'debit' && type !== 'credit' && type !== 'debit.reverse')) return
  shadow.asked.push(one)
  const amount = minor(asked, 'amount') ?? 0n
  const key = `${type} ${keyOf(asked)}`
  const doubt = `${key} ${text(asked, 'reversal')}`
  if (answer === undefined || answer === 'PENDING') shadow.doubts.set(doubt, one)
  else if (!answer.startsWith('REJ-')) shadow.doubts.delete(doubt)
  if (answer !== 'OK' || shadow.moves.has(key)) return
  const payer = `USR:${shadow.owners.get(text(asked, 'token')) ?? `?${text(asked, 'token')}`}`
  if (type === 'debit') return move(shadow, { key, from: payer, to: 'CLR', amount, by: one })
  const original = shadow.moves.get(`debit ${keyOf(asked, type === 'credit' ? 'orig' : '')}`)
  if (original === undefined) return
  const back = type === 'credit' ? amount : original.amount
  move(shadow, { key, from: 'CLR', to: original.from, amount: back, by: one })
}

/** A look at a balance: the examiner's own deposit is posted, anything else must be what the shadow holds. */
function look(shadow: Shadow, call: Call, story: Story, blind: boolean): void {
  const given = tokenGiven(call)
  if (given !== undefined) shadow.owners.set(given.token, given.user)
  const told = balanceTold(call)
  if (told === undefined) return
  if (told.token !== undefined) shadow.owners.set(told.token, told.user)
  const account = `USR:${told.user}`
  const before = shadow.accounts.get(account)
  shadow.accounts.set(account, told.amount)
  if (told.amount < 0n)
    shadow.findings.push({
      invariant: 'INV-03',
      item: told.user,
      result: 'violated',
      because: { zh: `余额为 ${told.amount}`, en: `the balance is ${told.amount}` },
      evidence: [call.after],
    })
  const about = shadow.asked.filter((one) => ownerOf(shadow, one) === told.user)
  if (told.set || before === undefined || about.length === 0 || blind) return
  const running = story.events.some(
    (one) =>
      one.kind === 'exchange' &&
      one.inward &&
      one.request <= call.after &&
      (one.reply ?? 0) > call.after &&
      ownerOf(shadow, one) === told.user,
  )
  const doubted = [...shadow.doubts.values()].some((one) => ownerOf(shadow, one) === told.user)
  shadow.findings.push({
    invariant: 'INV-12',
    item: `balance of ${told.user} after ${call.after}`,
    result: running || doubted ? 'undecidable' : before === told.amount ? 'holds' : 'violated',
    because: {
      zh: `影子账为 ${before}，控制接口答 ${told.amount}`,
      en: `the shadow ledger holds ${before}; the control API said ${told.amount}`,
    },
    evidence: evidenceOf(about),
  })
}

function ownerOf(shadow: Shadow, { type, asked }: Exchange): string | undefined {
  if (type === 'debit') return shadow.owners.get(text(asked, 'token'))
  const key = keyOf(asked, type === 'credit' ? 'orig' : '')
  const original = shadow.asked.find((one) => one.type === 'debit' && keyOf(one.asked) === key)
  return original === undefined ? undefined : shadow.owners.get(text(original.asked, 'token'))
}

/** INV-05: out of the clearing account flows back no more than flowed in, payment by payment. */
function caps({ asked, doubts }: Shadow): Finding[] {
  const paid = new Map<string, bigint>()
  const back = new Map<string, Map<string, bigint>>()
  for (const one of asked) {
    const key = keyOf(one.asked, one.type === 'credit' ? 'orig' : '')
    if (one.type === 'debit' && one.answer === 'OK' && !paid.has(key))
      paid.set(key, minor(one.asked, 'amount') ?? 0n)
    if (one.type === 'credit' && (one.answer === 'OK' || one.answer === 'PENDING'))
      back.set(
        key,
        (back.get(key) ?? new Map<string, bigint>()).set(keyOf(one.asked), minor(one.asked, 'amount') ?? 0n),
      )
  }
  return [...back].map(([key, given]) => {
    let flow = paid.get(key) ?? 0n
    for (const amount of given.values()) flow -= amount
    const known =
      paid.has(key) ||
      !(
        [...doubts.keys()].some((doubt) => doubt.startsWith(`debit ${key}`)) ||
        !asked.some((one) => one.type === 'debit' && keyOf(one.asked) === key)
      )
    return {
      invariant: 'INV-05',
      item: key,
      result: !known ? 'undecidable' : flow < 0n ? 'violated' : 'holds',
      because: { zh: `退款后余下 ${flow}`, en: `what is left of the payment after its refunds: ${flow}` },
      evidence: evidenceOf(
        asked.filter((one) => keyOf(one.asked, one.type === 'credit' ? 'orig' : '') === key),
      ),
    }
  })
}

/** INV-09: money that a reversal brought back was not brought back by a refund as well. */
function undoings({ asked, moves }: Shadow): Finding[] {
  const touched = new Set(asked.filter(({ type }) => type === 'debit.reverse').map((one) => keyOf(one.asked)))
  return [...touched].flatMap((key) => {
    const credits = asked.filter((one) => one.type === 'credit' && keyOf(one.asked, 'orig') === key)
    if (credits.length === 0) return []
    const reversed = moves.get(`debit.reverse ${key}`)
    const refunded = credits.some((one) => one.answer === 'OK' || one.answer === 'PENDING')
    const both = reversed !== undefined && text(reversed.by.said, 'state') === 'REVERSED' && refunded
    return [
      {
        invariant: 'INV-09',
        item: key,
        result: both ? 'violated' : 'holds',
        because: {
          zh: both ? '冲正与退款各退回一次' : '至多退回一次',
          en: both
            ? 'the money came back twice: by reversal and by refund'
            : 'the money came back one way at most',
        },
        evidence: evidenceOf([
          ...asked.filter((one) => one.type === 'debit.reverse' && keyOf(one.asked) === key),
          ...credits,
        ]),
      } as const,
    ]
  })
}

/** INV-19: by one code money moved for one payment. */
function codes({ moves, asked }: Shadow): Finding[] {
  const spent = new Map<string, number>()
  for (const { key, by } of moves.values())
    if (key.startsWith('debit ') && by.type === 'debit')
      spent.set(text(by.asked, 'code'), (spent.get(text(by.asked, 'code')) ?? 0) + 1)
  return [...spent].map(([code, times]) => ({
    invariant: 'INV-19',
    item: code,
    result: times > 1 ? 'violated' : 'holds',
    because: { zh: `该付款码扣款 ${times} 次`, en: `debits by this code: ${times}` },
    evidence: evidenceOf(asked.filter((one) => one.type === 'debit' && text(one.asked, 'code') === code)),
  }))
}

function exported(call: Call): readonly Booked[] {
  if (!call.path.startsWith('/control/ledger') || call.status !== 200 || typeof call.reply !== 'string')
    return []
  return call.reply.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Booked]))
}

/** The subject's own postings: each balances, and for each network transaction they are what the shadow holds. */
function book(shadow: Shadow, entries: readonly Booked[], blind: boolean, upTo: number): Finding[] {
  const findings: Finding[] = []
  const net = new Map<string, { accounts: Map<string, bigint>; days: Set<string> }>()
  for (const { id, lines, transaction, clearingDay } of entries) {
    let sum = 0n
    const own = net.get(transaction ?? '') ?? { accounts: new Map<string, bigint>(), days: new Set<string>() }
    if (transaction !== undefined) net.set(transaction, own)
    if (clearingDay !== undefined) own.days.add(clearingDay)
    for (const { account, side, amount } of lines) {
      const signed = side === 'credit' ? BigInt(amount) : -BigInt(amount)
      sum += signed
      own.accounts.set(account, (own.accounts.get(account) ?? 0n) + signed)
    }
    if (sum !== 0n)
      findings.push({
        invariant: 'INV-01',
        item: id,
        result: 'violated',
        because: { zh: `分录 ${id} 借贷相差 ${sum}`, en: `posting ${id} is off balance by ${sum}` },
        evidence: evidenceOf(shadow.asked),
      })
  }
  if (blind) return findings
  const told = new Set(
    shadow.asked.map(({ asked }) => text(asked, 'transaction')).filter((one) => one !== ''),
  )
  for (const transaction of told) {
    const own = shadow.asked.filter((one) => text(one.asked, 'transaction') === transaction)
    if (own.some((one) => (one.reply ?? one.request) > upTo)) continue
    findings.push(...posted(shadow, transaction, own, net.get(transaction)))
  }
  return findings
}

/** The network transaction under which a move is booked: a reversal's is its payment's. */
function transactionOf({ moves }: Shadow, { by }: Move): string {
  const own = by.type === 'debit.reverse' ? moves.get(`debit ${keyOf(by.asked)}`)?.by : by
  return own === undefined ? '' : text(own.asked, 'transaction')
}

function posted(
  shadow: Shadow,
  transaction: string,
  own: readonly Exchange[],
  found: { readonly accounts: ReadonlyMap<string, bigint>; readonly days: ReadonlySet<string> } | undefined,
): Finding[] {
  const unsure = own.some((one) =>
    [...shadow.doubts.values()].some((doubt) => keyOf(doubt.asked) === keyOf(one.asked)),
  )
  const shadows = new Map<string, bigint>()
  for (const one of shadow.moves.values()) {
    if (transactionOf(shadow, one) !== transaction) continue
    shadows.set(one.from, (shadows.get(one.from) ?? 0n) - one.amount)
    shadows.set(one.to, (shadows.get(one.to) ?? 0n) + one.amount)
  }
  const accounts = new Set([...shadows.keys(), ...(found?.accounts.keys() ?? [])])
  const wrong = [...accounts].find(
    (account) => (shadows.get(account) ?? 0n) !== (found?.accounts.get(account) ?? 0n),
  )
  const moved = own.some(({ answer }) => answer === 'OK')
  const undone = own.some((one) => shadow.moves.has(`debit.reverse ${keyOf(one.asked)}`))
  const invariant = undone ? 'INV-18' : moved ? 'INV-12' : 'INV-14'
  const [should, is] = [shadows.get(wrong ?? '') ?? 0n, found?.accounts.get(wrong ?? '') ?? 0n]
  return [
    {
      invariant,
      item: `postings of ${transaction}`,
      result: unsure ? 'undecidable' : wrong === undefined ? 'holds' : 'violated',
      because: {
        zh: wrong === undefined ? '账本与应答一致' : `账户 ${wrong} 应为 ${should}，账本为 ${is}`,
        en:
          wrong === undefined
            ? 'the book says what was answered'
            : `account ${wrong}: the answers make it ${should}, the book has ${is}`,
      },
      evidence: evidenceOf(own),
    },
  ]
}
