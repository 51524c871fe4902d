// One member after the other out of data that somebody wrote: what is missing, misspelt or of another kind is told with its
// place, and reading goes on, so that all faults are known at once.
import type { Text } from '../wire/wire.ts'

export type FeeFault = {
  /** As `standards[0].rules[1].rate`. */
  readonly place: string
  readonly said: Text
}

export type Cells = {
  readonly place: string
  has(member: string): boolean
  /** `parse` of a text that is there; what it does not know is a fault that says what was expected, and `otherwise` goes on
   *  in its place. */
  read<T>(member: string, parse: (text: string) => T | undefined, expected: Text, otherwise: T): T
  text(member: string): string
  choice<T extends string>(member: string, choices: readonly [T, ...T[]]): T
  list(member: string, max: number): readonly (readonly [unknown, string])[]
  inner(value: unknown, place: string, members: readonly string[]): Cells
  /** What `read` gives where nothing was added to the faults meanwhile: a check across members needs members that are sound. */
  sound<T>(read: () => T, check: (value: T) => void): T
  fault(place: string, said: Text): void
  faultOf(member: string, said: Text): void
}

export const words = (list: readonly string[]): string => list.join(', ')

export function cellsOf(
  value: unknown,
  place: string,
  members: readonly string[],
  faults: FeeFault[],
): Cells {
  const row = rowOf(value)
  const at = (member: string): string => (place === '' ? member : `${place}.${member}`)
  const fault = (where: string, said: Text): void => {
    faults.push({ place: where, said })
  }
  if (row === undefined)
    fault(place, expected({ zh: '应为一组成员', en: 'must be members with values' }, value))
  for (const member of Object.keys(row ?? {}))
    if (!members.includes(member))
      fault(at(member), {
        zh: `没有这个成员；可写：${words(members)}`,
        en: `is no member; there are ${words(members)}`,
      })
  const has = (member: string): boolean => row !== undefined && Object.hasOwn(row, member)

  function read<T>(member: string, parse: (text: string) => T | undefined, wanted: Text, otherwise: T): T {
    const found = has(member) ? row?.[member] : undefined
    const parsed = typeof found === 'string' ? parse(found) : undefined
    // A row that is none was told already.
    if (parsed === undefined && row !== undefined)
      fault(at(member), has(member) ? expected(wanted, found) : missing(wanted))
    return parsed ?? otherwise
  }

  return {
    place,
    has,
    read,
    text: (member) =>
      read(member, (text) => (text === '' ? undefined : text), { zh: '应为文本', en: 'must be text' }, ''),
    choice: (member, choices) =>
      read(
        member,
        (text) => choices.find((choice) => choice === text),
        { zh: `应为 ${choices.join(' 或 ')}`, en: `must be ${choices.join(' or ')}` },
        choices[0],
      ),
    list(member, max) {
      const found = has(member) ? row?.[member] : undefined
      const wanted = { zh: `应为 1 到 ${max} 项的列表`, en: `must be a list of 1 to ${max}` }
      if (Array.isArray(found) && found.length > 0 && found.length <= max)
        return found.map((one: unknown, index) => [one, `${at(member)}[${index}]`])
      if (row !== undefined) fault(at(member), has(member) ? expected(wanted, found) : missing(wanted))
      return []
    },
    sound(reading, check) {
      const before = faults.length
      const value = reading()
      if (row !== undefined && faults.length === before) check(value)
      return value
    },
    inner: (inside, where, allowed) => cellsOf(inside, where, allowed, faults),
    fault,
    faultOf: (member, said) => fault(at(member), said),
  }
}

const rowOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined

const missing = (wanted: Text): Text => ({ zh: `缺少；${wanted.zh}`, en: `is missing; it ${wanted.en}` })

const SHOWN_MAX = 60

function expected(wanted: Text, found: unknown): Text {
  // A number written without quotes may have been rounded before anybody could look at it.
  const [zh, en] =
    typeof found === 'number' || typeof found === 'bigint'
      ? ['；数字请加引号', '; put numbers in quotes']
      : ['', '']
  const shown = (JSON.stringify(found, plain) ?? typeof found).slice(0, SHOWN_MAX)
  return { zh: `${wanted.zh}，现为 ${shown}${zh}`, en: `${wanted.en}, and is ${shown}${en}` }
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)
