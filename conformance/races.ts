// Race rows through their interleavings: each play is a fresh institution, the same page, and another order of its store
// accesses. What luck would show now and then is shown or refuted by counting.
import {
  enumeration,
  gate,
  inProcessStage,
  type LoadedPage,
  play,
  type Played,
} from '../scenarios/scenarios.ts'
import type { Profile } from '../wire/wire.ts'

export type Raced = {
  readonly page: string
  readonly plays: number
  /** Different interleavings, told apart by the hash of their accesses in order. */
  readonly distinct: number
  /** True when there are no others. */
  readonly exhausted: boolean
  /** The first play whose expectations did not all hold, with the accesses in the order in which they went. */
  readonly broken?: { readonly played: Played; readonly taken: readonly string[] }
}

export const isRace = ({ page }: LoadedPage): boolean =>
  page.cast === 'edge' && page.steps.some((step) => 'together' in step)

export async function race(loaded: LoadedPage, profile: Profile, seed: string, most: number): Promise<Raced> {
  const plan = enumeration()
  let plays = 0
  for (;;) {
    const choices = plays < most ? plan.begin() : undefined
    if (choices === undefined) {
      const exhausted = plays < most || plan.begin() === undefined
      return { page: loaded.name, plays, distinct: plan.hashes().size, exhausted }
    }
    plays += 1
    const stage = await inProcessStage({ profile, seed, gate: gate(choices), sink: () => undefined })
    let number = 0
    const played = await play(stage, loaded, { tag: 'race', nextNumber: () => (number += 1) })
    if (played.verdict !== 'pass') {
      plan.begin()
      return {
        page: loaded.name,
        plays,
        distinct: plan.hashes().size,
        exhausted: false,
        broken: { played, taken: choices.taken },
      }
    }
  }
}
