// Canonical message ⇄ domain bytes, both from the field tables. Names on the wire are the network's.
// Unknown members are kept out of the business record but stay under the signature (SEC-024).
import { sm3, toHex } from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import { broken, type Field } from './fields.ts'
import { readJson, type Tree } from './json.ts'
import { MESSAGES, type Fields, type Message, type MessageType } from './messages.ts'
import { tableOf } from './networks.ts'
import type { Network } from './profile.ts'

export type FieldFault = { readonly field: string; readonly offset?: number; readonly rule: Text }

type Loose = { readonly [name: string]: unknown }

const encoder = new TextEncoder()

/** Domain bytes of a message: members in the table's order, absent optional fields left out. */
export function encode<T extends MessageType>(
  type: T,
  fields: Fields<T>,
  network: Network = 'unionpay',
): Uint8Array {
  return encoder.encode(JSON.stringify(membersOf(type, fields, network)))
}

/** What a message says under the network's names: strings, and rows of strings. */
export function membersOf<T extends MessageType>(type: T, fields: Fields<T>, network: Network): Tree {
  return tableOf(network).told(type, plain(MESSAGES[type], fields as Loose))
}

/** SM3 over the canonical fields, not the bytes as they came: member order, white space and network do not matter (CPM-005). */
export function contentDigest<T extends MessageType>(type: T, fields: Fields<T>): string {
  return toHex(sm3(encode(type, fields, 'unionpay')))
}

function plain(table: readonly Field[], fields: Loose): Tree {
  const members: Record<string, string | readonly Tree[]> = {}
  for (const field of table) {
    const value = fields[field.name]
    if (value === undefined) continue
    members[field.unionpay] =
      field.format === 'list'
        ? (value as readonly Loose[]).map((row) => plain(field.of ?? [], row))
        : String(value)
  }
  return members
}

/** The message that domain bytes spell, every field checked against its row; or the first fault, by table order. */
export function decode<T extends MessageType>(
  type: T,
  bytes: Uint8Array,
  network: Network = 'unionpay',
): { message: Message<T> } | { fault: FieldFault } {
  const read = readJson(bytes)
  if ('misread' in read) {
    const { offset, path, zh, en } = read.misread
    return { fault: { field: path === '' ? '(message)' : path, offset, rule: { zh, en } } }
  }
  return messageOf(type, read.tree, network)
}

/** The same from members that a frame has read already. */
export function messageOf<T extends MessageType>(
  type: T,
  tree: Tree,
  network: Network,
): { message: Message<T> } | { fault: FieldFault } {
  const heard = tableOf(network).heard(type, tree)
  if ('fault' in heard) return heard
  const fields = record(MESSAGES[type], heard.tree, '')
  if ('fault' in fields)
    return { fault: { ...fields.fault, field: tableOf(network).nameOf(type, fields.fault.field) } }
  return { message: { type, fields: fields.record } as unknown as Message<T> }
}

function record(
  table: readonly Field[],
  tree: Tree,
  path: string,
): { record: Loose } | { fault: FieldFault } {
  const fields: Record<string, unknown> = {}
  for (const field of table) {
    const name = `${path}${field.unionpay}`
    const value = tree[field.unionpay]
    if (value === undefined) {
      if (field.presence === 'optional') continue
      return { fault: { field: name, rule: { zh: '必填字段缺失', en: 'is missing and must be present' } } }
    }
    const inner = fieldValue(field, value, name)
    if ('fault' in inner) return inner
    fields[field.name] = inner.value
  }
  return { record: fields }
}

function fieldValue(
  field: Field,
  value: string | readonly Tree[],
  name: string,
): { value: unknown } | { fault: FieldFault } {
  const isList = field.format === 'list'
  if (isList !== (typeof value !== 'string')) {
    return {
      fault: {
        field: name,
        rule: isList
          ? { zh: '应为数组', en: 'must be a list' }
          : { zh: '应为字符串', en: 'must be a string' },
      },
    }
  }
  if (typeof value !== 'string') return listValue(field, value, name)
  const rule = broken(field, value)
  if (rule !== undefined) return { fault: { field: name, rule } }
  return { value: field.format === 'amount' || field.format === 'amount0' ? BigInt(value) : value }
}

function listValue(
  field: Field,
  rows: readonly Tree[],
  name: string,
): { value: unknown } | { fault: FieldFault } {
  if (rows.length > field.lengthMax) {
    return {
      fault: {
        field: name,
        rule: { zh: `最多 ${field.lengthMax} 行`, en: `may hold at most ${field.lengthMax} rows` },
      },
    }
  }
  const records: Loose[] = []
  for (const [index, row] of rows.entries()) {
    const read = record(field.of ?? [], row, `${name}[${index}].`)
    if ('fault' in read) return read
    records.push(read.record)
  }
  return { value: records }
}
