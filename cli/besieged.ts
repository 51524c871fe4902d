// `sifang explore --adversary`: any page under any adversary, upon each message between two parties in turn, in process
// and judged by the invariants alone.
import { adversaryNamed, type Besieged, besiege, type Between } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import {
  ACQUIRER_A,
  ACQUIRER_B,
  ADVERSARIES,
  type Adversary,
  BANK,
  inProcessStage,
  INSTITUTION,
  type LoadedPage,
  SWITCH,
} from '../scenarios/scenarios.ts'
import type { Profile } from '../wire/wire.ts'
import { near } from './near.ts'
import { UsageError } from './usage.ts'

export type BesiegeCommand = {
  readonly adversary: string
  readonly between?: string
  readonly at?: string
  readonly seed: string
  readonly profile: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

const PARTIES: Readonly<Record<string, string>> = {
  switch: SWITCH,
  institution: INSTITUTION,
  'acquirer-a': ACQUIRER_A,
  'acquirer-b': ACQUIRER_B,
  bank: BANK,
}

export async function besiegePages(
  options: BesiegeCommand,
  profile: Profile,
  pages: readonly LoadedPage[],
): Promise<number> {
  const chosen = adversariesNamed(options.adversary)
  const between = betweenNamed(options.between)
  const at = options.at === undefined ? undefined : wholeNumber(options.at)
  const results: Besieged[] = []
  for (const adversary of chosen) {
    // One stage for all pages of an adversary: names differ by the tag, and the clock only goes forward.
    const stage = await inProcessStage({ profile, seed: options.seed, sink: () => undefined })
    let tags = 0
    let numbers = 0
    const own: Besieged[] = []
    for (const loaded of pages)
      own.push(
        await besiege({
          stage,
          loaded,
          adversary,
          between,
          nextTag: () => `a${(tags += 1)}`,
          nextNumber: () => (numbers += 1),
          ...(at !== undefined && { at }),
        }),
      )
    results.push(...own)
    if (options.json !== true) process.stdout.write(lines(options, adversary, own))
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify({ besieged: results })}\n`)
  return results.some(({ broken }) => broken.length > 0) ? 1 : results.some(({ plays }) => plays > 0) ? 0 : 4
}

function adversariesNamed(text: string): readonly Adversary[] {
  if (text === 'all') return ADVERSARIES
  return text.split('|').map((id) => {
    const found = adversaryNamed(id)
    if (found !== undefined) return found
    const names = ADVERSARIES.map((one) => one.id)
    const meant = near(names, id)[0]
    throw new UsageError(
      `--adversary ${id}: there is none of that name${meant === undefined ? '' : `; did you mean ${meant}?`} There are: all, ${names.join(', ')}`,
    )
  })
}

function betweenNamed(text: string | undefined): Between {
  if (text === undefined) return {}
  const [from, to, ...more] = text.split(':').map((name) => (name === 'any' ? name : PARTIES[name]))
  if (from === undefined || to === undefined || more.length > 0)
    throw new UsageError(
      `--between ${text}: two of any, ${Object.keys(PARTIES).join(', ')}, with a colon between sender and receiver, such as switch:institution`,
    )
  return { ...(from !== 'any' && { from }), ...(to !== 'any' && { to }) }
}

function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text)
  throw new UsageError(`--at ${text}: the number of a message, counted from 1`)
}

function lines(options: BesiegeCommand, adversary: Adversary, results: readonly Besieged[]): string {
  const { lang } = options
  const plays = results.reduce((sum, one) => sum + one.plays, 0)
  const broken = results.flatMap(({ page, broken: all }) => all.map((one) => ({ page, ...one })))
  const head = `${broken.length === 0 ? '✓' : '✗'} ${adversary.id.padEnd(16)} ${adversary.title[lang]}: ${say(lang, 'cli.besiege.plays', { plays, broken: broken.length })}\n`
  const shown = broken.slice(0, SHOWN).map(({ page, at, ruling, defect }) => {
    const what = defect ?? `${ruling?.invariant}: ${ruling?.because[lang]}`
    const again = `npx sifang explore --adversary ${adversary.id} --grep ${page} --at ${at}${options.between === undefined ? '' : ` --between ${options.between}`} --profile ${options.profile} --seed ${options.seed}`
    return `    ${page} @${at}  ${what}\n      ${say(lang, 'cli.next', { command: again })}\n`
  })
  return head + shown.join('')
}

const SHOWN = 3
