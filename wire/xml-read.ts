// A strict reader for what an XML message may be: one tree of elements that hold either elements or text. saxes is the parser;
// document types, entities beyond the five, comments, processing instructions, CDATA, mixed content, elements that come
// twice and any encoding but UTF-8 are refused with their place (SEC-015 to SEC-017, SEC-032): signer and booker must read the
// same thing, and nothing is ever fetched or expanded.
import { SaxesParser } from 'saxes'
import type { Text } from './classes.ts'

export type Element = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** What it says where it has no children, exactly; otherwise empty. */
  readonly text: string
  /** Of its first byte. */
  readonly offset: number
}

export type XmlFault = {
  readonly offset: number
  readonly line: number
  readonly column: number
  /** Names from the root to where it was noticed. */
  readonly path: string
  readonly rule: Text
}

export const XML_LIMITS = {
  bytesMax: 256 * 1024,
  depthMax: 8,
  elementsMax: 20_000,
  attributesMax: 4,
  referencesMax: 4_096,
} as const

type Building = {
  name: string
  attributes: Record<string, string>
  children: Element[]
  names: Set<string>
  text: string
  at: number
  offset: number
}

class Misread extends Error {
  readonly at: number
  readonly zh: string
  readonly en: string
  constructor(at: number, zh: string, en: string) {
    super(en)
    this.at = at
    this.zh = zh
    this.en = en
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The root element, or where and why there is none. `repeats` are names that may stand more than once beside each other. */
export function readXml(
  bytes: Uint8Array,
  repeats: readonly string[] = [],
): { readonly root: Element } | { readonly fault: XmlFault } {
  if (bytes.length > XML_LIMITS.bytesMax)
    return atByte(0, `最多 ${XML_LIMITS.bytesMax} 字节`, `may hold at most ${XML_LIMITS.bytesMax} bytes`)
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return atByte(badByte(bytes), '不是合法的 UTF-8', 'is not valid UTF-8')
  }
  const open: Building[] = []
  try {
    forbidden(text)
    return { root: parse(text, open, repeats) }
  } catch (fault) {
    if (!(fault instanceof Misread)) throw fault
    const path = open.map(({ name }) => name).join('/')
    return { fault: { ...placeOf(text, fault.at), path, rule: { zh: fault.zh, en: fault.en } } }
  }
}

function atByte(offset: number, zh: string, en: string): { fault: XmlFault } {
  return { fault: { offset, line: 1, column: offset + 1, path: '', rule: { zh, en } } }
}

function badByte(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  const at = text.indexOf('\ufffd')
  return Buffer.byteLength(text.slice(0, Math.max(0, at)))
}

function placeOf(text: string, at: number): { offset: number; line: number; column: number } {
  const before = text.slice(0, at)
  const lines = before.split('\n')
  return { offset: Buffer.byteLength(before), line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

const DECLARED =
  /^<\?xml version=(["'])1\.0\1(?: encoding=(["'])([A-Za-z][A-Za-z0-9._-]*)\2)?(?: standalone=(["'])(?:yes|no)\4)? *\?>/

/** What is refused by sight, before anything is parsed: it takes one pass, however much is declared or nested. */
function forbidden(text: string): void {
  if (text.startsWith('\ufeff')) throw new Misread(0, '不接受字节序标记', 'begins with a byte-order mark')
  const declared = DECLARED.exec(text)
  if (text.startsWith('<?xml') && declared === null)
    throw new Misread(
      0,
      'XML 声明不合法，应为 version="1.0" encoding="UTF-8"',
      'has a malformed XML declaration: expected version="1.0" encoding="UTF-8"',
    )
  const encoding = declared?.[3]
  if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8')
    throw new Misread(
      0,
      `声明的编码是 ${encoding}，只接受 UTF-8`,
      `declares the encoding ${encoding}; only UTF-8 is taken`,
    )
  const marked = text.indexOf('<!')
  if (marked >= 0) {
    const [zh, en] = MARKED.find(([sign]) => text.startsWith(sign, marked))?.slice(1) ?? [
      '不接受此类标记',
      'holds a kind of markup that is not taken',
    ]
    throw new Misread(marked, zh ?? '', en ?? '')
  }
  const instruction = text.indexOf('<?', declared?.[0].length ?? 0)
  if (instruction >= 0)
    throw new Misread(instruction, '不接受处理指令', 'holds a processing instruction, which is not taken')
  let references = 0
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1))
    if (++references > XML_LIMITS.referencesMax)
      throw new Misread(
        at,
        `实体与字符引用最多 ${XML_LIMITS.referencesMax} 个`,
        `may hold at most ${XML_LIMITS.referencesMax} references`,
      )
}

const MARKED = [
  [
    '<!DOCTYPE',
    '不接受 DOCTYPE：不读外部实体，也不展开实体',
    'holds a DOCTYPE, which is not taken: no entity is fetched or expanded',
  ],
  ['<!--', '不接受注释', 'holds a comment, which is not taken'],
  ['<![CDATA[', '不接受 CDATA', 'holds a CDATA section, which is not taken'],
] as const

function taken(element: Building | undefined, { name, value }: { name: string; value: string }): void {
  if (element === undefined) return
  element.attributes[name] = value
  if (Object.keys(element.attributes).length > XML_LIMITS.attributesMax)
    throw new Misread(
      element.at,
      `属性最多 ${XML_LIMITS.attributesMax} 个`,
      `may have at most ${XML_LIMITS.attributesMax} attributes`,
    )
}

function written(element: Building | undefined, piece: string): void {
  if (element === undefined) return
  element.text += piece
  if (element.children.length > 0 && element.text.trim() !== '')
    throw new Misread(
      element.at,
      `${element.name} 既有文字又有元素`,
      `${element.name} mixes text and elements`,
    )
}

function parse(text: string, open: Building[], repeats: readonly string[]): Element {
  const parser = new SaxesParser()
  let root: Element | undefined
  let elements = 0
  // Bytes are counted on from the element before, so that many elements take one pass.
  const counted = { at: 0, offset: 0 }
  parser.on('error', (error) => {
    throw new Misread(
      parser.position,
      `不是合法的 XML：${plain(error)}`,
      `is not well-formed XML: ${plain(error)}`,
    )
  })
  parser.on('opentagstart', ({ name }) => {
    const at = text.lastIndexOf('<', parser.position - 1)
    const parent = open.at(-1)
    if (open.length >= XML_LIMITS.depthMax)
      throw new Misread(
        at,
        `嵌套最多 ${XML_LIMITS.depthMax} 层`,
        `is nested more than ${XML_LIMITS.depthMax} deep`,
      )
    if (++elements > XML_LIMITS.elementsMax)
      throw new Misread(
        at,
        `元素最多 ${XML_LIMITS.elementsMax} 个`,
        `has more than ${XML_LIMITS.elementsMax} elements`,
      )
    if (parent !== undefined && parent.text.trim() !== '')
      throw new Misread(at, `${parent.name} 既有文字又有元素`, `${parent.name} mixes text and elements`)
    if (parent?.names.has(name) === true && !repeats.includes(name))
      throw new Misread(at, `元素 ${name} 重复出现`, `the element ${name} comes twice`)
    parent?.names.add(name)
    counted.offset += Buffer.byteLength(text.slice(counted.at, at))
    counted.at = at
    open.push({ name, attributes: {}, children: [], names: new Set(), text: '', ...counted })
  })
  parser.on('attribute', (attribute) => taken(open.at(-1), attribute))
  parser.on('text', (piece) => written(open.at(-1), piece))
  parser.on('closetag', () => {
    const done = open.pop()
    if (done === undefined) return
    const { name, attributes, children, offset } = done
    const element = { name, attributes, children, text: children.length > 0 ? '' : done.text, offset }
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else {
      parent.children.push(element)
      // White space between elements is nobody's; what follows is looked at by itself.
      parent.text = ''
    }
  })
  parser.write(text).close()
  if (root === undefined) throw new Misread(text.length, '没有根元素', 'has no root element')
  return root
}

/** saxes writes "1:23: what is wrong." */
const plain = (error: Error): string =>
  error.message.replace(/^(?:undefined|[0-9]+):[0-9]+: /, '').replace(/\.$/, '')
