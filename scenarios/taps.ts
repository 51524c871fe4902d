// Calls to the wallet API that go out together: a double tap, two phones before one code.
import { bodyOf } from './acts.ts'
import { apiAtOnce, type Cast, judge, Unplayable } from './cast.ts'
import { sayOf } from './edge.ts'
import { fits } from './fits.ts'
import { memberOf } from './names.ts'
import type { SingleStep } from './page.ts'
import { resolved } from './say.ts'

type TapsStep = Extract<SingleStep, { taps: unknown }>

export async function tapAtOnce(cast: Cast, step: TapsStep, at: readonly (string | number)[]): Promise<void> {
  const say = sayOf(cast)
  const calls = step.taps.map(({ do: what, body }) => {
    const [, path = ''] = resolved(say, what).split(' ')
    return { path, body: body === undefined ? undefined : bodyOf(cast, body) }
  })
  const replies = await apiAtOnce(cast, calls)
  if (replies.some(({ status }) => status === 0))
    throw new Unplayable('environment', { zh: '被测方不再应答', en: 'the subject no longer answers' })
  if (step.expect === undefined) return
  const observed = replies
    .map(({ status, body }) => (status < 300 ? 'OK' : (memberOf(body, 'class') ?? `HTTP ${status}`)))
    .sort()
  const allowed = step.expect.classes.map((one) => (typeof one === 'string' ? [one] : one))
  judge(cast, {
    what: { zh: '同时调用的结果（不分先后）', en: 'outcomes of the calls made at once, in any order' },
    expected: allowed.map((one) => one.join(' | ')).join(', '),
    observed: observed.join(', '),
    held: fits(observed, allowed),
    evidence: cast.stage.recorder.numbersFrom(cast.stage.subjectId),
    at: [...at, 'expect'],
  })
}
