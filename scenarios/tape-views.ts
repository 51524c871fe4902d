// What is compared when a tape is played again: class, state and amounts of an answer; status, balances, states and
// postings of a call. Ids, times and texts are new in every run and are no difference.
import { classOf } from '../wire/wire.ts'
import { readLedger } from './posting.ts'
import type { SeenMessage } from './seen.ts'

type Loose = Readonly<Record<string, unknown>>
/** By the name of what is compared, in the order in which it is told. */
export type View = Readonly<Record<string, string>>

/** One thing that differs: what it is, as on the tape, as now. */
export type Differing = { readonly member: string; readonly expected: string; readonly observed: string }

const ABSENT = '-'

export function differing(expected: View, observed: View): readonly Differing[] {
  const members = new Set([...Object.keys(expected), ...Object.keys(observed)])
  return [...members].flatMap((member) => {
    const [was, is] = [expected[member] ?? ABSENT, observed[member] ?? ABSENT]
    return was === is ? [] : [{ member, expected: was, observed: is }]
  })
}

const NO_REPLY: View = { class: 'no reply' }

export function answerView(reply: SeenMessage | undefined): View {
  if (reply === undefined) return NO_REPLY
  const { fields } = reply
  if (fields === undefined) return { class: plainClass(reply) ?? 'unreadable' }
  const { answer, state, amount, currency, refundedTotal, origAnswer, refunds } = fields
  return {
    class: typeof answer === 'string' ? (classOf(answer) ?? `code ${answer}`) : 'unreadable',
    ...shown('state', state),
    ...shown('amount', amount),
    ...shown('currency', currency),
    ...shown('refundedTotal', refundedTotal),
    ...shown('origAnswer', typeof origAnswer === 'string' ? (classOf(origAnswer) ?? origAnswer) : undefined),
    // No list and an empty one say the same.
    ...(Array.isArray(refunds) &&
      refunds.length > 0 && {
        refunds: refunds
          .map((one: Loose) => `${String(one['amount'])} ${String(one['state'])}`)
          .sort()
          .join(', '),
      }),
  }
}

const shown = (name: string, value: unknown): View => (value === undefined ? {} : { [name]: String(value) })

/** A refusal that could not be sealed says its class in JSON. */
function plainClass({ sealed }: SeenMessage): string | undefined {
  if (sealed.contentType !== 'application/json') return undefined
  try {
    const { class: told } = JSON.parse(Buffer.from(sealed.bytes).toString('utf8')) as { class?: unknown }
    return typeof told === 'string' ? told : undefined
  } catch {
    return undefined
  }
}

type Called = { readonly path: string; readonly status: number; readonly reply?: unknown }

export const isLedger = (path: string): boolean => path.startsWith('/control/ledger')

/** `account` says what an account of the tape is called now. */
export function callView({ path, status, reply }: Called, account: (name: string) => string): View {
  const view = { status: String(status) }
  if (isLedger(path)) return { ...view, ...postingsOf(reply, account) }
  if (typeof reply !== 'object' || reply === null || !path.startsWith('/control/')) return view
  const { available, status: user, state, tokenState } = reply as Loose
  return {
    ...view,
    ...shown('available', available),
    ...shown('user', user),
    ...shown('state', state),
    ...shown('tokenState', tokenState),
  }
}

/** Each by its place, so that the first that differs is told and not the whole book. */
function postingsOf(reply: unknown, account: (name: string) => string): View {
  const ledger = readLedger(reply, '')
  if (!('entries' in ledger)) return { postings: 'unreadable' }
  const entries = ledger.entries.map(({ lines }, index) => [
    `posting ${index + 1}`,
    lines.map((one) => `${one.side} ${account(one.account)} ${one.amount}`).join(', '),
  ])
  return { postings: String(entries.length), ...(Object.fromEntries(entries) as View) }
}
