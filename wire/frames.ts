// The frames there are, and which one a profile or a path belongs to.
import type { Sealed } from './envelope.ts'
import { acpFrame } from './frame-acp.ts'
import { epccFrame } from './frame-epcc.ts'
import { qrcFrame } from './frame-qrc.ts'
import { sifangFrame } from './frame-sifang.ts'
import type { FrameName, Framing } from './framing.ts'
import type { Head } from './head.ts'
import type { Profile } from './profile.ts'

const FRAMES: Readonly<Partial<Record<FrameName, Framing>>> = {
  'sifang/1': sifangFrame,
  qrc: qrcFrame,
  acp: acpFrame,
  epcc: epccFrame,
}

export function framingOf({ frame, id }: Pick<Profile, 'frame' | 'id'>): Framing {
  const framing = FRAMES[frame]
  if (framing === undefined) throw new Error(`profile ${id} names frame ${frame}, which is not there`)
  return framing
}

/** By where it was posted: for whoever looks at messages without being a party to them. */
export const framingAt = (path: string): Framing | undefined =>
  Object.values(FRAMES).find((framing) => framing.isPath(path))

/** The story that belongs to what a message says it is; it is believed when the story opens it. */
export function storyFor<S>(stories: Readonly<Record<string, S>>, sealed: Sealed): S | undefined {
  const type = claimedType(sealed)
  return Object.hasOwn(stories, type) ? stories[type] : undefined
}

/** What a message says it is, believed by nobody yet; empty where it does not say. */
export const claimedType = (sealed: Sealed): string => framingAt(sealed.path)?.typeOf(sealed) ?? ''
export const claimedHead = (sealed: Sealed): Head | undefined => framingAt(sealed.path)?.headOf(sealed)
/** What a reply to this message would name. */
export const claimedRef = (sealed: Sealed): string | undefined => framingAt(sealed.path)?.refOf(sealed)
