// The network of the stage: carries a message from one party to another, writes it down, and does to it what a page
// has laid in its way. A deadline is an instant on the stage's clock; who gets no reply by then knows nothing.
import { isTurned, type PartyId, type Reply, type Sealed, type Turned } from '../wire/wire.ts'
import type { StageClock } from './clock.ts'
import type { Recorder } from './recorder.ts'
import type { Stage, WireFault } from './stage.ts'

type Carrier = {
  readonly clock: StageClock
  readonly recorder: Recorder
  readonly faults: readonly WireFault[]
  reach(to: PartyId, sealed: Sealed): Promise<Sealed | Turned | 'silence' | 'no_reply'>
}

const NO_REPLY: Reply = { kind: 'no_reply' }

export function carrier(parts: Carrier): Pick<Stage, 'deliver' | 'incoming'> {
  const { clock, recorder, reach } = parts
  return {
    deliver: async (from, to, sealed, deadline) => {
      const fault = takeFault(parts.faults, sealed.path)
      const n = recorder.sent(from, to, sealed, fault?.what === 'lose request' ? 'lost' : 'delivered')
      const stop = new AbortController()
      const late = clock.view().until(deadline, stop.signal)
      const answered = carried(parts, {
        n,
        from,
        to,
        sealed,
        deadline,
        late,
        ...(fault !== undefined && { fault }),
      })
      const reply = await Promise.race([answered, late.then(() => NO_REPLY)])
      stop.abort()
      return reply
    },
    incoming: async (from, to, sealed) => {
      const n = recorder.sent(from, to, sealed, 'delivered')
      const reply = await reach(to, sealed)
      if (reply === 'silence' || reply === 'no_reply') return 'silence'
      recorder.replied(n, to, from, sealedReply(sealed, reply), 'delivered')
      return reply
    },
  }
}

type Way = {
  readonly n: number
  readonly from: PartyId
  readonly to: PartyId
  readonly sealed: Sealed
  readonly deadline: number
  readonly late: Promise<void>
  readonly fault?: WireFault
}

async function carried(
  { clock, recorder, reach }: Carrier,
  { n, from, to, sealed, deadline, late, fault }: Way,
): Promise<Reply> {
  const silent = (): Promise<Reply> => late.then(() => NO_REPLY)
  if (fault?.what === 'lose request') return silent()
  if (fault?.what === 'delay') await clock.view().until(clock.now() + (fault.delayMs ?? 0))
  if (fault?.what === 'twice') await reach(to, sealed)
  const reply = await reach(to, sealed)
  if (reply === 'silence' || reply === 'no_reply') return silent()
  const sent = sealedReply(sealed, reply)
  const lost = fault?.what === 'lose reply'
  recorder.replied(n, to, from, sent, lost ? 'lost' : clock.now() > deadline ? 'late' : 'delivered')
  return lost ? silent() : { kind: 'reply', sealed: sent }
}

function takeFault(faults: readonly WireFault[], path: string): WireFault | undefined {
  const fault = faults.find(({ type, times }) => times > 0 && path.endsWith(`/${type}`))
  if (fault !== undefined) fault.times -= 1
  return fault
}

/** A plain refusal travels as what it is; to a party that awaits a sealed reply it is unreadable, so unknown. */
function sealedReply(request: Sealed, reply: Sealed | Turned): Sealed {
  if (!isTurned(reply)) return reply
  return {
    path: request.path,
    contentType: 'application/json',
    bytes: Buffer.from(JSON.stringify(reply.refusal)),
  }
}
