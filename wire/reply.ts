// Turning away and answering: what every party does around its own decision.
import { type AnswerClass, classRow, codeOf, type RejectClass } from './classes.ts'
import { type Opened, open, type Refused, type Sealed, type Sealer, seal } from './envelope.ts'
import type { Fields, MessageType, ReplyType, RequestType } from './messages.ts'
import { replyTypeOf } from './messages.ts'

/** A refusal that cannot be sealed, because nobody knows for whom: plain JSON with an HTTP status. */
export type Turned = {
  readonly status: 400 | 413 | 415
  readonly refusal: {
    readonly class: RejectClass
    readonly field: string
    readonly offset?: number
    readonly zh: string
    readonly en: string
  }
}

export const isTurned = (answer: Sealed | Turned): answer is Turned => 'refusal' in answer

/** The two fields with which every reply begins, and the mark of a repeat. */
export function answerFields(
  answer: AnswerClass,
  more: { repeated?: boolean; detail?: string } = {},
): {
  answer: string
  because: string
  repeated?: string
} {
  const text = classRow(answer).text
  const because =
    more.detail === undefined ? `${text.zh} · ${text.en}` : `${text.zh} · ${text.en}: ${more.detail}`
  return {
    answer: codeOf(answer),
    because: because.slice(0, 200),
    ...(more.repeated === true && { repeated: '1' }),
  }
}

/** Says no to a message that did not open: sealed for its sender where the sender is known, plainly otherwise. */
export async function turnAway(world: Sealer, refused: Refused): Promise<Sealed | Turned> {
  const { replyTo } = refused
  if (
    replyTo !== undefined &&
    world.directory.current(replyTo.to, 'encrypt', world.clock.wall()) !== undefined
  ) {
    const fields = {
      ...answerFields(refused.class, { detail: `${refused.field}: ${refused.rule.en}` }),
      wrongField: refused.field.slice(0, 64),
      ...(refused.offset !== undefined && { wrongOffset: String(refused.offset) }),
    }
    const reply = await seal(world, {
      type: replyTo.type,
      to: replyTo.to,
      ref: replyTo.ref,
      fields: fields as unknown as Fields<MessageType>,
    })
    return reply.sealed
  }
  const status = refused.class === 'REJ-SIZE' ? 413 : refused.class === 'REJ-TYPE' ? 415 : 400
  const { zh, en } = refused.rule
  return {
    status,
    refusal: {
      class: refused.class,
      field: refused.field,
      ...(refused.offset !== undefined && { offset: refused.offset }),
      zh,
      en,
    },
  }
}

/** Opens a request of one type, lets `decide` answer it, and seals the answer. */
export async function answer<T extends RequestType>(
  world: Sealer,
  sealed: Sealed,
  type: T,
  decide: (opened: Opened<T>) => Promise<Fields<ReplyType<T>>>,
): Promise<Sealed | Turned> {
  const opened = await open(world, sealed, { requests: [type] })
  if (opened.kind === 'refused') return turnAway(world, opened)
  const fields = await decide(opened)
  const reply = await seal(world, { type: replyTypeOf(type), to: opened.from, ref: opened.ref, fields })
  return reply.sealed
}

/** Says no to a message for whose path nobody is here: as sealed as it can be, and by the first reason against it. */
export async function noSuchPath(
  world: Sealer,
  sealed: Sealed,
  rule: Refused['rule'] = { zh: '没有此路径', en: 'is not a path of this party' },
): Promise<Sealed | Turned> {
  const opened = await open(world, sealed, { requests: [] })
  return turnAway(
    world,
    opened.kind === 'refused'
      ? opened
      : { kind: 'refused', class: 'REJ-TYPE', step: 'address', field: 'path', rule },
  )
}
