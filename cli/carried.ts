// What `sifang up` has carried: the last messages between its parties, each with its number and, where a test key opens
// it, its content. `listen` reads on from any of them, `resend` sends one again, a tape is written from all of them.
import { sm3, toHex } from '../crypto/crypto.ts'
import type { Seen, SeenMessage } from '../scenarios/scenarios.ts'
import {
  type Endpoint,
  type Evidence,
  isMessageType,
  isTurned,
  type Message,
  type PartyId,
  type Sealed,
  type Turned,
  claimedHead,
} from '../wire/wire.ts'

/** A message that was carried; `id` is its own name for itself, in its head. */
export type Carriage = SeenMessage & { readonly id?: string }
/** A request that was carried, and its reply where there was one. */
export type Exchanged = { readonly request: Carriage; readonly reply?: Carriage }

export type Carried = {
  /** Shown every message that a party seals or opens. */
  observe(evidence: Evidence): void
  /** A party's door, at which everything that comes in is written down, and what goes back. */
  door(to: PartyId, receive: Endpoint['receive']): Endpoint['receive']
  /** Brings a message to a party by its door. */
  hand(to: PartyId, sealed: Sealed): Promise<Exchanged | undefined>
  /** Notes a call of the wallet or control API, for the tape. */
  called(call: Omit<Extract<Seen, { kind: 'call' }>, 'kind' | 'at' | 'after'>): void
  /** What came after a number, as far as it is kept, and how many are kept no more. */
  after(n: number): { readonly messages: readonly Carriage[]; readonly missed: number }
  /** Resolves as soon as there is something after a number. */
  next(n: number, stop: AbortSignal): Promise<void>
  /** The newest that fits. */
  newest(fits: (one: Carriage) => boolean): Carriage | undefined
  /** The first and the last number that are kept; zero and zero while there are none. */
  kept(): { readonly first: number; readonly last: number }
}

type CarriedParts = {
  readonly now: () => number
  /** Shown everything, in order. */
  readonly noted?: (one: Seen) => void
  readonly most?: number
}

const MOST = 1_000
const BYTES_MAX = 32 << 20
const CONTENTS_MAX = 4_096

type Arrival = { readonly to: PartyId; readonly sealed: Sealed; noted?: Carriage }

export function carried({ now, noted: note, most = MOST }: CarriedParts): Carried {
  const contents = new Map<string, Message>()
  const arrivals = new Map<string, Arrival[]>()
  const doors = new Map<PartyId, Endpoint['receive']>()
  const { push, ...ring } = ringOf(most)
  const add = (from: PartyId, to: PartyId, sealed: Sealed, replyTo?: number): Carriage => {
    const plain = { n: ring.kept().last + 1, at: now(), from, to, sealed }
    const noted = carriage(plain, contents.get(printOf(sealed)), replyTo)
    note?.(noted)
    push(noted)
    return noted
  }
  // A message of our own is known before it arrives; one from elsewhere is when its receiver has opened it.
  const arrive = (to: PartyId, sealed: Sealed): Arrival => {
    const print = printOf(sealed)
    const arrival: Arrival = { to, sealed }
    if (contents.has(print)) arrival.noted = add(senderOf(sealed), to, sealed)
    else arrivals.set(print, [...(arrivals.get(print) ?? []), arrival])
    return arrival
  }
  const settle = (print: string): void => {
    for (const one of arrivals.get(print) ?? []) one.noted ??= add(senderOf(one.sealed), one.to, one.sealed)
    arrivals.delete(print)
  }
  const through = async (to: PartyId, sealed: Sealed, receive: Endpoint['receive']) => {
    const arrival = arrive(to, sealed)
    const settled = (): Carriage => {
      settle(printOf(sealed))
      return (arrival.noted ??= add(senderOf(sealed), to, sealed))
    }
    try {
      const answer = await receive(sealed)
      const request = settled()
      return { answer, request, reply: add(to, request.from, plainly(sealed, answer), request.n) }
    } finally {
      settled()
    }
  }
  return {
    ...ring,
    observe: ({ sealed, message }) => {
      const print = printOf(sealed)
      if (message !== undefined) keep(contents, print, message)
      settle(print)
    },
    door: (to, receive) => {
      doors.set(to, receive)
      return async (sealed) => (await through(to, sealed, receive)).answer
    },
    hand: async (to, sealed) => {
      const receive = doors.get(to)
      return receive === undefined ? undefined : through(to, sealed, receive)
    },
    called: (call) => note?.({ kind: 'call', at: now(), after: ring.kept().last, ...call }),
  }
}

type Ring = Pick<Carried, 'after' | 'next' | 'newest' | 'kept'> & { push(one: Carriage): void }

/** The last messages, within a number and a size; whoever waits for one is woken by it. */
function ringOf(most: number): Ring {
  const ring: Carriage[] = []
  const waiting = new Set<() => void>()
  let last = 0
  let bytes = 0
  return {
    push: (one) => {
      ring.push(one)
      last = one.n
      bytes += one.sealed.bytes.length
      while (ring.length > most || (bytes > BYTES_MAX && ring.length > 1))
        bytes -= ring.shift()?.sealed.bytes.length ?? 0
      for (const wake of waiting) wake()
    },
    after: (n) => {
      const first = ring[0]?.n ?? last + 1
      return { messages: ring.filter((one) => one.n > n), missed: Math.max(0, first - n - 1) }
    },
    next: (n, stop) =>
      new Promise((resolve) => {
        const done = (): void => {
          waiting.delete(done)
          stop.removeEventListener('abort', done)
          resolve()
        }
        if (last > n || stop.aborted) return done()
        waiting.add(done)
        stop.addEventListener('abort', done)
      }),
    newest: (fits) => ring.findLast(fits),
    kept: () => ({ first: ring[0]?.n ?? 0, last }),
  }
}

const printOf = ({ bytes }: Sealed): string => toHex(sm3(bytes))

/** The oldest go first. */
function keep(contents: Map<string, Message>, print: string, message: Message): void {
  contents.delete(print)
  contents.set(print, message)
  const [oldest] = contents.keys()
  if (contents.size > CONTENTS_MAX && oldest !== undefined) contents.delete(oldest)
}

/** Whoever it says it is from; nobody has proved it yet. */
const senderOf = (sealed: Sealed): PartyId => claimedHead(sealed)?.from ?? 'unknown'

/** A plain refusal travels as JSON. */
function plainly({ path }: Sealed, answer: Sealed | Turned): Sealed {
  if (!isTurned(answer)) return answer
  return { path, contentType: 'application/json', bytes: Buffer.from(JSON.stringify(answer.refusal)) }
}

function carriage(
  plain: Pick<SeenMessage, 'n' | 'at' | 'from' | 'to' | 'sealed'>,
  content: Message | undefined,
  replyTo: number | undefined,
): Carriage {
  const head = claimedHead(plain.sealed)
  const type = content?.type ?? (isMessageType(head?.['type'] ?? '') ? head?.['type'] : undefined)
  return {
    kind: 'message',
    fate: 'delivered',
    ...plain,
    ...(head?.['id'] !== undefined && { id: head['id'] }),
    ...(type !== undefined && { type: type as Message['type'] }),
    ...(replyTo !== undefined && { replyTo }),
    ...(content !== undefined && { fields: content.fields }),
  }
}
