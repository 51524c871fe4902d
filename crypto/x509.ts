// X.509 certificates, read strictly from PEM or DER (RFC 5280; SM2 after GM/T 0006 and GB/T 20518). Our own reader, because
// @peculiar/x509 brings eleven packages and takes BER, duplicate extensions and negative serial numbers as they come, and
// Node's X509Certificate finds no SM2 signature right; the strict DER was here already.
import { type Bytes, fromBase64, toHex } from './bytes.ts'
import { checkBytes } from './check.ts'
import {
  bits,
  children,
  content,
  type Der,
  KeyFileError,
  member,
  oid,
  only,
  readDer,
  smallInteger,
  TAG,
} from './der-tree.ts'
import { rsaPublic } from './rsa.ts'
import { isPoint } from './sm2-curve.ts'
import {
  checkSameAlgorithm,
  checkUnderstood,
  encoded,
  type Extension,
  type Name,
  readExtensions,
  readName,
  readSerial,
  readSigned,
  readTime,
  type Signed,
} from './x509-parts.ts'
import { KEY_USAGES, type KeyUsage, OID, X509Error } from './x509-words.ts'

export type X509Key =
  | { readonly suite: 'sm'; readonly publicKey: Bytes }
  // SubjectPublicKeyInfo in DER.
  | { readonly suite: 'rsa'; readonly publicKey: Bytes }
  // For TLS.
  | { readonly suite: 'p256'; readonly publicKey: Bytes }
  // Ours: what the shared secret comes to (authority.ts).
  | { readonly suite: 'sm3-shared'; readonly check: Bytes }

export type X509 = Signed & {
  readonly kind: 'certificate'
  readonly der: Bytes
  // The one canonical form, decimal; UnionPay and others name certificates by it.
  readonly serial: string
  readonly serialHex: string
  readonly issuer: Name
  readonly subject: Name
  // Milliseconds since 1970; both ends belong to it.
  readonly notBefore: number
  readonly notAfter: number
  readonly key: X509Key
  readonly authority?: { readonly pathLength?: number }
  readonly keyUsage?: readonly KeyUsage[]
  readonly extendedKeyUsage?: readonly string[]
  readonly subjectKeyId?: string
  readonly authorityKeyId?: string
}

export type X509Refusal = {
  readonly kind: 'refused'
  readonly zh: string
  readonly en: string
  readonly at?: number
}

const BYTES_MAX = 64 * 1024
const VERSION_3 = 2
const CONTEXT_0 = 0xa0
const CONTEXT_3 = 0xa3
const KEY_ID = 0x80
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g
// What a chain is judged by, and what changes nothing in it.
const UNDERSTOOD: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectAltName,
]

// The one certificate in these bytes.
export function readX509(bytes: Bytes): X509 | X509Refusal {
  return refusals(() => readCertificate(derOf(bytes, 'CERTIFICATE')))
}

// One DER or one PEM block with this label; nothing else beside it.
export function derOf(bytes: Bytes, label: string): Bytes {
  checkBytes('bytes', bytes)
  if (bytes.length > BYTES_MAX)
    throw new X509Error(
      '超过 64 KiB',
      'this is larger than 64 KiB, so neither a certificate nor a list of them',
    )
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.includes('-----BEGIN ')) return bytes
  const blocks = [...text.matchAll(PEM)]
  const [block] = blocks
  if (blocks.length !== 1 || block?.[1] !== label)
    throw new X509Error(
      `应当恰有一个 ${label} 的 PEM 块`,
      `there must be one PEM block labelled ${label}, there are ${blocks.length} blocks (${blocks.map(([, name]) => name).join(', ')})`,
    )
  const der = fromBase64((block[2] ?? '').replace(/[\r\n]/g, ''))
  if (der === undefined) throw new X509Error('PEM 不是严格的 base64', 'the PEM is not strict base64')
  return der
}

export function refusals<T>(read: () => T): T | X509Refusal {
  try {
    return read()
  } catch (error) {
    if (error instanceof X509Error || error instanceof KeyFileError) {
      const { at } = error
      const zh = error instanceof X509Error ? error.zh : `DER 结构不合规：${error.message}`
      return { kind: 'refused', zh, en: error.message, ...(at !== undefined && { at }) }
    }
    throw error
  }
}

function readCertificate(der: Bytes): X509 {
  const { tbs, outer, parts } = readSigned(readDer(der))
  const [version, serial, algorithm, issuer, validity, subject, spki, ...rest] = children(tbs)
  if (version?.tag !== CONTEXT_0 || smallInteger(only(version, TAG.integer, 'the version')) !== VERSION_3)
    throw new X509Error('应为第 3 版证书', 'this must be a certificate of version 3', version?.at ?? tbs.at)
  const number = readSerial(member(tbs, serial, TAG.integer, 'the serial number'))
  checkSameAlgorithm(member(tbs, algorithm, TAG.sequence, 'the signature algorithm'), outer)
  const [from, to, more] = children(member(tbs, validity, TAG.sequence, 'the validity'))
  if (more !== undefined) throw new X509Error('有效期之后还有内容', 'something follows the validity', more.at)
  const [notBefore, notAfter] = [readTime(tbs, from, 'notBefore'), readTime(tbs, to, 'notAfter')]
  if (notBefore > notAfter)
    throw new X509Error('有效期的终点早于起点', 'notAfter is before notBefore', to?.at)
  const [explicit, beyond] = rest
  if (explicit?.tag !== CONTEXT_3 || beyond !== undefined)
    throw new X509Error(
      '公钥之后应当只有扩展项',
      'after the public key there must be the extensions and nothing else',
      (beyond ?? explicit)?.at ?? tbs.end,
    )
  const extensions = readExtensions(tbs, explicit)
  checkUnderstood(extensions, UNDERSTOOD)
  return {
    kind: 'certificate',
    ...parts,
    der,
    serial: number.toString(),
    serialHex: number.toString(16),
    issuer: readName(member(tbs, issuer, TAG.sequence, 'the issuer'), 'the issuer'),
    subject: readName(member(tbs, subject, TAG.sequence, 'the subject'), 'the subject'),
    notBefore,
    notAfter,
    key: readKey(member(tbs, spki, TAG.sequence, 'the subjectPublicKeyInfo')),
    ...readUses(extensions),
  }
}

function readKey(spki: Der): X509Key {
  const [algorithm, value, more] = children(spki)
  const [name, parameters] = children(member(spki, algorithm, TAG.sequence, 'the algorithm of the key'))
  if (more !== undefined) throw new X509Error('公钥之后还有内容', 'something follows the public key', more.at)
  const id = oid(member(spki, name, TAG.oid, 'the name of the key’s algorithm'))
  const key = Uint8Array.from(bits(member(spki, value, TAG.bitString, 'the public key')))
  if (id === OID.sharedSecret) return { suite: 'sm3-shared', check: key }
  if (id === OID.rsaEncryption) return readRsaKey(spki)
  const curve = id === OID.ecPublicKey && parameters?.tag === TAG.oid ? oid(parameters) : undefined
  if (curve === OID.p256) return { suite: 'p256', publicKey: Uint8Array.from(encoded(spki)) }
  if (curve !== OID.sm2Curve)
    throw new X509Error(
      `不接受的公钥种类 ${curve ?? id}`,
      `it certifies a key of the kind ${curve ?? id}; SM2, RSA and P-256 are taken`,
      spki.at,
    )
  if (!isPoint(key))
    throw new X509Error('公钥不是 sm2p256v1 曲线上的点', 'its public key is no point of sm2p256v1', spki.at)
  return { suite: 'sm', publicKey: key }
}

// Size and exponent are looked at here: a chain must not fall over a certificate that somebody made.
function readRsaKey(spki: Der): X509Key {
  const key = { suite: 'rsa', publicKey: Uint8Array.from(encoded(spki)) } as const
  try {
    rsaPublic('its public key', key)
    return key
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new X509Error(
      'RSA 公钥不合规（应为 2048 至 8192 位，奇数指数不小于 65537）',
      error.message,
      spki.at,
    )
  }
}

type Uses = Pick<X509, 'authority' | 'keyUsage' | 'extendedKeyUsage' | 'subjectKeyId' | 'authorityKeyId'>

function readUses(extensions: readonly Extension[]): Uses {
  const inside = (id: string): Der | undefined => {
    const value = extensions.find((one) => one.id === id)?.value
    return value === undefined ? undefined : onlyOne(value)
  }
  const [constraints, usage, purposes] = [OID.basicConstraints, OID.keyUsage, OID.extendedKeyUsage].map(
    inside,
  )
  const [subjectKeyId, authorityKeyId] = [inside(OID.subjectKeyId), inside(OID.authorityKeyId)]
  const issuerKey = authorityKeyId && children(authorityKeyId).find(({ tag }) => tag === KEY_ID)
  const authority = constraints && readConstraints(constraints)
  return {
    ...(authority !== undefined && { authority }),
    ...(usage !== undefined && { keyUsage: readKeyUsage(usage) }),
    ...(purposes !== undefined && { extendedKeyUsage: children(purposes).map(oid) }),
    ...(subjectKeyId !== undefined && {
      subjectKeyId: toHex(
        content(member(subjectKeyId, subjectKeyId, TAG.octetString, 'the subjectKeyIdentifier')),
      ),
    }),
    ...(issuerKey !== undefined && { authorityKeyId: toHex(content(issuerKey)) }),
  }
}

function onlyOne(value: Der): Der {
  const [one, more] = children(value)
  if (one === undefined || more !== undefined)
    throw new X509Error('扩展项应当恰有一个值', 'an extension must hold one value', value.at)
  return one
}

function readConstraints(der: Der): { readonly pathLength?: number } | undefined {
  const [ca, length, more] = children(member(der, der, TAG.sequence, 'basicConstraints'))
  if (ca === undefined) return undefined
  if (ca.tag !== TAG.boolean || ca.end - ca.start !== 1 || content(ca)[0] !== 0xff || more !== undefined)
    throw new X509Error(
      'basicConstraints 编码不合规',
      'basicConstraints must be empty or begin with TRUE',
      ca.at,
    )
  if (length === undefined) return {}
  return { pathLength: smallInteger(member(der, length, TAG.integer, 'pathLenConstraint')) }
}

// A named bit list: no zero bits at its end, at least one that is set.
function readKeyUsage(der: Der): readonly KeyUsage[] {
  const [unused = 8, first = 0, ...more] = content(member(der, der, TAG.bitString, 'keyUsage'))
  // decipherOnly is the ninth bit; nobody here may use a certificate that has it.
  if (
    unused > 7 ||
    more.length > 0 ||
    first === 0 ||
    first % 2 ** unused !== 0 ||
    first % 2 ** (unused + 1) === 0
  )
    throw new X509Error('keyUsage 编码不合规', 'keyUsage is not a list of bits in DER', der.at)
  return KEY_USAGES.filter((_, bit) => (first & (0x80 >> bit)) !== 0)
}
