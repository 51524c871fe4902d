// The four verbs of a suite: sign, verify, wrap, unwrap. The key says which suite; the options say which of the
// national habits. All are async from the start: a faster SM2, a worker or an HSM follows behind the same names.
import type { Bytes } from './bytes.ts'
import { checkBytes, type Random } from './check.ts'
import { systemChance } from './chance.ts'
import { checkPrivateKey, checkPublicKey, type PrivateKey, type PublicKey, signingKey } from './keys.ts'
import { openSm2, sealSm2 } from './sm2-encrypt.ts'
import { checkOptions, SM2_DEFAULT, type Sm2Options } from './sm2-options.ts'
import { nonceOf, signSm2, verifySm2 } from './sm2-sign.ts'
import { openShared, sealShared, signShared, verifyShared } from './sm3-shared.ts'

// Wrapped secrets are keys and short fields; SM2 is no cipher for files.
const SECRET_BYTES_MAX = 64 * 1024
// C1, C3 and room to spare, in either suite.
const WRAPPED_BYTES_MAX = SECRET_BYTES_MAX + 128

// `random` is mixed into the nonce of SM2 and need not be good, or fresh: see nonceOf.
export async function sign(
  key: PrivateKey,
  bytes: Bytes,
  options: Sm2Options = SM2_DEFAULT,
  random: Random = systemChance,
): Promise<Bytes> {
  const own = signingKey('key', key)
  checkBytes('bytes', bytes)
  checkOptions(options)
  return own instanceof Uint8Array
    ? signShared(own, bytes)
    : signSm2(own, bytes, options, nonceOf(own, random))
}

// Throws when our side is wrong (no key, a point off the curve); answers false to whatever the peer sent.
export async function verify(
  key: PublicKey,
  bytes: Bytes,
  signature: Bytes,
  options: Sm2Options = SM2_DEFAULT,
): Promise<boolean> {
  const half = checkPublicKey('key', key)
  checkBytes('bytes', bytes)
  checkBytes('signature', signature)
  checkOptions(options)
  return key.suite === 'sm'
    ? verifySm2(half, bytes, signature, options)
    : verifyShared(half, bytes, signature)
}

export async function wrap(
  key: PublicKey,
  secret: Bytes,
  random: Random,
  options: Sm2Options = SM2_DEFAULT,
): Promise<Bytes> {
  const half = checkPublicKey('key', key)
  checkBytes('secret', secret)
  if (secret.length === 0 || secret.length > SECRET_BYTES_MAX) {
    throw new RangeError(`secret must be 1 to ${SECRET_BYTES_MAX} bytes, got ${secret.length}`)
  }
  checkOptions(options)
  return key.suite === 'sm' ? sealSm2(half, secret, random, options) : sealShared(half, secret, random)
}

// Undefined on any failure: there is one way out, and it says nothing.
export async function unwrap(
  key: PrivateKey,
  wrapped: Bytes,
  options: Sm2Options = SM2_DEFAULT,
): Promise<Bytes | undefined> {
  const secret = checkPrivateKey('key', key)
  checkBytes('wrapped', wrapped)
  checkOptions(options)
  if (wrapped.length > WRAPPED_BYTES_MAX) return undefined
  return key.suite === 'sm' ? openSm2(secret, wrapped, options) : openShared(secret, wrapped)
}
