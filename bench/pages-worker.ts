// Plays every other page, round after round when told to, each on the stage of the party that it judges.
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import {
  inProcessStage,
  loadedFrom,
  type PageData,
  play,
  type Role,
  roleOf,
  ROLES,
  type Stage,
} from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'

export type PagesGiven = { readonly profile: string; readonly pages: readonly PageData[] }
/** How many rounds to play. */
export type PagesAsked = number
export type PagesNews = 'ready' | 'played'

const PLAYED: ReadonlySet<string> = new Set(['pass', 'not applicable'])
const given = workerData as PagesGiven
const pages = given.pages.map(loadedFrom)
const profile = PROFILES[given.profile]
if (profile === undefined) throw new Error(`there is no profile ${given.profile}`)
const stageOf = (role: Role): Promise<Stage> =>
  inProcessStage({ profile, seed: 'bench', role, sink: () => undefined })

const told = parentPort
if (told === null) throw new Error('this is a thread of the bench; run npm run bench -- scenarios')
const say = (news: PagesNews): void => told.postMessage(news)

async function round(): Promise<void> {
  // Stages of its own, as a run has: what pages leave behind is there for the pages after them.
  const stages = new Map<Role, Stage>()
  for (const role of ROLES) stages.set(role, await stageOf(role))
  let number = 0
  for (const loaded of pages) {
    const role = roleOf(loaded.page)
    const stage = stages.get(role)
    if (stage === undefined) throw new Error(`there is no stage for ${role}`)
    const { verdict } = await play(stage, loaded, { tag: 'r', nextNumber: () => (number += 1) })
    // A page that did not play would be counted as a quick one. One without a literal of its own is judged by the
    // oracles, which have no part in the pace of playing.
    const judgedOtherwise = loaded.page.expect.some((one) => 'invariants' in one)
    if (!PLAYED.has(verdict) && !judgedOtherwise) throw new Error(`${loaded.name}: ${verdict}`)
  }
}

// Once through for what is compiled while it runs.
await round()
say('ready')
// What goes wrong here ends the thread, and whoever waits hears of it.
const [asked] = (await once(told, 'message')) as [PagesAsked]
for (let left = asked; left > 0; left -= 1) await round()
say('played')
