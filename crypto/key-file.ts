// A key file from anywhere, recognised by its bytes: PEM, DER, base64 of DER, PFX or bare hex. Says what it found, and
// that private and public halves belong together; or says in a sentence why not. It never guesses between two readings.
import { type Bytes, concat, equalBytes, fromBase64, fromHex } from './bytes.ts'
import { checkBytes } from './check.ts'
import { children, type Der, KeyFileError, oid, readDer, TAG } from './der-tree.ts'
import {
  type Certificate,
  checkPoint,
  checkScalar,
  type Part,
  readCertificate,
  readPkcs8,
  readSec1,
  readSpki,
} from './key-structures.ts'
import type { PrivateKey } from './keys.ts'
import { type Password, readEncryptedPkcs8, readPfx } from './pfx.ts'
import { Secret } from './secret.ts'
import { publicPoint } from './sm2-curve.ts'

export type KeyFile = {
  readonly kind: 'key'
  // The containers in order, such as 'a private key in PKCS#8 and a certificate, in PEM'.
  readonly found: string
  readonly notes: readonly string[]
  readonly publicKey: Bytes
  readonly privateKey?: Extract<PrivateKey, { suite: 'sm' }>
  readonly certificate?: Certificate
}

// `at` is an offset in the DER (after the base64 of a PEM).
export type KeyFileRefusal = {
  readonly kind: 'refused'
  readonly because: string
  readonly at?: number
  readonly advice: string
}

type Read = { readonly parts: readonly Part[]; readonly armour: string }

// A PFX with a chain of certificates takes a few thousand bytes.
const FILE_BYTES_MAX = 1024 * 1024
const ADVICE =
  'give a PEM, DER or PFX file, or bare hex: 64 digits of a private key, 128 or 130 of a public one'
const PEM_BEGIN = '-----BEGIN '
const PEM_BLOCK = /^([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/

export function readKeyFile(bytes: Bytes, password?: Password): KeyFile | KeyFileRefusal {
  checkBytes('bytes', bytes)
  try {
    if (bytes.length === 0) throw new KeyFileError('the file is empty')
    if (bytes.length > FILE_BYTES_MAX) throw new KeyFileError('the file is larger than 1 MiB, so no key file')
    return joined(recognised(bytes, password))
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    const { message, at, advice } = error
    return { kind: 'refused', because: message, ...(at !== undefined && { at }), advice: advice ?? ADVICE }
  }
}

// Text is told from DER by having nothing but text in it: every DER key holds bytes above 7f.
function recognised(bytes: Bytes, password: Password | undefined): Read {
  const text = textOf(bytes)
  if (text === undefined) return readAny(readDer(bytes), password, 'in DER')
  if (text.includes(PEM_BEGIN)) return { parts: readPem(text, password), armour: 'in PEM' }
  const bare = text.replace(/\s+/g, '')
  if (/^(0x)?[0-9a-fA-F]+$/.test(bare)) return { parts: [readHex(bare.replace(/^0x/, ''))], armour: '' }
  const der = bare.startsWith('M') ? fromBase64(bare) : undefined
  if (der !== undefined) return readAny(readDer(der), password, 'in the base64 of DER')
  throw new KeyFileError('the text is neither PEM, nor hex, nor the base64 of DER')
}

// Printable ASCII, perhaps behind a byte order mark; PEM may have remarks in any language around its blocks.
function textOf(bytes: Bytes): string | undefined {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  if (text.includes(PEM_BEGIN)) return text
  return /^[\x09\x0a\x0d\x20-\x7e]+$/.test(text) ? text : undefined
}

function readHex(hex: string): Part {
  if (hex.length === 64) return { form: 'a private key in bare hex', d: checkScalar(fromHex(hex)) }
  if (hex.length === 128) {
    const publicKey = checkPoint(concat(Uint8Array.of(4), fromHex(hex)))
    return { form: 'a public key in bare hex, without its 04', publicKey }
  }
  if (hex.length === 130 || hex.length === 66) {
    return { form: 'a public key in bare hex', publicKey: checkPoint(fromHex(hex)) }
  }
  throw new KeyFileError(`${hex.length} hex digits are neither a private nor a public key`)
}

const PEM_READERS: Readonly<Record<string, (der: Der, password: Password | undefined) => Part>> = {
  'PRIVATE KEY': readPkcs8,
  'ENCRYPTED PRIVATE KEY': readEncryptedPkcs8,
  'EC PRIVATE KEY': (der) => readSec1(der, true),
  'SM2 PRIVATE KEY': (der) => readSec1(der, true),
  'PUBLIC KEY': readSpki,
  CERTIFICATE: readCertificate,
  'X509 CERTIFICATE': readCertificate,
}
const PEM_PASSED_OVER = ['EC PARAMETERS', 'SM2 PARAMETERS']

function readPem(text: string, password: Password | undefined): readonly Part[] {
  const parts: Part[] = []
  for (const [index, begun] of text.split(PEM_BEGIN).slice(1).entries()) {
    const [, label = '', body] = PEM_BLOCK.exec(begun) ?? []
    if (body === undefined)
      throw new KeyFileError(`PEM block ${index + 1} has no END line with its own label`)
    if (PEM_PASSED_OVER.includes(label)) continue
    const read = PEM_READERS[label]
    if (label.endsWith('CERTIFICATE REQUEST')) throw certificateRequest()
    if (read === undefined) throw new KeyFileError(`a PEM block is labelled ${label}, which is not read here`)
    if (body.includes('Proc-Type')) {
      throw new KeyFileError(
        'the private key is locked in the old way (Proc-Type: 4,ENCRYPTED)',
        undefined,
        'write it as PKCS#8: openssl pkcs8 -topk8',
      )
    }
    const der = fromBase64(body.replace(/\s+/g, ''))
    if (der === undefined) throw new KeyFileError(`the PEM block ${label} is not strict base64`)
    const root = readDer(der)
    if (root.tag !== TAG.sequence) throw new KeyFileError(`the PEM block ${label} must be a SEQUENCE`, 0)
    parts.push(read(root, password))
  }
  return parts
}

// Which structure a SEQUENCE is, by the tags and the first number of its members.
function readAny(root: Der, password: Password | undefined, armour: string): Read {
  const one = (part: Part): Read => ({ parts: [part], armour })
  if (root.tag !== TAG.sequence) throw new KeyFileError('the bytes are not a SEQUENCE, so no key in DER', 0)
  const [first, second, third] = children(root)
  const shape = [first, second, third].map((der) => der?.tag)
  const is = (...tags: readonly (number | undefined)[]): boolean =>
    tags.every((tag, index) => shape[index] === tag)
  const { sequence, integer, octetString, bitString } = TAG
  if (is(integer, octetString)) return one(readSec1(root, true))
  if (is(integer, sequence, octetString)) return one(readPkcs8(root))
  if (is(sequence, bitString)) return one(readSpki(root))
  if (is(sequence, octetString)) return one(readEncryptedPkcs8(root, password))
  if (is(sequence, sequence, bitString)) return one(certificateOr(root, first))
  if (is(integer, integer, integer)) throw new KeyFileError('this is an RSA key, not an SM2 key', 0)
  if (is(integer, sequence, sequence) && cfca(second)) {
    throw new KeyFileError('this is a .sm2 file as CFCA writes it', 0, 'export the key as PKCS#8 or PFX')
  }
  if (is(integer, sequence) && root.bytes[first?.start ?? 0] === 3)
    return { parts: readPfx(root, password), armour: 'in a PFX file' }
  throw new KeyFileError('the DER is none of PKCS#8, SEC 1, SubjectPublicKeyInfo, X.509 and PFX', 0)
}

// A certificate request begins with its version; a certificate has it inside a tag of its own, or no version at all.
function certificateOr(root: Der, signed: Der | undefined): Part {
  const fields = signed === undefined ? [] : children(signed)
  if (fields.length < 6 && fields[0]?.tag === TAG.integer && fields[1]?.tag === TAG.sequence) {
    throw certificateRequest(0)
  }
  return readCertificate(root)
}

function certificateRequest(at?: number): KeyFileError {
  return new KeyFileError('this is a certificate request', at, 'give the certificate that was issued for it')
}

function cfca(encrypted: Der | undefined): boolean {
  const name = encrypted && children(encrypted)[0]
  return name?.tag === TAG.oid && oid(name).startsWith('1.2.156.10197.6.1.4.2')
}

// Every part must be about one pair: halves that do not match would sign under a wrong Z, and nobody could tell why.
function joined({ parts, armour }: Read): KeyFile {
  const privates = parts.flatMap(({ d }) => (d === undefined ? [] : [d]))
  const [d, ...more] = privates
  if (more.some((other) => d === undefined || !equalBytes(d, other))) {
    throw new KeyFileError('the file holds two private keys', undefined, 'give each in a file of its own')
  }
  const certificates = parts.filter(({ certificate }) => certificate !== undefined)
  const bare = parts.filter((part) => part.publicKey !== undefined && part.certificate === undefined)
  const publicKey = d === undefined ? (bare[0] ?? certificates[0])?.publicKey : publicPoint(d)
  if (publicKey === undefined) throw new KeyFileError('the file holds no key')
  const belongs = (part: Part): boolean =>
    part.publicKey !== undefined && equalBytes(part.publicKey, publicKey)
  if (!bare.every(belongs)) {
    throw new KeyFileError(
      'the public key in the file does not belong to the private one',
      undefined,
      'ask the owner which of the two is right',
    )
  }
  const own = certificates.find(belongs)
  if (certificates.length > 0 && own === undefined) {
    throw new KeyFileError(
      'no certificate in the file belongs to the key',
      undefined,
      'look for the right certificate',
    )
  }
  const others = certificates.length - (own === undefined ? 0 : 1)
  const forms = parts.filter((part) => part.form !== '' && (part.certificate === undefined || part === own))
  return {
    kind: 'key',
    found: [forms.map(({ form }) => form).join(' and '), ...(armour === '' ? [] : [armour])].join(', '),
    notes: [
      ...parts.flatMap(({ notes }) => notes ?? []),
      ...(others > 0 ? [`certificates of others beside it: ${others}`] : []),
    ],
    publicKey,
    ...(d !== undefined && {
      privateKey: { suite: 'sm' as const, key: new Secret(d, '[sm private key]'), publicKey },
    }),
    ...(own?.certificate !== undefined && { certificate: own.certificate }),
  }
}
