// Keys of both suites: what they are, how they are made, and the check that each passes before it is used.
import { type Bytes, equalBytes } from './bytes.ts'
import { checkBytes, checkOneOf, draw, kindOf, type Random } from './check.ts'
import { Secret } from './secret.ts'
import { drawScalar, isPrivateScalar, POINT_BYTES, publicPoint, SCALAR_BYTES } from './sm2-curve.ts'
import { type SigningKey, signingKeyOf } from './sm2-sign.ts'

export type SuiteName = 'sm' | 'sm3-shared'

// publicKey is 04 ‖ x ‖ y, 65 bytes; secrets are 32 bytes.
export type PrivateKey =
  | { readonly suite: 'sm'; readonly key: Secret<Bytes>; readonly publicKey: Bytes }
  | { readonly suite: 'sm3-shared'; readonly key: Secret<Bytes> }

export type PublicKey =
  | { readonly suite: 'sm'; readonly publicKey: Bytes }
  | { readonly suite: 'sm3-shared'; readonly key: Secret<Bytes> }

const SHARED_BYTES = 32

export async function generateKeyPair(suite: SuiteName, random: Random): Promise<PrivateKey> {
  checkOneOf('suite', suite, ['sm', 'sm3-shared'])
  if (suite === 'sm3-shared') {
    return { suite, key: new Secret(Uint8Array.from(draw(random, SHARED_BYTES)), '[sm3-shared secret]') }
  }
  const d = drawScalar(random)
  return { suite, key: new Secret(d, '[sm private key]'), publicKey: publicPoint(d) }
}

// What the other side of a pair holds; with a shared secret that is the secret itself.
export function publicHalf(key: PrivateKey): PublicKey {
  checkPrivateKey('key', key)
  return key.suite === 'sm'
    ? { suite: key.suite, publicKey: key.publicKey }
    : { suite: key.suite, key: key.key }
}

// Each secret proves itself once: the derivations cost more than a signature.
const proven = new WeakMap<Secret<Bytes>, SigningKey>()

export function checkPrivateKey(name: string, key: PrivateKey): Bytes {
  const own = signingKey(name, key)
  return own instanceof Uint8Array ? own : own.d
}

// What signs: the secret itself in sm3-shared. A private key beside a foreign public key signs under the wrong Z, and nobody
// can tell why it is refused.
export function signingKey(name: string, key: PrivateKey): SigningKey | Bytes {
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
export function checkPublicKey(name: string, key: PublicKey): Bytes {
  checkSuite(name, key)
  return key.suite === 'sm'
    ? checkBytes(`${name}.publicKey`, key.publicKey, POINT_BYTES)
    : revealed(name, key)
}

function revealed(name: string, key: PrivateKey): Bytes {
  if (!(key.key instanceof Secret))
    throw new TypeError(`${name}.key must be a Secret, got ${kindOf(key.key)}`)
  const secret = checkBytes(`${name}.key`, key.key.reveal(), key.suite === 'sm' ? SCALAR_BYTES : SHARED_BYTES)
  if (key.suite === 'sm' && !isPrivateScalar(secret)) {
    throw new RangeError(`${name}.key must be a number from 1 to n - 2, it is not`)
  }
  return secret
}

function checkSuite(name: string, key: PrivateKey | PublicKey): void {
  if (typeof key !== 'object' || key === null)
    throw new TypeError(`${name} must be a key, got ${kindOf(key)}`)
  checkOneOf(`${name}.suite`, key.suite, ['sm', 'sm3-shared'])
}
