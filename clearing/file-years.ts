// Times without a year, MMDDhhmmss, as ZM files have them (STL-026): 31 December in a file of 1 January lies in the year
// before, and 29 February only in a leap year.
import { readBeijingTime } from '../wire/wire.ts'

const HALF_YEAR_MS = 183 * 24 * 3600 * 1000

const inYear = (year: number, monthTime: string): string => `${String(year).padStart(4, '0')}${monthTime}`

/** YYYYMMDDhhmmss in the year in which it lies nearest to the day; undefined where it lies in none. */
export function timeNear(monthTime: string, day: string): string | undefined {
  const noon = readBeijingTime(`${day}120000`)
  if (noon === undefined) return undefined
  const year = Number(day.slice(0, 4))
  return [year - 1, year, year + 1]
    .map((one) => inYear(one, monthTime))
    .find((time) => Math.abs((readBeijingTime(time) ?? Number.NaN) - noon) < HALF_YEAR_MS)
}

/** The last such time that is not after `time`: an original lies at most a year before what takes it back. */
export function timeUpTo(monthTime: string, time: string): string | undefined {
  const year = Number(time.slice(0, 4))
  return [year, year - 1]
    .map((one) => inYear(one, monthTime))
    .find((one) => one <= time && readBeijingTime(one) !== undefined)
}
