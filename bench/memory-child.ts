// Plays pages in process, over and over, and tells its resident memory early and late. A process of its own, so that
// nothing else of the bench is counted.
import { fileURLToPath } from 'node:url'
import { inProcessStage, loadPages, play } from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'

const most = Number(process.argv[2] ?? 1000)
const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))
const profile = PROFILES['sim']
if (profile === undefined) throw new Error('there is no profile sim')
const megabytes = (): number => Math.round(process.memoryUsage.rss() / 1e6)
let number = 0
let played = 0
let early = 0
while (played < most) {
  // A stage a round, as a run has: what a run leaves behind is what is measured.
  const stage = await inProcessStage({ profile, seed: `memory ${played}`, sink: () => undefined })
  for (const loaded of pages) {
    await play(stage, loaded, { tag: 'm', nextNumber: () => (number += 1) })
    played += 1
    if (early === 0 && played >= most / 10) early = megabytes()
    if (played >= most) break
  }
}
process.stdout.write(JSON.stringify({ early, late: megabytes() }))
