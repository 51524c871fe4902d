// The second oracle: a shadow ledger. It posts what the subject answered, entry by entry, to accounts of its own, and
// holds the result against the balances and the postings that the subject tells. It knows no state and no ledger of ours.
import {
  balanceTold,
  type Call,
  type Exchange,
  type Finding,
  keyOf,
  legsTold,
  minor,
  type Story,
  text,
  codesGiven,
  payerNamed,
  tokenGiven,
  untold,
} from './exchanges.ts'
import { type Booked, judgeBook } from './oracle-book.ts'
import { judgeSums } from './oracle-sums.ts'

/** One answer's doing: what each account gains, the clearing account included. */
type Move = {
  readonly key: string
  readonly gains: ReadonlyMap<string, bigint>
  readonly amount: bigint
  readonly by: Exchange
}
type Shadow = {
  readonly accounts: Map<string, bigint>
  readonly moves: Map<string, Move>
  /** Requests whose outcome is not known yet, by what they are. */
  readonly doubts: Map<string, Exchange>
  readonly owners: Map<string, string>
  readonly asked: Exchange[]
  readonly findings: Finding[]
  /** Something happened to users' money that no answer here tells. */
  blurred: boolean
}

export function judgeLedger(story: Story): readonly Finding[] {
  const shadow: Shadow = {
    accounts: new Map(),
    moves: new Map(),
    doubts: new Map(),
    owners: new Map(),
    asked: [],
    findings: [],
    blurred: false,
  }
  const booked = new Map<string, Booked>()
  const blind = story.blind.length > 0
  // What came after the last export is in no book that was seen; without an export there is none at all.
  const read = story.events.findLast(
    (event) => event.kind === 'call' && event.path.startsWith('/control/ledger'),
  )
  for (const event of story.events) {
    shadow.blurred ||= untold(event)
    if (event.kind === 'exchange') shadowOf(shadow, event)
    else {
      for (const entry of exported(event)) booked.set(entry.position ?? entry.id, entry)
      look(shadow, event, story, blind)
    }
  }
  return [
    ...shadow.findings,
    ...caps(shadow),
    ...undoings(shadow),
    ...codes(shadow),
    ...(blind ? [] : judgeBook(story, [...booked.values()])),
    ...(blind ? [] : judgeSums(story, [...booked.values()])),
    ...(read?.kind === 'call' ? book(shadow, [...booked.values()], blind, read.after) : []),
  ]
}

const evidenceOf = (exchanges: readonly Exchange[]): number[] =>
  exchanges.flatMap(({ request, reply }) => (reply === undefined ? [request] : [request, reply]))

function move(shadow: Shadow, one: Move): void {
  shadow.moves.set(one.key, one)
  for (const [account, gain] of one.gains)
    shadow.accounts.set(account, (shadow.accounts.get(account) ?? 0n) + gain)
}

const SHADOWED = new Set(['debit', 'credit', 'debit.reverse', 'debit.void'])

/** Posts what an answer says was done, once each; notes what nobody can know yet. */
function shadowOf(shadow: Shadow, one: Exchange): void {
  const { type, asked, answer } = one
  if (one.inward && type === 'debit.query') return learn(shadow, one)
  if (!one.inward || !SHADOWED.has(type)) return
  shadow.asked.push(one)
  const ofVoid = type === 'debit.reverse' && text(asked, 'about') === 'void'
  const key = `${ofVoid ? 'unvoid' : type} ${keyOf(asked)}`
  const doubt = `${key} ${text(asked, 'reversal')}`
  if (answer === undefined || answer === 'PENDING') shadow.doubts.set(doubt, one)
  else if (!answer.startsWith('REJ-')) shadow.doubts.delete(doubt)
  if (answer !== 'OK' || shadow.moves.has(key)) return
  if (type === 'debit')
    return move(shadow, { key, gains: taken(shadow, one), amount: amountOf(one), by: one })
  // What was pending and is certainly taken back has taken nothing, whatever it might have become.
  if (type === 'debit.reverse' && !ofVoid) shadow.doubts.delete(`debit ${keyOf(asked)} `)
  const original = originalOf(shadow, one, ofVoid)
  if (original === undefined) return
  const gains =
    type === 'credit' ? givenBack(original, one) : ofVoid ? original.gains : turned(original.gains)
  if (ofVoid && text(one.said, 'state') !== 'SUCCESS') return
  // A void after an undone void is a new one, and so is its undoing.
  move(shadow, { key, gains, amount: type === 'credit' ? amountOf(one) : original.amount, by: one })
}

const amountOf = ({ asked }: Exchange): bigint => minor(asked, 'amount') ?? 0n
const payerOf = ({ owners }: Shadow, asked: Exchange['asked']): string =>
  `USR:${payerNamed(owners, asked) ?? `?${text(asked, 'token')}`}`
const turned = (gains: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> =>
  new Map([...gains].map(([account, gain]) => [account, -gain]))

/** The payment that an answer is about; a void is named by its own key when it is undone. */
function originalOf(shadow: Shadow, { type, asked }: Exchange, ofVoid: boolean): Move | undefined {
  if (!ofVoid) return shadow.moves.get(`debit ${keyOf(asked, type === 'debit.reverse' ? '' : 'orig')}`)
  const voided = shadow.moves.get(`debit.void ${keyOf(asked)}`)
  return voided === undefined ? undefined : shadow.moves.get(`debit ${keyOf(voided.by.asked, 'orig')}`)
}

/** A query that says how a pending payment ended says what its answer would have said. */
function learn(shadow: Shadow, query: Exchange): void {
  const state = text(query.said, 'state')
  const key = keyOf({ ...query.said, acquirer: query.asked['acquirer'] })
  const doubt = shadow.doubts.get(`debit ${key} `)
  if (doubt === undefined || query.answer !== 'OK' || text(query.asked, 'asked') !== 'debit') return
  if (['FAILED', 'CLOSED', 'FENCED'].includes(state)) shadow.doubts.delete(`debit ${key} `)
  if (state !== 'SUCCESS' || shadow.moves.has(`debit ${key}`)) return
  shadow.doubts.delete(`debit ${key} `)
  const by = { ...doubt, said: query.said }
  move(shadow, { key: `debit ${key}`, gains: taken(shadow, by), amount: amountOf(doubt), by })
  // When it happened nobody said: a balance that was looked at meanwhile may hold it already.
  shadow.accounts.delete(payerOf(shadow, doubt.asked))
}

/** What a success takes: from the accounts that its legs name, or from the payer's balance where none are told. */
function taken(shadow: Shadow, one: Exchange): ReadonlyMap<string, bigint> {
  const payer = payerOf(shadow, one.asked)
  return gainsOf(one, payer, -1n)
}

function givenBack(original: Move, one: Exchange): ReadonlyMap<string, bigint> {
  const payer = [...original.gains.keys()].find((account) => account.startsWith('USR:')) ?? 'USR:?'
  return gainsOf(one, payer, 1n)
}

function gainsOf(one: Exchange, payer: string, sign: bigint): ReadonlyMap<string, bigint> {
  const legs = legsTold(one) ?? [{ source: 'BALANCE', amount: amountOf(one) }]
  const gains = new Map<string, bigint>([['CLR', -sign * amountOf(one)]])
  for (const { source, sponsor = '', amount } of legs) {
    const account =
      source === 'BALANCE'
        ? payer
        : source === 'PACKET'
          ? `RP:${sponsor}`
          : source === 'COUPON'
            ? `CPN:${sponsor}`
            : 'BNK'
    gains.set(account, (gains.get(account) ?? 0n) + sign * amount)
  }
  return gains
}

/** A look at a balance: the examiner's own deposit is posted, anything else must be what the shadow holds. */
function look(shadow: Shadow, call: Call, story: Story, blind: boolean): void {
  const given = tokenGiven(call)
  if (given !== undefined) shadow.owners.set(given.token, given.user)
  for (const [code, user] of codesGiven(call)) shadow.owners.set(code, user)
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
  if (told.set || before === undefined || about.length === 0 || blind || shadow.blurred) return
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
  if (type === 'debit') return payerNamed(shadow.owners, asked)
  const key = keyOf(asked, type === 'credit' || type === 'debit.void' ? 'orig' : '')
  const original = shadow.asked.find((one) => one.type === 'debit' && keyOf(one.asked) === key)
  return original === undefined ? undefined : payerNamed(shadow.owners, original.asked)
}

/** INV-05: out of the clearing account flows back no more than flowed in, payment by payment. */
function caps({ asked, doubts, moves }: Shadow): Finding[] {
  const paid = new Map<string, bigint>()
  const back = new Map<string, Map<string, bigint>>()
  for (const one of asked) {
    const key = keyOf(one.asked, one.type === 'credit' ? 'orig' : '')
    const taken = one.type === 'debit' ? moves.get(`debit ${key}`) : undefined
    if (taken !== undefined) paid.set(key, taken.amount)
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

/** INV-09: money came back one way at most: by a reversal, by a void that stands, or by refunds. */
function undoings({ asked, moves }: Shadow): Finding[] {
  const keyOfWay = (one: Exchange): string =>
    keyOf(one.asked, one.type === 'debit.void' || one.type === 'credit' ? 'orig' : '')
  const ways = asked.filter((one) => one.type !== 'debit' && text(one.asked, 'about') !== 'void')
  const touched = new Set(ways.map(keyOfWay))
  return [...touched].flatMap((key) => {
    const own = ways.filter((one) => keyOfWay(one) === key)
    if (new Set(own.map(({ type }) => type)).size < 2) return []
    const credits = own.filter(({ type }) => type === 'credit')
    const reversal = moves.get(`debit.reverse ${key}`)
    const reversed = reversal !== undefined && text(reversal.by.said, 'state') === 'REVERSED'
    const refunded = credits.some((one) => one.answer === 'OK' || one.answer === 'PENDING')
    const voided = own.some(
      (one) =>
        one.type === 'debit.void' &&
        moves.has(`debit.void ${keyOf(one.asked)}`) &&
        !moves.has(`unvoid ${keyOf(one.asked)}`),
    )
    const both = [reversed, refunded, voided].filter((way) => way).length > 1
    return [
      {
        invariant: 'INV-09',
        item: key,
        result: both ? 'violated' : 'holds',
        because: {
          zh: both ? '钱以两种方式各退回一次' : '至多退回一次',
          en: both ? 'the money came back twice, in two ways' : 'the money came back one way at most',
        },
        evidence: evidenceOf(own),
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
      const name = account.startsWith('BNK:') ? 'BNK' : account
      own.accounts.set(name, (own.accounts.get(name) ?? 0n) + signed)
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

const isKnown = (shadow: Shadow, one: Exchange): boolean =>
  one.type === 'debit' || originalOf(shadow, one, text(one.asked, 'about') === 'void') !== undefined

/** The network transaction under which a move is booked: a reversal's is its payment's. */
function transactionOf({ moves }: Shadow, { by }: Move): string {
  const ofVoid = text(by.asked, 'about') === 'void'
  const own =
    by.type === 'debit.reverse' ? moves.get(`${ofVoid ? 'debit.void' : 'debit'} ${keyOf(by.asked)}`)?.by : by
  return own === undefined ? '' : text(own.asked, 'transaction')
}

function posted(
  shadow: Shadow,
  transaction: string,
  own: readonly Exchange[],
  found: { readonly accounts: ReadonlyMap<string, bigint>; readonly days: ReadonlySet<string> } | undefined,
): Finding[] {
  const suspended = [...(found?.accounts.keys() ?? [])].some((account) => account.startsWith('SUS:'))
  const unsure =
    suspended ||
    // Of a payment that the wallet itself began nothing was answered here that what comes back could be held against.
    (shadow.blurred && own.some((one) => one.answer === 'OK' && !isKnown(shadow, one))) ||
    own.some((one) => {
      const keys = [keyOf(one.asked), keyOf(one.asked, 'orig')]
      return [...shadow.doubts.values()].some((doubt) => keys.includes(keyOf(doubt.asked)))
    })
  const shadows = new Map<string, bigint>()
  for (const one of shadow.moves.values()) {
    if (transactionOf(shadow, one) !== transaction) continue
    for (const [account, gain] of one.gains) shadows.set(account, (shadows.get(account) ?? 0n) + gain)
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
