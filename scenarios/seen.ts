// What the stage saw, unmasked and in the order in which it happened: messages as they travelled, with what their bytes
// say where a test key opens them, and the calls an examiner made. Nothing else reaches an oracle.
import type { Forge } from '../mocks/mocks.ts'
import type { MessageType, OpenStep, PartyId, RequestType, Sealed } from '../wire/wire.ts'

/** What a message that was bent on purpose was made from: enough to bend another in the same place. */
export type Made = {
  readonly type: RequestType
  readonly fields: Readonly<Record<string, unknown>>
  readonly forge: Forge
}

export type SeenMessage = {
  readonly kind: 'message'
  /** Counts from 1 within the page, requests and replies alike. */
  readonly n: number
  readonly at: number
  readonly from: PartyId
  readonly to: PartyId
  readonly sealed: Sealed
  readonly fate: 'delivered' | 'lost' | 'late'
  /** For a reply: the number of its request. */
  readonly replyTo?: number
  readonly type?: MessageType
  /** Made or changed on purpose by the stage: nobody's own word. */
  readonly twisted?: boolean
  readonly made?: Made
  /** The step at which whoever it was for refused it. */
  readonly refusedAt?: OpenStep
  /** By canonical name, amounts as bigint; absent when nobody on the stage could read it. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A call of the subject's wallet or control API, with its whole reply. */
export type SeenCall = {
  readonly kind: 'call'
  readonly at: number
  /** The last message seen before it. */
  readonly after: number
  readonly method: string
  readonly path: string
  readonly status: number
  readonly request?: unknown
  readonly reply?: unknown
}

export type Seen = SeenMessage | SeenCall
