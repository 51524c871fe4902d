// The vocabulary of the institution's model test: what may happen, as numbers a generator can shrink, and the message
// that each of them is, given what was said before. Test-only.
import fc from 'fast-check'
import { ACQUIRER_A, ACQUIRER_B } from '../scenarios/scenarios.ts'
import type { Fields } from '../wire/wire.ts'
import type { Institution, Request } from './institution-model.ts'

export type Action =
  | {
      readonly do: 'pay'
      readonly user: number
      readonly amount: number
      readonly freshCode: boolean
      /** What becomes of the user after the code was shown. */
      readonly meanwhile: 'nothing' | 'frozen' | 'unbound'
      readonly oldCode: boolean
      readonly oldTransaction: boolean
    }
  | { readonly do: 'again'; readonly pick: number; readonly changed: Changed }
  | {
      readonly do: 'reverse'
      readonly pick: number
      readonly ahead: boolean
      readonly wrong: Changed
      readonly id: number
    }
  | { readonly do: 'refund'; readonly pick: number; readonly percent: number; readonly wrong: Changed }
  | { readonly do: 'refund again'; readonly pick: number; readonly changed: boolean }
  | {
      readonly do: 'query'
      readonly pick: number
      readonly refund: boolean
      readonly by: 'order' | 'transaction' | 'both' | 'wrong'
    }
  | {
      readonly do: 'notify'
      readonly pick: number
      readonly id: number
      readonly state: 'SUCCESS' | 'FAILED'
    }

const CHANGES = ['no', 'amount', 'merchant', 'transaction', 'day', 'currency'] as const
type Changed = (typeof CHANGES)[number]

const pick = fc.nat({ max: 3 })
const amount = fc.integer({ min: 1, max: 1500 })
/** Mostly nothing: a script that is wrong everywhere proves little. */
const changed: fc.Arbitrary<Changed> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('no' as const) },
  { weight: 2, arbitrary: fc.constantFrom(...CHANGES) },
)

export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      user: fc.nat({ max: 1 }),
      amount,
      freshCode: fc.constantFrom(true, true, true, false),
      meanwhile: fc.oneof(
        { weight: 20, arbitrary: fc.constant('nothing' as const) },
        { weight: 2, arbitrary: fc.constant('frozen' as const) },
        { weight: 1, arbitrary: fc.constant('unbound' as const) },
      ),
      oldCode: fc.constantFrom(false, false, false, true),
      oldTransaction: fc.constantFrom(false, false, false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), pick, changed }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reverse' as const),
      pick,
      ahead: fc.boolean(),
      wrong: changed,
      id: fc.nat({ max: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      pick,
      percent: fc.constantFrom(1, 30, 50, 70, 100, 101),
      wrong: changed,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('refund again' as const), pick, changed: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('query' as const),
      pick,
      refund: fc.boolean(),
      by: fc.constantFrom('order' as const, 'transaction' as const, 'both' as const, 'wrong' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('notify' as const),
      pick: fc.nat({ max: 1 }),
      id: fc.nat({ max: 1 }),
      state: fc.constantFrom('SUCCESS' as const, 'FAILED' as const),
    }),
  },
)

/** What was spoken of so far, so that it can be spoken of again. */
export type Script = { readonly debits: Fields<'debit'>[]; readonly credits: Fields<'credit'>[] }

const DAY = '20260615'
const ORDER_TIME = '20260615120000'
const MERCHANT = '777290058110048'
const OTHER_MERCHANT = '777290058110097'

const numbered = (prefix: string, n: number): string =>
  prefix + n.toString().padStart(20 - prefix.length, '0')

/** The message an action is; undefined when there is nothing yet that it could be about. */
export function messageOf(model: Institution, script: Script, what: Action): Request | undefined {
  switch (what.do) {
    case 'pay':
      return { type: 'debit', fields: newDebit(model, script, what) }
    case 'again': {
      const fields = latest(script.debits, what.pick)
      return fields && { type: 'debit', fields: bent(fields, what.changed) }
    }
    case 'reverse': {
      const ahead = newAhead(model, script, what.ahead)
      const of = ahead ?? latest(script.debits, what.pick)
      return of && { type: 'debit.reverse', fields: reversalOf(of, what) }
    }
    case 'refund': {
      const of = latest(script.debits, what.pick)
      return of && { type: 'credit', fields: newCredit(script, of, what) }
    }
    case 'refund again': {
      const fields = latest(script.credits, what.pick)
      return fields && { type: 'credit', fields: what.changed ? bent(fields, 'amount') : fields }
    }
    case 'query': {
      const item = latest<Fields<'debit'> | Fields<'credit'>>(
        what.refund ? script.credits : script.debits,
        what.pick,
      )
      return item && { type: 'debit.query', fields: queryOf(item, what) }
    }
    case 'notify': {
      const of = latest(script.debits, what.pick)
      return of && { type: 'notify.payer', fields: noticeOf(of, what) }
    }
  }
}

/** Counted from the end, so that what shrinks becomes the last thing said. */
const latest = <T>(said: readonly T[], back: number): T | undefined =>
  said[said.length - 1 - (back % Math.max(1, said.length))]

function newDebit(
  model: Institution,
  script: Script,
  {
    user,
    amount: minor,
    oldCode,
    oldTransaction,
  }: Pick<Extract<Action, { do: 'pay' }>, 'user' | 'amount' | 'oldCode' | 'oldTransaction'>,
): Fields<'debit'> {
  const n = script.debits.length + 1
  const tokens = [...model.users.keys()]
  const token = tokens[user % tokens.length] ?? ''
  const shown = model.users.get(token)?.latest
  const first = [...model.codes.keys()][0]
  const fields = {
    transaction: numbered(DAY, oldTransaction ? 1 : n),
    acquirer: ACQUIRER_A,
    merchant: MERCHANT,
    merchantName: '四方测试商户甲',
    merchantCategory: '5411',
    code: (oldCode ? first : shown) ?? '6200000000000000000',
    token,
    amount: BigInt(minor),
    currency: '156',
    order: numbered('ORDER', n),
    orderTime: ORDER_TIME,
    clearingDay: DAY,
  }
  script.debits.push(fields)
  return fields
}

/** A payment that is spoken of before it is sent. */
const newAhead = (model: Institution, script: Script, ahead: boolean): Fields<'debit'> | undefined =>
  ahead ? newDebit(model, script, { user: 0, amount: 100, oldCode: false, oldTransaction: false }) : undefined

type Bendable = {
  amount: bigint
  merchant: string
  transaction: string
  clearingDay: string
  currency: string
}

function bent<T extends Bendable>(fields: T, how: Changed): T {
  switch (how) {
    case 'no':
      return fields
    case 'amount':
      return { ...fields, amount: fields.amount + 1n }
    case 'merchant':
      return { ...fields, merchant: OTHER_MERCHANT }
    case 'transaction':
      return { ...fields, transaction: numbered(DAY, 1) }
    case 'day':
      return { ...fields, clearingDay: '20270516' }
    case 'currency':
      return { ...fields, currency: '840' }
  }
}

function reversalOf(
  of: Fields<'debit'>,
  { wrong, id }: Extract<Action, { do: 'reverse' }>,
): Fields<'debit.reverse'> {
  const {
    acquirer,
    merchant,
    order,
    orderTime,
    transaction,
    amount: minor,
    currency,
    clearingDay,
  } = bent(of, wrong)
  const reversal = `RV${id}${order}`
  return { reversal, acquirer, merchant, order, orderTime, transaction, amount: minor, currency, clearingDay }
}

function newCredit(
  script: Script,
  of: Fields<'debit'>,
  { percent, wrong }: Extract<Action, { do: 'refund' }>,
): Fields<'credit'> {
  const n = script.credits.length + 1
  const { acquirer, merchant, order: origOrder, orderTime: origOrderTime, currency, clearingDay } = of
  const honest = {
    transaction: numbered('20260616', n),
    acquirer,
    merchant,
    order: numbered('REFUND', n),
    orderTime: ORDER_TIME,
    origTransaction: of.transaction,
    origOrder,
    origOrderTime,
    amount: (of.amount * BigInt(percent) + 99n) / 100n,
    currency,
    clearingDay,
  }
  const fields = bent(honest, wrong)
  script.credits.push(fields)
  return fields
}

function queryOf(
  item: Fields<'debit'> | Fields<'credit'>,
  { refund, by }: Extract<Action, { do: 'query' }>,
): Fields<'debit.query'> {
  const { acquirer, order, orderTime, transaction } = item
  return {
    acquirer: by === 'wrong' ? ACQUIRER_B : acquirer,
    asked: refund ? 'credit' : 'debit',
    ...((by === 'order' || by === 'both') && { order, orderTime }),
    ...(by !== 'order' && { transaction }),
  }
}

function noticeOf(
  of: Fields<'debit'>,
  { id, state }: Extract<Action, { do: 'notify' }>,
): Fields<'notify.payer'> {
  const { transaction, acquirer, merchant, order, orderTime, amount: minor, currency, clearingDay } = of
  const named = { transaction, acquirer, merchant, order, orderTime, currency, clearingDay }
  return { notice: `N${id}${transaction}`, about: 'purchase', ...named, amount: minor, state, answer: '00' }
}
