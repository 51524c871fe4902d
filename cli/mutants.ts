// `sifang mutants`: plants each known defect in our institution or our acquirer, in a child process, and sees that a named row fails.
// A defect that only makes a run slow, incomplete or broken counts as not caught.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Mutant, MUTANTS, victimOf } from '../conformance/conformance.ts'
import { type Role, ROLES } from '../scenarios/scenarios.ts'
import { commandLine, say } from '../reports/reports.ts'
import { certifyChild } from './certify-child.ts'
import { profileNamed } from './profile.ts'
import { allPages } from './pages.ts'
import { UsageError } from './usage.ts'

type MutantsCommand = {
  readonly grep?: string
  readonly profile: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}
type Outcome = {
  readonly id: string
  readonly caught: readonly string[]
  /** Invariants that the oracles found violated on the way. */
  readonly broken?: readonly string[]
  readonly survived: boolean
  readonly why?: string
}

const CHILDREN_AT_ONCE = 2

export async function mutantsCommand(options: MutantsCommand): Promise<void> {
  await profileNamed(options.profile)
  const chosen = MUTANTS.filter(
    ({ id }) => options.grep === undefined || options.grep.split('|').includes(id),
  )
  if (chosen.length === 0)
    throw new UsageError(
      `no mutant matches “${options.grep ?? ''}”; there are: ${MUTANTS.map(({ id }) => id).join(', ')}`,
      4,
    )
  const named = new Set((await allPages()).map(({ page }) => page.id))
  const folder = await mkdtemp(join(tmpdir(), 'sifang-mutants-'))
  try {
    const rows = [...new Set(chosen.flatMap(({ caughtBy }) => caughtBy))].filter((row) => named.has(row))
    for (const profile of new Set(chosen.map((one) => one.profile ?? options.profile)))
      for (const role of ROLES) {
        const own = chosen.filter((one) => (one.profile ?? options.profile) === profile)
        await cleanPasses(role, own, named, profile, folder)
      }
    const outcomes: Outcome[] = []
    const queue = [...chosen]
    const worker = async (): Promise<void> => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const outcome = await examine(mutant, named, mutant.profile ?? options.profile, folder)
        outcomes.push(outcome)
        if (options.json !== true) process.stderr.write(`${line(mutant, outcome, options)}\n`)
      }
    }
    await Promise.all(Array.from({ length: CHILDREN_AT_ONCE }, worker))
    outcomes.sort((a, b) => (a.id < b.id ? -1 : 1))
    report(options, outcomes, rows.length)
    process.exitCode = outcomes.some(({ survived }) => survived) ? 5 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Nothing can be said about a defect where the party without it does not pass. */
async function cleanPasses(
  role: Role,
  chosen: readonly Mutant[],
  named: ReadonlySet<string>,
  profile: string,
  folder: string,
): Promise<void> {
  const own = chosen.filter((mutant) => victimOf(mutant) === role)
  const rows = [...new Set(own.flatMap(({ caughtBy }) => caughtBy))].filter((row) => named.has(row))
  if (rows.length === 0) return
  const clean = await certifyChild({ role, rows, profile, out: join(folder, `clean-${role}-${profile}`) })
  if (clean.end?.verdict === 'pass') return
  throw new UsageError(
    `the clean reference does not pass the rows of these mutants (${clean.end?.verdict ?? clean.said}), so nothing can be said about them: npx sifang certify --role ${role} --grep "${rows.join('|')}"`,
    5,
  )
}

async function examine(
  mutant: Mutant,
  named: ReadonlySet<string>,
  profile: string,
  folder: string,
): Promise<Outcome> {
  const rows = mutant.caughtBy.filter((row) => named.has(row))
  if (rows.length === 0)
    return { id: mutant.id, caught: [], survived: true, why: `no page for ${mutant.caughtBy.join(', ')} yet` }
  const { end, said } = await certifyChild({
    mutant: mutant.id,
    role: victimOf(mutant),
    rows,
    profile,
    out: join(folder, mutant.id),
  })
  if (end === undefined) return { id: mutant.id, caught: [], survived: true, why: said }
  const caught = end.rows.filter(({ verdict }) => verdict === 'fail').map(({ row }) => row)
  return {
    id: mutant.id,
    caught,
    broken: await brokenIn(join(folder, mutant.id)),
    survived: caught.length === 0,
    ...(caught.length === 0 && { why: `the run ended ${end.verdict}` }),
  }
}

/** What the run wrote down of invariants that did not hold; nothing where it wrote nothing. */
async function brokenIn(out: string): Promise<readonly string[]> {
  const events = await readFile(join(out, 'latest', 'events.ndjson'), 'utf8').catch(() => '')
  const broken = events.split('\n').flatMap((line) => {
    if (!line.includes('"invariant"')) return []
    const { event, invariant, result } = JSON.parse(line) as Readonly<Record<string, string>>
    return event === 'invariant' && result === 'violated' && invariant !== undefined ? [invariant] : []
  })
  return [...new Set(broken)].sort()
}

function line(
  mutant: Mutant,
  { caught, broken = [], survived, why }: Outcome,
  options: MutantsCommand,
): string {
  const { lang, profile } = options
  const what = mutant.defect[lang]
  return survived
    ? `✗ ${mutant.id} ${what}\n    ${say(lang, 'cli.mutant.survived', { why: why ?? '' })}\n    ${say(lang, 'fault.replay')}  ${commandLine('mutants', ['--profile', mutant.profile ?? profile, '--grep', mutant.id])}`
    : `✓ ${mutant.id} ${what}\n    ${say(lang, 'cli.mutant.caught', { rows: [...caught, ...broken].join(', ') })}`
}

function report(options: MutantsCommand, outcomes: readonly Outcome[], rows: number): void {
  if (options.json === true) return void process.stdout.write(`${JSON.stringify({ mutants: outcomes })}\n`)
  const caught = outcomes.filter(({ survived }) => !survived).length
  process.stdout.write(`${say(options.lang, 'cli.mutants.sum', { caught, all: outcomes.length, rows })}\n`)
}
