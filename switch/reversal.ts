// The acquirer's reversal: for an outcome it does not know. Where nothing exists, the fence is written; where the
// institution may have debited, it is told to take it back until it says that it has.
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Decision, Put, Rows } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  contentDigest,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { itemKey, move, nonces, type Purchase, purchases } from './records.ts'
import { undoVoid } from './void.ts'
import type { SwitchWorld } from './world.ts'

type Reply = Fields<'reversal.reply'>

export async function reversal(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'reversal', async (opened) => {
    if (opened.message.fields.about === 'void') return undoVoid(world, opened)
    const id = itemKey(opened.message.fields)
    return world.store.change([nonces.key(nonceId(opened)), purchases.key(id)], (rows) =>
      decide(world, opened, id, rows),
    )
  })
}

function decide(world: SwitchWorld, opened: Opened<'reversal'>, id: string, rows: Rows): Decision<Reply> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (fields.acquirer !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const purchase = purchases.in(rows, id)
  if (purchase === undefined) return fence(world, opened, id, claim)
  const refusal = refusalOf(world, fields, purchase, now)
  if (refusal !== undefined) return { put: [claim], result: told(fields, refusal, purchase.state) }
  if (purchase.state === 'FENCED' || purchase.state === 'REVERSED')
    return { put: [claim], result: told(fields, 'OK', purchase.state, true) }
  if (purchase.state === 'FAILED') return { put: [claim], result: told(fields, 'OK', 'FAILED') }
  if (purchase.state === 'REVERSING')
    return { put: [claim], result: told(fields, 'PENDING', 'REVERSING', true) }
  return {
    ...reversing(world, id, purchase, fields.reversal, [claim]),
    result: told(fields, 'PENDING', 'REVERSING'),
  }
}

/** From here on the purchase can only end REVERSED; the job insists until the institution has said so. */
export function reversing(
  world: SwitchWorld,
  id: string,
  purchase: Purchase,
  reversal: string,
  claims: readonly Put[],
): Omit<Decision<undefined>, 'result'> {
  const now = world.clock.wall()
  const day = clearingDayOf(now, world.profile.values.cutOff)
  return {
    put: [...claims, purchases.put(id, move(purchase, 'REVERSING', { reversal, reversalDay: day }))],
    append: [{ item: id, kind: 'purchase', body: { state: 'REVERSING', reversal } }],
    cancel: [`resolve:${id}`],
    enqueue: [{ id: `reverse:${id}`, kind: 'reverse', dueAt: now, body: { id, attempt: 0 } }],
  }
}

function refusalOf(
  world: SwitchWorld,
  fields: Fields<'reversal'>,
  purchase: Purchase,
  now: number,
): AnswerClass | undefined {
  if (purchase.state === 'FENCED') return undefined
  if (purchase.merchant !== fields.merchant) return 'DECL-ORIG'
  if (purchase.state === 'PART_REFUNDED' || purchase.state === 'REFUNDED' || purchase.refunding > 0n)
    return 'DECL-STATE'
  if (purchase.state === 'VOIDED' || purchase.voiding !== undefined) return 'DECL-STATE'
  if (
    purchase.state === 'SUCCESS' &&
    clearingDayOf(now, world.profile.values.cutOff) !== purchase.clearingDay
  )
    return 'DECL-WINDOW'
  if (fields.currency !== undefined && fields.currency !== purchase.currency) return 'DECL-CURR'
  if (fields.amount !== undefined && fields.amount !== purchase.amount) return 'DECL-AMOUNT'
  return undefined
}

function fence(world: SwitchWorld, opened: Opened<'reversal'>, id: string, claim: Put): Decision<Reply> {
  const { fields } = opened.message
  const now = world.clock.wall()
  const { acquirer, merchant, order, orderTime, reversal } = fields
  const record: Purchase = {
    acquirer,
    merchant,
    order,
    orderTime,
    reversal,
    merchantName: '',
    merchantCategory: '',
    amount: 0n,
    currency: fields.currency ?? '156',
    code: '',
    token: '',
    institution: '',
    transaction: '',
    clearingDay: clearingDayOf(now, world.profile.values.cutOff),
    state: 'FENCED',
    said: { class: 'DECL-STATE' },
    refunded: 0n,
    refunding: 0n,
    refunds: [],
    at: now,
    digest: contentDigest('reversal', fields),
  }
  return {
    put: [claim, purchases.put(id, record, { expiresAt: now + world.profile.values.fenceLifeMs })],
    append: [{ item: id, kind: 'purchase', body: { state: 'FENCED' } }],
    result: told(fields, world.profile.flags.reversalOfMissing, 'FENCED'),
  }
}

function told(
  { order, orderTime, merchant }: Fields<'reversal'>,
  what: AnswerClass,
  state: string,
  repeated = false,
): Reply {
  return { order, orderTime, merchant, state, ...answerFields(what, { repeated }) }
}
