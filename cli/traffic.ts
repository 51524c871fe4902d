// What `sifang up` does with all that its parties say: keeps the last of it, records it where asked, and serves the desk at
// which people listen, make things happen and send messages again.
import { randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import about from '../package.json' with { type: 'json' }
import type { Seen, TestNetwork } from '../scenarios/scenarios.ts'
import type { PartyId, Sealer } from '../wire/wire.ts'
import { type Carried, carried } from './carried.ts'
import type { LivingSwitch } from './living-switch.ts'
import { networkDesk } from './network-desk.ts'
import { resending } from './resending.ts'
import type { TapeFile } from './tape-file.ts'
import { type Desk, triggers } from './triggers.ts'

export type Traffic = {
  readonly carried: Carried
  /** Shown everything, in order. */
  readonly shown: ((one: Seen) => void)[]
}

export function trafficOf(tape: TapeFile | undefined): Traffic {
  const shown: ((one: Seen) => void)[] = tape === undefined ? [] : [tape.write]
  const noted = (one: Seen): void => {
    for (const show of shown) show(one)
  }
  return { carried: carried({ now: () => Date.now(), noted }), shown }
}

type DeskParts = {
  readonly traffic: Traffic
  readonly network: TestNetwork
  readonly acquirers: readonly Desk[]
  readonly clearing: LivingSwitch
  readonly sealer: (me: PartyId) => Sealer
  readonly stop: AbortSignal
  readonly failed: (error: unknown) => void
}

export function deskOf({ traffic, network, acquirers, clearing, sealer, stop, failed }: DeskParts): Hono {
  const [A, B] = acquirers
  if (A === undefined || B === undefined) throw new Error('the desk needs two acquirers')
  const { carried: book, shown } = traffic
  const resend = resending({ carried: book, network, sealer, stop, failed })
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
  const pulls = triggers({
    desks: { A, B },
    clearing,
    carried: book,
    profile: network.profile,
    resend,
    random,
  })
  shown.push(pulls.noted)
  return networkDesk({ carried: book, triggers: pulls, resend, network, version: about.version, stop })
}
