// `npm run bench`: every figure we hold ourselves to, beside its bar and its yardstick, in one run on one machine. Prints
// a table and writes bench/results.json. Takes some minutes; name parts to run only those: npm run bench -- sm2 start
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { type Row, rounded } from './row.ts'

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  sm2: async () => (await import('./sm2.ts')).sm2Rows(),
  payment: async () => (await import('./payment.ts')).paymentRows(),
  scenarios: async () => (await import('./scenarios.ts')).scenarioRows(),
  start: async () => (await import('./start.ts')).startRows(),
  store: async () => (await import('./store.ts')).storeRows(),
  days: async () => (await import('./days.ts')).dayRows(),
  reconcile: async () => (await import('./reconcile.ts')).reconcileRows(),
}

const asked = process.argv.slice(2)
const wrong = asked.find((name) => !Object.hasOwn(PARTS, name))
if (wrong !== undefined) {
  console.error(`bench: there is no part “${wrong}”; there are: ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}

// What else runs is told beside the figures: what is not a ratio or a processor time suffers from it.
const busy = rounded(loadavg()[0] ?? 0, 1)
const rows: Row[] = []
for (const [name, measure] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  for (const one of await measure()) {
    rows.push(one)
    console.log(line(one))
  }
}
const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}, load ${busy} before`
// A part of the figures says nothing of the others: only a whole run is written down.
if (asked.length === 0)
  writeFileSync(
    new URL('./results.json', import.meta.url),
    `${JSON.stringify({ at: new Date().toISOString(), machine, rows: rows.map(({ bar, ...rest }) => ({ ...rest, bar: barText(bar) })) }, null, 2)}\n`,
  )
console.log(`\n${rows.filter(({ holds }) => holds).length} of ${rows.length} hold · ${machine}`)

function line({ id, what, value, unit, bar, yardstick, holds }: Row): string {
  return `${holds ? '✓' : '✗'} ${id.padEnd(20)} ${`${value} ${unit}`.padStart(12)}   bar ${barText(bar).padEnd(8)} ${what}\n${' '.repeat(38)}yardstick: ${yardstick}`
}

function barText(bar: Row['bar']): string {
  return 'most' in bar ? `≤ ${bar.most}` : `≥ ${bar.least}`
}
