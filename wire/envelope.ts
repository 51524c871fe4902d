// seal and open: the one door between domain messages and bytes, for every party and in every frame.
// The steps of `open` stand in OPEN_STEPS in the order in which they refuse; a later step never runs before an
// earlier one has passed. The nonce is claimed afterwards, in the durable change that writes the record.
import type { Bytes } from '../crypto/crypto.ts'
import type { RejectClass, Text } from './classes.ts'
import type { PartyId } from './directory.ts'
import { framingOf } from './frames.ts'
import type { Head } from './head.ts'
import type { Fields, Message, MessageType, RequestType } from './messages.ts'
import type { Steps } from './open-sealed.ts'
import type { Order } from './profile.ts'
import type { World } from './world.ts'

/** A message as it travels: nothing is believed of it yet. */
export type Sealed = {
  readonly path: string
  readonly contentType: string
  readonly bytes: Bytes
  /** HTTP headers of the frame, by their names there; only EPCC has some. */
  readonly headers?: Readonly<Record<string, string>>
}

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

/** Signs and seals a message for one receiver, in the frame of the profile. */
export async function seal<T extends MessageType>(
  world: Sealer,
  outgoing: Outgoing<T>,
): Promise<SealedMessage<T>> {
  const { message, key, domain } = await framingOf(world.profile).seal(world, outgoing)
  const { type, fields } = outgoing
  world.observe?.({
    seen: 'sealed',
    by: world.me,
    at: world.clock.wall(),
    sealed: message.sealed,
    head: message.head,
    key,
    domain,
    message: { type, fields } as unknown as Message,
  })
  return message
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
  const result = await framingOf(world.profile).open(world, sealed, awaited, steps)
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
