// An EPCC message taken apart, and nothing of it believed yet: header, members by name, what it answers, what is signed.
import type { Bytes } from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import { REFERENCE_GROUP, ROW_NAMES } from './epcc-layout.ts'
import { EPCC_NUMBERS, swapped, typeSaid } from './epcc-numbers.ts'
import type { Sealed } from './envelope.ts'
import type { Tree } from './json.ts'
import type { MessageType, RequestType } from './messages.ts'
import { partyCode } from './netsunion-forms.ts'
import { type Element, readXml } from './xml-read.ts'

export const HEADER_NAMES = ['SndDt', 'MsgTp', 'IssrId', 'Drctn', 'SignSN', 'NcrptnSN', 'DgtlEnvlp'] as const
export type HeaderName = (typeof HEADER_NAMES)[number]

export type ReadFault = { readonly field: string; readonly offset: number; readonly rule: Text }
export type EpccMessage = {
  readonly header: Readonly<Record<HeaderName, string>>
  /** Business members by their own names, whichever group they stood in. */
  readonly members: Tree
  /** What a reply says that it answers. */
  readonly reference: Readonly<Record<string, string>>
  readonly offsets: ReadonlyMap<string, number>
  readonly number: string
  readonly isReply: boolean
  /** The request's type, of a request and of its reply; undefined where no message says so. */
  readonly type: RequestType | undefined
  /** From the first byte of the root to its last. */
  readonly signed: Bytes
  /** Undefined where there is no {S:…} at all. */
  readonly signature: string | undefined
  readonly signatureAt: number
}

type Read = { readonly message: EpccMessage } | { readonly fault: ReadFault }

/** A message is what its bytes are; it is taken apart once for all who look at it. */
const known = new WeakMap<Bytes, Read>()

export function readEpcc({ bytes }: Pick<Sealed, 'bytes'>): Read {
  const before = known.get(bytes)
  if (before !== undefined) return before
  const read = takeApart(bytes)
  known.set(bytes, read)
  return read
}

function fault(field: string, offset: number, zh: string, en: string): { fault: ReadFault } {
  return { fault: { field, offset, rule: { zh, en } } }
}

export const SIGNATURE_NAME = '{S:}'
const TRAILER = /^(?:\r\n|\n)?(?:\{S:([^{}\r\n]*)\})?$/
const NAMESPACE = 'namespace_string'

function takeApart(bytes: Bytes): Read {
  // One byte is one character, so that places are the same in both.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const [from, last] = [text.indexOf('<root'), text.lastIndexOf('</root>')]
  if (from < 0 || last < from) return fault('root', 0, '找不到 <root>…</root>', 'holds no <root>…</root>')
  const end = last + '</root>'.length
  const trailer = TRAILER.exec(text.slice(end))
  if (trailer === null)
    return fault(
      SIGNATURE_NAME,
      end,
      '</root> 之后只能是一个换行与 {S:base64}',
      'after </root> there may be one line break and {S:base64}, nothing else',
    )
  const read = readXml(bytes.subarray(0, end), ROW_NAMES)
  if ('fault' in read) {
    const { offset, line, column, path, rule } = read.fault
    const field = path === '' ? '(message)' : (path.split('/').at(-1) ?? '')
    return fault(
      field,
      offset,
      `第 ${line} 行第 ${column} 列：${rule.zh}`,
      `line ${line}, column ${column}: ${rule.en}`,
    )
  }
  return partsOf(read.root, {
    signed: bytes.subarray(from, end),
    signature: trailer[1],
    signatureAt: end,
  })
}

type Outer = Pick<EpccMessage, 'signed' | 'signature' | 'signatureAt'>

function partsOf(root: Element, outer: Outer): Read {
  const [header, body, ...more] = root.children
  if (root.name !== 'root' || header?.name !== 'MsgHeader' || body?.name !== 'MsgBody' || more.length > 0)
    return fault(
      'root',
      root.offset,
      '根元素下应依次是 MsgHeader 与 MsgBody',
      'must hold MsgHeader and then MsgBody',
    )
  const strange = attributeFault(root)
  if (strange !== undefined) return strange
  const said = headerOf(header)
  if ('fault' in said) return said
  const number = /^epcc\.(\d{3})\.001\.01$/.exec(said.header.MsgTp)?.[1]
  if (number === undefined)
    return fault('MsgTp', header.offset, '应为 epcc.NNN.001.01', 'must be epcc.NNN.001.01')
  // Namespaces vary in what was seen: none, a fixed word, or the message's own number.
  const xmlns = root.attributes['xmlns']
  if (xmlns !== undefined && xmlns !== NAMESPACE && xmlns !== said.header.MsgTp)
    return fault(
      'root',
      root.offset,
      `xmlns 应为 ${NAMESPACE}、报文编号或不写`,
      `xmlns must be ${NAMESPACE}, the message number or absent`,
    )
  const isReply = REPLIES.has(number)
  const content = contentOf(body, isReply)
  if ('fault' in content) return content
  const { members, reference, offsets } = content
  for (const child of header.children) offsets.set(child.name, child.offset)
  const type = typeOf(said.header, number, isReply, members, reference)
  return { message: { header: said.header, members, reference, offsets, number, isReply, type, ...outer } }
}

const REPLIES: ReadonlySet<string> = new Set(Object.values(EPCC_NUMBERS).map(({ reply }) => reply))

function attributeFault(element: Element): { fault: ReadFault } | undefined {
  for (const name of Object.keys(element.attributes))
    if (name !== 'xmlns' || element.name !== 'root')
      return fault(
        element.name,
        element.offset,
        `不接受属性 ${name}`,
        `has an attribute ${name}, which is not taken`,
      )
  return element.children.map(attributeFault).find((one) => one !== undefined)
}

const text14 = { zh: '14 位机构标识', en: 'a party number of 14' }
const GRAMMAR: Readonly<Record<HeaderName, { pattern: RegExp; rule: Text }>> = {
  SndDt: {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
    rule: { zh: '应为 yyyy-MM-ddTHH:mm:ss', en: 'must be yyyy-MM-ddTHH:mm:ss' },
  },
  MsgTp: { pattern: /^.{15}$/, rule: { zh: '15 位报文编号', en: 'a message number of 15' } },
  IssrId: { pattern: /^[ZCG]\d{13}$/, rule: text14 },
  Drctn: { pattern: /^[12][123]$/, rule: { zh: '11–13 或 21–23', en: '11 to 13, or 21 to 23' } },
  SignSN: {
    pattern: /^(\d{10}|[1-9]\d{10,39})$/,
    rule: {
      zh: '10 位证书序号（更长的无前导零）',
      en: 'a certificate number of ten digits, longer ones without a leading zero',
    },
  },
  NcrptnSN: {
    pattern: /^(|\d{10}|[1-9]\d{10,39})$/,
    rule: { zh: '10 位证书序号或空', en: 'a certificate number of ten digits, or empty' },
  },
  DgtlEnvlp: { pattern: /^[A-Za-z0-9+/=]*$/, rule: { zh: 'base64 或空', en: 'base64, or empty' } },
}
const NEEDED: readonly HeaderName[] = ['SndDt', 'MsgTp', 'IssrId', 'Drctn', 'SignSN']

function headerOf(element: Element): { header: Record<HeaderName, string> } | { fault: ReadFault } {
  const header = Object.fromEntries(HEADER_NAMES.map((name) => [name, ''])) as Record<HeaderName, string>
  for (const name of HEADER_NAMES) {
    const child = element.children.find((one) => one.name === name)
    if (child === undefined) {
      if (!NEEDED.includes(name)) continue
      return fault(name, element.offset, '报文头缺少该项', 'is missing from the header')
    }
    const { pattern, rule } = GRAMMAR[name]
    if (child.children.length > 0 || !pattern.test(child.text))
      return fault(name, child.offset, rule.zh, rule.en)
    header[name] = child.text
  }
  if ((header.NcrptnSN === '') !== (header.DgtlEnvlp === ''))
    return fault(
      'DgtlEnvlp',
      element.offset,
      'NcrptnSN 与 DgtlEnvlp 须同有同无',
      'NcrptnSN and DgtlEnvlp come together or not at all',
    )
  return { header }
}

type Content = {
  readonly members: Record<string, string | readonly Tree[]>
  readonly reference: Record<string, string>
  readonly offsets: Map<string, number>
}

function contentOf(body: Element, isReply: boolean): Content | { fault: ReadFault } {
  const content: Content = {
    members: Object.create(null) as Record<string, string | readonly Tree[]>,
    reference: Object.create(null) as Record<string, string>,
    offsets: new Map(),
  }
  const twice = gather(body, isReply, content)
  return twice ?? content
}

/** Every leaf by its name, from whatever group: the same name in two groups would be two values for one member. */
function gather(element: Element, isReply: boolean, content: Content): { fault: ReadFault } | undefined {
  const { members, reference, offsets } = content
  for (const child of element.children) {
    const { name, offset, children } = child
    if (isReply && name === REFERENCE_GROUP) {
      for (const key of children) reference[key.name] = key.text
      continue
    }
    const rows = children.length > 0 && children.every((row) => ROW_NAMES.includes(row.name))
    if (children.length > 0 && !rows) {
      const twice = gather(child, isReply, content)
      if (twice !== undefined) return twice
      continue
    }
    if (name in members)
      return fault(name, offset, `元素 ${name} 在不同分组中重复出现`, `${name} comes twice, in two groups`)
    offsets.set(name, offset)
    members[name] = rows
      ? children.map((row, index) => rowTree(row, `${name}[${index}].`, offsets))
      : child.text
  }
  return undefined
}

function rowTree(row: Element, path: string, offsets: Map<string, number>): Tree {
  const tree = Object.create(null) as Record<string, string>
  for (const { name, text, offset } of row.children) {
    tree[name] = text
    offsets.set(path + name, offset)
  }
  return tree
}

function typeOf(
  { Drctn }: Readonly<Record<HeaderName, string>>,
  number: string,
  isReply: boolean,
  members: Tree,
  reference: Readonly<Record<string, string>>,
): RequestType | undefined {
  const own = (name: string): string | undefined => {
    const value = members[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  if (!isReply) return typeSaid({ number, direction: Drctn, mark: own })
  const asked = /^epcc\.(\d{3})\.001\.01$/.exec(reference[ASKED] ?? '')?.[1]
  if (asked === undefined) return undefined
  return typeSaid({ number: asked, direction: swapped(Drctn), mark: (name) => reference[name] })
}

/** Ours: in what a reply says that it answers, the number of the message. */
export const ASKED = 'OriMsgTp'

export const senderOf = ({ header }: EpccMessage): string => partyCode(header.IssrId) ?? header.IssrId

export const claimOf = ({ type, isReply }: EpccMessage): MessageType | undefined =>
  type === undefined ? undefined : isReply ? (`${type}.reply` as MessageType) : type

/** One number for a certificate: ten digits here, without leading zeros in the directory. */
export const serialText = (id: string): string => id.padStart(10, '0')
export const serialId = (text: string): string => text.replace(/^0+(?=\d)/, '')
