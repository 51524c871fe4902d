// Whether a signature holds under a set of choices. SM2 and RSA both give away the one digest that they are about, so a
// try costs a hash and a comparison, and hundreds of them no time.
import {
  type Bytes,
  concat,
  ecdsaHolds,
  equalBytes,
  fromBase64,
  fromHex,
  keyedBy,
  type KeyedHow,
  type PlainDigest,
  plainDigest,
  readLooseSignature,
  rsaDigestInfo,
  rsaSignedBytes,
  sm2Identity,
  sm2Reduced,
  sm2SignedDigest,
  toBase64,
  toHex,
  utf8,
  verify,
} from '../crypto/crypto.ts'
import type { KnownKey } from './clinic-keys.ts'
import type { Choices, Question, Try } from './clinic-search.ts'

/** A signature, and how the bytes that it should cover are made. */
export type Signing = {
  /** As it stands in the message; in a form it may have been escaped wrongly like any other member. */
  signature(choices: Choices): Bytes
  readonly keys: readonly KnownKey[]
  /** The bytes that are signed, before any hashing; undefined where these choices do not apply. */
  message(choices: Choices): Bytes | undefined
}

export type Verified = {
  readonly key: KnownKey
  readonly message: Bytes
  readonly z?: Bytes
  readonly e?: Bytes
}

/** No Z before the message at all; no user id is spelt so. */
export const NO_Z = '\0'

export function triesOf(signing: Signing): Question<Verified>['tries'] {
  const required = new Map<string, Bytes | undefined>()
  const remembered = (name: string, make: () => Bytes | undefined): Bytes | undefined => {
    if (!required.has(name)) required.set(name, make())
    return required.get(name)
  }
  return (choices) => {
    const key = signing.keys.find(({ name }) => name === choices['key'])
    const message = signing.message(choices)
    const signature = decoded(signing.signature(choices), choices['coding'] ?? 'bytes')
    if (key === undefined || message === undefined || signature === undefined) return []
    if (key.publicKey.suite === 'sm') return sm2Tries(key, message, signature, choices, remembered)
    if (key.publicKey.suite === 'rsa') return rsaTries(key, message, signature, choices, remembered)
    return [sharedTry(key, message, signature, choices)]
  }
}

type Remembered = (name: string, make: () => Bytes | undefined) => Bytes | undefined

function sm2Tries(
  key: KnownKey,
  message: Bytes,
  signature: Bytes,
  choices: Choices,
  remembered: Remembered,
): readonly Try<Verified>[] {
  if (key.publicKey.suite !== 'sm') return []
  const { publicKey } = key.publicKey
  const ecdsa = choices['algorithm'] === 'ecdsa'
  // Who does not know SM2 does not know Z.
  const { z, e } = sm2Digest(publicKey, message, ecdsa ? { ...choices, userId: NO_Z } : choices)
  return rawOf(signature, choices).map((raw) => {
    const about = `${key.name} ${toHex(raw)}`
    return {
      print: `${ecdsa ? 'ecdsa ' : ''}${about} ${toHex(e)}`,
      holds: () => {
        const wanted = ecdsa ? undefined : remembered(about, () => sm2SignedDigest(publicKey, raw))
        const holds = ecdsa
          ? ecdsaHolds(publicKey, e, raw)
          : wanted !== undefined && equalBytes(wanted, sm2Reduced(e))
        return holds ? { key, message, z, e } : undefined
      },
    }
  })
}

/** Z and e of a message under these choices; a digest of fewer bytes stands for the number that it spells. */
export function sm2Digest(publicKey: Bytes, message: Bytes, choices: Choices): { z: Bytes; e: Bytes } {
  const { userId = '' } = choices
  const z = userId === NO_Z ? new Uint8Array() : sm2Identity(publicKey, userId)
  return { z, e: plainDigest(digestOf(choices), concat(z, hashedFirst(message, choices))) }
}

function rsaTries(
  key: KnownKey,
  message: Bytes,
  signature: Bytes,
  choices: Choices,
  remembered: Remembered,
): readonly Try<Verified>[] {
  const { publicKey } = key
  if (publicKey.suite !== 'rsa') return []
  const about = `${key.name} ${toHex(signature)}`
  const first = hashedFirst(message, choices)
  const digest = digestOf(choices)
  const wanted =
    choices['algorithm'] === 'no-digest' ? first : rsaDigestInfo(digest, plainDigest(digest, first))
  return [
    {
      print: `${about} ${toHex(wanted)}`,
      holds: () => {
        const found = remembered(about, () => rsaSignedBytes(publicKey, signature))
        return found !== undefined && equalBytes(found, wanted)
          ? { key, message, e: plainDigest(digest, first) }
          : undefined
      },
    },
  ]
}

/** Shared secrets: our own HMAC, or, in ACP, a digest into which the key is mixed. */
function sharedTry(key: KnownKey, message: Bytes, signature: Bytes, choices: Choices): Try<Verified> {
  const { publicKey } = key
  const how = choices['keyed']
  const mixed =
    how === undefined || publicKey.suite !== 'sm3-shared'
      ? undefined
      : keyedBy(how as KeyedHow, digestOf(choices), publicKey.key, message)
  return {
    print: `${key.name} ${toHex(signature)} ${toHex(mixed ?? message)}`,
    holds: async () => {
      const holds =
        mixed === undefined ? await verify(publicKey, message, signature) : equalBytes(mixed, signature)
      return holds ? { key, message } : undefined
    },
  }
}

const digestOf = (choices: Choices): PlainDigest => (choices['digest'] ?? 'sm3') as PlainDigest

/** What goes into the signature's own digest: the message, or a digest of it that was made before. */
function hashedFirst(message: Bytes, choices: Choices): Bytes {
  const { first = 'no', firstDigest = 'same' } = choices
  if (first === 'no') return message
  const digest = plainDigest(
    firstDigest === 'same' ? digestOf(choices) : (firstDigest as PlainDigest),
    message,
  )
  if (first === 'bytes') return digest
  if (first === 'base64') return utf8(toBase64(digest))
  const hex = toHex(digest)
  return utf8(first === 'hex' ? hex : hex.toUpperCase())
}

/** The signature's bytes out of what stands in the message. */
function decoded(written: Bytes, coding: string): Bytes | undefined {
  if (coding === 'bytes') return written
  const text = Buffer.from(written).toString('latin1')
  switch (coding) {
    case 'base64':
      return fromBase64(text)
    case 'base64-lines':
      return /\s/.test(text) ? fromBase64(text.replace(/\s+/g, '')) : undefined
    case 'base64url':
      return /[-_]/.test(text) || text.length % 4 !== 0 ? fromUrl(text) : undefined
    case 'base64-blanks':
      return text.includes(' ') ? fromBase64(text.replaceAll(' ', '+')) : undefined
    case 'hex':
      return /^([0-9a-f]{2})+$/.test(text) ? fromHex(text) : undefined
    case 'HEX':
      return /^([0-9A-F]{2})+$/.test(text) && /[A-F]/.test(text) ? fromHex(text) : undefined
    case 'hex-any':
      return /^([0-9a-fA-F]{2})+$/.test(text) ? fromHex(text) : undefined
    case 'hex-odd':
      // A half whose leading zero was dropped: rawOf tries both places for it.
      return /^[0-9a-fA-F]+$/.test(text) && text.length < 4 * HALF ? written : undefined
    case 'hex-of-base64': {
      const inner = /^([0-9a-fA-F]{2})+$/.test(text) ? fromHex(text) : new Uint8Array()
      return fromBase64(Buffer.from(inner).toString('latin1'))
    }
    default:
      return undefined
  }
}

function fromUrl(text: string): Bytes | undefined {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return fromBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4))
}

const HALF = 32

/** r ‖ s, 64 bytes, out of the form that is supposed; several where a dropped zero may have stood in either half. */
function rawOf(signature: Bytes, choices: Choices): readonly Bytes[] {
  const read = formed(signature, choices)
  if (choices['halves'] !== 's-r') return read
  return read.map((raw) => concat(raw.subarray(HALF), raw.subarray(0, HALF)))
}

function formed(signature: Bytes, { form, coding }: Choices): readonly Bytes[] {
  if (coding === 'hex-odd')
    return form === 'unpadded' ? splits(Buffer.from(signature).toString('latin1')) : []
  switch (form ?? '') {
    case 'raw':
      return signature.length === 2 * HALF ? [signature] : []
    case 'der': {
      const raw = readLooseSignature(signature)
      return raw !== undefined && equalBytes(strictDer(raw), signature) ? [raw] : []
    }
    case 'der-loose': {
      const raw = readLooseSignature(signature)
      return raw === undefined || equalBytes(strictDer(raw), signature) ? [] : [raw]
    }
    case 'unpadded':
      return signature.length < 2 * HALF && signature.length > HALF ? splits(toHex(signature), 2) : []
    case 'raw04':
      return signature.length === 2 * HALF + 1 && signature[0] === 4 ? [signature.subarray(1)] : []
    default:
      return []
  }
}

/** Where one half ends and the other begins, when the zeros in front of either were dropped. */
function splits(hex: string, step: 1 | 2 = 1): readonly Bytes[] {
  const found: Bytes[] = []
  for (
    let at = Math.max(step, hex.length - 2 * HALF);
    at <= Math.min(2 * HALF, hex.length - step);
    at += step
  )
    found.push(fromHex(hex.slice(0, at).padStart(2 * HALF, '0') + hex.slice(at).padStart(2 * HALF, '0')))
  return found
}

function strictDer(raw: Bytes): Bytes {
  const halves = [raw.subarray(0, HALF), raw.subarray(HALF)].map((half) => {
    const from = Math.max(
      half.findIndex((byte) => byte !== 0),
      0,
    )
    const short = half.subarray(from)
    return (short[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), short) : short
  })
  const body = concat(...halves.map((half) => concat(Uint8Array.of(2, half.length), half)))
  return concat(Uint8Array.of(0x30, body.length), body)
}
