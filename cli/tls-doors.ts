// The five parties of `sifang up --tls` at ports of their own, over TLS, each with a certificate for it; what they serve as JSON
// stays at the plain ones. Loaded only where it is asked for.
import { randomBytes } from 'node:crypto'
import type { Agent } from 'node:https'
import type { PartyId } from '../wire/wire.ts'
import type { Serving } from './later.ts'
import { listen, type Listening } from './network.ts'
import { realClock } from './real-clock.ts'
import { securedAgent, type Secured, securedBy, tlsLists, tlsSide } from './tls.ts'

export type TlsDoors = {
  readonly urls: Readonly<Record<PartyId, string>>
  agentOf(party: PartyId): Agent | undefined
  /** In the order of the parties; all of them or none. */
  listen(
    servings: readonly Serving[],
    stop: AbortSignal,
    failed: (error: unknown) => void,
  ): Promise<readonly Listening[]>
}

export function tlsDoors(parties: readonly PartyId[], port: number): TlsDoors {
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
  const sides = new Map(parties.map((party) => [party, tlsSide(party, random, realClock.wall())]))
  const agents = new Map([...sides].map(([party, side]) => [party, securedAgent(side)]))
  return {
    urls: Object.fromEntries(parties.map((party, index) => [party, `https://127.0.0.1:${port + index}`])),
    agentOf: (party) => agents.get(party),
    listen: async (servings, stop, failed) => {
      const open: Listening[] = []
      const renewals: Renewal[] = [...agents.values()].map((agent) => (crl) => {
        agent.options.crl = [...crl]
      })
      try {
        for (const [index, side] of [...sides.values()].entries()) {
          const serving = servings[index]
          if (serving === undefined) throw new Error('every party serves something')
          const secured: Secured = {
            ...securedBy(side, parties),
            opened: (server) => renewals.push((crl) => server.setSecureContext({ ...side, crl: [...crl] })),
          }
          const listening = await listen((request) => serving.fetch(request), port + index, secured)
          open.push(listening)
        }
        renewing(renewals, stop).catch(failed)
        return open
      } catch (error) {
        for (const one of open) await one.close()
        throw error
      }
    },
  }
}

type Renewal = (crl: readonly string[]) => void

/** Lists overlap by a day; half of it is left when the next ones are fetched. */
const BEFORE_END_MS = 12 * 3600 * 1000

async function renewing(renewals: readonly Renewal[], stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await realClock.until(tlsLists(realClock.wall()).until - BEFORE_END_MS, stop)
    if (!stop.aborted) for (const renew of renewals) renew(tlsLists(realClock.wall()).crl)
  }
}
