// The test network: who takes part, with a signing and an encryption pair each, made from the run's own chance, under
// certificates of the test authority. Test keys only. The switch also owns certificates that must be refused: expired,
// revoked, one unknown, and one from an authority that nobody trusts.
import {
  type Authority,
  generateKeyPair,
  keyring,
  type Keyring,
  type PrivateKey,
  type PublicKey,
  publicHalf,
  type RevocationList,
  rsaTestKey,
  testAuthority,
} from '../crypto/crypto.ts'
import {
  type Certificate,
  certified,
  commonNameOf,
  type Directory,
  directory,
  type Party,
  type PartyId,
  type PartyRole,
  type Profile,
  type Trust,
} from '../wire/wire.ts'
import { type Random, seeded } from './chance.ts'
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
  /** Whom everybody in it believes. */
  readonly trust: Trust
  keysOf(party: PartyId): Keyring
  /** The private halves, for a subject's own key file. Test keys. */
  privateKeysOf(party: PartyId): ReadonlyMap<string, PrivateKey>
  /** Certificates of the switch that nobody may accept, by what is wrong with them. */
  readonly spoiled: Readonly<Record<'expired' | 'revoked' | 'unknown' | 'untrusted', string>>
  /** A signing certificate of the switch that is about to be replaced: it holds beside the present one (SEC-008). */
  readonly older: string
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
  /** A party whose pair is about to be followed by a new one: both hold until the older ends (SEC-008). */
  readonly rotating?: {
    readonly party: PartyId
    readonly use: Certificate['use']
    readonly olderEnds: number
  }
}
type ForeignKey = { readonly id: string; readonly key: PublicKey }

export async function testNetwork(
  profile: Profile,
  random: Random,
  now: number,
  { urls = {}, foreign, rotating }: NetworkOptions = {},
): Promise<TestNetwork> {
  const made = maker(profile, random, now)
  for (const { id } of CAST) {
    for (const use of ['sign', 'encrypt'] as const) {
      const older = rotating?.party === id && rotating.use === use
      await made.issue(id, use, older ? { notAfter: rotating.olderEnds } : {})
    }
  }
  // Older than the good pair, so that nobody picks them by themselves.
  const expired = await made.issue(SWITCH, 'sign', { notBefore: now - 3 * YEAR_MS, notAfter: now - DAY_MS })
  const revoked = await made.issue(SWITCH, 'sign', { notBefore: now - 2 * YEAR_MS, revokedAt: now - DAY_MS })
  const unknown = await made.issue(SWITCH, 'sign', { notBefore: now - 2 * YEAR_MS })
  if (rotating !== undefined) await made.issue(rotating.party, rotating.use, { notBefore: now - DAY_MS })
  const untrusted = await made.issue(SWITCH, 'sign', { notBefore: now - 2 * YEAR_MS }, 'stranger')
  const older = await made.issue(SWITCH, 'sign', { notBefore: now - 2 * YEAR_MS })
  const own = made.certificates.filter(({ id, owner }) => id !== unknown && owner !== foreign?.party)
  const theirs =
    foreign === undefined
      ? []
      : (['sign', 'encrypt'] as const).map((use) =>
          made.certify({ owner: foreign.party, use, ...foreign[use] }),
        )
  const known = [...own, ...theirs]
  const parties = CAST.map((party) => ({
    ...party,
    ...(urls[party.id] !== undefined && { url: urls[party.id] ?? '' }),
  }))
  return {
    profile,
    directory: directory(parties, known, made.trust),
    parties,
    // A party is told of certificates that it may believe one day; of a stranger's, never.
    certificates: known.filter(({ id }) => id !== untrusted),
    trust: made.trust,
    keysOf: (party) => keyring(made.keys.get(party) ?? new Map<string, PrivateKey>(), profile.sm2),
    privateKeysOf: (party) => made.keys.get(party) ?? new Map<string, PrivateKey>(),
    spoiled: { expired, revoked, unknown, untrusted },
    older,
  }
}

type Life = Partial<Pick<Certificate, 'notBefore' | 'notAfter' | 'revokedAt'>>
type Issued = Pick<Certificate, 'id' | 'owner' | 'use' | 'key'> & Life

/** Keys and certificates as they are made, and the trust that grows with them: who was revoked is on the next list. */
function maker(profile: Profile, random: Random, now: number) {
  const keys = new Map<PartyId, Map<string, PrivateKey>>()
  const certificates: Certificate[] = []
  const suite = profile.suite === 'rsa' ? 'rsa' : 'sm'
  // Nothing is signed before somebody looks.
  const own = (): Authority => testAuthority(suite)
  const trust: Trust = {
    roots: () => [own().root],
    intermediates: () => [own().issuing],
    lists: listsOf(own, certificates),
    testRoots: profile.flags.testRoots,
  }
  const certify = ({ id, owner, use, key, ...life }: Issued, issuer: () => Authority = own): Certificate => {
    const row = { id, owner, use, key, notBefore: now - YEAR_MS, notAfter: now + TEST_LIFE_MS, ...life }
    const { notBefore, notAfter } = row
    const commonName = commonNameOf(owner, use)
    const issue = () => issuer().issue({ commonName, use, key, serial: id, notBefore, notAfter })
    return certified(row, issue, trust)
  }
  return {
    keys,
    certificates,
    trust,
    certify,
    issue: async (
      owner: PartyId,
      use: Certificate['use'],
      life: Life = {},
      whose: 'network' | 'stranger' = 'network',
    ): Promise<string> => {
      const number = keysIssued(keys) + 1
      const id = String(6_800_000_000 + number)
      // Making RSA keys takes longer than a whole page: those of the test network are made already. A stranger's key is
      // no draw of the run's chance, which would shift all that follow.
      const key =
        suite === 'rsa'
          ? rsaTestKey(String(number))
          : await generateKeyPair(profile.suite, whose === 'network' ? random : seeded(`stranger ${id}`))
      const ring = keys.get(owner) ?? new Map<string, PrivateKey>()
      keys.set(owner, ring.set(id, key))
      const issued: Issued = { id, owner, use, key: publicHalf(key), ...life }
      certificates.push(certify(issued, whose === 'network' ? own : () => testAuthority(suite, 'stranger')))
      return id
    },
  }
}

/** The authority publishes week by week; what was published once stays as it was. */
function listsOf(own: () => Authority, certificates: readonly Certificate[]): Trust['lists'] {
  let held: readonly RevocationList[] = []
  return (now) => {
    if (
      !held.every(({ thisUpdate, nextUpdate }) => thisUpdate <= now && now < nextUpdate) ||
      held.length === 0
    ) {
      const revoked = certificates.flatMap(({ id, revokedAt }) =>
        revokedAt === undefined ? [] : [{ serial: id, at: revokedAt, reason: 'keyCompromise' }],
      )
      held = own().lists(now, revoked)
    }
    return held
  }
}

const keysIssued = (keys: ReadonlyMap<PartyId, ReadonlyMap<string, PrivateKey>>): number =>
  [...keys.values()].reduce((total, own) => total + own.size, 0)
