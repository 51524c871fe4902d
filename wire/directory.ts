// Who takes part, and which certificates are whose. Each party has a signing and an encryption pair.
// A certificate is a row; where the network has an authority, the row is its X.509 certificate read (certificates.ts), and is
// believed only as long as that certificate's chain is.
import type { Bytes, PublicKey } from '../crypto/crypto.ts'
import { certificateFrom, type CertificateRefused, type Trust } from './certificates.ts'

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
  /** Absent from a bare row, which is believed as it stands. */
  readonly x509?: CertificateForm
}

export type CertificateForm = {
  /** The X.509 certificate, DER. The test network's is signed when it is first asked for. */
  der(): Bytes
  /** Who issued it, as its certificate names it: 'C=CN, O=…, CN=…'. */
  issuer(): string
  /** What its chain lacks now. */
  faultAt(now: Instant): ChainState | undefined
}

/** untrusted: no chain to a root that is believed here, a signature in it that does not hold, or another use. */
export type CertificateFault =
  | 'not yet valid'
  | 'expired'
  | 'revoked'
  | 'untrusted'
  | 'no fresh revocation list'
/** The fault, and what exactly is wrong with which certificate. */
export type ChainState = { readonly fault: CertificateFault; readonly zh: string; readonly en: string }

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
  /** Every one that may be used now, the newest first: two while a pair is being followed by the next (SEC-008). */
  held(owner: PartyId, use: Certificate['use'], now: Instant): readonly Certificate[]
  /** A certificate that somebody sent (key.fetch), PEM or DER: when it is believed, it stands beside those before it. */
  learn(bytes: Bytes, now: Instant): Certificate | CertificateRefused
}

/** Without `trust` there is no authority: certificates are rows, and none is learnt. */
export function directory(
  parties: readonly Party[],
  certificates: readonly Certificate[],
  trust?: Trust,
): Directory {
  const byParty = new Map(parties.map((party) => [party.id, party]))
  const byId = new Map(certificates.map((certificate) => [certificate.id, certificate]))
  const held: Directory['held'] = (owner, use, now) =>
    [...byId.values()]
      .filter((one) => one.owner === owner && one.use === use && faultOf(one, now) === undefined)
      .sort((a, b) => b.notBefore - a.notBefore)
  return {
    held,
    party: (id) => byParty.get(id),
    parties: () => [...byParty.values()],
    certificate: (id) => byId.get(id),
    current: (owner, use, now) =>
      [...byId.values()]
        .filter((one) => one.owner === owner && one.use === use)
        .sort((a, b) => b.notBefore - a.notBefore)
        .find((one) => faultOf(one, now) === undefined),
    learn: (bytes, now) => {
      if (trust === undefined)
        return {
          kind: 'refused',
          rule: { zh: '本目录没有信任的根证书', en: 'this directory has no authority that it trusts' },
        }
      const read = certificateFrom(bytes, trust, now)
      if ('kind' in read) return read
      if (!byParty.has(read.owner))
        return {
          kind: 'refused',
          rule: { zh: `没有机构 ${read.owner}`, en: `there is no party ${read.owner}` },
        }
      const known = byId.get(read.id)
      // A number names one certificate for ever.
      if (known === undefined) byId.set(read.id, read)
      return known ?? read
    },
  }
}

/** Why a certificate may not be used now; undefined when it may. */
export function faultOf(certificate: Certificate, now: Instant): CertificateFault | undefined {
  if (now < certificate.notBefore) return 'not yet valid'
  if (now > certificate.notAfter) return 'expired'
  if (certificate.revokedAt !== undefined && now >= certificate.revokedAt) return 'revoked'
  return certificate.x509?.faultAt(now)?.fault
}
