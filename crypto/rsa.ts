// RSA as the older networks use it (RFC 8017): RSASSA-PKCS1-v1_5 over SHA-256 or SHA-1, RSAES-PKCS1-v1_5 for short secrets.
// The arithmetic is OpenSSL's; what keys look like in files is rsa-jsrsasign.ts's.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import { type Bytes, concat, equalBytes } from './bytes.ts'
import { checkBytes, checkOneOf, draw, kindOf, type Random } from './check.ts'
import { Secret } from './secret.ts'

// The key is PKCS#8, the public half SubjectPublicKeyInfo, both DER.
export type RsaPrivateKey = {
  readonly suite: 'rsa'
  readonly key: Secret<Bytes>
  readonly publicKey: Bytes
}
export type RsaPublicKey = { readonly suite: 'rsa'; readonly publicKey: Bytes }

// SHA-1 only for networks that still say so (UnionPay ACP 5.0.0): its collisions are public since 2017.
export type RsaDigest = 'sha256' | 'sha1'

const MODULUS_BITS_MIN = 2048
// Larger ones only slow the receiver down.
const MODULUS_BITS_MAX = 8192
const EXPONENT_MIN = 65_537n
const EXPONENT_MAX = 2n ** 64n
// 00 02, at least eight bytes of chance, 00 (RFC 8017, clause 7.2.1).
const PADDING_BYTES_MIN = 8
const OVERHEAD_BYTES = PADDING_BYTES_MIN + 3
// A zero byte is drawn once in 256 times; so many pages in a row without enough others mean a broken source.
const DRAWS_MAX = 16

// What was read and found right once. Keys are never changed in place.
const privates = new WeakMap<Secret<Bytes>, KeyObject>()
const publics = new WeakMap<Bytes, KeyObject>()
const halves = new WeakMap<KeyObject, Bytes>()

export function signRsa(key: RsaPrivateKey, bytes: Bytes, digest: RsaDigest = 'sha256'): Bytes {
  const own = rsaPrivate('key', key)
  checkBytes('bytes', bytes)
  checkOneOf('digest', digest, ['sha256', 'sha1'])
  return new Uint8Array(signBytes(digest, bytes, { key: own, padding: constants.RSA_PKCS1_PADDING }))
}

// Throws when our side is wrong; answers false to whatever the peer sent.
export function verifyRsa(
  key: RsaPublicKey,
  bytes: Bytes,
  signature: Bytes,
  digest: RsaDigest = 'sha256',
): boolean {
  const half = rsaPublic('key', key)
  checkBytes('bytes', bytes)
  checkBytes('signature', signature)
  checkOneOf('digest', digest, ['sha256', 'sha1'])
  // OpenSSL asks for this length as well; said here, no other version of it need be trusted.
  if (signature.length !== modulusBytes(half)) return false
  return verifyBytes(digest, bytes, { key: half, padding: constants.RSA_PKCS1_PADDING }, signature)
}

// The padding is filled here from the given chance, so that a run with a seed wraps alike; OpenSSL only raises to the power.
export function wrapRsa(key: RsaPublicKey, secret: Bytes, random: Random): Bytes {
  const half = rsaPublic('key', key)
  checkBytes('secret', secret)
  const length = modulusBytes(half)
  if (secret.length === 0 || secret.length > length - OVERHEAD_BYTES) {
    throw new RangeError(`secret must be 1 to ${length - OVERHEAD_BYTES} bytes, got ${secret.length}`)
  }
  const padding = drawNonZero(random, length - 3 - secret.length)
  const block = concat(Uint8Array.of(0, 2), padding, Uint8Array.of(0), secret)
  return new Uint8Array(publicEncrypt({ key: half, padding: constants.RSA_NO_PADDING }, block))
}

// Implicit rejection: OpenSSL answers a wrong padding with bytes that follow from key and ciphertext, of some length, and
// takes the same time for it, so nobody learns which paddings are right (Bleichenbacher 1998). Undefined is said only of
// what everybody can see: a length that is not the modulus's, a number that is not below it.
export function unwrapRsa(key: RsaPrivateKey, wrapped: Bytes): Bytes | undefined {
  const own = rsaPrivate('key', key)
  checkBytes('wrapped', wrapped)
  if (wrapped.length !== modulusBytes(own)) return undefined
  try {
    return new Uint8Array(privateDecrypt({ key: own, padding: constants.RSA_PKCS1_PADDING }, wrapped))
  } catch {
    return undefined
  }
}

// A private key beside a foreign public key signs what nobody can verify, and nobody can tell why.
export function rsaPrivate(name: string, key: RsaPrivateKey): KeyObject {
  if (!(key.key instanceof Secret))
    throw new TypeError(`${name}.key must be a Secret, got ${kindOf(key.key)}`)
  const own = privates.get(key.key) ?? provePrivate(name, key.key)
  checkBytes(`${name}.publicKey`, key.publicKey)
  if (halves.get(own) === key.publicKey) return own
  if (!equalBytes(spkiOf(own), key.publicKey)) {
    throw new RangeError(`${name}.publicKey must be the public half of ${name}.key, it is another`)
  }
  halves.set(own, key.publicKey)
  return own
}

export function rsaPublic(name: string, key: RsaPublicKey): KeyObject {
  checkBytes(`${name}.publicKey`, key.publicKey)
  const known = publics.get(key.publicKey)
  if (known !== undefined) return known
  const read = parsed(() => createPublicKey({ key: view(key.publicKey), format: 'der', type: 'spki' }))
  if (read === undefined) throw new RangeError(`${name}.publicKey must be a SubjectPublicKeyInfo in DER`)
  checkSize(`${name}.publicKey`, read)
  publics.set(key.publicKey, read)
  return read
}

export function rsaKeyOf(pkcs8: Bytes): RsaPrivateKey {
  const key = new Secret(Uint8Array.from(checkBytes('pkcs8', pkcs8)), '[rsa private key]')
  const own = provePrivate('key', key)
  return { suite: 'rsa', key, publicKey: spkiOf(own) }
}

function provePrivate(name: string, secret: Secret<Bytes>): KeyObject {
  const der = checkBytes(`${name}.key`, secret.reveal())
  const read = parsed(() => createPrivateKey({ key: view(der), format: 'der', type: 'pkcs8' }))
  if (read === undefined) throw new RangeError(`${name}.key must be an RSA key in PKCS#8, it is not`)
  checkSize(`${name}.key`, read)
  privates.set(secret, read)
  return read
}

const spkiOf = (own: KeyObject): Bytes =>
  new Uint8Array(createPublicKey(own).export({ type: 'spki', format: 'der' }))

function parsed(read: () => KeyObject): KeyObject | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function checkSize(name: string, key: KeyObject): void {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType !== 'rsa') throw new RangeError(`${name} must be an RSA key, it is another`)
  if (modulusLength < MODULUS_BITS_MIN || modulusLength > MODULUS_BITS_MAX) {
    throw new RangeError(
      `${name} must have ${MODULUS_BITS_MIN} to ${MODULUS_BITS_MAX} bits, it has ${modulusLength}`,
    )
  }
  if (publicExponent < EXPONENT_MIN || publicExponent >= EXPONENT_MAX || publicExponent % 2n === 0n) {
    throw new RangeError(`${name} must have an odd public exponent from ${EXPONENT_MIN} to 2^64`)
  }
}

const modulusBytes = (key: KeyObject): number => Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)

function drawNonZero(random: Random, length: number): Bytes {
  let found: Bytes = new Uint8Array(0)
  for (let count = 0; count < DRAWS_MAX; count++) {
    found = concat(
      found,
      Uint8Array.from(draw(random, length)).filter((byte) => byte !== 0),
    )
    if (found.length >= length) return found.subarray(0, length)
  }
  throw new Error(`random gave too few bytes other than zero in ${DRAWS_MAX} draws`)
}

function view(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
