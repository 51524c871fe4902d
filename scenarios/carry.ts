// The network of the stage: carries a message from one party to another, writes it down, and does to it what was laid
// in its way. A deadline is an instant on the stage's clock; who gets no reply by then knows nothing.
import { claimedType, type PartyId, type Reply, type Sealed, type Turned } from '../wire/wire.ts'
import { sealedReply, type Travelled, travel, type WireFault, type Ways } from './misbehave.ts'

export type Carry = {
  /** A message of a party that waits for its reply until `deadline`. */
  deliver(from: PartyId, to: PartyId, sealed: Sealed, deadline: number): Promise<Reply>
  /** A message of a script that takes what comes at once. */
  hand(from: PartyId, to: PartyId, sealed: Sealed, encoding?: string): Promise<Travelled>
  /** A message that came in over a socket for a party of the stage. */
  incoming(from: PartyId, to: PartyId, sealed: Sealed): Promise<Sealed | Turned | 'silence'>
  /** Lets go of everything that is still held on its way. */
  release(): Promise<void>
}

type Carrier = Omit<Ways, 'hold'> & { laid(): readonly WireFault[] }
type Held = { readonly until: 'reversal' | 'end'; readonly act: () => Promise<void> }

const NO_REPLY: Reply = { kind: 'no_reply' }
/** Given as the reason so that none is made up: an exception with its stack for every message. */
const ANSWERED = 'answered'

export function carrier(parts: Carrier): Carry {
  const { clock, laid } = parts
  let held: Held[] = []
  const ways: Ways = { ...parts, hold: (until, act) => void held.push({ until, act }) }
  const letGo = async (which: (one: Held) => boolean): Promise<void> => {
    const going = held.filter(which)
    held = held.filter((one) => !which(one))
    for (const { act } of going) await act()
  }
  const carried = async (trip: Parameters<typeof travel>[1]): Promise<Travelled> => {
    const travelled = await travel(ways, trip)
    if (REVERSALS.includes(claimedType(trip.sealed))) await letGo(({ until }) => until === 'reversal')
    return travelled
  }
  return {
    deliver: async (from, to, sealed, deadline) => {
      const fault = takeFault(laid(), from, to, claimedType(sealed))
      const stop = new AbortController()
      const late = clock.view().until(deadline, stop.signal)
      const answered = carried({ from, to, sealed, deadline, ...(fault !== undefined && { fault }) })
      const reply = await Promise.race([
        answered.then(({ outcome }) => heard(outcome, sealed, late)),
        late.then(() => NO_REPLY),
      ])
      stop.abort(ANSWERED)
      return reply
    },
    hand: (from, to, sealed, encoding) => {
      const fault = takeFault(laid(), from, to, claimedType(sealed))
      return carried({
        from,
        to,
        sealed,
        ...(encoding !== undefined && { encoding }),
        ...(fault !== undefined && { fault }),
      })
    },
    incoming: async (from, to, sealed) => {
      const fault = takeFault(laid(), from, to, claimedType(sealed))
      const { outcome } = await carried({ from, to, sealed, ...(fault !== undefined && { fault }) })
      return outcome === 'cut' ? 'silence' : outcome
    },
    release: () => letGo(() => true),
  }
}

const REVERSALS: readonly string[] = ['debit.reverse', 'reversal']

function heard(outcome: Travelled['outcome'], request: Sealed, late: Promise<void>): Reply | Promise<Reply> {
  if (outcome === 'cut') return NO_REPLY
  if (outcome === 'silence') return late.then(() => NO_REPLY)
  return { kind: 'reply', sealed: sealedReply(request, outcome) }
}

function takeFault(
  faults: readonly WireFault[],
  from: PartyId,
  to: PartyId,
  type: string,
): WireFault | undefined {
  const fault = faults.find(
    (one) =>
      one.times > 0 &&
      (one.type === '*' || one.type === type) &&
      (one.from ?? from) === from &&
      (one.to ?? to) === to,
  )
  if (fault === undefined) return undefined
  if ((fault.skip ?? 0) > 0) {
    fault.skip = (fault.skip ?? 0) - 1
    return undefined
  }
  fault.times -= 1
  return fault
}
