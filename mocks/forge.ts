// Messages that are wrong on purpose, each in one place and right everywhere else. Built from the same primitives
// as the real frames, so that what is not named here is byte for byte what an honest sender would send.
import type { Sm2Options } from '../crypto/crypto.ts'
import type {
  Charset,
  Fields,
  FrameName,
  Head,
  HeadName,
  MessageType,
  PartName,
  PartyId,
  Sealed,
  Sealer,
  Text,
} from '../wire/wire.ts'
import { marked, packed } from './forge-bytes.ts'
import { epccForger } from './forge-epcc.ts'
import { acpForger, qrcForger } from './forge-form.ts'
import { sifangForger } from './forge-sifang.ts'

export type Forge = {
  /** Head lines replaced before anything is computed: the sender signs the lie. `ts` may be an offset such as "-301s". */
  readonly head?: Partial<Record<HeadName, string>>
  /** Head lines replaced in the finished message. */
  readonly headAfter?: Partial<Record<HeadName, string>>
  /** Head lines taken out of the finished message. */
  readonly headWithout?: readonly HeadName[]
  /** Members of the domain JSON replaced (or added) by raw text before signing: `"1"` with its quotes, 12, null. */
  readonly members?: Readonly<Record<string, string>>
  readonly without?: readonly string[]
  /** A member written a second time, with this raw text. */
  readonly twice?: Readonly<Record<string, string>>
  /** The same JSON, its members in reverse order with white space between them. */
  readonly reordered?: boolean
  /** Members replaced after signing: what an attacker with the sealing key but not the signing key would do. */
  readonly afterSigning?: Readonly<Record<string, string>>
  /** none: no signature at all. flip: one bit. Or the id of a certificate whose key signs instead, head unchanged. */
  readonly sign?: string
  /** SM2 otherwise than the profile says: another user id, form of signature or order of ciphertext. */
  readonly sm2?: Partial<Sm2Options>
  /** Signed again and again until the first byte of r or s is nought, as one signature in 256 is. */
  readonly leadingZero?: 'r' | 's'
  /** One bit of a part flipped in the finished message. */
  readonly flip?: PartName
  /** Parts taken from another message (wrap, iv, cipher, tag). */
  readonly lift?: Sealed
  /** Bytes cut from the end, or added to it. */
  readonly cut?: number
  readonly pad?: number
  /** Posted differently from what was signed. */
  readonly path?: string
  readonly contentType?: string
  readonly encoding?: string
  /** XML only: a document type before the root; and what stands in place of a member's text, as `&name;`. */
  readonly doctype?: string
  readonly entity?: Readonly<Record<string, string>>
  /** Members whose value is these bytes, in hex, whatever they spell; signed like any other. */
  readonly bytes?: Readonly<Record<string, string>>
  /** Signed over what is sent in the end, lifted and flipped as it is: the forger has a right key. */
  readonly resigned?: true
  /** One sign turned in what is enciphered in these members, under the network's own names. */
  readonly spoilt?: readonly string[]
  /** A form written in one charset and declaring another, or declaring it after signing. */
  readonly charset?: Partial<Record<'written' | 'declared' | 'after', Charset>>
  /** A form with every byte of its values as %xx. */
  readonly escaped?: true
  /** Packed by gzip, with so many MiB of noughts behind it. */
  readonly packed?: number
}

export type Forged = {
  readonly sealed: Sealed
  readonly ref: string
  readonly head: Head
  readonly encoding?: string
}

/** How one frame is forged. */
export type Forger = {
  /** Why the frame has no place for such a fault; undefined where it has one for each that is named. */
  lacks(forge: Forge): Text | undefined
  forge<T extends MessageType>(
    world: Sealer,
    type: T,
    to: PartyId,
    fields: Fields<T>,
    forge: Forge,
    signer: Sealer['keys'],
  ): Promise<Forged>
}

const FORGERS: Readonly<Partial<Record<FrameName, Forger>>> = {
  'sifang/1': sifangForger,
  qrc: qrcForger,
  acp: acpForger,
  epcc: epccForger,
}

function forgerOf(frame: FrameName): Forger {
  const forger = FORGERS[frame]
  if (forger === undefined) throw new Error(`nobody forges messages of frame ${frame}`)
  return forger
}

/** Why messages of this frame cannot be wrong in this way; a page that needs them so does not apply there. */
export const notIn = (frame: FrameName, forge: Forge): Text | undefined =>
  forgerOf(frame).lacks(marked(forge))

/** Seals a message with the faults that `forge` names. `signer` finds keys for signing as somebody else. */
export async function forgeMessage<T extends MessageType>(
  world: Sealer,
  type: T,
  to: PartyId,
  fields: Fields<T>,
  forge: Forge,
  signer: Sealer['keys'] = world.keys,
): Promise<Forged> {
  const forger = forgerOf(world.profile.frame)
  const forged = await forger.forge(world, type, to, fields, marked(forge), signer)
  if (forge.packed === undefined) return forged
  const { sealed } = forged
  return {
    ...forged,
    encoding: 'gzip',
    sealed: { ...sealed, bytes: packed(sealed.bytes, forge.packed) },
  }
}
