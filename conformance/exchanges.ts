// What the oracles are given: the page's messages paired into exchanges, and the calls of the control API between them.
// Only pairing and reading happen here; what any of it means is each oracle's own business.
import {
  type ExpectationEvent,
  INSTITUTION,
  type Seen,
  type SeenCall,
  type SeenMessage,
} from '../scenarios/scenarios.ts'
import {
  type AnswerClass,
  claimedHead,
  claimedRef,
  classOf,
  isRequestType,
  type RequestType,
  type Text,
} from '../wire/wire.ts'

/** All that an oracle takes from the stage: what travelled, what was asked, and the id under which the subject is known. */
export type { ExpectationEvent, Seen, SeenMessage }
export const SUBJECT = INSTITUTION

type Content = Readonly<Record<string, unknown>>

/** One request at the subject's edge, and its answer as far as one was seen. */
export type Exchange = {
  readonly kind: 'exchange'
  readonly type: RequestType
  /** True when the subject was asked; false when it asked. */
  readonly inward: boolean
  readonly at: number
  /** Number of the request, and of the reply where there was one. */
  readonly request: number
  readonly reply?: number
  readonly asked: Content
  /** Absent without a readable reply: the outcome is unknown. */
  readonly answer?: AnswerClass
  readonly said: Content
  readonly repeated: boolean
  /** What it says was made or changed on purpose: nobody's own word. What the subject answers to it is its own. */
  readonly twisted: boolean
}

export type Call = SeenCall

/** In the order in which each was over. `blind`: messages whose content nobody could read, and which were not refused. */
export type Story = {
  readonly events: readonly (Exchange | Call)[]
  readonly blind: readonly number[]
}

/** One thing an oracle judged. `item` tells apart what was judged under one invariant; both oracles name it alike. */
export type Finding = {
  readonly invariant: string
  readonly item: string
  readonly result: 'holds' | 'violated' | 'undecidable'
  readonly because: Text
  readonly evidence: readonly number[]
  /** It is about the parties between which the subject stands: what is broken there is not the subject's. */
  readonly network?: boolean
}

export function storyOf(seen: readonly Seen[]): Story {
  const replies = new Map<number, SeenMessage[]>()
  for (const one of seen)
    if (one.kind === 'message' && one.replyTo !== undefined)
      replies.set(one.replyTo, [...(replies.get(one.replyTo) ?? []), one])
  const events: { readonly over: number; readonly event: Exchange | Call }[] = []
  const blind: number[] = []
  for (const one of seen) {
    if (one.kind === 'call') events.push({ over: one.after + 0.5, event: one })
    else if (one.replyTo === undefined && one.fate !== 'lost') {
      const event = exchangeOf(one, replies.get(one.n) ?? [])
      if (event === 'blind') blind.push(one.n)
      else if (event !== undefined) events.push({ over: event.reply ?? event.request, event })
    }
  }
  return { events: events.sort((a, b) => a.over - b.over).map(({ event }) => event), blind }
}

function exchangeOf(request: SeenMessage, came: readonly SeenMessage[]): Exchange | 'blind' | undefined {
  const inward = request.to === INSTITUTION
  // What the subject was told and never heard is no answer to it; what it said and nobody heard is its word all the same.
  const word = inward ? came[0] : came.findLast(({ fate }) => fate === 'delivered')
  const reply = word !== undefined && belongs(request, word) ? word : undefined
  if (!inward && request.from !== INSTITUTION) return undefined
  const answer = reply === undefined ? undefined : answerOf(reply)
  const { type, fields } = request
  if (type === undefined || fields === undefined || !isRequestType(type))
    return answer?.startsWith('REJ-') === true ? undefined : 'blind'
  return {
    kind: 'exchange',
    type,
    inward,
    at: request.at,
    request: request.n,
    asked: fields,
    said: reply?.fields ?? {},
    twisted: reply?.twisted === true || (request.twisted === true && (!inward || type === 'notify.payer')),
    repeated: reply?.fields?.['repeated'] === '1',
    ...(reply !== undefined && { reply: reply.n }),
    ...(answer !== undefined && { answer }),
  }
}

/** A sealed answer to another question is none to this one (SEC-030). A plain refusal names none. */
function belongs({ sealed: asked }: SeenMessage, { sealed, fields }: SeenMessage): boolean {
  const ref = fields === undefined ? undefined : claimedHead(sealed)?.ref
  return ref === undefined || ref === claimedRef(asked)
}

/** The class of a sealed answer, or of a plain refusal; undefined for what says neither. */
function answerOf({ fields, sealed }: SeenMessage): AnswerClass | undefined {
  if (typeof fields?.['answer'] === 'string') return classOf(fields['answer'])
  if (sealed.contentType !== 'application/json') return undefined
  try {
    const { class: told } = JSON.parse(Buffer.from(sealed.bytes).toString('utf8')) as { class?: unknown }
    return typeof told === 'string' && told.startsWith('REJ-') ? (told as AnswerClass) : undefined
  } catch {
    return undefined
  }
}

export const text = (content: Content, name: string): string => String(content[name] ?? '')
export const minor = (content: Content, name: string): bigint | undefined =>
  /^[0-9]+$/.test(text(content, name)) ? BigInt(text(content, name)) : undefined

/** The business key: acquirer, order time and order id, of the item itself or of its original. */
export const keyOf = (content: Content, of: '' | 'orig' = ''): string =>
  of === ''
    ? `${text(content, 'acquirer')}.${text(content, 'orderTime')}.${text(content, 'order')}`
    : `${text(content, 'acquirer')}.${text(content, 'origOrderTime')}.${text(content, 'origOrder')}`

/** A user's available balance as a call told it, and whether the call itself put it there. */
export function balanceTold(
  call: Call,
): { user: string; token?: string; amount: bigint; set: boolean } | undefined {
  const match = /^\/control\/users(?:\/([^/]+))?(\/balance|\/status)?$/.exec(call.path)
  if (match === null || call.status < 200 || call.status > 299) return undefined
  const view = (call.reply ?? {}) as { id?: unknown; available?: unknown; token?: unknown }
  if (typeof view.id !== 'string' || !/^-?[0-9]+$/.test(String(view.available))) return undefined
  const set = call.method === 'POST' || match[2] === '/balance'
  return {
    user: view.id,
    amount: BigInt(String(view.available)),
    set,
    ...(typeof view.token === 'string' && { token: view.token }),
  }
}

/** The token that a sign-up gave a user. */
export function tokenGiven(call: Call): { user: string; token: string } | undefined {
  const match = /^\/wallet\/users\/([^/]+)\/sign-up$/.exec(call.path)
  const token = (call.reply as { token?: unknown } | undefined)?.token
  if (match?.[1] === undefined || typeof token !== 'string') return undefined
  return { user: match[1], token }
}

/** The codes that a user's wallet or phone showed: whose they are, where the switch cannot name the token. */
export function codesGiven(call: Call): readonly (readonly [code: string, user: string])[] {
  const [, user] = /^\/wallet\/users\/([^/]+)\/(?:codes|phone-codes)$/.exec(call.path) ?? []
  const { code, codes } = (call.reply ?? {}) as { code?: unknown; codes?: unknown }
  const told = Array.isArray(codes) ? (codes as unknown[]) : [code]
  return user === undefined
    ? []
    : told.flatMap((one) => (typeof one === 'string' ? [[one, user] as const] : []))
}

/** Whose each token and code is, over the whole story: neither ever names another user (INV-20). */
export function tokenOwners(calls: readonly Call[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const call of calls) {
    const given = tokenGiven(call)
    if (given !== undefined) owners.set(given.token, given.user)
    for (const [code, user] of codesGiven(call)) owners.set(code, user)
    const told = balanceTold(call)
    if (told?.token !== undefined) owners.set(told.token, told.user)
  }
  return owners
}

/** Who pays, by the token that the switch named, or else by the code. */
export const payerNamed = (owners: ReadonlyMap<string, string>, asked: Content): string | undefined =>
  owners.get(text(asked, 'token')) ?? owners.get(text(asked, 'code'))

export type ToldLeg = { readonly source: string; readonly sponsor?: string; readonly amount: bigint }
/** The legs an answer tells; undefined where it tells none. */
export function legsTold({ said }: Exchange): readonly ToldLeg[] | undefined {
  const { legs } = said
  return Array.isArray(legs) && legs.length > 0 ? (legs as readonly ToldLeg[]) : undefined
}

/** Money moved here by something that no answer at the edge tells: an order of the wallet's own, a card, a branch. */
export function untold(event: Exchange | Call): boolean {
  if (event.kind === 'exchange')
    return !event.inward ? event.type === 'pay' : event.type.startsWith('branch.')
  if (event.method === 'GET') return false
  return /^\/wallet\/users\/[^/]+\/(?!sign-up$|codes$|phone-codes$|token$|limits$|payments\/[0-9]{20}\/(?:confirm|cancel)$)/.test(
    event.path,
  )
}

/** What an oracle says of one item: `wrong` where it is broken, else `held`. */
export const ruling = (
  invariant: string,
  item: string,
  wrong: Text | undefined,
  held: Text,
  evidence: readonly number[],
): Finding => ({
  invariant,
  item,
  result: wrong === undefined ? 'holds' : 'violated',
  because: wrong ?? held,
  evidence: [...new Set(evidence)].sort((a, b) => a - b),
})
/** What nobody can know from what was seen. */
export const unknown = (
  invariant: string,
  item: string,
  because: Text,
  evidence: readonly number[],
): Finding => ({ invariant, item, result: 'undecidable', because, evidence })
