// A switch that does exactly what a page says: it drives an institution at its edge, message by message, and answers
// the institution's own requests honestly. It shares no line with the real switch, so it cannot hide its faults.
import {
  type Fields,
  isTurned,
  noSuchPath,
  open,
  type Opened,
  type PartyId,
  type Refused,
  type RequestType,
  type Sealed,
  type Sealer,
  type Turned,
} from '../wire/wire.ts'
import { type Forge, forgeMessage } from './forge.ts'
import { type Asked, type HonestAnswers, type Laid, script } from './script.ts'
import { edgeAnswers, edgeMemory, type LaidOrder } from './scripted-answers.ts'

export type Post = (sealed: Sealed, encoding?: string) => Promise<Sealed | Turned | 'no_reply'>

/** What came back, opened where it could be. */
export type Heard =
  | { readonly kind: 'reply'; readonly request: Sealed; readonly opened: Opened }
  | { readonly kind: 'unreadable'; readonly request: Sealed; readonly refused: Refused }
  | { readonly kind: 'turned'; readonly request: Sealed; readonly turned: Turned }
  | { readonly kind: 'silence'; readonly request: Sealed }

export type ScriptedSwitch = {
  say<T extends RequestType>(type: T, to: PartyId, fields: Fields<T>, forge?: Forge): Promise<Heard>
  /** The same bytes again. */
  replay(sealed: Sealed, type: RequestType, to: PartyId): Promise<Heard>
  /** Answers what the institution asks by itself, honestly but for what a page laid in front. */
  receive(sealed: Sealed): Promise<Sealed | Turned | 'silence'>
  lay(one: Laid): void
  /** Makes an order known under its tn, its merchant code and its link. */
  order(order: LaidOrder): void
  readonly asked: readonly Asked[]
  forget(): void
}

export type ScriptedSwitchOptions = {
  readonly world: Sealer
  readonly post: Post
  /** Keys for signing as somebody else, where a page asks for it. */
  readonly signer: Sealer['keys']
  /** What it answers by itself; a wallet's switch where nothing is said. */
  readonly answers?: HonestAnswers
}

export function scriptedSwitch({ world, post, signer, answers }: ScriptedSwitchOptions): ScriptedSwitch {
  const refs = new Map<string, string>()
  const memory = edgeMemory()
  const play = script(world, answers ?? edgeAnswers(memory))
  const hear = async (
    request: Sealed,
    type: RequestType,
    to: PartyId,
    ref: string,
    encoding?: string,
  ): Promise<Heard> => {
    const reply = await post(request, encoding)
    if (reply === 'no_reply') return { kind: 'silence', request }
    if (isTurned(reply)) return { kind: 'turned', request, turned: reply }
    const opened = await open(world, reply, { replyTo: { type, to, ref } })
    return opened.kind === 'opened'
      ? { kind: 'reply', request, opened }
      : { kind: 'unreadable', request, refused: opened }
  }
  return {
    say: async (type, to, fields, forge = {}) => {
      const made = await forgeMessage(world, type, to, fields, forge, signer)
      refs.set(keyOf(made.sealed), made.ref)
      return hear(made.sealed, type, to, made.ref, made.encoding)
    },
    replay: (sealed, type, to) => hear(sealed, type, to, refs.get(keyOf(sealed)) ?? '-'),
    lay: play.lay,
    asked: play.asked,
    forget: play.forget,
    order: (order) => {
      for (const name of ['tn', 'qrCode', 'link'])
        if (order[name] !== undefined) memory.orders.set(String(order[name]), order)
    },
    receive: async (sealed) => {
      const heard = play.hear(sealed)
      if (heard !== undefined) return heard
      return noSuchPath(world, sealed, { zh: '剧本中没有此报文', en: 'is not in the script' })
    },
  }
}

const keyOf = (sealed: Sealed): string => Buffer.from(sealed.bytes.subarray(0, 512)).toString('base64')
