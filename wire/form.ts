// The form of UnionPay's older interfaces: members as k=v joined by &. A request body is URL-encoded; an answer is one line
// that is NOT, so that an & inside {…} or […] belongs to the value. Read strictly: signer and receiver must see one thing.
import { type Bytes, concat, utf8 } from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import { type Charset, charsetNamed, type Decoded, decodeText, encodeText } from './form-charset.ts'

/** `at`: where the member begins in the message. `raw`: its value as bytes of the charset, unescaped. */
export type Member = {
  readonly name: string
  readonly text: string
  readonly raw: Bytes
  readonly at: number
  readonly valueAt: number
}
export type Form = { readonly members: ReadonlyMap<string, Member>; readonly charset: Charset }
export type FormFault = { readonly field: string; readonly offset: number; readonly rule: Text }
export type FormRead = { readonly form: Form } | { readonly fault: FormFault }
export type Pair = readonly [name: string, value: string]

const MEMBERS_MAX = 200
const NAME = /^[A-Za-z0-9_]{1,64}$/
export const SIGNATURE = 'signature'
/** A certificate in PEM may end with a line break; everything else begins and ends with something to see. */
const PEM_MEMBER = 'signPubKeyCert'

/** A piece of the message before it is known what it means; offsets are the message's. */
type Piece = { readonly name: string; readonly value: Bytes; readonly at: number; readonly valueAt: number }

const fault = (field: string, offset: number, zh: string, en: string): { fault: FormFault } => ({
  fault: { field, offset, rule: { zh, en } },
})

/** A request body, application/x-www-form-urlencoded. */
export function readBody(bytes: Bytes): FormRead {
  const bad = bytes.findIndex((byte) => byte < 0x21 || byte > 0x7e)
  if (bad !== -1)
    return fault(
      '(message)',
      bad,
      `字节 0x${hexOf(bytes[bad] ?? 0)} 必须写成 %XX`,
      `byte 0x${hexOf(bytes[bad] ?? 0)} must be written as %XX`,
    )
  const text = Buffer.from(bytes).toString('latin1')
  const pieces: Piece[] = []
  let at = 0
  for (const part of text.split('&')) {
    const piece = pieceOf(part, at)
    if ('fault' in piece) return piece
    const value = unescaped(piece.text)
    if (typeof value === 'number')
      return fault(
        piece.name,
        piece.valueAt + value,
        '“%”之后必须是两位十六进制数字',
        '“%” must be followed by two hexadecimal digits',
      )
    pieces.push({ ...piece, value })
    at += part.length + 1
  }
  return formOf(pieces)
}

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0')

/** An answer: one line, not URL-encoded. A {…} round the whole of it is tolerated. */
export function readLine(bytes: Bytes): FormRead {
  const named = /(?:^|[&{])encoding=([A-Za-z0-9-]*)/.exec(Buffer.from(bytes).toString('latin1'))?.[1]
  const charset = charsetNamed(named ?? 'UTF-8')
  if (charset === undefined) return unknownCharset(named ?? '', 0)
  const decoded = decodeText(bytes, charset)
  if ('badAt' in decoded) return notIn(charset, '(message)', decoded.badAt)
  const { text } = decoded
  const whole = text.startsWith('{') && closing(text, 0) === text.length - 1
  const pieces: Piece[] = []
  for (const [from, to] of spans(text, whole ? 1 : 0, whole ? text.length - 1 : text.length)) {
    const piece = pieceOf(text.slice(from, to), from)
    if ('fault' in piece) return { fault: { ...piece.fault, offset: decoded.offsetOf(piece.fault.offset) } }
    const open = openBrace(piece.text)
    if (open !== undefined)
      return fault(
        piece.name,
        decoded.offsetOf(piece.valueAt + open),
        '括号没有闭合',
        'opens a bracket that is never closed',
      )
    pieces.push(inBytes(bytes, decoded, piece, to))
  }
  return formOf(pieces)
}

type Plain = {
  readonly name: string
  readonly text: string
  readonly at: number
  readonly valueAt: number
}

const inBytes = (bytes: Bytes, { offsetOf }: Decoded, piece: Plain, end: number): Piece => ({
  name: piece.name,
  value: bytes.subarray(offsetOf(piece.valueAt), offsetOf(end)),
  at: offsetOf(piece.at),
  valueAt: offsetOf(piece.valueAt),
})

function pieceOf(part: string, at: number): Plain | { fault: FormFault } {
  const equals = part.indexOf('=')
  const name = equals < 0 ? part : part.slice(0, equals)
  if (equals < 0)
    return fault(
      '(message)',
      at,
      '此处应为 名称=值',
      'here must be name=value: there is no “=” before the next “&”',
    )
  if (!NAME.test(name))
    return fault(
      '(message)',
      at,
      '字段名应为 1–64 位字母、数字、“_”',
      'a member’s name is 1–64 letters, digits and “_”',
    )
  return { name, text: part.slice(equals + 1), at, valueAt: at + equals + 1 }
}

/** Where each member begins and ends: an & between brackets parts nothing. */
export function* spans(text: string, from: number, to: number): Generator<readonly [number, number]> {
  let start = from
  let depth = 0
  for (let at = from; at < to; at += 1) {
    const sign = text[at]
    if (sign === '{' || sign === '[') depth += 1
    else if ((sign === '}' || sign === ']') && depth > 0) depth -= 1
    else if (sign === '&' && depth === 0) {
      yield [start, at]
      start = at + 1
    }
  }
  yield [start, to]
}

/** Where the bracket that opens at `at` is closed. */
function closing(text: string, at: number): number {
  let depth = 0
  for (let index = at; index < text.length; index += 1) {
    if ('{['.includes(text[index] ?? ' ')) depth += 1
    else if ('}]'.includes(text[index] ?? ' ')) {
      depth -= 1
      if (depth === 0) return index
    }
  }
  return -1
}

/** The first bracket that stays open. */
function openBrace(text: string): number | undefined {
  const open: number[] = []
  for (let at = 0; at < text.length; at += 1) {
    if ('{['.includes(text[at] ?? ' ')) open.push(at)
    else if ('}]'.includes(text[at] ?? ' ')) open.pop()
  }
  return open[0]
}

/** The bytes that %XX and + stand for; or the index of a % that is followed by something else. */
function unescaped(text: string): Bytes | number {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '%') {
      const digits = text.slice(at + 1, at + 3)
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return at
      bytes.push(Number.parseInt(digits, 16))
      at += 2
    } else bytes.push(sign === '+' ? 0x20 : text.charCodeAt(at))
  }
  return Uint8Array.from(bytes)
}

function formOf(pieces: readonly Piece[]): FormRead {
  if (pieces.length > MEMBERS_MAX)
    return fault('(message)', 0, `最多 ${MEMBERS_MAX} 个字段`, `may hold at most ${MEMBERS_MAX} members`)
  const declared = pieces.find(({ name }) => name === 'encoding')
  const named = declared === undefined ? 'UTF-8' : Buffer.from(declared.value).toString('latin1')
  const charset = charsetNamed(named)
  if (charset === undefined) return unknownCharset(named, declared?.valueAt ?? 0)
  const members = new Map<string, Member>()
  for (const { name, value, at, valueAt } of pieces) {
    if (members.has(name)) return fault(name, at, '字段重复出现', 'appears twice')
    const decoded = decodeText(value, charset)
    if ('badAt' in decoded) return notIn(charset, name, valueAt)
    // What the signature leaves out may not be read either: an edge that nobody signed could be anybody's.
    if (name !== PEM_MEMBER && value.length > 0 && trimmed(value).length !== value.length)
      return fault(
        name,
        valueAt,
        '首尾有空白，签名串不含首尾空白，请去掉后再签名',
        'begins or ends with white space, which the signed string leaves out: trim it before signing',
      )
    members.set(name, { name, text: decoded.text, raw: value, at, valueAt })
  }
  return { form: { members, charset } }
}

const unknownCharset = (named: string, offset: number) =>
  fault(
    'encoding',
    offset,
    `必须是 UTF-8 或 GBK，而非 ${named}`,
    `must be UTF-8 or GBK, not ${named === '' ? 'empty' : named}`,
  )
const notIn = (charset: Charset, field: string, offset: number) =>
  fault(field, offset, `不是合法的 ${charset} 文本`, `is not valid ${charset} text`)

/** The way Java trims: up to and with the blank. */
function trimmed(bytes: Bytes): Bytes {
  let from = 0
  let to = bytes.length
  while (from < to && (bytes[from] ?? 0) <= 0x20) from += 1
  while (to > from && (bytes[to - 1] ?? 0) <= 0x20) to -= 1
  return bytes.subarray(from, to)
}

/** What is signed: members but the signature, empty ones dropped, trimmed, by their names in byte order, as they came. */
export function canonical(members: Iterable<{ readonly name: string; readonly raw: Bytes }>): Bytes {
  const kept = [...members]
    .map(({ name, raw }) => ({ name, raw: trimmed(raw) }))
    .filter(({ name, raw }) => name !== SIGNATURE && raw.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return concat(...kept.flatMap(({ name, raw }, index) => [utf8(`${index === 0 ? '' : '&'}${name}=`), raw]))
}

/** The value of a member; undefined where it is missing or empty, which is the same. */
export const valueIn = (form: Form, name: string): string | undefined =>
  form.members.get(name)?.text || undefined

export const asMembers = (
  pairs: readonly Pair[],
  charset: Charset = 'UTF-8',
): { name: string; raw: Bytes }[] => pairs.map(([name, value]) => ({ name, raw: encodeText(value, charset) }))

/** Percent-escapes in capitals, blanks as +, as Java's URLEncoder writes. */
export const writeBody = (pairs: readonly Pair[], charset: Charset = 'UTF-8'): Bytes =>
  utf8(pairs.map(([name, value]) => `${name}=${escaped(encodeText(value, charset))}`).join('&'))

const PLAIN = /[A-Za-z0-9*_.-]/

function escaped(value: Bytes): string {
  let text = ''
  for (const byte of value) {
    const sign = String.fromCharCode(byte)
    text += byte === 0x20 ? '+' : PLAIN.test(sign) ? sign : `%${hexOf(byte).toUpperCase()}`
  }
  return text
}

export const writeLine = (pairs: readonly Pair[], charset: Charset = 'UTF-8'): Bytes =>
  encodeText(pairs.map(([name, value]) => `${name}=${value}`).join('&'), charset)
