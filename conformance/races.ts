// Pages through their interleavings: each play is a fresh institution, the same page, and another order of store accesses
// and sends. Where only the subject's racers race, the orders are counted up one by one; where a whole network moves they
// are drawn from the seed, and told apart by their hash. What luck would show now and then is shown or refuted by counting.
import {
  type Choices,
  drawn,
  enumeration,
  gate,
  hashOf,
  inProcessStage,
  type LoadedPage,
  play,
  type Played,
  seeded,
} from '../scenarios/scenarios.ts'
import type { Profile } from '../wire/wire.ts'
import { rulings } from './oracles.ts'

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

/** Steps of the subject's that go together, or a network in which everybody moves at once. */
export const isRace = ({ page }: LoadedPage): boolean =>
  page.cast === 'network' || (page.cast === 'edge' && page.steps.some((step) => 'together' in step))

export function race(loaded: LoadedPage, profile: Profile, seed: string, most: number): Promise<Raced> {
  const options = { loaded, profile, seed, most }
  return loaded.page.cast === 'network' ? draw(options) : countUp(options)
}

type Race = {
  readonly loaded: LoadedPage
  readonly profile: Profile
  readonly seed: string
  readonly most: number
}

async function countUp(options: Race): Promise<Raced> {
  const plan = enumeration()
  const page = options.loaded.name
  for (let plays = 0; ; plays += 1) {
    const choices = plays < options.most ? plan.begin() : undefined
    if (choices === undefined) {
      const exhausted = plays < options.most || plan.begin() === undefined
      return { page, plays, distinct: plan.hashes().size, exhausted }
    }
    const played = await once(options, choices)
    if (played.verdict === 'pass') continue
    plan.begin()
    const broken = { played, taken: choices.taken }
    return { page, plays: plays + 1, distinct: plan.hashes().size, exhausted: false, broken }
  }
}

/** Draws until there are as many distinct orders as were asked for, or twice as many plays have not brought them. */
async function draw(options: Race): Promise<Raced> {
  const hashes = new Set<string>()
  const page = options.loaded.name
  let plays = 0
  while (hashes.size < options.most && plays < options.most * 2) {
    const choices = drawn(seeded(`${options.seed}/${page}/${plays}`))
    const played = await once(options, choices)
    plays += 1
    hashes.add(hashOf(choices.taken))
    if (played.verdict === 'pass') continue
    const broken = { played, taken: choices.taken }
    return { page, plays, distinct: hashes.size, exhausted: false, broken }
  }
  return { page, plays, distinct: hashes.size, exhausted: false }
}

/** One play in one order: what the page expects must hold in it, and the invariants. */
async function once({ loaded, profile, seed }: Race, choices: Choices): Promise<Played> {
  const stage = await inProcessStage({ profile, seed, gate: gate(choices), sink: () => undefined })
  let number = 0
  const played = await play(stage, loaded, { tag: 'race', nextNumber: () => (number += 1) })
  if (played.verdict !== 'pass') return played
  const wrong = rulings(stage.recorder.seen(), played.judged).find(
    ({ result }) => result === 'violated' || result === 'disputed',
  )
  if (wrong === undefined) return played
  const { invariant, because } = wrong
  return {
    ...played,
    verdict: 'fail',
    because: { zh: `${invariant}：${because.zh}`, en: `${invariant}: ${because.en}` },
  }
}
