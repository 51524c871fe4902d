// The test network: who takes part, with a signing and an encryption pair each, made from the run's own chance.
// Test keys only. The switch also owns certificates that must be refused: expired, revoked, and one unknown.
import {
  generateKeyPair,
  keyring,
  type Keyring,
  type PrivateKey,
  type PublicKey,
  publicHalf,
} from '../crypto/crypto.ts'
import {
  type Certificate,
  type Directory,
  directory,
  type Party,
  type PartyId,
  type PartyRole,
  type Profile,
} from '../wire/wire.ts'
import type { Random } from './chance.ts'
import type { Role } from './subject.ts'

export const SWITCH = '00010000'
export const INSTITUTION = '62010001'
export const ACQUIRER_A = '48020001'
export const ACQUIRER_B = '48020002'
export const BANK = '01020001'
/** The party that is judged in a role. */
export const PARTIES: Readonly<Record<Role, PartyId>> = {
  'account-institution': INSTITUTION,
  acquirer: ACQUIRER_A,
}

const CAST: readonly { id: PartyId; role: PartyRole; name: string }[] = [
  { id: SWITCH, role: 'switch', name: 'Sifang switch' },
  { id: INSTITUTION, role: 'institution', name: 'Account institution' },
  { id: ACQUIRER_A, role: 'acquirer', name: 'Acquirer A' },
  { id: ACQUIRER_B, role: 'acquirer', name: 'Acquirer B' },
  { id: BANK, role: 'bank', name: 'Settlement bank' },
]

export type TestNetwork = {
  readonly profile: Profile
  readonly directory: Directory
  readonly parties: readonly Party[]
  readonly certificates: readonly Certificate[]
  keysOf(party: PartyId): Keyring
  /** The private halves, for a subject's own key file. Test keys. */
  privateKeysOf(party: PartyId): ReadonlyMap<string, PrivateKey>
  /** Certificates of the switch that nobody may accept, by what is wrong with them. */
  readonly spoiled: { readonly expired: string; readonly revoked: string; readonly unknown: string }
}

const YEAR_MS = 365 * 24 * 3600 * 1000
const DAY_MS = 24 * 3600 * 1000
/** Longer than any stage plays: pages that wait eleven months follow each other on one clock. */
const TEST_LIFE_MS = 200 * YEAR_MS

export type NetworkOptions = {
  /** Where parties are reached; those left out are reached in process. */
  readonly urls?: Readonly<Partial<Record<PartyId, string>>>
  /** Public halves of a party that keeps its private keys to itself. */
  readonly foreign?: { readonly party: PartyId; readonly sign: ForeignKey; readonly encrypt: ForeignKey }
}
type ForeignKey = { readonly id: string; readonly key: PublicKey }

export async function testNetwork(
  profile: Profile,
  random: Random,
  now: number,
  { urls = {}, foreign }: NetworkOptions = {},
): Promise<TestNetwork> {
  const keys = new Map<PartyId, Map<string, PrivateKey>>()
  const certificates: Certificate[] = []
  const issue = async (
    owner: PartyId,
    use: Certificate['use'],
    life: Partial<Certificate> = {},
  ): Promise<string> => {
    const id = String(6_800_000_000 + keysIssued(keys) + 1)
    const key = await generateKeyPair(profile.suite, random)
    const own = keys.get(owner) ?? new Map<string, PrivateKey>()
    keys.set(owner, own.set(id, key))
    certificates.push({
      id,
      owner,
      use,
      key: publicHalf(key),
      notBefore: now - YEAR_MS,
      notAfter: now + TEST_LIFE_MS,
      ...life,
    })
    return id
  }
  for (const { id } of CAST) {
    await issue(id, 'sign')
    await issue(id, 'encrypt')
  }
  // Older than the good pair, so that nobody picks them by themselves.
  const expired = await issue(SWITCH, 'sign', { notBefore: now - 3 * YEAR_MS, notAfter: now - DAY_MS })
  const revoked = await issue(SWITCH, 'sign', { notBefore: now - 2 * YEAR_MS, revokedAt: now - DAY_MS })
  const unknown = await issue(SWITCH, 'sign', { notBefore: now - 2 * YEAR_MS })
  const own = certificates.filter(({ id, owner }) => id !== unknown && owner !== foreign?.party)
  const life = { notBefore: now - YEAR_MS, notAfter: now + TEST_LIFE_MS }
  const known: Certificate[] =
    foreign === undefined
      ? own
      : [
          ...own,
          { ...foreign.sign, owner: foreign.party, use: 'sign', ...life },
          { ...foreign.encrypt, owner: foreign.party, use: 'encrypt', ...life },
        ]
  const parties = CAST.map((party) => ({
    ...party,
    ...(urls[party.id] !== undefined && { url: urls[party.id] ?? '' }),
  }))
  return {
    profile,
    directory: directory(parties, known),
    parties,
    certificates: known,
    keysOf: (party) => keyring(keys.get(party) ?? new Map<string, PrivateKey>(), profile.sm2),
    privateKeysOf: (party) => keys.get(party) ?? new Map<string, PrivateKey>(),
    spoiled: { expired, revoked, unknown },
  }
}

const keysIssued = (keys: ReadonlyMap<PartyId, ReadonlyMap<string, PrivateKey>>): number =>
  [...keys.values()].reduce((total, own) => total + own.size, 0)
