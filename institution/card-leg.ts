// A card as a source of a payment. Whether it may be used is judged before anybody asks the bank; a second card is never
// tried in the place of one that did not pay (BNK-005).
import type { DeclineClass, Profile } from '../wire/wire.ts'
import { type Card, receivable } from './card-records.ts'
import type { Leg } from './records.ts'

type Shop = { readonly merchantCategory?: string }

export function cardLeg(
  profile: Profile,
  card: Card | undefined,
  user: string,
  amount: bigint,
  { merchantCategory = '' }: Shop,
): Leg | DeclineClass {
  if (card === undefined || card.user !== user || card.state !== 'BOUND') return 'DECL-FUNDTYPE'
  if (card.kind === undefined) return 'DECL-FUNDTYPE'
  const barred: readonly string[] = profile.values.creditBarredCategories
  if (card.kind === 'CREDIT' && barred.includes(merchantCategory)) return 'DECL-FUNDTYPE'
  return { source: 'CARD', account: receivable(card.bank), amount, returned: 0n, ref: card.id }
}

/** Whether somebody else has to be asked before the money is there. */
export const isRemote = (legs: readonly Leg[]): boolean =>
  legs.some(({ source }) => source === 'CARD' || source === 'NETWORK')
export const cardOf = (legs: readonly Leg[]): Leg | undefined => legs.find(({ source }) => source === 'CARD')
