// Two runs side by side: what they were played with, which pages changed their verdict, and which answers changed.
// Nothing is better or worse by silence: a page that one of them never chose is counted apart.
import type { MessageEvent, RunEvent, Verdict } from './events.ts'
import { messagesOf, type Page, type Run, runOf, titleOf } from './pages.ts'
import { REPORT_WORDS, type Text } from './words.ts'

export type RunView = {
  readonly run: string
  readonly subject: string
  readonly revision: string
  readonly profile: string
  readonly seed: string
  readonly version: string
  readonly verdict: Run['verdict']
  /** False when the run was cut off before its end. */
  readonly ended: boolean
  readonly whole: boolean
  readonly transcript?: string
}

/** What two runs should have in common, so that a difference can be the subject's. */
const COMMON = ['revision', 'profile', 'seed', 'version', 'subject'] as const
export type Differing = (typeof COMMON)[number]

export type Change = {
  readonly page: string
  readonly row: string
  readonly kind: 'broken' | 'fixed' | 'newly shown' | 'no longer shown' | 'better' | 'worse'
  readonly worse: boolean
  readonly before: Verdict
  readonly after: Verdict
  readonly title: Text
  /** Why, of the side that is worse. */
  readonly because?: Text
}

/** The answers of the n-th message of one type on a page; `undefined` where there was none. */
export type AnswerChange = {
  readonly page: string
  readonly type: string
  readonly n: number
  readonly before?: string
  readonly after?: string
}

export type Comparison = {
  readonly a: RunView
  readonly b: RunView
  readonly differing: readonly Differing[]
  /** Undefined when one of them did not come to its end. */
  readonly transcriptsEqual?: boolean
  readonly changes: readonly Change[]
  readonly answers: readonly AnswerChange[]
  /** Pages with the same verdict in both. */
  readonly same: number
  /** Pages that one run played and the other did not choose. */
  readonly only: { readonly a: readonly string[]; readonly b: readonly string[] }
  readonly worse: number
}

export function compareRuns(before: readonly RunEvent[], after: readonly RunEvent[]): Comparison {
  const [runA, runB] = [runOf(before), runOf(after)]
  const [a, b] = [viewOf(runA), viewOf(runB)]
  const pairs = pairsOf(runA, runB)
  const changes = pairs.flatMap(([one, other]) => changeOf(one, other))
  return {
    a,
    b,
    differing: COMMON.filter((name) => a[name] !== b[name]),
    ...(a.transcript !== undefined &&
      b.transcript !== undefined && { transcriptsEqual: a.transcript === b.transcript }),
    changes,
    answers: pairs.flatMap(([one, other]) => answersOf(one, other)),
    same: pairs.length - changes.length,
    only: { a: onlyIn(runA, pairs, 0), b: onlyIn(runB, pairs, 1) },
    worse: changes.filter(({ worse }) => worse).length,
  }
}

function viewOf({ start, end, verdict }: Run): RunView {
  return {
    run: start?.run ?? '?',
    subject: start === undefined ? '?' : start.subject.name,
    revision: start?.revision ?? '?',
    profile: start?.profile ?? '?',
    seed: start?.seed ?? '?',
    version: start?.version ?? '?',
    verdict,
    ended: end !== undefined,
    whole: start?.whole ?? true,
    ...(end !== undefined && { transcript: end.transcript }),
  }
}

type Pair = readonly [Page, Page]

/** Pages of both in the order of the pages, which is that of their files, whichever stage was faster. */
function pairsOf(a: Run, b: Run): readonly Pair[] {
  const [inA, inB] = [a, b].map(({ pages }) => new Map(pages.map((page) => [page.id, page])))
  const ids = [...new Set([...a.pages, ...b.pages].map(({ id }) => id))]
  return ids
    .flatMap((id): readonly Pair[] => {
      const [one, other] = [inA?.get(id), inB?.get(id)]
      const left = one ?? (other && absentFrom(a, other))
      const right = other ?? (one && absentFrom(b, one))
      return left === undefined || right === undefined ? [] : [[left, right]]
    })
    .map((pair) => ({ pair, file: fileOf(pair) }))
    .sort((one, other) => (one.file < other.file ? -1 : one.file > other.file ? 1 : 0))
    .map(({ pair }) => pair)
}

/** Rows that neither has played come last. */
const fileOf = ([one, other]: Pair): string => (one.start ?? other.start)?.where.file ?? '\uffff'

/** A page as a run has it that did not play it: not shown, if the run had to; nothing to compare, if it did not choose it. */
function absentFrom({ start, end }: Run, page: Page): Page | undefined {
  const told = end?.rows.find(({ row, verdict }) => row === page.row && verdict === 'not shown')
  if (told === undefined && start?.whole === false) return undefined
  return {
    ...page,
    verdict: 'not shown',
    because: told?.because ?? REPORT_WORDS['page.unplayed'],
    events: [],
  }
}

function onlyIn(run: Run, pairs: readonly Pair[], side: 0 | 1): readonly string[] {
  const paired = new Set(pairs.map((pair) => pair[side].id))
  // A row that was not played is no page that the other could have chosen.
  return run.pages.filter(({ id, start }) => start !== undefined && !paired.has(id)).map(({ id }) => id)
}

/** Worst first; what was not judged stands between a failure and what was shown. */
const WORST: readonly Verdict[] = [
  'fail',
  'gap closed',
  'not shown',
  'not applicable',
  'known gap',
  'warn',
  'pass',
]
const fails = (verdict: Verdict): boolean => verdict === 'fail' || verdict === 'gap closed'
const judged = (verdict: Verdict): boolean => verdict !== 'not shown' && verdict !== 'not applicable'

function changeOf(one: Page, other: Page): readonly Change[] {
  const [before, after] = [one.verdict, other.verdict]
  if (before === after) return []
  const down = WORST.indexOf(after) < WORST.indexOf(before)
  const kind = kindOf(before, after, down)
  const because = (down ? other : one).because
  return [
    {
      page: one.id,
      row: one.row,
      kind,
      // What a failure became invisible behind is no improvement.
      worse: down || kind === 'no longer shown',
      before,
      after,
      title: titleOf(one.start === undefined ? other : one),
      ...(because !== undefined && { because }),
    },
  ]
}

function kindOf(before: Verdict, after: Verdict, down: boolean): Change['kind'] {
  if (fails(after) && !fails(before)) return 'broken'
  if (judged(before) && !judged(after)) return 'no longer shown'
  if (fails(before) && !fails(after)) return 'fixed'
  if (judged(after) && !judged(before)) return 'newly shown'
  return down ? 'worse' : 'better'
}

function answersOf(one: Page, other: Page): readonly AnswerChange[] {
  // A page that one run did not play has no answers that could have changed.
  if (one.events.length === 0 || other.events.length === 0) return []
  const [before, after] = [byType(one), byType(other)]
  const types = [...new Set([...before.keys(), ...after.keys()])]
  return types.flatMap((type) => {
    const [left, right] = [before.get(type) ?? [], after.get(type) ?? []]
    return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => index).flatMap(
      (index): readonly AnswerChange[] => {
        const [was, is] = [left[index], right[index]]
        if (was === is) return []
        return [
          {
            page: one.id,
            type,
            n: index + 1,
            ...(was !== undefined && { before: was }),
            ...(is !== undefined && { after: is }),
          },
        ]
      },
    )
  })
}

/** What was answered, message by message, for each type that answers something. */
function byType(page: Page): ReadonlyMap<string, readonly string[]> {
  const answers = new Map<string, readonly string[]>()
  for (const message of messagesOf(page)) {
    const answer = answerOf(message)
    if (answer === undefined) continue
    const type = message.type ?? message.path
    answers.set(type, [...(answers.get(type) ?? []), answer])
  }
  return answers
}

function answerOf({ class: named, fields, refused }: MessageEvent): string | undefined {
  if (named !== undefined) return named
  const code = fields?.['answer']
  if (typeof code === 'string') return code
  return refused === undefined ? undefined : `${refused.class} (${refused.step})`
}
