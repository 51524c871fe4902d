// The bytes that the signature of an EPCC message covers, under a sender's choices; and what senders get wrong about them.
import { type Bytes, concat, utf8 } from '../crypto/crypto.ts'
import { encodeText } from '../wire/wire.ts'
import { mistakesOf } from './clinic-mistakes.ts'
import type { Choices } from './clinic-search.ts'

/** Places in the message, in bytes. */
export type EpccSeen = {
  readonly root: readonly [number, number]
  /** What stands between {S: and }. */
  readonly signature?: readonly [number, number]
  /** Where {S: begins. */
  readonly trailer: number
}

// biome-ignore format: one mistake, one row
export const EPCC_MISTAKES = mistakesOf([
  ['declaration-signed', 'span', 'declaration', '签名还覆盖了 XML 声明', 'the signature covers the XML declaration as well', '只签 <root 到 </root>', 'sign from <root to </root> only'],
  ['break-signed', 'span', 'break', '签名还覆盖了 {S: 之前的换行', 'the signature covers the line break before {S: as well', '只签 <root 到 </root>', 'sign from <root to </root> only'],
  ['declaration-break-signed', 'span', 'whole', '签名覆盖了 {S: 之前的全部', 'the signature covers all that stands before {S:', '只签 <root 到 </root>', 'sign from <root to </root> only'],
  ['header-only-signed', 'span', 'header', '只签了 MsgHeader', 'only MsgHeader was signed', '签 <root 到 </root> 的全部', 'sign all from <root to </root>'],
  ['body-only-signed', 'span', 'body', '只签了 MsgBody', 'only MsgBody was signed', '签 <root 到 </root> 的全部', 'sign all from <root to </root>'],
  ['root-left-out', 'span', 'children', '签名没有包含 <root …> 与 </root> 本身', 'the tags <root …> and </root> themselves were left out', '签 <root 到 </root>，含两端', 'sign from <root to </root>, both included'],
  ['line-breaks-dropped', 'breaks', 'none', '签名前去掉了换行', 'line breaks were dropped before signing', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['line-breaks-lf', 'breaks', 'lf', '签名时换行是 LF，发送的是 CR LF', 'line breaks were LF when it was signed, and CR LF when it was sent', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['line-breaks-crlf', 'breaks', 'crlf', '签名时换行是 CR LF，发送的是 LF', 'line breaks were CR LF when it was signed, and LF when it was sent', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['xml-compact', 'xml', 'compact', '签的是重新序列化的 XML：标签之间没有空白', 'XML was signed that was serialised again, without white space between tags', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['xml-pretty', 'xml', 'pretty', '签的是重新序列化的 XML：缩进两格', 'XML was signed that was serialised again, indented by two', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['xml-pretty-four', 'xml', 'pretty4', '签的是重新序列化的 XML：缩进四格', 'XML was signed that was serialised again, indented by four', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['xml-empty-long', 'xml', 'expanded', '签名时空元素写成 <a></a>，发送时是 <a/>', 'empty elements were <a></a> when it was signed, and <a/> when it was sent', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['xml-empty-short', 'xml', 'collapsed', '签名时空元素写成 <a/>，发送时是 <a></a>', 'empty elements were <a/> when it was signed, and <a></a> when it was sent', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['namespace-dropped', 'xml', 'bare-root', '签名时 root 没有命名空间', 'root had no namespace when it was signed', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['charset-gbk', 'charset', 'gbk', '签名时文本是 GBK', 'the text was in GBK when it was signed', '按 UTF-8 取字节', 'take its bytes in UTF-8'],
])

/** Undefined where these bytes are no such message. */
export function epccIn(bytes: Bytes): EpccSeen | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  const from = text.search(/<root[\s>]/)
  const to = text.lastIndexOf('</root>')
  if (from < 0 || to < from) return undefined
  const end = to + '</root>'.length
  const open = text.lastIndexOf('{S:')
  const close = text.lastIndexOf('}')
  const signed = open >= end && close > open
  return {
    root: [from, end],
    trailer: signed ? open : bytes.length,
    ...(signed && { signature: [open + 3, close] as const }),
  }
}

/** The signed bytes by these choices; undefined where the message has no such part. */
export function epccText(bytes: Bytes, seen: EpccSeen, choices: Choices): Bytes | undefined {
  const span = spanOf(bytes, seen, choices['span'] ?? 'root')
  if (span === undefined) return undefined
  const { breaks = 'sent', xml = 'sent', charset = 'utf8' } = choices
  if (breaks === 'sent' && xml === 'sent' && charset === 'utf8') return span
  const text = Buffer.from(span).toString('utf8')
  const written = brokenAs(xmlAs(text, xml), breaks)
  return charset === 'gbk' ? encodeText(written, 'GBK') : utf8(written.toWellFormed())
}

function spanOf(bytes: Bytes, { root: [from, to], trailer }: EpccSeen, how: string): Bytes | undefined {
  const text = Buffer.from(bytes.subarray(from, to)).toString('latin1')
  const element = (name: string): Bytes | undefined => {
    const open = text.search(new RegExp(`<${name}[\\s>]`))
    const close = text.lastIndexOf(`</${name}>`)
    return open < 0 || close < open ? undefined : bytes.subarray(from + open, from + close + name.length + 3)
  }
  switch (how) {
    case 'declaration':
      return bytes.subarray(0, to)
    case 'break':
      return concat(bytes.subarray(from, to), bytes.subarray(to, trailer))
    case 'whole':
      return bytes.subarray(0, trailer)
    case 'header':
      return element('MsgHeader')
    case 'body':
      return element('MsgBody')
    case 'children':
      return bytes.subarray(from + text.indexOf('>') + 1, to - '</root>'.length)
    default:
      return bytes.subarray(from, to)
  }
}

function brokenAs(text: string, how: string): string {
  if (how === 'none') return text.replace(/[\r\n]/g, '')
  if (how === 'lf') return text.replaceAll('\r\n', '\n')
  return how === 'crlf' ? text.replace(/\r?\n/g, '\r\n') : text
}

function xmlAs(text: string, how: string): string {
  switch (how) {
    case 'compact':
      return text.replace(/>\s+</g, '><')
    case 'pretty':
      return pretty(text, '  ')
    case 'pretty4':
      return pretty(text, '    ')
    case 'expanded':
      return text.replace(/<([A-Za-z][\w.-]*)\s*\/>/g, '<$1></$1>')
    case 'collapsed':
      return text.replace(/<([A-Za-z][\w.-]*)><\/\1>/g, '<$1/>')
    case 'bare-root':
      return text.replace(/<root\s[^>]*>/, '<root>')
    default:
      return text
  }
}

/** One element a line, as most serialisers indent; an element with text alone stays on its line. */
function pretty(text: string, indent: string): string {
  const tokens = text.replace(/>\s+</g, '><').match(/<[^>]+>|[^<]+/g) ?? []
  let written = ''
  let depth = 0
  let last = ''
  for (const token of tokens) {
    const closes = token.startsWith('</')
    if (closes) depth -= 1
    const alone = token.startsWith('<') && !(closes && !last.startsWith('</') && !last.endsWith('/>'))
    if (alone && written !== '') written += `\n${indent.repeat(Math.max(depth, 0))}`
    written += token
    if (token.startsWith('<') && !closes && !token.endsWith('/>') && !token.startsWith('<?')) depth += 1
    last = token
  }
  return written
}
