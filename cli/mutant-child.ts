// A child process with one defect planted: the source of one module is changed while it loads, and nothing on disk.
// Called by `sifang mutants` as: node cli/mutant-child.ts M-19 certify …
// It imports nothing of ours before the hook stands: what is loaded already cannot be changed any more.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

type Edit = { readonly file: string; readonly find: string; readonly replace: string }
/** Some defects show in two places; `also` are the others. */
type Planted = Edit & { readonly id: string; readonly also?: readonly Edit[] }

const [id, ...rest] = process.argv.slice(2)
// Defects of a subject, and defects of the harness itself.
const list = [
  'mutants',
  'mutants-accounts',
  'mutants-acquirer',
  'mutants-more',
  'mutants-security',
  'harness-defects',
].flatMap(
  (name) =>
    JSON.parse(
      readFileSync(new URL(`../conformance/${name}.json`, import.meta.url), 'utf8'),
    ) as readonly Planted[],
)
const mutant = list.find((one) => one.id === id)
if (mutant === undefined) throw new Error(`there is no mutant ${id ?? ''}`)
const edits = [mutant, ...(mutant.also ?? [])]
const targets = new Map(edits.map((edit) => [new URL(`../${edit.file}`, import.meta.url).href, edit.file]))
const planted = new Set<Edit>()

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const file = targets.get(url)
    if (file === undefined) return loaded
    let source = Buffer.from(loaded.source as Uint8Array).toString('utf8')
    for (const edit of edits.filter((one) => one.file === file)) {
      const [before, after, ...more] = source.split(edit.find)
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error(`mutant ${mutant.id}: ${file} must hold the text it replaces exactly once`)
      planted.add(edit)
      source = before + edit.replace + after
    }
    return { ...loaded, source }
  },
})

process.argv.splice(2, process.argv.length - 2, ...rest)
await import('./main.ts')
const unplanted = edits.find((edit) => !planted.has(edit))
if (unplanted !== undefined) {
  process.stderr.write(`mutant ${mutant.id}: ${unplanted.file} was never loaded, so nothing was planted\n`)
  process.exitCode = 5
}
