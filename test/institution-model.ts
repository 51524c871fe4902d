// What an account institution must answer, in as few words as possible: plain maps, one function per message, no store,
// no ledger and no line of the institution's. The model test plays random sequences against both. Test-only.
import type { AnswerClass, Fields } from '../wire/wire.ts'

export type Request =
  | { readonly type: 'debit'; readonly fields: Fields<'debit'> }
  | { readonly type: 'debit.reverse'; readonly fields: Fields<'debit.reverse'> }
  | { readonly type: 'credit'; readonly fields: Fields<'credit'> }
  | { readonly type: 'debit.query'; readonly fields: Fields<'debit.query'> }
  | { readonly type: 'notify.payer'; readonly fields: Fields<'notify.payer'> }

export type Answer = {
  readonly class: AnswerClass
  readonly repeated: boolean
  readonly state?: string
  readonly refunded?: bigint
}

type Status = 'active' | 'frozen' | 'closed'
export type User = { status: Status; bound: boolean; balance: bigint; latest: string | undefined }
type Code = { readonly user: string; live: boolean; readonly expiresAt: number }
export type Payment = {
  readonly fields: Fields<'debit'> | undefined
  readonly user: string
  readonly transaction: string | undefined
  readonly said: AnswerClass
  state: 'SUCCESS' | 'FAILED' | 'REVERSED' | 'PART_REFUNDED' | 'REFUNDED' | 'FENCED'
  refunded: bigint
}
type Refund = { readonly fields: Fields<'credit'>; readonly said: AnswerClass; readonly state: string }

export type Institution = {
  now: number
  /** By token, which this model takes for the user. */
  readonly users: Map<string, User>
  readonly codes: Map<string, Code>
  readonly payments: Map<string, Payment>
  readonly refunds: Map<string, Refund>
  readonly reversals: Map<string, { readonly content: string; readonly answer: Answer }>
  readonly notices: Map<string, string>
  readonly transactions: Map<string, { readonly type: 'debit' | 'credit'; readonly key: string }>
  suspense: bigint
}

const SKEW_MS = 300_000
const AMOUNT_MAX = 9_999_999_999n
/** Eleven months after each of the two clearing days that the script knows. */
const REFUND_UNTIL: Readonly<Record<string, string>> = { '20260615': '20270515', '20270516': '20280416' }

export const institution = (now: number): Institution => ({
  now,
  users: new Map(),
  codes: new Map(),
  payments: new Map(),
  refunds: new Map(),
  reversals: new Map(),
  notices: new Map(),
  transactions: new Map(),
  suspense: 0n,
})

const content = (fields: object): string =>
  JSON.stringify(fields, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value))

const keyOf = (acquirer: string, order: string): string => `${acquirer}.${order}`

const once = (kind: AnswerClass, more: Partial<Answer> = {}): Answer => ({
  class: kind,
  repeated: false,
  ...more,
})

/** Answers as an institution must, and becomes what it must become. */
export function predict(model: Institution, request: Request): Answer {
  switch (request.type) {
    case 'debit':
      return debit(model, request.fields)
    case 'debit.reverse':
      return reverse(model, request.fields)
    case 'credit':
      return credit(model, request.fields)
    case 'debit.query':
      return query(model, request.fields)
    case 'notify.payer':
      return notice(model, request.fields)
  }
}

function debit(model: Institution, fields: Fields<'debit'>): Answer {
  const known = model.payments.get(keyOf(fields.acquirer, fields.order))
  if (known?.state === 'FENCED') return once('DECL-STATE')
  if (known !== undefined)
    return content(known.fields ?? {}) === content(fields)
      ? { class: known.said, repeated: true }
      : once('REJ-CONFLICT')
  if (model.transactions.has(fields.transaction)) return once('REJ-CONFLICT')
  const said = decisionOf(model, fields)
  const code = model.codes.get(fields.code)
  if (code !== undefined && code.user === fields.token && model.now <= code.expiresAt + SKEW_MS)
    code.live = false
  const user = model.users.get(fields.token)
  if (said === 'OK' && user !== undefined) user.balance -= fields.amount
  const state = said === 'OK' ? 'SUCCESS' : 'FAILED'
  model.payments.set(keyOf(fields.acquirer, fields.order), {
    fields,
    user: fields.token,
    said,
    state,
    refunded: 0n,
    transaction: fields.transaction,
  })
  model.transactions.set(fields.transaction, { type: 'debit', key: keyOf(fields.acquirer, fields.order) })
  return once(said)
}

function decisionOf(model: Institution, fields: Fields<'debit'>): AnswerClass {
  const user = model.users.get(fields.token)
  const code = model.codes.get(fields.code)
  if (fields.currency !== '156') return 'DECL-CURR'
  if (code === undefined || !code.live) return 'DECL-CODE'
  if (model.now > code.expiresAt + SKEW_MS) return 'DECL-CODE'
  if (user?.status !== 'active') return 'DECL-ACCOUNT'
  if (code.user !== fields.token || !user.bound) return 'DECL-TOKEN'
  if (fields.amount > AMOUNT_MAX) return 'DECL-AMOUNT'
  return user.balance < fields.amount ? 'DECL-FUNDS' : 'OK'
}

function reverse(model: Institution, fields: Fields<'debit.reverse'>): Answer {
  const known = model.reversals.get(fields.reversal)
  if (known !== undefined)
    return known.content === content(fields) ? { ...known.answer, repeated: true } : once('REJ-CONFLICT')
  const payment = model.payments.get(keyOf(fields.acquirer, fields.order))
  const keep = (answer: Answer): Answer => {
    model.reversals.set(fields.reversal, { content: content(fields), answer })
    return answer
  }
  const refusal = reversalRefused(model, fields, payment)
  if (refusal !== undefined)
    return payment === undefined ? once(refusal) : keep(once(refusal, { state: payment.state }))
  if (payment === undefined) {
    model.payments.set(keyOf(fields.acquirer, fields.order), {
      fields: undefined,
      user: '',
      transaction: fields.transaction,
      said: 'DECL-STATE',
      state: 'FENCED',
      refunded: 0n,
    })
    return keep(once('OK', { state: 'FENCED' }))
  }
  if (payment.state !== 'SUCCESS')
    return keep({ class: 'OK', repeated: payment.state !== 'FAILED', state: payment.state })
  const user = model.users.get(payment.user)
  if (user !== undefined) user.balance += payment.fields?.amount ?? 0n
  payment.state = 'REVERSED'
  return keep(once('OK', { state: 'REVERSED' }))
}

function reversalRefused(
  model: Institution,
  fields: Fields<'debit.reverse'>,
  payment: Payment | undefined,
): AnswerClass | undefined {
  const named = fields.transaction === undefined ? undefined : model.transactions.get(fields.transaction)
  if (named !== undefined && (named.type !== 'debit' || named.key !== keyOf(fields.acquirer, fields.order)))
    return 'DECL-ORIG'
  const paid = payment?.fields
  if (payment === undefined || paid === undefined) return undefined
  if (fields.transaction !== undefined && fields.transaction !== paid.transaction) return 'DECL-ORIG'
  if (fields.merchant !== paid.merchant) return 'DECL-ORIG'
  if (payment.state === 'PART_REFUNDED' || payment.state === 'REFUNDED') return 'DECL-STATE'
  if (fields.clearingDay !== paid.clearingDay) return 'DECL-WINDOW'
  if (fields.currency !== undefined && fields.currency !== paid.currency) return 'DECL-CURR'
  return fields.amount !== undefined && fields.amount !== paid.amount ? 'DECL-AMOUNT' : undefined
}

function credit(model: Institution, fields: Fields<'credit'>): Answer {
  const known = model.refunds.get(keyOf(fields.acquirer, fields.order))
  if (known !== undefined)
    return content(known.fields) === content(fields)
      ? { class: known.said, repeated: true }
      : once('REJ-CONFLICT')
  if (model.transactions.has(fields.transaction)) return once('REJ-CONFLICT')
  const payment = model.payments.get(keyOf(fields.acquirer, fields.origOrder))
  const refusal = refundRefused(fields, payment)
  const user = model.users.get(payment?.user ?? '')
  const closed = user?.status === 'closed'
  const said = refusal ?? (closed ? 'PENDING' : 'OK')
  const state = refusal === undefined ? (closed ? 'R_ABNORMAL' : 'R_SUCCESS') : 'R_FAILED'
  model.refunds.set(keyOf(fields.acquirer, fields.order), { fields, said, state })
  model.transactions.set(fields.transaction, { type: 'credit', key: keyOf(fields.acquirer, fields.order) })
  if (refusal !== undefined || payment === undefined || user === undefined) return once(said)
  payment.refunded += fields.amount
  payment.state = payment.refunded === payment.fields?.amount ? 'REFUNDED' : 'PART_REFUNDED'
  if (closed) model.suspense += fields.amount
  else user.balance += fields.amount
  return once(said)
}

function refundRefused(fields: Fields<'credit'>, payment: Payment | undefined): AnswerClass | undefined {
  const paid = payment?.fields
  if (payment === undefined || paid === undefined) return 'DECL-ORIG'
  if (paid.transaction !== fields.origTransaction || paid.merchant !== fields.merchant) return 'DECL-ORIG'
  if (!['SUCCESS', 'PART_REFUNDED', 'REFUNDED'].includes(payment.state)) return 'DECL-STATE'
  if (fields.clearingDay > (REFUND_UNTIL[paid.clearingDay] ?? '')) return 'DECL-WINDOW'
  if (fields.currency !== paid.currency) return 'DECL-CURR'
  return payment.refunded + fields.amount > paid.amount ? 'DECL-AMOUNT' : undefined
}

function query(model: Institution, fields: Fields<'debit.query'>): Answer {
  const { acquirer, order, transaction, asked } = fields
  const type = asked === 'credit' ? 'credit' : 'debit'
  const named = transaction === undefined ? undefined : model.transactions.get(transaction)
  const own = named?.type === type && named.key.startsWith(keyOf(acquirer, ''))
  const byTransaction = own ? named.key : undefined
  const key = order === undefined ? byTransaction : keyOf(acquirer, order)
  if (key === undefined) return once('NOT_FOUND')
  const item = type === 'credit' ? model.refunds.get(key) : model.payments.get(key)
  if (item === undefined) return once('NOT_FOUND')
  const its = 'transaction' in item ? item.transaction : item.fields.transaction
  if (transaction !== undefined && transaction !== its) return once('NOT_FOUND')
  const counted = 'refunded' in item && item.fields !== undefined ? { refunded: item.refunded } : {}
  return once('OK', { state: item.state, ...counted })
}

function notice(model: Institution, fields: Fields<'notify.payer'>): Answer {
  const known = model.notices.get(fields.notice)
  if (known !== undefined)
    return known === content(fields) ? { class: 'OK', repeated: true } : once('REJ-CONFLICT')
  model.notices.set(fields.notice, content(fields))
  return once('OK')
}
