// What each side must know of the other: parties with their certificates, and the test keys of a subject that has none.
import type { TestNetwork } from '../scenarios/scenarios.ts'
import type { PrivateKey } from '../crypto/crypto.ts'
import type { PartyId } from '../wire/wire.ts'

export type Peer = {
  readonly id: PartyId
  readonly role: string
  readonly name: string
  readonly url?: string
  readonly certificates: readonly {
    readonly id: string
    readonly use: string
    readonly publicKey?: string
    /** In the suite sm3-shared both sides hold one secret; only a file that nobody else can read says it. */
    readonly secret?: string
    readonly notBefore: string
    readonly notAfter: string
    readonly revokedAt?: string
  }[]
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Parties, certificates with their public keys, and where the switch listens. */
export function peersOf(network: TestNetwork, { secrets = false } = {}): readonly Peer[] {
  const iso = (at: number): string => new Date(at).toISOString()
  return network.parties.map(({ id, role, name, url }) => ({
    id,
    role,
    name,
    ...(url !== undefined && { url }),
    certificates: network.certificates
      .filter(({ owner }) => owner === id)
      .map(({ id: certificate, use, key, notBefore, notAfter, revokedAt }) => ({
        id: certificate,
        use,
        ...(key.suite === 'sm' && { publicKey: hex(key.publicKey) }),
        ...(key.suite === 'sm3-shared' && secrets && { secret: hex(key.key.reveal()) }),
        notBefore: iso(notBefore),
        notAfter: iso(notAfter),
        ...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
      })),
  }))
}

type HandedKey =
  | { readonly id: string; readonly privateKey: string; readonly publicKey: string }
  | { readonly id: string; readonly secret: string }

/** The test keys that were made for the subject, with the ids of their certificates. */
export function handedKeys(
  network: TestNetwork,
  party: PartyId,
): {
  readonly id: PartyId
  readonly sign: HandedKey
  readonly encrypt: HandedKey
} {
  const handed = (use: 'sign' | 'encrypt'): HandedKey => {
    const certificate = network.certificates.find((one) => one.owner === party && one.use === use)
    const key = network.privateKeysOf(party).get(certificate?.id ?? '')
    if (certificate === undefined || key === undefined)
      throw new Error(`the test network made no key for ${use}`)
    return { id: certificate.id, ...halves(key) }
  }
  return { id: party, sign: handed('sign'), encrypt: handed('encrypt') }
}

const halves = (key: PrivateKey) =>
  key.suite === 'sm'
    ? { privateKey: hex(key.key.reveal()), publicKey: hex(key.publicKey) }
    : { secret: hex(key.key.reveal()) }
