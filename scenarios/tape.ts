// A tape: what was seen of a page or of a network that ran, one JSON object a line, in the order in which it happened.
// Everything on it is unmasked, codes and tokens too: test data only. tape-read.ts reads it, replay.ts plays it.
import { equalBytes, toBase64 } from '../crypto/crypto.ts'
import { type PartyId, type Sealed, stamp } from '../wire/wire.ts'
import type { Made, Seen, SeenCall, SeenMessage } from './seen.ts'

export const TAPE_VERSION = 1

/** virtual: a message arrives when its reply says so, however late. wall: it arrives when it was sent. */
export type TapeHead = {
  readonly profile: string
  readonly seed: string
  /** What was recorded: a page, or a network. */
  readonly recorded: string
  /** The version of Sifang that recorded it. */
  readonly by: string
  readonly at: number
  readonly clock: 'virtual' | 'wall'
  readonly subject: PartyId
}

/** `line`: where it stands on the tape. */
export type TapeMessage = SeenMessage & { readonly line: number }
export type TapeCall = SeenCall & { readonly line: number }
export type Tape = { readonly head: TapeHead; readonly lines: readonly (TapeMessage | TapeCall)[] }

const HOLDS =
  'unmasked test data, payment codes and tokens in the clear: keep it to yourself 未脱敏的测试数据，请勿外传'

/** The first line. */
export function tapeHead({ at, ...head }: TapeHead): string {
  return line({ tape: TAPE_VERSION, holds: HOLDS, ...head, at: stamp(at) })
}

/** One thing seen, as a line. `numberOf` finds the message whose sealed block a bent one has borrowed. */
export function tapeLine(
  one: Seen,
  numberOf: (sealed: Sealed) => number | undefined = () => undefined,
): string {
  if (one.kind === 'call') {
    const { method, path, at, after, status, request, reply } = one
    return line({ call: method, path, at: stamp(at), after, status, request, reply })
  }
  const { n, at, from, to, type, fields, fate, replyTo, twisted, made, sealed } = one
  return line({
    n,
    at: stamp(at),
    from,
    to,
    type,
    fields,
    fate,
    replyTo,
    twisted,
    made: made === undefined ? undefined : madeLine(made, numberOf),
    path: sealed.path,
    contentType: sealed.contentType,
    raw: toBase64(sealed.bytes),
  })
}

/** A whole tape. */
export function tapeText(head: TapeHead, seen: readonly Seen[]): string {
  const messages = seen.filter((one) => one.kind === 'message')
  const numberOf = (sealed: Sealed): number | undefined =>
    messages.find((one) => equalBytes(one.sealed.bytes, sealed.bytes))?.n
  return tapeHead(head) + seen.map((one) => tapeLine(one, numberOf)).join('')
}

function madeLine({ type, fields, forge }: Made, numberOf: (sealed: Sealed) => number | undefined): unknown {
  const { lift, ...rest } = forge
  return { type, fields, forge: { ...rest, ...(lift !== undefined && { lift: numberOf(lift) }) } }
}

/** Amounts are text: a number of JSON would lose their last digits. */
const line = (value: unknown): string =>
  `${JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}\n`
