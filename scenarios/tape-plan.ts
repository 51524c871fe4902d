// The order of a replay: every call and every message to the subject at its place on the tape, moved by the mutations.
// Where a message arrived late on the tape, its place is that of its reply: that is when the subject heard it.
import { toHex } from '../crypto/crypto.ts'
import { inwardRequests, type Mutation } from './mutation.ts'
import type { Tape, TapeCall, TapeMessage } from './tape.ts'

export type SendStep = {
  readonly kind: 'send'
  readonly at: number
  readonly message: TapeMessage
  /** first: as on the tape, its bytes where they were sent before. fresh: sealed once more. bytes: the same bytes again. */
  readonly how: 'first' | 'fresh' | 'bytes'
  /** Its reply is not heard. */
  readonly lost: boolean
  /** Of a copy that is not on the tape: the mutation that it comes from. */
  readonly extra?: string
}
export type Step =
  | { readonly kind: 'call'; readonly at: number; readonly call: TapeCall }
  /** A message is made now and travels later. */
  | { readonly kind: 'seal'; readonly at: number; readonly message: TapeMessage }
  | SendStep

export function planOf(tape: Tape, mutations: readonly Mutation[]): readonly Step[] {
  const steps = [...stepsOf(tape)]
  const indexOf = (n: number): number =>
    steps.findIndex((step) => step.kind === 'send' && step.extra === undefined && step.message.n === n)
  for (const mutation of mutations) if (mutation.what === 'swap') exchange(steps, indexOf, mutation)
  for (const mutation of mutations) if (mutation.what === 'late') delay(steps, indexOf, mutation)
  for (const { what, on } of mutations) if (what === 'drop') steps.splice(indexOf(on), 1)
  for (const { what, on, text } of mutations) {
    const index = indexOf(on)
    const step = steps[index]
    if (step?.kind !== 'send') continue
    if (what === 'lost') steps[index] = { ...step, lost: true }
    else if (what === 'dup' || what === 'replay')
      steps.splice(afterCopies(steps, index), 0, {
        ...step,
        how: what === 'dup' ? 'fresh' : 'bytes',
        lost: false,
        extra: text,
      })
  }
  return steps
}

type IndexOf = (n: number) => number

/** Message → the one whose bytes it repeats: itself, or the first that had them. */
export function repeatsOf(tape: Tape): ReadonlyMap<number, number> {
  const firsts = new Map<string, number>()
  return new Map(
    inwardRequests(tape).map(({ n, sealed }) => {
      const print = toHex(sealed.bytes)
      const first = firsts.get(print) ?? n
      firsts.set(print, first)
      return [n, first]
    }),
  )
}

function stepsOf(tape: Tape): readonly Step[] {
  const replies = repliesOf(tape)
  const placed: { line: number; step: Step }[] = []
  for (const message of inwardRequests(tape)) {
    const reply = tape.head.clock === 'virtual' ? replies.get(message.n) : undefined
    const { at, line } = reply ?? message
    placed.push({ line, step: { kind: 'send', at, message, how: 'first', lost: false } })
  }
  for (const one of tape.lines)
    if (one.kind === 'call') placed.push({ line: one.line, step: { kind: 'call', at: one.at, call: one } })
  return placed.sort((a, b) => a.line - b.line).map(({ step }) => step)
}

export function repliesOf({ lines }: Tape): ReadonlyMap<number, TapeMessage> {
  return new Map(
    lines.flatMap((one) =>
      one.kind === 'message' && one.replyTo !== undefined ? [[one.replyTo, one] as const] : [],
    ),
  )
}

function exchange(steps: Step[], indexOf: IndexOf, { on, with: other }: { on: number; with: number }): void {
  const [a, b] = [indexOf(on), indexOf(other)]
  const [one, two] = [steps[a], steps[b]]
  if (one === undefined || two === undefined) return
  steps[a] = { ...two, at: one.at }
  steps[b] = { ...one, at: two.at }
}

/** It is made when it was made, and arrives behind everything that comes before that moment. */
function delay(steps: Step[], indexOf: IndexOf, { on, byMs }: { on: number; byMs: number }): void {
  const index = indexOf(on)
  const step = steps[index]
  if (step?.kind !== 'send') return
  const at = step.at + byMs
  steps.splice(index, 1, { kind: 'seal', at: step.at, message: step.message })
  const before = steps.findIndex((one) => one.at > at)
  steps.splice(before < 0 ? steps.length : before, 0, { ...step, at })
}

function afterCopies(steps: readonly Step[], index: number): number {
  let next = index + 1
  for (let step = steps[next]; step?.kind === 'send' && step.extra !== undefined; step = steps[next])
    next += 1
  return next
}
