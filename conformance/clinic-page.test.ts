// The diagnosis in a certification: a subject that signs or wraps wrongly is refused, and the reports say which mistake it
// makes; a subject that is right gets no diagnosis.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { keyring, SM2_DEFAULT, type Sm2Options } from '../crypto/crypto.ts'
import { junitReport, summaryReport, terminalSummary } from '../reports/reports.ts'
import {
  inProcess,
  INSTITUTION,
  loadPages,
  recorder,
  seeded,
  type Send,
  type Stage,
  stage,
  stageClock,
  testNetwork,
  VIRTUAL_START,
} from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import { type Profile, PROFILES } from '../wire/wire.ts'
import { playPages } from './certify.ts'
import type { RunEvent } from './conformance.ts'
import type { Trouble } from './preflight.ts'

const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))

type Habits = {
  readonly signs?: Partial<Sm2Options>
  readonly wraps?: Partial<Sm2Options>
  readonly rightly?: number
}

type Shown = { readonly events: readonly RunEvent[]; readonly trouble?: Trouble }

/** Two pages, with our institution signing or wrapping by habits of its own. */
async function stageFor(profile: Profile, { signs = {}, wraps = {}, rightly }: Habits): Promise<Shown> {
  const events: RunEvent[] = []
  const sink = (event: RunEvent): void => void events.push(event)
  const random = seeded(`${profile.id}/clinic`)
  const network = await testNetwork(profile, random, VIRTUAL_START)
  const right = keyring(network.privateKeysOf(INSTITUTION), SM2_DEFAULT)
  const wrong = keyring(network.privateKeysOf(INSTITUTION), { ...SM2_DEFAULT, ...signs })
  let count = 0
  const ring: typeof right = {
    ...right,
    sign: (id, bytes, options) => {
      count += 1
      const merged = options && { ...options, ...signs }
      return count > (rightly ?? 0) ? wrong.sign(id, bytes, merged) : right.sign(id, bytes, options)
    },
  }
  const own = {
    ...network,
    profile: { ...profile, sm2: { ...SM2_DEFAULT, ...wraps } },
    keysOf: () => ring,
  }
  const clock = stageClock(VIRTUAL_START)
  const behind: { stage?: Stage } = {}
  const send: Send = (to, sealed, deadline) =>
    behind.stage?.deliver(INSTITUTION, to, sealed, deadline) ?? Promise.resolve({ kind: 'not_sent' })
  const storeOn = (now: () => number) => memoryStore({ now })
  const subject = inProcess({ network: own, random, storeOn, start: VIRTUAL_START, send })
  behind.stage = stage({
    profile,
    clock,
    random,
    network,
    subject,
    recorder: recorder(() => clock.now(), sink),
    subjectId: INSTITUTION,
    storeFor: async () => memoryStore({ now: () => clock.now() }),
  })
  const chosen = pages.filter(({ name }) => name === 'TOK-001' || name.startsWith('CPM-001')).slice(0, 2)
  expect(chosen.length).toBeGreaterThan(0)
  let at = 0
  const { trouble } = await playPages({
    stage: behind.stage,
    pages: chosen,
    tag: 'clinic',
    sink,
    elapsed: () => (at += 1),
  })
  return { events, ...(trouble !== undefined && { trouble }) }
}

const played = async (profile: Profile, habits: Habits): Promise<readonly RunEvent[]> =>
  (await stageFor(profile, habits)).events

const named = (events: readonly RunEvent[]): readonly string[] => [
  ...new Set(events.flatMap((event) => (event.event === 'diagnosis' ? event.mistakes : []))),
]
const profileNamed = (id: string): Profile => PROFILES[id] as Profile

const spread = (text: string): string => text.replace(/\s+/g, ' ')

test.each([
  ['unionpay', 3, 'fail', { userId: '' }, 'user-id-empty', 'user id was empty'],
  ['unionpay-ets', 3, 'fail', { signature: 'raw' }, 'signature-raw', 'r ‖ s, 64 bytes'],
  ['unionpay-ets', 1, 'not shown', { hash: 'twice' }, 'hashed-twice', 'hashed twice'],
  ['unionpay-qrc-sm', 3, 'fail', { userId: '62010001' }, 'user-id-party', 'institution’s code 62010001'],
] as const)(
  '%s: after %i right signatures the page is %s; %o is diagnosed in every report',
  async (id, rightly, verdict, signs, mistake, words) => {
    const events = await played(profileNamed(id), { signs, rightly })
    expect(events.find((event) => event.event === 'page.end')).toMatchObject({ verdict })
    expect(named(events)).toEqual([mistake])
    const reports = [
      terminalSummary(events, { lang: 'en', colour: false, width: 100 }),
      summaryReport(events, 'en'),
      junitReport(events),
    ]
    for (const report of reports) expect(spread(report)).toContain(words)
    expect(spread(terminalSummary(events, { lang: 'zh', colour: false, width: 100 }))).toContain(
      verdict === 'fail' ? '诊断' : '诊断：',
    )
  },
)

test.each([
  ['unionpay', { signs: { userId: '' } }, '用户标识用了空串'],
  ['unionpay', { wraps: { ciphertext: 'c1c2c3' } }, 'C1C2C3'],
  ['unionpay-ets', { wraps: { point04: false } }, 'C1 前缺少 04'],
] as const)('%s: %o is told by the preflight', async (id, habits, words) => {
  const { trouble } = await stageFor(profileNamed(id), habits)
  expect(trouble?.because.zh).toContain('诊断')
  expect(trouble?.because.zh).toContain(words)
})

test('a subject that is right gets no diagnosis', async () => {
  const events = await played(profileNamed('unionpay'), {})
  expect(events.some(({ event }) => event === 'message')).toBe(true)
  expect(named(events)).toEqual([])
})
