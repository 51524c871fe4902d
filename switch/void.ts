// Void: accepted here on the purchase's own clearing day and for its whole amount, final at the institution. While one is
// under way nothing else may touch the purchase. Its undoing (撤销冲正) waits for the void's own end, so that neither order
// of arrival leaves a half of it (VOD-001 to VOD-012).
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Decision, Job, Put, Rows } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  call,
  contentDigest,
  type DeclineClass,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen, numbered } from './admit.ts'
import { businessFault } from './business.ts'
import { finalOf } from './conclude.ts'
import { again, finish } from './insist.ts'
import {
  itemKey,
  move,
  nonces,
  originalKey,
  type Purchase,
  purchases,
  transactions,
  type Void,
  voids,
} from './records.ts'
import type { SwitchWorld } from './world.ts'

type Reply = Fields<'void.reply'>

export async function voidPurchase(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'void', async (opened) => {
    const { fields } = opened.message
    const fault = businessFault(world.profile, fields.business, 'void')
    if (fault !== undefined) return fault
    const keys = [nonces.key(nonceId(opened)), voids.key(itemKey(fields)), purchases.key(originalKey(fields))]
    return numbered(world, keys, (transaction, rows) => decide(world, opened, transaction, rows))
  })
}

function decide(
  world: SwitchWorld,
  opened: Opened<'void'>,
  transaction: string,
  rows: Rows,
): Decision<Reply> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (fields.acquirer !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const digest = contentDigest('void', fields)
  const id = itemKey(fields)
  const known = voids.in(rows, id)
  if (known?.state === 'FENCED')
    return { put: [claim], result: answerFields('DECL-STATE', { detail: 'undone before it arrived' }) }
  if (known !== undefined)
    return {
      put: [claim],
      result: known.digest === digest ? told(known, true) : answerFields('REJ-CONFLICT'),
    }
  const purchase = purchases.in(rows, originalKey(fields))
  const day = clearingDayOf(now, world.profile.values.cutOff)
  const refusal = refusalOf(fields, purchase, day)
  const record = recordOf(fields, { transaction, day, digest }, refusal)
  const put = [claim, voids.put(id, record), transactions.put(transaction, { type: 'void', id })]
  const append = [{ item: id, kind: 'void', body: { state: record.state, of: record.of } }]
  if (refusal !== undefined || purchase === undefined) return { put, append, result: told(record, false) }
  return {
    put: [...put, purchases.put(record.of, { ...purchase, voiding: id })],
    append,
    enqueue: [{ id: `void:${id}`, kind: 'void', dueAt: now, body: { id, attempt: 0 } }],
    result: told(record, false),
  }
}

function refusalOf(
  fields: Fields<'void'>,
  purchase: Purchase | undefined,
  day: string,
): DeclineClass | undefined {
  if (purchase === undefined || purchase.state === 'FENCED' || purchase.merchant !== fields.merchant)
    return 'DECL-ORIG'
  if (fields.origTransaction !== undefined && fields.origTransaction !== purchase.transaction)
    return 'DECL-ORIG'
  if (purchase.state !== 'SUCCESS' || purchase.refunding > 0n || purchase.voiding !== undefined)
    return 'DECL-STATE'
  if (purchase.clearingDay !== day) return 'DECL-WINDOW'
  if (fields.currency !== purchase.currency) return 'DECL-CURR'
  return fields.amount === purchase.amount ? undefined : 'DECL-AMOUNT'
}

function recordOf(
  fields: Fields<'void'>,
  { transaction, day, digest }: { transaction: string; day: string; digest: string },
  refusal: DeclineClass | undefined,
): Void {
  const { acquirer, merchant, order, orderTime, amount, currency, business } = fields
  return {
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    transaction,
    digest,
    of: originalKey(fields),
    clearingDay: day,
    state: refusal === undefined ? 'V_PENDING' : 'V_FAILED',
    said: { class: refusal ?? 'PENDING' },
    ...(business !== undefined && { business }),
  }
}

/** To its acquirer a void is under way, done, failed, or taken back. */
export const VOID_SHOWN: Readonly<Record<Void['state'], string>> = {
  V_PENDING: 'PENDING',
  VOIDED: 'VOIDED',
  V_FAILED: 'FAILED',
  UNDOING: 'VOIDED',
  UNDONE: 'REVERSED',
  FENCED: 'REVERSED',
}

function told(record: Void, repeated: boolean): Reply {
  const { order, orderTime, amount, currency, merchant, transaction, clearingDay, said, state } = record
  const echo = { order, orderTime, amount, currency, merchant, transaction, clearingDay }
  return { ...echo, state: VOID_SHOWN[state], ...answerFields(said.class, { repeated }) }
}

/** Sends the void until the institution answers for good; the same business key every time (VOD-004). */
export async function insistVoid(world: SwitchWorld, job: Job): Promise<void> {
  const { id } = job.body as { id: string }
  const record = voids.in(await world.store.read([voids.key(id)]), id)
  const purchase = record && purchases.in(await world.store.read([purchases.key(record.of)]), record.of)
  if (record?.state !== 'V_PENDING' || purchase === undefined) return finish(world, job)
  const { transaction, acquirer, merchant, order, orderTime, amount, currency, clearingDay, business } =
    record
  const fields = {
    transaction,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    clearingDay,
    origTransaction: purchase.transaction,
    origOrder: purchase.order,
    origOrderTime: purchase.orderTime,
    ...(business !== undefined && { business }),
  }
  const reply = await call(world, 'debit.void', purchase.institution, fields, world.profile.values.askWaitMs)
  const done = reply.kind === 'answered' && (reply.class === 'OK' || reply.class.startsWith('DECL-'))
  if (!done) return again(world, job, reply.kind === 'answered' ? reply.class : reply.because)
  await world.store.change([voids.key(id), purchases.key(record.of)], (rows) =>
    voidEnded(world, rows, { id, kind: reply.class, job }),
  )
}

type Ended = { readonly id: string; readonly kind: AnswerClass; readonly job: Job }

function voidEnded(world: SwitchWorld, rows: Rows, { id, kind, job }: Ended): Decision<undefined> {
  const now = voids.in(rows, id)
  const of = now === undefined ? undefined : purchases.in(rows, now.of)
  if (now?.state !== 'V_PENDING' || of === undefined) return { finish: [job], result: undefined }
  const { voiding: _over, ...free } = of
  if (kind !== 'OK') {
    const failed: Void = { ...now, state: 'V_FAILED', said: { class: kind } }
    const final = finalOf(world, failed, 'void', 'FAILED', kind, of)
    return {
      put: [voids.put(id, failed), purchases.put(now.of, free)],
      ...final,
      finish: [job],
      result: undefined,
    }
  }
  const ended: Void = { ...now, state: now.undo === undefined ? 'VOIDED' : 'UNDOING', said: { class: 'OK' } }
  const final = finalOf(world, ended, 'void', 'VOIDED', 'OK', of)
  return {
    put: [voids.put(id, ended), purchases.put(now.of, move(free, 'VOIDED'))],
    append: final.append,
    enqueue: [...final.enqueue, ...(now.undo === undefined ? [] : [undoJob(world, id)])],
    finish: [job],
    result: undefined,
  }
}

const undoJob = (world: SwitchWorld, id: string) => ({
  id: `undo:${id}`,
  kind: 'undo',
  dueAt: world.clock.wall(),
  body: { id, attempt: 0 },
})

/** A reversal that names a void: asked for once, done when the institution has acknowledged it. */
export async function undoVoid(
  world: SwitchWorld,
  opened: Opened<'reversal'>,
): Promise<Fields<'reversal.reply'>> {
  const id = itemKey(opened.message.fields)
  return world.store.change([nonces.key(nonceId(opened)), voids.key(id)], (rows) =>
    decideUndo(world, opened, id, rows),
  )
}

function decideUndo(
  world: SwitchWorld,
  opened: Opened<'reversal'>,
  id: string,
  rows: Rows,
): Decision<Fields<'reversal.reply'>> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (fields.acquirer !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const record = voids.in(rows, id)
  const { order, orderTime, merchant } = fields
  const said = (kind: AnswerClass, state: string, repeated = false) => ({
    order,
    orderTime,
    merchant,
    state,
    ...answerFields(kind, { repeated }),
  })
  if (record === undefined) return fenced(world, opened, id, claim)
  if (record.merchant !== merchant) return { put: [claim], result: answerFields('DECL-ORIG') }
  if (fields.amount !== undefined && fields.amount !== record.amount)
    return { put: [claim], result: answerFields('DECL-AMOUNT') }
  if (record.state === 'V_FAILED') return { put: [claim], result: said('OK', 'FAILED') }
  if (record.state === 'UNDONE' || record.state === 'FENCED')
    return { put: [claim], result: said('OK', 'REVERSED', true) }
  if (record.undoRefused !== undefined) return { put: [claim], result: said(record.undoRefused, 'VOIDED') }
  if (record.undo !== undefined) return { put: [claim], result: said('PENDING', 'PENDING', true) }
  if (clearingDayOf(now, world.profile.values.cutOff) !== record.clearingDay)
    return { put: [claim], result: said('DECL-WINDOW', VOID_SHOWN[record.state]) }
  const voided = record.state === 'VOIDED'
  const asked: Void = { ...record, undo: fields.reversal, ...(voided && { state: 'UNDOING' }) }
  return {
    put: [claim, voids.put(id, asked)],
    append: [{ item: id, kind: 'void', body: { state: asked.state, undo: fields.reversal } }],
    // A void that is still on its way comes to its own end first.
    ...(voided && { enqueue: [undoJob(world, id)] }),
    result: said('PENDING', 'PENDING'),
  }
}

/** The undoing came first: a void that arrives later finds that it may not begin. */
function fenced(
  world: SwitchWorld,
  opened: Opened<'reversal'>,
  id: string,
  claim: Put,
): Decision<Fields<'reversal.reply'>> {
  const { fields } = opened.message
  const { acquirer, merchant, order, orderTime, reversal } = fields
  const now = world.clock.wall()
  const record: Void = {
    acquirer,
    merchant,
    order,
    orderTime,
    of: '',
    amount: fields.amount ?? 0n,
    currency: fields.currency ?? '156',
    transaction: '',
    clearingDay: clearingDayOf(now, world.profile.values.cutOff),
    state: 'FENCED',
    said: { class: 'DECL-STATE' },
    undo: reversal,
    digest: contentDigest('reversal', fields),
  }
  return {
    put: [claim, voids.put(id, record, { expiresAt: now + world.profile.values.fenceLifeMs })],
    append: [{ item: id, kind: 'void', body: { state: 'FENCED' } }],
    result: {
      order,
      orderTime,
      merchant,
      state: 'REVERSED',
      ...answerFields(world.profile.flags.reversalOfMissing),
    },
  }
}

/** Sends the undoing until the institution has done it, or has refused it for good: then the void stands. */
export async function insistUndo(world: SwitchWorld, job: Job): Promise<void> {
  const { id } = job.body as { id: string }
  const record = voids.in(await world.store.read([voids.key(id)]), id)
  const purchase = record && purchases.in(await world.store.read([purchases.key(record.of)]), record.of)
  if (record?.state !== 'UNDOING' || purchase === undefined) return finish(world, job)
  const { acquirer, merchant, order, orderTime, transaction, clearingDay, undo = '' } = record
  const fields = {
    reversal: undo,
    acquirer,
    merchant,
    order,
    orderTime,
    transaction,
    clearingDay,
    about: 'void',
  }
  const reply = await call(
    world,
    'debit.reverse',
    purchase.institution,
    fields,
    world.profile.values.askWaitMs,
  )
  const done = reply.kind === 'answered' && (reply.class === 'OK' || reply.class.startsWith('DECL-'))
  if (!done) return again(world, job, reply.kind === 'answered' ? reply.class : reply.because)
  await world.store.change([voids.key(id), purchases.key(record.of)], (rows) =>
    undoEnded(world, rows, { id, kind: reply.class, job }),
  )
}

function undoEnded(world: SwitchWorld, rows: Rows, { id, kind, job }: Ended): Decision<undefined> {
  const now = voids.in(rows, id)
  const of = now === undefined ? undefined : purchases.in(rows, now.of)
  if (now?.state !== 'UNDOING' || of?.state !== 'VOIDED') return { finish: [job], result: undefined }
  if (kind !== 'OK') {
    const because = `the undoing of a void was refused: ${kind}`
    return {
      put: [voids.put(id, { ...now, state: 'VOIDED', undoRefused: kind })],
      append: [{ item: id, kind: 'case', body: { because } }],
      finish: [job],
      result: undefined,
    }
  }
  const ended: Void = { ...now, state: 'UNDONE' }
  return {
    put: [voids.put(id, ended), purchases.put(now.of, move(of, 'SUCCESS'))],
    ...finalOf(world, ended, 'void', 'REVERSED', 'OK', of),
    finish: [job],
    result: undefined,
  }
}
