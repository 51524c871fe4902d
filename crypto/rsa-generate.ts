// An RSA pair from the given chance: OpenSSL draws its own, and then a seed would not give the same key again.
// Candidates are drawn here and judged by OpenSSL (FIPS 186-5, appendix A.1.3, without its hash of the seed).
import { checkPrimeSync, createPrivateKey } from 'node:crypto'
import { type Bytes, fromHex } from './bytes.ts'
import { draw, type Random } from './check.ts'
import { type RsaPrivateKey, rsaKeyOf } from './rsa.ts'

const PRIME_BYTES = 128
const EXPONENT = 65_537n
// One odd number in 355 of this size is prime; ten thousand in a row that are not mean that the source is broken.
const CANDIDATES_MAX = 10_000
// Enough for an error below 2^-128 on numbers that somebody chose.
const CHECKS = 64

export function generateRsa(random: Random): RsaPrivateKey {
  const [p, q] = drawPrimes(random)
  return rsaFromPrimes(p, q)
}

function drawPrimes(random: Random): readonly [bigint, bigint] {
  const [p, q] = [drawPrime(random), drawPrime(random)]
  // It happens once in 2^100 times.
  if (tooClose(p, q)) throw new Error('random gave two primes that are too close to each other')
  return [p, q]
}

export function rsaFromPrimes(p: bigint, q: bigint): RsaPrivateKey {
  const d = inverse(EXPONENT, lcm(p - 1n, q - 1n))
  const text = (number: bigint): string => Buffer.from(bytesOf(number)).toString('base64url')
  const jwk = {
    kty: 'RSA',
    n: text(p * q),
    e: text(EXPONENT),
    d: text(d),
    p: text(p),
    q: text(q),
    dp: text(d % (p - 1n)),
    dq: text(d % (q - 1n)),
    qi: text(inverse(q, p)),
  }
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return rsaKeyOf(new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })))
}

// The two highest bits are set, so that the product of two has all its bits.
function drawPrime(random: Random): bigint {
  for (let count = 0; count < CANDIDATES_MAX; count++) {
    const drawn = Uint8Array.from(draw(random, PRIME_BYTES))
    drawn[0] = (drawn[0] ?? 0) | 0xc0
    drawn[PRIME_BYTES - 1] = (drawn[PRIME_BYTES - 1] ?? 0) | 1
    const candidate = BigInt(`0x${Buffer.from(drawn).toString('hex')}`)
    if (gcd(candidate - 1n, EXPONENT) === 1n && checkPrimeSync(candidate, { checks: CHECKS }))
      return candidate
  }
  throw new Error(`random gave no prime in ${CANDIDATES_MAX} draws`)
}

// Primes near each other are found from their product's square root.
function tooClose(p: bigint, q: bigint): boolean {
  const apart = p > q ? p - q : q - p
  return apart < 1n << BigInt(PRIME_BYTES * 8 - 100)
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b)
}

const lcm = (a: bigint, b: bigint): bigint => (a / gcd(a, b)) * b

// Extended Euclid; both are known to have no divisor in common.
function inverse(number: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, number % modulus]
  let [t, after] = [0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[t, after] = [after, t - quotient * after]
  }
  return t < 0n ? t + modulus : t
}

function bytesOf(number: bigint): Bytes {
  const hex = number.toString(16)
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`)
}
