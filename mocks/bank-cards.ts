// The bank as the issuer of cards: it signs agreements, debits, pays out, refunds and undoes, once per attempt, and tells
// how any attempt stands. A reversal of an attempt that never came fences it: the debit is then refused.
import { clearingDayOf } from '../clearing/clearing.ts'
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import type { Decision, Key, Put, Rows, Store } from '../store/store.ts'
import {
  answer,
  type AnswerClass,
  answerFields,
  contentDigest,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
  type World,
} from '../wire/wire.ts'
import {
  agreements,
  type CardAccount,
  cardAccounts,
  type CardOrder,
  cardOrders,
  CNY,
  entryOf,
  type Movement,
  movements,
  MOVES_OF_DAY,
  nextTrace,
  nonceClaim,
  nonceId,
  nonces,
  nonceSeen,
  LAST_TRACE,
  signs,
  traces,
} from './bank-records.ts'

type BankWorld = World<Store>
type Reply = Fields<'bank.debit.reply'>
type Order = Opened<'bank.debit'> | Opened<'bank.payout'> | Opened<'bank.refund'>

/** What lies on a card that nobody opened with another amount. */
const OPENING = 10_000_000n

export async function signCard(world: BankWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'bank.sign', async (opened) => {
    const { fields } = opened.message
    const id = `${opened.from}.${fields.agreement}`
    const account = toHex(hmacSm3(utf8('card number'), utf8(fields.cardNumber))).slice(0, 24)
    const card = `CARD${toHex(hmacSm3(utf8('agreement'), utf8(`${id} ${account}`))).slice(0, 24)}`
    const keys = [nonces.key(nonceId(opened)), signs.key(id), agreements.key(card), cardAccounts.key(account)]
    return world.store.change<Fields<'bank.sign.reply'>>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const digest = contentDigest('bank.sign', fields)
      const before = signs.in(rows, id)
      if (before !== undefined && before.digest !== digest)
        return { put: [claim], result: answerFields('REJ-CONFLICT') }
      const known = cardAccounts.in(rows, account)
      // Cards of other schemes are not ours to know.
      if (!fields.cardNumber.startsWith('62')) return { put: [claim], result: answerFields('DECL-FUNDTYPE') }
      if (known?.state === 'CLOSED') return { put: [claim], result: answerFields('DECL-ACCOUNT') }
      const kind = fields.cardNumber.startsWith('625') ? 'CREDIT' : 'DEBIT'
      const opening: CardAccount = { account, kind, balance: OPENING, state: 'OPEN' }
      return {
        put: [
          claim,
          signs.put(id, { card, digest }),
          agreements.put(card, { card, account, digest }),
          ...(known === undefined ? [cardAccounts.put(account, opening)] : []),
        ],
        result: { ...answerFields('OK', { repeated: before !== undefined }), card, cardKind: kind },
      }
    })
  })
}

export const debitCard = (world: BankWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  answer(world, sealed, 'bank.debit', (opened) => ordered(world, opened, 'DEBIT'))
export const payOutToCard = (world: BankWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  answer(world, sealed, 'bank.payout', (opened) => ordered(world, opened, 'PAYOUT'))
export const refundCard = (world: BankWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  answer(world, sealed, 'bank.refund', (opened) => ordered(world, opened, 'REFUND'))

async function ordered(
  world: BankWorld,
  opened: Order,
  what: Movement['what'] & CardOrder['what'],
): Promise<Reply> {
  const { fields } = opened.message
  const { attempt, card } = fields
  const original = 'origAttempt' in fields ? fields.origAttempt : attempt
  const account = agreements.in(await world.store.read([agreements.key(card)]), card)?.account ?? ''
  const keys: Key[] = [
    ...new Set([
      nonces.key(nonceId(opened)),
      cardOrders.key(attempt),
      cardOrders.key(original),
      cardAccounts.key(account),
      traces.key(LAST_TRACE),
      movements.key(`${attempt}.${what}`),
    ]),
  ]
  return world.store.change<Reply>(keys, (rows) => {
    if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
    const claim = nonceClaim(opened, world.profile, world.clock.wall())
    const { type } = opened.message
    const digest = contentDigest(type as 'bank.debit', fields as Fields<'bank.debit'>)
    const known = cardOrders.in(rows, attempt)
    if (known?.state === 'FENCED')
      return { put: [claim], result: { ...answerFields('DECL-STATE'), attempt, state: 'FENCED' } }
    if (known !== undefined) {
      const same = known.digest === digest && known.from === opened.from
      return { put: [claim], result: same ? told(known, known.said, true) : answerFields('REJ-CONFLICT') }
    }
    const { amount, bank } = fields
    const order: CardOrder = {
      attempt,
      from: opened.from,
      what,
      bank,
      account,
      amount,
      returned: 0n,
      state: 'PENDING',
      said: 'PENDING',
      digest,
      ...('origAttempt' in fields && { origAttempt: fields.origAttempt }),
    }
    const { put = [], ...decision } = judged(world, rows, order, fields.currency)
    return { ...decision, put: [claim, ...put] }
  })
}

function judged(world: BankWorld, rows: Rows, order: CardOrder, currency: string): Decision<Reply> {
  const account = cardAccounts.in(rows, order.account)
  const refusal = refusalOf(rows, order, account, currency)
  if (refusal !== undefined || account === undefined) {
    const no: CardOrder = { ...order, state: 'FAILED', said: refusal ?? 'DECL-ACCOUNT' }
    return { put: [cardOrders.put(order.attempt, no)], result: told(no, no.said, false) }
  }
  if (order.what === 'DEBIT' && account.slowMs !== undefined)
    return {
      put: [cardOrders.put(order.attempt, order)],
      enqueue: [later('process', order.attempt, world.clock.wall() + account.slowMs)],
      result: told(order, 'PENDING', false),
    }
  const { put, append, done } = moved(world, rows, order, account)
  return { put, append, result: told(done, 'OK', false) }
}

/** In order of precedence. */
function refusalOf(
  rows: Rows,
  { what, amount, account: name, origAttempt = '' }: CardOrder,
  account: CardAccount | undefined,
  currency: string,
): AnswerClass | undefined {
  if (what === 'REFUND') {
    const original = cardOrders.in(rows, origAttempt)
    if (original?.what !== 'DEBIT' || original.account !== name) return 'DECL-ORIG'
    if (original.state !== 'SUCCESS') return 'DECL-STATE'
    if (original.returned + amount > original.amount) return 'DECL-AMOUNT'
  }
  if (currency !== CNY) return 'DECL-CURR'
  if (account === undefined || account.state === 'CLOSED') return 'DECL-ACCOUNT'
  return what === 'DEBIT' && account.balance < amount ? 'DECL-FUNDS' : undefined
}

/** Money, trace number, the file's line and the attempt's answer change together. */
export function moved(world: BankWorld, rows: Rows, order: CardOrder, account: CardAccount) {
  const { attempt, amount, what, from, origAttempt } = order
  const out = what === 'DEBIT'
  const done: CardOrder = { ...order, state: 'SUCCESS', said: 'OK' }
  const original = what === 'REFUND' ? cardOrders.in(rows, origAttempt ?? '') : undefined
  const line = fileLine(world, rows, attempt, out ? 'DEBIT' : (what as 'REFUND' | 'PAYOUT'), amount)
  const [debit, credit] = out
    ? [`CARD:${account.account}`, `DUE:${from}`]
    : [`DUE:${from}`, `CARD:${account.account}`]
  const put: Put[] = [
    ...line.put,
    cardOrders.put(attempt, done),
    cardAccounts.put(account.account, { ...account, balance: account.balance + (out ? -amount : amount) }),
    ...(original === undefined
      ? []
      : [cardOrders.put(original.attempt, { ...original, returned: original.returned + amount })]),
  ]
  const entry = entryOf(`trace:${line.trace}`, debit, credit, amount)
  return { done, put, append: [{ item: attempt, kind: 'posting', body: { entry, trace: line.trace } }] }
}

export function fileLine(
  world: BankWorld,
  rows: Rows,
  attempt: string,
  what: Movement['what'],
  amount: bigint,
) {
  const { trace, put } = nextTrace(rows)
  const day = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
  const line: Movement = { trace, attempt, what, amount, day }
  const indexed = { [MOVES_OF_DAY]: `${day}.${trace}` }
  return { trace, put: [put, movements.put(`${attempt}.${what}`, line, { indexed })] }
}

export const later = (kind: 'process' | 'tell', attempt: string, dueAt: number) => ({
  id: `${kind}:${attempt}`,
  kind,
  dueAt,
  body: { attempt, tries: 0 },
})

export async function reverseOrder(world: BankWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'bank.reverse', async (opened) => {
    const { attempt } = opened.message.fields
    const seen = cardOrders.in(await world.store.read([cardOrders.key(attempt)]), attempt)
    const account = seen?.account ?? ''
    const keys = [
      nonces.key(nonceId(opened)),
      cardOrders.key(attempt),
      cardAccounts.key(account),
      traces.key(LAST_TRACE),
      movements.key(`${attempt}.REVERSAL`),
    ]
    return world.store.change<Reply>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const { put = [], ...decision } = undone(world, rows, opened)
      return { ...decision, put: [nonceClaim(opened, world.profile, world.clock.wall()), ...put] }
    })
  })
}

function undone(world: BankWorld, rows: Rows, opened: Opened<'bank.reverse'>): Decision<Reply> {
  const { attempt, bank } = opened.message.fields
  const known = cardOrders.in(rows, attempt)
  if (known === undefined) {
    const base = { attempt, bank, from: opened.from, account: '', amount: 0n, returned: 0n, digest: '' }
    const fence: CardOrder = { ...base, what: 'NONE', state: 'FENCED', said: 'DECL-STATE' }
    return { put: [cardOrders.put(attempt, fence)], result: told(fence, 'OK', false) }
  }
  if (known.from !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (known.state === 'FENCED' || known.state === 'REVERSED' || known.state === 'FAILED')
    return { result: told(known, 'OK', true) }
  if (known.what !== 'DEBIT' || known.returned > 0n) return { result: told(known, 'DECL-STATE', false) }
  const reversed: CardOrder = { ...known, state: 'REVERSED' }
  if (known.state === 'PENDING')
    return {
      put: [cardOrders.put(attempt, reversed)],
      cancel: [`process:${attempt}`],
      result: told(reversed, 'OK', false),
    }
  const account = cardAccounts.in(rows, known.account)
  if (account === undefined) throw new Error(`attempt ${attempt} was done on no account`)
  const line = fileLine(world, rows, attempt, 'REVERSAL', known.amount)
  const entry = entryOf(`trace:${line.trace}`, `DUE:${known.from}`, `CARD:${known.account}`, known.amount)
  return {
    put: [
      ...line.put,
      cardOrders.put(attempt, reversed),
      cardAccounts.put(account.account, { ...account, balance: account.balance + known.amount }),
    ],
    append: [{ item: attempt, kind: 'posting', body: { entry, trace: line.trace } }],
    result: told(reversed, 'OK', false),
  }
}

export async function queryOrder(world: BankWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'bank.query', async (opened) => {
    const { attempt } = opened.message.fields
    const order = cardOrders.in(await world.store.read([cardOrders.key(attempt)]), attempt)
    if (order === undefined || order.from !== opened.from) return answerFields('NOT_FOUND')
    return told(order, 'OK', false)
  })
}

function told({ attempt, state, amount, what }: CardOrder, said: AnswerClass, repeated: boolean): Reply {
  return {
    ...answerFields(said, { repeated }),
    attempt,
    state,
    ...(what !== 'NONE' && { amount, currency: CNY }),
  }
}
