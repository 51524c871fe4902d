// The switch's encryption certificate, asked for while the one in use still holds: what both kinds of members do alike. When
// to ask is kept in the member's own store; what is learnt stands in its directory beside the older one (SEC-008).
import { utf8 } from '../crypto/crypto.ts'
import { call } from './call.ts'
import type { Certificate, PartyId } from './directory.ts'
import type { World } from './world.ts'

type Instant = number

/** ACP: the certificate to which sensitive fields are encrypted. */
export const ENCRYPTION_CERTIFICATE = '01'

export type FetchedKey =
  | { readonly kind: 'learnt'; readonly certificate: Certificate; readonly pem: string }
  /** No certificate, one that is not believed, or no answer: the one in use stays, and the member asks again. */
  | { readonly kind: 'none'; readonly because: string }

/** Whether the newest certificate that is known of the switch ends within the lead, or none is left. */
export function switchKeyEnds(world: World<unknown>, switchId: PartyId): boolean {
  const now = world.clock.wall()
  const known = world.directory.current(switchId, 'encrypt', now)
  return known === undefined || known.notAfter - now < world.profile.values.keyLeadMs
}

export async function fetchSwitchKey(world: World<unknown>, switchId: PartyId): Promise<FetchedKey> {
  if (world.directory.current(switchId, 'encrypt', world.clock.wall()) === undefined)
    return { kind: 'none', because: 'no certificate of the switch is left: nothing can be sealed for it' }
  const wait = world.profile.values.noticeWaitMs
  const reply = await call(world, 'key.fetch', switchId, { certType: ENCRYPTION_CERTIFICATE }, wait)
  if (reply.kind !== 'answered') return { kind: 'none', because: reply.because }
  const { keyCertificate } = reply.fields
  if (reply.class !== 'OK' || keyCertificate === undefined)
    return { kind: 'none', because: `the switch answered ${reply.class} and no certificate` }
  return learntKey(world, switchId, keyCertificate, world.clock.wall())
}

/** A certificate of the switch for encryption, and of nobody else for anything. */
export function learntKey(world: World<unknown>, switchId: PartyId, pem: string, now: Instant): FetchedKey {
  const learnt = world.directory.learn(utf8(pem), now)
  if ('kind' in learnt) return { kind: 'none', because: learnt.rule.en }
  if (learnt.owner !== switchId || learnt.use !== 'encrypt')
    return { kind: 'none', because: `certificate ${learnt.id} is not the switch’s for encryption` }
  return { kind: 'learnt', certificate: learnt, pem }
}
