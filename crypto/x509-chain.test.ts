// A chain of certificates is believed only where everything in it holds: each way in which it does not, and what is said then.
import { describe, expect, it } from 'vitest'
import {
  authority,
  type CertificateRequest,
  type ChainFaultName,
  type ChainPolicy,
  equalBytes,
  type PrivateKey,
  publicHalf,
  readX509,
  type RevocationList,
  rsaTestKey,
  Secret,
  sm3,
  testAuthority,
  testRoots,
  utf8,
  verifyChain,
  SM2_DEFAULT,
  writeSpki,
  type X509,
} from './crypto.ts'
import type { Bytes } from './bytes.ts'
import { publicPoint } from './sm2-curve.ts'
import { signingKeyOf, signSm2 } from './sm2-sign.ts'
import { certificateBody, writeSigned } from './x509-write.ts'

const NOON = Date.UTC(2026, 5, 15, 4)
const DAY_MS = 24 * 3600 * 1000
const YEAR_MS = 365 * DAY_MS

type SmKey = Extract<PrivateKey, { suite: 'sm' }>
const smKey = (name: string): SmKey => {
  const d = sm3(utf8(name))
  return { suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) }
}
const key = smKey('an end')
const sm = testAuthority('sm')
const request: CertificateRequest = {
  commonName: '30580001:SIGN',
  use: 'sign',
  key: publicHalf(key),
  serial: '6800000001',
  notBefore: NOON - YEAR_MS,
  notAfter: NOON + 30 * YEAR_MS,
}
const issued = (change: Partial<CertificateRequest> = {}, by = sm): X509 => {
  const own = by.root.key.suite === 'rsa' ? publicHalf(rsaTestKey('4')) : publicHalf(key)
  return certificate(by.issue({ ...request, key: own, ...change }))
}

function certificate(bytes: Bytes): X509 {
  const read = readX509(bytes)
  if (read.kind === 'refused') throw new Error(`${read.en} at ${read.at}`)
  return read
}

describe.each(['sm', 'rsa'] as const)('a chain, suite %s', (suite) => {
  const own = testAuthority(suite)
  const leaf = issued({}, own)
  const lists = own.lists(NOON, [])
  const judged = (
    one: X509,
    {
      at = NOON,
      policy = {},
      known = lists,
    }: { at?: number; policy?: ChainPolicy; known?: readonly RevocationList[] } = {},
  ): ChainFaultName | undefined => verifyChain(one, [own.issuing], [own.root], known, at, policy)?.name

  it('holds, for each use that the certificate has and no other', () => {
    expect(judged(leaf)).toBeUndefined()
    expect(judged(leaf, { policy: { use: 'sign' } })).toBeUndefined()
    expect(judged(leaf, { policy: { use: 'encrypt' } })).toBe('wrong-usage')
    const encrypting = issued({ use: 'encrypt' }, own)
    expect(judged(encrypting, { policy: { use: 'encrypt' } })).toBeUndefined()
    expect(judged(encrypting, { policy: { use: 'sign' } })).toBe('wrong-usage')
    expect(judged(own.issuing, { policy: { use: 'sign' } })).toBe('wrong-usage')
    const server = issued({ use: 'tls' }, own)
    expect(judged(server, { policy: { use: 'server' } })).toBeUndefined()
    expect(judged(server, { policy: { use: 'encrypt' } })).toBe('wrong-usage')
  })

  it('holds from its first second to its last', () => {
    expect(judged(leaf, { at: leaf.notBefore - 1, policy: { revocation: 'ignored' } })).toBe('not-yet-valid')
    expect(judged(leaf, { at: leaf.notBefore, policy: { revocation: 'ignored' } })).toBeUndefined()
    expect(judged(leaf, { at: leaf.notAfter, policy: { revocation: 'ignored' } })).toBeUndefined()
    expect(judged(leaf, { at: leaf.notAfter + 1, policy: { revocation: 'ignored' } })).toBe('expired')
  })

  it('does not hold under another root, without what lies between, or with another signature', () => {
    const stranger = testAuthority(suite, 'stranger')
    expect(judged(issued({}, stranger))).toBe('unknown-issuer')
    expect(verifyChain(leaf, [], [own.root], lists, NOON)?.name).toBe('unknown-issuer')
    expect(verifyChain(leaf, [own.issuing], [], lists, NOON)?.name).toBe('unknown-issuer')
    const forged = { ...leaf, signature: leaf.signature.with(9, (leaf.signature[9] ?? 0) ^ 1) }
    expect(judged(forged)).toBe('bad-signature')
    const renamed = { ...leaf, signed: leaf.signed.with(30, (leaf.signed[30] ?? 0) ^ 1) }
    expect(judged(renamed)).toBe('bad-signature')
  })

  it('refuses a revoked certificate from that moment on, and says why', () => {
    const revoked = [{ serial: leaf.serial, at: NOON - DAY_MS, reason: 'keyCompromise' }]
    const told = own.lists(NOON, revoked)
    expect(told[1]?.revoked.get(leaf.serial)).toEqual({ at: NOON - DAY_MS, reason: 'keyCompromise' })
    const found = verifyChain(leaf, [own.issuing], [own.root], told, NOON)
    expect(found).toMatchObject({ name: 'revoked', certificate: `${leaf.subject.text}, ${leaf.serial}` })
    expect(found?.en).toContain('2026-06-14T04:00:00.000Z (keyCompromise)')
    expect(found?.zh).toContain('吊销')
    expect(judged(issued({ serial: '6800000009' }, own), { known: told })).toBeUndefined()
    // A list that has run out still tells who was revoked.
    expect(judged(leaf, { known: told, at: NOON + 90 * DAY_MS })).toBe('revoked')
    expect(own.lists(NOON - 2 * DAY_MS, revoked)[1]?.revoked.size).toBe(0)
  })

  it('believes nobody without a list that holds now, unless the policy says so', () => {
    expect(judged(leaf, { known: [] })).toBe('no-fresh-list')
    expect(judged(leaf, { known: [], policy: { revocation: 'ignored' } })).toBeUndefined()
    expect(judged(leaf, { at: NOON + 9 * DAY_MS })).toBe('no-fresh-list')
    expect(judged(leaf, { known: own.lists(NOON + 9 * DAY_MS, []) })).toBe('no-fresh-list')
    // Both lists are needed, and a stranger's is none.
    expect(judged(leaf, { known: lists.slice(0, 1) })).toBe('no-fresh-list')
    expect(judged(leaf, { known: lists.slice(1) })).toBe('no-fresh-list')
    expect(judged(leaf, { known: testAuthority(suite, 'stranger').lists(NOON, []) })).toBe('no-fresh-list')
    const [ofRoot, ofIssuing] = lists
    if (ofRoot === undefined || ofIssuing === undefined) return expect.unreachable('two lists')
    const forged = { ...ofIssuing, signature: ofRoot.signature }
    expect(judged(leaf, { known: [ofRoot, forged] })).toBe('no-fresh-list')
  })

  it('ends at a test root only where that is allowed', () => {
    expect(judged(leaf, { policy: { testRoots: testRoots() } })).toBe('test-root')
    expect(testRoots().some(({ der }) => equalBytes(der, own.root.der))).toBe(true)
  })
})

describe('who may issue', () => {
  const ends = { notBefore: request.notBefore, notAfter: request.notAfter }
  const tower = authority({ root: smKey('r'), issuing: smKey('i'), organization: 'Tower', ...ends })

  it('is no end certificate, and no authority that may not', () => {
    const end = issued({ commonName: 'an end', key: publicHalf(smKey('e')) }, tower)
    const name = { country: 'CN', organization: 'Tower' }
    const form = {
      serial: 7n,
      issuer: { ...name, commonName: 'an end' },
      subject: { ...name, commonName: '30580001:SIGN' },
      ...ends,
      spki: writeSpki(key.publicKey),
      keyUsage: ['digitalSignature'] as const,
      subjectKeyId: '00'.repeat(20),
      authorityKeyId: end.subjectKeyId ?? '',
    }
    const signer = signingKeyOf(smKey('e').key.reveal())
    const nonce = (e: Bytes): Bytes => sm3(e)
    const signed = writeSigned(certificateBody(form, 'sm2WithSm3'), 'sm2WithSm3', (bytes) =>
      signSm2(signer, bytes, SM2_DEFAULT, nonce),
    )
    const found = verifyChain(
      certificate(signed),
      [end, tower.issuing],
      [tower.root],
      tower.lists(NOON, []),
      NOON,
    )
    expect(found).toMatchObject({ name: 'not-a-ca', certificate: `${end.subject.text}, ${end.serial}` })
    // Neither does it help to say that it may sign certificates, as long as it is no authority.
    const bold: X509 = { ...end, keyUsage: ['keyCertSign'] }
    const lists = tower.lists(NOON, [])
    const below = certificate(signed)
    expect(verifyChain(below, [bold, tower.issuing], [tower.root], lists, NOON)?.name).toBe('not-a-ca')
    const muted: X509 = { ...tower.issuing, keyUsage: ['cRLSign'] }
    const leaf = issued({}, tower)
    expect(verifyChain(leaf, [muted], [tower.root], tower.lists(NOON, []), NOON)?.name).toBe('not-a-ca')
  })

  it('is not below an authority that allows none below it', () => {
    const leaf = issued({}, tower)
    const low: X509 = { ...tower.root, authority: { pathLength: 0 } }
    expect(verifyChain(leaf, [tower.issuing], [low], tower.lists(NOON, []), NOON)?.name).toBe('path-too-long')
    expect(verifyChain(leaf, [tower.issuing], [tower.root], tower.lists(NOON, []), NOON)).toBeUndefined()
  })
})
