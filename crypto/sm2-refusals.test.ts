// What SM2 must refuse although it looks right, and the rare right forms that sloppy code refuses: one flipped bit,
// leading zero bytes, the point at infinity, the all-zero mask.
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  fromHex,
  publicHalf,
  type PublicKey,
  Secret,
  SM2_DEFAULT,
  sign,
  sm3,
  sm3Kdf,
  toHex,
  unwrap,
  utf8,
  verify,
  wrap,
} from './crypto.ts'
import { isPoint, publicPoint } from './sm2-curve.ts'
import { identityDigest, signingKeyOf, signSm2 } from './sm2-sign.ts'
import { SM2P256V1, toNumber } from './sm2-textbook.ts'

const { n } = SM2P256V1
const RAW = { ...SM2_DEFAULT, signature: 'raw' } as const
const d = sm3(utf8('refusals'))
const key = { suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) } as const
const half = publicHalf(key)
const message = utf8('one message')

describe('one flipped bit', () => {
  it('anywhere in r ‖ s is refused', async () => {
    const signature = await sign(key, message, RAW)
    for (const flipped of flips(signature)) expect(await verify(half, message, flipped, RAW)).toBe(false)
  })

  it('anywhere in the DER form is refused', async () => {
    const signature = await sign(key, message)
    for (const flipped of [...flips(signature)].filter((_, bit) => bit < 40 || bit % 8 === 5))
      expect(await verify(half, message, flipped)).toBe(false)
  })

  it('anywhere in the message is refused', async () => {
    const signature = await sign(key, message)
    for (const flipped of flips(message)) expect(await verify(half, flipped, signature)).toBe(false)
  })

  // Half of all x have a point, but hardly ever with the y of another.
  it('anywhere in the public key leaves the curve, and that is loud', async () => {
    const signature = await sign(key, message)
    for (const publicKey of flips(key.publicKey)) {
      await expect(verify({ suite: 'sm', publicKey }, message, signature)).rejects.toThrow('must be a point')
      await expect(wrap({ suite: 'sm', publicKey }, message, () => d)).rejects.toThrow('must be a point')
    }
  })

  it('in the private key is another key, whose signature the first does not hold', async () => {
    for (const other of [...flips(d)].slice(0, 8)) {
      const signed = await sign(
        { suite: 'sm', key: new Secret(other), publicKey: publicPoint(other) },
        message,
      )
      expect(await verify(half, message, signed)).toBe(false)
    }
  })

  // Every bit of C1 where it stands first, one bit in each byte of the rest: those cost a multiplication each.
  it('anywhere in a ciphertext is refused, in every form', async () => {
    for (const ciphertext of ['c1c3c2', 'c1c2c3', 'asn1'] as const) {
      const options = { ...SM2_DEFAULT, ciphertext }
      const wrapped = await wrap(half, message, () => sm3(d), options)
      expect(await unwrap(key, wrapped, options)).toEqual(message)
      for (const flipped of [...flips(wrapped)].filter((_, bit) => bit < 65 * 8 || bit % 8 === 3))
        expect(await unwrap(key, flipped, options)).toBeUndefined()
    }
  })

  it('and any cut or lengthened ciphertext is refused', async () => {
    for (const ciphertext of ['c1c3c2', 'asn1'] as const) {
      const options = { ...SM2_DEFAULT, ciphertext }
      const wrapped = await wrap(half, message, () => sm3(d), options)
      for (let length = 0; length < wrapped.length; length++) {
        expect(await unwrap(key, wrapped.slice(0, length), options)).toBeUndefined()
      }
      expect(await unwrap(key, concat(wrapped, Uint8Array.of(0)), options)).toBeUndefined()
    }
  })
})

describe('leading zeros', () => {
  it.each([
    ['r', 0],
    ['s', 32],
  ] as const)('of %s are kept in the raw form, dropped in DER, and hold in both', async (_name, at) => {
    const k = sm3(utf8('k'))
    const [own, nonce] = [signingKeyOf(d), () => k]
    const found = counted((text) => signSm2(own, utf8(text), RAW, nonce)[at] === 0)
    const raw = signSm2(own, utf8(found), RAW, nonce)
    const der = signSm2(own, utf8(found), SM2_DEFAULT, nonce)
    expect(raw.length).toBe(64)
    expect(der.length).toBeLessThan(72)
    expect(await verify(half, utf8(found), raw, RAW)).toBe(true)
    expect(await verify(half, utf8(found), der)).toBe(true)
    // The same number with its zero cut off is not 64 bytes, and no signature.
    expect(await verify(half, utf8(found), concat(raw.slice(0, at), raw.slice(at + 1)), RAW)).toBe(false)
  })

  it.each([
    ['x', 1],
    ['y', 33],
  ] as const)('of the coordinate %s survive in C1 and in the shared point', async (_name, at) => {
    const scalar = fromHex(counted((text) => publicPoint(scalarOf(text))[at] === 0, scalarHex))
    for (const k of [scalar, divide(scalar, d)]) {
      const wrapped = await wrap(half, message, () => k)
      const shared = publicPoint(multiply(k, d))
      expect([publicPoint(k)[at], shared[at]]).toContain(0)
      expect(wrapped.slice(0, 65)).toEqual(publicPoint(k))
      expect(await unwrap(key, wrapped)).toEqual(message)
    }
  })
})

describe('the edges of the standard', () => {
  // Knowing d, s = -e·d / (1 + d) makes sG + tP the point at infinity; a library that reads it as x = 0 accepts r = e.
  it('a signature that leads to the point at infinity is refused', async () => {
    const e = toNumber(sm3(concat(identityDigest(key.publicKey, SM2_DEFAULT), message))) % n
    const s = modulo(-e * toNumber(d) * inverse(1n + toNumber(d)))
    expect(modulo(s + modulo(e + s) * toNumber(d))).toBe(0n)
    expect(await verify(half, message, concat(toBytes(e), toBytes(s)), RAW)).toBe(false)
  })

  it('r or s of 0, n or more, and r + s = n are refused', async () => {
    const signature = await sign(key, message, RAW)
    const [r, s] = [signature.slice(0, 32), signature.slice(32)]
    const cases = [
      concat(toBytes(0n), s),
      concat(r, toBytes(0n)),
      concat(toBytes(n), s),
      concat(r, toBytes(n)),
      concat(new Uint8Array(32).fill(255), s),
      concat(r, toBytes(n - toNumber(r))),
    ]
    for (const wrong of cases) expect(await verify(half, message, wrong, RAW)).toBe(false)
  })

  it('an all-zero mask is drawn again when wrapping and refused when unwrapping', async () => {
    const mask = (k: Bytes): Bytes => sm3Kdf(publicPoint(multiply(k, d)).slice(1), 1)
    const zero = fromHex(counted((text) => mask(scalarOf(text))[0] === 0, scalarHex))
    const good = scalarOf('1')
    const draws = [zero, good]
    const secret = Uint8Array.of(0x5a)
    const wrapped = await wrap(half, secret, () => draws.shift() ?? good)
    expect(wrapped.slice(0, 65)).toEqual(publicPoint(good))
    expect(await unwrap(key, wrapped)).toEqual(secret)

    const shared = publicPoint(multiply(zero, d)).slice(1)
    const checksum = sm3(concat(shared.slice(0, 32), secret, shared.slice(32)))
    expect(await unwrap(key, concat(publicPoint(zero), checksum, secret))).toBeUndefined()
    await expect(wrap(half, secret, () => zero)).rejects.toThrow('random gave no usable mask in 16 draws')
  })

  it('an empty secret is neither wrapped nor unwrapped', async () => {
    await expect(wrap(half, new Uint8Array(0), () => d)).rejects.toThrow(
      'secret must be 1 to 65536 bytes, got 0',
    )
    const shared = publicPoint(multiply(d, d)).slice(1)
    expect(await unwrap(key, concat(publicPoint(d), sm3(shared)))).toBeUndefined()
  })

  it('the 04 is there when the option says so, and only then', async () => {
    const bare = { ...SM2_DEFAULT, point04: false }
    const [withIt, without] = [await wrap(half, message, () => d), await wrap(half, message, () => d, bare)]
    expect(toHex(withIt)).toBe(`04${toHex(without)}`)
    expect(await unwrap(key, without)).toBeUndefined()
    expect(await unwrap(key, withIt, bare)).toBeUndefined()
    for (const form of [0, 2, 3, 5, 6, 7]) {
      expect(await unwrap(key, concat(Uint8Array.of(form), without))).toBeUndefined()
    }
  })

  it('a coordinate written as itself plus p is refused: one point has one spelling', () => {
    // x = 0 and x = p are the same number; a point with x this small needs b to be a square, which it is.
    const p = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn
    const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n
    const y = power(b, (p + 1n) / 4n, p)
    const point = (x: bigint): Bytes => concat(Uint8Array.of(4), toBytes(x), toBytes(y))
    expect(isPoint(point(0n))).toBe(true)
    expect(isPoint(point(p))).toBe(false)
  })

  it('sealed for another key, it does not open', async () => {
    const other: PublicKey = { suite: 'sm', publicKey: publicPoint(sm3(d)) }
    expect(await unwrap(key, await wrap(other, message, () => d))).toBeUndefined()
  })
})

function* flips(bytes: Bytes): Generator<Bytes> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield flipped
  }
}

// The first count that does, as text: a search that ends in the same place every time.
function counted(does: (text: string) => boolean, shown: (text: string) => string = (text) => text): string {
  for (let count = 1; count < 10_000; count++) if (does(String(count))) return shown(String(count))
  throw new Error('none in ten thousand')
}

function scalarOf(text: string): Bytes {
  return toBytes(BigInt(text))
}

function scalarHex(text: string): string {
  return toHex(scalarOf(text))
}

function toBytes(number: bigint): Bytes {
  return fromHex(number.toString(16).padStart(64, '0'))
}

function modulo(number: bigint): bigint {
  return ((number % n) + n) % n
}

function inverse(number: bigint): bigint {
  return power(number, n - 2n, n)
}

function multiply(a: Bytes, b: Bytes): Bytes {
  return toBytes(modulo(toNumber(a) * toNumber(b)))
}

function divide(a: Bytes, b: Bytes): Bytes {
  return toBytes(modulo(toNumber(a) * inverse(toNumber(b))))
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (
    let [square, rest] = [base % modulus, exponent];
    rest > 0n;
    rest >>= 1n, square = (square * square) % modulus
  ) {
    if (rest & 1n) result = (result * square) % modulus
  }
  return result
}
