// Keys of all suites: what they are, how they are made, and the check that each passes before it is used.
import { type Bytes, equalBytes } from './bytes.ts'
import { checkBytes, checkOneOf, draw, kindOf, type Random } from './check.ts'
import { type RsaPrivateKey, type RsaPublicKey, rsaPrivate } from './rsa.ts'
import { generateRsa } from './rsa-generate.ts'
import { Secret } from './secret.ts'
import { drawScalar, isPrivateScalar, POINT_BYTES, publicPoint, SCALAR_BYTES } from './sm2-curve.ts'
import { type SigningKey, signingKeyOf } from './sm2-sign.ts'

export type SuiteName = 'sm' | 'rsa' | 'sm3-shared'

const SUITES: readonly SuiteName[] = ['sm', 'rsa', 'sm3-shared']

// In sm, publicKey is 04 ‖ x ‖ y, 65 bytes; secrets are 32 bytes. What RSA's are is said in rsa.ts.
export type PrivateKey =
  | RsaPrivateKey
  | { readonly suite: 'sm'; readonly key: Secret<Bytes>; readonly publicKey: Bytes }
  | { readonly suite: 'sm3-shared'; readonly key: Secret<Bytes> }

export type PublicKey =
  | RsaPublicKey
  | { readonly suite: 'sm'; readonly publicKey: Bytes }
  | { readonly suite: 'sm3-shared'; readonly key: Secret<Bytes> }

const SHARED_BYTES = 32

export async function generateKeyPair(suite: SuiteName, random: Random): Promise<PrivateKey> {
  checkOneOf('suite', suite, SUITES)
  if (suite === 'rsa') return generateRsa(random)
  if (suite === 'sm3-shared') {
    return { suite, key: new Secret(Uint8Array.from(draw(random, SHARED_BYTES)), '[sm3-shared secret]') }
  }
  const d = drawScalar(random)
  return { suite, key: new Secret(d, '[sm private key]'), publicKey: publicPoint(d) }
}

// What the other side of a pair holds; with a shared secret that is the secret itself.
export function publicHalf(key: PrivateKey): PublicKey {
  if (key.suite === 'rsa') {
    rsaPrivate('key', key)
    return { suite: key.suite, publicKey: key.publicKey }
  }
  checkPrivateKey('key', key)
  return key.suite === 'sm'
    ? { suite: key.suite, publicKey: key.publicKey }
    : { suite: key.suite, key: key.key }
}

// Each secret proves itself once: the derivations cost more than a signature.
const proven = new WeakMap<Secret<Bytes>, SigningKey>()

// Keys of the two suites whose arithmetic is ours.
type OwnPrivateKey = Exclude<PrivateKey, RsaPrivateKey>
type OwnPublicKey = Exclude<PublicKey, RsaPublicKey>

// What a keyring asks of every key before it keeps it.
export function checkAnyPrivateKey(name: string, key: PrivateKey): void {
  checkSuite(name, key)
  if (key.suite === 'rsa') rsaPrivate(name, key)
  else checkPrivateKey(name, key)
}

export function checkPrivateKey(name: string, key: OwnPrivateKey): Bytes {
  const own = signingKey(name, key)
  return own instanceof Uint8Array ? own : own.d
}

// What signs: the secret itself in sm3-shared. A private key beside a foreign public key signs under the wrong Z, and nobody
// can tell why it is refused.
export function signingKey(name: string, key: OwnPrivateKey): SigningKey | Bytes {
  checkSuite(name, key)
  if (key.suite !== 'sm') return revealed(name, key)
  const own = proven.get(key.key) ?? prove(key.key, revealed(name, key))
  checkBytes(`${name}.publicKey`, key.publicKey, POINT_BYTES)
  if (!equalBytes(own.publicKey, key.publicKey)) {
    throw new RangeError(`${name}.publicKey must be the public half of ${name}.key, it is another`)
  }
  return own
}

function prove(secret: Secret<Bytes>, revealed: Bytes): SigningKey {
  const own = signingKeyOf(Uint8Array.from(revealed))
  proven.set(secret, own)
  return own
}

// Whether the point is on the curve is found out once per key, where it is used (sm2-arithmetic.ts).
export function checkPublicKey(name: string, key: OwnPublicKey): Bytes {
  checkSuite(name, key)
  return key.suite === 'sm'
    ? checkBytes(`${name}.publicKey`, key.publicKey, POINT_BYTES)
    : revealed(name, key)
}

function revealed(name: string, key: OwnPrivateKey): Bytes {
  if (!(key.key instanceof Secret))
    throw new TypeError(`${name}.key must be a Secret, got ${kindOf(key.key)}`)
  const secret = checkBytes(`${name}.key`, key.key.reveal(), key.suite === 'sm' ? SCALAR_BYTES : SHARED_BYTES)
  if (key.suite === 'sm' && !isPrivateScalar(secret)) {
    throw new RangeError(`${name}.key must be a number from 1 to n - 2, it is not`)
  }
  return secret
}

export function checkSuite(name: string, key: PrivateKey | PublicKey): void {
  if (typeof key !== 'object' || key === null)
    throw new TypeError(`${name} must be a key, got ${kindOf(key)}`)
  checkOneOf(`${name}.suite`, key.suite, SUITES)
}
