// OpenSSL's command line and jsrsasign as second opinions on what the test authority writes. Skipped, with the reason, where
// there is no openssl, or one without SM2.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  type CertificateRequest,
  publicHalf,
  readX509,
  rsaTestKey,
  signRsa,
  sm3,
  SM2_DEFAULT,
  testAuthority,
  utf8,
  verifyChain,
  writePem,
} from './crypto.ts'
import { toHex } from './bytes.ts'
import { writeSpki } from './key-forms.ts'
import { rsaCertificate, rsaRevocationList } from './rsa-jsrsasign.ts'
import { publicPoint } from './sm2-curve.ts'
import { certificateBody, listBody, writeSigned } from './x509-write.ts'

const NOON = Date.UTC(2026, 5, 15, 4)
const DAY_MS = 24 * 3600 * 1000
const DEFAULT_ID = SM2_DEFAULT.userId

const folder = mkdtempSync(join(tmpdir(), 'sifang-x509-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const words = (text: string): readonly string[] => text.split(' ')
const openssl = (...args: readonly string[]) => spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
const missing = reason()
if (missing !== '') console.warn(`openssl is no second opinion on certificates here: ${missing}`)

function reason(): string {
  const { error, stdout } = openssl('version')
  if (error !== undefined) return `it cannot be run (${error.message})`
  if (!/^OpenSSL [3-9]/.test(stdout)) return `${stdout.trim()} is older than OpenSSL 3`
  const made = openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2')
  return made.status === 0 ? '' : 'it was built without SM2'
}

const d = sm3(utf8('an end'))
const smHalf = { suite: 'sm', publicKey: publicPoint(d) } as const
const request: CertificateRequest = {
  commonName: '30580001:SIGN',
  use: 'sign',
  key: smHalf,
  serial: '6800000001',
  notBefore: NOON - 365 * DAY_MS,
  notAfter: NOON + 200 * 365 * DAY_MS,
}

function write(name: string, label: 'CERTIFICATE' | 'X509 CRL' | 'PUBLIC KEY', der: Uint8Array): string {
  writeFileSync(join(folder, name), writePem(label, der))
  return name
}

function written(own: Authority, leaf: Uint8Array): { root: string; ca: string; leaf: string } {
  return {
    root: write('root.pem', 'CERTIFICATE', own.root.der),
    ca: write('ca.pem', 'CERTIFICATE', own.issuing.der),
    leaf: write('leaf.pem', 'CERTIFICATE', leaf),
  }
}

const at = ['-x509_strict', '-attime', String(NOON / 1000)]

describe.skipIf(missing !== '')('openssl', () => {
  it('verifies a chain of SM2, step by step, under the user id of certificates and no other', () => {
    const own = testAuthority('sm')
    // Its user id reaches the certificate that is verified and no other, so each step is a verification of its own.
    for (const use of ['sign', 'encrypt', 'tls'] as const) {
      const { root, ca, leaf } = written(own, own.issue({ ...request, use }))
      const verified = (id: string, ...rest: readonly string[]) =>
        openssl('verify', ...at, '-vfyopt', `distid:${id}`, ...rest).stdout.trim()
      expect(verified(DEFAULT_ID, '-CAfile', root, ca)).toBe('ca.pem: OK')
      expect(verified(DEFAULT_ID, '-partial_chain', '-trusted', ca, leaf)).toBe('leaf.pem: OK')
      expect(verified('ALICE123@YAHOO.COM', '-partial_chain', '-trusted', ca, leaf)).toBe('')
    }
  })

  it('verifies an RSA chain whole, with both revocation lists, and refuses what they revoke', () => {
    const own = testAuthority('rsa')
    const { root, ca, leaf } = written(own, own.issue({ ...request, key: publicHalf(rsaTestKey('5')) }))
    const verified = (revoked: Parameters<Authority['lists']>[1]) => {
      const lists = own.lists(NOON, revoked).map(({ der }) => writePem('X509 CRL', der))
      writeFileSync(join(folder, 'lists.pem'), lists.join(''))
      return openssl(
        'verify',
        ...at,
        '-crl_check_all',
        '-CRLfile',
        'lists.pem',
        '-CAfile',
        root,
        '-untrusted',
        ca,
        leaf,
      )
    }
    expect(verified([]).stdout.trim()).toBe('leaf.pem: OK')
    const revoked = verified([{ serial: request.serial, at: NOON - DAY_MS, reason: 'keyCompromise' }])
    expect(revoked.stderr).toContain('certificate revoked')
  })

  it('verifies the signature of an SM2 revocation list, and reads it', () => {
    const own = testAuthority('sm')
    const [, list] = own.lists(NOON, [{ serial: '6800000004', at: NOON - DAY_MS, reason: 'superseded' }])
    if (list === undefined || own.issuing.key.suite !== 'sm') return expect.unreachable('it is there')
    // Its own check of lists has no way to be told a user id.
    writeFileSync(join(folder, 'signed'), list.signed)
    writeFileSync(join(folder, 'signature'), list.signature)
    const key = write('ca-key.pem', 'PUBLIC KEY', writeSpki(own.issuing.key.publicKey))
    const verified = openssl(
      ...words(`pkeyutl -verify -pubin -inkey ${key} -rawin -digest sm3 -pkeyopt distid:${DEFAULT_ID}`),
      ...words('-in signed -sigfile signature'),
    )
    expect(verified.stdout.trim()).toBe('Signature Verified Successfully')
    const text = openssl('crl', '-noout', '-text', '-in', write('list.pem', 'X509 CRL', list.der)).stdout
    expect(text).toContain(`Serial Number: ${6_800_000_004n.toString(16).toUpperCase().padStart(10, '0')}`)
    expect(text).toContain('Superseded')
    expect(text).toContain('Next Update: Jun 19 00:00:00 2026 GMT')
  })

  it.each(['sm', 'rsa'] as const)('reads in a certificate of the suite %s what was asked for', (suite) => {
    const own = testAuthority(suite)
    const key = suite === 'sm' ? smHalf : publicHalf(rsaTestKey('5'))
    const { leaf } = written(own, own.issue({ ...request, key, use: 'encrypt' }))
    const text = openssl('x509', '-noout', '-text', '-in', leaf).stdout
    for (const line of [
      'Version: 3 (0x2)',
      'Serial Number: 6800000001 (0x1954fc401)',
      'Subject: C = CN, O = Sifang TEST network, CN = 30580001:SIGN',
      'Issuer: C = CN, O = Sifang TEST network, CN = Sifang TEST network Issuing',
      'Key Encipherment, Data Encipherment',
      suite === 'sm' ? 'Signature Algorithm: SM2-with-SM3' : 'Signature Algorithm: sha256WithRSAEncryption',
      suite === 'sm' ? 'ASN1 OID: SM2' : 'Public-Key: (2048 bit)',
    ])
      expect(text).toContain(line)
  })

  it('writes certificates that are read here: SM2 and RSA, made by its own hand', () => {
    for (const [kind, options] of [
      ['SM2', ['-sm3', '-sigopt', `distid:${DEFAULT_ID}`]],
      ['RSA', ['-sha256']],
    ] as const) {
      openssl('genpkey', '-algorithm', kind, '-out', `${kind}.key`)
      const made = openssl(
        ...words(`req -x509 -new -key ${kind}.key -days 30 -subj /C=CN/CN=40000001:SIGN`),
        ...options,
      )
      expect(made.status, made.stderr).toBe(0)
      const der = made.stdout
      const read = readX509(utf8(der))
      if (read.kind === 'refused') return expect.unreachable(read.en)
      expect(read.subject.commonName).toBe('40000001:SIGN')
      const policy = { revocation: 'ignored' } as const
      const found = verifyChain(read, [], [read], [], read.notBefore, policy)
      expect(found).toBeUndefined()
      const spoiled = { ...read, signature: read.signature.with(-1 + read.signature.length, 0x55) }
      expect(verifyChain(spoiled, [], [read], [], read.notBefore, policy)?.name).toBe('bad-signature')
    }
  })
})

describe('jsrsasign and our own writer', () => {
  const issuer = rsaTestKey('issuing')
  const name = (commonName: string) => ({
    country: 'CN',
    organization: 'Sifang TEST network 测试',
    commonName,
  })
  const ids = { subjectKeyId: '11'.repeat(20), authorityKeyId: '22'.repeat(20) }
  const signed = (body: Uint8Array): string =>
    toHex(writeSigned(body, 'sha256WithRsa', (bytes) => signRsa(issuer, bytes)))

  it.each([
    ['an end', { keyUsage: ['digitalSignature', 'nonRepudiation'] }],
    ['an authority', { keyUsage: ['keyCertSign', 'cRLSign'], authority: { pathLength: 0 } }],
    [
      'a TLS server until 2300',
      {
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['serverAuth', 'clientAuth'],
        hosts: { names: ['localhost'], addresses: ['7f000001'] },
        notAfter: Date.UTC(2300, 0, 1),
      },
    ],
  ] as const)('write the same bytes for %s', (_, change) => {
    const form = {
      serial: 2n ** 130n + 17n,
      issuer: name('Issuing'),
      subject: name('30580001:SIGN'),
      notBefore: NOON,
      notAfter: Date.UTC(2049, 11, 31, 23, 59, 59),
      spki: rsaTestKey('6').publicKey,
      ...ids,
      ...change,
    }
    expect(toHex(rsaCertificate(form, issuer))).toBe(signed(certificateBody(form, 'sha256WithRsa')))
  })

  it.each([0, 1, 3])('write the same bytes for a list of %i', (count) => {
    const form = {
      issuer: name('Issuing'),
      thisUpdate: NOON,
      nextUpdate: NOON + DAY_MS,
      number: 294_700_001n,
      revoked: Array.from({ length: count }, (_, index) => ({
        serial: 6_800_000_001n + BigInt(index) * 0x80n,
        at: NOON - index * DAY_MS,
        reason: index === 0 ? 'keyCompromise' : 'aACompromise',
      })),
      authorityKeyId: ids.authorityKeyId,
    }
    expect(toHex(rsaRevocationList(form, issuer))).toBe(signed(listBody(form, 'sha256WithRsa')))
  })
})
