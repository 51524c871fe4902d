// What X.509 writes as numbers and bits (RFC 5280; the SM2 ones GM/T 0006), and the refusal of whoever reads it.
export const OID = {
  ecPublicKey: '1.2.840.10045.2.1',
  sm2Curve: '1.2.156.10197.1.301',
  p256: '1.2.840.10045.3.1.7',
  rsaEncryption: '1.2.840.113549.1.1.1',
  sm2WithSm3: '1.2.156.10197.1.501',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  // Ours: a certificate about a secret that two parties share carries a digest of it. An arc by UUID needs no registry.
  sharedSecret: '2.25.215480793207361842759632487170256801247',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  unit: '2.5.4.11',
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reason: '2.5.29.21',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

export type SignatureAlgorithm = 'sm2WithSm3' | 'sha256WithRsa'

// In the order of their bits.
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const
export type KeyUsage = (typeof KEY_USAGES)[number]

// RFC 5280, clause 5.3.1. Number 7 is not used.
export const REASONS: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
}

// A certificate or list that is not as it must be. `at` is an offset in its DER.
export class X509Error extends Error {
  readonly zh: string
  readonly en: string
  readonly at: number | undefined

  constructor(zh: string, en: string, at?: number) {
    super(en)
    this.name = 'X509Error'
    this.zh = zh
    this.en = en
    this.at = at
  }
}
