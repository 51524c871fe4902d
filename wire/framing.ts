// A frame: how a message and its head become bytes, and how bytes are believed again. The envelope knows that there are
// several; parties do not. Which one is spoken comes from the profile, never from a message.
import type { Awaited, Opened, Outgoing, Refused, Sealed, SealedMessage, Sealer } from './envelope.ts'
import type { Steps } from './open-sealed.ts'
import type { Head, HeadName } from './head.ts'
import type { MessageType, RequestType } from './messages.ts'

export type FrameName = 'sifang/1' | 'qrc' | 'acp' | 'epcc'

export type Framing = {
  readonly name: FrameName
  readonly contentType: string
  /** HTTP headers that the frame uses besides the content type. */
  readonly headers: readonly string[]
  /** Where a request of this type is posted. */
  pathOf(type: RequestType): string
  /** Whether a path is one of this frame's, whatever lies behind it. */
  isPath(path: string): boolean
  /** What a message says it is, before anything of it is believed. Undefined where it does not say. */
  typeOf(sealed: Sealed): string | undefined
  /** Its head as it reads, before anything of it is believed; `-` for a line that this frame does not carry. */
  headOf(sealed: Sealed): Head | undefined
  /** What a reply to this message names: see `Opened.ref`. Undefined where the message has no readable head. */
  refOf(sealed: Sealed): string | undefined
  /** Head lines that travel in this frame; a `-` stands for each of the others. */
  readonly carries: readonly HeadName[]
  /** Seals, and shows what was sealed with the key that opens it. */
  seal<T extends MessageType>(world: Sealer, outgoing: Outgoing<T>): Promise<FramedMessage<T>>
  /** The first reason not to believe it, by the frame's own order of steps; `steps` keeps what was found out on the way. */
  open(world: Sealer, sealed: Sealed, awaited: Awaited, steps: Steps): Promise<Opened | Refused>
}

export type FramedMessage<T extends MessageType> = {
  readonly message: SealedMessage<T>
  readonly key: Uint8Array
  readonly domain: Uint8Array
}
