// What a tape calls things, and what they are called now: tokens, payment codes, message ids and nonces are given anew in
// every run, and stand wherever the old ones stood. Before a subject that keeps what it has, orders and users are new too.
import { sm3, toHex, utf8 } from '../crypto/crypto.ts'
import {
  beijingDay,
  beijingTime,
  type Field,
  MESSAGES,
  type MessageType,
  readBeijingTime,
} from '../wire/wire.ts'

type Loose = Readonly<Record<string, unknown>>

export type TapeNames = {
  /** From now on the one stands for the other. */
  learn(old: string, now: string): void
  knows(old: string): boolean
  of(old: string): string
  /** A number of the network, such as a token: the same length and the same first two digits. */
  freshDigits(old: string): string
  /** A user's name where it is created. */
  user(old: string): string
  fields(type: MessageType, fields: Loose): Loose
  /** Wherever it stands in a body of JSON. */
  anywhere(value: unknown): unknown
  path(path: string): string
  /** An account of the ledger, such as USR:alice. */
  account(account: string): string
  instant(at: number): number
}

export type NamesOptions = {
  readonly random: (length: number) => Uint8Array
  /** How much later than on the tape everything happens now. */
  readonly shiftMs: number
  /** Where the tape begins: whole days are counted from here. */
  readonly start: number
  /** Part of every name that must not have been used before; without it names stay. */
  readonly tag?: string
}

/** Fields that name a business item; whoever keeps what it has must not have heard of them. */
const ITEMS: ReadonlySet<string> = new Set([
  'order',
  'origOrder',
  'transaction',
  'origTransaction',
  'reversal',
  'notice',
])
const DAY_MS = 24 * 3600 * 1000

export function tapeNames({ random, shiftMs, start, tag }: NamesOptions): TapeNames {
  const table = new Map<string, string>()
  const of = (old: string): string => table.get(old) ?? old
  const learn = (old: string, now: string): void => void table.set(old, now)
  const named = (old: string, make: (digest: string) => string): string => {
    if (tag === undefined) return of(old)
    const known = table.get(old)
    if (known !== undefined) return known
    const made = make(toHex(sm3(utf8(`${tag} ${old}`))))
    learn(old, made)
    return made
  }
  const shiftedTime = (text: string): string => {
    const at = readBeijingTime(text)
    return at === undefined || shiftMs === 0 ? text : beijingTime(at + shiftMs)
  }
  const days = (midnightOf(beijingDay(start + shiftMs)) - midnightOf(beijingDay(start))) / DAY_MS
  const shiftedDay = (text: string): string => {
    const at = readBeijingTime(`${text}000000`)
    return at === undefined || days === 0 ? text : beijingDay(at + days * DAY_MS)
  }
  const value = (field: Field | undefined, name: string, text: string): string => {
    if (field?.format === 'time') return shiftedTime(text)
    if (field?.format === 'day') return shiftedDay(text)
    if (!ITEMS.has(name)) return of(text)
    return named(text, (digest) =>
      field?.format === 'digits' ? itemNumber(text, digest) : itemName(tag, digest),
    )
  }
  const row = (fields: readonly Field[], content: Loose): Loose =>
    Object.fromEntries(
      Object.entries(content).map(([name, inner]) => {
        const field = fields.find((one) => one.name === name)
        if (Array.isArray(inner)) return [name, inner.map((one) => row(field?.of ?? [], one as Loose))]
        return [name, typeof inner === 'string' ? value(field, name, inner) : inner]
      }),
    )
  const anywhere = (body: unknown): unknown => {
    if (typeof body === 'string') return of(body)
    if (Array.isArray(body)) return body.map(anywhere)
    if (typeof body !== 'object' || body === null) return body
    return Object.fromEntries(Object.entries(body).map(([name, inner]) => [name, anywhere(inner)]))
  }
  return {
    learn,
    knows: (old) => table.has(old),
    of,
    freshDigits: (old) => {
      const known = table.get(old)
      if (known !== undefined) return known
      const fresh = old.slice(0, 2) + digits(random, old.length - 2)
      learn(old, fresh)
      return fresh
    },
    user: (old) => named(old, (digest) => `${tag ?? ''}-${digest.slice(0, 16)}`),
    fields: (type, fields) => row(MESSAGES[type], fields),
    anywhere,
    path: (path) =>
      path
        .split('/')
        .map((part) => encodeURIComponent(of(plain(part))))
        .join('/'),
    account: (account) => account.split(':').map(of).join(':'),
    instant: (at) => at + shiftMs,
  }
}

function midnightOf(day: string): number {
  return readBeijingTime(`${day}000000`) ?? 0
}

/** 20 digits that begin with a day: the day stays, the number is new. */
const itemNumber = (old: string, digest: string): string =>
  old.slice(0, 8) +
  String(BigInt(`0x${digest.slice(0, 24)}`))
    .padStart(32, '0')
    .slice(-(old.length - 8))

const itemName = (tag: string | undefined, digest: string): string => `${tag ?? ''}${digest.slice(0, 20)}`

function plain(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function digits(random: (length: number) => Uint8Array, length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}
