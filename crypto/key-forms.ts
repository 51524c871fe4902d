// How a pair is written down: SubjectPublicKeyInfo (RFC 5480) and PKCS#8 (RFC 5958) around ECPrivateKey (RFC 5915),
// and the two in PEM (RFC 7468). One form each way; what others write is read in key-file.ts.
import { type Bytes, concat, fromHex, toBase64 } from './bytes.ts'
import { checkBytes } from './check.ts'
import { writeTlv } from './der.ts'
import { checkPrivateKey, type PrivateKey } from './keys.ts'
import { POINT_BYTES } from './sm2-curve.ts'

const SEQUENCE = 0x30
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const PUBLIC_KEY = 0xa1

// id-ecPublicKey 1.2.840.10045.2.1 on sm2p256v1 1.2.156.10197.1.301, as an AlgorithmIdentifier.
const SM2_ALGORITHM = fromHex('301306072a8648ce3d020106082a811ccf5501822d')
const VERSION_0 = writeTlv(INTEGER, Uint8Array.of(0))
const VERSION_1 = writeTlv(INTEGER, Uint8Array.of(1))

const PEM_LINE = 64

export function writeSpki(publicKey: Bytes): Bytes {
  checkBytes('publicKey', publicKey, POINT_BYTES)
  return writeTlv(SEQUENCE, SM2_ALGORITHM, bits(publicKey))
}

// The public half is written too: a reader can then tell a damaged file from another key.
export function writePkcs8(key: PrivateKey): Bytes {
  if (key.suite === 'rsa') return key.key.reveal()
  const d = checkPrivateKey('key', key)
  if (key.suite !== 'sm') throw new TypeError('key must be a pair, a shared secret has no PKCS#8 form')
  const publicKey = writeTlv(PUBLIC_KEY, bits(key.publicKey))
  const inner = writeTlv(SEQUENCE, VERSION_1, writeTlv(OCTET_STRING, d), publicKey)
  return writeTlv(SEQUENCE, VERSION_0, SM2_ALGORITHM, writeTlv(OCTET_STRING, inner))
}

export function writePem(
  label: 'PUBLIC KEY' | 'PRIVATE KEY' | 'CERTIFICATE' | 'X509 CRL',
  der: Bytes,
): string {
  const lines = toBase64(checkBytes('der', der)).match(new RegExp(`.{1,${PEM_LINE}}`, 'g')) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function bits(bytes: Bytes): Bytes {
  return writeTlv(BIT_STRING, concat(Uint8Array.of(0), bytes))
}
