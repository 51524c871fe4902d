// The desk of a running `sifang up`, put together: listening, triggers and sending again over what was carried.
import { randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import about from '../package.json' with { type: 'json' }
import type { TestNetwork } from '../scenarios/scenarios.ts'
import type { PartyId, Sealer } from '../wire/wire.ts'
import type { LivingSwitch } from './living-switch.ts'
import { networkDesk } from './network-desk.ts'
import { resending } from './resending.ts'
import type { Traffic } from './traffic.ts'
import { type Desk, triggers } from './triggers.ts'

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
  const { carried, orders } = traffic
  const resend = resending({ carried, network, sealer, stop, failed })
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
  const { profile } = network
  const pulls = triggers({ desks: { A, B }, clearing, carried, orders, profile, resend, random })
  return networkDesk({ carried, triggers: pulls, resend, network, version: about.version, stop })
}
