// What the answers certainly make of each payment, whoever began it: when it was asked and told as done, what of it was
// the user's own, when any of it was asked back, and what nobody can know yet. The state machine's rules about coupons,
// limits and frozen money read it; it judges nothing.
import {
  type Call,
  codesGiven,
  type Exchange,
  keyOf,
  legsTold,
  minor,
  payerNamed,
  type Story,
  text,
  tokenOwners,
} from './exchanges.ts'
import { numbers } from './oracle-items.ts'

export type Paid = {
  readonly key: string
  readonly user: string | undefined
  readonly amount: bigint
  /** What the user pays with own money, and what of that from the balance; undefined where nothing tells. */
  readonly own: bigint | undefined
  readonly balance: bigint | undefined
  /** How many legs are coupons; undefined where no legs are told. */
  readonly coupons: number | undefined
  readonly code: string
  /** The wallet's own id, where it began the payment. */
  readonly payment: string
  /** Number of the first request, and of the word that it is done. */
  readonly asked: number
  readonly told: number
  /** Instants of all that was said until then. */
  readonly at: readonly number[]
  /** What was asked back, and by which message: more at most than was given. */
  readonly back: readonly { readonly n: number; readonly amount: bigint }[]
  readonly evidence: readonly number[]
}

export const callsOf = ({ events }: Story): readonly Call[] =>
  events.filter((event): event is Call => event.kind === 'call')
export const exchangesOf = ({ events }: Story): readonly Exchange[] =>
  events.filter((event): event is Exchange => event.kind === 'exchange')

const DONE = new Set(['SUCCESS', 'PART_REFUNDED', 'REFUNDED', 'VOIDED'])
const ENDED = new Set([...DONE, 'FAILED', 'CLOSED', 'REVERSED', 'FENCED'])

/** The item that an exchange is a word about, whoever began the payment. */
const keyTold = ({ type, asked, said }: Exchange): string =>
  type === 'debit.query'
    ? keyOf({ ...said, acquirer: asked['acquirer'] })
    : keyOf(type === 'pay.query' ? said : asked)

/** The state of a payment that this exchange tells: to the network, or, of a payment that the wallet began, to the wallet. */
export function stateTold(one: Exchange): string | undefined {
  const { type, asked, answer, said, inward } = one
  if (one.twisted) return undefined
  // What the wallet tells by itself it has told, heard or not.
  if (!inward && type === 'auth.result')
    return ENDED.has(text(asked, 'state')) ? text(asked, 'state') : undefined
  if (answer === undefined) return undefined
  if (inward && type === 'debit')
    return answer === 'OK' ? 'SUCCESS' : answer.startsWith('DECL-') ? 'FAILED' : undefined
  const query = inward && type === 'debit.query' && text(asked, 'asked') === 'debit'
  if (query || (!inward && (type === 'pay' || type === 'pay.query'))) {
    const refused = type === 'pay' && answer.startsWith('DECL-') ? 'FAILED' : undefined
    return answer === 'OK' && ENDED.has(text(said, 'state')) ? text(said, 'state') : refused
  }
  if (inward && type === 'notify.payer' && text(asked, 'about') === 'purchase')
    return answer === 'OK' && ENDED.has(text(asked, 'state')) ? text(asked, 'state') : undefined
  if (inward && type === 'debit.reverse' && text(asked, 'about') !== 'void')
    return answer === 'OK' && ENDED.has(text(said, 'state')) ? text(said, 'state') : undefined
  return undefined
}

/** By which message that was told. */
const toldBy = ({ type, request, reply }: Exchange): number | undefined =>
  type === 'auth.result' ? request : reply

/** Payments that were certainly done, in the order in which that was told. */
export function paidIn(story: Story): readonly Paid[] {
  const exchanges = exchangesOf(story)
  const owners = tokenOwners(callsOf(story))
  const plain = plainCodes(callsOf(story))
  const first = new Map<string, Exchange>()
  const done = new Map<string, Exchange>()
  for (const one of exchanges) {
    if ((one.inward && one.type === 'debit') || (!one.inward && one.type === 'pay')) {
      const known = first.get(keyOf(one.asked))
      if (known === undefined || one.request < known.request) first.set(keyOf(one.asked), one)
    }
    const state = stateTold(one)
    if (state !== undefined && DONE.has(state) && !done.has(keyTold(one))) done.set(keyTold(one), one)
  }
  return [...done].flatMap(([key, word]) => {
    const begun = first.get(key)
    const told = toldBy(word)
    if (begun === undefined || told === undefined) return []
    const about = exchanges.filter((one) => keyTold(one) === key && one.request <= told)
    const { asked } = begun
    return [
      {
        key,
        user: payerNamed(owners, asked),
        amount: minor(asked, 'amount') ?? 0n,
        ...shares(begun, word, plain),
        code: text(asked, 'code'),
        payment: text(asked, 'payment'),
        asked: begun.request,
        told,
        at: about.map(({ at }) => at),
        back: backOf(exchanges, key, minor(asked, 'amount') ?? 0n),
        evidence: [...new Set([...numbers([begun]), ...numbers([word])])],
      },
    ]
  })
}

function shares(
  begun: Exchange,
  word: Exchange,
  plain: ReadonlySet<string>,
): Pick<Paid, 'own' | 'balance' | 'coupons'> {
  const legs = legsTold(word) ?? legsTold(begun) ?? legsTold({ ...begun, said: begun.asked })
  if (legs === undefined) {
    const whole = plain.has(text(begun.asked, 'code')) ? minor(begun.asked, 'amount') : undefined
    const own = minor(word.said, 'paid') ?? minor(begun.said, 'paid') ?? minor(begun.asked, 'paid') ?? whole
    return { own, balance: whole, coupons: whole === undefined ? undefined : 0 }
  }
  const of = (...sources: string[]): bigint =>
    legs.reduce((sum, { source, amount }) => (sources.includes(source) ? sum + amount : sum), 0n)
  return {
    own: of('BALANCE', 'CARD'),
    balance: of('BALANCE'),
    coupons: legs.filter(({ source }) => source === 'COUPON').length,
  }
}

/** Codes that were shown without a choice of what they pay with: the balance pays. */
function plainCodes(calls: readonly Call[]): ReadonlySet<string> {
  return new Set(
    calls
      .filter(({ request }) => (request as { funding?: unknown } | undefined)?.funding === undefined)
      .flatMap(codesGiven)
      .map(([code]) => code),
  )
}

/** Whatever may have given something back, unless it was certainly refused. */
function backOf(exchanges: readonly Exchange[], key: string, whole: bigint): Paid['back'] {
  return exchanges.flatMap(({ type, inward, asked, answer, request }) => {
    const refused = answer?.startsWith('DECL-') === true || answer?.startsWith('REJ-') === true
    if (!inward || refused) return []
    if (type === 'credit' && keyOf(asked, 'orig') === key)
      return [{ n: request, amount: minor(asked, 'amount') ?? 0n }]
    const undone =
      (type === 'debit.reverse' && keyOf(asked) === key && text(asked, 'about') !== 'void') ||
      (type === 'debit.void' && keyOf(asked, 'orig') === key)
    return undone ? [{ n: request, amount: whole }] : []
  })
}

/** From which message on nothing of a payment may be left with the network; none where that was never asked. */
export function goneFrom({ amount, back }: Paid): number {
  const all = back.reduce((sum, one) => sum + one.amount, 0n)
  return all < amount ? Number.POSITIVE_INFINITY : Math.min(...back.map(({ n }) => n))
}

const FINAL = new Set([...ENDED, 'CANCELLED', 'CONFIRMED', 'RETURNED'])

/** Whether something of a user may be under way after message `n`, as far as anything seen tells. */
export function mayBeOpen(story: Story, user: string, n: number): boolean {
  const owners = tokenOwners(callsOf(story))
  const exchanges = exchangesOf(story).filter(({ request }) => request <= n)
  const restarted = story.events.findLast(
    (event) => event.kind === 'call' && event.path === '/control/restart' && event.after <= n,
  )
  const over = new Set<string>()
  for (const one of exchanges) {
    const own = (one.inward && one.type !== 'notify.payer') || one.type === 'auth.result'
    // What the wallet was told just before it was cut off it may have to ask for again.
    const lost = !own && restarted?.kind === 'call' && one.request <= restarted.after
    if (stateTold(one) !== undefined && (toldBy(one) ?? n + 1) <= n && !lost) over.add(keyTold(one))
  }
  const begun = exchanges.some(
    (one) =>
      ((one.inward && one.type === 'debit') || (!one.inward && one.type === 'pay')) &&
      one.answer?.startsWith('REJ-') !== true &&
      (payerNamed(owners, one.asked) ?? user) === user &&
      !over.has(keyOf(one.asked)),
  )
  return begun || ordersOpen(story, user, n)
}

/** What the user began at the wallet and the wallet has not told the end of. */
function ordersOpen(story: Story, user: string, n: number): boolean {
  const states = new Map<string, string>()
  for (const { method, path, reply, status, after } of callsOf(story)) {
    const [, of, rest = ''] = /^\/wallet\/users\/([^/]+)\/(.+)$/.exec(path) ?? []
    if (of !== user || after > n) continue
    const { state, payment, transaction, exchange, request, order, id } = (reply ?? {}) as Readonly<
      Record<string, unknown>
    >
    const begins = /^(payments|withdrawals|top-ups|transfers|coupons\/[^/]+\/exchange)$/.test(rest)
    const name = [payment, exchange, request, id, order, transaction].find((one) => typeof one === 'string')
    if (method === 'POST' && begins && status === 0) return true
    if (status < 200 || status > 299 || typeof state !== 'string') continue
    // A view that goes by another name than the one it began under is the view of the same payment.
    for (const one of [payment, transaction, exchange, request, id, order])
      if (typeof one === 'string' && (states.has(one) || (begins && one === name))) states.set(one, state)
  }
  const told = new Set(
    exchangesOf(story).flatMap((one) =>
      stateTold(one) !== undefined && (toldBy(one) ?? n + 1) <= n && text(one.asked, 'payment') !== ''
        ? [text(one.asked, 'payment')]
        : [],
    ),
  )
  return [...states].some(([name, state]) => !FINAL.has(state) && !told.has(name))
}

/** The coupons that a code was shown with, or that a payment of the wallet's own names; by code or own id. */
export function couponsChosen(calls: readonly Call[]): ReadonlyMap<string, readonly string[]> {
  const chosen = new Map<string, readonly string[]>()
  for (const { path, status, request, reply } of calls) {
    if (!/^\/wallet\/users\/[^/]+\/(?:codes|payments)$/.test(path) || status < 200 || status > 299) continue
    const { funding } = (request ?? {}) as { funding?: unknown }
    const { code, payment } = (reply ?? {}) as { code?: unknown; payment?: unknown }
    const name = code ?? payment
    if (typeof name !== 'string' || !Array.isArray(funding)) continue
    const named = (funding as { from?: unknown; id?: unknown }[]).flatMap(({ from, id }) =>
      from === 'coupon' && typeof id === 'string' ? [id] : [],
    )
    if (named.length > 0) chosen.set(name, [...new Set(named)])
  }
  return chosen
}
