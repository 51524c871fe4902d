// The words that a page's vocabulary is made of, and how a message is made wrong on purpose.
import { z } from 'zod'
import { HEAD_NAMES } from '../wire/wire.ts'

export const Name = z.string().regex(/^[a-z][a-z0-9-]{0,15}$/, 'a short lower-case name')
export const Amount = z.string().regex(/^(0|[1-9][0-9]*)$/, 'whole minor units, as a literal')

const Charset = z.enum(['UTF-8', 'GBK'])
const head = z.partialRecord(z.enum(HEAD_NAMES), z.string())
export const Forge = z.strictObject({
  head: head.optional(),
  headAfter: head.optional(),
  headWithout: z.array(z.string()).optional(),
  members: z.record(z.string(), z.string()).optional(),
  without: z.array(z.string()).optional(),
  twice: z.record(z.string(), z.string()).optional(),
  reordered: z.literal('yes').optional(),
  afterSigning: z.record(z.string(), z.string()).optional(),
  /** none, flip, or a party whose key signs instead (acquirer-a, bank, …; switch is the honest one). */
  sign: z.string().optional(),
  /** SM2 otherwise than the profile has it. */
  sm2: z
    .strictObject({
      userId: z.string().optional(),
      hash: z.enum(['once', 'twice']).optional(),
      signature: z.enum(['der', 'raw']).optional(),
      ciphertext: z.enum(['c1c3c2', 'c1c2c3', 'asn1']).optional(),
    })
    .optional(),
  leadingZero: z.enum(['r', 's']).optional(),
  flip: z.enum(['head', 'wrap', 'iv', 'cipher', 'tag', 'sign']).optional(),
  /** The sealed block of an earlier message of the page. */
  lift: Name.optional(),
  cut: Amount.optional(),
  pad: Amount.optional(),
  path: z.string().optional(),
  contentType: z.string().optional(),
  encoding: z.string().optional(),
  /** XML only: a document type before the root, and what stands in place of a member’s text. */
  doctype: z.string().optional(),
  entity: z.record(z.string(), z.string()).optional(),
  /** A member's value as bytes in hex, whatever they spell. */
  bytes: z.record(z.string(), z.string().regex(/^([0-9a-f]{2})+$/, 'bytes in hex, such as d6d0')).optional(),
  /** Signed anew over what is sent in the end. */
  resigned: z.literal('yes').optional(),
  /** One sign turned in what is enciphered in these members, under the network's own names. */
  spoilt: z.array(z.string()).optional(),
  /** Forms only: the charset in which it is written, which it declares, and which it declares once it is signed. */
  charset: z
    .strictObject({ written: Charset.optional(), declared: Charset.optional(), after: Charset.optional() })
    .optional(),
  /** Forms only: every byte of every value as %xx. */
  escaped: z.literal('yes').optional(),
  /** Packed by gzip, and so many MiB of noughts behind it. */
  packed: Amount.optional(),
})
