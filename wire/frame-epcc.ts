// The frame EPCC: XML, signed over exactly the bytes from <root to </root>, personal values enciphered one by one under a key
// in a digital envelope (facts/netsunion-gm 1 to 4). What has no public source in it stands in epcc-numbers.ts and
// epcc-layout.ts, marked as ours.
import { type Bytes, concat, toBase64, toHex, utf8, wrap } from '../crypto/crypto.ts'
import { encode, membersOf } from './codec.ts'
import type { Certificate, PartyId } from './directory.ts'
import type { Outgoing, Sealed, Sealer } from './envelope.ts'
import { encipher, envelopeText, freshKey } from './epcc-envelope.ts'
import { ENCIPHERED, HOUSE_GROUP, layoutOf, REFERENCE_GROUP, rowOf } from './epcc-layout.ts'
import {
  ACKNOWLEDGEMENT,
  EPCC_NUMBERS,
  messageNumber,
  numberOf,
  requestTypeOf,
  swapped,
} from './epcc-numbers.ts'
import { EPCC_PATH, EPCC_TYPE, epccHead, HOUSE_ID, readReference, referenceTo } from './epcc-claims.ts'
import { openEpcc } from './epcc-open.ts'
import { ASKED, claimOf, HEADER_NAMES, type HeaderName, readEpcc, serialText } from './epcc-read.ts'
import type { Framing } from './framing.ts'
import type { Tree } from './json.ts'
import type { MessageType, RequestType } from './messages.ts'
import { HANDLED } from './netsunion-codes.ts'
import { FORMS, partyNumber } from './netsunion-forms.ts'
import { beijingTime } from './time.ts'
import { writeElement, writeText } from './xml-write.ts'

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
const ROOT = '<root xmlns="namespace_string">'

export const epccFrame: Framing = {
  name: 'epcc',
  contentType: EPCC_TYPE,
  headers: ['MsgTp', 'OriIssrId', 'PyerAcctTp', 'PyeeAcctTp'],
  carries: ['type', 'from', 'ts', 'signcert', 'enccert'],
  pathOf: () => EPCC_PATH,
  isPath: (path) => path === EPCC_PATH || path.startsWith(`${EPCC_PATH}/`),
  typeOf: (sealed) => {
    const read = readEpcc(sealed)
    return 'fault' in read ? undefined : claimOf(read.message)
  },
  headOf: (sealed) => {
    const read = readEpcc(sealed)
    return 'fault' in read ? undefined : epccHead(read.message)
  },
  refOf: (sealed) => {
    const read = readEpcc(sealed)
    return 'fault' in read ? undefined : referenceTo(read.message.header.MsgTp, read.message.members)
  },
  seal: async (world, outgoing) => {
    const draft = await draftOf(world, outgoing)
    const bytes = await signedMessage(world, rootOf(draft), draft.signer)
    const sealed: Sealed = {
      path: EPCC_PATH,
      contentType: EPCC_TYPE,
      bytes,
      headers: headersOf(world, outgoing, draft),
    }
    const read = readEpcc(sealed)
    if ('fault' in read)
      throw new Error(`sealed what cannot be read: ${read.fault.field} ${read.fault.rule.en}`)
    const ref = referenceTo(draft.header.MsgTp, draft.members)
    const { network } = world.profile
    const domain = encode(outgoing.type, outgoing.fields, network)
    return {
      message: { sealed, head: epccHead(read.message), ref, type: outgoing.type },
      key: utf8(draft.key ?? ''),
      domain,
    }
  },
  open: openEpcc,
}

/** A message before it is written: the header as it will stand there, and members that are enciphered already. */
export type EpccDraft = {
  readonly header: Readonly<Record<HeaderName, string>>
  readonly number: string
  readonly isReply: boolean
  readonly members: Tree
  readonly reference: Readonly<Record<string, string>>
  readonly signer: string
  readonly key: string | undefined
}

export async function draftOf<T extends MessageType>(
  world: Sealer,
  { type, to, fields, ref }: Outgoing<T>,
  change: (members: Tree) => Tree = (members) => members,
): Promise<EpccDraft> {
  const request = requestTypeOf(type)
  const row = EPCC_NUMBERS[request]
  const isReply = request !== type
  const plain = change(membersOf(type, fields, world.profile.network))
  const number = isReply
    ? isPlainRefusal(plain)
      ? ACKNOWLEDGEMENT
      : row.reply
    : numberOf(request, (fields as { about?: string }).about)
  const marked = {
    ...plain,
    ...marksFor(world, request, number, to, plain),
    ...houseId(world, request, isReply),
  }
  const now = world.clock.wall()
  const signer = certificateFor(world, world.me, 'sign')
  const secret = Object.entries(marked).some(([name]) => ENCIPHERED.has(name))
  const key = secret ? freshKey(world.profile, world.random) : undefined
  const peer = secret ? certificateFor(world, to, 'encrypt') : undefined
  const members = key === undefined ? marked : await enciphered(world, marked, key)
  return {
    number,
    isReply,
    header: {
      SndDt: FORMS.time.told(beijingTime(now)),
      MsgTp: messageNumber(number),
      IssrId: partyNumber(world.me),
      Drctn: isReply ? swapped(row.direction) : row.direction,
      SignSN: serialText(signer.id),
      NcrptnSN: peer === undefined ? '' : serialText(peer.id),
      DgtlEnvlp: peer === undefined || key === undefined ? '' : await envelopeFor(world, peer, key),
    },
    members,
    reference: isReply ? referenceIn(row.marks, ref, members) : {},
    signer: signer.id,
    key,
  }
}

/** A refusal of the message itself says nothing about the business: it is the common acknowledgement. */
function isPlainRefusal(members: Tree): boolean {
  const others = Object.keys(members).filter(
    (name) => !['SysRtnCd', 'SysRtnDesc', 'RptFlg', 'ErrFld', 'ErrOffst'].includes(name),
  )
  return members['SysRtnCd'] !== undefined && members['SysRtnCd'] !== HANDLED && others.length === 0
}

/** What is said with every message of the type, where its layout has a place for it. */
function marksFor(world: Sealer, request: RequestType, number: string, to: PartyId, members: Tree): Tree {
  const { marks, reply } = EPCC_NUMBERS[request]
  const isReply = number === reply || number === ACKNOWLEDGEMENT
  const places = layoutOf(number, isReply).flatMap(([, names]) => names)
  const constant = Object.entries(marks).filter(
    ([name, value]) => value !== '-' && (!isReply || places.includes(name)),
  )
  const institution = world.directory.party(to)?.role === 'institution' ? to : world.me
  const more: Record<string, string> = {}
  if (places.includes('IDTp') && members['IDNo'] !== undefined) more['IDTp'] = '01'
  if (places.includes('InstgId') && members['InstgId'] === undefined && ['101', '103'].includes(number))
    more['InstgId'] = partyNumber(institution)
  if (members['SysRtnCd'] !== undefined) more['SysRtnTm'] = FORMS.time.told(beijingTime(world.clock.wall()))
  return { ...Object.fromEntries(constant), ...more }
}

const houseId = (world: Sealer, request: RequestType, isReply: boolean): Tree =>
  !isReply && (EPCC_NUMBERS[request].origin === 'house' || request === 'control.fetch')
    ? { [HOUSE_ID]: toHex(world.random(12)) }
    : {}

/** What a reply must name and its own members do not say already. */
function referenceIn(
  marks: Readonly<Record<string, string>>,
  ref: string | undefined,
  members: Tree,
): Readonly<Record<string, string>> {
  if (ref === undefined) return {}
  const { number, keys } = readReference(ref)
  const missing = Object.entries(keys).filter(([name, value]) => members[name] !== value)
  const said = Object.entries(marks).filter(([, value]) => value !== '-')
  return { [ASKED]: number, ...Object.fromEntries([...said, ...missing]) }
}

function certificateFor(world: Sealer, owner: PartyId, use: Certificate['use']): Certificate {
  const certificate = world.directory.current(owner, use, world.clock.wall())
  if (certificate === undefined)
    throw new Error(`party ${owner} has no valid ${use} certificate in the directory of ${world.me}`)
  return certificate
}

async function envelopeFor(world: Sealer, peer: Certificate, key: string): Promise<string> {
  return toBase64(await wrap(peer.key, envelopeText(world.profile, key), world.random, world.profile.sm2))
}

export async function enciphered(world: Sealer, members: Tree, key: string): Promise<Tree> {
  const entries = await Promise.all(
    Object.entries(members).map(async ([name, value]) =>
      ENCIPHERED.has(name) && typeof value === 'string'
        ? ([name, await encipher(world.profile, key, value)] as const)
        : ([name, value] as const),
    ),
  )
  return Object.fromEntries(entries)
}

/** The bytes that are signed: header in its order, groups in theirs, no space between. */
export function rootOf({ header, number, isReply, members, reference }: EpccDraft): string {
  const lines = HEADER_NAMES.filter((name) => header[name] !== '').map((name) =>
    writeText(name, header[name]),
  )
  return `${ROOT}${writeElement('MsgHeader', lines.join(''))}${writeElement('MsgBody', bodyOf(number, isReply, members, reference))}</root>`
}

function bodyOf(
  number: string,
  isReply: boolean,
  members: Tree,
  reference: Readonly<Record<string, string>>,
): string {
  const left = new Map(Object.entries(members))
  const take = (name: string): string => {
    const value = left.get(name)
    left.delete(name)
    return value === undefined ? '' : writeMember(name, value)
  }
  let body = ''
  for (const [group, names] of layoutOf(number, isReply)) {
    const inner = names.map(take).join('')
    if (inner !== '') body += group === '' ? inner : writeElement(group, inner)
  }
  const house = [...left.keys()].map(take).join('')
  if (house !== '') body += writeElement(HOUSE_GROUP, house)
  const asked = Object.entries(reference).map(([name, value]) => writeText(name, value))
  return asked.length > 0 ? body + writeElement(REFERENCE_GROUP, asked.join('')) : body
}

function writeMember(name: string, value: Tree[string]): string {
  if (typeof value === 'string') return writeText(name, value)
  const rows = value.map((row) =>
    writeElement(
      rowOf(name),
      Object.entries(row)
        .map(([inner, one]) => writeMember(inner, one))
        .join(''),
    ),
  )
  return writeElement(name, rows.join(''))
}

async function signedMessage(world: Sealer, root: string, signer: string): Promise<Bytes> {
  return messageBytes(root, `{S:${await signatureOver(world, root, signer)}}`)
}

export async function signatureOver(
  { keys }: Pick<Sealer, 'keys'>,
  root: string,
  signer: string,
): Promise<string> {
  return toBase64(await keys.sign(signer, utf8(root)))
}

/** `doctype` is for those who forge: no message has one. */
export const messageBytes = (root: string, trailer: string, doctype = ''): Bytes =>
  concat(utf8(DECLARATION + doctype), utf8(root), utf8(trailer === '' ? '' : `\r\n${trailer}`))

/** A reply repeats the headers of its request. */
function headersOf<T extends MessageType>(
  world: Sealer,
  { to, ref }: Outgoing<T>,
  { header, isReply }: EpccDraft,
): Readonly<Record<string, string>> {
  if (!isReply || ref === undefined)
    return { MsgTp: header.MsgTp, OriIssrId: partyNumber(isReply ? to : world.me) }
  return { MsgTp: readReference(ref).number, OriIssrId: partyNumber(to) }
}
