// SM2 encryption (GB/T 32918.4): C1 = kG, C2 = M ⊕ KDF(x2 ‖ y2), C3 = SM3(x2 ‖ M ‖ y2) with (x2, y2) = kP.
// Form, key derivation, digest and comparison are here, with sm3.ts; both products are sm2-arithmetic.ts's.
import { type Bytes, concat, equalBytes } from './bytes.ts'
import type { Random } from './check.ts'
import { readCiphertextDer, writeCiphertextDer } from './der.ts'
import { timesBoth, timesPoint } from './sm2-arithmetic.ts'
import { drawScalar, isPoint, POINT_BYTES, SCALAR_BYTES } from './sm2-curve.ts'
import type { Sm2Options } from './sm2-options.ts'
import { sm3, sm3Kdf } from './sm3.ts'

const DIGEST_BYTES = 32
// One byte of secret meets an all-zero mask once in 256 draws; sixteen in a row mean that the source is broken.
const MASKS_MAX = 16

type Sealed = { readonly c1: Bytes; readonly c2: Bytes; readonly c3: Bytes }

export function sealSm2(publicKey: Bytes, secret: Bytes, random: Random, options: Sm2Options): Bytes {
  for (let count = 0; count < MASKS_MAX; count++) {
    const [c1, shared] = timesBoth(drawScalar(random), publicKey)
    const mask = maskFrom(shared, secret.length)
    // Clause 6.1, A5: an all-zero mask would send the secret in the clear.
    if (isZero(mask)) continue
    return join({ c1, c2: xor(secret, mask), c3: checksum(shared, secret) }, options)
  }
  throw new Error(`random gave no usable mask in ${MASKS_MAX} draws`)
}

// Undefined for every reason there is: which check failed would help only whoever made the bytes.
export function openSm2(d: Bytes, wrapped: Bytes, options: Sm2Options): Bytes | undefined {
  const sealed = split(wrapped, options)
  if (sealed === undefined || !isPoint(sealed.c1)) return undefined
  const shared = timesPoint(d, sealed.c1.subarray(1))
  const mask = maskFrom(shared, sealed.c2.length)
  const secret = xor(sealed.c2, mask)
  const holds = equalBytes(checksum(shared, secret), sealed.c3)
  return holds && !isZero(mask) ? secret : undefined
}

function join({ c1, c2, c3 }: Sealed, options: Sm2Options): Bytes {
  if (options.ciphertext === 'asn1') {
    return writeCiphertextDer({ point: c1.subarray(1), hash: c3, cipher: c2 })
  }
  const point = options.point04 ? c1 : c1.subarray(1)
  return options.ciphertext === 'c1c3c2' ? concat(point, c3, c2) : concat(point, c2, c3)
}

function split(wrapped: Bytes, options: Sm2Options): Sealed | undefined {
  if (options.ciphertext === 'asn1') {
    const parts = readCiphertextDer(wrapped)
    if (parts === undefined || parts.cipher.length === 0) return undefined
    return { c1: concat(Uint8Array.of(0x04), parts.point), c2: parts.cipher, c3: parts.hash }
  }
  const c1 = options.point04
    ? wrapped.subarray(0, POINT_BYTES)
    : concat(Uint8Array.of(0x04), wrapped.subarray(0, POINT_BYTES - 1))
  const rest = wrapped.subarray(options.point04 ? POINT_BYTES : POINT_BYTES - 1)
  // No secret is empty: an empty C2 has an empty mask, and clause 6.1, A5 forbids it.
  if (rest.length <= DIGEST_BYTES) return undefined
  return options.ciphertext === 'c1c3c2'
    ? { c1, c3: rest.subarray(0, DIGEST_BYTES), c2: rest.subarray(DIGEST_BYTES) }
    : { c1, c2: rest.subarray(0, -DIGEST_BYTES), c3: rest.subarray(-DIGEST_BYTES) }
}

// `shared` is 04 ‖ x2 ‖ y2.
function maskFrom(shared: Bytes, length: number): Bytes {
  return sm3Kdf(shared.subarray(1), length)
}

function checksum(shared: Bytes, secret: Bytes): Bytes {
  return sm3(concat(shared.subarray(1, 1 + SCALAR_BYTES), secret, shared.subarray(1 + SCALAR_BYTES)))
}

function xor(bytes: Bytes, mask: Bytes): Bytes {
  return bytes.map((byte, index) => byte ^ (mask[index] ?? 0))
}

function isZero(bytes: Bytes): boolean {
  return bytes.reduce((seen, byte) => seen | byte, 0) === 0
}
