// The four verbs of a suite: sign, verify, wrap, unwrap. The key says which suite; the options say which of the
// national habits, and over which digest RSA signs. All are async from the start: a faster SM2, a worker or an HSM follows behind the same names.
import { type Bytes, equalBytes } from './bytes.ts'
import { checkBytes, type Random } from './check.ts'
import { systemChance } from './chance.ts'
import { type DigestName, keyedDigest } from './digests.ts'
import {
  checkPrivateKey,
  checkPublicKey,
  checkSuite,
  type PrivateKey,
  type PublicKey,
  signingKey,
} from './keys.ts'
import { type RsaDigest, signRsa, unwrapRsa, verifyRsa, wrapRsa } from './rsa.ts'
import { openSm2, sealSm2 } from './sm2-encrypt.ts'
import { checkOptions, SM2_DEFAULT, type Sm2Options } from './sm2-options.ts'
import { nonceOf, signSm2, verifySm2 } from './sm2-sign.ts'
import { openShared, sealShared, signShared, verifyShared } from './sm3-shared.ts'

// The habits of SM2, and RSA's one: which digest is signed, SHA-256 unless it is said. `keyed`: a shared secret signs by
// ACP's keyed digest in place of our own HMAC.
export type SuiteOptions = Sm2Options & { readonly digest?: RsaDigest; readonly keyed?: DigestName }

// Wrapped secrets are keys and short fields; SM2 is no cipher for files.
const SECRET_BYTES_MAX = 64 * 1024
// C1, C3 and room to spare, in either suite.
const WRAPPED_BYTES_MAX = SECRET_BYTES_MAX + 128

// `random` is mixed into the nonce of SM2 and need not be good, or fresh: see nonceOf.
export async function sign(
  key: PrivateKey,
  bytes: Bytes,
  options: SuiteOptions = SM2_DEFAULT,
  random: Random = systemChance,
): Promise<Bytes> {
  checkSuite('key', key)
  if (key.suite === 'rsa') return signRsa(key, bytes, options.digest)
  const own = signingKey('key', key)
  checkBytes('bytes', bytes)
  checkOptions(options)
  return own instanceof Uint8Array
    ? options.keyed === undefined
      ? signShared(own, bytes)
      : keyedDigest(options.keyed, own, bytes)
    : signSm2(own, bytes, options, nonceOf(own, random))
}

// Throws when our side is wrong (no key, a point off the curve); answers false to whatever the peer sent.
export async function verify(
  key: PublicKey,
  bytes: Bytes,
  signature: Bytes,
  options: SuiteOptions = SM2_DEFAULT,
): Promise<boolean> {
  checkSuite('key', key)
  if (key.suite === 'rsa') return verifyRsa(key, bytes, signature, options.digest)
  const half = checkPublicKey('key', key)
  checkBytes('bytes', bytes)
  checkBytes('signature', signature)
  checkOptions(options)
  if (key.suite === 'sm') return verifySm2(half, bytes, signature, options)
  return options.keyed === undefined
    ? verifyShared(half, bytes, signature)
    : equalBytes(keyedDigest(options.keyed, half, bytes), signature)
}

export async function wrap(
  key: PublicKey,
  secret: Bytes,
  random: Random,
  options: SuiteOptions = SM2_DEFAULT,
): Promise<Bytes> {
  checkSuite('key', key)
  if (key.suite === 'rsa') return wrapRsa(key, secret, random)
  const half = checkPublicKey('key', key)
  checkBytes('secret', secret)
  if (secret.length === 0 || secret.length > SECRET_BYTES_MAX) {
    throw new RangeError(`secret must be 1 to ${SECRET_BYTES_MAX} bytes, got ${secret.length}`)
  }
  checkOptions(options)
  return key.suite === 'sm' ? sealSm2(half, secret, random, options) : sealShared(half, secret, random)
}

// Undefined on any failure: there is one way out, and it says nothing. RSA answers a wrong padding with bytes that nobody
// wrapped (rsa.ts): whoever unwraps a key checks its length and lets its use find out.
export async function unwrap(
  key: PrivateKey,
  wrapped: Bytes,
  options: SuiteOptions = SM2_DEFAULT,
): Promise<Bytes | undefined> {
  checkSuite('key', key)
  if (key.suite === 'rsa') return unwrapRsa(key, wrapped)
  const secret = checkPrivateKey('key', key)
  checkBytes('wrapped', wrapped)
  checkOptions(options)
  if (wrapped.length > WRAPPED_BYTES_MAX) return undefined
  return key.suite === 'sm' ? openSm2(secret, wrapped, options) : openShared(secret, wrapped)
}
