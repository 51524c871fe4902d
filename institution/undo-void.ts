// The undoing of a void (撤销冲正): the payment stands again, its money is taken once more, its coupons and its usage with
// it. A void that never arrived is fenced by it, as a payment is by a reversal (VOD-009).
import type { Decision, Put, Rows } from '../store/store.ts'
import { answerFields, contentDigest, type DeclineClass, type Fields, type Opened } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { freshId, taken } from './legs.ts'
import { counted } from './limits.ts'
import { success } from './outcome.ts'
import { changePayment } from './payer.ts'
import {
  coupons,
  itemKey,
  type Leg,
  nonces,
  type Payment,
  payments,
  reversalKey,
  reversals,
  type Said,
  type Void,
  voids,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

type Reply = Fields<'debit.reverse.reply'>
const AGAIN = Symbol('the void appeared between the look and the change')

/** `fields` name the void by its own order id and time. */
export async function undoVoid(world: InstitutionWorld, opened: Opened<'debit.reverse'>): Promise<Reply> {
  const { fields } = opened.message
  const id = itemKey(fields)
  const keys = [nonces.key(nonceId(opened)), reversals.key(reversalKey(fields)), voids.key(id)]
  for (;;) {
    const of = voids.in(await world.store.read([voids.key(id)]), id)?.of
    const result = await changePayment<Reply | typeof AGAIN>(world, of ?? '', keys, (rows) =>
      voids.in(rows, id)?.of === of ? decide(world, opened, rows) : { result: AGAIN },
    )
    if (result !== AGAIN) return result
  }
}

function decide(world: InstitutionWorld, opened: Opened<'debit.reverse'>, rows: Rows): Decision<Reply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const digest = contentDigest('debit.reverse', fields)
  const known = reversals.in(rows, reversalKey(fields))
  if (known !== undefined) {
    const same = known.digest === digest
    return {
      put: [claim],
      result: same ? said(fields, known.said, known.state, true) : answerFields('REJ-CONFLICT'),
    }
  }
  const record = voids.in(rows, itemKey(fields))
  const payment = record === undefined ? undefined : payments.in(rows, record.of)
  const keep = (what: Said, state: Payment['state']): Put =>
    reversals.put(reversalKey(fields), { of: itemKey(fields), said: what, state, digest })
  if (record?.state === 'FENCED')
    return {
      put: [claim],
      result: said(fields, { class: world.profile.flags.reversalOfMissing }, 'FENCED', true),
    }
  if (record === undefined || payment === undefined) return fence(world, fields, digest, claim)
  const declined = (why: DeclineClass): Decision<Reply> => ({
    put: [claim, keep({ class: why }, payment.state)],
    result: said(fields, { class: why }, payment.state, false),
  })
  if (record.state !== 'VOIDED' || payment.state !== 'VOIDED') {
    // A void that failed or was undone already: the payment stands, and saying so again changes nothing.
    const what: Said = { class: 'OK' }
    return {
      put: [claim, keep(what, payment.state)],
      result: said(fields, what, payment.state, record.state === 'UNDONE'),
    }
  }
  // The bank was told to give the money back: it cannot be taken from the card again without its holder.
  if (payment.attempt !== undefined || payment.branch !== undefined) return declined('DECL-FUNDTYPE')
  if (payment.clearingDay !== fields.clearingDay) return declined('DECL-WINDOW')
  return (
    standAgain(rows, fields, record, payment, [claim, keep({ class: 'OK' }, 'SUCCESS')]) ??
    declined('DECL-FUNDS')
  )
}

/** The void has not come: what it will find is a fence, and nothing is voided any more. */
function fence(
  world: InstitutionWorld,
  fields: Fields<'debit.reverse'>,
  digest: string,
  claim: Put,
): Decision<Reply> {
  const { acquirer, order, orderTime, clearingDay, transaction = '' } = fields
  const what: Said = { class: world.profile.flags.reversalOfMissing }
  const record: Void = {
    acquirer,
    order,
    orderTime,
    transaction,
    clearingDay,
    digest,
    amount: 0n,
    currency: fields.currency ?? '156',
    of: '',
    state: 'FENCED',
    said: { class: 'DECL-STATE' },
  }
  return {
    put: [
      claim,
      reversals.put(reversalKey(fields), { of: itemKey(fields), said: what, state: 'FENCED', digest }),
      voids.put(itemKey(fields), record, {
        expiresAt: world.clock.wall() + world.profile.values.fenceLifeMs,
      }),
    ],
    result: said(fields, what, 'FENCED', false),
  }
}

/** Undefined when what was given back has been spent meanwhile: it cannot be taken a second time. */
function standAgain(
  rows: Rows,
  fields: Fields<'debit.reverse'>,
  record: Void,
  payment: Payment,
  claims: readonly Put[],
): Decision<Reply> | undefined {
  const legs = payment.legs.map((leg) => spentAgain(leg))
  const gone = legs.some(
    (leg) => leg.source === 'COUPON' && coupons.in(rows, leg.ref ?? '')?.state !== 'FREE',
  )
  const moved = gone ? 'short' : taken(rows, payment.user, legs, itemKey(payment))
  if (moved === 'short') return undefined
  const booking = { ...payment, transaction: record.transaction }
  const { put, append } = success(booking, legs, moved, `unvoid:${itemKey(fields)}`)
  return {
    put: [
      ...claims,
      voids.put(itemKey(record), { ...record, state: 'UNDONE' }),
      ...put,
      ...counted(rows, payment, legs),
      payments.put(itemKey(payment), { ...payment, legs, state: 'SUCCESS' }),
    ],
    append,
    result: said(fields, { class: 'OK' }, 'SUCCESS', false),
  }
}

/** The coupon that the void gave back is the one that is spent now. */
const spentAgain = (leg: Leg): Leg =>
  leg.source === 'COUPON' && leg.ref !== undefined ? { ...leg, ref: freshId(leg.ref) } : leg

function said(
  { order, orderTime, merchant, transaction, clearingDay }: Fields<'debit.reverse'>,
  what: Said,
  state: string | undefined,
  repeated: boolean,
): Reply {
  return {
    order,
    orderTime,
    merchant,
    clearingDay,
    ...(transaction !== undefined && { transaction }),
    ...(state !== undefined && { state }),
    ...answerFields(what.class, { repeated }),
  }
}
