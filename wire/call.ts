// Asking another party: seal, send, open the reply. Three answers: what it said, or unknown, or never left.
// A reply that is unsigned, badly signed, for another request or unreadable is no reply (SEC-029, SEC-030).
import type { AnswerClass } from './classes.ts'
import { classOf } from './classes.ts'
import type { PartyId } from './directory.ts'
import { open, seal } from './envelope.ts'
import type { Fields, ReplyType, RequestType } from './messages.ts'
import type { World } from './world.ts'

export type Answered<T extends RequestType> =
  | {
      readonly kind: 'answered'
      readonly class: AnswerClass
      readonly repeated: boolean
      readonly fields: Fields<ReplyType<T>>
    }
  | { readonly kind: 'not_sent'; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string }

export async function call<T extends RequestType>(
  world: World<unknown>,
  type: T,
  to: PartyId,
  fields: Fields<T>,
  waitMs: number,
): Promise<Answered<T>> {
  const request = await seal(world, { type, to, fields })
  const reply = await world.send(to, request.sealed, world.clock.wall() + waitMs)
  if (reply.kind === 'not_sent') return { kind: 'not_sent', because: 'the message did not leave' }
  if (reply.kind === 'no_reply') return { kind: 'unknown', because: `no reply within ${waitMs} ms` }
  const opened = await open(world, reply.sealed, { replyTo: { type, to, ref: request.ref } })
  if (opened.kind === 'refused')
    return { kind: 'unknown', because: `the reply was refused: ${opened.class} at ${opened.field}` }
  const replied = opened.message.fields as unknown as Fields<ReplyType<T>> & {
    answer: string
    repeated?: string
  }
  const kind = classOf(replied.answer)
  if (kind === undefined) return { kind: 'unknown', because: `reply code ${replied.answer} is in no table` }
  return { kind: 'answered', class: kind, repeated: replied.repeated === '1', fields: replied }
}
