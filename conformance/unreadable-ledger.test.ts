// A ledger export that cannot be read is the subject's fault, said with its line and field: never a defect of ours, which
// would end the run with 5, and never a pass.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { inProcessStage, loadPages, type Stage } from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import { playPages } from './certify.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')
const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))
const page = pages.filter(({ name }) => name === 'CPM-001')

/** Our own institution, but for what it exports. */
async function exporting(twist: (lines: string) => unknown): Promise<Stage> {
  const stage = await inProcessStage({ profile, seed: 'ledger', sink: () => undefined })
  const { subject } = stage
  const api: typeof subject.api = async (method, path, body) => {
    const reply = await subject.api(method, path, body)
    return path.startsWith('/control/ledger') ? { ...reply, body: twist(String(reply.body)) } : reply
  }
  return { ...stage, subject: { ...subject, api } }
}

test.each<[string, (lines: string) => unknown, string]>([
  [
    'amounts with decimals',
    (lines) => lines.replaceAll(/"amount":"(\d+)"/g, '"amount":"$1.00"'),
    'line 1: lines.0.amount',
  ],
  [
    'amounts that are numbers',
    (lines) => lines.replaceAll(/"amount":"(\d+)"/g, '"amount":$1'),
    'line 1: lines.0.amount',
  ],
  [
    'one side only',
    (lines) => lines.replaceAll(/,\{"account":"USR[^}]*\}/g, ''),
    'line 1: lines: at least one line on each side',
  ],
  ['no positions', (lines) => lines.replaceAll('"position":', '"place":'), 'line 1: position'],
  ['no JSON', () => '<posting/>\n', 'line 1: is no JSON object'],
  ['a list', (lines) => lines.split('\n'), 'one JSON object a line'],
])('%s', async (_, twist, because) => {
  const stage = await exporting(twist)
  const share = await playPages({ stage, pages: page, tag: 'led', sink: () => undefined, elapsed: () => 0 })
  const [result] = share.results
  expect(result?.played).toMatchObject({ verdict: 'not shown', cause: 'subject' })
  expect(result?.played.because?.en).toContain(because)
})
