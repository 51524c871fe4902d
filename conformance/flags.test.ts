// Every flag of a profile is obeyed, and shown by pages: each choice has pages that hold with it and with no other; with
// any one flag turned no page fails. And values are read: one changed makes a page fail whose literal rests on it.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  inProcessStage,
  type LoadedPage,
  loadPages,
  roleOf,
  ROLES,
  type Stage,
} from '../scenarios/scenarios.ts'
import { codeOf, FLAG_CHOICES, type Profile, PROFILES } from '../wire/wire.ts'
import { playPages, type Share } from './certify.ts'
import { readProfile } from './profile-file.ts'

const slow = import.meta.env['SIFANG_SLOW'] === '1'
const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))

/** Where it refuses test roots a network of test certificates cannot stand; wire/certificates.test.ts shows both choices. */
const NO_STAGE: ReadonlySet<string> = new Set(['testRoots'])
const FLAGS = Object.entries(FLAG_CHOICES)
  .filter(([flag]) => !NO_STAGE.has(flag))
  .map(([flag, choices]) => [flag, choices.map(String)] as const)
const CHOICES = FLAGS.flatMap(([flag, choices]) => choices.map((choice) => [flag, choice] as const))
const TURNED = FLAGS.flatMap(([flag, [, ...others]]) => others.map((choice) => [flag, choice] as const))

type Flags = Readonly<Record<string, string>>
const flagsOf = ({ page }: LoadedPage): Flags => page.profile?.flags ?? {}
const naming = (flag: string, choice: string): readonly LoadedPage[] =>
  pages.filter((loaded) => flagsOf(loaded)[flag] === choice)
/** The page as it would be if it said nothing about where it applies. */
const anywhere = ({ page: { profile: _where, ...page }, ...loaded }: LoadedPage): LoadedPage => ({
  ...loaded,
  page,
})

/** `sim` with something changed, read from a file as anybody would write it. */
function sim(part: 'flags' | 'values', changes: Flags): Profile {
  const lines = Object.entries(changes).map(([name, value]) => `  ${name}: ${value}\n`)
  const read = readProfile(`id: sim-changed\nextends: sim\n${part}:\n${lines.join('')}`)
  return 'profile' in read ? read.profile : expect.fail(JSON.stringify(read.faults))
}

type Results = Share['results']

async function played(
  profile: Profile,
  chosen: readonly LoadedPage[],
  over?: (stage: Stage) => void,
): Promise<Results> {
  const results: Results[number][] = []
  for (const role of ROLES) {
    const own = chosen.filter(({ page }) => roleOf(page) === role)
    if (own.length === 0) continue
    const stage = await inProcessStage({ profile, seed: '1', role, sink: () => undefined })
    const going = {
      stage,
      pages: own,
      tag: 'flags',
      sink: () => undefined,
      elapsed: () => 0,
      over: () => over?.(stage),
    }
    results.push(...(await playPages(going)).results)
  }
  expect(results.length).toBe(chosen.length)
  return results
}

const told = (results: Results): readonly string[] =>
  results.map(({ page, played: { verdict, because } }) => `${page}: ${verdict} ${because?.en ?? ''}`.trim())
const allOf = (chosen: readonly LoadedPage[], verdict: string): readonly string[] => {
  const ordered = ROLES.flatMap((role) => chosen.filter(({ page }) => roleOf(page) === role))
  return ordered.map(({ name }) => `${name}: ${verdict}`)
}

test('a page names flags and choices that there are', () => {
  const named = pages.flatMap((loaded) =>
    Object.entries(flagsOf(loaded)).map(([flag, choice]) => [loaded.name, flag, choice] as const),
  )
  expect(named.length).toBeGreaterThan(0)
  const wrong = named.filter(
    ([, flag, choice]) =>
      !Object.entries(FLAG_CHOICES).some(([one, all]) => one === flag && all.map(String).includes(choice)),
  )
  expect(wrong).toEqual([])
})

describe.each(CHOICES)('%s=%s', (flag, choice) => {
  // A page may name more than one flag; those that name the same share a stage.
  const own = Map.groupBy(naming(flag, choice), (loaded) => JSON.stringify(flagsOf(loaded)))
  const others = FLAGS.find(([one]) => one === flag)?.[1].filter((other) => other !== choice) ?? []

  test('has pages, and they pass', async () => {
    expect(own.size).toBeGreaterThan(0)
    for (const [flags, some] of own) {
      const results = await played(sim('flags', JSON.parse(flags) as Flags), some)
      expect(told(results)).toEqual(allOf(some, 'pass'))
    }
  })

  test('its pages do not apply with another choice, and played all the same do not pass', async () => {
    expect(others.length).toBeGreaterThan(0)
    for (const other of others)
      for (const [flags, some] of own) {
        const elsewhere = sim('flags', { ...(JSON.parse(flags) as Flags), [flag]: other })
        const results = await played(elsewhere, [...some, ...some.map(anywhere)])
        const verdicts = Map.groupBy(results, ({ page }) => page)
        expect(verdicts.size).toBe(some.length)
        for (const [page, [as, all]] of verdicts) {
          expect(as?.played.verdict, page).toBe('not applicable')
          expect(['fail', 'not shown'], page).toContain(all?.played.verdict)
          expect(all?.played.cause, page).not.toBe('harness')
        }
      }
  })
})

/** What an acquirer hears ends its sale either way, so that no page tells these apart: the message does. */
describe.each(FLAG_CHOICES.reversalOfMissing)(
  'a switch that knows nothing of it answers a reversal %s',
  (choice) => {
    test.each(['REV-002.network-unsent', 'VOD-009.network-unsent'])('%s', async (name) => {
      const chosen = pages.filter((loaded) => loaded.name === name)
      const answers: unknown[] = []
      const results = await played(sim('flags', { reversalOfMissing: choice }), chosen, ({ recorder }) => {
        for (const one of recorder.seen())
          if (one.kind === 'message' && one.type === 'reversal.reply') answers.push(one.fields?.['answer'])
      })
      expect(told(results)).toEqual([`${name}: pass`])
      expect(answers).toEqual([codeOf(choice)])
    })
  },
)

/** A value, what it is changed to, and a page that rests on what it was. */
const VALUES = [
  ['codeLifeMs', '30s', 'COD-001'],
  ['clockSkewMs', '100s', 'SEC-011'],
  ['cutOff', "'22:00'", 'REV-010.unionpay'],
  ['refundWindowMonths', '10', 'RFD-014'],
  ['pinFreeMaxMinor', '200000', 'ONL-011'],
  ['bodyBytesMax', '1048576', 'SEC-018'],
  ['askWaitMs', '7s', 'REV-020.network'],
  ['noticeGapsMs', '[30s]', 'NTF-009'],
  ['smsLifeMs', '10m', 'TOK-006.used'],
  ['codeMissesMax', '40', 'COD-008'],
] as const

describe('a value is read', () => {
  const PLAIN = PROFILES['sim'] ?? expect.fail('sim')
  test.each(VALUES)('%s: with %s instead, %s fails', async (name, value, page) => {
    const chosen = pages.filter((loaded) => loaded.name === page)
    expect(told(await played(PLAIN, chosen))).toEqual([`${page}: pass`])
    const [changed] = await played(sim('values', { [name]: value }), chosen)
    expect(changed?.played).toMatchObject({ verdict: 'fail', cause: 'subject' })
  })
})

describe.runIf(slow)('with one flag turned', () => {
  test.each(TURNED)(
    'to %s=%s no page of all fails, and every one is shown or does not apply',
    async (flag, choice) => {
      const results = await played(sim('flags', { [flag]: choice }), pages)
      const fine = results.filter(
        ({ played: { verdict } }) => verdict === 'pass' || verdict === 'not applicable',
      )
      expect(told(results.filter((one) => !fine.includes(one)))).toEqual([])
      expect(fine.filter(({ played: { verdict } }) => verdict === 'pass').length).toBeGreaterThan(
        pages.length / 2,
      )
    },
    300_000,
  )

  test('sifang certify --matrix --flags has a line for it, and ends with the worst exit of all', async () => {
    const out = await mkdtemp(join(tmpdir(), 'sifang-matrix-'))
    const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
    const args = ['certify', '--matrix', '--flags', '--json', '--grep', 'COD-012', '--out', out]
    const { exit, text } = await new Promise<{ exit: number | null; text: string }>((resolve) => {
      const child = spawn(process.execPath, [main, ...args])
      let heard = ''
      child.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()))
      child.on('close', (code) => resolve({ exit: code, text: heard }))
    })
    await rm(out, { recursive: true, force: true })
    const lines = JSON.parse(text) as { profile: string; verdict: string; exit: number }[]
    const names = TURNED.map(([flag, choice]) => `${flag}=${choice}`)
    expect(lines.map(({ profile }) => profile)).toEqual([...Object.keys(PROFILES), ...names])
    expect(lines.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(exit).toBe(Math.max(...lines.map((line) => line.exit)))
  }, 600_000)
})
