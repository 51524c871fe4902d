// `sifang explore --stories`: random stories over the whole network. A story that breaks an invariant is shrunk, written
// down as a page, and said with the seed and the path that find it again.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Explored, exploreStories } from '../conformance/conformance.ts'
import { commandLine, say } from '../reports/reports.ts'
import type { Profile } from '../wire/wire.ts'
import { UsageError } from './usage.ts'

export type StoriesCommand = {
  readonly profile: string
  readonly stories: string
  readonly steps: string
  readonly seed: string
  readonly path?: string
  readonly out: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

export async function exploreByStories(options: StoriesCommand, profile: Profile): Promise<number> {
  const explored = await exploreStories({
    profile,
    stories: whole('--stories', options.stories, 1_000_000),
    steps: whole('--steps', options.steps, 200),
    seed: whole('--seed', options.seed, 0x7fff_ffff),
    ...(options.path !== undefined && { path: options.path }),
  })
  if (explored.held) return held(options, explored)
  const file = join(options.out, `story-${explored.seed}-${explored.path.replaceAll(':', '-')}.yaml`)
  await mkdir(options.out, { recursive: true })
  await writeFile(file, explored.page)
  return broken(options, explored, file)
}

function held({ json, lang }: StoriesCommand, explored: Extract<Explored, { held: true }>): number {
  process.stdout.write(
    json === true
      ? `${JSON.stringify(explored)}\n`
      : `✓ ${say(lang, 'cli.stories.held', { stories: explored.stories, steps: explored.steps, cut: explored.cut })}\n`,
  )
  return 0
}

function broken(options: StoriesCommand, explored: Extract<Explored, { held: false }>, file: string): number {
  const { lang, profile } = options
  const { told, seed, path, shrinks } = explored
  const because = told.defect ?? `${told.wrong?.invariant ?? ''}: ${told.wrong?.because[lang] ?? ''}`
  const replay = commandLine('explore', [
    '--stories',
    '1',
    '--steps',
    options.steps,
    '--seed',
    String(seed),
    '--path',
    path,
    '--profile',
    profile,
  ])
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ ...explored, because, file, replay })}\n`)
  else
    process.stdout.write(
      [
        `✗ ${say(lang, 'cli.stories.broken', { stories: explored.stories, shrinks })}`,
        `    ${because}`,
        `    ${say(lang, 'cli.stories.saved', { file })}`,
        `    ${say(lang, 'cli.stories.found', { seed, path })}`,
        `    ${say(lang, 'fault.replay')}  ${replay}`,
        '',
      ].join('\n'),
    )
  return told.wrong?.result === 'disputed' || told.defect !== undefined ? 5 : 1
}

function whole(option: string, text: string, most: number): number {
  const number = Number(text)
  if (/^[0-9]{1,10}$/.test(text) && number >= 1 && number <= most) return number
  throw new UsageError(`${option} ${text}: a whole number from 1 to ${most}`)
}
