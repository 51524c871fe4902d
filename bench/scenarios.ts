// How many pages a second: over loopback HTTP with real SM2 as `sifang certify` does it, and in process under virtual
// time. How many whole payments a processor second simulates, and what memory is left behind by thousands of pages.
import { execFileSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import {
  dataOf,
  inProcessStage,
  type LoadedPage,
  loadPages,
  play,
  readPage,
  type Stage,
} from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import type { PagesAsked, PagesGiven, PagesNews } from './pages-worker.ts'
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

const THREADS = 2
const ROUNDS = 3

/** The same pages again and again, half of them in either of two threads, as `certify --in-process` plays them. */
async function inProcess(pages: readonly LoadedPage[]): Promise<Row> {
  const file = new URL('./pages-worker.ts', import.meta.url)
  const workers = Array.from({ length: THREADS }, (_, part) => {
    const own = pages.filter((_page, index) => index % THREADS === part).map(dataOf)
    return new Worker(file, { workerData: { profile: 'sim', pages: own } satisfies PagesGiven })
  })
  const all = (news: PagesNews): Promise<unknown> => Promise.all(workers.map((worker) => said(worker, news)))
  await all('ready')
  const before = process.cpuUsage()
  const began = performance.now()
  const played = all('played')
  for (const worker of workers) worker.postMessage(ROUNDS satisfies PagesAsked)
  await played
  const wall = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  const count = pages.length * ROUNDS
  const each = rounded((user + system) / 1000 / count, 1)
  return row({
    id: 'in-process',
    what: `pages a second in process in ${THREADS} threads, virtual time, profile sim (${each} ms of processor time a page)`,
    value: rounded(count / wall, 1),
    unit: '/s',
    bar: { least: 500 },
    yardstick: 'none',
  })
}

/** Waits for one piece of news, or for the end of the worker that should have told it. */
function said(worker: Worker, awaited: PagesNews): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  worker.on('message', (news: PagesNews) => {
    if (news === awaited) resolve()
  })
  worker.once('error', reject)
  worker.once('exit', (code) => reject(new Error(`a thread of pages ended with ${code} before “${awaited}”`)))
  return promise
}

const stageOf = (profile: string): Promise<Stage> =>
  inProcessStage({
    profile: PROFILES[profile] ?? missing(`profile ${profile}`),
    seed: 'bench',
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
