// TLS between the parties of `sifang up --tls` (SEC-035): 1.2 or newer, both sides with a certificate of the test authority, and
// its revocation lists. What is read here of a certificate is whose it is; whether it holds is OpenSSL's to say.
import { Agent } from 'node:https'
import type { Server, ServerOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { generateTlsKey, testAuthority, writePem } from '../crypto/crypto.ts'
import type { PartyId } from '../wire/wire.ts'

type Random = (length: number) => Uint8Array

/** What a party brings to a handshake, PEM. */
export type TlsSide = {
  readonly key: string
  /** Its own certificate and the one that issued it. */
  readonly cert: string
  readonly ca: string
  readonly crl: readonly string[]
}

export type Secured = {
  readonly options: ServerOptions
  /** Whether somebody with a certificate that holds may come in. */
  admits(socket: TLSSocket): boolean
  /** Is handed what was opened, to renew its revocation lists. */
  opened?(server: Pick<Server, 'setSecureContext'>): void
}

const YEAR_MS = 365 * 24 * 3600 * 1000
/** Ours, as in wire/certificates.ts: whose TLS certificate it is. */
const COMMON_NAME = /^([0-9]{8}):TLS$/
/** Numbers of their own, so that no certificate for messages has the same. */
const SERIAL_FROM = 6_900_000_000n
export const TLS_OLDEST = 'TLSv1.2'

/** A fresh key under a certificate of the test authority, for 127.0.0.1 and localhost. */
export function tlsSide(party: PartyId, random: Random, now: number): TlsSide {
  const own = testAuthority('rsa')
  const { key, publicKey } = generateTlsKey(random)
  const certificate = own.issue({
    commonName: `${party}:TLS`,
    use: 'tls',
    key: publicKey,
    serial: String(SERIAL_FROM + BigInt(party)),
    notBefore: now - YEAR_MS / 365,
    notAfter: now + YEAR_MS,
    hosts: { names: ['localhost'], addresses: ['7f000001'] },
  })
  return {
    key: key.reveal(),
    cert: writePem('CERTIFICATE', certificate) + writePem('CERTIFICATE', own.issuing.der),
    ca: writePem('CERTIFICATE', own.root.der),
    crl: tlsLists(now).crl,
  }
}

/** The revocation lists of now, PEM, and until when both hold. */
export function tlsLists(now: number): { readonly crl: readonly string[]; readonly until: number } {
  const lists = testAuthority('rsa').lists(now, [])
  return {
    crl: lists.map(({ der }) => writePem('X509 CRL', der)),
    until: Math.min(...lists.map(({ nextUpdate }) => nextUpdate)),
  }
}

export function securedBy({ key, cert, ca, crl }: TlsSide, members: readonly PartyId[]): Secured {
  return {
    options: {
      key,
      cert,
      ca,
      crl: [...crl],
      minVersion: TLS_OLDEST,
      requestCert: true,
      rejectUnauthorized: true,
    },
    admits: (socket) => {
      const name = socket.getPeerCertificate().subject?.CN
      const [, party = ''] = COMMON_NAME.exec(typeof name === 'string' ? name : '') ?? []
      return members.includes(party)
    },
  }
}

/** For requests of this side. The other's certificate must be the test authority's, for the address that is asked. */
export function securedAgent({ key, cert, ca, crl }: TlsSide): Agent {
  return new Agent({
    key,
    cert,
    ca,
    crl: [...crl],
    minVersion: TLS_OLDEST,
    keepAlive: true,
    timeout: 60_000,
  })
}
