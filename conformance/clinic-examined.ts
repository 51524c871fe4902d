// What the clinic says of a message: what it is, what its signature covers, and step by step what holds, what does not, and
// which mistake makes it hold.
import type { FrameName, Text } from '../wire/wire.ts'
import type { KnownKey } from './clinic-keys.ts'
import { told } from './clinic-mistakes.ts'
import type { Found, Mistake, Question } from './clinic-search.ts'
import { search } from './clinic-search.ts'

export type Fact = Text & { readonly value: string }
export type MessageFault = { readonly field: string; readonly offset?: number; readonly rule: Text }
export type StepName = 'unwrap' | 'tag' | 'decrypt' | 'signature'

export type StepExamined = {
  readonly step: StepName
  /** no key: nobody here holds the key it takes. not reached: an earlier step would have to hold. */
  readonly result: 'right' | 'explained' | 'unexplained' | 'missing' | 'no key' | 'not reached'
  /** Each is an explanation by itself; several only where the bytes cannot tell which it was. */
  readonly by: readonly (readonly Mistake[])[]
  readonly facts: readonly Fact[]
  readonly tried?: number
  /** The key that it takes. */
  readonly needs?: Text
}

export type Examined = {
  readonly frame?: FrameName
  readonly what: Text
  /** The profile that the message was read by. */
  readonly profile?: string
  readonly head: readonly Fact[]
  /** Why a strict reader refuses it before any key is touched. */
  readonly faults: readonly MessageFault[]
  readonly steps: readonly StepExamined[]
}

/** In one word, for an exit code and a headline. */
export function outcomeOf({
  steps,
  faults,
  frame,
}: Examined): 'right' | 'explained' | 'unexplained' | 'unread' | 'no key' {
  if (frame === undefined) return 'unread'
  const results = steps.map(({ result }) => result)
  if (results.includes('unexplained') || results.includes('missing')) return 'unexplained'
  if (results.includes('explained')) return 'explained'
  if (faults.length > 0) return 'unread'
  return results.includes('no key') ? 'no key' : 'right'
}

export const fact = (zh: string, en: string, value: string): Fact => ({ zh, en, value })

export const skipped = (step: StepName): StepExamined => ({ step, result: 'not reached', by: [], facts: [] })

export const unkeyed = (step: StepName, needs: Text, facts: readonly Fact[] = []): StepExamined => ({
  step,
  result: 'no key',
  by: [],
  facts,
  needs,
})

/** Asks a question and tells what came of it; the value is there when it holds, by mistake or rightly. */
export async function asked<T>(
  step: StepName,
  question: Question<T>,
  facts: (found: Found<T>) => readonly Fact[],
): Promise<{ readonly examined: StepExamined; readonly found: Found<T> }> {
  const found = await search(question)
  const by =
    found.kind === 'explained'
      ? found.by.map((set) => set.map((mistake) => told(mistake, question.right[mistake.choice])))
      : []
  return {
    found,
    examined: {
      step,
      result: found.kind,
      by,
      facts: facts(found),
      ...(found.kind === 'unexplained' && { tried: found.tried }),
    },
  }
}

export const namesKey = (key: KnownKey, use: 'sign' | 'encrypt'): Fact =>
  fact(
    use === 'sign' ? '所用公钥' : '所用私钥',
    use === 'sign' ? 'public key tried' : 'private key tried',
    [key.name, key.owner, key.use].filter((part) => part !== undefined).join(' '),
  )
