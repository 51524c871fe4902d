// Whether codes could be guessed from one another: how many differ, whether they step, whether a digit stands out. Chance
// passes each of these; a counter, a clock in the clear, or a digit that hangs does not.
import { type Cast, judge } from './cast.ts'
import { sayOf } from './edge.ts'
import type { Expectation } from './page.ts'
import { INSTITUTION } from './parties.ts'
import { resolved } from './say.ts'

type Unlike = Extract<Expectation, { unlike: unknown }>['unlike']

export function judgeUnlike(
  cast: Cast,
  { in: names, count, prefix }: Unlike,
  at: readonly (string | number)[],
): void {
  const evidence = cast.stage.recorder.numbersFrom(INSTITUTION)
  const lists = names.map((name) => JSON.parse(resolved(sayOf(cast), name) || '[]') as readonly string[])
  const all = lists.flat()
  const say = (zh: string, en: string, expected: string, observed: string, held: boolean): void =>
    judge(cast, { what: { zh, en }, expected, observed, held, evidence, at })
  const different = new Set(all.filter((code) => code.startsWith(prefix))).size
  say(
    '互不相同的付款码个数',
    'how many codes there are, each but once',
    count,
    String(different),
    String(different) === count,
  )
  const steps = repeatedSteps(lists)
  say('相邻付款码之间重复出现的差', 'equal steps from one code to the next', '0', String(steps), steps === 0)
  const odd = oddDigits(all)
  say('分布不均的数位', 'digits that stand out among the last eight', 'none', odd, odd === 'none')
}

/** How often a difference between neighbours of a list comes again in that list. */
function repeatedSteps(lists: readonly (readonly string[])[]): number {
  return lists.reduce((sum, list) => {
    const gaps = list.slice(1).map((code, index) => BigInt(code) - BigInt(list[index] ?? 0))
    return sum + gaps.length - new Set(gaps).size
  }, 0)
}

const LAST_DIGITS = 8
/** Chi-square with nine degrees of freedom lies above this once in a million. */
const CHI_SQUARE_MOST = 45

function oddDigits(codes: readonly string[]): string {
  for (let place = 1; place <= LAST_DIGITS; place += 1) {
    const seen = Array.from({ length: 10 }, () => 0)
    for (const code of codes) {
      const digit = Number(code.at(-place))
      seen[digit] = (seen[digit] ?? 0) + 1
    }
    const even = codes.length / 10
    const chiSquare = seen.reduce((sum, times) => sum + (times - even) ** 2 / even, 0)
    if (chiSquare > CHI_SQUARE_MOST) return `digit ${place} from the right: ${seen.join(' ')}`
  }
  return 'none'
}
