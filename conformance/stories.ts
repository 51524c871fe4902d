// Random stories over the whole network, in the pages' own words: sales, refunds, reversals, crashes, waits and whatever
// may happen to a message. After every step the oracles judge what was seen so far. A story that breaks an invariant is
// shrunk to the fewest steps that still do, and is a page like any other: it can be written down and played again.
import fc from 'fast-check'
import { inProcessStage, type LoadedPage, play, readPage } from '../scenarios/scenarios.ts'
import type { Profile } from '../wire/wire.ts'
import { type Ruling, rulings } from './oracles.ts'
import { pageOf } from './story-page.ts'
import { stories } from './story-words.ts'

export { pageOf } from './story-page.ts'
export { stories } from './story-words.ts'

export function loadedOf(text: string): LoadedPage {
  const read = readPage(text, 'story.yaml')
  const [page] = 'pages' in read ? read.pages : []
  if (page !== undefined) return page
  throw new Error(
    `a story is no page: ${'faults' in read ? read.faults.map(({ said }) => said).join('; ') : ''}`,
  )
}

/** `cut`: why the story could not be played to its end, where the parties would not have it. */
export type Told = {
  readonly steps: number
  readonly cut?: string
  readonly wrong?: Ruling
  readonly defect?: string
}

/** Plays a story on a network of its own and judges it after every step and at its end. */
export async function tellStory(loaded: LoadedPage, profile: Profile, seed: string): Promise<Told> {
  const stage = await inProcessStage({ profile, seed, sink: () => undefined })
  let number = 0
  let steps = 0
  let wrong: Ruling | undefined
  const stepped = (): boolean => {
    steps += 1
    // Under way the parties need not agree yet; all else holds at every moment.
    const found = rulings(stage.recorder.seen()).find((one) => counts(one) && one.network !== true)
    wrong ??= found
    return wrong !== undefined
  }
  try {
    const played = await play(stage, loaded, { tag: 'story', nextNumber: () => (number += 1), stepped })
    const cut = played.cause === 'subject' && played.verdict === 'not shown' ? played.because?.en : undefined
    // A story that was cut off never came to rest: its parties may still be about to agree.
    wrong ??= rulings(stage.recorder.seen()).find(
      (one) => counts(one) && (cut === undefined || one.network !== true),
    )
    return { steps, ...(cut !== undefined && { cut }), ...(wrong !== undefined && { wrong }) }
  } catch (error) {
    return { steps, defect: error instanceof Error ? error.message : String(error) }
  }
}

const counts = ({ result }: Ruling): boolean => result === 'violated' || result === 'disputed'

export type Explored =
  | { readonly held: true; readonly stories: number; readonly steps: number; readonly cut: number }
  | {
      readonly held: false
      readonly stories: number
      readonly seed: number
      readonly path: string
      readonly shrinks: number
      readonly page: string
      readonly told: Told
    }

export type ExploreOptions = {
  readonly profile: Profile
  readonly stories: number
  readonly steps: number
  readonly seed: number
  readonly path?: string
}

export async function exploreStories({
  profile,
  stories: count,
  steps: most,
  seed,
  path,
}: ExploreOptions): Promise<Explored> {
  let told = 0
  let steps = 0
  let cut = 0
  const result = await fc.check(
    fc.asyncProperty(stories(most), async (story) => {
      const one = await tellStory(loadedOf(pageOf(story, 'drawn')), profile, String(seed))
      told += 1
      steps += one.steps
      if (one.cut !== undefined) cut += 1
      return one.wrong === undefined && one.defect === undefined
    }),
    { numRuns: count, seed, ...(path !== undefined && { path }) },
  )
  const [found] = result.counterexample ?? []
  if (!result.failed || found === undefined) return { held: true, stories: told, steps, cut }
  const page = pageOf(found, `s${seed}-${(result.counterexamplePath ?? '').split(':')[0] ?? ''}`.slice(0, 16))
  return {
    held: false,
    stories: result.numRuns,
    seed: result.seed,
    path: result.counterexamplePath ?? '',
    shrinks: result.numShrinks,
    page,
    told: await tellStory(loadedOf(page), profile, String(seed)),
  }
}
