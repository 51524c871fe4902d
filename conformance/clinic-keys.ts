// The keys that a diagnosis may use: certificates of the test network with their private halves, and keys from files. What
// they hold is used and never shown.
import { type PrivateKey, type PublicKey, publicHalf } from '../crypto/crypto.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import type { Certificate, PartyId } from '../wire/wire.ts'

export type KnownKey = {
  /** Names it among the others: the certificate's number, or the file it came from. */
  readonly name: string
  readonly owner?: PartyId
  readonly use?: Certificate['use']
  readonly publicKey: PublicKey
  readonly privateKey?: PrivateKey
  /** In a file of one's own, whose certificate number nobody told: it stands in for any number. */
  readonly bare?: boolean
}

type Network = {
  readonly certificates: readonly Certificate[]
  privateKeysOf(party: PartyId): ReadonlyMap<string, PrivateKey>
}

const TEST_PARTIES = [SWITCH, INSTITUTION, ACQUIRER_A, ACQUIRER_B, BANK]

/** What a test network has, those of its certificates that nobody may accept included. */
export function keysOfNetwork(network: Network): readonly KnownKey[] {
  const keys = new Map<string, KnownKey>(
    network.certificates.map(({ id, owner, use, key }) => [id, { name: id, owner, use, publicKey: key }]),
  )
  for (const owner of TEST_PARTIES)
    for (const [name, privateKey] of network.privateKeysOf(owner)) {
      const known = keys.get(name) ?? {
        name,
        owner,
        use: 'sign' as const,
        publicKey: publicHalf(privateKey),
      }
      keys.set(name, { ...known, privateKey })
    }
  return [...keys.values()]
}

/** The key of a certificate number: the one that bears it, else the only bare one there is for that use. */
export function keyNamed(
  keys: readonly KnownKey[],
  name: string,
  use: Certificate['use'],
): KnownKey | undefined {
  const named = keys.find((key) => key.name === name)
  if (named !== undefined) return named
  const bare = keys.filter((key) => key.bare === true && (use === 'sign' || key.privateKey !== undefined))
  return bare.length === 1 ? bare[0] : undefined
}
