// What a failing certification says about a message of the subject that was refused at its signature or its sealed block:
// the same diagnosis as the clinic's, made when the page ends, while bytes and test keys are at hand.
import type { DiagnosisEvent, SeenMessage, Stage } from '../scenarios/scenarios.ts'
import { type Sealed, stamp, type Text } from '../wire/wire.ts'
import { examine } from './clinic.ts'
import { type Examined, outcomeOf } from './clinic-examined.ts'
import { keysOfNetwork } from './clinic-keys.ts'
import type { Mistake } from './clinic-search.ts'

/** A subject with one mistake makes it in every message. */
const MESSAGES_MAX = 2
const STEPS: ReadonlySet<string> = new Set(['unwrap', 'tag', 'decrypt', 'parts', 'signature'])

/** Never throws: a page is judged by what it saw, whatever the clinic makes of it. */
export async function diagnosesOf(stage: Stage, page: string): Promise<readonly DiagnosisEvent[]> {
  try {
    const refused = stage.recorder
      .seen()
      .filter(
        (one) =>
          one.kind === 'message' &&
          one.from === stage.subjectId &&
          one.twisted !== true &&
          STEPS.has(one.refusedAt ?? ''),
      ) as readonly SeenMessage[]
    const events: DiagnosisEvent[] = []
    for (const { n, sealed } of refused.slice(0, MESSAGES_MAX)) {
      const told = await diagnosisOf(stage, sealed)
      if (told !== undefined)
        events.push({ event: 'diagnosis', page, at: stamp(stage.clock.now()), n, ...told })
    }
    return events
  } catch {
    return []
  }
}

/** A page that could not be shown has no broken expectation beside which a diagnosis could stand. */
export function explainedBy<P extends { readonly verdict: string; readonly because?: Text }>(
  played: P,
  diagnosis: Diagnosis | undefined,
): P {
  if (diagnosis === undefined || played.verdict !== 'not shown' || played.because === undefined) return played
  const { what, fix } = diagnosis
  const because = {
    zh: `${played.because.zh}。诊断：${what.zh}。改法：${fix.zh}`,
    en: `${played.because.en}. Diagnosis: ${what.en}. Fix: ${fix.en}`,
  }
  return { ...played, because }
}

/** The same of one message, with the keys of the stage. */
export async function diagnosisOf(
  { profile, network }: Pick<Stage, 'profile' | 'network'>,
  { bytes, contentType }: Sealed,
): Promise<Diagnosis | undefined> {
  const form = contentType.startsWith('application/x-www-form-urlencoded') ? 'body' : 'line'
  return diagnosisIn(await examine(bytes, { profile, form, keysOf: async () => keysOfNetwork(network) }))
}

type Diagnosis = Pick<DiagnosisEvent, 'mistakes' | 'what' | 'fix'>

export const UNEXPLAINED: Text = {
  zh: '没有一种已知错误能解释它：或者内容在签名（封装）之后被改动，改的是哪个字段无从得知；或者是这里还不认识的错误',
  en: 'no known mistake explains it: either the content was changed after it was signed or sealed, and which field cannot be known, or it is a mistake not known here',
}
const LOOK: Text = {
  zh: '对照本方所签的字节与报告中的签名范围；单条报文可用 sifang clinic 查看',
  en: 'compare the bytes you signed with those that the signature covers; sifang clinic shows them for one message',
}

/** In one sentence each: what was done, and what to do. Undefined where nothing is wrong with what a key can show. */
function diagnosisIn(examined: Examined): Diagnosis | undefined {
  const outcome = outcomeOf(examined)
  if (outcome === 'unexplained' && !examined.steps.some(({ result }) => result === 'explained'))
    return { mistakes: [], what: UNEXPLAINED, fix: LOOK }
  const sets = examined.steps.flatMap(({ by }) => (by.length === 0 ? [] : [by]))
  if (sets.length === 0) return undefined
  const more = outcome === 'unexplained' ? [UNEXPLAINED] : []
  return {
    mistakes: sets.flat(2).map(({ id }) => id),
    what: both([...sets.map((by) => either(by, (mistake) => mistake)), ...more]),
    fix: both(sets.map((by) => either(by.slice(0, 1), ({ fix }) => fix))),
  }
}

const both = (texts: readonly Text[]): Text => ({
  zh: texts.map(({ zh }) => zh).join('；'),
  en: texts.map(({ en }) => en).join('; '),
})

/** One explanation, or those that nothing tells apart. */
const either = (by: readonly (readonly Mistake[])[], of: (mistake: Mistake) => Text): Text => {
  const sets = by.map((set) => both(set.map(of)))
  return { zh: sets.map(({ zh }) => zh).join('，或者'), en: sets.map(({ en }) => en).join(', or ') }
}
