// How a sender's mistake is found: everything a sender may choose is a choice with one right value, a mistake is another
// value of one choice, and a question is whether the message holds under a set of choices. Mistakes are tried alone
// first, in the order of their list, then in pairs; the first that holds is the diagnosis.
import type { Text } from '../wire/wire.ts'

/** One value for every choice that a question knows. */
export type Choices = Readonly<Record<string, string>>

/** A mistake as data: this choice was made so. `zh`/`en` say what was done, `fix` what to do. */
export type Mistake = Text & {
  readonly id: string
  readonly choice: string
  readonly value: string
  readonly fix: Text
}

/** One way to read the message under some choices; equal prints are one and the same try. */
export type Try<T> = { readonly print: string; holds(): T | undefined | Promise<T | undefined> }

export type Question<T> = {
  readonly right: Choices
  readonly mistakes: readonly Mistake[]
  /** Nothing where the choices do not apply to this message at all. */
  tries(choices: Choices): readonly Try<T>[] | Promise<readonly Try<T>[]>
}

export type Found<T> =
  | { readonly kind: 'right'; readonly choices: Choices; readonly value: T }
  | {
      readonly kind: 'explained'
      /** Each is an explanation by itself, of one mistake or two; several only where the bytes cannot tell them apart. */
      readonly by: readonly (readonly Mistake[])[]
      readonly choices: Choices
      readonly value: T
    }
  | { readonly kind: 'unexplained'; readonly tried: number }

/** Enough for every pair of some seventy mistakes. */
const TRIES_MAX = 6_000

export async function search<T>(question: Question<T>): Promise<Found<T>> {
  const { right, tries } = question
  const seen = new Set<string>()
  const test = async (choices: Choices): Promise<{ value: T; print: string } | undefined> => {
    for (const { print, holds } of await tries(choices)) {
      if (seen.has(print) || seen.size >= TRIES_MAX) continue
      seen.add(print)
      const value = await holds()
      if (value !== undefined) return { value, print }
    }
    return undefined
  }
  const plain = await test(right)
  if (plain !== undefined) return { kind: 'right', choices: right, value: plain.value }
  const mistakes = question.mistakes.filter(({ choice, value }) => choice in right && right[choice] !== value)
  const singles = mistakes.map((one) => [one])
  const pairs = mistakes.flatMap((one, index) =>
    mistakes.slice(index + 1).flatMap((two) => (two.choice === one.choice ? [] : [[one, two]])),
  )
  for (const sets of [singles, pairs]) {
    for (const set of sets) {
      const choices = made(right, set)
      const found = await test(choices)
      if (found === undefined) continue
      const by = await alike(question, sets, found.print)
      return { kind: 'explained', by, choices, value: found.value }
    }
  }
  return { kind: 'unexplained', tried: seen.size }
}

const made = (right: Choices, mistakes: readonly Mistake[]): Choices => ({
  ...right,
  ...Object.fromEntries(mistakes.map(({ choice, value }) => [choice, value])),
})

const ALIKE_MAX = 3

/** All of the same size that come to the very same bytes: nothing in the message tells which it was. */
async function alike<T>(
  { right, tries }: Question<T>,
  sets: readonly (readonly Mistake[])[],
  print: string,
): Promise<readonly (readonly Mistake[])[]> {
  const found: (readonly Mistake[])[] = []
  for (const set of sets) {
    const own = await tries(made(right, set))
    if (own.some((one) => one.print === print)) found.push(set)
    if (found.length === ALIKE_MAX) break
  }
  return found
}
