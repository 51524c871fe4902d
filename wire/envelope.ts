// seal and open: the one door between domain messages and bytes, in both orders, for every party.
// The steps of `open` stand in OPEN_STEPS in the order in which they refuse; a later step never runs before an
// earlier one has passed. The nonce is claimed afterwards, in the durable change that writes the record.
import {
  type Bytes,
  concat,
  equalBytes,
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  verify,
  wrap as wrapKey,
} from '../crypto/crypto.ts'
import type { RejectClass, Text } from './classes.ts'
import { decode, encode } from './codec.ts'
import { type Certificate, faultOf, type PartyId } from './directory.ts'
import {
  CONTENT_TYPE,
  frameBytes,
  IV_BYTES,
  KEY_BYTES,
  lp,
  messageKeys,
  type Parts,
  PATH_PREFIX,
  readFrame,
  readInner,
  referenceOf,
  signedInside,
  signedOutside,
  tagOf,
} from './frame.ts'
import { decodeHead, encodeHead, type Head } from './head.ts'
import {
  type Fields,
  isMessageType,
  type Message,
  type MessageType,
  type RequestType,
  SENDERS,
} from './messages.ts'
import type { Order } from './profile.ts'
import { readStamp, stamp } from './time.ts'
import type { World } from './world.ts'

/** A message as it travels: nothing is believed of it yet. */
export type Sealed = { readonly path: string; readonly contentType: string; readonly bytes: Bytes }

export type OpenStep =
  | 'size'
  | 'form'
  | 'method'
  | 'address'
  | 'reference'
  | 'certificate'
  | 'time'
  | 'unwrap'
  | 'tag'
  | 'decrypt'
  | 'parts'
  | 'signature'
  | 'fields'

export const OPEN_STEPS: Readonly<Record<Order, readonly OpenStep[]>> = {
  'sign-then-encrypt': [
    'size',
    'form',
    'method',
    'address',
    'reference',
    'certificate',
    'time',
    'unwrap',
    'tag',
    'decrypt',
    'parts',
    'signature',
    'fields',
  ],
  'encrypt-then-sign': [
    'size',
    'form',
    'method',
    'address',
    'reference',
    'certificate',
    'signature',
    'time',
    'unwrap',
    'tag',
    'decrypt',
    'parts',
    'fields',
  ],
}

export type Opened<T extends MessageType = MessageType> = {
  readonly kind: 'opened'
  readonly head: Head
  readonly from: PartyId
  readonly message: Message<T>
  /** Names this message in its reply. */
  readonly ref: string
  readonly sealed: Sealed
}

export type Refused = {
  readonly kind: 'refused'
  readonly class: RejectClass
  readonly step: OpenStep
  readonly field: string
  /** Into the message, or into the domain bytes when the field is one of theirs. */
  readonly offset?: number
  readonly rule: Text
  /** Whom a sealed refusal can be addressed to: the head was readable and its sender is known. */
  readonly replyTo?: { readonly to: PartyId; readonly type: MessageType; readonly ref: string }
}

/** One message seen by one party, with the key that opens it. For transcripts of test traffic only. */
export type Evidence = {
  readonly seen: 'sealed' | 'opened' | 'refused'
  readonly by: PartyId
  readonly at: number
  readonly sealed: Sealed
  readonly head?: Head
  readonly key?: Bytes
  readonly domain?: Bytes
  readonly message?: Message
  readonly refused?: Refused
}

/** What sealing and opening need of a party's world. */
export type Sealer = Pick<
  World<unknown>,
  'me' | 'profile' | 'clock' | 'random' | 'keys' | 'directory' | 'observe'
>

export type Outgoing<T extends MessageType> = {
  readonly type: T
  readonly to: PartyId
  readonly fields: Fields<T>
  readonly ref?: string
}
export type SealedMessage<T extends MessageType> = {
  readonly sealed: Sealed
  readonly head: Head
  readonly ref: string
  readonly type: T
}

/** The head a message of mine carries now; a new id and nonce every time. Throws when a certificate is missing. */
export function freshHead(world: Sealer, type: MessageType, to: PartyId, ref: string | undefined): Head {
  const now = world.clock.wall()
  const { profile } = world
  return {
    v: profile.frame,
    profile: profile.id,
    suite: profile.suite,
    order: profile.order,
    type,
    path: PATH_PREFIX + type.replace(/\.reply$/, ''),
    from: world.me,
    to,
    id: hex(world.random(12)),
    ts: stamp(now),
    nonce: hex(world.random(16)),
    signcert: usable(world, world.me, 'sign', now).id,
    enccert: usable(world, to, 'encrypt', now).id,
    ref: ref ?? '-',
  }
}

const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')

function usable(world: Sealer, owner: PartyId, use: Certificate['use'], now: number): Certificate {
  const certificate = world.directory.current(owner, use, now)
  if (certificate === undefined)
    throw new Error(`party ${owner} has no valid ${use} certificate in the directory of ${world.me}`)
  return certificate
}

/** Signs and seals a message for one receiver. */
export async function seal<T extends MessageType>(
  world: Sealer,
  { type, to, fields, ref }: Outgoing<T>,
): Promise<SealedMessage<T>> {
  const head = freshHead(world, type, to, ref)
  const domain = encode(type, fields)
  const key = world.random(KEY_BYTES)
  const parts = await sealParts(world, head, domain, key)
  const sealed = { path: head.path, contentType: CONTENT_TYPE, bytes: frameBytes(parts) }
  world.observe?.({
    seen: 'sealed',
    by: world.me,
    at: world.clock.wall(),
    sealed,
    head,
    key,
    domain,
    message: { type, fields } as unknown as Message,
  })
  return { sealed, head, ref: referenceOf(head.id, parts), type }
}

/** The six parts of a message from its head, its domain bytes and its key, in the order the head names. */
export async function sealParts(world: Sealer, head: Head, domain: Bytes, key: Bytes): Promise<Parts> {
  const headBytes = encodeHead(head)
  const peer = world.directory.certificate(head.enccert)
  if (peer === undefined)
    throw new Error(`encryption certificate ${head.enccert} is not in the directory of ${world.me}`)
  const inside = head.order === 'sign-then-encrypt'
  const wrapped = await wrapKey(peer.key, key, world.random, world.profile.sm2)
  const iv = world.random(IV_BYTES)
  const keys = messageKeys(key, headBytes)
  const plain = inside
    ? concat(lp(domain), lp(await world.keys.sign(head.signcert, signedInside(headBytes, domain))))
    : lp(domain)
  const cipher = await sm4CbcEncrypt(keys.encrypt, iv, plain)
  const tag = tagOf(keys.mac, headBytes, wrapped, iv, cipher)
  const sign = inside
    ? new Uint8Array()
    : await world.keys.sign(head.signcert, signedOutside(headBytes, wrapped, iv, cipher, tag))
  return { head: headBytes, wrap: wrapped, iv, cipher, tag, sign }
}

/** What a message must be to be opened here: a request of one of these types, or the reply to one that was sent. */
export type Awaited =
  | { readonly requests: readonly RequestType[] }
  | { readonly replyTo: { readonly type: RequestType; readonly to: PartyId; readonly ref: string } }

type Steps = {
  -readonly [K in 'head' | 'parts' | 'key' | 'domain']?: K extends 'head'
    ? Head
    : K extends 'parts'
      ? Parts
      : Bytes
}

/** Opens a message, or says the first reason why not. Never throws for anything a sender can do. */
export async function open<T extends RequestType>(
  world: Sealer,
  sealed: Sealed,
  awaited: { readonly requests: readonly T[] },
): Promise<Opened<T> | Refused>
export async function open(world: Sealer, sealed: Sealed, awaited: Awaited): Promise<Opened | Refused>
export async function open(world: Sealer, sealed: Sealed, awaited: Awaited): Promise<Opened | Refused> {
  const steps: Steps = {}
  const result = await openSteps(world, sealed, awaited, steps)
  const common = {
    by: world.me,
    at: world.clock.wall(),
    sealed,
    ...(steps.head && { head: steps.head }),
    ...(steps.key && { key: steps.key }),
    ...(steps.domain && { domain: steps.domain }),
  }
  if (result.kind === 'opened') world.observe?.({ ...common, seen: 'opened', message: result.message })
  else world.observe?.({ ...common, seen: 'refused', refused: result })
  return result
}

async function openSteps(
  world: Sealer,
  sealed: Sealed,
  awaited: Awaited,
  steps: Steps,
): Promise<Opened | Refused> {
  const { profile } = world
  const now = world.clock.wall()
  if (sealed.bytes.length > profile.values.bodyBytesMax) {
    return refuse(
      'REJ-SIZE',
      'size',
      '(message)',
      `最多 ${profile.values.bodyBytesMax} 字节`,
      `may hold at most ${profile.values.bodyBytesMax} bytes`,
    )
  }
  if (sealed.contentType !== CONTENT_TYPE)
    return refuse('REJ-TYPE', 'form', 'content-type', `必须是 ${CONTENT_TYPE}`, `must be ${CONTENT_TYPE}`)
  const frame = readFrame(sealed.bytes)
  if ('fault' in frame) return { kind: 'refused', class: 'REJ-FORMAT', step: 'form', ...frame.fault }
  const { parts } = frame
  steps.parts = parts
  const read = decodeHead(parts.head)
  if ('fault' in read)
    return {
      kind: 'refused',
      class: 'REJ-FORMAT',
      step: 'form',
      ...read.fault,
      offset: read.fault.offset + 4,
    }
  const { head } = read
  steps.head = head
  const addressed = formOf(world, sealed, parts, head, awaited)
  const back = replyTo(world, head, parts)
  if (addressed !== undefined) return { ...addressed, ...back }
  const signer = certificatesOf(world, head, now)
  if ('kind' in signer) return { ...signer, ...back }
  const trusted = await contentsOf(world, head, parts, signer, now, steps)
  if ('kind' in trusted) return { ...trusted, ...back }
  const decoded = decode(head.type as MessageType, trusted.domain)
  if ('fault' in decoded)
    return { kind: 'refused', class: 'REJ-FORMAT', step: 'fields', ...decoded.fault, ...back }
  return {
    kind: 'opened',
    head,
    from: head.from,
    message: decoded.message,
    ref: referenceOf(head.id, parts),
    sealed,
  }
}

function refuse(kind: RejectClass, step: OpenStep, field: string, zh: string, en: string): Refused {
  return { kind: 'refused', class: kind, step, field, rule: { zh, en } }
}

function replyTo(world: Sealer, head: Head, parts: Parts): Pick<Refused, 'replyTo'> {
  const type = `${head.type}.reply`
  if (
    head.ref !== '-' ||
    head.from === world.me ||
    world.directory.party(head.from) === undefined ||
    !isMessageType(type)
  )
    return {}
  return { replyTo: { to: head.from, type, ref: referenceOf(head.id, parts) } }
}

/** form, method, address, reference: what can be said before any key is touched. */
function formOf(
  world: Sealer,
  sealed: Sealed,
  parts: Parts,
  head: Head,
  awaited: Awaited,
): Refused | undefined {
  const { profile } = world
  if (!isMessageType(head.type))
    return refuse('REJ-TYPE', 'form', 'type', '未知报文类型', 'is not a message type of this network')
  if ((head.order === 'sign-then-encrypt') !== (parts.sign.length === 0) && head.order === profile.order) {
    const ste = head.order === 'sign-then-encrypt'
    return refuse(
      ste ? 'REJ-FORMAT' : 'REJ-SIG',
      ste ? 'form' : 'signature',
      'sign',
      ste ? '先签名后加密时签名在加密块内，此处必须为空' : '签名缺失',
      ste
        ? 'must be empty: in sign-then-encrypt the signature travels inside the sealed block'
        : 'the signature is missing',
    )
  }
  if (head.profile !== profile.id)
    return refuse(
      'REJ-FORMAT',
      'form',
      'profile',
      `本方使用配置档 ${profile.id}`,
      `this party speaks profile ${profile.id}`,
    )
  if (head.suite !== profile.suite)
    return refuse(
      'REJ-SIG',
      'method',
      'suite',
      `算法由配置档规定：${profile.suite}`,
      `the suite is fixed by the profile: ${profile.suite}`,
    )
  if (head.order !== profile.order)
    return refuse(
      'REJ-SIG',
      'method',
      'order',
      `次序由配置档规定：${profile.order}`,
      `the order is fixed by the profile: ${profile.order}`,
    )
  if (head.to !== world.me)
    return refuse('REJ-ROUTE', 'address', 'to', `本方是 ${world.me}`, `this party is ${world.me}`)
  if ('requests' in awaited) {
    if (sealed.path !== head.path)
      return refuse(
        'REJ-SIG',
        'address',
        'path',
        `报文签的是 ${head.path}，却投递到 ${sealed.path}`,
        `was signed for ${head.path} but posted to ${sealed.path}`,
      )
    if (!(awaited.requests as readonly string[]).includes(head.type) || head.path !== PATH_PREFIX + head.type)
      return refuse(
        'REJ-TYPE',
        'address',
        'type',
        '本方在此路径不接受该报文',
        'this party does not take this message here',
      )
    if (head.ref !== '-')
      return refuse('REJ-FORMAT', 'reference', 'ref', '请求报文的 ref 必须是“-”', 'must be “-” in a request')
    return undefined
  }
  const { type, to, ref } = awaited.replyTo
  if (head.type !== `${type}.reply`)
    return refuse('REJ-TYPE', 'reference', 'type', `应为 ${type}.reply`, `must be ${type}.reply`)
  if (head.from !== to)
    return refuse('REJ-ROUTE', 'reference', 'from', `应答应来自 ${to}`, `the reply must come from ${to}`)
  if (head.ref !== ref)
    return refuse(
      'REJ-ROUTE',
      'reference',
      'ref',
      '这不是对该请求的应答',
      'names another request: this is not the reply to what was sent',
    )
  return undefined
}

/** certificate: both exist, are in date, and belong to whom the head says, for the use it says. */
function certificatesOf(world: Sealer, head: Head, now: number): Certificate | Refused {
  const signer = world.directory.certificate(head.signcert)
  if (signer === undefined)
    return refuse('REJ-CERT', 'certificate', 'signcert', '目录中没有此证书', 'is not in the directory')
  if (signer.owner !== head.from)
    return refuse(
      'REJ-CERT',
      'certificate',
      'signcert',
      `证书不属于 ${head.from}`,
      `does not belong to ${head.from}`,
    )
  if (signer.use !== 'sign')
    return refuse(
      'REJ-CERT',
      'certificate',
      'signcert',
      '这是加密证书，不能用于签名',
      'is an encryption certificate and cannot sign',
    )
  const worn = faultOf(signer, now)
  if (worn !== undefined)
    return refuse(
      'REJ-CERT',
      'certificate',
      'signcert',
      `证书${{ 'not yet valid': '尚未生效', expired: '已过期', revoked: '已吊销' }[worn]}`,
      `is ${worn}`,
    )
  const mine = world.directory.certificate(head.enccert)
  if (mine === undefined || mine.owner !== world.me || mine.use !== 'encrypt')
    return refuse(
      'REJ-CERT',
      'certificate',
      'enccert',
      '不是本方的加密证书',
      'is not an encryption certificate of this party',
    )
  if (faultOf(mine, now) !== undefined)
    return refuse('REJ-CERT', 'certificate', 'enccert', '加密证书已失效', 'is out of date or revoked')
  // Who sends is proven now; whether this message is theirs to send can be said.
  const role = world.directory.party(head.from)?.role
  const right = head.ref === '-' ? SENDERS[head.type as RequestType] : role
  if (role !== right)
    return refuse(
      'REJ-ROUTE',
      'certificate',
      'from',
      `此报文应由 ${right} 发出，而非 ${role ?? '未知方'}`,
      `this message is the ${right}’s to send, not the ${role ?? 'unknown party'}’s`,
    )
  return signer
}

const SEALED_RULE: Text = {
  zh: '密钥块、校验值或加密块不成立',
  en: 'the wrapped key, the tag and the sealed block do not belong together',
}

/** time, unwrap, tag, decrypt, parts and signature, in the order that the profile names. */
async function contentsOf(
  world: Sealer,
  head: Head,
  parts: Parts,
  signer: Certificate,
  now: number,
  steps: Steps,
): Promise<{ domain: Bytes } | Refused> {
  const sealedFault = (step: OpenStep): Refused => ({
    kind: 'refused',
    class: 'REJ-CRYPTO',
    step,
    field: '(sealed block)',
    rule: SEALED_RULE,
  })
  const badSign = refuse(
    'REJ-SIG',
    'signature',
    'sign',
    '签名与报文不符',
    'does not verify over this message',
  )
  const outside = head.order === 'encrypt-then-sign'
  if (
    outside &&
    !(await signed(
      world,
      signer,
      signedOutside(parts.head, parts.wrap, parts.iv, parts.cipher, parts.tag),
      parts.sign,
    ))
  )
    return badSign
  const ts = readStamp(head.ts)
  if (ts === undefined) return refuse('REJ-FORMAT', 'time', 'ts', '不是真实存在的时间', 'is not a real time')
  const { clockSkewMs } = world.profile.values
  if (Math.abs(now - ts) > clockSkewMs)
    return refuse(
      'REJ-REPLAY',
      'time',
      'ts',
      `与本方时钟相差超过 ${clockSkewMs / 1000} 秒`,
      `is more than ${clockSkewMs / 1000} s away from this party’s clock`,
    )
  // A wrapped key that does not open is replaced by chance, so that every failure takes the same path to the tag.
  const unwrapped = await world.keys.unwrap(head.enccert, parts.wrap)
  const key = unwrapped?.length === KEY_BYTES ? unwrapped : world.random(KEY_BYTES)
  const keys = messageKeys(key, parts.head)
  if (!equalBytes(tagOf(keys.mac, parts.head, parts.wrap, parts.iv, parts.cipher), parts.tag))
    return sealedFault('tag')
  steps.key = key
  if (parts.iv.length !== IV_BYTES) return sealedFault('decrypt')
  const plain = await sm4CbcDecrypt(keys.encrypt, parts.iv, parts.cipher)
  if (plain === undefined) return sealedFault('decrypt')
  const inner = readInner(plain, world.profile.order)
  if (inner === undefined) return sealedFault('parts')
  steps.domain = inner.domain
  if (!outside && !(await signed(world, signer, signedInside(parts.head, inner.domain), inner.sign)))
    return badSign
  return { domain: inner.domain }
}

/** False for a signature of the wrong form as well: to the receiver both are “does not verify”. */
async function signed(world: Sealer, signer: Certificate, bytes: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length === 0) return false
  return verify(signer.key, bytes, signature, world.profile.sm2)
}
