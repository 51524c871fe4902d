// Wrong messages of the frame EPCC: XML with the fault in one place, made of the primitives of the real frame. It carries no
// nonce, message id or receiver and has no sealed block: faults in those have no place there, and `lacks` says so.
import { concat, fromBase64, toBase64, utf8 } from '../crypto/crypto.ts'
import {
  claimedHead,
  claimedRef,
  epccBytes,
  epccDraft,
  type EpccDraft,
  epccEnciphered,
  epccNumber,
  epccRoot,
  epccSerial,
  epccSigned,
  type EpccHeaderName,
  EPCC_PATH,
  EPCC_TYPE,
  type Evidence,
  type Fields,
  type Head,
  type HeadName,
  isRequestType,
  type Message,
  type MessageType,
  partyNumber,
  type PartyId,
  PATH_PREFIX,
  readXml,
  type Sealed,
  type Sealer,
  stamp,
  type Text,
  type Tree,
  writeElement,
  writeText,
  type XmlElement,
} from '../wire/wire.ts'
import type { Forge, Forged, Forger } from './forge.ts'
import { unmarked } from './forge-bytes.ts'
import { forgeFor, textIn } from './forge-names.ts'
import { orHonestly, otherwise } from './forge-sifang.ts'

export const epccForger: Forger = { lacks, forge: forgeEpcc }

/** Which header element a line of the head travels in. */
const LINES: Readonly<Partial<Record<HeadName, EpccHeaderName>>> = {
  type: 'MsgTp',
  from: 'IssrId',
  ts: 'SndDt',
  signcert: 'SignSN',
  enccert: 'NcrptnSN',
}
const WITHOUT: Readonly<Partial<Record<HeadName, Text>>> = {
  v: { zh: '此报文框架不带版本', en: 'this frame names no version' },
  profile: { zh: '此报文框架不带配置档名', en: 'this frame names no profile' },
  suite: { zh: '此报文框架不带算法名', en: 'this frame names no suite' },
  order: { zh: '此报文框架只有一种次序', en: 'this frame knows one order only' },
  path: { zh: '此报文框架不对路径签名', en: 'this frame signs no path' },
  to: { zh: '此报文框架不带接收方', en: 'this frame names no receiver' },
  id: { zh: '此报文框架没有报文号', en: 'this frame has no message id' },
  nonce: { zh: '此报文框架没有随机数', en: 'this frame carries no nonce' },
  ref: { zh: '此报文框架的请求不带应答引用', en: 'requests of this frame have no reference' },
  enccert: {
    zh: '没有敏感字段的报文不带加密证书',
    en: 'a message without personal values names no encryption certificate',
  },
}
const NO_JSON: Text = { zh: 'XML 的值只有文本', en: 'XML has text only: no numbers, null or lists' }
const NO_SPELLING: Text = { zh: 'XML 没有 JSON 的转义写法', en: 'XML has none of the escapes of JSON' }
const NO_PATH: Text = {
  zh: '此报文框架的各种报文共用一个路径',
  en: 'in this frame all messages share one path',
}
const NO_PART: Text = {
  zh: '只有敏感字段加密，此类报文没有密文',
  en: 'only personal values are enciphered, and such a message has none',
}
const NOT_XML: Text = { zh: 'XML 1.0 不能承载该字符', en: 'XML 1.0 cannot carry that character' }

const NO_FORM: Text = { zh: '此报文框架不是表单', en: 'this frame is no form' }

function lacks(forge: Forge): Text | undefined {
  const { head = {}, headAfter = {}, headWithout = [] } = forge
  for (const line of [...Object.keys(head), ...Object.keys(headAfter), ...headWithout] as HeadName[])
    if (WITHOUT[line] !== undefined) return WITHOUT[line]
  for (const raw of Object.values({ ...forge.members, ...forge.twice, ...forge.afterSigning })) {
    const text = textIn(raw)
    if (text === undefined) return NO_JSON
    if (/\\[u/]/.test(raw)) return NO_SPELLING
    if (!isWritable(text)) return NOT_XML
  }
  if (forge.charset !== undefined || forge.escaped !== undefined) return NO_FORM
  if (forge.path !== undefined && isRequestType(forge.path.replace(PATH_PREFIX, ''))) return NO_PATH
  return forge.flip === undefined || forge.flip === 'sign' || forge.flip === 'head' ? undefined : NO_PART
}

function isWritable(text: string): boolean {
  try {
    writeText('text', text)
    return true
  } catch {
    return false
  }
}

async function forgeEpcc<T extends MessageType>(
  world: Sealer,
  type: T,
  to: PartyId,
  fields: Fields<T>,
  named: Forge,
  signer: Sealer['keys'],
): Promise<Forged> {
  const forge = forgeFor(world.profile.network, type, fields, named)
  const sm2 = { ...world.profile.sm2, ...forge.sm2 }
  const outgoing = { type, to, fields }
  const honest = await epccDraft({ ...world, profile: { ...world.profile, sm2 } }, outgoing, (members) =>
    bent(members, forge),
  )
  const draft = { ...honest, header: { ...honest.header, ...headerOf(world, forge.head ?? {}) } }
  const signed = respelt(epccRoot(draft), forge)
  const keys = unmarking(otherwise(orHonestly(signer, honest.signer), sm2, forge))
  const own = signs(forge) ?? forge.head?.signcert ?? honest.signer
  const sent = await sentRoot(world, draft, signed, forge)
  const signature = await epccSigned({ ...world, keys }, forge.resigned === true ? sent : signed, own)
  const whole = unmarked(epccBytes(sent, trailerOf(signature, forge), forge.doctype ?? ''))
  // Who changes the number or the sender in the message changes what HTTP says of them too.
  const { MsgTp, IssrId } = { ...draft.header, ...headerOf(world, forge.headAfter ?? {}) }
  const told = { MsgTp, OriIssrId: IssrId }
  const sealed: Sealed = {
    path: forge.path === undefined ? EPCC_PATH : `${EPCC_PATH}/${forge.path.replace(/^\//, '')}`,
    contentType: forge.contentType ?? EPCC_TYPE,
    bytes: resized(whole, forge),
    headers: told,
  }
  const meant: Head = claimedHead(sealed) ?? lostHead(world, type, draft)
  const { observe } = world
  observe?.(evidenceOf(world, sealed, meant, draft, forge, { type, fields } as unknown as Message))
  return {
    sealed,
    ref: claimedRef(sealed) ?? draft.header.MsgTp,
    head: meant,
    ...(forge.encoding !== undefined && { encoding: forge.encoding }),
  }
}

const unmarking = (keys: Sealer['keys']): Sealer['keys'] => ({
  ...keys,
  sign: (id, bytes, options) => keys.sign(id, unmarked(bytes), options),
})

const signs = ({ sign }: Forge): string | undefined =>
  sign === undefined || sign === 'none' || sign === 'flip' ? undefined : sign

/** Of a message whose own cannot be read any more. */
const lostHead = (world: Sealer, type: MessageType, { signer }: EpccDraft): Head => ({
  ...({
    v: '-',
    profile: '-',
    suite: '-',
    order: '-',
    path: '-',
    to: '-',
    id: '-',
    nonce: '-',
    ref: '-',
    enccert: '-',
  } as const),
  type,
  from: world.me,
  ts: stamp(world.clock.wall()),
  signcert: signer,
})

function evidenceOf(
  world: Sealer,
  sealed: Sealed,
  head: Head,
  { members, key }: EpccDraft,
  forge: Forge,
  message: Message,
): Evidence {
  const touched = [
    forge.members,
    forge.without,
    forge.twice,
    forge.afterSigning,
    forge.lift,
    forge.doctype,
    forge.entity,
  ]
  return {
    seen: 'sealed',
    by: world.me,
    at: world.clock.wall(),
    sealed,
    head,
    domain: utf8(JSON.stringify(members)),
    ...(key !== undefined && { key: utf8(key) }),
    // Where the content itself was bent, the fields meant are not the fields sent; the bytes speak for themselves.
    ...(touched.every((one) => one === undefined) && { message }),
  }
}

function bent(members: Tree, { members: changes = {}, without = [] }: Forge): Tree {
  const after = { ...members, ...texts(changes) }
  return Object.fromEntries(Object.entries(after).filter(([name]) => !without.includes(name)))
}

const texts = (changes: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(changes).map(([name, raw]) => [name, textIn(raw) ?? raw]))

function headerOf(
  world: Sealer,
  lines: Partial<Record<HeadName, string>>,
): Partial<Record<EpccHeaderName, string>> {
  const header: Partial<Record<EpccHeaderName, string>> = {}
  for (const [line, value] of Object.entries(lines) as [HeadName, string][]) {
    const name = LINES[line]
    if (name !== undefined) header[name] = inHeader(world, line, value)
  }
  return header
}

function inHeader(world: Sealer, line: HeadName, value: string): string {
  if (line === 'from') return partyNumber(value)
  if (line === 'signcert' || line === 'enccert') return /^[1-9]\d*$/.test(value) ? epccSerial(value) : value
  if (line === 'type') return isRequestType(value) ? epccNumber(value) : 'epcc.000.001.01'
  const shift = /^([+-]\d+)s$/.exec(value)?.[1]
  const at = shift === undefined ? value : stamp(world.clock.wall() + Number(shift) * 1000)
  // stamp writes milliseconds and a zone; SndDt has neither.
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/.test(at) ? at.slice(0, 19) : at
}

/** The same content, spelt otherwise: a member twice, an entity in its place, or the order turned round. */
function respelt(root: string, { twice = {}, entity = {}, reordered }: Forge): string {
  let spelt = root
  for (const [name, text] of Object.entries(texts(twice))) {
    const end = spelt.indexOf(`</${name}>`)
    const at = end < 0 ? spelt.indexOf('</MsgBody>') : end + `</${name}>`.length
    spelt = spelt.slice(0, at) + writeText(name, text) + spelt.slice(at)
  }
  for (const [name, inner] of Object.entries(entity))
    spelt = spelt.replace(new RegExp(`<${name}>[^<]*</${name}>`), () => writeElement(name, inner))
  return reordered === true ? turnedRound(spelt) : spelt
}

function turnedRound(root: string): string {
  const read = readXml(utf8(root))
  const [header, body] = 'root' in read ? read.root.children : []
  if (header === undefined || body === undefined) return root
  const groups = body.children.toReversed().map((group) => {
    const rows = group.children.some(({ children }) => children.length > 0)
    const inner = rows ? group.children : group.children.toReversed()
    return inner.length === 0
      ? written(group)
      : writeElement(group.name, `\n  ${inner.map(written).join('\n  ')}\n `)
  })
  return root.replace(/<MsgBody>.*<\/MsgBody>/s, () =>
    writeElement('MsgBody', `\n ${groups.join('\n\t')}\r\n`),
  )
}

const written = ({ name, children, text }: XmlElement): string =>
  children.length === 0 ? writeText(name, text) : writeElement(name, children.map(written).join(''))

/** What leaves in place of what was signed. */
async function sentRoot(world: Sealer, draft: EpccDraft, signed: string, forge: Forge): Promise<string> {
  const { afterSigning, headAfter, headWithout, lift, flip, spoilt = [] } = forge
  let after = draft
  if (afterSigning !== undefined) {
    const changes: Tree = texts(afterSigning)
    const sealed = draft.key === undefined ? changes : await epccEnciphered(world, changes, draft.key)
    after = { ...draft, members: { ...draft.members, ...sealed } }
  }
  if (headAfter !== undefined)
    after = { ...after, header: { ...after.header, ...headerOf(world, headAfter) } }
  const gone = (headWithout ?? []).flatMap((line) => LINES[line] ?? [])
  if (gone.length > 0)
    after = { ...after, header: { ...after.header, ...Object.fromEntries(gone.map((name) => [name, ''])) } }
  let root = after === draft ? signed : epccRoot(after)
  if (lift !== undefined) root = root.replace(/<MsgBody>.*<\/MsgBody>/s, () => bodyIn(lift))
  for (const name of spoilt)
    root = root.replace(new RegExp(`<${name}>(.)`), (_, first: string) => `<${name}>${turned(first)}`)
  if (flip === 'head')
    root = root.replace(/(\d)(<\/SndDt>)/, (_, digit: string, end: string) => `${Number(digit) ^ 1}${end}`)
  return root
}

const turned = (sign: string): string => (sign === 'A' ? 'B' : 'A')

function bodyIn({ bytes }: Sealed): string {
  const body = /<MsgBody>.*<\/MsgBody>/s.exec(Buffer.from(bytes).toString('utf8'))?.[0]
  if (body === undefined) throw new Error('cannot lift anything from a message that is not whole')
  return body
}

function trailerOf(signature: string, { sign, flip }: Forge): string {
  if (sign === 'none') return ''
  return `{S:${sign === 'flip' || flip === 'sign' ? flipped(signature) : signature}}`
}

function flipped(base64: string): string {
  const bytes = fromBase64(base64) ?? new Uint8Array()
  const last = bytes.length - 1
  bytes[last] = (bytes[last] ?? 0) ^ 1
  return toBase64(bytes)
}

const resized = (bytes: Uint8Array, { cut, pad }: Forge): Uint8Array =>
  cut !== undefined
    ? bytes.subarray(0, bytes.length - cut)
    : pad !== undefined
      ? concat(bytes, new Uint8Array(pad))
      : bytes
