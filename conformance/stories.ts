// Random stories over the whole network, in the pages' own words: sales, refunds, reversals, crashes, waits and whatever
// may happen to a message. After every step the oracles judge what was seen so far. A story that breaks an invariant is
// shrunk to the fewest steps that still do, and is a page like any other: it can be written down and played again.
import fc from 'fast-check'
import { stringify } from 'yaml'
import { inProcessStage, type LoadedPage, MISBEHAVIOURS, play, readPage } from '../scenarios/scenarios.ts'
import type { Profile } from '../wire/wire.ts'
import { type Ruling, rulings } from './oracles.ts'

/** What a story is drawn from. Numbers name earlier codes and sales by their place, counted round. */
type Command =
  | {
      readonly do: 'sell'
      readonly acquirer: 'A' | 'B'
      readonly of: number
      readonly amount: number
      readonly oldCode: boolean
    }
  | { readonly do: 'refund'; readonly of: number; readonly amount: number }
  | { readonly do: 'reversal'; readonly of: number }
  | {
      readonly do: 'fault'
      readonly what: string
      readonly type: string
      readonly times: number
      readonly by: string
    }
  | { readonly do: 'wait'; readonly for: string }
  | { readonly do: 'crash'; readonly who: 'switch' | 'acquirer' | 'subject' }
  | { readonly do: 'status'; readonly of: number; readonly is: string }
  | { readonly do: 'balance'; readonly of: number; readonly amount: number }
  | { readonly do: 'close' }

const USERS = ['alice', 'bob'] as const
const OPENING = '5000'
const FAULTY = [
  'purchase',
  'debit',
  'debit.query',
  'debit.reverse',
  'credit',
  'query',
  'refund',
  'reversal',
  'notify.payee',
  'notify.payer',
  '*',
]
const AMOUNTS = [1, 700, 1000, 2500, 5000, 5001]

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('sell' as const),
      acquirer: fc.constantFrom('A' as const, 'B' as const),
      of: fc.nat(7),
      amount: fc.constantFrom(...AMOUNTS),
      oldCode: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      of: fc.nat(7),
      amount: fc.constantFrom(...AMOUNTS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reversal' as const), of: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      what: fc.constantFrom(...MISBEHAVIOURS),
      type: fc.constantFrom(...FAULTY),
      times: fc.integer({ min: 1, max: 8 }),
      by: fc.constantFrom('3s', '20s', '90s', '10m'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      for: fc.constantFrom('1s', '7s', '61s', '5m', '30m', '1d'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      who: fc.constantFrom('switch' as const, 'acquirer' as const, 'subject' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      of: fc.nat(1),
      is: fc.constantFrom('frozen', 'closed', 'active'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('balance' as const),
      of: fc.nat(1),
      amount: fc.constantFrom(0, 999, 5000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
)

/** Stories of up to `most` commands. */
export const stories = (most: number): fc.Arbitrary<readonly Command[]> =>
  fc.array(command, { minLength: 1, maxLength: most, size: 'max' })

/** The story as the text of a page. It expects nothing but that the invariants hold. */
export function pageOf(story: readonly Command[], variant: string): string {
  const steps: unknown[] = []
  const sales: string[] = []
  const codes: string[] = []
  let refunds = 0
  // A wallet that is not active shows no code, and its balance is not the examiner's to set.
  const inactive = new Set<string>()
  const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)]
  for (const one of story) {
    const sale = 'of' in one ? at(sales, one.of) : undefined
    if (one.do === 'sell') {
      const user = at(USERS, one.of) ?? USERS[0]
      const shown = one.oldCode || inactive.has(user) ? at(codes, one.of) : undefined
      if (shown === undefined && inactive.has(user)) continue
      const code = shown ?? `c${codes.length + 1}`
      if (shown === undefined) {
        steps.push({ code: { of: user, as: code } })
        codes.push(code)
      }
      const as = `s${sales.length + 1}`
      sales.push(as)
      steps.push({ sell: { as, acquirer: one.acquirer, code, amount: String(one.amount) } })
    } else if (one.do === 'refund' && sale !== undefined) {
      refunds += 1
      steps.push({ refund: { as: `r${refunds}`, of: sale, amount: String(one.amount) } })
    } else if (one.do === 'reversal' && sale !== undefined) steps.push({ reversal: { of: sale } })
    else if (one.do === 'fault')
      steps.push({
        fault: {
          what: one.what,
          type: one.type,
          times: String(one.times),
          ...(one.what === 'delay' && { by: one.by }),
        },
      })
    else if (one.do === 'wait') steps.push({ wait: one.for })
    else if (one.do === 'crash')
      steps.push(one.who === 'subject' ? { restart: 'subject' } : { crash: one.who })
    else if (one.do === 'status') {
      const user = at(USERS, one.of) ?? USERS[0]
      if (one.is === 'active') inactive.delete(user)
      else inactive.add(user)
      steps.push({ status: { of: user, is: one.is } })
    } else if (one.do === 'balance' && !inactive.has(at(USERS, one.of) ?? ''))
      steps.push({ balance: { of: at(USERS, one.of), amount: String(one.amount) } })
    else if (one.do === 'close') steps.push({ close: { day: 'today' } })
  }
  return stringify(
    {
      id: 'XPL-001',
      variant,
      title: { zh: '探索得到的故事', en: 'A story found by exploration' },
      given: { zh: '两个用户，各有 50 元', en: 'two users with 50 yuan each' },
      clause: 'INV',
      severity: 'blocker',
      role: 'network',
      cast: 'network',
      needs: ['control', 'ledger-export', 'wallet', 'clock', 'restart'],
      time: 'virtual',
      setup: USERS.map((name) => ({ user: { name, balance: OPENING } })),
      steps: steps.length === 0 ? [{ wait: '1s' }] : steps,
      expect: [{ invariants: 'hold' }],
    },
    { lineWidth: 120 },
  )
}

export function loadedOf(text: string): LoadedPage {
  const read = readPage(text, 'story.yaml')
  const [page] = 'pages' in read ? read.pages : []
  if (page !== undefined) return page
  throw new Error(
    `a story is no page: ${'faults' in read ? read.faults.map(({ said }) => said).join('; ') : ''}`,
  )
}

/** `cut`: why the story could not be played to its end, where the parties would not have it. */
export type Told = {
  readonly steps: number
  readonly cut?: string
  readonly wrong?: Ruling
  readonly defect?: string
}

/** Plays a story on a network of its own and judges it after every step and at its end. */
export async function tellStory(loaded: LoadedPage, profile: Profile, seed: string): Promise<Told> {
  const stage = await inProcessStage({ profile, seed, sink: () => undefined })
  let number = 0
  let steps = 0
  let wrong: Ruling | undefined
  const stepped = (): boolean => {
    steps += 1
    // Under way the parties need not agree yet; all else holds at every moment.
    const found = rulings(stage.recorder.seen()).find((one) => counts(one) && one.invariant !== 'INV-16')
    wrong ??= found
    return wrong !== undefined
  }
  try {
    const played = await play(stage, loaded, { tag: 'story', nextNumber: () => (number += 1), stepped })
    const cut = played.cause === 'subject' && played.verdict === 'not shown' ? played.because?.en : undefined
    // A story that was cut off never came to rest: its parties may still be about to agree.
    wrong ??= rulings(stage.recorder.seen()).find(
      (one) => counts(one) && (cut === undefined || one.invariant !== 'INV-16'),
    )
    return { steps, ...(cut !== undefined && { cut }), ...(wrong !== undefined && { wrong }) }
  } catch (error) {
    return { steps, defect: error instanceof Error ? error.message : String(error) }
  }
}

const counts = ({ result }: Ruling): boolean => result === 'violated' || result === 'disputed'

export type Explored =
  | { readonly held: true; readonly stories: number; readonly steps: number; readonly cut: number }
  | {
      readonly held: false
      readonly stories: number
      readonly seed: number
      readonly path: string
      readonly shrinks: number
      readonly page: string
      readonly told: Told
    }

export type ExploreOptions = {
  readonly profile: Profile
  readonly stories: number
  readonly steps: number
  readonly seed: number
  readonly path?: string
}

export async function exploreStories({
  profile,
  stories: count,
  steps: most,
  seed,
  path,
}: ExploreOptions): Promise<Explored> {
  let told = 0
  let steps = 0
  let cut = 0
  const result = await fc.check(
    fc.asyncProperty(stories(most), async (story) => {
      const one = await tellStory(loadedOf(pageOf(story, 'drawn')), profile, String(seed))
      told += 1
      steps += one.steps
      if (one.cut !== undefined) cut += 1
      return one.wrong === undefined && one.defect === undefined
    }),
    { numRuns: count, seed, ...(path !== undefined && { path }) },
  )
  const [found] = result.counterexample ?? []
  if (!result.failed || found === undefined) return { held: true, stories: told, steps, cut }
  const page = pageOf(found, `s${seed}-${(result.counterexamplePath ?? '').split(':')[0] ?? ''}`.slice(0, 16))
  return {
    held: false,
    stories: result.numRuns,
    seed: result.seed,
    path: result.counterexamplePath ?? '',
    shrinks: result.numShrinks,
    page,
    told: await tellStory(loadedOf(page), profile, String(seed)),
  }
}
