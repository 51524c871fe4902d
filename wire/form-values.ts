// What stands inside a member: text whose signs would break the form, {k=v&k=v} blocks, lists as base64 JSON.
// The networks ask for base64 or forbid such signs ("avoid &={}[]"); how we write them instead is ours.
import { type Bytes, fromBase64, toBase64, utf8 } from '../crypto/crypto.ts'
import type { Field } from './fields.ts'
import { type Pair, spans } from './form.ts'
import { readJson, type Tree } from './json.ts'

/** A member under the row's own name, before it is placed in a form: text, or rows. A name may come twice, if forged. */
export type Entry = readonly [name: string, value: string | readonly Tree[]]

/** Ours: the signs that a line or a block cannot carry, and blanks at the edges, which no signature covers. */
const ESCAPED = /%(?:25|26|7B|7D|5B|5D|20|09|0A|0D)/g
const LITERAL = /%(?=(?:25|26|7B|7D|5B|5D|20|09|0A|0D))/g

const escape = (sign: string): string => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/** Free text as a member of a URL-encoded body. */
export const textInBody = (text: string): string =>
  text.replace(LITERAL, '%25').replace(/^[\t\n\r ]|[\t\n\r ]$/g, escape)

/** The same in a line or a block, where an & parts members unless brackets hold it together. */
export function textInLine(text: string): string {
  const safe = textInBody(text)
  return safe.includes('&') || !balanced(safe) ? safe.replace(/[&{}[\]]/g, escape) : safe
}

export const textFrom = (written: string): string =>
  written.replace(ESCAPED, (sign) => String.fromCharCode(Number.parseInt(sign.slice(1), 16)))

function balanced(text: string): boolean {
  let depth = 0
  for (const sign of text) {
    if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

export const isText = ({ format }: Pick<Field, 'format'>): boolean => format === 'text' || format === 'free'

/** `k=v&k=v`, each value so that it can be told apart again. */
export const writeBlock = (pairs: readonly Pair[]): string =>
  pairs.map(([name, value]) => `${name}=${textInLine(value)}`).join('&')

export const braced = (inner: string): string => `{${inner}}`

/** The members of a block, with or without its braces. */
export function readBlock(
  text: string,
): ReadonlyMap<string, string> | { readonly twice: string } | 'not a block' {
  const inner = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text
  const members = new Map<string, string>()
  if (inner === '') return members
  for (const [from, to] of spans(inner, 0, inner.length)) {
    const part = inner.slice(from, to)
    const equals = part.indexOf('=')
    const name = part.slice(0, equals)
    if (equals < 1 || !/^[A-Za-z0-9_]+$/.test(name)) return 'not a block'
    if (members.has(name)) return { twice: name }
    members.set(name, textFrom(part.slice(equals + 1)))
  }
  return members
}

/** Rows as base64 of a JSON array of objects of strings. */
export const writeRows = (rows: readonly Tree[]): string => toBase64(utf8(JSON.stringify(rows)))

const WRAPPED = utf8('{"rows":')

/** Undefined where it is no such list: the strict reader takes objects, so the list is read as a member of one. */
export function readRows(text: string): readonly Tree[] | undefined {
  const bytes = fromBase64(text)
  if (bytes === undefined) return undefined
  const read = readJson(Buffer.concat([WRAPPED, bytes, utf8('}')]))
  if ('misread' in read || Object.keys(read.tree).length !== 1) return undefined
  const { rows } = read.tree
  return rows === undefined || typeof rows === 'string' ? undefined : rows
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined for what is not UTF-8. */
export function textOf(bytes: Bytes): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
