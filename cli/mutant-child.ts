// A child process with one defect planted: the source of one module is changed while it loads, and nothing on disk.
// Called by `sifang mutants` as: node cli/mutant-child.ts M-19 certify …
import { registerHooks } from 'node:module'
import { MUTANTS, mutated } from '../conformance/mutants.ts'

const [id, ...rest] = process.argv.slice(2)
const mutant = MUTANTS.find((one) => one.id === id)
if (mutant === undefined) throw new Error(`there is no mutant ${id ?? ''}`)
const target = new URL(`../${mutant.file}`, import.meta.url).href
let planted = false

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== target) return loaded
    planted = true
    return { ...loaded, source: mutated(mutant, Buffer.from(loaded.source as Uint8Array).toString('utf8')) }
  },
})

process.argv.splice(2, process.argv.length - 2, ...rest)
await import('./main.ts')
if (!planted) {
  process.stderr.write(`mutant ${mutant.id}: ${mutant.file} was never loaded, so nothing was planted\n`)
  process.exitCode = 5
}
