// Sending again what a running `sifang up` has carried: the same bytes, which every party must refuse or answer alike, or
// the same content sealed anew with its sender's own test key; at once, twice, or later.
import { answerView, type TestNetwork } from '../scenarios/scenarios.ts'
import {
  type Fields,
  isRequestType,
  type PartyId,
  type RequestType,
  seal,
  type Sealed,
  type Sealer,
  stamp,
} from '../wire/wire.ts'
import type { Carriage, Carried } from './carried.ts'
import { realClock } from './real-clock.ts'
import { type Refusal, refusal } from './refused.ts'

export type ResendOrder = {
  /** Its number, or its id. */
  readonly message: string
  readonly fresh: boolean
  readonly twice: boolean
  readonly lateMs: number
}

export type Resent = {
  readonly message: number
  readonly type: string
  readonly fresh: boolean
  /** What went out and what came back, by their numbers; nothing yet where it goes out later. */
  readonly sent: readonly { readonly request: number; readonly reply?: number; readonly class: string }[]
  readonly at?: string
}

export type Resend = (order: ResendOrder) => Promise<Resent | Refusal>

type ResendParts = {
  readonly carried: Carried
  readonly network: TestNetwork
  readonly sealer: (party: PartyId) => Sealer
  readonly stop: AbortSignal
  readonly failed: (error: unknown) => void
}

const WAITING_MAX = 100

export function resending(parts: ResendParts): Resend {
  const { carried, stop, failed } = parts
  let waiting = 0
  return async ({ message, fresh, twice, lateMs }) => {
    const found = foundIn(carried, message)
    if ('because' in found) return found
    const seen = sendable(parts, found, fresh)
    if (seen !== undefined) return seen
    const bytes = async (): Promise<Sealed> => (fresh ? sealedAnew(parts, found) : found.sealed)
    const once = async (sealed: Sealed): Promise<Resent['sent']> => {
      const exchanged = await carried.hand(found.to, sealed)
      if (exchanged === undefined) return []
      const { request, reply } = exchanged
      const said = answerView(reply)['class'] ?? 'no reply'
      return [{ request: request.n, ...(reply !== undefined && { reply: reply.n }), class: said }]
    }
    // Sealed now, as it would have been, however late it arrives.
    const copies = [await bytes(), ...(twice ? [await bytes()] : [])]
    const all = async (): Promise<Resent['sent']> => {
      const sent: Resent['sent'][number][] = []
      for (const sealed of copies) sent.push(...(await once(sealed)))
      return sent
    }
    const told = { message: found.n, type: found.type ?? '?', fresh }
    if (lateMs === 0) return { ...told, sent: await all() }
    if (waiting >= WAITING_MAX) return refusal(409, 'cli.resend.many', { most: WAITING_MAX })
    const at = realClock.wall() + lateMs
    waiting += 1
    void realClock
      .until(at, stop)
      .then(async () => (stop.aborted ? [] : all()))
      .catch(failed)
      .finally(() => (waiting -= 1))
    return { ...told, sent: [], at: stamp(at) }
  }
}

function foundIn(carried: Carried, named: string): Carriage | Refusal {
  const { first, last } = carried.kept()
  const found = carried.newest((one) => String(one.n) === named || one.id === named.toLowerCase())
  if (found !== undefined) return found
  if (last === 0) return refusal(404, 'cli.resend.nothing')
  return refusal(404, 'cli.resend.unknown', { message: named, first, last })
}

/** Why it cannot be sent again. */
function sendable({ network }: ResendParts, one: Carriage, fresh: boolean): Refusal | undefined {
  const { n, replyTo, type, from, fields } = one
  if (replyTo !== undefined) return refusal(409, 'cli.resend.reply', { n, request: replyTo })
  if (!fresh) return undefined
  if (fields === undefined || type === undefined || !isRequestType(type))
    return refusal(409, 'cli.resend.unread', { n })
  return network.privateKeysOf(from).size === 0 ? refusal(409, 'cli.resend.foreign', { n, from }) : undefined
}

async function sealedAnew({ sealer }: ResendParts, { from, to, type, fields }: Carriage): Promise<Sealed> {
  const message = { type: type as RequestType, to, fields: fields as unknown as Fields<RequestType> }
  return (await seal(sealer(from), message)).sealed
}
