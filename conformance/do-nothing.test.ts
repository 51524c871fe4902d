// Opponents that do nothing right. Whatever passes against one of them has shown nothing: not a single page may pass
// against a subject that is silent, says 200 to everything, echoes, or answers with yesterday's replies.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  FEATURES,
  INSTITUTION,
  loadPages,
  play,
  recorder,
  seeded,
  stage,
  stageClock,
  type Subject,
  SWITCH,
  testNetwork,
  VIRTUAL_START,
} from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import { PROFILES, type Sealed } from '../wire/wire.ts'
import { EXITS } from './conformance.ts'
import { conclude, rowResults } from './verdict.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')
const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))

/** Its control API claims that all went well, so that only the messages can tell. */
const agreeable = async (method: string, path: string): Promise<{ status: number; body: unknown }> => {
  if (path.startsWith('/control/ledger')) return { status: 200, body: '' }
  if (path.startsWith('/control/users'))
    return { status: method === 'POST' ? 201 : 200, body: { available: '4000' } }
  if (path.endsWith('/sign-up')) return { status: 200, body: { token: '620000000000000001' } }
  if (path.endsWith('/codes')) return { status: 200, body: { code: '6220123456789012345' } }
  if (path.startsWith('/control/codes')) return { status: 200, body: { state: 'C_USED' } }
  return { status: 200, body: { state: 'T_UNBOUND', inFlight: 0 } }
}

const yesterday: Sealed[] = []
const OPPONENTS: Readonly<Record<string, Subject['post']>> = {
  silent: async () => 'no_reply',
  'always 200, empty': async (sealed) => ({ ...sealed, bytes: new Uint8Array() }),
  'always 200, HTML': async (sealed) => ({
    ...sealed,
    contentType: 'text/html',
    bytes: Buffer.from('<h1>OK</h1>'),
  }),
  echo: async (sealed) => sealed,
  'yesterday’s reply': async (sealed) => {
    yesterday.push(sealed)
    return yesterday[0] ?? sealed
  },
  'refuses everything': async () => ({
    status: 400,
    refusal: { class: 'REJ-FORMAT', field: 'all', zh: '不', en: 'no' },
  }),
}

for (const [name, post] of Object.entries(OPPONENTS)) {
  test(`${name}: no page about an effect passes, and the run cannot end well`, async () => {
    const random = seeded(name)
    const network = await testNetwork(profile, random, VIRTUAL_START)
    const clock = stageClock(VIRTUAL_START)
    const subject: Subject = { name, kind: 'in-process', features: new Set(FEATURES), post, api: agreeable }
    const st = stage({
      profile,
      clock,
      random,
      network,
      recorder: recorder(
        () => clock.now(),
        () => undefined,
      ),
      subject,
      subjectId: INSTITUTION,
      storeFor: async () => memoryStore({ now: () => clock.now() }),
    })
    st.place(SWITCH, async () => 'silence')
    let number = 0
    const results = []
    for (const loaded of pages)
      results.push({
        loaded,
        played: await play(st, loaded, { tag: 'none', nextNumber: () => (number += 1) }),
      })
    const passed = results.filter(({ played }) => played.verdict === 'pass').map(({ loaded }) => loaded.name)
    expect(passed).toEqual([])
    const rows = rowResults([...new Set(pages.map(({ page }) => page.id))], results)
    expect(conclude(rows, new Set(), false).exit).not.toBe(EXITS.pass)
  }, 60_000)
}

test('nothing played is incomplete, never a pass', () => {
  expect(conclude([], new Set(), false)).toEqual({ verdict: 'incomplete', exit: EXITS.incomplete })
  expect(conclude(rowResults(['CPM-001'], []), new Set(), false)).toEqual({
    verdict: 'incomplete',
    exit: EXITS.incomplete,
  })
})
