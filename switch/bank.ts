// Between a wallet and a bank there is always the switch (断直联): what the wallet asks goes on under the same attempt, what
// the bank says comes back as it was said, and what the bank does not say stays unknown. An attempt belongs to the
// institution that used it first, and everything about it is in the journal.
import { kind, type Put, type Rows } from '../store/store.ts'
import {
  type Answered,
  answer,
  type AnswerClass,
  answerFields,
  call,
  classRow,
  contentDigest,
  type Fields,
  type Opened,
  type PartyId,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { handedKey, hasControlDigits, strangeDigits } from './control-digits.ts'
import { nonces } from './records.ts'
import type { SwitchWorld } from './world.ts'

export type CardOrder = {
  readonly institution: PartyId
  readonly what: string
  readonly bank: PartyId
  readonly digest: string
}
export const cardOrders = kind<CardOrder>('card-order')

type Reply = Fields<'card.debit.reply'>
type CardType = 'card.debit' | 'card.payout' | 'card.refund' | 'card.reverse' | 'card.query'
type CardStory = (world: SwitchWorld, sealed: Sealed) => Promise<Sealed | Turned>

/** Each as the bank knows it. A reversal and a query are about an attempt, and are none by themselves. */
export const CARD_STORIES: Readonly<Record<string, CardStory>> = {
  'card.sign': signCard,
  'card.debit': (world, sealed) =>
    answer(world, sealed, 'card.debit', (opened) =>
      forwarded(world, opened, (to, wait) =>
        call<'bank.debit'>(world, 'bank.debit', to, opened.message.fields, wait),
      ),
    ),
  'card.payout': (world, sealed) =>
    answer(world, sealed, 'card.payout', (opened) =>
      forwarded(world, opened, (to, wait) =>
        call<'bank.payout'>(world, 'bank.payout', to, opened.message.fields, wait),
      ),
    ),
  'card.refund': (world, sealed) =>
    answer(world, sealed, 'card.refund', (opened) =>
      forwarded(world, opened, (to, wait) =>
        call<'bank.refund'>(world, 'bank.refund', to, opened.message.fields, wait),
      ),
    ),
  'card.reverse': (world, sealed) =>
    answer(world, sealed, 'card.reverse', (opened) =>
      forwarded(world, opened, (to, wait) =>
        call<'bank.reverse'>(world, 'bank.reverse', to, opened.message.fields, wait),
      ),
    ),
  'card.query': (world, sealed) =>
    answer(world, sealed, 'card.query', (opened) =>
      forwarded(world, opened, (to, wait) =>
        call<'bank.query'>(world, 'bank.query', to, opened.message.fields, wait),
      ),
    ),
}

type Asking = (to: PartyId, wait: number) => Promise<Answered<'bank.debit'> | Answered<'bank.query'>>

async function forwarded(world: SwitchWorld, opened: Opened<CardType>, ask: Asking): Promise<Reply> {
  const { attempt, bank } = opened.message.fields
  const refusal = await admitted(world, opened)
  if (refusal !== undefined) return { ...answerFields(refusal), attempt }
  const wait = world.profile.values.askWaitMs - BANK_MARGIN_MS
  const reply = await ask(bank, wait)
  const said = wordOf(reply)
  await world.store.change<void>([], () => ({
    append: [{ item: attempt, kind: 'card', body: { type: opened.message.type, said } }],
    result: undefined,
  }))
  if (reply.kind !== 'answered') return { ...answerFields('PENDING', { detail: reply.because }), attempt }
  const { state, amount, currency } = reply.fields
  return {
    ...answerFields(said, { repeated: reply.repeated }),
    attempt,
    ...(state !== undefined && { state }),
    ...(amount !== undefined && { amount }),
    ...(currency !== undefined && { currency }),
  }
}

/** The wallet hears that nothing is known while it still listens. */
const BANK_MARGIN_MS = 500

/** A bank that could not read or route the message has done nothing for certain only when it says so. */
function wordOf(reply: Answered<'bank.debit'> | Answered<'bank.query'>): AnswerClass {
  if (reply.kind !== 'answered') return 'PENDING'
  return classRow(reply.class).definite || reply.class === 'NOT_FOUND' ? reply.class : 'PENDING'
}

async function admitted(world: SwitchWorld, opened: Opened<CardType>): Promise<AnswerClass | undefined> {
  const { attempt, bank } = opened.message.fields
  const { type, fields } = opened.message
  if (world.directory.party(bank)?.role !== 'bank') return 'REJ-ROUTE'
  const about = type === 'card.reverse' || type === 'card.query'
  const keys = [nonces.key(nonceId(opened)), cardOrders.key(attempt), handedKey(opened.from, attempt)]
  return world.store.change<AnswerClass | undefined>(keys, (rows) => {
    if (nonceSeen(rows, opened)) return { result: 'REJ-REPLAY' }
    const claim = nonceClaim(opened, world.profile, world.clock.wall())
    const numbered = world.profile.network === 'netsunion'
    if (numbered && !hasControlDigits(attempt)) return { put: [claim], result: 'REJ-FORMAT' }
    const known = cardOrders.in(rows, attempt)
    const digest = about ? '' : contentDigest(type as 'card.debit', fields as Fields<'card.debit'>)
    const refusal = refusalOf(known, opened.from, about, digest)
    if (refusal !== undefined) return { put: [claim], result: refusal }
    const order: CardOrder = { institution: opened.from, what: type, bank, digest }
    return {
      put: [claim, ...kept(rows, attempt, order, about)],
      append: [
        { item: attempt, kind: 'card', body: { type, from: opened.from, to: bank } },
        ...(numbered ? strangeDigits(rows, opened.from, attempt) : []),
      ],
      result: undefined,
    }
  })
}

function refusalOf(
  known: CardOrder | undefined,
  from: PartyId,
  about: boolean,
  digest: string,
): AnswerClass | undefined {
  if (known === undefined) return undefined
  // Another institution's attempt looks exactly like one that does not exist.
  if (known.institution !== from) return about ? 'NOT_FOUND' : 'REJ-CONFLICT'
  return about || known.digest === '' || known.digest === digest ? undefined : 'REJ-CONFLICT'
}

/** A reversal that comes before its debit keeps the place of the attempt: who asked is known when the bank tells. */
function kept(rows: Rows, attempt: string, order: CardOrder, about: boolean): Put[] {
  const known = cardOrders.in(rows, attempt)
  if (known !== undefined && (about || known.digest !== '')) return []
  return order.what === 'card.query' ? [] : [cardOrders.put(attempt, order)]
}

async function signCard(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'card.sign', async (opened) => {
    const { fields } = opened.message
    if (world.directory.party(fields.bank)?.role !== 'bank') return answerFields('REJ-ROUTE')
    const fresh = await world.store.change<boolean>([nonces.key(nonceId(opened))], (rows) => ({
      put: nonceSeen(rows, opened) ? [] : [nonceClaim(opened, world.profile, world.clock.wall())],
      append: [{ item: fields.agreement, kind: 'card', body: { type: 'card.sign', from: opened.from } }],
      result: !nonceSeen(rows, opened),
    }))
    if (!fresh) return answerFields('REJ-REPLAY')
    const wait = world.profile.values.askWaitMs - BANK_MARGIN_MS
    const reply = await call<'bank.sign'>(world, 'bank.sign', fields.bank, fields, wait)
    if (reply.kind !== 'answered') return answerFields('PENDING', { detail: reply.because })
    const { card, cardKind } = reply.fields
    return {
      ...answerFields(reply.class, { repeated: reply.repeated }),
      ...(card !== undefined && { card }),
      ...(cardKind !== undefined && { cardKind }),
    }
  })
}
