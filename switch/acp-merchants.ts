// Merchants that speak to the gateway by themselves (accessType 0): who they are, the keys by which they are known, and
// the signature of every message to and from them. The methods are the row's, never the message's.
import {
  fromBase64,
  keyedDigest,
  type PublicKey,
  readX509,
  type RsaPrivateKey,
  sha1,
  sha256,
  sign,
  SM2_DEFAULT,
  toBase64,
  toHex,
  utf8,
  verify,
} from '../crypto/crypto.ts'
import { kind } from '../store/store.ts'
import { asMembers, canonical, type Charset, type Form, type Pair, SIGNATURE, valueIn } from '../wire/wire.ts'

export const ACP_METHODS = ['01', '11', '12'] as const
export type AcpMethod = (typeof ACP_METHODS)[number]

export type AcpMerchant = {
  readonly id: string
  readonly name: string
  readonly category: string
  readonly status: 'active' | 'suspended'
  readonly methods: readonly AcpMethod[]
  /** Of method 01: each by its decimal serial, with the days within which it holds. */
  readonly certificates: readonly {
    readonly id: string
    readonly publicKey: Uint8Array
    readonly notBefore: number
    readonly notAfter: number
  }[]
  /** Of methods 11 and 12. */
  readonly secureKey?: string
  /** Notices to this machine, and the day's file at once: for tests alone. */
  readonly loopback: boolean
  readonly filesAtOnce: boolean
}

export const acpMerchants = kind<AcpMerchant>('acp-merchant')

/** Who the gateway is to merchants: always by RSA, which is all that the public libraries read. */
export type AcpIdentity = {
  readonly certId: string
  readonly key: RsaPrivateKey
  readonly certificate: string
  readonly encryptCertId: string
  readonly encryptCertificate: string
  readonly encryptKey: RsaPrivateKey
  /** Above them, for merchants' trust. */
  readonly middle: string
  readonly root: string
}

/** A merchant's certificate as its row keeps it; or why it cannot be one. */
export function certificateOf(
  pem: string,
): AcpMerchant['certificates'][number] | { readonly zh: string; readonly en: string } {
  const read = readX509(utf8(pem))
  if (read.kind === 'refused') return { zh: read.zh, en: read.en }
  if (read.key.suite !== 'rsa') return { zh: '须为 RSA 证书', en: 'must be a certificate of an RSA key' }
  return {
    id: read.serial,
    publicKey: read.key.publicKey,
    notBefore: read.notBefore,
    notAfter: read.notAfter,
  }
}

/** 5.1.0 hashes by SHA-256; 5.0.0 and before by SHA-1. */
const digestOf = (version: string) =>
  version === '5.1.0' ? ({ name: 'sha256', hash: sha256 } as const) : ({ name: 'sha1', hash: sha1 } as const)

const KEYED = { '11': 'sha256', '12': 'sm3' } as const

/** Whether a merchant's message is its own, by one of its methods. */
export async function isFrom(merchant: AcpMerchant, form: Form, now: number): Promise<boolean> {
  const method = merchant.methods.find((one) => one === valueIn(form, 'signMethod'))
  const signature = valueIn(form, SIGNATURE)
  if (method === undefined || signature === undefined) return false
  const text = canonical(form.members.values())
  if (method !== '01') {
    if (merchant.secureKey === undefined) return false
    const digest = keyedDigest(KEYED[method], utf8(merchant.secureKey), text)
    return toHex(digest) === signature.toLowerCase()
  }
  const certificate = merchant.certificates.find(({ id }) => id === valueIn(form, 'certId'))
  const bytes = fromBase64(signature)
  if (certificate === undefined || bytes === undefined) return false
  if (now < certificate.notBefore || now > certificate.notAfter) return false
  const digest = digestOf(valueIn(form, 'version') ?? '')
  const key: PublicKey = { suite: 'rsa', publicKey: certificate.publicKey }
  const signed = utf8(toHex(digest.hash(text)))
  return verify(key, signed, bytes, { ...SM2_DEFAULT, digest: digest.name })
}

export type Speaks = { readonly version: string; readonly method: AcpMethod; readonly charset: Charset }

/** What the gateway says to a merchant, signed in the merchant's own way of speaking. */
export async function signedFor(
  identity: AcpIdentity,
  merchant: AcpMerchant,
  { version, method, charset }: Speaks,
  said: readonly Pair[],
): Promise<readonly Pair[]> {
  const certificate: readonly Pair[] =
    method !== '01'
      ? []
      : version === '5.1.0'
        ? [
            ['certId', identity.certId],
            ['signPubKeyCert', identity.certificate],
          ]
        : [['certId', identity.certId]]
  const pairs: Pair[] = [
    ['version', version],
    ['encoding', charset],
    ['signMethod', method],
    ...certificate,
    ...said.filter(([, value]) => value !== ''),
  ]
  const text = canonical(asMembers(pairs, charset))
  return [...pairs, [SIGNATURE, await signatureOver(identity, merchant, version, method, text)]]
}

async function signatureOver(
  { key }: AcpIdentity,
  { secureKey }: AcpMerchant,
  version: string,
  method: AcpMethod,
  text: Uint8Array,
): Promise<string> {
  if (method !== '01') return toHex(keyedDigest(KEYED[method], utf8(secureKey ?? ''), text))
  const digest = digestOf(version)
  const signature = await sign(key, utf8(toHex(digest.hash(text))), { ...SM2_DEFAULT, digest: digest.name })
  return toBase64(signature)
}
