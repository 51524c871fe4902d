// Plays pages in process, over and over, and tells its resident memory early and late. A process of its own, so that
// nothing else of the bench is counted.
import { fileURLToPath } from 'node:url'
import { inProcessStage, loadPages, play, roleOf, ROLES } from '../scenarios/scenarios.ts'
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
  // Stages a round, as a run has: what a run leaves behind is what is measured.
  for (const role of ROLES) {
    const stage = await inProcessStage({ profile, seed: `memory ${played}`, role, sink: () => undefined })
    for (const loaded of pages.filter(({ page }) => roleOf(page) === role)) {
      await play(stage, loaded, { tag: 'm', nextNumber: () => (number += 1) })
      played += 1
      if (early === 0 && played >= most / 10) early = megabytes()
      if (played >= most) break
    }
  }
}
process.stdout.write(JSON.stringify({ early, late: megabytes() }))
