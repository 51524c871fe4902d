// A payment by code: token → account → legs, one change, one answer that every repeat gets again. Above the PIN-free
// limit nothing is taken yet: the payment waits for its user (CPM-007). Refusals stand in the order of wire/classes.ts.
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
import { payOrTry, tryKeys } from './bank-payment.ts'
import { distinct } from './funding.ts'
import { paidBy } from './legs.ts'
import { failed, judgeMoney, locked, refusedFor } from './outcome.ts'
import { missed, missKey } from './misses.ts'
import { codeAppeared, type CodePayer, expired, payerByCode, payerKeys } from './payer.ts'
import { isBarred } from './policy.ts'
import {
  byTransaction,
  type Code,
  codes,
  itemKey,
  type Leg,
  nonces,
  type Payment,
  payments,
  paysOn,
  type Said,
  tokens,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

type DebitReply = Fields<'debit.reply'>
const AGAIN = Symbol('the code appeared between the look and the change')

export async function debit(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'debit', async (opened) => {
    for (;;) {
      const at = world.clock.wall()
      const payer = await payerByCode(world, opened.message.fields, at)
      const result = await world.store.change<DebitReply | typeof AGAIN>(
        keysOf(world, opened, payer, at),
        (rows) =>
          codeAppeared(rows, opened.message.fields.code, payer)
            ? { result: AGAIN }
            : decide(world, opened, payer, rows, at),
      )
      if (result !== AGAIN) return result
    }
  })
}

function keysOf(world: InstitutionWorld, opened: Opened<'debit'>, payer: CodePayer, at: number): Key[] {
  const { fields } = opened.message
  return distinct([
    nonces.key(nonceId(opened)),
    payments.key(itemKey(fields)),
    byTransaction.key(fields.transaction),
    codes.key(fields.code),
    tokens.key(payer.token),
    ...(payer.suspect ? [missKey(world.profile, fields.acquirer, at)] : []),
    ...payerKeys(payer),
    ...tryKeys(world, itemKey(fields)),
  ])
}

function decide(
  world: InstitutionWorld,
  opened: Opened<'debit'>,
  payer: CodePayer,
  rows: Rows,
  at: number,
): Decision<DebitReply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, at)
  const digest = contentDigest('debit', fields)
  const known = payments.in(rows, itemKey(fields))
  if (known?.state === 'FENCED')
    return {
      put: [claim],
      result: { ...echo(fields), ...answerFields('DECL-STATE', { detail: 'reversed before it arrived' }) },
    }
  if (known !== undefined) {
    const same = known.digest === digest
    return { put: [claim], result: same ? said(known, fields, true) : answerFields('REJ-CONFLICT') }
  }
  if (byTransaction.in(rows, fields.transaction) !== undefined)
    return { put: [claim], result: answerFields('REJ-CONFLICT') }
  if (payer.guessedOut) return { put: [claim], result: { ...echo(fields), ...answerFields('REJ-RATE') } }
  if (!fields.code.startsWith(world.profile.values.codePrefix))
    return { put: [claim], result: { ...echo(fields), ...answerFields('REJ-ROUTE') } }
  const payment = paymentOf(fields, payer, digest, at)
  const { ended, code, ...decision } = judged(world, rows, fields, payer, payment)
  const consumed = code ? codeUsed(world, rows, fields, payer, ended) : []
  const miss = payer.suspect && ended.said.class === 'DECL-CODE'
  return {
    ...decision,
    put: [
      claim,
      byTransaction.put(fields.transaction, { type: 'debit', id: itemKey(fields) }),
      ...(decision.put ?? []),
      ...consumed,
      ...(miss ? [missed(world.profile, rows, fields.acquirer, at)] : []),
    ],
    result: said(ended, fields, false),
  }
}

type Ended = Omit<Decision<undefined>, 'result'> & { readonly ended: Payment; readonly code: boolean }

function judged(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'debit'>,
  payer: CodePayer,
  payment: Payment,
): Ended {
  const decline = (said: Said): Ended => ({
    ...failed(rows, payment, said),
    ended: { ...payment, state: 'FAILED', said },
    code: world.profile.flags.codeAfterDecline === 'consumed',
  })
  const refusal = refusalOf(world, rows, fields, payer, payment)
  if (refusal !== undefined) return decline({ class: refusal })
  const money = judgeMoney(world, rows, payer.purse, payment)
  if (money.kind === 'refused') return decline(refusedFor(money))
  if (money.kind === 'ask user') return { ...waiting(world, rows, payment, money.legs), code: true }
  const begun = payOrTry(world, rows, payment, money.legs)
  return begun === 'short' ? decline({ class: 'DECL-FUNDS' }) : { ...begun, code: true }
}

/** Nothing is taken and nothing frozen; a coupon is kept for this payment until the user has spoken. */
function waiting(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  legs: readonly Leg[],
): Omit<Ended, 'code'> {
  const id = itemKey(payment)
  const until = payment.at + world.profile.values.userWaitMs
  const pending: Payment = {
    ...payment,
    state: 'PENDING',
    said: { class: 'PENDING', detail: 'the user is asked' },
    waits: { for: 'user', until },
  }
  return {
    put: [payments.put(id, pending), ...locked(rows, legs, id)],
    append: [{ item: id, kind: 'payment', body: { state: 'PENDING', waits: 'user' } }],
    enqueue: [{ id: `user:${id}`, kind: 'user', dueAt: until, body: { id } }],
    ended: pending,
  }
}

function refusalOf(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'debit'>,
  payer: CodePayer,
  { user, token, at }: Payment,
): DeclineClass | undefined {
  if (fields.currency !== '156') return 'DECL-CURR'
  if (isBarred(payer.purse.policy, fields)) return 'DECL-MERCH'
  const code = liveCode(world, rows, fields, payer, at)
  if (code === undefined) return 'DECL-CODE'
  // An account out of order is said before its token, which is suspended with it (TOK-014). No user, no account.
  if (user !== '' && users.in(rows, user)?.status !== 'active') return 'DECL-ACCOUNT'
  if (code.token !== token) return 'DECL-TOKEN'
  return paysOn(tokens.in(rows, token), at) ? undefined : 'DECL-TOKEN'
}

/** The code as it stands, if it may still be used: one that was shown, or one that the user's phone made by itself. */
function liveCode(
  world: InstitutionWorld,
  rows: Rows,
  { code: text }: Fields<'debit'>,
  { phone, purse }: CodePayer,
  at: number,
): Code | undefined {
  const code = codes.in(rows, text)
  if (code !== undefined) return code.state === 'C_LIVE' && !expired(world, code, at) ? code : undefined
  if (phone === undefined) return undefined
  const { codeLifeMs } = world.profile.values
  return {
    code: text,
    token: phone.token,
    state: 'C_LIVE',
    expiresAt: at + codeLifeMs,
    funding: purse.funding,
  }
}

function codeUsed(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'debit'>,
  payer: CodePayer,
  { state, at }: Payment,
): Put[] {
  const code = liveCode(world, rows, fields, payer, at)
  if (code === undefined || code.token !== payer.token) return []
  const used: Code = { ...code, state: 'C_USED', ...(state !== 'FAILED' && { usedBy: itemKey(fields) }) }
  return [codes.put(code.code, used)]
}

function paymentOf(
  fields: Fields<'debit'>,
  { user, token, purse }: CodePayer,
  digest: string,
  at: number,
): Payment {
  const { acquirer, merchant, order, orderTime, transaction, amount, currency, clearingDay } = fields
  const { merchantName, merchantCategory, region, business } = fields
  return {
    scene: 'CPM',
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order,
    orderTime,
    transaction,
    user,
    token,
    amount,
    currency,
    clearingDay,
    at,
    funding: purse.funding,
    legs: [],
    state: 'PENDING',
    said: { class: 'PENDING' },
    refunded: 0n,
    refunding: 0n,
    refunds: [],
    digest,
    ...(region !== undefined && { region }),
    ...(business !== undefined && { business }),
  }
}

function said(payment: Payment, fields: Fields<'debit'>, repeated: boolean): DebitReply {
  const { class: kind, detail } = payment.said
  return {
    ...echo(fields),
    ...answerFields(kind, { repeated, ...(detail !== undefined && { detail }) }),
    ...(kind === 'OK' &&
      payment.legs.length > 0 && { paid: paidBy(payment.legs), legs: legsOf(payment.legs) }),
  }
}

/** Legs as the wire tells them. */
export const legsOf = (
  legs: readonly Leg[],
  amounts: readonly bigint[] = legs.map(({ amount }) => amount),
): NonNullable<DebitReply['legs']> =>
  legs.flatMap(({ source, sponsor }, index) => {
    const amount = amounts[index] ?? 0n
    const told = source === 'NETWORK' ? 'COUPON' : source
    return amount === 0n ? [] : [{ source: told, amount, ...(sponsor !== undefined && { sponsor }) }]
  })

/** Echo fields equal the request, whatever the answer (CPM-018). */
function echo(fields: Fields<'debit'>) {
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay } = fields
  return { order, orderTime, amount, currency, merchant, transaction, clearingDay }
}
