// Ten million lines a side: how long, how much memory, and beside it what DuckDB needs for the bare join of the same
// files. DuckDB is no dependency: it is used where SIFANG_DUCKDB names its command or the folder of @duckdb/node-api.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeReconcileFiles } from './reconcile-lines.ts'
import { type Row, rounded, row } from './row.ts'

const LINES = 10_000_000
const SEED = 5

type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly megabytes: number }
type Told = {
  readonly differences: number
  readonly totals: readonly { readonly kind: string; readonly count: number }[]
}

export async function reconcileRows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-bench-reconcile-'))
  try {
    const files = writeReconcileFiles(LINES, SEED, {
      ours: join(folder, 'ours.csv'),
      theirs: join(folder, 'theirs.csv'),
    })
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['bench/reconcile-child.ts', files.ours, files.theirs, join(folder, 'out')],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`)
    const found = JSON.parse(stderr) as Measured
    const { differences, totals } = JSON.parse(stdout) as Told
    for (const [kind, planted] of Object.entries(files.expected)) {
      const count = totals.reduce((sum, one) => sum + (one.kind === kind ? one.count : 0), 0)
      if (count !== planted)
        throw new Error(`${kind}: ${count} found, ${planted} planted; what is wrong is not worth measuring`)
    }
    const size = rounded((statSync(files.ours).size + statSync(files.theirs).size) / 1e9, 1)
    const what = `reconcile ${LINES / 1e6} million lines a side (${size} GB, ${differences} differences; ${rounded(found.cpuSeconds, 1)} s of processor)`
    const yardstick = await duckdb(files.ours, files.theirs)
    return [
      row({
        id: 'reconcile-time',
        what,
        value: rounded(found.seconds, 1),
        unit: 's',
        bar: { most: 60 },
        yardstick,
      }),
      row({
        id: 'reconcile-memory',
        what: 'the most memory it had',
        value: rounded(found.megabytes, 0),
        unit: 'MB',
        bar: { most: 1024 },
        yardstick,
      }),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Both files read and joined by key, and only counted: no verdicts, no duplicates, nothing written. */
const joinOf = (ours: string, theirs: string): string => {
  const columns =
    "columns={'transaction':'VARCHAR','kind':'VARCHAR','day':'VARCHAR','amount':'BIGINT','currency':'VARCHAR','fee':'BIGINT','status':'VARCHAR','original':'VARCHAR','merchant':'VARCHAR','memo':'VARCHAR'}"
  const from = (path: string): string =>
    `read_csv('${path}', header=true, auto_detect=false, delim=',', ${columns})`
  return `SELECT count(*), count(*) FILTER (o.amount = t.amount AND o.fee = t.fee AND o.status = t.status AND o.day = t.day AND o.kind = t.kind AND o.currency = t.currency) FROM ${from(ours)} o FULL JOIN ${from(theirs)} t ON o.transaction = t.transaction`
}

async function duckdb(ours: string, theirs: string): Promise<string> {
  const where = process.env['SIFANG_DUCKDB']
  if (where === undefined) return 'DuckDB: not measured, SIFANG_DUCKDB names none'
  const settings = 'SET threads=2'
  const began = performance.now()
  if (statSync(where).isDirectory()) {
    const api = createRequire(join(where, 'package.json'))('@duckdb/node-api') as {
      DuckDBInstance: {
        create(path: string): Promise<{
          connect(): Promise<{
            run(sql: string): Promise<unknown>
            runAndReadAll(sql: string): Promise<unknown>
          }>
        }>
      }
    }
    const connection = await (await api.DuckDBInstance.create(':memory:')).connect()
    await connection.run(settings)
    await connection.runAndReadAll(joinOf(ours, theirs))
  } else execFileSync(where, ['-c', `${settings}; ${joinOf(ours, theirs)}`], { stdio: 'ignore' })
  const seconds = rounded((performance.now() - began) / 1000, 1)
  const peak = rounded(process.resourceUsage().maxRSS / 1000, 0)
  return `DuckDB’s bare join of the same files, two threads: ${seconds} s${statSync(where).isDirectory() ? `, ${peak} MB` : ''}`
}
