// The frame sifang/1: six parts, sealed and signed in the order that the profile names (DESIGN 4).
import { type Bytes, concat, sm4CbcEncrypt, wrap as wrapKey } from '../crypto/crypto.ts'
import { decode, encode } from './codec.ts'
import type { Certificate, PartyId } from './directory.ts'
import type { Awaited, Opened, Outgoing, Refused, Sealed, Sealer } from './envelope.ts'
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
import type { FramedMessage, Framing } from './framing.ts'
import { decodeHead, encodeHead, type Head, HEAD_NAMES } from './head.ts'
import { isMessageType, type MessageType } from './messages.ts'
import { certificatesOf, formOf, refuse } from './open-rules.ts'
import { contentsOf, type Steps } from './open-sealed.ts'
import { stamp } from './time.ts'

const headOf = ({ bytes }: Sealed): { head: Head; parts: Parts } | undefined => {
  const frame = readFrame(bytes)
  if ('fault' in frame) return undefined
  const read = decodeHead(frame.parts.head)
  return 'fault' in read ? undefined : { head: read.head, parts: frame.parts }
}

export const sifangFrame: Framing = {
  name: 'sifang/1',
  contentType: CONTENT_TYPE,
  headers: [],
  carries: HEAD_NAMES,
  pathOf: (type) => PATH_PREFIX + type,
  isPath: (path) => path.startsWith(PATH_PREFIX),
  typeOf: ({ path }) => path.slice(PATH_PREFIX.length),
  headOf: (sealed) => headOf(sealed)?.head,
  refOf: (sealed) => {
    const read = headOf(sealed)
    return read === undefined ? undefined : referenceOf(read.head.id, read.parts)
  },
  seal: sealSifang,
  open: openSifang,
}

async function sealSifang<T extends MessageType>(
  world: Sealer,
  { type, to, fields, ref }: Outgoing<T>,
): Promise<FramedMessage<T>> {
  const head = freshHead(world, type, to, ref)
  const domain = encode(type, fields, world.profile.network)
  const key = world.random(KEY_BYTES)
  const parts = await sealParts(world, head, domain, key)
  const sealed = { path: head.path, contentType: CONTENT_TYPE, bytes: frameBytes(parts) }
  return { message: { sealed, head, ref: referenceOf(head.id, parts), type }, key, domain }
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

async function openSifang(
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
  const decoded = decode(head.type as MessageType, trusted.domain, profile.network)
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
