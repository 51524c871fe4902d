// The string that a form's signature covers, under a sender's choices; and what senders get wrong about it. The form is
// read leniently here: what a strict reader refuses may be the very mistake.
import { type Bytes, concat, utf8 } from '../crypto/crypto.ts'
import { type Charset, encodeText, spans } from '../wire/wire.ts'
import { mistakesOf } from './clinic-mistakes.ts'
import type { Choices } from './clinic-search.ts'

/** `wire`: the value as it stands in the message. `valueAt`: where it begins. */
export type Piece = {
  readonly name: string
  readonly wire: Bytes
  readonly at: number
  readonly valueAt: number
}

// biome-ignore format: one mistake, one row
export const FORM_MISTAKES = mistakesOf([
  ['empty-kept', 'empties', 'kept', '空值字段也放进了待签串', 'empty members were put into the signed string', '去掉空值字段再签名', 'drop empty members before signing'],
  ['sort-unsorted', 'sort', 'sent', '没有排序：按发送次序拼接', 'the members were not sorted but joined as sent', '按字段名的字节序升序排列', 'sort by name, ascending, byte by byte'],
  ['sort-ignore-case', 'sort', 'ignore-case', '排序时忽略了大小写', 'upper and lower case were sorted as one', '按字段名的字节序升序排列（大写在小写之前）', 'sort by name, byte by byte (capitals come before small letters)'],
  ['sort-locale', 'sort', 'locale', '按语言习惯排序（localeCompare）', 'the members were sorted by the habits of a language (localeCompare)', '按字段名的字节序升序排列', 'sort by name, ascending, byte by byte'],
  ['sort-descending', 'sort', 'descending', '按降序排列', 'the members were sorted in descending order', '按字段名的字节序升序排列', 'sort by name, ascending, byte by byte'],
  ['signature-included', 'self', 'empty', '待签串含有 signature=', 'the signed string has a member signature=', '待签串不含 signature', 'leave signature out of the signed string'],
  ['cert-id-left-out', 'certId', 'out', '待签串缺少 certId', 'certId was left out of the signed string', '先放入 certId，再拼接签名', 'add certId before the string is made'],
  ['cert-left-out', 'signPubKeyCert', 'out', '待签串缺少 signPubKeyCert', 'signPubKeyCert was left out of the signed string', '除 signature 外所有字段都要签', 'sign every member but signature'],
  ['encrypt-cert-left-out', 'without', 'encryptCertId', '待签串缺少 encryptCertId', 'encryptCertId was left out of the signed string', '除 signature 外所有字段都要签', 'sign every member but signature'],
  ['sign-type-left-out', 'without', 'signType', '待签串缺少 signType', 'signType was left out of the signed string', '除 signature 外所有字段都要签', 'sign every member but signature'],
  ['sign-method-left-out', 'without', 'signMethod', '待签串缺少 signMethod', 'signMethod was left out of the signed string', '除 signature 外所有字段都要签', 'sign every member but signature'],
  ['encoding-left-out', 'without', 'encoding', '待签串缺少 encoding', 'encoding was left out of the signed string', '除 signature 外所有字段都要签', 'sign every member but signature'],
  ['reserved-left-out', 'without', 'reqReserved', '待签串缺少 reqReserved', 'reqReserved was left out of the signed string', '除 signature 外所有字段都要签', 'sign every member but signature'],
  ['url-encoded', 'values', 'escaped', '签的是 URL 编码后的值', 'the URL-encoded values were signed', '先用原文签名，再做 URL 编码', 'sign the values in clear, then URL-encode'],
  ['url-encoded-lower', 'values', 'escaped-lower', '签的是 URL 编码后的值（小写十六进制）', 'the URL-encoded values were signed (with small hex digits)', '先用原文签名，再做 URL 编码', 'sign the values in clear, then URL-encode'],
  ['url-encoded-20', 'values', 'escaped-20', '签的是 URL 编码后的值（空格写成 %20）', 'the URL-encoded values were signed (blanks as %20)', '先用原文签名，再做 URL 编码', 'sign the values in clear, then URL-encode'],
  ['plus-as-itself', 'unescape', 'plus-kept', '“+”未转义就发送：收方把它读成空格', 'a “+” was sent as it is, and is read as a blank', '“+”写成 %2B', 'write “+” as %2B'],
  ['not-url-encoded', 'unescape', 'none', '请求体没有做 URL 编码', 'the body was not URL-encoded', '每个值做 URL 编码（签名之后）', 'URL-encode each value (after signing)'],
  ['values-not-trimmed', 'blanks', 'kept', '值首尾的空白没有去掉就签名', 'values were signed with the white space at their ends', '先去掉首尾空白，签名与发送的都是去掉之后的值', 'trim values first; sign and send what is left'],
  ['tail-ampersand', 'tail', '&', '待签串末尾多了 &', 'the signed string ends with an &', '去掉末尾的 &', 'take the & at the end off'],
  ['charset-gbk', 'charset', 'GBK', '待签串用了 GBK 编码', 'the signed string was in GBK', '按 encoding 所写的字符集（缺省 UTF-8）取字节', 'take its bytes in the charset that encoding names (UTF-8 if none)'],
  ['charset-utf8', 'charset', 'UTF-8', '待签串用了 UTF-8 编码', 'the signed string was in UTF-8', '按 encoding 所写的字符集取字节', 'take its bytes in the charset that encoding names'],
  ['values-only', 'join', 'values', '待签串只有值，没有字段名', 'only values were joined, without their names', '拼成 名称=值，以 & 连接', 'write name=value, joined by &'],
  ['no-ampersands', 'join', 'bare', '拼接时没有用 &', 'the members were joined without &', '拼成 名称=值，以 & 连接', 'write name=value, joined by &'],
  ['braces-signed', 'join', 'braced', '待签串外面加了 { }', 'the signed string stood in { }', '待签串不加 { }', 'leave the braces out of the signed string'],
  ['keyed-plain', 'keyed', 'key=', '共享密钥以 &key= 接在后面', 'the shared key was appended as &key=', '接上 & 与密钥摘要的小写十六进制', 'append & and the lower-case hex of the key’s digest'],
  ['keyed-appended', 'keyed', 'appended', '接在后面的是密钥本身，不是它的摘要', 'the key itself was appended, not its digest', '接上 & 与密钥摘要的小写十六进制', 'append & and the lower-case hex of the key’s digest'],
  ['keyed-upper', 'keyed', 'hashed-upper', '密钥摘要写成了大写十六进制', 'the key’s digest was written in upper-case hex', '写成小写', 'write it in lower case'],
  ['keyed-no-ampersand', 'keyed', 'no-ampersand', '密钥摘要前缺少 &', 'the & before the key’s digest is missing', '接上 & 与密钥摘要的小写十六进制', 'append & and the lower-case hex of the key’s digest'],
  ['keyed-prepended', 'keyed', 'prepended', '密钥摘要放在了前面', 'the key’s digest was put in front', '接在后面', 'append it'],
  ['keyed-hmac', 'keyed', 'hmac', '用了 HMAC', 'HMAC was used', '对 串 & 密钥摘要 做一次摘要，不用 HMAC', 'digest the string, & and the key’s digest; it is no HMAC'],
])

/** Members of a form, whichever of the two ways it is written in; undefined where it is no form at all. */
export function piecesOf(bytes: Bytes, line: boolean): readonly Piece[] | undefined {
  const read = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '')
  // The second byte of a GBK character may look like a bracket.
  const text = /encoding=GBK/i.test(read) ? read.replace(/[\x81-\xfe][\x40-\xfe]/g, 'xx') : read
  const braced = line && text.startsWith('{') && text.endsWith('}')
  const [from, to] = braced ? [1, text.length - 1] : [0, text.length]
  const cuts = line ? [...spans(text, from, to)] : cutsAt(text)
  const pieces = cuts.map(([start, end]): Piece | undefined => {
    const equals = text.indexOf('=', start)
    const name = text.slice(start, equals)
    if (equals < 0 || equals >= end || !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) return undefined
    return { name, wire: bytes.subarray(equals + 1, end), at: start, valueAt: equals + 1 }
  })
  return pieces.length > 1 && pieces.every((piece) => piece !== undefined) ? pieces : undefined
}

function cutsAt(text: string): readonly (readonly [number, number])[] {
  const cuts: (readonly [number, number])[] = []
  let at = 0
  for (const part of text.split('&')) {
    cuts.push([at, at + part.length])
    at += part.length + 1
  }
  return cuts
}

/** What the value stands for; `none`: for itself. */
export function unescaped(wire: Bytes, how: string): Bytes {
  if (how === 'none') return wire
  const bytes: number[] = []
  for (let at = 0; at < wire.length; at += 1) {
    const byte = wire[at] ?? 0
    const digits = Buffer.from(wire.subarray(at + 1, at + 3)).toString('latin1')
    if (byte === 0x25 && /^[0-9A-Fa-f]{2}$/.test(digits)) {
      bytes.push(Number.parseInt(digits, 16))
      at += 2
    } else bytes.push(byte === 0x2b && how === 'form' ? 0x20 : byte)
  }
  return Uint8Array.from(bytes)
}

export function formText(pieces: readonly Piece[], declared: Charset, choices: Choices): Bytes {
  const { unescape = 'form', blanks, empties, self, sort, values, charset, join, tail = '' } = choices
  const kept = pieces
    .filter(({ name }) => choices[name] !== 'out' && choices['without'] !== name)
    .map(({ name, wire }) => {
      const raw = unescaped(name === 'signature' ? new Uint8Array() : wire, unescape)
      return { name, raw: blanks === 'kept' ? raw : trimmed(raw) }
    })
    .filter(({ name, raw }) =>
      name === 'signature' ? self === 'empty' : raw.length > 0 || empties === 'kept',
    )
  const parts = sorted(kept, sort ?? 'bytes').map(({ name, raw }) => ({
    name,
    value: escapedAs(
      charset === undefined || charset === declared ? raw : recoded(raw, declared, charset),
      values ?? 'clear',
    ),
  }))
  const joint = utf8(join === 'bare' ? '' : '&')
  const written = parts.flatMap(({ name, value }, index) => [
    ...(index === 0 ? [] : [joint]),
    ...(join === 'values' ? [] : [utf8(`${name}=`)]),
    value,
  ])
  const whole = concat(...written, utf8(tail))
  return join === 'braced' ? concat(utf8('{'), whole, utf8('}')) : whole
}

type Named = { readonly name: string; readonly raw: Bytes }

function sorted(members: readonly Named[], how: string): readonly Named[] {
  const by = (order: (a: string, b: string) => number): readonly Named[] =>
    members.toSorted((a, b) => order(a.name, b.name))
  const bytewise = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  switch (how) {
    case 'sent':
      return members
    case 'ignore-case':
      return by((a, b) => bytewise(a.toLowerCase(), b.toLowerCase()))
    case 'locale':
      return by((a, b) => a.localeCompare(b, 'en'))
    case 'descending':
      return by((a, b) => bytewise(b, a))
    default:
      return by(bytewise)
  }
}

/** The way Java trims. */
function trimmed(bytes: Bytes): Bytes {
  let from = 0
  let to = bytes.length
  while (from < to && (bytes[from] ?? 0) <= 0x20) from += 1
  while (to > from && (bytes[to - 1] ?? 0) <= 0x20) to -= 1
  return bytes.subarray(from, to)
}

function recoded(raw: Bytes, declared: Charset, charset: string): Bytes {
  const text = new TextDecoder(declared === 'GBK' ? 'gbk' : 'utf-8').decode(raw)
  return encodeText(text, charset as Charset)
}

/** As Java's URLEncoder writes, and two near ways. */
function escapedAs(raw: Bytes, how: string): Bytes {
  if (how === 'clear') return raw
  let text = ''
  for (const byte of raw) {
    const sign = String.fromCharCode(byte)
    const hex = byte.toString(16).padStart(2, '0')
    if (/[A-Za-z0-9.*_-]/.test(sign)) text += sign
    else if (byte === 0x20 && how !== 'escaped-20') text += '+'
    else text += `%${how === 'escaped-lower' ? hex : hex.toUpperCase()}`
  }
  return utf8(text)
}
