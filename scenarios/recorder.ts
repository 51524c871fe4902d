// Writes down what travels. A message becomes an event only when its step is over, because a reply of a stranger can
// be shown in clear only after the party it was for has opened it.
import { sm3, sm3Hex, toBase64, toHex } from '../crypto/crypto.ts'
import {
  classOf,
  type Evidence,
  isMessageType,
  maskFields,
  maskText,
  type Message,
  type MessageType,
  type Sealed,
  stamp,
  type Text,
  claimedHead,
  claimedType,
} from '../wire/wire.ts'
import type { ControlEvent, MessageEvent, PageEvent } from './events.ts'
import type { Made, Seen, SeenCall, SeenMessage } from './seen.ts'

export type Recorder = {
  open(page: string): void
  sent(from: string, to: string, sealed: Sealed, fate: MessageEvent['fate']): number
  replied(n: number, from: string, to: string, sealed: Sealed, fate: MessageEvent['fate']): number
  observed(evidence: Evidence): void
  /** Notes what was done on purpose to a message sent before, and what it was made from. */
  forged(n: number, what: Text, made: Made): void
  /** Emits the messages of the steps so far, then the event itself. */
  emit(event: PageEvent): void
  /** Notes a call to the subject for the oracles, with its whole reply. */
  called(call: Omit<SeenCall, 'kind' | 'at' | 'after'>): SeenCall
  /** What a message says, where somebody of the stage sealed or opened it. */
  contentOf(sealed: Sealed): Message | undefined
  /** The reply to an earlier message of the same kind between the two. */
  replyBefore(from: string, to: string, type: string): Sealed | undefined
  /** What was seen on the page so far, unmasked. */
  seen(): readonly Seen[]
  flush(): void
  /** Numbers of the page's messages that a party sent and that arrived. */
  numbersFrom(party: string): readonly number[]
  /** SM3 over the opened messages of the run, in order. */
  transcript(): string
  count(): number
}

type Draft = {
  readonly n: number
  readonly at: number
  readonly from: string
  readonly to: string
  readonly sealed: Sealed
  readonly fate: MessageEvent['fate']
  readonly replyTo?: number
  readonly forged?: Text
  readonly made?: Made
}

export function recorder(now: () => number, sink: (event: PageEvent) => void): Recorder {
  const evidence = new Map<string, Evidence>()
  let page = ''
  let drafts: Draft[] = []
  let number = 0
  let total = 0
  let from = new Map<string, number[]>()
  let seen: Seen[] = []
  let digest: Uint8Array = sm3(new Uint8Array())
  const add = (draft: Omit<Draft, 'n' | 'at'>): number => {
    number += 1
    total += 1
    drafts.push({ n: number, at: now(), ...draft })
    if (draft.fate === 'delivered') from.set(draft.from, [...(from.get(draft.from) ?? []), number])
    return number
  }
  const flush = (): void => {
    for (const draft of drafts) {
      const known = evidence.get(printOf(draft.sealed))
      sink(eventOf(page, draft, known))
      seen.push(seenOf(draft, known))
    }
    drafts = []
  }
  return {
    open: (name) => {
      flush()
      evidence.clear()
      page = name
      number = 0
      from = new Map()
      seen = []
    },
    sent: (from, to, sealed, fate) => add({ from, to, sealed, fate }),
    replied: (n, from, to, sealed, fate) => add({ from, to, sealed, fate, replyTo: n }),
    forged: (n, what, made) => {
      drafts = drafts.map((draft) => (draft.n === n ? { ...draft, forged: what, made } : draft))
    },
    observed: (seenBy) => {
      const print = printOf(seenBy.sealed)
      const known = evidence.get(print)
      if (known === undefined || seenBy.seen !== 'sealed') evidence.set(print, { ...known, ...seenBy })
      if (seenBy.seen === 'opened') digest = extended(digest, seenBy)
    },
    emit: (event) => {
      flush()
      sink(event.event === 'control' ? maskedControl(event) : event)
    },
    flush,
    contentOf: (sealed) => evidence.get(printOf(sealed))?.message,
    replyBefore: (from, to, type) => {
      const messages = [...seen.filter((one) => one.kind === 'message'), ...drafts]
      return messages.findLast((one) => isReply(one, { from: to, to: from, type }))?.sealed
    },
    called: (call) => {
      flush()
      const noted: SeenCall = { kind: 'call', at: now(), after: number, ...call }
      seen.push(noted)
      return noted
    },
    seen: () => {
      flush()
      return seen
    },
    numbersFrom: (party) => from.get(party) ?? [],
    transcript: () => toHex(digest),
    count: () => total,
  }
}

/** Ids and nonces come from chance and are in the head; the order of business is what is compared. */
function extended(digest: Uint8Array, { message, domain }: Evidence): Uint8Array {
  if (message === undefined) return digest
  return sm3(Buffer.concat([digest, Buffer.from(`${message.type}\n`), domain ?? new Uint8Array()]))
}

const isReply = (
  one: Pick<Draft, 'from' | 'to' | 'replyTo' | 'sealed'>,
  of: { from: string; to: string; type: string },
): boolean =>
  one.replyTo !== undefined &&
  one.from === of.from &&
  one.to === of.to &&
  claimedType(one.sealed).replace(/\.reply$/, '') === of.type

/** A message is what its bytes are, whoever holds it; over a socket they arrive as other bytes. */
const prints = new WeakMap<Uint8Array, string>()

function printOf({ bytes }: Sealed): string {
  const known = prints.get(bytes)
  if (known !== undefined) return known
  const print = sm3Hex(bytes)
  prints.set(bytes, print)
  return print
}

function eventOf(page: string, draft: Draft, known: Evidence | undefined): MessageEvent {
  const head = claimedHead(draft.sealed) ?? known?.head
  const type =
    head !== undefined && isMessageType(head['type'] ?? '') ? (head['type'] as MessageType) : undefined
  const fields = known?.message?.fields as Readonly<Record<string, unknown>> | undefined
  const answer = typeof fields?.['answer'] === 'string' ? classOf(fields['answer']) : undefined
  const { refused } = known ?? {}
  return {
    event: 'message',
    page,
    at: stamp(draft.at),
    n: draft.n,
    from: draft.from,
    to: draft.to,
    path: draft.sealed.path,
    contentType: draft.sealed.contentType,
    fate: draft.fate,
    raw: toBase64(draft.sealed.bytes),
    ...(type !== undefined && { type }),
    ...(draft.replyTo !== undefined && { replyTo: draft.replyTo }),
    ...(head !== undefined && { head }),
    ...(known?.domain !== undefined && { domain: maskedDomain(known.domain) }),
    ...(fields !== undefined &&
      known?.message !== undefined && { fields: maskFields(known.message.type, fields) }),
    ...(answer !== undefined && { class: answer }),
    ...(fields?.['repeated'] === '1' && { repeated: true }),
    ...(draft.forged !== undefined && { forged: draft.forged }),
    ...(refused !== undefined && {
      refused: {
        class: refused.class,
        step: refused.step,
        field: refused.field,
        ...(refused.offset !== undefined && { offset: refused.offset }),
        rule: refused.rule,
      },
    }),
  }
}

function seenOf(draft: Draft, known: Evidence | undefined): SeenMessage {
  const { n, at, from, to, sealed, fate, replyTo, forged, made } = draft
  return {
    kind: 'message',
    n,
    at,
    from,
    to,
    sealed,
    fate,
    ...(replyTo !== undefined && { replyTo }),
    ...(forged !== undefined && { twisted: true }),
    ...(made !== undefined && { made }),
    ...(known?.refused !== undefined && { refusedAt: known.refused.step }),
    ...(known?.message !== undefined && { type: known.message.type, fields: known.message.fields }),
  }
}

/** Codes and tokens are runs of 16 to 19 digits; nothing else on this wire is. */
const ACCOUNT_LIKE = /(?<![0-9０-９])[0-9０-９]{16,19}(?![0-9０-９])/g

/** A control call as people may see it: the names of codes and tokens masked wherever they stand. */
function maskedControl(event: ControlEvent): ControlEvent {
  const text = JSON.stringify(event)
  const masked = text.replace(ACCOUNT_LIKE, maskText)
  return masked === text ? event : (JSON.parse(masked) as ControlEvent)
}

function maskedDomain(domain: Uint8Array): string {
  return Buffer.from(domain).toString('utf8').replace(ACCOUNT_LIKE, maskText)
}
