// seal and open: the one door between domain messages and bytes, in both orders, for every party.
// The steps of `open` stand in OPEN_STEPS in the order in which they refuse; a later step never runs before an
// earlier one has passed. The nonce is claimed afterwards, in the durable change that writes the record.
import { type Bytes, concat, sm4CbcEncrypt, wrap as wrapKey } from '../crypto/crypto.ts'
import type { RejectClass, Text } from './classes.ts'
import { decode, encode } from './codec.ts'
import type { Certificate, PartyId } from './directory.ts'
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
  referenceOf,
  signedInside,
  signedOutside,
  tagOf,
} from './frame.ts'
import { decodeHead, encodeHead, type Head } from './head.ts'
import { type Fields, isMessageType, type Message, type MessageType, type RequestType } from './messages.ts'
import { certificatesOf, formOf, refuse } from './open-rules.ts'
import { contentsOf, type Steps } from './open-sealed.ts'
import type { Order } from './profile.ts'
import { stamp } from './time.ts'
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
