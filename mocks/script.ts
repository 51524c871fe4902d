// What a page lays in front of a stand-in's honest answers: another class, other fields, silence, for the next so many
// messages of a type. And what the stand-in was asked, message by message, so that a page can say what it heard.
import {
  type AnswerClass,
  answer,
  answerFields,
  type Fields,
  type Opened,
  type ReplyType,
  type RequestType,
  type Sealed,
  type Sealer,
  type Turned,
  claimedType,
} from '../wire/wire.ts'

export type Content = Readonly<Record<string, unknown>>

export type Laid = {
  readonly type: RequestType
  /** The class to answer; left out, the honest one. */
  readonly answer?: AnswerClass
  /** Fields of the answer that are other than the honest ones; null takes one away. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** No answer at all. */
  readonly silence?: boolean
  /** What is asked for happens all the same, whatever is answered. */
  readonly effect?: boolean
  times: number
}

export type Asked = { readonly type: RequestType; readonly from: string; readonly fields: Content }

/** The honest answer to one type; what it does to the stand-in's memory is done when it is called. */
export type Honest = (opened: Opened, world: Sealer) => Content | Promise<Content>
export type HonestAnswers = Partial<Record<RequestType, Honest>>

export type Script = {
  lay(one: Laid): void
  /** Everything asked so far, in order; a message that did not open is not in it. */
  readonly asked: readonly Asked[]
  /** Begins to count anew: what was asked until now belongs to somebody else's story. */
  forget(): void
  /** Undefined for a type that the script does not know. */
  hear(sealed: Sealed): Promise<Sealed | Turned | 'silence'> | undefined
}

export function script(world: Sealer, honest: HonestAnswers): Script {
  const laid: Laid[] = []
  const asked: Asked[] = []
  return {
    asked,
    forget: () => void asked.splice(0),
    lay: (one) => void laid.push(one),
    hear: (sealed) => {
      const type = claimedType(sealed) as RequestType
      const own = honest[type]
      return own === undefined ? undefined : answered(world, sealed, type, own, laid, asked)
    },
  }
}

async function answered(
  world: Sealer,
  sealed: Sealed,
  type: RequestType,
  honest: Honest,
  laid: Laid[],
  asked: Asked[],
): Promise<Sealed | Turned | 'silence'> {
  let silent = false
  const reply = await answer(world, sealed, type, async (opened: Opened) => {
    asked.push({ type, from: opened.from, fields: opened.message.fields as Content })
    const at = laid.findIndex((one) => one.type === type && one.times > 0)
    const one = laid[at]
    if (one === undefined) return (await honest(opened, world)) as Fields<ReplyType<RequestType>>
    one.times -= 1
    silent = one.silence === true
    const changed = one.answer !== undefined
    const own = !changed || one.effect === true ? await honest(opened, world) : {}
    const said = changed ? { ...own, ...answerFields(one.answer as AnswerClass) } : own
    return withChanges(said, one.fields ?? {}) as Fields<ReplyType<RequestType>>
  })
  return silent ? 'silence' : reply
}

function withChanges(said: Content, changes: Readonly<Record<string, unknown>>): Content {
  return Object.fromEntries(Object.entries({ ...said, ...changes }).filter(([, value]) => value !== null))
}
