// The money of a payment, leg by leg: taken at once, or tried, confirmed and released; given back whole or in parts.
// Pure: rows go in; what changes and what is posted comes out, for the one change that does it all.
import { creditLine, debitLine, type Line, post, type PostingEntry } from '../ledger/ledger.ts'
import type { Put, Rows } from '../store/store.ts'
import { balances, type Coupon, coupons, type Leg, packets } from './records.ts'

/** `lines` are one balanced entry; none when nothing moves. */
export type Moved = { readonly put: readonly Put[]; readonly lines: readonly Line[] }
export type Short = 'short'

const CLEARING = 'CLR'
const sum = (legs: readonly Leg[]): bigint => legs.reduce((total, { amount }) => total + amount, 0n)
/** Sources whose money lies in a guarded account and can be frozen; a coupon is locked, a card is asked. */
const isHeld = ({ source }: Leg): boolean => source === 'BALANCE' || source === 'PACKET'

/** Takes every leg at once: Dr sources / Cr CLR. */
export function taken(rows: Rows, user: string, legs: readonly Leg[], by: string): Moved | Short {
  const lines = [
    ...legs.map(({ account, amount }) => debitLine(account, amount)),
    creditLine(CLEARING, sum(legs)),
  ]
  return booked(rows, lines, [...spent(rows, legs), ...couponPuts(rows, legs, 'USED', by)], user)
}

/** Tries every leg: what can be frozen moves to FRZ, a coupon is locked. */
export function reserved(rows: Rows, user: string, legs: readonly Leg[], by: string): Moved | Short {
  const held = legs.filter(isHeld)
  const lines =
    held.length === 0
      ? []
      : [
          ...held.map(({ account, amount }) => debitLine(account, amount)),
          creditLine(`FRZ:${user}`, sum(held)),
        ]
  return booked(rows, lines, [...spent(rows, legs), ...couponPuts(rows, legs, 'LOCKED', by)], user)
}

/** Confirms what was tried: Dr FRZ, Dr CPN, Dr BNK / Cr CLR. */
export function confirmed(rows: Rows, user: string, legs: readonly Leg[], by: string): Moved {
  const held = legs.filter(isHeld)
  const lines = [
    ...(held.length === 0 ? [] : [debitLine(`FRZ:${user}`, sum(held))]),
    ...legs.filter((leg) => !isHeld(leg)).map(({ account, amount }) => debitLine(account, amount)),
    creditLine(CLEARING, sum(legs)),
  ]
  return certain(booked(rows, lines, couponPuts(rows, legs, 'USED', by), user))
}

/** Gives back what was tried and will not be taken. */
export function released(rows: Rows, user: string, legs: readonly Leg[]): Moved {
  const held = legs.filter(isHeld)
  const lines =
    held.length === 0
      ? []
      : [
          debitLine(`FRZ:${user}`, sum(held)),
          ...held.map(({ account, amount }) => creditLine(account, amount)),
        ]
  return certain(booked(rows, lines, [...regained(rows, legs), ...couponPuts(rows, legs, 'FREE')], user))
}

/** Gives parts of legs back to where they came from; `elsewhere` names another account for one that is dead. */
export function returnedTo(
  rows: Rows,
  user: string,
  legs: readonly Leg[],
  parts: readonly bigint[],
  elsewhere: (leg: Leg) => string | undefined = () => undefined,
): Moved {
  const back = legs
    .map((leg, index) => ({ ...leg, amount: parts[index] ?? 0n }))
    .filter(({ amount }) => amount > 0n)
  const lines = [
    debitLine(CLEARING, sum(back)),
    ...back.map((leg) => creditLine(elsewhere(leg) ?? leg.account, leg.amount)),
  ]
  return certain(booked(rows, lines, regained(rows, back), user))
}

/** Splits an amount over what is left of each leg, by largest remainder, earlier legs first; so parts are never
 *  negative, always add up, and end exactly at each leg's original (MKT-006, MKT-007, INV-07, INV-08). */
export function splitOver(legs: readonly Leg[], amount: bigint): readonly bigint[] {
  const left = legs.map((leg) => leg.amount - leg.returned)
  const whole = left.reduce((total, one) => total + one, 0n)
  if (amount > whole) throw new Error(`cannot split ${amount} over legs of which ${whole} is left`)
  if (whole === 0n) return left
  const parts = left.map((one) => (one * amount) / whole)
  let missing = amount - parts.reduce((total, one) => total + one, 0n)
  const byRemainder = left
    .map((one, index) => ({ index, rest: (one * amount) % whole }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))
  for (const { index } of byRemainder) {
    if (missing === 0n) break
    parts[index] = (parts[index] ?? 0n) + 1n
    missing -= 1n
  }
  return parts
}

export const withReturned = (legs: readonly Leg[], parts: readonly bigint[]): readonly Leg[] =>
  legs.map((leg, index) => ({ ...leg, returned: leg.returned + (parts[index] ?? 0n) }))

/** What the user paid with own money. */
export const paidBy = (legs: readonly Leg[]): bigint =>
  sum(legs.filter(({ source }) => source === 'BALANCE' || source === 'CARD'))

/** One coupon's next state; a used one that comes back is RETURNED, and a fresh one like it is given to the user. */
export function couponsBack(rows: Rows, legs: readonly Leg[]): Put[] {
  return legs.flatMap(({ source, ref = '' }) => {
    const coupon = source === 'COUPON' ? coupons.in(rows, ref) : undefined
    if (coupon === undefined || coupon.state !== 'USED') return []
    const fresh: Coupon = { ...withoutBy(coupon), id: freshId(ref), state: 'FREE' }
    return [coupons.put(ref, { ...coupon, state: 'RETURNED' }), coupons.put(fresh.id, fresh)]
  })
}
/** The coupon that stands for another that came back; every such step adds one letter, so none is ever used twice. */
export const freshId = (coupon: string): string => `${coupon}R`

const withoutBy = ({ by: _by, ...coupon }: Coupon): Coupon => coupon

function couponPuts(rows: Rows, legs: readonly Leg[], state: Coupon['state'], by?: string): Put[] {
  return legs.flatMap(({ source, ref = '' }) => {
    const coupon = source === 'COUPON' ? coupons.in(rows, ref) : undefined
    if (coupon === undefined) return []
    return [coupons.put(ref, { ...withoutBy(coupon), state, ...(by !== undefined && { by }) })]
  })
}

const spent = (rows: Rows, legs: readonly Leg[]): Put[] => packetPuts(rows, legs, -1n)
const regained = (rows: Rows, legs: readonly Leg[]): Put[] => packetPuts(rows, legs, 1n)

function packetPuts(rows: Rows, legs: readonly Leg[], sign: bigint): Put[] {
  return legs.flatMap(({ source, ref = '', amount }) => {
    const packet = source === 'PACKET' ? packets.in(rows, ref) : undefined
    return packet === undefined ? [] : [packets.put(ref, { ...packet, left: packet.left + sign * amount })]
  })
}

function booked(rows: Rows, lines: readonly Line[], put: readonly Put[], user: string): Moved | Short {
  const merged = mergedLines(lines)
  if (merged.length === 0) return { put, lines: [] }
  const guarded = merged.map(({ account }) => account).filter((account) => /^(USR|FRZ|RP):/.test(account))
  const before = new Map(guarded.map((account) => [account, balances.in(rows, account)?.amount ?? 0n]))
  const posted = post(before, { id: 'legs', currency: '156', lines: merged })
  if (posted.status === 'balance_short') return 'short'
  if (posted.status !== 'posted')
    throw new Error(`the legs of ${user} cannot be posted: ${posted.status} ${posted.account ?? ''}`)
  const after = guarded.map((account) =>
    balances.put(account, { amount: posted.balances.get(account) ?? 0n }),
  )
  return { put: [...put, ...after], lines: merged }
}

function certain(moved: Moved | Short): Moved {
  if (moved === 'short')
    throw new Error('what was taken or frozen cannot be given back: the book is not whole')
  return moved
}

/** One line per account and side: two packets of one pool are one debit of it. */
function mergedLines(lines: readonly Line[]): readonly Line[] {
  const merged = new Map<string, Line>()
  for (const line of lines) {
    const key = `${line.side} ${line.account}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? line : { ...known, amount: known.amount + line.amount })
  }
  return [...merged.values()].filter(({ amount }) => amount > 0n)
}

/** A journalled entry's body, where anything was posted. */
export function entryOf(id: string, currency: string, { lines }: Moved): PostingEntry | undefined {
  return lines.length === 0 ? undefined : { id, currency, lines }
}
