// SM2 signatures (GB/T 32918.2). Z and e are computed here with Node's SM3 and the signature's form is ours
// (der.ts): the library is given thirty-two bytes and r ‖ s, and does the arithmetic of the curve.
import { sm2 } from 'sm-crypto-v2'
import { type Bytes, concat, fromHex, toHex } from './bytes.ts'
import { readSignatureDer, writeSignatureDer } from './der.ts'
import { CURVE_BYTES, knownPoint, n, type Point, SCALAR_BYTES, toNumber } from './sm2-curve.ts'
import { type Sm2Options, userIdBytes } from './sm2-options.ts'
import { sm3 } from './sm3.ts'

// A nonce as the library wants it: k and the x coordinate of kG.
type Nonce = { readonly k: bigint; readonly x1: bigint }

// Z = SM3(bits of the user id as u16 ‖ user id ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA), clause 5.5.
export function identityDigest(publicKey: Bytes, options: Sm2Options): Bytes {
  const id = userIdBytes(options)
  const bits = id.length * 8
  return sm3(concat(Uint8Array.of(bits >> 8, bits & 0xff), id, CURVE_BYTES, publicKey.subarray(1)))
}

export function signSm2(d: Bytes, publicKey: Bytes, bytes: Bytes, options: Sm2Options, nonce?: Nonce): Bytes {
  const raw = signDigest(d, messageDigest(publicKey, bytes, options), nonce)
  return options.signature === 'der' ? writeSignatureDer(raw) : raw
}

// Bytes that are no signature at all get the same no as a signature that does not hold: they are the peer's.
export function verifySm2(publicKey: Bytes, bytes: Bytes, signature: Bytes, options: Sm2Options): boolean {
  const point = knownPoint('key.publicKey', publicKey)
  const raw = options.signature === 'der' ? readSignatureDer(signature) : signature
  return raw !== undefined && verifyDigest(point, messageDigest(publicKey, bytes, options), raw)
}

// The nonce comes from the library's own source of chance (the system's); `nonce` exists for the published
// vectors alone, which state theirs. The injected chance comes with an SM2 of our own.
function signDigest(d: Bytes, e: Bytes, nonce?: Nonce): Bytes {
  const pool = nonce === undefined ? {} : { pointPool: [{ ...nonce }] }
  return fromHex(sm2.doSignature(e, toHex(d), { ...pool, hash: false, der: false }))
}

// Clause 7.1: B1 and B2 (r and s in range) and B5 (t not zero) here, the rest in the library.
export function verifyDigest(point: Point, e: Bytes, raw: Bytes): boolean {
  if (raw.length !== 2 * SCALAR_BYTES) return false
  const r = toNumber(raw.subarray(0, SCALAR_BYTES))
  const s = toNumber(raw.subarray(SCALAR_BYTES))
  if (r === 0n || r >= n || s === 0n || s >= n || r + s === n) return false
  // The library reads the point at infinity as x = 0, so whoever holds the private key could sign with sG + tP = O.
  if ((toNumber(e) - r) % n === 0n) return false
  return sm2.doVerifySignature(e, toHex(raw), point, { hash: false, der: false })
}

function messageDigest(publicKey: Bytes, bytes: Bytes, options: Sm2Options): Bytes {
  const message = options.hash === 'twice' ? sm3(bytes) : bytes
  return sm3(concat(identityDigest(publicKey, options), message))
}
