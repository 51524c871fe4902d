// Binding a card: the bank is asked who its holder is, through the switch (BNK-011), and gives an agreement number; the
// wallet keeps that and never the card's own number. The caller's own id makes a repeat the same binding.
import { call, contentDigest } from '../wire/wire.ts'
import { attemptOf, type Card, cards, CARDS_OF_USER } from './card-records.ts'
import { numberOf } from './control-digits.ts'
import { users } from './records.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type NewCard = {
  readonly request: string
  readonly bank: string
  readonly cardNumber: string
  readonly holderName: string
  readonly idNumber: string
  readonly phone: string
}
const refused = (because: string) => ({ kind: 'refused', because }) as const
const done = <T>(value: T) => ({ kind: 'done', value }) as const
export const CONFLICT = 'this request id was used before with other content'

export async function bindCard(
  world: InstitutionWorld,
  user: string,
  about: NewCard,
): Promise<Outcome<Card>> {
  const { request, ...elements } = about
  const id = `${user}.${request}`
  const digest = contentDigest('card.sign', { ...elements, agreement: request })
  const rows = await world.store.read([users.key(user), cards.key(id)])
  const known = cards.in(rows, id)
  if (known !== undefined) return known.digest === digest ? done(known) : refused(CONFLICT)
  if (users.in(rows, user)?.status !== 'active')
    return refused(`user ${user} does not exist or is not active`)
  const agreement = await numberOf(world, attemptOf(world.me, 'money', `sign ${id}`))
  if (agreement === undefined) return refused('the network gave no control digits; ask again')
  const reply = await call(
    world,
    'card.sign',
    world.switchId,
    { agreement, ...elements },
    world.profile.values.askWaitMs,
  )
  if (reply.kind !== 'answered') return refused(`the bank did not answer (${reply.because}); ask again`)
  if (reply.class !== 'OK' || reply.fields.card === undefined)
    return refused(`the bank refused: ${reply.class} ${reply.fields.because}`)
  const { card, cardKind } = reply.fields
  const bound: Card = {
    id,
    user,
    bank: elements.bank,
    card,
    tail: elements.cardNumber.slice(-4),
    state: 'BOUND',
    digest,
    ...((cardKind === 'DEBIT' || cardKind === 'CREDIT') && { kind: cardKind }),
  }
  return world.store.change<Outcome<Card>>([users.key(user), cards.key(id)], (now) => {
    const before = cards.in(now, id)
    if (before !== undefined) return { result: before.digest === digest ? done(before) : refused(CONFLICT) }
    if (users.in(now, user)?.status !== 'active') return { result: refused(`user ${user} is not active`) }
    return {
      put: [cards.put(id, bound, { indexed: { [CARDS_OF_USER]: `${user}.${id}` } })],
      append: [{ item: id, kind: 'card', body: { state: 'BOUND', bank: bound.bank } }],
      result: done(bound),
    }
  })
}

/** The card pays nothing more; what goes back to it still does (BNK-008). */
export async function unbindCard(world: InstitutionWorld, user: string, id: string): Promise<Outcome<Card>> {
  return world.store.change<Outcome<Card>>([cards.key(id)], (rows) => {
    const card = cards.in(rows, id)
    if (card === undefined || card.user !== user)
      return { result: refused('there is no such card of this user') }
    const unbound: Card = { ...card, state: 'UNBOUND' }
    return {
      put: [cards.put(id, unbound, { indexed: { [CARDS_OF_USER]: `${user}.${id}` } })],
      append: card.state === 'BOUND' ? [{ item: id, kind: 'card', body: { state: 'UNBOUND' } }] : [],
      result: done(unbound),
    }
  })
}

const CARDS_MOST = 100

export async function cardsOf({ store }: InstitutionWorld, user: string): Promise<readonly Card[]> {
  const found = await store.scan(CARDS_OF_USER, `${user}.`, `${user}/`, CARDS_MOST)
  return found.map(({ value }) => value as Card)
}
