// An RSA key file from anywhere: PEM, DER or PFX, with the certificates beside the key. The locks are opened in pfx.ts, the
// keys read by jsrsasign, the certificates by our own strict reader. What it is comes from the bytes, never from a name.
import { type Bytes, equalBytes, fromBase64 } from './bytes.ts'
import { checkBytes } from './check.ts'
import { children, content, type Der, KeyFileError, oid, readDer, TAG } from './der-tree.ts'
import type { KeyFileRefusal } from './key-file.ts'
import { openPfx, type Password, unlockedPkcs8 } from './pfx.ts'
import type { RsaPrivateKey } from './rsa.ts'
import { readRsaPrivateKey, readRsaPrivatePem, readRsaPublicKey } from './rsa-jsrsasign.ts'
import { readX509, type X509 } from './x509.ts'
import { encoded } from './x509-parts.ts'
import { OID } from './x509-words.ts'

export type RsaKeyFile = {
  readonly kind: 'rsa-key'
  // Such as 'a private key in PKCS#1, in PEM'.
  readonly found: string
  readonly notes: readonly string[]
  // SubjectPublicKeyInfo in DER.
  readonly publicKey: Bytes
  readonly privateKey?: RsaPrivateKey
  // The key's own first.
  readonly certificates: readonly X509[]
}

type Part = {
  readonly form: string
  readonly privateKey?: RsaPrivateKey
  readonly publicKey?: Bytes
  readonly certificate?: X509
  readonly note?: string
}

const FILE_BYTES_MAX = 1024 * 1024
const ADVICE = 'give a PEM, DER or PFX file with an RSA key of 2048 bits or more'
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

export function readRsaKeyFile(bytes: Bytes, password?: Password): RsaKeyFile | KeyFileRefusal {
  checkBytes('bytes', bytes)
  try {
    if (bytes.length > FILE_BYTES_MAX) throw new KeyFileError('the file is larger than 1 MiB, so no key file')
    const text = Buffer.from(bytes).toString('latin1')
    if (!text.includes('-----BEGIN ')) return joined(readAny(readDer(bytes), password), 'in DER')
    const parts = [...text.matchAll(PEM)].flatMap(([whole, label = '', body = '']) =>
      readBlock(whole, label, body, password),
    )
    return joined(parts, 'in PEM')
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    const { message, at, advice } = error
    return { kind: 'refused', because: message, ...(at !== undefined && { at }), advice: advice ?? ADVICE }
  }
}

function readBlock(
  whole: string,
  label: string,
  body: string,
  password: Password | undefined,
): readonly Part[] {
  // Locked in the old way, with headers in the PEM itself.
  if (label === 'RSA PRIVATE KEY' && body.includes('Proc-Type')) {
    if (password === undefined)
      throw new KeyFileError(
        'this private key is locked with a password',
        undefined,
        'pass --password-file FILE, a file with the password on its first line',
      )
    return [
      {
        form: 'a private key in PKCS#1, locked with a password',
        privateKey: readRsaPrivatePem(whole, password),
      },
    ]
  }
  const der = fromBase64(body.replace(/\s+/g, ''))
  if (der === undefined) throw new KeyFileError(`the PEM block ${label} is not strict base64`)
  return readAny(readDer(der), password)
}

// Which structure a SEQUENCE is, by the tags of its members.
function readAny(root: Der, password: Password | undefined): readonly Part[] {
  if (root.tag !== TAG.sequence) throw new KeyFileError('the bytes are not a SEQUENCE, so no key in DER', 0)
  const [first, second, third] = children(root)
  const is = (...tags: readonly number[]): boolean =>
    tags.every((tag, index) => [first, second, third][index]?.tag === tag)
  const { sequence, integer, octetString, bitString } = TAG
  if (is(integer, integer, integer))
    return [
      {
        form: 'a private key in PKCS#1',
        privateKey: readRsaPrivateKey('RSA PRIVATE KEY', encoded(root), undefined),
      },
    ]
  if (is(integer, sequence, octetString)) return [readPkcs8(root, 'a private key in PKCS#8')]
  if (is(sequence, octetString))
    return [readPkcs8(unlockedPkcs8(root, password), 'a private key in PKCS#8, locked with a password')]
  if (is(sequence, bitString)) return [readPublic(root)]
  if (is(sequence, sequence, bitString)) return [readCertificate(root)]
  if (is(integer, sequence) && root.bytes[first?.start ?? 0] === 3)
    return openPfx(root, password).map(({ kind, value, note }) => {
      if (kind === 'note') return { form: '', note }
      return kind === 'key' ? readPkcs8(value, 'a private key in a PFX file') : readCertificate(value)
    })
  throw new KeyFileError('the DER is none of PKCS#1, PKCS#8, SubjectPublicKeyInfo, X.509 and PFX', 0)
}

function readPkcs8(root: Der, form: string): Part {
  checkRsa(children(root)[1])
  return { form, privateKey: readRsaPrivateKey('PRIVATE KEY', encoded(root), undefined) }
}

function readPublic(root: Der): Part {
  checkRsa(children(root)[0])
  return {
    form: 'a public key in SubjectPublicKeyInfo',
    publicKey: readRsaPublicKey(encoded(root)).publicKey,
  }
}

function readCertificate(root: Der): Part {
  const certificate = readX509(encoded(root))
  if (certificate.kind === 'refused')
    throw new KeyFileError(certificate.en, certificate.at, 'ask its issuer for it again')
  return { form: 'a certificate', certificate }
}

function checkRsa(algorithm: Der | undefined): void {
  const name = algorithm && children(algorithm)[0]
  const found = name?.tag === TAG.oid && content(name).length > 0 ? oid(name) : 'unknown'
  if (found !== OID.rsaEncryption)
    throw new KeyFileError(`it holds a key of the kind ${found}, not an RSA key`)
}

// Every part must be about one pair, as in key-file.ts.
function joined(parts: readonly Part[], armour: string): RsaKeyFile {
  const privates = parts.flatMap(({ privateKey }) => privateKey ?? [])
  const certificates = parts.flatMap(({ certificate }) => certificate ?? [])
  if (privates.length > 1)
    throw new KeyFileError('the file holds two private keys', undefined, 'give each in a file of its own')
  const [privateKey] = privates
  const rsa = certificates.flatMap((one) => (one.key.suite === 'rsa' ? [one.key.publicKey] : []))
  const publicKey = privateKey?.publicKey ?? parts.flatMap((part) => part.publicKey ?? [])[0] ?? rsa[0]
  if (publicKey === undefined) throw new KeyFileError('the file holds no RSA key')
  const own = certificates.find(({ key }) => key.suite === 'rsa' && equalBytes(key.publicKey, publicKey))
  if (parts.some((part) => part.publicKey !== undefined && !equalBytes(part.publicKey, publicKey)))
    throw new KeyFileError('the public key in the file does not belong to the private one')
  if (certificates.length > 0 && own === undefined)
    throw new KeyFileError(
      'no certificate in the file belongs to the key',
      undefined,
      'look for the right certificate',
    )
  const forms = parts.filter(
    (part) => part.form !== '' && (part.certificate === undefined || part.certificate === own),
  )
  return {
    kind: 'rsa-key',
    found: `${forms.map(({ form }) => form).join(' and ')}, ${armour}`,
    notes: parts.flatMap(({ note }) => note ?? []),
    publicKey,
    ...(privateKey !== undefined && { privateKey }),
    certificates: [...(own === undefined ? [] : [own]), ...certificates.filter((one) => one !== own)],
  }
}
