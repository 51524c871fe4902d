// SM2 signatures (GB/T 32918.2): Z, e and the nonce are made here with sm3.ts, the signature's form in der.ts, and the
// arithmetic of the curve in sm2-arithmetic.ts.
import { type Bytes, concat } from './bytes.ts'
import { draw, type Random } from './check.ts'
import { readSignatureDer, writeSignatureDer } from './der.ts'
import { remembered } from './remembered.ts'
import { divisorOf, nameOf, signWith, verifyWith } from './sm2-arithmetic.ts'
import { CURVE_BYTES, publicPoint, SCALAR_BYTES } from './sm2-curve.ts'
import { type Sm2Options, userIdBytes } from './sm2-options.ts'
import { sm3 } from './sm3.ts'

// What a private key is made into before it signs (keys.ts).
export type SigningKey = {
  readonly d: Bytes
  readonly publicKey: Bytes
  // R / (1 + d) mod n.
  readonly divisor: Bytes
}

export function signingKeyOf(d: Bytes): SigningKey {
  return { d, publicKey: publicPoint(d), divisor: divisorOf(d) }
}

// The nonce for a digest; another one when the first cannot be used.
export type Nonce = (e: Bytes, attempt: number) => Bytes

const ATTEMPTS_MAX = 8
const IDENTITIES_MAX = 1024

const identities = remembered<{ readonly userId: string; readonly z: Bytes }>(IDENTITIES_MAX)

// Z = SM3(bits of the user id as u16 ‖ user id ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA), clause 5.5. A key has one user id as a rule.
export function identityDigest(publicKey: Bytes, options: Sm2Options): Bytes {
  const name = nameOf(publicKey)
  const known = identities.get(name)
  if (known?.userId === options.userId) return known.z
  const id = userIdBytes(options)
  const bits = id.length * 8
  const z = sm3(concat(Uint8Array.of(bits >> 8, bits & 0xff), id, CURVE_BYTES, publicKey.subarray(1)))
  identities.put(name, { userId: options.userId, z })
  return z
}

export function signSm2(key: SigningKey, bytes: Bytes, options: Sm2Options, nonce: Nonce): Bytes {
  const raw = signDigest(key, messageDigest(key.publicKey, bytes, options), nonce)
  return options.signature === 'der' ? writeSignatureDer(raw) : raw
}

// Bytes that are no signature at all get the same no as a signature that does not hold: they are the peer's.
export function verifySm2(publicKey: Bytes, bytes: Bytes, signature: Bytes, options: Sm2Options): boolean {
  const raw = options.signature === 'der' ? readSignatureDer(signature) : signature
  return verifyWith(publicKey, messageDigest(publicKey, bytes, options), raw)
}

function signDigest({ divisor }: SigningKey, e: Bytes, nonce: Nonce): Bytes {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const raw = signWith({ divisor, e, nonce: nonce(e, attempt) })
    if (raw !== undefined) return raw
  }
  throw new Error(`no nonce could be used in ${ATTEMPTS_MAX} attempts`)
}

// k = SM3(chance ‖ d ‖ e ‖ attempt), by rejection where it is 0 or not below n. Chance that repeats itself, or that somebody
// can foretell, does not betray d: another message has another nonce, and nobody else knows d.
export function nonceOf({ d }: SigningKey, random: Random): Nonce {
  const chance = Uint8Array.from(draw(random, SCALAR_BYTES))
  return (e, attempt) => sm3(concat(chance, d, e, Uint8Array.of(attempt)))
}

function messageDigest(publicKey: Bytes, bytes: Bytes, options: Sm2Options): Bytes {
  const message = options.hash === 'twice' ? sm3(bytes) : bytes
  return sm3(concat(identityDigest(publicKey, options), message))
}
