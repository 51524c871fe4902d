// A certification authority of a test network: a root, under it one that issues, and what the two sign. Everything follows
// from the keys and the arguments; nothing is drawn, and no clock is read. The keys of testAuthority are public:
// whoever trusts its root trusts everybody.
import { hash } from 'node:crypto'
import { type Bytes, concat, toHex, utf8 } from './bytes.ts'
import { writeSpki } from './key-forms.ts'
import { type PrivateKey, type PublicKey, publicHalf, signingKey } from './keys.ts'
import { publicPoint } from './sm2-curve.ts'
import { Secret } from './secret.ts'
import type { RsaPrivateKey } from './rsa.ts'
import { rsaCertificate, rsaRevocationList } from './rsa-jsrsasign.ts'
import { rsaTestKey } from './rsa-test-keys.ts'
import { SM2_DEFAULT } from './sm2-options.ts'
import { signSm2 } from './sm2-sign.ts'
import { hmacSm3, sm3 } from './sm3.ts'
import { readX509, type X509, type X509Key, type X509Refusal } from './x509.ts'
import { readRevocationList, type RevocationList } from './x509-list.ts'
import {
  certificateBody,
  type CertificateForm,
  listBody,
  type ListForm,
  type NameForm,
  writeSharedSpki,
  writeSigned,
} from './x509-write.ts'
import type { KeyUsage } from './x509-words.ts'

export type CertificateUse = 'sign' | 'encrypt' | 'tls'

export type CertificateRequest = {
  readonly commonName: string
  readonly use: CertificateUse
  readonly key: PublicKey | TlsPublicKey
  // Decimal, in its one canonical form.
  readonly serial: string
  readonly notBefore: number
  readonly notAfter: number
  // Where a TLS server is found.
  readonly hosts?: CertificateForm['hosts']
}

// SubjectPublicKeyInfo of a key on P-256, for TLS.
export type TlsPublicKey = { readonly suite: 'p256'; readonly publicKey: Bytes }

export type RevokedSerial = { readonly serial: string; readonly at: number; readonly reason: string }

export type Authority = {
  readonly root: X509
  readonly issuing: X509
  issue(request: CertificateRequest): Bytes
  // The root's list, about the issuing authority, and that one's, about the ends. They hold for a week around `at`.
  lists(at: number, revoked: readonly RevokedSerial[]): readonly RevocationList[]
}

type Signer = Extract<PrivateKey, { suite: 'sm' }> | RsaPrivateKey

export type AuthorityKeys = {
  readonly root: Signer
  readonly issuing: Signer
  readonly organization: string
  readonly notBefore: number
  readonly notAfter: number
}

const COUNTRY = 'CN'
const ID_HEX_DIGITS = 40
const DAY_MS = 24 * 3600 * 1000
const LIST_DAYS = 7
// A list is there a day before the one before it ends.
const LIST_OVERLAP_MS = DAY_MS
const NUMBERS_PER_WEEK = 100_000n
const ROOT_SERIAL = 1n
const ISSUING_SERIAL = 2n

const USAGES: Readonly<Record<CertificateUse, readonly KeyUsage[]>> = {
  sign: ['digitalSignature', 'nonRepudiation'],
  encrypt: ['keyEncipherment', 'dataEncipherment'],
  tls: ['digitalSignature'],
}

export function authority({ root, issuing, organization, ...life }: AuthorityKeys): Authority {
  const name = (commonName: string): NameForm => ({ country: COUNTRY, organization, commonName })
  const top = issuerOf(name(`${organization} Root`), root)
  const below = issuerOf(name(`${organization} Issuing`), issuing)
  return {
    root: above(top, top, ROOT_SERIAL, 1, life),
    issuing: above(below, top, ISSUING_SERIAL, 0, life),
    issue: (request) => endCertificate(request, name(request.commonName), below),
    lists: (at, revoked) => [weekList(top, at, []), weekList(below, at, revoked)],
  }
}

type Issuer = { readonly name: NameForm; readonly key: Signer; readonly spki: Bytes; readonly id: string }
type Life = Pick<AuthorityKeys, 'notBefore' | 'notAfter'>

function issuerOf(name: NameForm, key: Signer): Issuer {
  const spki = spkiOf(publicHalf(key))
  return { name, key, spki, id: keyIdOf(spki) }
}

function above(subject: Issuer, issuer: Issuer, serial: bigint, pathLength: number, life: Life): X509 {
  const form: CertificateForm = {
    ...life,
    serial,
    issuer: issuer.name,
    subject: subject.name,
    spki: subject.spki,
    authority: { pathLength },
    keyUsage: ['keyCertSign', 'cRLSign'],
    subjectKeyId: subject.id,
    authorityKeyId: issuer.id,
  }
  return ours(readX509(writeCertificate(form, issuer.key)))
}

function endCertificate(request: CertificateRequest, subject: NameForm, issuer: Issuer): Bytes {
  const { key, serial, notBefore, notAfter, hosts, use } = request
  if (issuer.key.suite === 'rsa' && key.suite !== 'rsa' && key.suite !== 'p256')
    throw new TypeError(
      `an RSA authority certifies RSA keys and keys on P-256, not one of the suite ${key.suite}`,
    )
  const spki = spkiOf(key)
  const form: CertificateForm = {
    serial: BigInt(serial),
    issuer: issuer.name,
    subject,
    notBefore,
    notAfter,
    spki,
    keyUsage: USAGES[use],
    ...(use === 'tls' && { extendedKeyUsage: ['serverAuth', 'clientAuth'] as const }),
    ...(hosts !== undefined && { hosts }),
    subjectKeyId: keyIdOf(spki),
    authorityKeyId: issuer.id,
  }
  return writeCertificate(form, issuer.key)
}

// Weeks count from 1970.
function weekList(issuer: Issuer, at: number, revoked: readonly RevokedSerial[]): RevocationList {
  const week = Math.floor(at / (LIST_DAYS * DAY_MS))
  const thisUpdate = week * LIST_DAYS * DAY_MS
  const known = revoked.filter((one) => one.at <= at)
  const form: ListForm = {
    issuer: issuer.name,
    thisUpdate,
    nextUpdate: thisUpdate + LIST_DAYS * DAY_MS + LIST_OVERLAP_MS,
    // A later one has a higher number, within a week as well.
    number: BigInt(week) * NUMBERS_PER_WEEK + BigInt(known.length),
    revoked: known.map((one) => ({ ...one, serial: BigInt(one.serial) })),
    authorityKeyId: issuer.id,
  }
  return ours(readRevocationList(writeList(form, issuer.key)))
}

const TEST_FROM = Date.UTC(2020, 0, 1)
const TEST_UNTIL = Date.UTC(2399, 11, 31)

const made = new Map<string, Authority>()

// The test network's: the same keys and the same bytes everywhere and always. `stranger` is one that nobody trusts.
export function testAuthority(suite: 'sm' | 'rsa', whose: 'network' | 'stranger' = 'network'): Authority {
  const before = made.get(`${suite} ${whose}`)
  if (before !== undefined) return before
  const names = whose === 'network' ? (['root', 'issuing'] as const) : (['stranger', 'stranger'] as const)
  const [root, issuing] = names.map((name) => (suite === 'rsa' ? rsaTestKey(name) : sm2TestKey(name)))
  if (root === undefined || issuing === undefined) throw new Error('there are two names')
  const organization = whose === 'network' ? 'Sifang TEST network' : 'Sifang TEST stranger'
  const found = authority({ root, issuing, organization, notBefore: TEST_FROM, notAfter: TEST_UNTIL })
  made.set(`${suite} ${whose}`, found)
  return found
}

// The roots of both suites, for whoever must refuse them.
export function testRoots(): readonly X509[] {
  return (['sm', 'rsa'] as const).map((suite) => testAuthority(suite).root)
}

// SM2 TEST KEYS, from their names: as public as rsa-test-keys.ts.
function sm2TestKey(name: string): Extract<PrivateKey, { suite: 'sm' }> {
  const d = sm3(utf8(`sifang SM2 test key ${name}`))
  return { suite: 'sm', key: new Secret(d, '[sm test key]'), publicKey: publicPoint(d) }
}

// What a certificate says of a shared secret: enough to tell that it is this one, and nothing of what it is.
function sharedCheck(secret: Bytes): Bytes {
  return hmacSm3(secret, utf8('sifang shared secret'))
}

// Whether a certificate is about this key.
export function certifies({ key }: X509, of: PublicKey): boolean {
  return (
    toHex(certified(key)) ===
      toHex(of.suite === 'sm3-shared' ? sharedCheck(of.key.reveal()) : of.publicKey) && key.suite === of.suite
  )
}

const certified = (key: X509Key): Bytes => (key.suite === 'sm3-shared' ? key.check : key.publicKey)

function spkiOf(key: PublicKey | TlsPublicKey): Bytes {
  if (key.suite === 'sm') return writeSpki(key.publicKey)
  return key.suite === 'sm3-shared' ? writeSharedSpki(sharedCheck(key.key.reveal())) : key.publicKey
}

// The leftmost 160 bits of SHA-256 over the key as it is written (RFC 7093, method 4).
const keyIdOf = (spki: Bytes): string => hash('sha256', spki, 'hex').slice(0, ID_HEX_DIGITS)

function writeCertificate(form: CertificateForm, signer: Signer): Bytes {
  return signer.suite === 'rsa'
    ? rsaCertificate(form, signer)
    : writeSigned(certificateBody(form, 'sm2WithSm3'), 'sm2WithSm3', (bytes) => signFixed(signer, bytes))
}

function writeList(form: ListForm, signer: Signer): Bytes {
  return signer.suite === 'rsa'
    ? rsaRevocationList(form, signer)
    : writeSigned(listBody(form, 'sm2WithSm3'), 'sm2WithSm3', (bytes) => signFixed(signer, bytes))
}

// The nonce follows from key and message alone, as in RFC 6979: the same certificate has the same bytes.
function signFixed(signer: Extract<PrivateKey, { suite: 'sm' }>, bytes: Bytes): Bytes {
  const own = signingKey('signer', signer)
  if (own instanceof Uint8Array) throw new TypeError('signer must be an SM2 pair')
  return signSm2(own, bytes, SM2_DEFAULT, (e, attempt) => sm3(concat(own.d, e, Uint8Array.of(attempt))))
}

// What we have just written reads back, or we are wrong.
function ours<T extends X509 | RevocationList>(read: T | X509Refusal): T {
  if (read.kind === 'refused') throw new Error(`the authority wrote what cannot be read: ${read.en}`)
  return read
}
