// Wrong messages of the frame sifang/1, made of the primitives of the real envelope. It has a place for every fault but those of XML.
import { concat, type Sm2Options, sm4CbcEncrypt, utf8 } from '../crypto/crypto.ts'
import {
  CONTENT_TYPE,
  encode,
  encodeHead,
  type Evidence,
  type Fields,
  frameBytes,
  freshHead,
  type Head,
  IV_BYTES,
  KEY_BYTES,
  lp,
  type Message,
  messageKeys,
  type MessageType,
  type Parts,
  type PartyId,
  readFrame,
  referenceOf,
  type Sealed,
  type Sealer,
  sealParts,
  signedInside,
  signedOutside,
  stamp,
  tagOf,
} from '../wire/wire.ts'
import type { Forge, Forged, Forger } from './forge.ts'
import { unmarked } from './forge-bytes.ts'
import { forgeFor } from './forge-names.ts'

const NO_XML = { zh: '此报文框架不是 XML', en: 'this frame is no XML' } as const
const NO_FORM = { zh: '此报文框架不是表单', en: 'this frame is no form' } as const
const NO_MEMBER = {
  zh: '此报文框架整块加密，没有单独加密的字段',
  en: 'this frame seals all of a message, and no member by itself',
} as const

export const sifangForger: Forger = {
  lacks: ({ doctype, entity, charset, escaped, spoilt }) => {
    if (doctype !== undefined || entity !== undefined) return NO_XML
    if (charset !== undefined || escaped !== undefined) return NO_FORM
    return spoilt === undefined ? undefined : NO_MEMBER
  },
  forge: forgeSifang,
}

async function forgeSifang<T extends MessageType>(
  world: Sealer,
  type: T,
  to: PartyId,
  fields: Fields<T>,
  named: Forge,
  signer: Sealer['keys'],
): Promise<Forged> {
  const forge = forgeFor(world.profile.network, type, fields, named)
  const honest = freshHead(world, type, to, undefined)
  const head = headOf(world, honest, forge)
  const domain = domainOf(encode(type, fields, world.profile.network), forge)
  const key = world.random(KEY_BYTES)
  const sm2 = { ...world.profile.sm2, ...forge.sm2 }
  const signing = otherwise(orHonestly(signer, honest.signcert), sm2, forge)
  const sealing = { ...world, profile: { ...world.profile, sm2 } }
  let parts = await partsOf(sealing, signing, head, domain, key, forge)
  parts = { ...parts, ...liftedFrom(forge.lift) }
  if (forge.headAfter !== undefined || forge.headWithout !== undefined)
    parts = { ...parts, head: changedHead(head, forge) }
  if (forge.sign === 'none' && head.order === 'encrypt-then-sign')
    parts = { ...parts, sign: new Uint8Array() }
  if (forge.flip !== undefined) parts = { ...parts, [forge.flip]: flipped(parts[forge.flip]) }
  // Where the signature is inside the seal, nobody but the sealer can sign anew.
  if (forge.resigned === true && head.order === 'encrypt-then-sign') {
    const { wrap, iv, cipher, tag } = parts
    const signed = signedOutside(parts.head, wrap, iv, cipher, tag)
    parts = { ...parts, sign: await signing.sign(signerIn(forge) ?? head.signcert, signed) }
  }
  const whole = frameBytes(parts)
  const bytes =
    forge.cut !== undefined
      ? whole.subarray(0, whole.length - forge.cut)
      : forge.pad !== undefined
        ? concat(whole, new Uint8Array(forge.pad))
        : whole
  const sealed: Sealed = {
    path: forge.path ?? head.path,
    contentType: forge.contentType ?? CONTENT_TYPE,
    bytes,
  }
  const evidence: Evidence = {
    seen: 'sealed',
    by: world.me,
    at: world.clock.wall(),
    sealed,
    head,
    key,
    domain,
    // Where the content itself was bent, the fields meant are not the fields sent; the bytes speak for themselves.
    ...(bent(forge) ? {} : { message: { type, fields } as unknown as Message }),
  }
  world.observe?.(evidence)
  return {
    sealed,
    ref: referenceOf(head.id, parts),
    head,
    ...(forge.encoding !== undefined && { encoding: forge.encoding }),
  }
}

const signerIn = ({ sign }: Forge): string | undefined =>
  sign === undefined || sign === 'none' || sign === 'flip' ? undefined : sign

const bent = (forge: Forge): boolean =>
  [forge.members, forge.without, forge.twice, forge.afterSigning, forge.lift].some((one) => one !== undefined)

/** A head that names a certificate nobody holds is signed with the sender's own key. */
export function orHonestly(signer: Sealer['keys'], own: string): Sealer['keys'] {
  return {
    ...signer,
    sign: async (keyId, bytes, options) => {
      try {
        return await signer.sign(keyId, bytes, options)
      } catch {
        return signer.sign(own, bytes, options)
      }
    },
  }
}

const SIGNATURES_MAX = 20_000

/** Signs by other SM2 options, or until r or s begins with a nought. */
export function otherwise(signer: Sealer['keys'], sm2: Sm2Options, { leadingZero }: Forge): Sealer['keys'] {
  return {
    ...signer,
    sign: async (keyId, bytes, own) => {
      for (let count = 0; count < SIGNATURES_MAX; count += 1) {
        const signature = await signer.sign(keyId, bytes, { ...own, ...sm2 })
        if (leadingZero === undefined || beginsWithNought(signature, sm2, leadingZero)) return signature
      }
      throw new Error(`no signature with a leading zero in ${leadingZero ?? ''} among ${SIGNATURES_MAX}`)
    },
  }
}

/** DER writes a number in as few bytes as it takes, and one more where the first bit is set; raw in 32. */
function beginsWithNought(signature: Uint8Array, { signature: form }: Sm2Options, which: 'r' | 's'): boolean {
  if (form === 'raw') return signature[which === 'r' ? 0 : 32] === 0
  const r = signature[3] ?? 0
  return (which === 'r' ? r : (signature[5 + r] ?? 0)) < 32
}

function headOf(world: Sealer, head: Head, forge: Forge): Head {
  const lies = { ...forge.head }
  const shift = /^([+-]\d+)s$/.exec(lies.ts ?? '')?.[1]
  if (shift !== undefined) lies.ts = stamp(world.clock.wall() + Number(shift) * 1000)
  return { ...head, ...lies }
}

function domainOf(honest: Uint8Array, forge: Forge): Uint8Array {
  const members = new Map(
    Object.entries(JSON.parse(Buffer.from(honest).toString('utf8')) as Record<string, unknown>).map(
      ([name, value]) => [name, JSON.stringify(value)],
    ),
  )
  for (const [name, raw] of Object.entries(forge.members ?? {})) members.set(name, raw)
  for (const name of forge.without ?? []) members.delete(name)
  const entries = [...members, ...Object.entries(forge.twice ?? {})]
  if (forge.reordered === true)
    return utf8(
      `{\n${entries
        .reverse()
        .map(([name, raw]) => ` ${JSON.stringify(name)} :  ${raw}`)
        .join(' ,\r\n')}\t}\n`,
    )
  return unmarked(utf8(`{${entries.map(([name, raw]) => `${JSON.stringify(name)}:${raw}`).join(',')}}`))
}

async function partsOf(
  world: Sealer,
  signer: Sealer['keys'],
  head: Head,
  domain: Uint8Array,
  key: Uint8Array,
  forge: Forge,
): Promise<Parts> {
  const signCert = signerIn(forge) ?? head.signcert
  if (forge.afterSigning === undefined && forge.sign === undefined)
    return sealParts({ ...world, keys: signer }, head, domain, key)
  const honest = await sealParts({ ...world, keys: signer }, head, domain, key)
  const sent = forge.afterSigning === undefined ? domain : domainOf(domain, { members: forge.afterSigning })
  const keys = messageKeys(key, honest.head)
  if (head.order === 'sign-then-encrypt') {
    const signature =
      forge.sign === 'none'
        ? new Uint8Array()
        : await signer.sign(signCert, signedInside(honest.head, domain))
    const inner = concat(lp(sent), lp(forge.sign === 'flip' ? flipped(signature) : signature))
    const cipher = await sm4CbcEncrypt(keys.encrypt, honest.iv, inner)
    return { ...honest, cipher, tag: tagOf(keys.mac, honest.head, honest.wrap, honest.iv, cipher) }
  }
  const iv = world.random(IV_BYTES)
  const cipher = await sm4CbcEncrypt(keys.encrypt, iv, lp(sent))
  const tag = tagOf(keys.mac, honest.head, honest.wrap, iv, cipher)
  // A field changed after signing keeps the signature of the block it replaced.
  const sign =
    forge.afterSigning !== undefined
      ? honest.sign
      : await signer.sign(signCert, signedOutside(honest.head, honest.wrap, iv, cipher, tag))
  return { ...honest, iv, cipher, tag, sign: forge.sign === 'flip' ? flipped(sign) : sign }
}

function liftedFrom(sealed: Sealed | undefined): Partial<Parts> {
  if (sealed === undefined) return {}
  const frame = readFrame(sealed.bytes)
  if ('fault' in frame) throw new Error('cannot lift a block from a message that is not whole')
  const { wrap, iv, cipher, tag } = frame.parts
  return { wrap, iv, cipher, tag }
}

function changedHead(head: Head, forge: Forge): Uint8Array {
  const lines = Buffer.from(encodeHead({ ...head, ...forge.headAfter }))
    .toString('latin1')
    .split('\n')
  const kept = lines.filter((line) => !(forge.headWithout ?? []).some((name) => line.startsWith(`${name}=`)))
  return utf8(kept.join('\n'))
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const last = copy.length - 1
  if (last >= 0) copy[last] = (copy[last] ?? 0) ^ 1
  return copy
}
