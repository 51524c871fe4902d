// Two oracles over one page. Where both judged the same and differ, one of them is wrong, and that is ours to mend: a
// defect of the harness, never a verdict on the subject. Everything else that either found violated is the subject's.
import type { Seen } from '../scenarios/scenarios.ts'
import { type Finding, storyOf } from './exchanges.ts'
import { judgeLedger } from './oracle-ledger.ts'
import { judgeStates } from './oracle-states.ts'

export type OracleName = 'states' | 'ledger'

export type Ruling = Omit<Finding, 'result'> & {
  readonly result: Finding['result'] | 'disputed'
  readonly by: readonly OracleName[]
  /** How many items it was judged on. */
  readonly items: number
}

/** One ruling per invariant that was judged at all: its worst finding, and what became of it. */
export function rulings(seen: readonly Seen[]): readonly Ruling[] {
  const story = storyOf(seen)
  return weighed([
    ...judgeStates(story).map((finding) => ({ by: 'states' as const, finding })),
    ...judgeLedger(story).map((finding) => ({ by: 'ledger' as const, finding })),
  ])
}

type Judged = { readonly by: OracleName; readonly finding: Finding }
const WORST: readonly Ruling['result'][] = ['disputed', 'violated', 'undecidable', 'holds']

export function weighed(judged: readonly Judged[]): readonly Ruling[] {
  const items = new Map<string, Judged[]>()
  for (const one of judged) {
    const name = `${one.finding.invariant} ${one.finding.item}`
    items.set(name, [...(items.get(name) ?? []), one])
  }
  const invariants = new Map<string, Ruling[]>()
  for (const same of items.values()) {
    const ruling = ruled(same)
    invariants.set(ruling.invariant, [...(invariants.get(ruling.invariant) ?? []), ruling])
  }
  return [...invariants.values()]
    .map((all) => {
      const [worst] = all.toSorted((a, b) => WORST.indexOf(a.result) - WORST.indexOf(b.result))
      const by = new Set(all.flatMap((one) => one.by))
      return { ...(worst as Ruling), by: [...by].sort(), items: all.length }
    })
    .sort((a, b) => (a.invariant < b.invariant ? -1 : 1))
}

/** What one item comes to. One oracle may judge an item more than once; its worst word counts. */
function ruled(same: readonly Judged[]): Ruling {
  const words = new Map<OracleName, Finding>()
  for (const { by, finding } of same) {
    const known = words.get(by)
    if (known === undefined || WORST.indexOf(finding.result) < WORST.indexOf(known.result))
      words.set(by, finding)
  }
  const decided = [...words].filter(([, { result }]) => result !== 'undecidable')
  const [first] = decided.length > 0 ? decided : [...words]
  if (first === undefined) throw new Error('nothing was judged')
  const results = new Set(decided.map(([, { result }]) => result))
  if (results.size < 2) return { ...first[1], by: [...words.keys()].sort(), items: 1 }
  const said = [...words].map(([by, { because, result }]) => ({ by, because, result }))
  return {
    ...first[1],
    result: 'disputed',
    because: {
      zh: said.map(({ by, because, result }) => `${by}: ${result}，${because.zh}`).join('；'),
      en: said.map(({ by, because, result }) => `${by}: ${result}, ${because.en}`).join('; '),
    },
    by: [...words.keys()].sort(),
    items: 1,
  }
}
