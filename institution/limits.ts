// What a user may spend: per payment, day and year as set for the account; per day by class of code and per year or
// lifetime by tier for the person, over all accounts. Usage is a guarded sum, read and written in the change that decides
// the payment, so two payments at once cannot pass it together (LIM-001, LIM-002, LIM-005).
import type { Key, Put, Rows } from '../store/store.ts'
import { kind } from '../store/store.ts'
import { beijingDay, type DeclineClass, type Profile } from '../wire/wire.ts'
import { paidBy } from './legs.ts'
import { type Leg, type Payment, type User, users } from './records.ts'

export type AccountLimits = {
  readonly perPayment?: bigint
  readonly perDay?: bigint
  readonly perYear?: bigint
  /** What was agreed with the user for payments that the phone signs (class A). */
  readonly signedPerDay?: bigint
}
export const accountLimits = kind<AccountLimits>('limits')

/** A sum within the day or year that it is named after; of an earlier one nothing needs to be known any more. */
type Sum = { readonly of: string; readonly amount: bigint }
/** Payments of one minute: how many, and how much. */
type Minute = { readonly minute: number; readonly count: number; readonly amount: bigint }
export type AccountUsage = { readonly day: Sum; readonly year: Sum; readonly pace: readonly Minute[] }
const accountUsage = kind<AccountUsage>('account-usage')

/** A: the phone signed. B: the password was given. C: neither. D: a printed code, whatever else was done (LIM-003). */
export type CodeClass = 'A' | 'B' | 'C' | 'D'
type ByClass = { readonly of: string } & Readonly<Record<CodeClass, bigint>>
/** Payments from balances in a lifetime and a year, payments by code in a day. */
export type PersonUsage = { readonly life: bigint; readonly year: Sum; readonly codes: ByClass }
const personUsage = kind<PersonUsage>('person-usage')

const PACE_MINUTES = 60
const NOTHING: Sum = { of: '', amount: 0n }
const NO_ACCOUNT_USAGE: AccountUsage = { day: NOTHING, year: NOTHING, pace: [] }
const NO_CODES: ByClass = { of: '', A: 0n, B: 0n, C: 0n, D: 0n }
const NO_PERSON_USAGE: PersonUsage = { life: 0n, year: NOTHING, codes: NO_CODES }

/** A payment as far as limits look at it. */
export type Spending = Pick<Payment, 'user' | 'amount' | 'at'> &
  Partial<Pick<Payment, 'scene' | 'verified' | 'signed' | 'staticCode'>>

export const limitKeys = ({ user, person }: { user: string; person: string }): Key[] =>
  user === '' ? [] : [accountLimits.key(user), accountUsage.key(user), personUsage.key(person)]

export const usageKeys = ({ id, person }: Pick<User, 'id' | 'person'>): Key[] => [
  accountUsage.key(id),
  personUsage.key(person),
]

/** What counts at `at`, window by window. */
export function shownUsage(rows: Rows, user: User, at: number): Readonly<Record<string, bigint>> {
  const { account, person } = usageOf(rows, user)
  const [day, year] = [dayOf(at), yearOf(at)]
  return {
    day: within(account.day, day),
    year: within(account.year, year),
    personLife: person.life,
    personYear: within(person.year, year),
    classA: classSum(person.codes, day, 'A'),
    classB: classSum(person.codes, day, 'B'),
    classC: classSum(person.codes, day, 'C'),
    classD: classSum(person.codes, day, 'D'),
  }
}

const usageOf = (rows: Rows, { id, person }: Pick<User, 'id' | 'person'>) => ({
  account: accountUsage.in(rows, id) ?? NO_ACCOUNT_USAGE,
  person: personUsage.in(rows, person) ?? NO_PERSON_USAGE,
})

/** The calendar day in Beijing, which is not the clearing day (LIM-009). */
const dayOf = (at: number): string => beijingDay(at)
const yearOf = (at: number): string => beijingDay(at).slice(0, 4)
/** What was spent in the window that `of` names; a window that has not begun holds nothing. */
const within = (sum: Sum, of: string): bigint => (sum.of === of ? sum.amount : 0n)
const classSum = (codes: ByClass, day: string, name: CodeClass): bigint =>
  codes.of === day ? codes[name] : 0n

function codeClassOf({ scene, verified, signed, staticCode }: Spending): CodeClass | undefined {
  if (scene === undefined || scene === 'ONLINE') return undefined
  if (staticCode === true) return 'D'
  if (verified !== true) return 'C'
  return signed === true ? 'A' : 'B'
}

/** The first limit of the account, or cap of the code's class, that the payment does not fit under. */
export function limitRefusal(
  profile: Profile,
  rows: Rows,
  user: User,
  spending: Spending,
): DeclineClass | undefined {
  const { perPayment, perDay, perYear } = accountLimits.in(rows, user.id) ?? {}
  const { account, person } = usageOf(rows, user)
  const { amount, at } = spending
  if (perPayment !== undefined && amount > perPayment) return 'DECL-LIMIT'
  if (perDay !== undefined && within(account.day, dayOf(at)) + amount > perDay) return 'DECL-LIMIT'
  if (perYear !== undefined && within(account.year, yearOf(at)) + amount > perYear) return 'DECL-LIMIT'
  const name = codeClassOf(spending)
  if (name === undefined) return undefined
  // Without a password the user can still be asked for one, and for the phone's signature; what neither could cover is
  // refused at once.
  const reachable: readonly CodeClass[] = name === 'C' ? ['C', 'B', 'A'] : [name]
  const fits = (one: CodeClass): boolean =>
    classSum(person.codes, dayOf(at), one) + amount <= capOf(profile, rows, user, one)
  return reachable.some(fits) ? undefined : 'DECL-LIMIT'
}

function capOf(profile: Profile, rows: Rows, user: User, name: CodeClass): bigint {
  if (name === 'A') return accountLimits.in(rows, user.id)?.signedPerDay ?? 0n
  return profile.values.codeDayMinor[name]
}

/** The tier's cap on what a person pays from balances, over all accounts; other sources do not count (LIM-007). */
export function tierRefusal(
  profile: Profile,
  rows: Rows,
  user: User,
  at: number,
  legs: readonly Leg[],
): DeclineClass | undefined {
  const amount = fromBalance(legs)
  if (amount === 0n) return undefined
  const { life, year } = usageOf(rows, user).person
  const spent = user.tier === 1 ? life : within(year, yearOf(at))
  return spent + amount > profile.values.tierCapMinor[user.tier] ? 'DECL-TIER' : undefined
}

const fromBalance = (
  legs: readonly Leg[],
  parts: readonly bigint[] = legs.map(({ amount }) => amount),
): bigint =>
  legs.reduce((sum, leg, index) => (leg.source === 'BALANCE' ? sum + (parts[index] ?? 0n) : sum), 0n)

/** Whether the user must give the password first: above what goes without, at once or within the day (LIM-014). */
export function asksUser(profile: Profile, rows: Rows, user: User, spending: Spending): boolean {
  const { amount, at } = spending
  const { pinFreeMaxMinor, pinFreeDayMinor, codeDayMinor } = profile.values
  if (amount > pinFreeMaxMinor) return true
  if (codeClassOf(spending) !== 'C') return false
  const most = pinFreeDayMinor < codeDayMinor.C ? pinFreeDayMinor : codeDayMinor.C
  return classSum(usageOf(rows, user).person.codes, dayOf(at), 'C') + amount > most
}

/** How many payments, and how much, in the minutes before `at`. */
export function paceOf(
  rows: Rows,
  user: string,
  at: number,
  minutes: number,
): { count: number; amount: bigint } {
  const after = minuteOf(at) - minutes
  const recent = (accountUsage.in(rows, user)?.pace ?? []).filter(({ minute }) => minute > after)
  return {
    count: recent.reduce((sum, { count }) => sum + count, 0),
    amount: recent.reduce((sum, { amount }) => sum + amount, 0n),
  }
}
const minuteOf = (at: number): number => Math.floor(at / 60_000)

/** The usage of a payment that succeeds at once, or is tried: what its user pays, without coupons and red packets
 *  (MKT-020). */
export function counted(rows: Rows, spending: Spending, legs: readonly Leg[]): Put[] {
  const user = users.in(rows, spending.user)
  if (user === undefined) return []
  const moved = shifted(rows, user, spending, paidBy(legs), fromBalance(legs))
  const pace = paced(moved.account.pace, spending)
  return [accountUsage.put(user.id, { ...moved.account, pace }), personUsage.put(user.person, moved.person)]
}

/** Usage given back when a payment is reversed, voided, or comes to nothing after its try: once, in the windows where it was counted (REV-018). What comes
 *  home to a window that is over changes nothing. */
export const uncounted = (rows: Rows, spending: Spending, legs: readonly Leg[]): Put[] =>
  givenBack(rows, spending, paidBy(legs), fromBalance(legs))

/** The same for the parts of a refund, where the profile says so; whatever the source (LIM-010). */
export function uncountedRefund(
  { flags }: Profile,
  rows: Rows,
  spending: Spending,
  legs: readonly Leg[],
  parts: readonly bigint[],
): Put[] {
  if (flags.limitOnRefund === 'kept') return []
  const whole = paidBy(legs.map((leg, index) => ({ ...leg, amount: parts[index] ?? 0n })))
  return givenBack(rows, spending, whole, fromBalance(legs, parts))
}

function givenBack(rows: Rows, spending: Spending, whole: bigint, balance: bigint): Put[] {
  const user = users.in(rows, spending.user)
  if (user === undefined) return []
  const moved = shifted(rows, user, spending, -whole, -balance)
  return [accountUsage.put(user.id, moved.account), personUsage.put(user.person, moved.person)]
}

function shifted(rows: Rows, user: User, spending: Spending, whole: bigint, balance: bigint) {
  const { account, person } = usageOf(rows, user)
  const [day, year] = [dayOf(spending.at), yearOf(spending.at)]
  const name = codeClassOf(spending)
  return {
    account: { ...account, day: summed(account.day, day, whole), year: summed(account.year, year, whole) },
    person: {
      life: person.life + balance,
      year: summed(person.year, year, balance),
      codes: name === undefined ? person.codes : summedByClass(person.codes, day, name, whole),
    },
  }
}

/** A newer window begins at zero; an older one is over, and nothing is added to it any more. */
function summed(sum: Sum, of: string, amount: bigint): Sum {
  if (of < sum.of) return sum
  if (of > sum.of) return { of, amount: amount > 0n ? amount : 0n }
  return { of, amount: sum.amount + amount }
}

function summedByClass(codes: ByClass, of: string, name: CodeClass, amount: bigint): ByClass {
  const now = summed({ of: codes.of, amount: codes[name] }, of, amount)
  if (now.of !== of) return codes
  return { ...(codes.of === of ? codes : NO_CODES), of, [name]: now.amount }
}

/** An hour by minutes: as much as any risk rule looks back. */
function paced(pace: readonly Minute[], { at, amount }: Spending): readonly Minute[] {
  const minute = minuteOf(at)
  const recent = pace.filter((one) => one.minute > minute - PACE_MINUTES && one.minute !== minute)
  const now = pace.find((one) => one.minute === minute)
  return [...recent, { minute, count: (now?.count ?? 0) + 1, amount: (now?.amount ?? 0n) + amount }]
}
