// What a user may spend: per payment and per day, as set for the account. Usage is a guarded sum, read and written in
// the change that decides the payment, so two payments at once cannot pass it together (LIM-001, LIM-002).
import type { Key, Put, Rows } from '../store/store.ts'
import { kind } from '../store/store.ts'
import { beijingDay, type DeclineClass, type Profile } from '../wire/wire.ts'
import type { Leg, Payment, User } from './records.ts'

export type AccountLimits = { readonly perPayment?: bigint; readonly perDay?: bigint }
export const accountLimits = kind<AccountLimits>('limits')
/** What was spent in a window: `<user>.day.<YYYYMMDD>`, the calendar day in Beijing and not the clearing day (LIM-009). */
export const usage = kind<{ readonly amount: bigint }>('usage')

const dayKey = (user: string, at: number): string => `${user}.day.${beijingDay(at)}`

/** A payment as far as limits look at it. */
export type Spending = Pick<Payment, 'user' | 'amount' | 'at'>

export const limitKeys = ({ user, at }: Pick<Spending, 'user' | 'at'>): Key[] =>
  user === '' ? [] : [accountLimits.key(user), usage.key(dayKey(user, at))]

export function limitRefusal(
  _profile: Profile,
  rows: Rows,
  _user: User,
  { user, amount, at }: Spending,
): DeclineClass | undefined {
  const { perPayment, perDay } = accountLimits.in(rows, user) ?? {}
  if (perPayment !== undefined && amount > perPayment) return 'DECL-LIMIT'
  const spent = usage.in(rows, dayKey(user, at))?.amount ?? 0n
  return perDay !== undefined && spent + amount > perDay ? 'DECL-LIMIT' : undefined
}

/** Whether the user must give the password first: above the PIN-free limit. */
export const asksUser = (profile: Profile, _rows: Rows, { amount }: Spending): boolean =>
  amount > profile.values.pinFreeMaxMinor

export function counted(rows: Rows, { user, amount, at }: Spending, _legs: readonly Leg[]): Put[] {
  const key = dayKey(user, at)
  return [usage.put(key, { amount: (usage.in(rows, key)?.amount ?? 0n) + amount })]
}

/** Usage given back when a payment is reversed or voided: once, in the window where it was counted (REV-018). */
export function uncounted(rows: Rows, { user, amount, at }: Spending, _legs: readonly Leg[]): Put[] {
  const key = dayKey(user, at)
  const spent = usage.in(rows, key)?.amount ?? 0n
  return [usage.put(key, { amount: spent > amount ? spent - amount : 0n })]
}
