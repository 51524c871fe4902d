// A page under an adversary: played once as it is, to count the messages between the two parties, then once for each of
// them with the adversary upon it. What the page expects does not matter here; what must hold in any network does.
import {
  ADVERSARIES,
  type Adversary,
  type LoadedPage,
  play,
  type Seen,
  type Stage,
  type WireFault,
} from '../scenarios/scenarios.ts'
import type { PartyId } from '../wire/wire.ts'
import { type Ruling, rulings } from './oracles.ts'

export type Between = { readonly from?: PartyId; readonly to?: PartyId }

export type Besieged = {
  readonly page: string
  readonly adversary: string
  /** Plays in which the adversary could do what it is for. */
  readonly plays: number
  readonly broken: readonly {
    /** The message it was upon, counted from 1 among the requests between the two. */
    readonly at: number
    readonly ruling?: Ruling
    readonly defect?: string
  }[]
}

export const adversaryNamed = (id: string): Adversary | undefined => ADVERSARIES.find((one) => one.id === id)

export type BesiegeOptions = {
  readonly stage: Stage
  readonly loaded: LoadedPage
  readonly adversary: Adversary
  readonly between: Between
  /** Only this message, where one is named. */
  readonly at?: number
  /** Makes the names of users and orders of one play differ from those of another. */
  nextTag(): string
  nextNumber(): number
}

export async function besiege(options: BesiegeOptions): Promise<Besieged> {
  const { stage, loaded, adversary, between } = options
  const { nextNumber } = options
  const laid = stage.adversaries
  const once = async (fault?: WireFault): Promise<readonly Seen[]> => {
    laid.splice(0, laid.length, ...(fault === undefined ? [] : [fault]))
    try {
      await play(stage, loaded, { tag: options.nextTag(), nextNumber })
      return stage.recorder.seen()
    } finally {
      laid.length = 0
    }
  }
  const requests = requestsBetween(await once(), between)
  const broken: Besieged['broken'][number][] = []
  let plays = 0
  for (let at = options.at ?? 1; at <= (options.at ?? requests); at += 1) {
    const times = adversary.on === 'every' ? Number.POSITIVE_INFINITY : 1
    const fault: WireFault = { what: adversary.what, type: '*', skip: at - 1, times, ...between }
    try {
      const seen = await once(fault)
      if ((fault.done ?? 0) === 0) continue
      plays += 1
      const ruling = rulings(seen).find((one) => counts(one, adversary))
      if (ruling !== undefined) broken.push({ at, ruling })
    } catch (error) {
      plays += 1
      broken.push({ at, defect: error instanceof Error ? error.message : String(error) })
    }
  }
  return { page: loaded.name, adversary: adversary.id, plays, broken }
}

/** Parties between whom nothing gets through any more cannot come to agree. */
function counts({ result, invariant }: Ruling, adversary: Adversary): boolean {
  if (adversary.on === 'every' && invariant === 'INV-16') return false
  return result === 'violated' || result === 'disputed'
}

function requestsBetween(seen: readonly Seen[], { from, to }: Between): number {
  return seen.filter(
    (one) =>
      one.kind === 'message' &&
      one.replyTo === undefined &&
      (from ?? one.from) === one.from &&
      (to ?? one.to) === one.to,
  ).length
}
