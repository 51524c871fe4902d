// A user's own money between card and wallet. Coming in it is the user's when the bank has said its last word (Dr BNK /
// Cr USR), going out it is frozen first and gone when the bank has paid it; what nobody knows stays where it is. The
// caller's own id makes a repeat the same order.
import type { Key, Rows } from '../store/store.ts'
import { contentDigest } from '../wire/wire.ts'
import { between, lateSuccess, posting, returnKey } from './bank-book.ts'
import { caseOf, type Ending, type Heard, type LookSide } from './bank-order.ts'
import {
  attemptOf,
  bankJob,
  type BankOrder,
  bankOrders,
  type Card,
  cards,
  checks,
  type MoneyOrder,
  moneyOrders,
  putOrder,
  receivable,
} from './card-records.ts'
import { CONFLICT } from './cards.ts'
import { balances, users } from './records.ts'
import { type Outcome, pinDigest } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type MoneyAsked = {
  readonly request: string
  readonly kind: MoneyOrder['kind']
  readonly card: string
  readonly amount: bigint
  /** The payment password, for money that leaves the wallet. */
  readonly pin?: string
}

const WHAT = {
  TOPUP: { what: 'debit', purpose: 'TOPUP' },
  WITHDRAW: { what: 'payout', purpose: 'WITHDRAW' },
  VERIFY: { what: 'payout', purpose: 'VERIFY' },
} as const
const refused = (because: string) => ({ kind: 'refused', because }) as const

/** The rows that a user's money order touches. */
const keysOf = (user: string, card: string): Key[] => [
  users.key(user),
  balances.key(`USR:${user}`),
  balances.key(`FRZ:${user}`),
  cards.key(card),
  checks.key(card),
]

export async function orderMoney(
  world: InstitutionWorld,
  user: string,
  asked: MoneyAsked,
): Promise<Outcome<MoneyOrder>> {
  const id = `${user}.${asked.request}`
  const attempt = attemptOf(world.me, 'money', id)
  const keys = [moneyOrders.key(id), bankOrders.key(attempt), ...keysOf(user, asked.card)]
  return world.store.change<Outcome<MoneyOrder>>(keys, (rows) => {
    const order = moneyOrderOf(user, asked, id, attempt)
    const known = moneyOrders.in(rows, id)
    if (known !== undefined) {
      const same = known.digest === order.digest
      return { result: same ? { kind: 'done', value: known } : refused(CONFLICT) }
    }
    const card = cards.in(rows, asked.card)
    const refusal = refusalOf(world, rows, user, asked, card)
    if (refusal !== undefined || card === undefined)
      return { result: refused(refusal ?? 'there is no such card') }
    const frozen = asked.kind === 'WITHDRAW' ? moved(rows, `USR:${user}`, `FRZ:${user}`, asked.amount) : []
    return {
      put: [moneyOrders.put(id, order), putOrder(bankOrderOf(order, card)), ...frozen],
      append: [
        { item: id, kind: 'money', body: { kind: order.kind, state: 'PENDING' } },
        ...(asked.kind === 'WITHDRAW'
          ? [posting(`try:${id}`, id, undefined, between(`USR:${user}`, `FRZ:${user}`, asked.amount))]
          : []),
      ],
      enqueue: [bankJob(attempt, world.clock.wall())],
      result: { kind: 'done', value: order },
    }
  })
}

function refusalOf(
  { profile }: InstitutionWorld,
  rows: Rows,
  id: string,
  { kind, amount, pin }: MoneyAsked,
  card: Card | undefined,
): string | undefined {
  const user = users.in(rows, id)
  if (user === undefined || user.status !== 'active') return 'the account is not in order: DECL-ACCOUNT'
  if (card === undefined || card.user !== id || card.state !== 'BOUND')
    return 'there is no such bound card of this user: DECL-FUNDTYPE'
  if (amount <= 0n || amount > profile.values.amountMaxMinor) return 'the amount is not allowed: DECL-AMOUNT'
  if (kind === 'TOPUP' && card.kind !== 'DEBIT')
    return 'a wallet is topped up from a debit card only: DECL-FUNDTYPE'
  if (kind !== 'WITHDRAW') return undefined
  if (pin === undefined || user.pin !== pinDigest(id, pin)) return 'the password is wrong: DECL-AUTH'
  const available = balances.in(rows, `USR:${id}`)?.amount ?? 0n
  return available < amount ? 'the balance is too small: DECL-FUNDS' : undefined
}

function moneyOrderOf(user: string, asked: MoneyAsked, id: string, attempt: string): MoneyOrder {
  const { kind, card, amount, request } = asked
  // What a small deposit is worth is chosen here and not by the caller.
  const worth = kind === 'VERIFY' ? 1n : amount
  const digest = contentDigest('card.payout', {
    attempt: request,
    bank: kind,
    card,
    amount: worth,
    currency: '156',
    purpose: kind,
  })
  return { id, user, kind, card, amount, state: 'PENDING', attempt, digest }
}

const bankOrderOf = (order: MoneyOrder, card: Card): BankOrder => ({
  ...WHAT[order.kind],
  attempt: order.attempt,
  owner: 'money',
  of: order.id,
  bank: card.bank,
  card: card.card,
  amount: order.amount,
  currency: '156',
  state: 'ASKED',
})

/** Guarded accounts after an amount went from one to the other. */
export function moved(rows: Rows, from: string, to: string, amount: bigint) {
  const guarded = (account: string): boolean => /^(USR|FRZ):/.test(account)
  const left = guarded(from) ? (balances.in(rows, from)?.amount ?? 0n) - amount : 0n
  if (left < 0n) throw new Error(`${from} holds less than ${amount}: the book is not whole`)
  return [
    ...(guarded(from) ? [balances.put(from, { amount: left })] : []),
    ...(guarded(to) ? [balances.put(to, { amount: (balances.in(rows, to)?.amount ?? 0n) + amount })] : []),
  ]
}

export const lookMoney: LookSide = async (world, { of, attempt }) => {
  const known = moneyOrders.in(await world.store.read([moneyOrders.key(of)]), of)
  if (known === undefined) throw new Error(`a bank order for ${of}, which nobody asked for`)
  return {
    keys: [moneyOrders.key(of), returnKey(world.me, attempt), ...keysOf(known.user, known.card)],
    ended: (rows, order, heard) => moneyEnded(world, rows, moneyOrders.in(rows, of) ?? known, order, heard),
  }
}

function moneyEnded(
  world: InstitutionWorld,
  rows: Rows,
  money: MoneyOrder,
  order: BankOrder,
  heard: Heard,
): Ending {
  const yes = heard.kind === 'yes'
  if (money.state !== 'PENDING') {
    if (!yes || order.state === 'SUCCESS') return {}
    return money.kind === 'TOPUP' ? lateSuccess(world, rows, order) : latePayout(order)
  }
  const account = { TOPUP: `USR:${money.user}`, WITHDRAW: `FRZ:${money.user}`, VERIFY: 'FEE' }[money.kind]
  const { day, ...undated } = order
  const state = yes ? 'SUCCESS' : 'FAILED'
  const because = heard.kind === 'no' ? heard.class : undefined
  const entry = entryOf(money, order, account, yes)
  return {
    put: [
      moneyOrders.put(money.id, { ...money, state, ...(because !== undefined && { because }) }),
      putOrder({ ...undated, state, ...(yes && day !== undefined && { day }) }),
      ...(entry === undefined ? [] : moved(rows, entry.from, entry.to, money.amount)),
      ...checkAfter(rows, money, yes),
    ],
    append: [
      { item: money.id, kind: 'money', body: { kind: money.kind, state } },
      ...(entry === undefined
        ? []
        : [posting(entry.name, money.id, day, between(entry.from, entry.to, money.amount))]),
    ],
  }
}

function entryOf(money: MoneyOrder, { bank }: BankOrder, account: string, yes: boolean) {
  if (money.kind === 'TOPUP')
    return yes ? { name: `topup:${money.id}`, from: receivable(bank), to: account } : undefined
  if (yes) return { name: `payout:${money.id}`, from: account, to: receivable(bank) }
  return money.kind === 'WITHDRAW'
    ? { name: `release:${money.id}`, from: account, to: `USR:${money.user}` }
    : undefined
}

/** A payout that the bank made after it had said no: its money is missing, and a person asks for it. */
const latePayout = (order: BankOrder): Ending => ({
  put: [putOrder({ ...order, state: 'SUCCESS' })],
  append: [
    posting(
      `late:${order.attempt}`,
      order.of,
      order.day,
      between('SUS:S', receivable(order.bank), order.amount),
    ),
    caseOf(order, 'the bank paid out after it had refused: SUS:S'),
  ],
})

function checkAfter(rows: Rows, { kind, card, user, amount }: MoneyOrder, yes: boolean) {
  if (kind !== 'VERIFY' || checks.in(rows, card)?.state === 'VERIFIED') return []
  return [checks.put(card, { card, user, amount, wrong: 0, state: yes ? 'WAITS' : 'FAILED' })]
}
