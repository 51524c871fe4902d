// A child process with one defect planted: the source of one module is changed while it loads, and nothing on disk.
// Called by `sifang mutants` as: node cli/mutant-child.ts M-19 certify …
// It imports nothing of ours before the hook stands: what is loaded already cannot be changed any more.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

type Planted = { readonly id: string; readonly file: string; readonly find: string; readonly replace: string }

const [id, ...rest] = process.argv.slice(2)
// Defects of a subject, and defects of the harness itself.
const list = ['mutants', 'mutants-acquirer', 'harness-defects'].flatMap(
  (name) =>
    JSON.parse(
      readFileSync(new URL(`../conformance/${name}.json`, import.meta.url), 'utf8'),
    ) as readonly Planted[],
)
const mutant = list.find((one) => one.id === id)
if (mutant === undefined) throw new Error(`there is no mutant ${id ?? ''}`)
const target = new URL(`../${mutant.file}`, import.meta.url).href
let planted = false

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== target) return loaded
    const [before, after, ...more] = Buffer.from(loaded.source as Uint8Array)
      .toString('utf8')
      .split(mutant.find)
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error(`mutant ${mutant.id}: ${mutant.file} must hold the text it replaces exactly once`)
    planted = true
    return { ...loaded, source: before + mutant.replace + after }
  },
})

process.argv.splice(2, process.argv.length - 2, ...rest)
await import('./main.ts')
if (!planted) {
  process.stderr.write(`mutant ${mutant.id}: ${mutant.file} was never loaded, so nothing was planted\n`)
  process.exitCode = 5
}
