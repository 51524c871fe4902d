// When it is next that a clock in Beijing shows a time, on a day of some kind.
import { type DayKind, isDay } from '../clearing/clearing.ts'
import { beijingDay, type Profile } from '../wire/wire.ts'
import { Unplayable } from './cast.ts'

const HOUR_MS = 3_600_000

type Moment = {
  readonly time: string
  readonly day?: string | undefined
  readonly on?: DayKind | undefined
  readonly times: string
}

/** Minutes from the midnight with which a day begins to a time on it. A cut-off at 24:00 is the end of its day. */
function minutesOf(time: string, { hour, minute }: Profile['values']['cutOff']): number {
  const [, about] = /^cut-off(?:([+-]\d+)m)?$/.exec(time) ?? []
  if (!time.startsWith('cut-off')) {
    const [own = 0, minutes = 0] = time.split(':').map(Number)
    return own * 60 + minutes
  }
  return (hour * 60 + minute || 24 * 60) + Number(about ?? 0)
}

/** The n-th full minute after `from` at which a clock in Beijing shows the time, on such a day where one is named. */
export function instantOf(
  from: number,
  { time, day, on, times }: Moment,
  { values }: Pick<Profile, 'values'>,
): number {
  const minutes = minutesOf(time, values.cutOff)
  const shift = 8 * HOUR_MS
  const today = Math.floor((from + shift) / (24 * HOUR_MS)) * 24 * HOUR_MS - shift
  let left = Number(times)
  // Half an hour after the cut-off of a day may lie on the next: the day that is named is the one that was cut.
  for (let midnight = today - 24 * HOUR_MS; ; midnight += 24 * HOUR_MS) {
    const at = midnight + minutes * 60_000
    const fits =
      (day === undefined || beijingDay(midnight).slice(6) === day) &&
      (on === undefined || isDay(beijingDay(midnight), on))
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
