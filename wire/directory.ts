// Who takes part, and which certificates are whose. Each party has a signing and an encryption pair.
// Certificates are registered rows here; their X.509 form and its chain are read into these rows by crypto.
import type { PublicKey } from '../crypto/crypto.ts'

type Instant = number

/** Eight digits, as institution codes on the network are. */
export type PartyId = string
export type PartyRole = 'switch' | 'institution' | 'acquirer' | 'bank'

export type Certificate = {
  /** One canonical form: 1 to 40 decimal digits without leading zero (SEC-007). */
  readonly id: string
  readonly owner: PartyId
  readonly use: 'sign' | 'encrypt'
  readonly key: PublicKey
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly revokedAt?: Instant
}

export type Party = {
  readonly id: PartyId
  readonly role: PartyRole
  readonly name: string
  /** Where its messages are posted; absent for a party reached in process. */
  readonly url?: string
}

export type Directory = {
  party(id: PartyId): Party | undefined
  parties(): readonly Party[]
  certificate(id: string): Certificate | undefined
  /** The certificate to use now: valid, not revoked, the newest of its kind. */
  current(owner: PartyId, use: Certificate['use'], now: Instant): Certificate | undefined
}

export function directory(parties: readonly Party[], certificates: readonly Certificate[]): Directory {
  const byParty = new Map(parties.map((party) => [party.id, party]))
  const byId = new Map(certificates.map((certificate) => [certificate.id, certificate]))
  return {
    party: (id) => byParty.get(id),
    parties: () => [...byParty.values()],
    certificate: (id) => byId.get(id),
    current: (owner, use, now) =>
      certificates
        .filter((one) => one.owner === owner && one.use === use && faultOf(one, now) === undefined)
        .sort((a, b) => b.notBefore - a.notBefore)[0],
  }
}

/** Why a certificate may not be used now; undefined when it may. */
export function faultOf(
  certificate: Certificate,
  now: Instant,
): 'not yet valid' | 'expired' | 'revoked' | undefined {
  if (now < certificate.notBefore) return 'not yet valid'
  if (now > certificate.notAfter) return 'expired'
  if (certificate.revokedAt !== undefined && now >= certificate.revokedAt) return 'revoked'
  return undefined
}
