// Where a dialect of the form puts what the field rows name: at the top under its own name, in a block, or sealed.
// Told and heard follow from one table, so that neither can know a place that the other does not.
import type { Bytes } from '../crypto/crypto.ts'
import { fromBase64, toBase64, utf8 } from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import type { FieldFault } from './codec.ts'
import type { Field } from './fields.ts'
import { type Form, type Pair, valueIn } from './form.ts'
import {
  braced,
  type Entry,
  isText,
  readBlock,
  readRows,
  textFrom,
  textInBody,
  textInLine,
  textOf,
  writeBlock,
  writeRows,
} from './form-values.ts'
import type { Tree } from './json.ts'
import { MESSAGES, type MessageType } from './messages.ts'

/** Row name → name inside. `sealed`: the whole block encrypted. `value`: one row alone, encrypted without a block. */
export type Group = {
  readonly member: string
  readonly kind: 'braced' | 'base64' | 'sealed' | 'value'
  readonly of: Readonly<Record<string, string>>
  /** Rows that are encrypted by themselves inside the block, under this name. */
  readonly secret?: { readonly name: string; readonly of: Readonly<Record<string, string>> }
  readonly only?: (type: MessageType) => boolean
}

export type Places = {
  /** Row name → member, where it has another name there. */
  readonly names: Readonly<Record<string, string>>
  readonly groups: readonly Group[]
  /** Rows of a list: row name → name there. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Values that the network writes in another form; several members may stand for one. */
  told?(
    type: MessageType,
    row: string,
    text: string,
    valueOf: (row: string) => string | undefined,
  ): readonly Pair[] | undefined
  heard?(type: MessageType, row: string, text: string, form: Form): string
}

export type SealText = (plain: Bytes) => Promise<string>
/** Undefined where it does not open. */
export type OpenText = (sealed: string) => Promise<Bytes | undefined>

/** What is wrong with a place; `crypto`: it does not open, and no more is said. */
export type PlaceFault = FieldFault & { readonly crypto?: true }

const isMine = (group: Group, type: MessageType): boolean => group.only?.(type) ?? true
const inGroup = (group: Group, row: string): boolean =>
  Object.hasOwn(group.of, row) || (group.secret !== undefined && Object.hasOwn(group.secret.of, row))

const groupOf = ({ groups }: Places, type: MessageType, row: string): Group | undefined =>
  groups.find((group) => isMine(group, type) && inGroup(group, row))

/** What the dialect calls a row, by the path that the codec says. */
export function nameOfRow(places: Places, type: MessageType, path: string): string {
  const [, row = path, rest = ''] = /^([A-Za-z0-9_]+)(.*)$/.exec(path) ?? []
  const group = groupOf(places, type, row)
  if (group === undefined) {
    const renamed = places.rows[row] ?? {}
    const inner = rest.replace(/\.([A-Za-z0-9_]+)$/, (_, sub: string) => `.${renamed[sub] ?? sub}`)
    return `${places.names[row] ?? row}${inner}`
  }
  if (group.kind === 'value') return group.member
  return `${group.member}.${group.of[row] ?? `${group.secret?.name ?? ''}.${group.secret?.of[row] ?? row}`}`
}

/** The member in which a row travels. */
export const memberOfRow = (places: Places, type: MessageType, row: string): string =>
  groupOf(places, type, row)?.member ?? places.names[row] ?? row

export async function told(
  places: Places,
  type: MessageType,
  entries: readonly Entry[],
  seal: SealText,
): Promise<readonly Pair[]> {
  const rows = new Map<string, Field>(MESSAGES[type].map((field) => [field.unionpay, field]))
  const inLine = type.endsWith('.reply')
  const top: Pair[] = []
  const blocks = new Map<Group, { clear: Pair[]; secret: Pair[] }>()
  const valueOf = (row: string): string | undefined => {
    const value = entries.find(([name]) => name === row)?.[1]
    return typeof value === 'string' ? value : undefined
  }
  for (const [row, value] of entries) {
    if (typeof value !== 'string') {
      top.push([
        places.names[row] ?? row,
        writeRows(value.map((one) => renamed(one, places.rows[row] ?? {}))),
      ])
      continue
    }
    const group = groupOf(places, type, row)
    if (group !== undefined) {
      const block = blocks.get(group) ?? { clear: [], secret: [] }
      blocks.set(group, block)
      const inside = group.secret?.of[row]
      if (inside === undefined) block.clear.push([group.of[row] ?? row, value])
      else block.secret.push([inside, value])
      continue
    }
    const own = places.told?.(type, row, value, valueOf)
    if (own !== undefined) {
      top.push(...own)
      continue
    }
    const field = rows.get(row)
    const text =
      field === undefined || isText(field) ? (inLine ? textInLine(value) : textInBody(value)) : value
    top.push([places.names[row] ?? row, text])
  }
  for (const [group, block] of blocks) top.push(...(await blockPairs(group, block, seal)))
  return top
}

const renamed = (row: Tree, names: Readonly<Record<string, string>>): Tree =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [names[name] ?? name, value]))

async function blockPairs(
  group: Group,
  { clear, secret }: { clear: readonly Pair[]; secret: readonly Pair[] },
  seal: SealText,
): Promise<readonly Pair[]> {
  if (group.kind === 'value') {
    const pairs: Pair[] = []
    for (const [, value] of clear) pairs.push([group.member, await seal(utf8(value))])
    return pairs
  }
  const hidden: Pair[] =
    group.secret === undefined || secret.length === 0
      ? []
      : [[group.secret.name, await seal(utf8(writeBlock(secret)))]]
  const block = braced(writeBlock([...clear, ...hidden]))
  if (group.kind === 'braced') return [[group.member, block]]
  return [[group.member, group.kind === 'sealed' ? await seal(utf8(block)) : toBase64(utf8(block))]]
}

const rule = (zh: string, en: string): Text => ({ zh, en })
const CRYPTO = rule('密文无法还原', 'does not open')

/** The members under the rows' own names; or the first place that is not what it should be. */
export async function heard(
  places: Places,
  type: MessageType,
  form: Form,
  open: OpenText,
): Promise<{ readonly tree: Tree } | { readonly fault: PlaceFault }> {
  const tree: Record<string, string | readonly Tree[]> = {}
  const blocks = new Map<Group, ReadonlyMap<string, string>>()
  for (const group of places.groups.filter((one) => isMine(one, type))) {
    const member = form.members.get(group.member)
    if (member === undefined || member.text === '') continue
    const block = await blockOf(group, member.text, open)
    if ('fault' in block) return { fault: { offset: member.valueAt, ...block.fault } }
    blocks.set(group, block.members)
  }
  for (const field of MESSAGES[type] as readonly Field[]) {
    const row = field.unionpay
    const group = groupOf(places, type, row)
    if (group !== undefined) {
      const inside = group.secret?.of[row]
      const value = blocks
        .get(group)
        ?.get(inside === undefined ? (group.of[row] ?? row) : `${SECRET}${inside}`)
      if (value !== undefined && value !== '') tree[row] = value
      continue
    }
    const name = places.names[row] ?? row
    const text = valueIn(form, name)
    if (text === undefined) continue
    if (field.format === 'list') {
      const read = readRows(text)
      const offset = form.members.get(name)?.valueAt ?? 0
      if (read === undefined) return { fault: { field: name, offset, rule: LIST } }
      tree[row] = read.map((one) => renamed(one, turned(places.rows[row] ?? {})))
    } else {
      const own = places.heard?.(type, row, text, form) ?? text
      tree[row] = isText(field) ? textFrom(own) : own
    }
  }
  return { tree }
}

const LIST = rule('应为 base64 的 JSON 数组', 'must be base64 of a JSON array of objects of strings')
/** Before names of what was encrypted inside a block: nobody may say it in the clear instead. */
const SECRET = '*'

const turned = (names: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(names).map(([row, name]) => [name, row]))

type Block = { readonly members: ReadonlyMap<string, string> } | { readonly fault: PlaceFault }

async function blockOf(group: Group, text: string, open: OpenText): Promise<Block> {
  const crypto: Block = { fault: { field: group.member, rule: CRYPTO, crypto: true } }
  const sealed = group.kind === 'sealed' || group.kind === 'value'
  const bytes = sealed ? await open(text) : group.kind === 'base64' ? fromBase64(text) : utf8(text)
  const plain = bytes === undefined ? undefined : textOf(bytes)
  if (plain === undefined)
    return sealed ? crypto : { fault: { field: group.member, rule: rule('应为 base64', 'must be base64') } }
  if (group.kind === 'value') return { members: new Map([[Object.values(group.of)[0] ?? '', plain]]) }
  const members = readBlock(plain)
  // Nobody enciphers nothing; where a bad RSA padding is answered by chance, nothing is what may come out.
  if (members === 'not a block' || (sealed && plain === ''))
    return sealed
      ? crypto
      : { fault: { field: group.member, rule: rule('应为 {k=v&k=v}', 'must be {k=v&k=v}') } }
  if ('twice' in members)
    return {
      fault: { field: `${group.member}.${members.twice}`, rule: rule('字段重复出现', 'appears twice') },
    }
  const secret = group.secret === undefined ? undefined : members.get(group.secret.name)
  if (group.secret === undefined || secret === undefined) return { members }
  const opened = await open(secret)
  const inner = opened === undefined ? undefined : textOf(opened)
  const hidden = inner === undefined || inner === '' ? 'not a block' : readBlock(inner)
  if (hidden === 'not a block') return crypto
  if ('twice' in hidden)
    return {
      fault: { field: `${group.member}.${hidden.twice}`, rule: rule('字段重复出现', 'appears twice') },
    }
  return {
    members: new Map([...members, ...[...hidden].map(([name, value]) => [SECRET + name, value] as const)]),
  }
}
