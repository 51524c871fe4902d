// `sifang explore`: plays the race rows through their interleavings, in process, one fresh institution per play.
import { isRace, race, type Raced } from '../conformance/conformance.ts'
import { commandLine, say } from '../reports/reports.ts'
import { type LoadedPage, notApplicable } from '../scenarios/scenarios.ts'
import { profileNamed } from './profile.ts'
import { allPages, choose, pagesFor } from './pages.ts'
import { UsageError } from './usage.ts'

type ExploreCommand = {
  readonly profile: string
  readonly grep?: string
  readonly pages?: string
  readonly seed: string
  readonly most: string
  readonly adversary?: string
  readonly between?: string
  readonly at?: string
  readonly stories?: string
  readonly steps: string
  readonly path?: string
  readonly out: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

export async function exploreCommand(options: ExploreCommand): Promise<void> {
  const profile = await profileNamed(options.profile)
  if (options.stories !== undefined) {
    const { exploreByStories } = await import('./told.ts')
    process.exitCode = await exploreByStories({ ...options, stories: options.stories }, profile)
    return
  }
  if (options.adversary !== undefined) {
    const { besiegePages } = await import('./besieged.ts')
    process.exitCode = await besiegePages(
      { ...options, adversary: options.adversary },
      profile,
      choose(pagesFor(await allPages(options.pages), ['account-institution']), options.grep),
    )
    return
  }
  const most = Number(options.most)
  if (!Number.isInteger(most) || most < 1)
    throw new UsageError(`--most ${options.most}: a whole number of interleavings, such as 1000`)
  const pages = races(await allPages(options.pages), options).filter(
    ({ page }) => notApplicable(profile, page) === undefined,
  )
  const results: Raced[] = []
  for (const page of pages) {
    const raced = await race(page, profile, options.seed, most)
    results.push(raced)
    if (options.json !== true) process.stdout.write(`${line(raced, options)}\n`)
  }
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({ races: results.map(({ broken, ...raced }) => ({ ...raced, held: broken === undefined, ...(broken !== undefined && { because: broken.played.because, taken: broken.taken }) })) })}\n`,
    )
  process.exitCode = results.some(({ broken }) => broken !== undefined) ? 1 : 0
}

function races(pages: readonly LoadedPage[], { grep, pages: folder }: ExploreCommand): readonly LoadedPage[] {
  const found = pages.filter(isRace)
  if (found.length > 0) return choose(found, grep)
  throw new UsageError(
    `--pages ${folder ?? ''}: no page in it has steps that go together (“together:”, see docs/pages.md), so nothing was run`,
    4,
  )
}

function line({ page, plays, distinct, exhausted, broken }: Raced, options: ExploreCommand): string {
  const { lang } = options
  const counted = say(lang, exhausted ? 'cli.explore.all' : 'cli.explore.some', { distinct })
  if (broken === undefined) return `✓ ${page.padEnd(24)} ${counted}`
  const steps = broken.taken.map((access, index) => `    ${String(index + 1).padStart(3)}  ${access}`)
  return [
    `✗ ${page.padEnd(24)} ${say(lang, 'cli.explore.broken', { plays })}`,
    `    ${broken.played.because?.[lang] ?? ''}`,
    `    ${say(lang, 'cli.explore.order')}`,
    ...steps,
    `    ${say(lang, 'fault.replay')}  ${replay(page, options)}`,
  ].join('\n')
}

function replay(page: string, { profile, seed, most, pages }: ExploreCommand): string {
  const folder = pages === undefined ? [] : ['--pages', pages]
  return commandLine('explore', [
    '--profile',
    profile,
    '--seed',
    seed,
    '--most',
    most,
    ...folder,
    '--grep',
    page,
  ])
}
