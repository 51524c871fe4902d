// The clearing calendar: the day of an item is the network's, stamped once by the switch (catalogue STL-002).
// UnionPay-like: a clearing day D runs from 23:00 of D−1 to 23:00 of D, Beijing (facts/unionpay 2.1).
import { beijingDay, readBeijingTime } from '../wire/wire.ts'
import { HOLIDAYS } from './holidays.ts'

type Instant = number
export type CutOff = { readonly hour: number; readonly minute: number }

const DAY_MS = 24 * 3600 * 1000
const BEIJING_MS = 8 * 3600 * 1000

/** YYYYMMDD: an item at the cut-off instant itself belongs to the next day. */
export function clearingDayOf(at: Instant, cutOff: CutOff): string {
  return beijingDay(at + beforeMidnightMs(cutOff))
}

const beforeMidnightMs = ({ hour, minute }: CutOff): number =>
  hour === 0 && minute === 0 ? 0 : DAY_MS - (hour * 60 + minute) * 60_000

/** The instant at which a clearing day begins. */
export function startOfClearingDay(day: string, cutOff: CutOff): Instant {
  return midnight(day) - beforeMidnightMs(cutOff)
}

export function nextDay(day: string): string {
  return beijingDay(midnight(day) + DAY_MS)
}

export function dayBefore(day: string): string {
  return beijingDay(midnight(day) - DAY_MS)
}

export type DayKind = 'business-day' | 'weekend' | 'holiday' | 'month-end'

/** What a day is; a month's last day is one of the others as well. A weekend on which everybody works is a business day. */
export function isDay(day: string, kind: DayKind): boolean {
  if (kind === 'month-end') return nextDay(day).slice(6) === '01'
  const year = HOLIDAYS[day.slice(0, 4)]
  const date = day.slice(4)
  if (year?.off.includes(date) === true) return kind === 'holiday'
  // 1970-01-01, day 0 of the count, was a Thursday.
  const weekday = (Math.floor((midnight(day) + BEIJING_MS) / DAY_MS) + 4) % 7
  const weekend = (weekday === 0 || weekday === 6) && year?.on.includes(date) !== true
  return kind === (weekend ? 'weekend' : 'business-day')
}

/** The day on which money for a clearing day moves: the next on which banks work. */
export function nextBusinessDay(day: string): string {
  let next = nextDay(day)
  while (!isDay(next, 'business-day')) next = nextDay(next)
  return next
}

/** The same day of the month `months` later, or that month's last day where it is shorter. */
export function addMonths(day: string, months: number): string {
  const [year, month, date] = [Number(day.slice(0, 4)), Number(day.slice(4, 6)), Number(day.slice(6, 8))]
  const index = year * 12 + (month - 1) + months
  const [y, m] = [Math.floor(index / 12), index % 12]
  const last =
    [31, y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][
      m
    ] ?? 31
  return `${String(y).padStart(4, '0')}${String(m + 1).padStart(2, '0')}${String(Math.min(date, last)).padStart(2, '0')}`
}

function midnight(day: string): Instant {
  const at = readBeijingTime(`${day}000000`)
  if (at === undefined) throw new Error(`${day} is not a day of the form YYYYMMDD`)
  return at
}
