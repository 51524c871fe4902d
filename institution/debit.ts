// A payment by balance: token → account → legs, one change, one answer that every repeat gets again.
// The refusals stand in `refusalOf` in the order of wire/classes.ts.
import { creditLine, debitLine, post } from '../ledger/ledger.ts'
import type { Decision, Key, Put, Rows } from '../store/store.ts'
import {
  answer,
  answerFields,
  contentDigest,
  type DeclineClass,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { postingEntry } from './book.ts'
import {
  balances,
  byTransaction,
  type Code,
  codes,
  itemKey,
  nonces,
  type Payment,
  payments,
  type Said,
  tokens,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

type DebitReply = Fields<'debit.reply'>

export async function debit(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'debit', async (opened) => {
    const user = await ownerOf(world, opened.message.fields.token)
    return world.store.change(keysOf(opened, user), (rows) => decide(world, opened, user, rows))
  })
}

/** A token names one user for ever, so it may be read before the change; its state is judged inside. */
async function ownerOf(world: InstitutionWorld, token: string): Promise<string> {
  const rows = await world.store.read([tokens.key(token)])
  return tokens.in(rows, token)?.user ?? ''
}

function keysOf(opened: Opened<'debit'>, user: string): Key[] {
  const { fields } = opened.message
  return [
    nonces.key(nonceId(opened)),
    payments.key(itemKey(fields)),
    byTransaction.key(fields.transaction),
    codes.key(fields.code),
    tokens.key(fields.token),
    users.key(user),
    balances.key(`USR:${user}`),
  ]
}

function decide(
  world: InstitutionWorld,
  opened: Opened<'debit'>,
  user: string,
  rows: Rows,
): Decision<DebitReply> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const digest = contentDigest('debit', fields)
  const known = payments.in(rows, itemKey(fields))
  if (known?.state === 'FENCED')
    return {
      put: [claim],
      result: { ...echo(fields), ...answerFields('DECL-STATE', { detail: 'reversed before it arrived' }) },
    }
  if (known !== undefined) {
    const same = known.digest === digest
    return { put: [claim], result: same ? said(known.said, fields, true) : answerFields('REJ-CONFLICT') }
  }
  if (byTransaction.in(rows, fields.transaction) !== undefined)
    return { put: [claim], result: answerFields('REJ-CONFLICT') }
  if (!fields.code.startsWith(world.profile.values.codePrefix))
    return { put: [claim], result: { ...echo(fields), ...answerFields('REJ-ROUTE') } }
  const refusal = refusalOf(world, rows, fields, user)
  if (refusal !== undefined) return declined(world, rows, fields, user, digest, { class: refusal }, [claim])
  return settled(world, rows, fields, user, digest, claim)
}

/** Takes the money, or finds that it is not there. */
function settled(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'debit'>,
  user: string,
  digest: string,
  claim: Put,
): Decision<DebitReply> {
  const entry = postingEntry(`debit:${itemKey(fields)}`, fields.currency, [
    debitLine(`USR:${user}`, fields.amount),
    creditLine('CLR', fields.amount),
  ])
  const balance = balances.in(rows, `USR:${user}`)?.amount ?? 0n
  const posted = post(new Map([[`USR:${user}`, balance]]), entry)
  if (posted.status !== 'posted')
    return declined(world, rows, fields, user, digest, { class: 'DECL-FUNDS' }, [claim])
  const payment = paymentOf(fields, user, digest, { state: 'SUCCESS', said: { class: 'OK' } })
  return {
    put: [
      claim,
      payments.put(itemKey(fields), payment),
      byTransaction.put(fields.transaction, { type: 'debit', id: itemKey(fields) }),
      balances.put(`USR:${user}`, { amount: posted.balances.get(`USR:${user}`) ?? 0n }),
      ...codeUsed(world, rows, fields, true),
    ],
    append: [
      {
        item: itemKey(fields),
        kind: 'posting',
        body: { entry, transaction: fields.transaction, clearingDay: fields.clearingDay, what: 'purchase' },
      },
      { item: itemKey(fields), kind: 'payment', body: { state: 'SUCCESS' } },
    ],
    result: said(payment.said, fields, false),
  }
}

/** A code that outlived its life by more than the clocks may differ (COD-002, INV-19). */
const expired = (world: InstitutionWorld, code: Code): boolean =>
  world.clock.wall() > code.expiresAt + world.profile.values.clockSkewMs

function refusalOf(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'debit'>,
  user: string,
): DeclineClass | undefined {
  if (fields.currency !== '156') return 'DECL-CURR'
  const code = codes.in(rows, fields.code)
  if (code === undefined || code.token !== fields.token) return 'DECL-CODE'
  if (code.state !== 'C_LIVE') return 'DECL-CODE'
  if (expired(world, code)) return 'DECL-CODE'
  // An account out of order is said before its token, which is suspended with it (TOK-014). No user, no account.
  if (user !== '' && users.in(rows, user)?.status !== 'active') return 'DECL-ACCOUNT'
  if (tokens.in(rows, fields.token)?.state !== 'T_ACTIVE') return 'DECL-TOKEN'
  if (fields.amount > world.profile.values.amountMaxMinor) return 'DECL-AMOUNT'
  return undefined
}

/** A decline is final under its key: it is kept, and a repeat after a top-up hears it again (CPM-002). */
function declined(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'debit'>,
  user: string,
  digest: string,
  why: Said,
  claim: readonly Put[],
): Decision<DebitReply> {
  const payment = paymentOf(fields, user, digest, { state: 'FAILED', said: why })
  return {
    put: [
      ...claim,
      payments.put(itemKey(fields), payment),
      byTransaction.put(fields.transaction, { type: 'debit', id: itemKey(fields) }),
      ...(world.profile.flags.codeAfterDecline === 'consumed' ? codeUsed(world, rows, fields, false) : []),
    ],
    append: [{ item: itemKey(fields), kind: 'payment', body: { state: 'FAILED', class: why.class } }],
    result: said(why, fields, false),
  }
}

function codeUsed(world: InstitutionWorld, rows: Rows, fields: Fields<'debit'>, paid: boolean): Put[] {
  const code = codes.in(rows, fields.code)
  if (code === undefined || code.state !== 'C_LIVE' || code.token !== fields.token) return []
  if (expired(world, code)) return []
  return [codes.put(code.code, { ...code, state: 'C_USED', ...(paid && { usedBy: itemKey(fields) }) })]
}

function paymentOf(
  fields: Fields<'debit'>,
  user: string,
  digest: string,
  end: { state: Payment['state']; said: Said },
): Payment {
  const { acquirer, merchant, order, orderTime, transaction, amount, currency, clearingDay } = fields
  return {
    acquirer,
    merchant,
    order,
    orderTime,
    transaction,
    user,
    amount,
    currency,
    clearingDay,
    refunded: 0n,
    refunds: [],
    digest,
    ...end,
  }
}

function said(what: Said, fields: Fields<'debit'>, repeated: boolean): DebitReply {
  return {
    ...echo(fields),
    ...answerFields(what.class, { repeated, ...(what.detail !== undefined && { detail: what.detail }) }),
  }
}

/** Echo fields equal the request, whatever the answer (CPM-018). */
function echo(fields: Fields<'debit'>) {
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay } = fields
  return { order, orderTime, amount, currency, merchant, transaction, clearingDay }
}
