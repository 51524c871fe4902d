// Instants as the networks write them: always Beijing time, which has had no daylight saving since 1991.
type Instant = number

const BEIJING_MS = 8 * 3600 * 1000

const two = (n: number): string => n.toString().padStart(2, '0')

/** YYYYMMDDhhmmss, Beijing. */
export function beijingTime(at: Instant): string {
  const d = new Date(at + BEIJING_MS)
  return beijingDay(at) + two(d.getUTCHours()) + two(d.getUTCMinutes()) + two(d.getUTCSeconds())
}

/** YYYYMMDD, Beijing. */
export function beijingDay(at: Instant): string {
  const d = new Date(at + BEIJING_MS)
  return d.getUTCFullYear().toString().padStart(4, '0') + two(d.getUTCMonth() + 1) + two(d.getUTCDate())
}

/** 2026-11-22T10:00:00.000+08:00, the one form of a timestamp in a message head. */
export function stamp(at: Instant): string {
  if (at !== stamped.at)
    stamped = { at, text: `${new Date(at + BEIJING_MS).toISOString().slice(0, -1)}+08:00` }
  return stamped.text
}

/** Many messages and events share one instant. */
let stamped = { at: Number.NaN, text: '' }

const STAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})\+08:00$/

/** Undefined for anything but `stamp`'s own form of a real instant. */
export function readStamp(text: string): Instant | undefined {
  if (!STAMP.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) || stamp(at) !== text ? undefined : at
}

/** The instant of a YYYYMMDDhhmmss Beijing time; undefined when there is no such time. */
export function readBeijingTime(text: string): Instant | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  return readStamp(`${year}-${month}-${day}T${hour}:${minute}:${second}.000+08:00`)
}
