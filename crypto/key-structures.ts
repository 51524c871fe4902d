// The structures in which others keep an SM2 key: PKCS#8 (RFC 5958), ECPrivateKey (RFC 5915), SubjectPublicKeyInfo
// (RFC 5480) and X.509 certificates. Numbers and points are checked here, before anything is made of them.
import { X509Certificate } from 'node:crypto'
import { type Bytes, concat, toHex } from './bytes.ts'
import { bits, children, content, type Der, KeyFileError, member, oid, only, TAG } from './der-tree.ts'
import { isPoint, isPrivateScalar, POINT_BYTES, SCALAR_BYTES } from './sm2-curve.ts'
import { sm3 } from './sm3.ts'

// What one block of a file holds. `publicKey` beside `d` is the one that the file says belongs to it.
export type Part = {
  readonly form: string
  readonly d?: Bytes
  readonly publicKey?: Bytes
  readonly certificate?: Certificate
  readonly notes?: readonly string[]
}

export type Certificate = {
  readonly subject: string
  readonly issuer: string
  readonly notBefore: string
  readonly notAfter: string
  readonly serialHex: string
  // UnionPay and others name certificates by this number.
  readonly serialDecimal: string
  readonly sm3: string
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const SM2_CURVE = '1.2.156.10197.1.301'
const OTHERS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': 'an RSA key',
  '1.2.840.113549.1.1.10': 'an RSA key',
  '1.2.840.10040.4.1': 'a DSA key',
  '1.3.101.110': 'an X25519 key',
  '1.3.101.112': 'an Ed25519 key',
  '1.2.840.10045.3.1.7': 'a key on the curve P-256',
  '1.3.132.0.34': 'a key on the curve P-384',
  '1.3.132.0.35': 'a key on the curve P-521',
  '1.3.132.0.10': 'a key on the curve secp256k1',
}
const CONTEXT_0 = 0xa0
const CONTEXT_1 = 0xa1

export function readPkcs8(root: Der): Part {
  const [version, algorithm, wrapped] = children(root)
  member(root, version, TAG.integer, 'the version of the PrivateKeyInfo')
  checkAlgorithm(member(root, algorithm, TAG.sequence, 'the algorithm of the PrivateKeyInfo'))
  const octets = member(root, wrapped, TAG.octetString, 'the privateKey of the PrivateKeyInfo')
  return { ...readSec1(only(octets, TAG.sequence, 'the ECPrivateKey')), form: 'a private key in PKCS#8' }
}

// `alone` when nothing around it has said which curve.
export function readSec1(root: Der, alone = false): Part {
  const [version, key, ...rest] = children(root)
  member(root, version, TAG.integer, 'the version of the ECPrivateKey')
  const octets = member(root, key, TAG.octetString, 'the privateKey of the ECPrivateKey')
  const parameters = rest.find(({ tag }) => tag === CONTEXT_0)
  if (parameters !== undefined) checkCurve(parameters, children(parameters)[0])
  else if (alone)
    throw new KeyFileError(
      'the ECPrivateKey does not name its curve',
      root.at,
      'write it as PKCS#8: openssl pkcs8 -topk8 -nocrypt',
    )
  const half = rest.find(({ tag }) => tag === CONTEXT_1)
  const publicKey =
    half && checkPoint(bits(only(half, TAG.bitString, 'the publicKey of the ECPrivateKey')), half.at)
  return {
    form: 'a private key in SEC 1 (EC PRIVATE KEY)',
    ...readScalar(octets),
    ...(publicKey && { publicKey }),
  }
}

export function readSpki(root: Der): Part {
  const [algorithm, key] = children(root)
  checkAlgorithm(member(root, algorithm, TAG.sequence, 'the algorithm of the SubjectPublicKeyInfo'))
  const point = member(root, key, TAG.bitString, 'the subjectPublicKey')
  return {
    form: 'a public key in SubjectPublicKeyInfo',
    publicKey: checkPoint(bits(point), point.at),
  }
}

export function readCertificate(root: Der): Part {
  const [signed] = children(root)
  const fields = children(member(root, signed, TAG.sequence, 'the tbsCertificate'))
  // The version is left out of version 1.
  const spki = fields[fields[0]?.tag === CONTEXT_0 ? 6 : 5]
  const { publicKey } = readSpki(member(root, spki, TAG.sequence, 'the subjectPublicKeyInfo'))
  const der = root.bytes.subarray(root.at, root.end)
  return {
    form: 'a certificate',
    certificate: described(der, root.at),
    ...(publicKey && { publicKey }),
  }
}

export function checkPoint(bytes: Bytes, at?: number): Bytes {
  if (isPoint(bytes)) return Uint8Array.from(bytes)
  if (bytes.length === 33 && (bytes[0] === 2 || bytes[0] === 3)) {
    throw new KeyFileError(
      'the public point is compressed',
      at,
      'write it uncompressed: openssl pkey -ec_conv_form uncompressed',
    )
  }
  throw new KeyFileError(
    bytes.length === POINT_BYTES && bytes[0] === 4
      ? 'the public point is not on the curve sm2p256v1'
      : `the public point must be 04 and two coordinates, ${POINT_BYTES} bytes; it is ${bytes.length} bytes`,
    at,
    'the file is damaged or of another curve: ask its owner for it again',
  )
}

export function checkScalar(d: Bytes, at?: number): Bytes {
  if (isPrivateScalar(d)) return Uint8Array.from(d)
  throw new KeyFileError(
    'the private number is not from 1 to n - 2, so it is no SM2 key',
    at,
    'make another: sifang keys new',
  )
}

// RFC 5915 wants 32 bytes; some writers drop the zeros in front, some add one as if it were an INTEGER.
function readScalar(octets: Der): { readonly d: Bytes; readonly notes: readonly string[] } {
  const written = content(octets)
  const extra = written.length === SCALAR_BYTES + 1 && written[0] === 0
  if (written.length === 0 || (written.length > SCALAR_BYTES && !extra)) {
    throw new KeyFileError(
      `the private number must be ${SCALAR_BYTES} bytes, it is ${written.length}`,
      octets.at,
    )
  }
  const digits = extra ? written.subarray(1) : written
  const d = checkScalar(concat(new Uint8Array(SCALAR_BYTES - digits.length), digits), octets.at)
  const notes =
    written.length === SCALAR_BYTES
      ? []
      : [`its private number was written in ${written.length} bytes instead of 32`]
  return { d, notes }
}

function checkAlgorithm(algorithm: Der): void {
  const [name, curve] = children(algorithm)
  const found = oid(member(algorithm, name, TAG.oid, 'the name of the algorithm'))
  if (found !== EC_PUBLIC_KEY) throw notSm2(found, algorithm.at)
  checkCurve(algorithm, curve)
}

function checkCurve(parent: Der, curve: Der | undefined): void {
  if (curve?.tag === TAG.sequence) {
    throw new KeyFileError(
      'the curve is spelled out in numbers instead of named',
      curve.at,
      'write it with its name: openssl pkey -ec_param_enc named_curve',
    )
  }
  const found = oid(member(parent, curve, TAG.oid, 'the curve'))
  if (found !== SM2_CURVE) throw notSm2(found, parent.at)
}

function notSm2(found: string, at: number): KeyFileError {
  const name = OTHERS[found] ?? 'a key of another kind'
  return new KeyFileError(`it holds ${name} (${found}), not an SM2 key`, at, 'make one: sifang keys new')
}

// The names and dates are OpenSSL's reading; most of them it reads only when they are asked for.
function described(der: Bytes, at: number): Certificate {
  try {
    const read = new X509Certificate(der)
    const serial = read.serialNumber.toLowerCase()
    const [minus, digits] = serial.startsWith('-') ? ['-', serial.slice(1)] : ['', serial]
    return {
      subject: oneLine(read.subject),
      issuer: oneLine(read.issuer),
      notBefore: instant(read.validFromDate),
      notAfter: instant(read.validToDate),
      serialHex: serial,
      serialDecimal: `${minus}${BigInt(`0x${digits}`)}`,
      sm3: toHex(sm3(der)),
    }
  } catch {
    throw new KeyFileError(
      'OpenSSL does not read this certificate',
      at,
      'look at it with openssl x509 -text, and ask its issuer',
    )
  }
}

// Names are the issuer's words: whatever would move a terminal's cursor is shown as a question mark.
function oneLine(name: string | undefined): string {
  return (
    (name ?? '')
      .split('\n')
      .join(', ')
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '?') || '(empty)'
  )
}

function instant(date: Date): string {
  return Number.isNaN(date.getTime()) ? '(unreadable)' : date.toISOString()
}
