// When it is next that a clock in Beijing shows a time, on a day of some kind.
import { type DayKind, isDay } from '../clearing/clearing.ts'
import { beijingDay, beijingTime } from '../wire/wire.ts'
import { Unplayable } from './cast.ts'

const HOUR_MS = 3_600_000

type Moment = {
  readonly time: string
  readonly day?: string | undefined
  readonly on?: DayKind | undefined
  readonly times: string
}

/** The n-th full minute after `from` at which a clock in Beijing shows the time, on such a day where one is named. */
export function instantOf(from: number, { time, day, on, times }: Moment): number {
  const [hour, minute] = time.split(':').map(Number)
  const shift = 8 * HOUR_MS
  const midnight = Math.floor((from + shift) / (24 * HOUR_MS)) * 24 * HOUR_MS - shift
  let left = Number(times)
  for (let at = midnight + (hour ?? 0) * HOUR_MS + (minute ?? 0) * 60_000; ; at += 24 * HOUR_MS) {
    const fits =
      (day === undefined || beijingTime(at).slice(6, 8) === day) &&
      (on === undefined || isDay(beijingDay(at), on))
    if (at > from && fits) left -= 1
    if (left <= 0) return at
    // A calendar without such a day must not be searched for ever: two years hold one of each that is known.
    if (at > from + 2 * 366 * 24 * HOUR_MS)
      throw new Unplayable('configuration', {
        zh: `两年之内日历上没有这样的日子：${on ?? day ?? ''}`,
        en: `the calendar has no such day within two years: ${on ?? day ?? ''}`,
      })
  }
}
