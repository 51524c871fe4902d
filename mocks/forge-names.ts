// Faults are named under the field rows' own names, with raw JSON text. On another network the same fault has that network's
// name and, as well as a wrong value can have one, its form.
import {
  type Fields,
  membersOf,
  type MessageType,
  type Network,
  type NetworkTable,
  tableOf,
  type Tree,
} from '../wire/wire.ts'
import type { Forge } from './forge.ts'

type Raw = Readonly<Record<string, string>>

/** The same faults in the members that the network's messages have. */
export function forgeFor<T extends MessageType>(
  network: Network,
  type: T,
  fields: Fields<T>,
  forge: Forge,
): Forge {
  if (network === 'unionpay') return forge
  const table = tableOf(network)
  const honest = membersOf(type, fields, 'unionpay')
  const renamed = (changes: Raw | undefined): Raw => rawTold(table, type, honest, changes ?? {})
  const { members, twice, afterSigning, without, ...rest } = forge
  const left = leftOut(table, type, honest, without ?? [])
  const changed = { ...left.changed, ...renamed(members) }
  return {
    ...rest,
    ...(Object.keys(changed).length > 0 && { members: changed }),
    ...(left.gone.length > 0 && { without: left.gone }),
    ...(twice !== undefined && { twice: renamed(twice) }),
    ...(afterSigning !== undefined && { afterSigning: renamed(afterSigning) }),
  }
}

/** Each change by itself, and those that share a member together: an amount and its currency are one. */
function rawTold(table: NetworkTable, type: MessageType, honest: Tree, changes: Raw): Raw {
  const texts: Record<string, string> = {}
  for (const [name, raw] of Object.entries(changes)) {
    const value = textIn(raw)
    if (value !== undefined) texts[name] = value
  }
  const told = table.told(type, { ...honest, ...texts })
  const before = table.told(type, honest)
  const renamed: Record<string, string> = {}
  for (const [name, raw] of Object.entries(changes)) {
    const own = table.nameOf(type, name)
    const now = told[own]
    // A spelling of its own, with escapes perhaps, stays where the value has no other form on this network.
    const spelt = texts[name] === undefined || now === texts[name] || now === undefined
    renamed[own] = spelt ? raw : JSON.stringify(now)
  }
  // A reply code is in two members, of which one may come or go.
  for (const [name, value] of Object.entries(told))
    if (value !== before[name] && typeof value === 'string') renamed[name] ??= JSON.stringify(value)
  return renamed
}

/** The text that a raw JSON value spells; undefined for what is no text, or no JSON at all. */
export function textIn(raw: string): string | undefined {
  try {
    const value = JSON.parse(raw) as unknown
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function leftOut(table: NetworkTable, type: MessageType, honest: Tree, without: readonly string[]) {
  const before = table.told(type, honest)
  const after = table.told(
    type,
    Object.fromEntries(Object.entries(honest).filter(([name]) => !without.includes(name))),
  )
  const gone = Object.keys(before).filter((name) => after[name] === undefined)
  const changed = Object.entries(after).flatMap(([name, value]) =>
    typeof value === 'string' && value !== before[name] ? [[name, JSON.stringify(value)] as const] : [],
  )
  return { gone, changed: Object.fromEntries(changed) as Raw }
}
