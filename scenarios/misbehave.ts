// What can happen to a message on its way, as a table: each misbehaviour is one function over the same few moves. Copies
// and changes are sealed anew with the sender's own test key, so that only their content or their moment is wrong.
import { forgeMessage } from '../mocks/mocks.ts'
import {
  type Fields,
  isTurned,
  open,
  type PartyId,
  isRequestType,
  type RequestType,
  type Sealed,
  type Sealer,
  type Text,
  type Turned,
  claimedRef,
  claimedType,
} from '../wire/wire.ts'
import type { StageClock } from './clock.ts'
import type { TestNetwork } from './parties.ts'
import type { Recorder } from './recorder.ts'

export const MISBEHAVIOURS = [
  'lose request',
  'lose reply',
  'cut',
  'delay',
  'late',
  'twice',
  'again',
  'at once',
  'stale signature',
  'wrong amount',
  'wrong party',
  'swapped',
  'spoilt reply',
  'unsigned reply',
  'contradictory',
  'before the acknowledgement',
  'after the reversal',
  'crash before',
  'crash after',
] as const
export type Misbehaviour = (typeof MISBEHAVIOURS)[number]

/** Laid between two parties of the stage, for the next `times` messages that match, after `skip` others. */
export type WireFault = {
  readonly what: Misbehaviour
  /** A canonical type, or `*` for any request. */
  readonly type: string
  readonly from?: PartyId
  readonly to?: PartyId
  skip?: number
  times: number
  readonly delayMs?: number
  /** How often it could do what it is for: a copy of what nobody here can read cannot be made. */
  done?: number
}

export type Arrived = Sealed | Turned | 'silence' | 'no_reply'

/** The moves that misbehaviours are made of. */
export type Ways = {
  readonly clock: StageClock
  readonly recorder: Recorder
  readonly network: TestNetwork
  reach(to: PartyId, sealed: Sealed, encoding?: string): Promise<Arrived>
  sealer(me: PartyId): Sealer
  crash(party: PartyId): Promise<boolean>
  /** Kept until a reversal has been answered, or until the stage lets go of everything that is held. */
  hold(until: 'reversal' | 'end', act: () => Promise<void>): void
}

export type Trip = {
  readonly from: PartyId
  readonly to: PartyId
  readonly sealed: Sealed
  readonly fault?: WireFault
  readonly encoding?: string
  /** When the sender stops waiting. Without one, nobody waits on the clock: what is late is held instead. */
  readonly deadline?: number
}

/** `numbers`: of the request and its reply in the page's transcript. `cut`: the sender knows at once that it knows nothing. */
export type Travelled = {
  readonly outcome: Sealed | Turned | 'silence' | 'cut'
  readonly numbers: readonly number[]
}

const SILENCE = 'silence'
const AGAIN = 3

export async function travel(ways: Ways, trip: Trip): Promise<Travelled> {
  return trip.fault === undefined ? there(ways, trip) : DO[trip.fault.what](ways, trip, trip.fault)
}

type Does = (ways: Ways, trip: Trip, fault: WireFault) => Promise<Travelled>

const DO: Readonly<Record<Misbehaviour, Does>> = {
  'lose request': async (ways, trip, fault) => lostRequest(ways, trip, fault),
  'lose reply': async (ways, trip, fault) => there(ways, trip, did(fault, 'lost')),
  cut: async (ways, trip, fault) => ({ ...(await there(ways, trip, did(fault, 'lost'))), outcome: 'cut' }),
  delay: async (ways, trip, fault) => delayed(ways, trip, fault, fault.delayMs ?? 0),
  late: async (ways, trip, fault) =>
    delayed(ways, trip, fault, Math.max(0, (trip.deadline ?? 0) - ways.clock.now()) + LATE_MS),
  twice: async (ways, trip, fault) => {
    const first = await there(ways, trip)
    did(fault, 'delivered')
    await there(ways, { ...trip, from: trip.from }, 'lost')
    return first
  },
  again: async (ways, trip, fault) => {
    const first = await there(ways, trip)
    for (let count = 0; count < AGAIN; count += 1) await copied(ways, trip, fault, (fields) => fields)
    return first
  },
  'at once': async (ways, trip, fault) => {
    const copy = copied(ways, trip, fault, (fields) => fields)
    const [first] = await Promise.all([there(ways, trip), copy])
    return first
  },
  'stale signature': async (ways, trip, fault) => {
    await copied(ways, trip, fault, (fields) => fields, { what: STALE, sign: 'flip' })
    return lostRequest(ways, trip, fault)
  },
  'wrong amount': async (ways, trip, fault) => {
    const first = await there(ways, trip)
    await copied(ways, trip, fault, ({ amount, ...rest }) =>
      typeof amount === 'bigint' ? { ...rest, amount: amount + 1n } : undefined,
    )
    return first
  },
  'wrong party': async (ways, trip, fault) => {
    const other = ways.network.parties.find(({ id, role }) => role === 'acquirer' && id !== trip.from)
    if (other !== undefined)
      await copied(ways, { ...trip, from: other.id }, fault, (fields) => fields, {}, trip.sealed)
    return there(ways, trip)
  },
  swapped: async (ways, trip, fault) => {
    const earlier = ways.recorder.replyBefore(trip.from, trip.to, claimedType(trip.sealed))
    const own = await there(ways, trip, earlier === undefined ? 'delivered' : 'lost')
    if (earlier === undefined) return own
    did(fault, 'delivered')
    const [asked = 0] = own.numbers
    const heard = ways.recorder.replied(asked, trip.to, trip.from, earlier, 'delivered')
    return { outcome: earlier, numbers: [...own.numbers, heard] }
  },
  'spoilt reply': async (ways, trip, fault) => otherReply(ways, trip, fault, spoilt),
  'unsigned reply': async (ways, trip, fault) => otherReply(ways, trip, fault, ({ path }) => UNSIGNED(path)),
  contradictory: async (ways, trip, fault) => {
    const first = await there(ways, trip)
    await copied(ways, trip, fault, contrary)
    return first
  },
  'before the acknowledgement': async (ways, trip, fault) => {
    if (trip.deadline === undefined) return there(ways, trip)
    // The reply waits until just before the sender gives up: whatever else is said meanwhile comes first.
    const moment = trip.deadline - 1
    const own = await there(ways, trip)
    did(fault, 'delivered')
    await ways.clock.view().until(moment)
    return own
  },
  'after the reversal': async (ways, trip, fault) => heldTrip(ways, trip, fault, 'reversal'),
  'crash before': async (ways, trip, fault) => {
    if (await ways.crash(trip.to)) did(fault, 'lost')
    return there(ways, trip)
  },
  'crash after': async (ways, trip, fault) => {
    const own = await there(ways, trip, 'lost')
    if (await ways.crash(trip.to)) did(fault, 'lost')
    return own
  },
}

const LATE_MS = 1_000
const COPY: Text = { zh: '对手放上的报文', en: 'put on the wire by an adversary' }
const STALE: Text = { zh: '签名不属于此报文', en: 'the signature is not of this message' }
type Fate = 'delivered' | 'lost' | 'late'

function did(fault: WireFault, fate: Fate): Fate {
  fault.done = (fault.done ?? 0) + 1
  return fate
}

/** The message as it is, and its reply as it comes; `lost` when the sender never hears it. */
async function there(
  ways: Ways,
  trip: Trip,
  replyFate: Fate = 'delivered',
  known?: number,
): Promise<Travelled> {
  const { from, to, sealed, encoding, deadline } = trip
  const n = known ?? ways.recorder.sent(from, to, sealed, 'delivered')
  const reply = await ways.reach(to, sealed, encoding)
  if (reply === SILENCE || reply === 'no_reply') return { outcome: SILENCE, numbers: [n] }
  const sent = sealedReply(sealed, reply)
  const late = deadline !== undefined && ways.clock.now() > deadline
  const fate = replyFate === 'delivered' && late ? 'late' : replyFate
  const numbers = [n, ways.recorder.replied(n, to, from, sent, fate)]
  // Nobody of the stage will open it, and what it says is evidence all the same.
  if (fate !== 'delivered') await witness(ways, from, to, sealed, sent)
  return { outcome: fate === 'lost' ? SILENCE : reply, numbers }
}

async function lostRequest(
  { recorder }: Ways,
  { from, to, sealed }: Trip,
  fault: WireFault,
): Promise<Travelled> {
  did(fault, 'lost')
  return { outcome: SILENCE, numbers: [recorder.sent(from, to, sealed, 'lost')] }
}

async function delayed(ways: Ways, trip: Trip, fault: WireFault, byMs: number): Promise<Travelled> {
  if (trip.deadline === undefined) return heldTrip(ways, trip, fault, 'end')
  const n = ways.recorder.sent(trip.from, trip.to, trip.sealed, 'delivered')
  did(fault, 'late')
  await ways.clock.view().until(ways.clock.now() + byMs)
  return there(ways, trip, 'delivered', n)
}

/** The message is done as ever; what its sender hears is something that nobody has signed. */
async function otherReply(
  ways: Ways,
  trip: Trip,
  fault: WireFault,
  made: (reply: Sealed) => Sealed,
): Promise<Travelled> {
  did(fault, 'delivered')
  const { from, to, sealed, encoding } = trip
  const n = ways.recorder.sent(from, to, sealed, 'delivered')
  const reply = await ways.reach(to, sealed, encoding)
  if (reply === SILENCE || reply === 'no_reply') return { outcome: SILENCE, numbers: [n] }
  const honest = sealedReply(sealed, reply)
  const lost = ways.recorder.replied(n, to, from, honest, 'lost')
  await witness(ways, from, to, sealed, honest)
  const outcome = made(honest)
  return { outcome, numbers: [n, lost, ways.recorder.replied(n, to, from, outcome, 'delivered')] }
}

/** The last letter or digit is another: in every frame a part of the seal or of the signature. */
function spoilt(reply: Sealed): Sealed {
  const bytes = Uint8Array.from(reply.bytes)
  const last = bytes.length - 1
  if (last >= 0) bytes[last] = (bytes[last] ?? 0) ^ 1
  return { ...reply, bytes }
}

/** Says that all is well, in the clear. */
const UNSIGNED = (path: string): Sealed => ({
  path,
  contentType: 'application/json',
  bytes: Buffer.from(JSON.stringify({ respCode: '00', respMsg: 'OK', txnState: 'SUCCESS' })),
})

/** The message stays on the way; its sender hears nothing. */
async function heldTrip(
  ways: Ways,
  trip: Trip,
  fault: WireFault,
  until: 'reversal' | 'end',
): Promise<Travelled> {
  const n = ways.recorder.sent(trip.from, trip.to, trip.sealed, 'delivered')
  did(fault, 'late')
  ways.hold(until, async () => void (await there(ways, trip, 'lost', n)))
  return { outcome: SILENCE, numbers: [n] }
}

type Content = Readonly<Record<string, unknown>>

/** A fresh message with the same content, or a changed one; what comes back is evidence, and nobody waits for it. */
async function copied(
  ways: Ways,
  trip: Trip,
  fault: WireFault,
  change: (fields: Content) => Content | undefined,
  { what = COPY, sign }: { what?: Text; sign?: string } = {},
  original: Sealed = trip.sealed,
): Promise<void> {
  const message = ways.recorder.contentOf(original)
  if (message === undefined || !isRequestType(message.type)) return
  if (ways.network.privateKeysOf(trip.from).size === 0) return
  const fields = change(message.fields as unknown as Content)
  if (fields === undefined) return
  const forge = sign === undefined ? {} : { sign }
  const { sealed } = await forgeMessage(
    ways.sealer(trip.from),
    message.type,
    trip.to,
    fields as unknown as Fields<RequestType>,
    forge,
  )
  const n = ways.recorder.sent(trip.from, trip.to, sealed, 'delivered')
  ways.recorder.forged(n, what, { type: message.type, fields, forge })
  did(fault, 'delivered')
  await there(ways, { ...trip, sealed }, 'lost', n)
}

const OPPOSITE: Readonly<Record<string, string>> = {
  SUCCESS: 'FAILED',
  FAILED: 'SUCCESS',
  REVERSED: 'SUCCESS',
  R_SUCCESS: 'R_FAILED',
  R_FAILED: 'R_SUCCESS',
}

function contrary(fields: Content): Content | undefined {
  const { state, notice } = fields
  const opposite = typeof state === 'string' ? OPPOSITE[state] : undefined
  if (opposite === undefined) return undefined
  return {
    ...fields,
    state: opposite,
    ...(typeof notice === 'string' && { notice: `${notice}X`.slice(0, 40) }),
  }
}

/** Opens a reply that its addressee will not, for the evidence alone. */
async function witness(
  ways: Ways,
  me: PartyId,
  from: PartyId,
  request: Sealed,
  reply: Sealed,
): Promise<void> {
  if (ways.network.privateKeysOf(me).size === 0) return
  const type = claimedType(request)
  const ref = claimedRef(request)
  if (ref === undefined || !isRequestType(type)) return
  await open(ways.sealer(me), reply, { replyTo: { type, to: from, ref } })
}

/** A plain refusal travels as what it is; to a party that awaits a sealed reply it is unreadable, so unknown. */
export function sealedReply(request: Sealed, reply: Sealed | Turned): Sealed {
  if (!isTurned(reply)) return reply
  return {
    path: request.path,
    contentType: 'application/json',
    bytes: Buffer.from(JSON.stringify(reply.refusal)),
  }
}
