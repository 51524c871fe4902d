// Items as the state machine knows them: what was asked about each payment and answered, and words for reading that.
import type { AnswerClass } from '../wire/wire.ts'
import { type Exchange, keyOf, legsTold, minor, text } from './exchanges.ts'

export type Item = {
  readonly key: string
  readonly own: Exchange[]
  readonly undone: Exchange[]
  readonly refunds: Exchange[]
  /** Voids of it, and what undid one of them. */
  readonly voids: Exchange[]
  readonly unvoids: Exchange[]
}
export type Items = ReadonlyMap<string, Item>

export function itemsOf(exchanges: readonly Exchange[]): Items {
  const items = new Map<string, Item>()
  const of = (key: string): Item => {
    const item = items.get(key) ?? { key, own: [], undone: [], refunds: [], voids: [], unvoids: [] }
    items.set(key, item)
    return item
  }
  const voided = new Map<string, string>()
  for (const exchange of exchanges) {
    const { type, asked } = exchange
    if (type === 'debit.void') {
      voided.set(keyOf(asked), keyOf(asked, 'orig'))
      of(keyOf(asked, 'orig')).voids.push(exchange)
    } else if (type === 'debit.reverse' && text(asked, 'about') === 'void') {
      const original = voided.get(keyOf(asked))
      if (original !== undefined) of(original).unvoids.push(exchange)
      continue
    }
    if (type === 'debit') of(keyOf(asked)).own.push(exchange)
    else if (type === 'debit.reverse') of(keyOf(asked)).undone.push(exchange)
    else if (type === 'credit') of(keyOf(asked, 'orig')).refunds.push(exchange)
  }
  return items
}

const refused = (answer: AnswerClass): boolean => answer.startsWith('REJ-')
export const definite = ({ answer }: Exchange): boolean =>
  answer !== undefined && !refused(answer) && answer !== 'PENDING' && answer !== 'NOT_FOUND'
export const approved = ({ answer }: Exchange): boolean => answer === 'OK'
/** A reversal that left a fence; where nothing was known of the original, either class may say so (REV-002). */
export const fencing = ({ answer, said }: Exchange): boolean =>
  (answer === 'OK' || answer === 'DECL-ORIG') && text(said, 'state') === 'FENCED'
/** Neither done nor refused as far as was seen. */
export const open = ({ answer }: Exchange): boolean => answer === undefined || answer === 'PENDING'
export const numbers = (exchanges: readonly Exchange[]): number[] =>
  exchanges.flatMap(({ request, reply }) => (reply === undefined ? [request] : [request, reply]))
export const contentOf = ({ asked }: Exchange): string =>
  JSON.stringify(
    Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  )
export const before = (a: Exchange, b: Exchange): boolean => a.reply !== undefined && a.reply < b.request

export function grouped<T>(all: readonly T[], by: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) groups.set(by(one), [...(groups.get(by(one)) ?? []), one])
  return groups
}

export const allOf = ({ own, undone, refunds, voids, unvoids }: Item): readonly Exchange[] => [
  ...own,
  ...undone,
  ...refunds,
  ...voids,
  ...unvoids,
]

/** Whether the payment is voided as things stand after these answers: voids that were not undone. */
export function isVoided({ voids, unvoids }: Item, counts: (one: Exchange) => boolean): boolean {
  const done = new Set(voids.filter((one) => counts(one) && approved(one)).map((one) => keyOf(one.asked)))
  const undone = new Set(
    unvoids
      .filter((one) => counts(one) && approved(one) && text(one.said, 'state') === 'SUCCESS')
      .map((one) => keyOf(one.asked)),
  )
  return [...done].some((key) => !undone.has(key))
}

/** What of an amount is the user's own balance. */
export function cashOf(one: Exchange): bigint {
  const legs = legsTold(one)
  if (legs === undefined) return minor(one.asked, 'amount') ?? 0n
  return legs.reduce((sum, leg) => (leg.source === 'BALANCE' ? sum + leg.amount : sum), 0n)
}
