// `sifang explore`: plays the race rows through their interleavings, in process, one fresh institution per play.
import { isRace, race, type Raced } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import { profileNamed } from './certify.ts'
import { allPages, choose } from './pages.ts'
import { UsageError } from './usage.ts'

type ExploreCommand = {
  readonly profile: string
  readonly grep?: string
  readonly seed: string
  readonly most: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

export async function exploreCommand(options: ExploreCommand): Promise<void> {
  const profile = profileNamed(options.profile)
  const most = Number(options.most)
  if (!Number.isInteger(most) || most < 1)
    throw new UsageError(`--most ${options.most}: a whole number of interleavings, such as 1000`)
  const pages = choose((await allPages()).filter(isRace), options.grep)
  const results: Raced[] = []
  for (const page of pages) {
    const raced = await race(page, profile, options.seed, most)
    results.push(raced)
    if (options.json !== true) process.stdout.write(`${line(raced, options.lang)}\n`)
  }
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({ races: results.map(({ broken, ...raced }) => ({ ...raced, held: broken === undefined, ...(broken !== undefined && { because: broken.played.because, taken: broken.taken }) })) })}\n`,
    )
  process.exitCode = results.some(({ broken }) => broken !== undefined) ? 1 : 0
}

function line({ page, plays, distinct, exhausted, broken }: Raced, lang: 'zh' | 'en'): string {
  const counted = say(lang, exhausted ? 'cli.explore.all' : 'cli.explore.some', { distinct })
  if (broken === undefined) return `✓ ${page.padEnd(24)} ${counted}`
  const steps = broken.taken.map((access, index) => `    ${String(index + 1).padStart(3)}  ${access}`)
  return [
    `✗ ${page.padEnd(24)} ${say(lang, 'cli.explore.broken', { plays })}`,
    `    ${broken.played.because?.[lang] ?? ''}`,
    `    ${say(lang, 'cli.explore.order')}`,
    ...steps,
  ].join('\n')
}
