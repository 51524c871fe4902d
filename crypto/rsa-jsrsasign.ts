// Everything that jsrsasign does here: RSA certificates and revocation lists as it writes them, RSA keys as others wrote them.
// Version 11 is pinned: its maintainer ended it in 2026, and it cannot read SM2 keys. It is loaded when it is first needed,
// it never does the arithmetic (node:crypto does), and what it writes is read by our own strict reader.
import { createRequire } from 'node:module'
import { type Bytes, fromBase64, fromHex, toBase64, toHex } from './bytes.ts'
import { KeyFileError } from './der-tree.ts'
import { integer } from './der-write.ts'
import { rsaKeyOf, type RsaPrivateKey, type RsaPublicKey, rsaPublic, signRsa } from './rsa.ts'
import type { Secret } from './secret.ts'
import { type CertificateForm, type ListForm, type NameForm, reasonNumber } from './x509-write.ts'

type Written = { tohex(): string }
type Writer = new (params: object) => Written
type Members<Name extends string> = { readonly [name in Name]: Writer }
// What is used of it. Its keys are its own affair.
type Jsrsasign = {
  readonly KJUR: {
    readonly asn1: {
      readonly x509: Members<'TBSCertificate' | 'Certificate' | 'TBSCertList' | 'CRL'>
    }
  }
  readonly KEYUTIL: {
    getKey(pem: string, password?: string): { readonly isPrivate?: boolean; readonly n?: unknown }
    getPEM(key: object, form?: 'PKCS8PRV'): string
  }
}

const RSA_ALGORITHM = 'SHA256withRSA'
const PEM_LINES = /.{1,64}/g

const require = createRequire(import.meta.url)
let loaded: Jsrsasign | undefined

function jsrsasign(): Jsrsasign {
  loaded ??= require('jsrsasign') as Jsrsasign
  return loaded
}

export function rsaCertificate(form: CertificateForm, issuer: RsaPrivateKey): Bytes {
  const { x509 } = jsrsasign().KJUR.asn1
  const tbsobj = new x509.TBSCertificate({
    version: 3,
    serial: numberOf(form.serial),
    sigalg: RSA_ALGORITHM,
    issuer: nameOf(form.issuer),
    notbefore: timeOf(form.notBefore),
    notafter: timeOf(form.notAfter),
    subject: nameOf(form.subject),
    sbjpubkey: pemOf('PUBLIC KEY', form.spki),
    ext: extensionsOf(form),
  })
  const sighex = toHex(signRsa(issuer, fromHex(tbsobj.tohex())))
  return fromHex(new x509.Certificate({ tbsobj, sigalg: RSA_ALGORITHM, sighex }).tohex())
}

export function rsaRevocationList(form: ListForm, issuer: RsaPrivateKey): Bytes {
  const { x509 } = jsrsasign().KJUR.asn1
  const tbsobj = new x509.TBSCertList({
    version: 2,
    sigalg: RSA_ALGORITHM,
    issuer: nameOf(form.issuer),
    thisupdate: timeOf(form.thisUpdate),
    nextupdate: timeOf(form.nextUpdate),
    // It would write an empty list, which RFC 5280 forbids.
    ...(form.revoked.length > 0 && {
      revcert: form.revoked.map(({ serial, at, reason }) => ({
        sn: numberOf(serial),
        date: timeOf(at),
        ext: [{ extname: 'cRLReason', code: reasonNumber(reason) }],
      })),
    }),
    ext: [
      { extname: 'authorityKeyIdentifier', kid: { hex: form.authorityKeyId } },
      { extname: 'cRLNumber', num: numberOf(form.number) },
    ],
  })
  const sighex = toHex(signRsa(issuer, fromHex(tbsobj.tohex())))
  return fromHex(new x509.CRL({ tbsobj, sigalg: RSA_ALGORITHM, sighex }).tohex())
}

// A private key in any of the forms that it knows: PKCS #1 and PKCS #8, bare or locked with a password.
export function readRsaPrivateKey(
  label: string,
  der: Bytes,
  password: Secret<string> | undefined,
): RsaPrivateKey {
  return readRsaPrivatePem(pemOf(label, der), password)
}

export function readRsaPrivatePem(pem: string, password: Secret<string> | undefined): RsaPrivateKey {
  const { KEYUTIL } = jsrsasign()
  const read = (): string => {
    const key = KEYUTIL.getKey(pem, password?.reveal())
    if (key.isPrivate !== true || key.n === undefined) throw new Error('no private key')
    return KEYUTIL.getPEM(key, 'PKCS8PRV')
  }
  let pkcs8: string
  try {
    pkcs8 = read()
  } catch {
    // What it throws are texts and numbers of its own, and may hold parts of the key.
    throw unreadable(password)
  }
  try {
    return rsaKeyOf(derIn(pkcs8))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // In the old lock a wrong password gives some number or other.
    if (password !== undefined) throw unreadable(password)
    throw new KeyFileError(error.message, undefined, 'make another: openssl genrsa -out FILE 2048')
  }
}

function unreadable(password: Secret<string> | undefined): KeyFileError {
  return password === undefined
    ? new KeyFileError(
        'this RSA private key cannot be read',
        undefined,
        'write it again: openssl pkey -in OLD -out NEW',
      )
    : new KeyFileError(
        'the password does not open it, or the file is damaged',
        undefined,
        'try another --password-file; only its first line is read',
      )
}

export function readRsaPublicKey(spki: Bytes): RsaPublicKey {
  const { KEYUTIL } = jsrsasign()
  let written: Bytes
  try {
    written = derIn(KEYUTIL.getPEM(KEYUTIL.getKey(pemOf('PUBLIC KEY', spki))))
  } catch {
    throw new KeyFileError('this RSA public key cannot be read')
  }
  const key: RsaPublicKey = { suite: 'rsa', publicKey: written }
  try {
    rsaPublic('the public key', key)
    return key
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new KeyFileError(error.message)
  }
}

function nameOf({ country, organization, commonName }: NameForm): object {
  return {
    array: [
      [{ type: 'C', value: country, ds: 'prn' }],
      [{ type: 'O', value: organization, ds: 'utf8' }],
      [{ type: 'CN', value: commonName, ds: 'utf8' }],
    ],
  }
}

// Its other forms read a decimal text as hexadecimal, or go through a double.
function numberOf(number: bigint): object {
  return { hex: toHex(integer(number).subarray(2)) }
}

// Two digits of the year through 2049, four from 2050 on.
function timeOf(at: number): string {
  const digits = `${new Date(at).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`
  return new Date(at).getUTCFullYear() < 2050 ? digits.slice(2) : digits
}

function extensionsOf({
  authority,
  keyUsage,
  extendedKeyUsage,
  hosts,
  ...ids
}: CertificateForm): readonly object[] {
  const length = authority?.pathLength
  return [
    ...(authority === undefined
      ? []
      : [
          {
            extname: 'basicConstraints',
            critical: true,
            cA: true,
            ...(length !== undefined && { pathLen: length }),
          },
        ]),
    { extname: 'keyUsage', critical: true, names: keyUsage },
    ...(extendedKeyUsage === undefined ? [] : [{ extname: 'extKeyUsage', array: extendedKeyUsage }]),
    ...(hosts === undefined
      ? []
      : [
          {
            extname: 'subjectAltName',
            array: [...hosts.names.map((dns) => ({ dns })), ...hosts.addresses.map((ip) => ({ ip }))],
          },
        ]),
    { extname: 'subjectKeyIdentifier', kid: { hex: ids.subjectKeyId } },
    { extname: 'authorityKeyIdentifier', kid: { hex: ids.authorityKeyId } },
  ]
}

function pemOf(label: string, der: Bytes): string {
  return `-----BEGIN ${label}-----\n${(toBase64(der).match(PEM_LINES) ?? []).join('\n')}\n-----END ${label}-----\n`
}

function derIn(pem: string): Bytes {
  const der = fromBase64(pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, ''))
  if (der === undefined) throw new Error('jsrsasign wrote no base64')
  return der
}
