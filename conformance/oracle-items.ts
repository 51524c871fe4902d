// Items as the state machine knows them: what was asked about each payment and answered, and words for reading that.
import type { AnswerClass } from '../wire/wire.ts'
import { type Exchange, keyOf } from './exchanges.ts'

export type Item = {
  readonly key: string
  readonly own: Exchange[]
  readonly undone: Exchange[]
  readonly refunds: Exchange[]
}
export type Items = ReadonlyMap<string, Item>

export function itemsOf(exchanges: readonly Exchange[]): Items {
  const items = new Map<string, Item>()
  const of = (key: string): Item => {
    const item = items.get(key) ?? { key, own: [], undone: [], refunds: [] }
    items.set(key, item)
    return item
  }
  for (const exchange of exchanges) {
    const { type, asked } = exchange
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
