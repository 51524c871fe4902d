// A strict reader for what domain bytes may be: one JSON object whose values are strings, or lists of such
// objects. Numbers, true, false, null, duplicate names, lone surrogates, a byte-order mark and trailing bytes
// are refused with their byte offset (SEC-017, SEC-021, SEC-032): signer and booker must read the same thing.

export type Tree = { readonly [name: string]: string | readonly Tree[] }
export type Misread = {
  readonly offset: number
  readonly path: string
  readonly zh: string
  readonly en: string
}

const DEPTH_MAX = 3
const MEMBERS_MAX = 200
const SHORT = 13
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class Fault extends Error {
  readonly at: number
  readonly path: string
  readonly zh: string
  constructor(at: number, path: string, zh: string, en: string) {
    super(en)
    this.at = at
    this.path = path
    this.zh = zh
  }
}

type Reader = { readonly text: string; at: number }

/** The object that `bytes` spell, or where and why they do not. */
export function readJson(bytes: Uint8Array): { tree: Tree } | { misread: Misread } {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return {
      misread: { offset: firstBadByte(bytes), path: '', zh: '不是合法的 UTF-8', en: 'is not valid UTF-8' },
    }
  }
  const reader: Reader = { text, at: 0 }
  try {
    blank(reader)
    const tree = object(reader, '', 1)
    blank(reader)
    if (reader.at < text.length)
      throw new Fault(reader.at, '', '对象之后还有多余内容', 'there is something after the object')
    return { tree }
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    const offset = Buffer.byteLength(text.slice(0, fault.at))
    return { misread: { offset, path: fault.path, zh: fault.zh, en: fault.message } }
  }
}

function blank(reader: Reader): void {
  while (' \t\r\n'.includes(reader.text[reader.at] ?? 'x')) reader.at += 1
}

function expect(reader: Reader, sign: string, path: string): void {
  if (reader.text[reader.at] !== sign) throw new Fault(reader.at, path, `应为 ${sign}`, `expected ${sign}`)
  reader.at += 1
}

function object(reader: Reader, path: string, depth: number): Tree {
  if (depth > DEPTH_MAX) throw new Fault(reader.at, path, '嵌套过深', 'is nested too deeply')
  expect(reader, '{', path)
  const members: Record<string, string | readonly Tree[]> = Object.create(null) as Record<
    string,
    string | readonly Tree[]
  >
  let count = 0
  blank(reader)
  if (reader.text[reader.at] === '}') {
    reader.at += 1
    return members
  }
  for (;;) {
    blank(reader)
    const nameAt = reader.at
    const name = string(reader, path)
    const inner = path === '' ? name : `${path}.${name}`
    if (name in members) throw new Fault(nameAt, inner, '成员重复出现', 'appears twice')
    if (++count > MEMBERS_MAX) throw new Fault(nameAt, path, '成员过多', 'has too many members')
    blank(reader)
    expect(reader, ':', inner)
    blank(reader)
    members[name] = reader.text[reader.at] === '[' ? list(reader, inner, depth) : string(reader, inner)
    blank(reader)
    if (reader.text[reader.at] === ',') {
      reader.at += 1
      continue
    }
    expect(reader, '}', path)
    return members
  }
}

function list(reader: Reader, path: string, depth: number): readonly Tree[] {
  expect(reader, '[', path)
  const items: Tree[] = []
  blank(reader)
  if (reader.text[reader.at] === ']') {
    reader.at += 1
    return items
  }
  for (;;) {
    blank(reader)
    items.push(object(reader, `${path}[${items.length}]`, depth + 1))
    blank(reader)
    if (reader.text[reader.at] === ',') {
      reader.at += 1
      continue
    }
    expect(reader, ']', path)
    return items
  }
}

function string(reader: Reader, path: string): string {
  const start = reader.at
  if (reader.text[start] !== '"')
    throw new Fault(start, path, '值必须是字符串', 'must be a string in double quotes')
  let end = start + 1
  let plain = true
  for (;;) {
    const sign = reader.text.charCodeAt(end)
    if (Number.isNaN(sign)) throw new Fault(start, path, '字符串没有结束', 'is a string without an end')
    if (sign === 0x22) break
    if (sign < 0x20 || sign === 0x5c) plain = false
    end += sign === 0x5c ? 2 : 1
  }
  reader.at = end + 1
  // Without an escape or a control character it is what it says; its bytes were well-formed UTF-8, and so is it. A long
  // piece of a text keeps the whole text in memory, which one that JSON reads does not.
  if (plain && end - start <= SHORT) return reader.text.slice(start + 1, end)
  let value: string
  try {
    value = JSON.parse(reader.text.slice(start, end + 1)) as string
  } catch {
    throw new Fault(
      start,
      path,
      '字符串含非法转义或控制字符',
      'holds a control character or an escape that JSON does not know',
    )
  }
  if (!value.isWellFormed()) throw new Fault(start, path, '含孤立代理项', 'holds half a surrogate pair')
  return value
}

function firstBadByte(bytes: Uint8Array): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high) >> 1
    const probe = new TextDecoder('utf-8', { fatal: true })
    try {
      probe.decode(bytes.subarray(0, middle + 1), { stream: true })
      low = middle + 1
    } catch {
      high = middle
    }
  }
  return low
}
