// Wrong messages of the form frames, QRC and ACP. A form has no numbers and no null, no nonce, no time, no receiver and no
// wrapped key: faults in those have no place there, and `lacks` says so.
import { concat, utf8 } from '../crypto/crypto.ts'
import {
  acpDialect,
  asMembers,
  canonical,
  type Charset,
  claimedRef,
  type Dialect,
  draft,
  encodeText,
  type Entry,
  type Evidence,
  type Fields,
  type Head,
  type HeadName,
  isRequestType,
  memberOfRow,
  membersOf,
  type Message,
  type MessageType,
  type Pair,
  type PartyId,
  PATH_PREFIX,
  qrcDialect,
  readForm,
  type Sealed,
  sealedForm,
  type Sealer,
  SIGNATURE,
  signPairs,
  type Text,
  writeBody,
} from '../wire/wire.ts'
import type { Forge, Forged, Forger } from './forge.ts'
import { unmarked } from './forge-bytes.ts'
import { orHonestly, otherwise } from './forge-sifang.ts'

/** Head lines → members; `from` is said by the certificate alone where the switch speaks. */
const linesOf = (dialect: Dialect): Readonly<Partial<Record<HeadName, string>>> => ({
  v: 'version',
  suite: dialect.method.member,
  type: dialect.typeMember,
  signcert: 'certId',
  enccert: 'encryptCertId',
})

const formForger = (dialect: Dialect): Forger => ({
  lacks: (forge) => lacks(dialect, forge),
  forge: (world, type, to, fields, forge, signer) =>
    forgeForm(dialect, world, { type, to, fields, forge, signer }),
})

export const qrcForger = formForger(qrcDialect)
export const acpForger = formForger(acpDialect)

const LINES: Readonly<Partial<Record<HeadName, Text>>> = {
  profile: { zh: '此报文框架不带配置档名', en: 'this frame names no profile' },
  order: { zh: '此报文框架只有一种次序', en: 'this frame knows one order only' },
  path: { zh: '此报文框架不对路径签名', en: 'this frame signs no path' },
  to: { zh: '此报文框架不带接收方', en: 'this frame names no receiver' },
  id: { zh: '此报文框架没有报文号', en: 'this frame has no message id' },
  ts: { zh: '此报文框架没有发送时间', en: 'this frame has no time of sending' },
  nonce: { zh: '此报文框架没有随机数', en: 'this frame carries no nonce' },
  ref: {
    zh: '此报文框架的应答只回显业务键',
    en: 'a reply of this frame names its request by its business key only',
  },
}
const BY_CERTIFICATE: Text = {
  zh: '此报文框架只由证书说明发送方',
  en: 'in this frame the certificate alone says who sends',
}
const NO_JSON: Text = { zh: '表单的值只有文本', en: 'a form has text only: no numbers, null or lists' }
const NO_PATH: Text = {
  zh: '此报文框架的多种报文共用一个路径',
  en: 'in this frame messages of many types share one path',
}
const NO_PART: Text = {
  zh: '此报文框架没有单独的密钥块和校验值',
  en: 'this frame has no wrapped key and no tag',
}
const NO_XML: Text = { zh: '此报文框架不是 XML', en: 'this frame is no XML' }
const NO_SPELLING: Text = {
  zh: '表单没有 JSON 的转义写法',
  en: 'a form has none of the escapes of JSON',
}
const NO_CHARSET: Text = { zh: '此报文框架不声明字符集', en: 'this frame declares no charset' }

function lacks(dialect: Dialect, forge: Forge): Text | undefined {
  const { head = {}, headAfter = {}, headWithout = [], doctype, entity } = forge
  if (doctype !== undefined || entity !== undefined) return NO_XML
  const known = linesOf(dialect)
  for (const line of [...Object.keys(head), ...Object.keys(headAfter), ...headWithout] as HeadName[])
    if (line !== 'from' && known[line] === undefined) return LINES[line]
  const said = [head.from, headAfter.from].filter((from) => from !== undefined)
  if (headWithout.includes('from') || said.some((from) => from !== head.signcert)) return BY_CERTIFICATE
  for (const raw of Object.values({ ...forge.members, ...forge.twice, ...forge.afterSigning })) {
    if (!isText(raw)) return NO_JSON
    if (/\\[u/]/.test(raw)) return NO_SPELLING
  }
  if (forge.path !== undefined && isRequestType(forge.path.replace(PATH_PREFIX, ''))) return NO_PATH
  const sealed = dialect.name === 'qrc' ? ['wrap', 'cipher'] : []
  if (forge.flip !== undefined && forge.flip !== 'sign' && ![...sealed, 'head'].includes(forge.flip))
    return NO_PART
  return forge.charset !== undefined && dialect.name !== 'acp' ? NO_CHARSET : undefined
}

function isText(raw: string): boolean {
  try {
    return typeof JSON.parse(raw) === 'string'
  } catch {
    return false
  }
}

type Job<T extends MessageType> = {
  readonly type: T
  readonly to: PartyId
  readonly fields: Fields<T>
  readonly forge: Forge
  readonly signer: Sealer['keys']
}

async function forgeForm<T extends MessageType>(
  dialect: Dialect,
  world: Sealer,
  { type, to, fields, forge, signer }: Job<T>,
): Promise<Forged> {
  const memo = new Map<string, string>()
  const outgoing = { type, to, fields }
  const honest: Entry[] = Object.entries(membersOf(type, fields, world.profile.network))
  const entries = bentEntries(honest, forge)
  const made = await draft(world, dialect, outgoing, entries, memo)
  const { written = 'UTF-8', declared, after: redeclared } = forge.charset ?? {}
  const pairs = declaring(withLines(dialect, made.pairs, forge.head ?? {}), declared)
  const certId = forge.head?.signcert ?? made.head.signcert
  const own = forge.sign !== undefined && !['none', 'flip'].includes(forge.sign) ? forge.sign : certId
  const keys = otherwise(
    orHonestly(signer, made.head.signcert),
    { ...world.profile.sm2, ...forge.sm2 },
    forge,
  )
  const signatureOver = (those: readonly Pair[]): Promise<string> =>
    signPairs(world, dialect, those, own, keys, unmarked(canonical(asMembers(those, written))))
  const signature = await signatureOver(pairs)
  let sent = pairs
  if (forge.afterSigning !== undefined) {
    const after = await draft(world, dialect, outgoing, changed(entries, forge.afterSigning), memo)
    // The number that such a message gives itself is another at every try; it stays what was signed.
    sent = withSame(withLines(dialect, after.pairs, forge.head ?? {}), pairs, dialect, type)
  }
  sent = withLines(dialect, sent, forge.headAfter ?? {}, forge.headWithout)
  if (forge.lift !== undefined) sent = lifted(sent, forge.lift, dialect)
  if (forge.flip === 'wrap' || forge.flip === 'cipher') sent = sent.map(flippedBlock)
  if (forge.flip === 'head')
    sent = sent.map(([name, value]) => [name, name === 'version' ? lastFlipped(value) : value])
  if (forge.spoilt !== undefined)
    sent = sent.map(([name, value]) => [name, forge.spoilt?.includes(name) ? middleFlipped(value) : value])
  sent = declaring(sent, redeclared)
  if (forge.reordered === true) sent = sent.toReversed()
  const last = forge.resigned === true ? await signatureOver(sent) : signature
  const flip = forge.sign === 'flip' || forge.flip === 'sign'
  const signed: Pair[] =
    forge.sign === 'none' ? [...sent] : [...sent, [SIGNATURE, flip ? firstFlipped(last) : last]]
  const whole = sealedForm(type, made.path, signed)
  const sealed: Sealed = {
    ...whole,
    path: pathFor(dialect, forge.path) ?? whole.path,
    contentType: forge.contentType ?? whole.contentType.replace('UTF-8', written),
    bytes: resized(spelt(signed, written, forge), forge),
  }
  const head: Head = { ...made.head, ...forge.head }
  note(world, sealed, head, made.domain, forge, { type, fields } as unknown as Message)
  return {
    sealed,
    ref: claimedRef(sealed) ?? made.ref,
    head,
    ...(forge.encoding !== undefined && { encoding: forge.encoding }),
  }
}

function note(
  world: Sealer,
  sealed: Sealed,
  head: Head,
  domain: Uint8Array,
  forge: Forge,
  meant: Message,
): void {
  const bent = [forge.members, forge.without, forge.twice, forge.afterSigning, forge.lift]
  const evidence: Evidence = {
    seen: 'sealed',
    by: world.me,
    at: world.clock.wall(),
    sealed,
    head,
    domain,
    // Where the content itself was bent, the fields meant are not the fields sent; the bytes speak for themselves.
    ...(bent.every((one) => one === undefined) && { message: meant }),
  }
  world.observe?.(evidence)
}

const declaring = (pairs: readonly Pair[], charset: Charset | undefined): readonly Pair[] =>
  charset === undefined ? pairs : pairs.map(([name, value]) => [name, name === 'encoding' ? charset : value])

function spelt(pairs: readonly Pair[], charset: Charset, { escaped }: Forge): Uint8Array {
  if (escaped !== true) return unmarked(writeBody(pairs, charset), 'escaped')
  const every = (value: string): string =>
    Buffer.from(encodeText(value, charset)).toString('hex').replace(/../g, '%$&')
  return utf8(pairs.map(([name, value]) => `${name}=${every(value)}`).join('&'))
}

const textOf = (raw: string): string => String(JSON.parse(raw))

function bentEntries(honest: readonly Entry[], { members = {}, without = [], twice = {} }: Forge): Entry[] {
  const kept = changed(honest, members).filter(([name]) => !without.includes(name))
  return [...kept, ...Object.entries(twice).map(([name, raw]): Entry => [name, textOf(raw)])]
}

/** Each member replaced where it stands, or added; one that stands twice, the first time. */
function changed(entries: readonly Entry[], members: Readonly<Record<string, string>>): Entry[] {
  const after = [...entries]
  for (const [name, raw] of Object.entries(members)) {
    const at = after.findIndex(([one]) => one === name)
    if (at < 0) after.push([name, textOf(raw)])
    else after[at] = [name, textOf(raw)]
  }
  return after
}

function withLines(
  dialect: Dialect,
  pairs: readonly Pair[],
  lines: Partial<Record<HeadName, string>>,
  without: readonly HeadName[] = [],
): Pair[] {
  const members = linesOf(dialect)
  const gone = without.map((line) => members[line])
  const after = new Map<string, string>()
  for (const [line, value] of Object.entries(lines) as [HeadName, string][]) {
    const member = members[line]
    if (member === undefined) continue
    if (line !== 'type' || !isRequestType(value)) after.set(member, value)
    else for (const [name, number] of dialect.naming(value, new Map())) after.set(name, number)
  }
  return pairs
    .filter(([name]) => !gone.includes(name))
    .map(([name, value]) => [name, after.get(name) ?? value])
}

/** The numbers that a message gives itself, from the first making of it. */
function withSame(
  pairs: readonly Pair[],
  first: readonly Pair[],
  dialect: Dialect,
  type: MessageType,
): Pair[] {
  const serial: readonly string[] = isRequestType(type) ? dialect.serialOf(type).names : []
  const before = new Map(first)
  return pairs.map(([name, value]) => [name, (serial.includes(name) ? before.get(name) : undefined) ?? value])
}

const BLOCK = memberOfRow(qrcDialect.places, 'debit', 'token')

/** What another message says, under the name and the signature of this one. */
function lifted(pairs: readonly Pair[], donor: Sealed, dialect: Dialect): Pair[] {
  const read = readForm(donor)
  if ('fault' in read) throw new Error('cannot lift anything from a message that is not whole')
  const own = [...Object.values(linesOf(dialect)), 'encoding', SIGNATURE]
  const theirs = [...read.form.members.values()].filter(({ name }) => !own.includes(name))
  const kept = pairs.filter(([name]) => own.includes(name))
  return [...kept, ...theirs.map(({ name, text }): Pair => [name, text])]
}

const flippedBlock = ([name, value]: Pair): Pair => [name, name === BLOCK ? firstFlipped(value) : value]

/** Another sign of base64 and of hex: the first one is never padding, so what it spells is well-formed. */
const firstFlipped = (text: string): string => (text.startsWith('0') ? '1' : '0') + text.slice(1)
/** Well inside whatever is enciphered, also where a text in base64 holds another one. */
function middleFlipped(text: string): string {
  const at = text.length >> 1
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}
const lastFlipped = (text: string): string => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')

/** Pages name paths of sifang/1. */
const pathFor = (dialect: Dialect, path: string | undefined): string | undefined =>
  path === undefined
    ? undefined
    : `${dialect.pathOf('query').replace(/[^/]*$/, '')}${path.replace(PATH_PREFIX, '')}.do`

const resized = (bytes: Uint8Array, { cut, pad }: Forge): Uint8Array =>
  cut !== undefined
    ? bytes.subarray(0, bytes.length - cut)
    : pad !== undefined
      ? concat(bytes, new Uint8Array(pad))
      : bytes
