// X.509 certificates and revocation lists, written: what a test authority puts its name under. The bytes follow from the
// arguments alone. RSA ones are jsrsasign's to write (rsa-jsrsasign.ts); a test demands the same bytes of both.
import { type Bytes, concat, fromHex } from './bytes.ts'
import {
  bitString,
  enumerated,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  printable,
  sequence,
  set,
  time,
  truth,
  utf8String,
} from './der-write.ts'
import { writeTlv } from './der.ts'
import { TAG } from './der-tree.ts'
import { KEY_USAGES, type KeyUsage, OID, REASONS, type SignatureAlgorithm } from './x509-words.ts'

export type NameForm = {
  readonly country: string
  readonly organization: string
  readonly commonName: string
}

export type CertificateForm = {
  readonly serial: bigint
  readonly issuer: NameForm
  readonly subject: NameForm
  readonly notBefore: number
  readonly notAfter: number
  // SubjectPublicKeyInfo in DER.
  readonly spki: Bytes
  readonly authority?: { readonly pathLength?: number }
  readonly keyUsage: readonly KeyUsage[]
  readonly extendedKeyUsage?: readonly ('serverAuth' | 'clientAuth')[]
  // Where a TLS server is found: names, and addresses of IPv4 or IPv6 as bytes in hex.
  readonly hosts?: { readonly names: readonly string[]; readonly addresses: readonly string[] }
  // Hex, 20 bytes.
  readonly subjectKeyId: string
  readonly authorityKeyId: string
}

export type ListForm = {
  readonly issuer: NameForm
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly number: bigint
  readonly revoked: readonly { readonly serial: bigint; readonly at: number; readonly reason: string }[]
  readonly authorityKeyId: string
}

const IP_ADDRESS = 7
const DNS_NAME = 2
const BITS = 8

const ALGORITHMS: Readonly<Record<SignatureAlgorithm, Bytes>> = {
  sm2WithSm3: sequence(objectId(OID.sm2WithSm3)),
  sha256WithRsa: sequence(objectId(OID.sha256WithRsa), writeTlv(TAG.null)),
}

// Both: what is signed, the algorithm, the signature over it.
export function writeSigned(
  signed: Bytes,
  algorithm: SignatureAlgorithm,
  sign: (bytes: Bytes) => Bytes,
): Bytes {
  return sequence(signed, ALGORITHMS[algorithm], bitString(sign(signed)))
}

export function certificateBody(form: CertificateForm, algorithm: SignatureAlgorithm): Bytes {
  return sequence(
    explicit(0, integer(2n)),
    integer(form.serial),
    ALGORITHMS[algorithm],
    writeName(form.issuer),
    sequence(time(form.notBefore), time(form.notAfter)),
    writeName(form.subject),
    form.spki,
    explicit(3, sequence(...extensionsOf(form))),
  )
}

export function listBody(form: ListForm, algorithm: SignatureAlgorithm): Bytes {
  const entries = form.revoked.map(({ serial, at, reason }) =>
    sequence(
      integer(serial),
      time(at),
      sequence(extension(OID.reason, false, enumerated(reasonNumber(reason)))),
    ),
  )
  return sequence(
    integer(1n),
    ALGORITHMS[algorithm],
    writeName(form.issuer),
    time(form.thisUpdate),
    time(form.nextUpdate),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(
      0,
      sequence(authorityKeyId(form.authorityKeyId), extension(OID.crlNumber, false, integer(form.number))),
    ),
  )
}

export function reasonNumber(reason: string): number {
  const found = Object.entries(REASONS).find(([, name]) => name === reason)
  if (found === undefined)
    throw new RangeError(`reason must be one of RFC 5280, clause 5.3.1, got '${reason}'`)
  return Number(found[0])
}

function writeName({ country, organization, commonName }: NameForm): Bytes {
  const part = (id: string, value: Bytes): Bytes => set(sequence(objectId(id), value))
  return sequence(
    part(OID.country, printable(country)),
    part(OID.organization, utf8String(organization)),
    part(OID.commonName, utf8String(commonName)),
  )
}

function extensionsOf(form: CertificateForm): readonly Bytes[] {
  const { authority, extendedKeyUsage, hosts } = form
  const length = authority?.pathLength
  return [
    ...(authority === undefined
      ? []
      : [
          extension(
            OID.basicConstraints,
            true,
            sequence(truth(), ...(length === undefined ? [] : [integer(BigInt(length))])),
          ),
        ]),
    extension(OID.keyUsage, true, usageBits(form.keyUsage)),
    ...(extendedKeyUsage === undefined
      ? []
      : [
          extension(
            OID.extendedKeyUsage,
            false,
            sequence(...extendedKeyUsage.map((use) => objectId(OID[use]))),
          ),
        ]),
    ...(hosts === undefined
      ? []
      : [
          extension(
            OID.subjectAltName,
            false,
            sequence(
              ...hosts.names.map((name) => implicit(DNS_NAME, new TextEncoder().encode(name))),
              ...hosts.addresses.map((address) => implicit(IP_ADDRESS, fromHex(address))),
            ),
          ),
        ]),
    extension(OID.subjectKeyId, false, octets(fromHex(form.subjectKeyId))),
    authorityKeyId(form.authorityKeyId),
  ]
}

const authorityKeyId = (id: string): Bytes =>
  extension(OID.authorityKeyId, false, sequence(implicit(0, fromHex(id))))

function extension(id: string, critical: boolean, value: Bytes): Bytes {
  return sequence(objectId(id), critical ? truth() : new Uint8Array(0), octets(value))
}

// A named bit list ends with its last bit that is set.
function usageBits(uses: readonly KeyUsage[]): Bytes {
  const last = Math.max(...uses.map((use) => KEY_USAGES.indexOf(use)))
  const byte = uses.reduce((sum, use) => sum | (0x80 >> KEY_USAGES.indexOf(use)), 0)
  return bitString(Uint8Array.of(byte), BITS - 1 - last)
}

export function writeSharedSpki(check: Bytes): Bytes {
  return concat(sequence(sequence(objectId(OID.sharedSecret)), bitString(check)))
}
