// A merchant's own little client of the ACP gateway, written from the facts (facts/unionpay 1) and sharing no line with the
// house's own form: what it believes of an answer, it found out by itself. Test-only.
import {
  createHash,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'

export type Params = Readonly<Record<string, string>>
export type Heard = { readonly params: Params; readonly verified: boolean; readonly line: string }

export const SECURE_KEY = '0123456789abcdef0123456789abcdef'
export const MERCHANT = '777290058110048'
const CERT_ID = '69597475696'

/** One pair for every test: making one takes longer than using it. */
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const hex = (algorithm: string, text: string): string =>
  createHash(algorithm).update(text, 'utf8').digest('hex')
const KEYED: Readonly<Record<string, string>> = { '11': 'sha256', '12': 'sm3' }

function sorted(params: Params): string {
  return Object.keys(params)
    .filter((name) => name !== 'signature' && params[name] !== '')
    .sort()
    .map((name) => `${name}=${params[name] ?? ''}`)
    .join('&')
}

export function signed(params: Params, method: string, key: KeyObject = privateKey): Params {
  const all: Params = { ...params, signMethod: method, ...(method === '01' && { certId: CERT_ID }) }
  const text = sorted(all)
  const keyed = KEYED[method]
  if (keyed !== undefined) return { ...all, signature: hex(keyed, `${text}&${hex(keyed, SECURE_KEY)}`) }
  const old = all['version'] === '5.0.0'
  const digest = Buffer.from(hex(old ? 'sha1' : 'sha256', text))
  return { ...all, signature: sign(old ? 'sha1' : 'sha256', digest, key).toString('base64') }
}

/** By its method: the certificate that it brings must be issued by the one above it, which the merchant trusts. */
export function verifies(params: Params, middle: string): boolean {
  const { signature = '', signMethod = '', signPubKeyCert = '' } = params
  const text = sorted(params)
  const keyed = KEYED[signMethod]
  if (keyed !== undefined) return signature === hex(keyed, `${text}&${hex(keyed, SECURE_KEY)}`)
  if (signPubKeyCert === '') return false
  const certificate = new X509Certificate(signPubKeyCert)
  const [, , name] = /CN=([^\n]*)/.exec(certificate.subject)?.[1]?.split('@') ?? []
  if (name !== '00040000:SIGN' || !certificate.verify(new X509Certificate(middle).publicKey)) return false
  const digest = Buffer.from(hex('sha256', text))
  return verify('sha256', digest, certificate.publicKey, Buffer.from(signature, 'base64'))
}

/** Version 5.0.0 brings no certificate: the merchant has it in a folder. */
export function verifiesOld(params: Params, certificate: string): boolean {
  const digest = hex('sha1', sorted(params))
  return createVerify('sha1')
    .update(digest)
    .verify(certificate, params['signature'] ?? '', 'base64')
}

/** The answer as the official samples read it: an & inside {…} or […] parts nothing. */
export function parsed(line: string): Params {
  const params: Record<string, string> = {}
  for (const part of line.split(/&(?=[A-Za-z0-9_]+=)(?![^{]*\})(?![^[]*\])/)) {
    const equals = part.indexOf('=')
    params[part.slice(0, equals)] = part.slice(equals + 1)
  }
  return params
}

export const bodyOf = (params: Params): string => new URLSearchParams(params).toString()

/** A self-signed certificate of the merchant, DER written by hand, for signing. */
export function merchantCertificate(): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const name = tlv(
    0x30,
    tlv(0x31, tlv(0x30, tlv(0x06, Buffer.from('550403', 'hex')), tlv(0x0c, Buffer.from('041@merchant')))),
  )
  const algorithm = tlv(0x30, tlv(0x06, Buffer.from('2a864886f70d01010b', 'hex')), tlv(0x05))
  const days = tlv(0x30, tlv(0x17, Buffer.from('250101000000Z')), tlv(0x17, Buffer.from('350101000000Z')))
  const serial = tlv(0x02, Buffer.from(BigInt(CERT_ID).toString(16).padStart(10, '0'), 'hex'))
  const usage = tlv(0x30, tlv(0x06, Buffer.from('551d0f', 'hex')), tlv(0x04, Buffer.from('030206c0', 'hex')))
  const version = tlv(0xa0, tlv(0x02, Buffer.of(2)))
  const extensions = tlv(0xa3, tlv(0x30, usage))
  const body = tlv(0x30, version, serial, algorithm, name, days, name, spki, extensions)
  const der = tlv(0x30, body, algorithm, tlv(0x03, Buffer.of(0), sign('sha256', body, privateKey)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.of(tag, ...size), value])
}
