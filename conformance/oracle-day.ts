// Days as both oracles count them.
import { readBeijingTime } from '../wire/wire.ts'

const DAY_MS = 24 * 3600 * 1000

/** The first instant at which a clearing day and `days` − 1 more are certainly over, wherever the cut-off lies. */
export const clearedDays = (day: string, days: number): number =>
  (readBeijingTime(`${day}000000`) ?? Number.POSITIVE_INFINITY) + days * DAY_MS
