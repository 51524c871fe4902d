// The directory where certificates are X.509: every reason for which one is not believed, rotation with overlap, one canonical
// number, and production that knows no test root.
import { describe, expect, test } from 'vitest'
import { generateKeyPair, publicHalf, testAuthority, utf8, writePem } from '../crypto/crypto.ts'
import { ACQUIRER_A, INSTITUTION, seeded, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { NOON } from './testing.ts'
import {
  certificateFrom,
  certified,
  type CertificateFault,
  commonNameOf,
  faultOf,
  open,
  PROFILES,
  type Profile,
  type Sealer,
  seal,
  type Trust,
} from './wire.ts'

const DAY_MS = 24 * 3600 * 1000
const profileOf = (id: string): Profile => PROFILES[id] ?? expect.fail(id)
const unionpay = profileOf('unionpay')
const SUITES = ['sm', 'rsa', 'sm3-shared'] as const
const inSuite = (suite: (typeof SUITES)[number]): Profile => ({ ...unionpay, suite })

describe.each(SUITES)('the test network, suite %s', (suite) => {
  test('is issued by the test authority: every certificate is about its row', async () => {
    const network = await testNetwork(inSuite(suite), seeded('rows'), NOON)
    const again = await testNetwork(inSuite(suite), seeded('rows'), NOON)
    expect(network.certificates.length).toBe(13)
    for (const [index, one] of network.certificates.entries()) {
      const { expired, revoked } = network.spoiled
      const expected = one.id === expired ? 'expired' : one.id === revoked ? 'revoked' : undefined
      expect(faultOf(one, NOON)).toBe(expected)
      expect(one.x509?.der()).toEqual(again.certificates[index]?.x509?.der())
      expect(one.x509?.issuer()).toContain('CN=Sifang TEST network Issuing')
    }
    const untrusted = network.directory.certificate(network.spoiled.untrusted)
    expect(untrusted && faultOf(untrusted, NOON)).toBe('untrusted')
    expect(untrusted?.x509?.faultAt(NOON)?.en).toContain('its issuer is not known here')
    expect(network.directory.certificate(network.spoiled.unknown)).toBeUndefined()
  })

  test('is believed in no production profile', async () => {
    const own = inSuite(suite)
    const production = { ...own, flags: { ...own.flags, testRoots: 'refused' as const } }
    const network = await testNetwork(production, seeded('production'), NOON)
    for (const one of network.certificates.slice(0, 10)) {
      expect(faultOf(one, NOON)).toBe('untrusted')
      expect(one.x509?.faultAt(NOON)?.en).toContain('root of a test network')
    }
    expect(network.directory.current(SWITCH, 'sign', NOON)).toBeUndefined()
  })
})

describe('a row and its certificate', async () => {
  const key = await generateKeyPair('sm', seeded('one'))
  const other = await generateKeyPair('sm', seeded('other'))
  const own = testAuthority('sm')
  const row = {
    id: '123456789012345678901234567890',
    owner: INSTITUTION,
    use: 'sign' as const,
    key: publicHalf(key),
    notBefore: NOON - DAY_MS,
    notAfter: NOON + 100 * DAY_MS,
  }
  const asked = {
    commonName: commonNameOf(INSTITUTION, 'sign'),
    use: 'sign' as const,
    key: row.key,
    serial: row.id,
    notBefore: row.notBefore,
    notAfter: row.notAfter,
  }
  const trust: Trust = {
    roots: () => [own.root],
    intermediates: () => [own.issuing],
    lists: (now) => own.lists(now, []),
    testRoots: 'accepted',
  }
  const faultFor = (
    change: Partial<typeof asked>,
    by: Partial<Trust> = {},
    now = NOON,
  ): CertificateFault | undefined =>
    faultOf(
      certified(row, () => own.issue({ ...asked, ...change }), { ...trust, ...by }),
      now,
    )

  test('must say the same', () => {
    expect(faultFor({})).toBeUndefined()
    expect(faultFor({ serial: '7' })).toBe('untrusted')
    expect(faultFor({ commonName: commonNameOf(SWITCH, 'sign') })).toBe('untrusted')
    expect(faultFor({ commonName: commonNameOf(INSTITUTION, 'encrypt') })).toBe('untrusted')
    expect(faultFor({ key: publicHalf(other) as typeof row.key })).toBe('untrusted')
    expect(faultFor({ notAfter: row.notAfter + 1000 })).toBe('untrusted')
    expect(faultFor({ use: 'encrypt' as 'sign' })).toBe('untrusted')
  })

  test('is not believed without a list that holds, and is again with the next one', () => {
    let published = true
    const by = { lists: (now: number) => (published ? own.lists(now, []) : []) }
    const one = certified(row, () => own.issue(asked), { ...trust, ...by })
    expect(faultOf(one, NOON)).toBeUndefined()
    published = false
    // What was fetched holds for the rest of its week, and no longer.
    expect(faultOf(one, NOON + 1000)).toBeUndefined()
    expect(faultOf(one, NOON + 20 * DAY_MS)).toBe('no fresh revocation list')
    published = true
    expect(faultOf(one, NOON + 20 * DAY_MS)).toBeUndefined()
    expect(faultFor({}, { lists: () => own.lists(NOON - 30 * DAY_MS, []) })).toBe('no fresh revocation list')
  })

  test('is revoked by the list, whatever the row says, from that moment on', () => {
    const at = NOON + DAY_MS
    const by = { lists: (now: number) => own.lists(now, [{ serial: row.id, at, reason: 'keyCompromise' }]) }
    expect(faultFor({}, by)).toBeUndefined()
    expect(faultFor({}, by, at - 1)).toBeUndefined()
    expect(faultFor({}, by, at)).toBe('revoked')
  })

  test('is read from PEM, under its one canonical number', () => {
    const pem = (change: Partial<typeof asked>): Uint8Array =>
      utf8(writePem('CERTIFICATE', own.issue({ ...asked, ...change })))
    const read = certificateFrom(pem({}), trust, NOON)
    expect(read).toMatchObject({ id: row.id, owner: INSTITUTION, use: 'sign', notAfter: row.notAfter })
    const refusals: readonly (readonly [Partial<typeof asked>, Partial<Trust>, number, string])[] = [
      [{ commonName: 'CN' }, {}, NOON, 'not eight digits'],
      [{ commonName: commonNameOf(INSTITUTION, 'encrypt') }, {}, NOON, 'may not be used so'],
      [{}, { roots: () => [testAuthority('sm', 'stranger').root] }, NOON, 'its issuer is not known here'],
      [{}, { testRoots: 'refused' }, NOON, 'root of a test network'],
      [{}, {}, row.notAfter + 1000, 'ran out at'],
    ]
    for (const [change, by, now, because] of refusals) {
      const refused = certificateFrom(pem(change), { ...trust, ...by }, now)
      expect(refused).toMatchObject({
        kind: 'refused',
        rule: { en: expect.stringContaining(because) as string },
      })
    }
    expect(certificateFrom(utf8('hello'), trust, NOON)).toMatchObject({ kind: 'refused' })
  })
})

describe('rotation with overlap (SEC-008)', async () => {
  const olderEnds = NOON + 10 * DAY_MS
  const rotating = { party: ACQUIRER_A, use: 'sign', olderEnds } as const
  const network = await testNetwork(unionpay, seeded('rotation'), NOON, { rotating })
  const at = (me: string, now: number): Sealer => ({
    me,
    profile: unionpay,
    clock: { wall: () => now, mono: () => BigInt(now), until: () => Promise.resolve() },
    random: seeded(`rotation ${me}`),
    keys: network.keysOf(me),
    directory: network.directory,
  })
  const pair = network.certificates.filter(({ owner, use }) => owner === ACQUIRER_A && use === 'sign')
  const [older, newer] = pair
  const sent = async (signedBy: string | undefined, now: number) => {
    // As a sender that knows only this certificate of its own.
    const world = at(ACQUIRER_A, now)
    const directory =
      signedBy === undefined
        ? world.directory
        : {
            ...world.directory,
            current: (owner: string, use: 'sign' | 'encrypt', when: number) =>
              owner === ACQUIRER_A && use === 'sign'
                ? network.directory.certificate(signedBy)
                : network.directory.current(owner, use, when),
          }
    const fields = {
      acquirer: ACQUIRER_A,
      asked: 'purchase',
      order: 'ORDER00000001',
      orderTime: '20260615120000',
    }
    const { sealed } = await seal({ ...world, directory }, { type: 'query', to: SWITCH, fields })
    return open(at(SWITCH, now), sealed, { requests: ['query'] })
  }

  test('the newest is used for sending, and both are accepted until the older ends', async () => {
    expect(pair.length).toBe(2)
    const honest = await sent(undefined, NOON)
    expect(honest).toMatchObject({ kind: 'opened', head: { signcert: newer?.id } })
    for (const id of [older?.id, newer?.id]) {
      expect(await sent(id, NOON)).toMatchObject({ kind: 'opened', head: { signcert: id } })
      expect(await sent(id, olderEnds)).toMatchObject({ kind: 'opened' })
    }
    const late = await sent(older?.id, olderEnds + 1)
    expect(late).toMatchObject({
      kind: 'refused',
      class: 'REJ-CERT',
      field: 'signcert',
      rule: { en: 'is expired' },
    })
    expect(await sent(newer?.id, olderEnds + 1)).toMatchObject({ kind: 'opened' })
  })

  test('a certificate that the network’s authority did not issue signs nothing', async () => {
    const id = network.spoiled.untrusted
    const world = at(SWITCH, NOON)
    const directory = {
      ...world.directory,
      current: (owner: string, use: 'sign' | 'encrypt', when: number) =>
        owner === SWITCH && use === 'sign'
          ? network.directory.certificate(id)
          : network.directory.current(owner, use, when),
    }
    const fields = { acquirer: ACQUIRER_A, order: 'ORDER00000001', orderTime: '20260615120000' }
    const { sealed } = await seal(
      { ...world, directory },
      { type: 'debit.query', to: INSTITUTION, fields: fields as never },
    )
    expect(await open(at(INSTITUTION, NOON), sealed, { requests: ['debit.query'] })).toMatchObject({
      class: 'REJ-CERT',
      field: 'signcert',
      rule: { en: 'is untrusted', zh: '证书不可信：证书链不成立' },
    })
  })
})
