// Two oracles over one page. Where both judged the same and differ, one of them is wrong, and that is ours to mend: a
// defect of the harness, never a verdict on the subject. Everything else that either found violated is the subject's.
import { type ExpectationEvent, type Finding, type Seen, storyOf } from './exchanges.ts'
import { judgeLedger } from './oracle-ledger.ts'
import { judgeStates } from './oracle-states.ts'

/** The page is a third voice where its literal held: what it says of a balance, both oracles must say as well. */
export type OracleName = 'states' | 'ledger' | 'page'

export type Ruling = Omit<Finding, 'result'> & {
  readonly result: Finding['result'] | 'disputed'
  readonly by: readonly OracleName[]
  /** How many items it was judged on. */
  readonly items: number
}

/** One ruling per invariant that was judged at all: its worst finding, and what became of it. */
export function rulings(
  seen: readonly Seen[],
  expectations: readonly ExpectationEvent[] = [],
): readonly Ruling[] {
  const story = storyOf(seen)
  return weighed([
    ...expectations.flatMap(pageFinding),
    ...judgeStates(story, seen).map((finding) => ({ by: 'states' as const, finding })),
    ...judgeLedger(story).map((finding) => ({ by: 'ledger' as const, finding })),
  ])
}

function pageFinding({ item, result, evidence, expected }: ExpectationEvent): Judged[] {
  // A literal that did not hold may rest on more than these exchanges: then the page alone judges.
  if (item === undefined || result !== 'held') return []
  const because = { zh: `场景写明 ${expected}，实际如此`, en: `the page's literal ${expected} held` }
  return [{ by: 'page', finding: { invariant: 'INV-12', item, result: 'holds', because, evidence } }]
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
    // The page speaks only where an oracle judged the same.
    if (same.every(({ by }) => by === 'page')) continue
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
