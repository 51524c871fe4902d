// How many pages a second: over loopback HTTP with real SM2 as `sifang certify` does it, and in process under virtual
// time. How many whole payments a processor second simulates, and what memory is left behind by thousands of pages.
import { execFileSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  inProcessStage,
  type LoadedPage,
  loadPages,
  play,
  readPage,
  type Role,
  roleOf,
  ROLES,
  type Stage,
} from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import { interleaved, type Row, rounded, row } from './row.ts'

const MEMORY_PAGES = 10_000

export async function scenarioRows(): Promise<readonly Row[]> {
  const { pages } = await loadPages(fileURLToPath(new URL('../scenarios/pages', import.meta.url)))
  return [certified(pages.length), await inProcess(pages), ...(await simulated())]
}

function certified(pages: number): Row {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-bench-'))
  try {
    const said = execFileSync(process.execPath, ['cli/sifang.js', 'certify', '--json', '--out', folder], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const { durationMs, messages } = JSON.parse(said) as { durationMs: number; messages: number }
    return row({
      id: 'certify-http',
      what: `pages a second, certification over loopback HTTP, profile unionpay, SQLite (${pages} pages, ${messages} messages, ${rounded(durationMs / 1000, 1)} s)`,
      value: rounded(pages / (durationMs / 1000), 1),
      unit: '/s',
      bar: { least: 50 },
      yardstick: 'Mojaloop Testing Toolkit: 0.8 to 1.0 cases a second',
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same pages again and again, each on the stage of the party that it judges: the pace of the quick rounds. */
async function inProcess(pages: readonly LoadedPage[]): Promise<Row> {
  const stages = new Map<Role, Stage>()
  for (const role of ROLES) stages.set(role, await stageOf('sim', role))
  let number = 0
  const round = async (tag: string): Promise<void> => {
    for (const loaded of pages) {
      const stage = stages.get(roleOf(loaded.page)) ?? missing(roleOf(loaded.page))
      const { verdict } = await play(stage, loaded, { tag, nextNumber: () => (number += 1) })
      // A page that did not play would be counted as a quick one.
      if (!PLAYED.has(verdict) && !judgedOtherwise(loaded)) throw new Error(`${loaded.name}: ${verdict}`)
    }
  }
  await round('w')
  const before = process.cpuUsage()
  const began = performance.now()
  const rounds = 3
  for (let count = 0; count < rounds; count += 1) await round(`r${count}`)
  const wall = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  return row({
    id: 'in-process',
    what: `pages a second in process, virtual time, profile sim (${rounded((user + system) / 1e6, 1)} s of processor time)`,
    value: rounded((pages.length * rounds) / wall, 1),
    unit: '/s',
    bar: { least: 500 },
    yardstick: 'none',
  })
}

const PLAYED: ReadonlySet<string> = new Set(['pass', 'not applicable'])
/** A page without a literal of its own is judged by the oracles, which have no part in the pace of playing. */
const judgedOtherwise = ({ page }: LoadedPage): boolean => page.expect.some((one) => 'invariants' in one)

const stageOf = (profile: string, role: Role = 'account-institution'): Promise<Stage> =>
  inProcessStage({
    profile: PROFILES[profile] ?? missing(`profile ${profile}`),
    seed: 'bench',
    role,
    sink: () => undefined,
  })

function missing(what: string): never {
  throw new Error(`there is no ${what}`)
}

const SALES = 40

/** One page with forty sales through the whole network, played over and over. */
function salesPage(): LoadedPage {
  const steps = Array.from({ length: SALES }, (_, index) => [
    `  - code: { of: alice, as: c${index} }`,
    `  - sell: { as: s${index}, code: c${index}, amount: 10 }`,
  ]).flat()
  const text = `id: CPM-001
title: { zh: 付款, en: payments }
given: { zh: 付款, en: payments }
clause: bench
severity: blocker
role: network
cast: network
needs: [control, wallet, clock]
time: virtual
setup:
  - user: { name: alice, balance: 100000 }
steps:
${steps.join('\n')}
`
  const read = readPage(text, 'bench.yaml')
  const [page] = 'pages' in read ? read.pages : []
  return page ?? missing('bench page')
}

async function simulated(): Promise<readonly Row[]> {
  const page = salesPage()
  const stage = await stageOf('sim')
  let number = 0
  const times = { played: 0 }
  const once = async (): Promise<void> => {
    times.played += 1
    await play(stage, page, { tag: `s${times.played}`, nextNumber: () => (number += 1) })
  }
  const bytes = new Uint8Array(700).fill(3)
  const costs = await interleaved(
    [
      { name: 'payments', times: 1, run: once },
      { name: 'bare', times: SALES, run: (count) => bare(bytes, count) },
    ],
    7,
  )
  const perSecond = (SALES * 1e6) / (costs.get('payments') ?? Number.NaN)
  const bareUs = costs.get('bare') ?? Number.NaN
  return [
    row({
      id: 'simulated-payments',
      what: 'whole payments a processor second, profile sim: code, sale, debit, both notices',
      value: rounded(perSecond, 0),
      unit: '/s',
      bar: { least: 2000 },
      yardstick: `bare SM3 and SM4 of the same ten messages: ${Math.round(1e6 / bareUs)}/s`,
    }),
    memory(),
  ]
}

function bare(bytes: Uint8Array, payments: number): void {
  const key = new Uint8Array(16).fill(9)
  for (let message = 0; message < payments * 10; message += 1) {
    const encrypting = createCipheriv('sm4-cbc', key, key)
    const sealed = Buffer.concat([encrypting.update(bytes), encrypting.final()])
    const decrypting = createDecipheriv('sm4-cbc', key, key)
    decrypting.update(sealed)
    decrypting.final()
    for (let side = 0; side < 4; side += 1) createHmac('sm3', key).update(sealed).digest()
  }
}

/** Resident memory over ten thousand plays: the last thousand against the second. */
function memory(): Row {
  const said = execFileSync(
    process.execPath,
    [fileURLToPath(new URL('./memory-child.ts', import.meta.url)), String(MEMORY_PAGES)],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  const { early, late } = JSON.parse(said) as { early: number; late: number }
  return row({
    id: 'memory',
    what: `resident memory after ${MEMORY_PAGES} pages in process (${early} MB after the first tenth)`,
    value: late,
    unit: 'MB',
    bar: { most: 200 },
    yardstick: 'Mojaloop Testing Toolkit: 1.2 GB after 40 cases',
  })
}
