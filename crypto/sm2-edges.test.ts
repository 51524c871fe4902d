// Signatures made on purpose, where tables, comparisons and memory could go wrong and random ones never lead: from s and t of
// our choice, r = t - s and e = r - x(sG + tP) make a signature that holds for the digest e.
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  generateKeyPair,
  publicHalf,
  Secret,
  sign,
  sm3,
  unwrap,
  utf8,
  verify,
  wrap,
} from './crypto.ts'
import { signWith, timesBoth, verifyWith } from './sm2-arithmetic.ts'
import { machine, n, p, scalarBytes, toNumber } from './sm2-machine.ts'
import { signingKeyOf } from './sm2-sign.ts'
import { inverse, modulo, plus, type Point, SM2P256V1, times } from './sm2-textbook.ts'

const FULL = import.meta.env.MODE === 'full'
const curve = SM2P256V1
const G: Point = { x: curve.gx, y: curve.gy }
const sm2 = machine()
sm2.call('prepareBase')

let tabled = ''

// Whether it holds by the peer's table, and by the plain path.
function verdicts(peer: Point, e: bigint, r: bigint, s: bigint): readonly number[] {
  sm2.put('POINT', coordinates(peer))
  if (tabled !== `${peer?.x} ${peer?.y}`) sm2.call('preparePeer', sm2.table(1))
  tabled = `${peer?.x} ${peer?.y}`
  sm2.put('DIGEST', scalarBytes(e))
  sm2.put('SIGNATURE', concat(scalarBytes(r), scalarBytes(s)))
  return [sm2.call('verify', sm2.table(1)), sm2.call('verify', 0)]
}

function made(peer: Point, s: bigint, t: bigint): { readonly e: bigint; readonly r: bigint } | undefined {
  const point = plus(curve, times(curve, s, G), times(curve, t, peer))
  const r = modulo(t - s, n)
  return point === undefined || r === 0n ? undefined : { r, e: modulo(r - point.x, n) }
}

function coordinates(point: Point): Bytes {
  return concat(scalarBytes(point?.x ?? 0n), scalarBytes(point?.y ?? 0n))
}

function pairOf(d: bigint) {
  const bytes = scalarBytes(d)
  return { suite: 'sm', key: new Secret(bytes), publicKey: signingKeyOf(bytes).publicKey } as const
}

function seeded(seed: string): (length: number) => Bytes {
  let draws = 0
  return (length) => sm3(utf8(`${seed} ${draws++}`)).slice(0, length)
}

describe('a signature made on purpose', () => {
  const ds = [1n, 2n, n - 2n, 1n << 6n, 1n << 248n]
  const ends = [0x0200n, 0x0100n, 0x0001n, 0x8000n, 0xff00n, 0xffffn, 0x0000n, 0x4020n]

  it('holds, and no other digest does, where s and t are small, or end so that sums meet their summands', () => {
    const small = [1n, 2n, 3n, 64n, 65n, 255n, 256n, 257n, n - 1n, n - 2n]
    const ending = ends.map((end, at) => ((toNumber(sm3(utf8(String(at)))) >> 17n) << 16n) | end)
    const tried = FULL ? [...small, ...ending] : [1n, 2n, 65n, n - 1n, ...ending.slice(0, 3)]
    let held = 0
    for (const d of FULL ? [...ds, 3n, 1n << 8n, 0xc0ffeen] : ds) {
      const peer = times(curve, d, G)
      for (const s of tried)
        for (const t of tried) {
          const { e, r } = made(peer, s, t) ?? {}
          if (e === undefined || r === undefined) continue
          expect(verdicts(peer, e, r, s)).toEqual([1, 1])
          expect(verdicts(peer, modulo(e + 1n, n), r, s)).toEqual([0, 0])
          held += 1
        }
    }
    expect(held).toBeGreaterThan(200)
  })

  it('holds for thousands of s and t that end in 0x0200 or the like, under a key that is nothing special', () => {
    const peer = times(curve, 0xfeedface0123456789n, G)
    sm2.put('POINT', coordinates(peer))
    sm2.call('preparePeer', sm2.table(1))
    tabled = `${peer?.x} ${peer?.y}`
    const rounds = FULL ? 20_000 : 400
    for (let round = 0; round < rounds; round++) {
      const scalar = (of: string): bigint =>
        ((toNumber(sm3(utf8(`${of}${round}`))) >> 1n) & ~0xffffn) | (ends[round % ends.length] ?? 0n)
      const [s, t] = [scalar('s'), round % 2 === 0 ? scalar('t') : toNumber(sm3(utf8(`t${round}`))) >> 1n]
      // The point from the module's plain products, which sm2-points.test.ts holds against the textbook.
      sm2.put('POINT', coordinates(peer))
      sm2.put('SCALAR', scalarBytes(s))
      sm2.call('multiplyBase')
      const sG = pointOf(sm2.take('RESULT', 64))
      sm2.put('SCALAR', scalarBytes(t))
      sm2.call('multiplyOne')
      const sum = plus(curve, sG, pointOf(sm2.take('RESULT', 64)))
      const r = modulo(t - s, n)
      sm2.put('DIGEST', scalarBytes(modulo(r - (sum?.x ?? 0n), n)))
      sm2.put('SIGNATURE', concat(scalarBytes(r), scalarBytes(s)))
      expect([sm2.call('verify', sm2.table(1)), sm2.call('verify', 0)]).toEqual([1, 1])
    }
  })

  it('holds where x is n or more, so that r - e + n is the number to compare', () => {
    let held = 0
    for (let x = n; held < 6; x += 0x1234567890abcdef1234567890abcn) {
      const y = root(x)
      if (y === undefined) continue
      const [s, t] = [toNumber(sm3(scalarBytes(x))) % n, toNumber(sm3(scalarBytes(y))) % n]
      // A public key whose sG + tP is the point with that x; nobody knows its d.
      const minus = times(curve, n - s, G)
      const peer = times(curve, inverse(t, n), plus(curve, { x, y }, minus))
      const { e, r } = made(peer, s, t) ?? { e: 0n, r: 0n }
      expect(modulo(r - e, n)).toBe(x - n)
      expect(verdicts(peer, e, r, s)).toEqual([1, 1])
      expect(verdicts(peer, modulo(e - 1n, n), r, s)).toEqual([0, 0])
      held += 1
    }
  })

  it('is refused where t = 0, r or s is 0 or n or more, or the sum is at infinity', () => {
    for (const d of [3n, n - 2n, 0xc0ffeen]) {
      const peer = times(curve, d, G)
      const [s, t] = [0x1234567n, 0x89abcdefn]
      const { e, r } = made(peer, s, t) ?? { e: 0n, r: 0n }
      for (const [wrongR, wrongS] of [
        [n - s, s],
        [0n, s],
        [r, 0n],
        [n, s],
        [r, n],
        [r + n, s],
        [r, s + n],
        [(1n << 256n) - 1n, s],
      ] as const)
        expect(verdicts(peer, e, wrongR, wrongS)).toEqual([0, 0])
      // t = 0, with the digest for which sG alone would do.
      const alone = made(peer, s, 0n) ?? { e: 0n, r: 0n }
      expect(verdicts(peer, alone.e, alone.r, s)).toEqual([0, 0])
      // s + td = 0: whoever reads infinity as x = 0 accepts r = e.
      const wrong = modulo(-t * d, n)
      const meets = modulo(t - wrong, n)
      expect(verdicts(peer, meets, meets, wrong)).toEqual([0, 0])
    }
  })

  it('is refused with any of its 512 bits flipped, by both paths', () => {
    const peer = times(curve, 0x5ca1ab1en, G)
    const [s, t] = [toNumber(sm3(utf8('s'))) % n, toNumber(sm3(utf8('t'))) % n]
    const { e, r } = made(peer, s, t) ?? { e: 0n, r: 0n }
    expect(verdicts(peer, e, r, s)).toEqual([1, 1])
    const signature = concat(scalarBytes(r), scalarBytes(s))
    for (let bit = 0; bit < 512; bit++) {
      const flipped = signature.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      sm2.put('POINT', coordinates(peer))
      sm2.put('SIGNATURE', flipped)
      expect([sm2.call('verify', sm2.table(1)), sm2.call('verify', 0)]).toEqual([0, 0])
    }
  })
})

describe('a nonce that cannot be used is passed over', () => {
  const own = signingKeyOf(scalarBytes(0x5eed5eedn))
  const d = 0x5eed5eedn
  const k = toNumber(sm3(utf8('k'))) % n
  const x = modulo(times(curve, k, G)?.x ?? 0n, n)
  const signed = (e: bigint, nonce: bigint): Bytes | undefined =>
    signWith({ divisor: own.divisor, e: scalarBytes(e), nonce: scalarBytes(nonce) })

  it('because it is no scalar, or r, r + k or s would be 0', () => {
    expect(signed(1n, k)).toBeInstanceOf(Uint8Array)
    for (const nonce of [0n, n, n + 1n, (1n << 256n) - 1n]) expect(signed(1n, nonce)).toBeUndefined()
    expect(signed(modulo(-x, n), k)).toBeUndefined()
    expect(signed(modulo(-x - k, n), k)).toBeUndefined()
    expect(signed(modulo(k * inverse(d, n) - x, n), k)).toBeUndefined()
  })
})

describe('a digest of n or more, which one in 2^32 is', () => {
  const d = 0xd16e57n
  const own = signingKeyOf(scalarBytes(d))
  const peer = times(curve, d, G)

  it.each([n, n + 1n, (1n << 256n) - 1n])('%d counts mod n, in signing and in verifying', (e) => {
    const [full, less] = [scalarBytes(e), scalarBytes(e - n)]
    const nonce = sm3(full)
    const raw = signWith({ divisor: own.divisor, e: full, nonce })
    expect(raw).toEqual(signWith({ divisor: own.divisor, e: less, nonce }))
    for (const digest of [full, less]) expect(verifyWith(own.publicKey, digest, raw)).toBe(true)
    // And a signature whose r is that of the textbook.
    const x = times(curve, toNumber(nonce) % n, G)?.x ?? 0n
    expect(raw?.slice(0, 32)).toEqual(scalarBytes((e + x) % n))
    expect(verdicts(peer, e, (e + x) % n, toNumber(raw?.slice(32) ?? own.d))).toEqual([1, 1])
  })

  // r - e falls short of -n: a digest that was not reduced first would leave a negative number.
  it('counts mod n where r is as small as the digest is large', () => {
    let held = 0
    for (let [e, r] = [(1n << 256n) - 1n, 1n]; held < 4; r += 1n, e -= 1n) {
      const x = modulo(r - e, n)
      const y = root(x)
      if (y === undefined) continue
      const t = toNumber(sm3(scalarBytes(x))) % n
      const s = modulo(t - r, n)
      const anyone = times(curve, inverse(t, n), plus(curve, { x, y }, times(curve, n - s, G)))
      expect(verdicts(anyone, e, r, s)).toEqual([1, 1])
      expect(verdicts(anyone, e - n, r, s)).toEqual([1, 1])
      expect(verdicts(anyone, e - 1n, r, s)).toEqual([0, 0])
      held += 1
    }
  })
})

describe('the smallest and the largest private key', () => {
  it.each([
    ['1', 1n],
    ['2', 2n],
    ['n - 2', n - 2n],
    ['n - 3', n - 3n],
  ] as const)('d = %s signs, verifies, wraps and unwraps', async (_name, d) => {
    const pair = pairOf(d)
    // Often enough for the table to be made on the way.
    for (let round = 0; round < 20; round++) {
      const message = utf8(`message ${round}`)
      const signature = await sign(pair, message)
      expect(await verify(publicHalf(pair), message, signature)).toBe(true)
      expect(await verify(publicHalf(pair), utf8('another'), signature)).toBe(false)
      const wrapped = await wrap(publicHalf(pair), message, seeded(`wrap ${round}`))
      expect(await unwrap(pair, wrapped)).toEqual(message)
    }
  })
})

describe('memory', () => {
  it('is nobody else’s when chance itself signs, verifies and wraps in the middle of a call', async () => {
    const [outer, inner] = [pairOf(0xabcdefn), pairOf(0x123456n)]
    const message = utf8('inner')
    const signature = await sign(inner, message)
    const within: Promise<unknown>[] = []
    const nested =
      (random: (length: number) => Bytes) =>
      (length: number): Bytes => {
        // The first stretch of an async function runs at once, and that is all of it.
        within.push(
          sign(inner, message, undefined, seeded('nested')),
          verify(publicHalf(inner), message, signature),
          wrap(publicHalf(inner), message, seeded('nested')),
          unwrap(inner, new Uint8Array(200)),
          generateKeyPair('sm', seeded('nested')),
        )
        return random(length)
      }
    const bytes = utf8('outer')
    expect(await sign(outer, bytes, undefined, nested(seeded('a')))).toEqual(
      await sign(outer, bytes, undefined, seeded('a')),
    )
    expect(await wrap(publicHalf(outer), bytes, nested(seeded('b')))).toEqual(
      await wrap(publicHalf(outer), bytes, seeded('b')),
    )
    const [made, again] = [
      await generateKeyPair('sm', nested(seeded('c'))),
      await generateKeyPair('sm', seeded('c')),
    ]
    expect(made.key.reveal()).toEqual(again.key.reveal())
    expect(await unwrap(outer, await wrap(publicHalf(outer), bytes, nested(seeded('d'))))).toEqual(bytes)
    expect((await Promise.all(within)).length).toBeGreaterThanOrEqual(4 * 5)
  })

  it('keeps results apart: what was answered does not change with the next call', () => {
    const [one, two] = [pairOf(77n), pairOf(78n)]
    const first = timesBoth(scalarBytes(5n), one.publicKey)
    const kept = first.map((point) => Uint8Array.from(point))
    timesBoth(scalarBytes(6n), two.publicKey)
    expect(first).toEqual(kept)
  })
})

describe('peers', () => {
  it('more than there are tables for, with strangers between them, are each told from the others', () => {
    const e = sm3(utf8('digest'))
    const peers = Array.from({ length: 140 }, (_, at) => {
      const own = signingKeyOf(scalarBytes(BigInt(1000 + at)))
      const raw = signWith({ divisor: own.divisor, e, nonce: sm3(Uint8Array.of(at)) })
      return { publicKey: own.publicKey, raw }
    })
    for (const [at, { publicKey, raw }] of peers.entries()) {
      // Enough for a table; then the peers before it again, some of whom have lost theirs.
      for (let use = 0; use < 10; use++) expect(verifyWith(publicKey, e, raw)).toBe(true)
      for (const back of [1, 2, 64, 127, 128, 129, 139]) {
        const other = peers[at - back]
        if (other === undefined) continue
        expect(verifyWith(other.publicKey, e, other.raw)).toBe(true)
        expect(verifyWith(other.publicKey, e, raw)).toBe(false)
      }
    }
  })

  it('whose point is off the curve are refused each time, however often they come', () => {
    const { publicKey } = signingKeyOf(scalarBytes(4321n))
    const off = publicKey.map((byte, at) => (at === 64 ? byte ^ 1 : byte))
    const [e, raw] = [sm3(utf8('e')), new Uint8Array(64).fill(1)]
    for (let use = 0; use < 20; use++)
      expect(() => verifyWith(off, e, raw)).toThrow('must be a point of the curve')
    for (const form of [0, 2, 3, 6, 7])
      expect(() => verifyWith(concat(Uint8Array.of(form), publicKey.slice(1)), e, raw)).toThrow(
        'must be a point of the curve',
      )
    // A coordinate of p or more, which is the same point spelt another way.
    const zeroX = concat(Uint8Array.of(4), scalarBytes(p), scalarBytes(root(0n) ?? 0n))
    expect(() => verifyWith(zeroX, e, raw)).toThrow('must be a point of the curve')
  })
})

function pointOf(bytes: Bytes): Point {
  return { x: toNumber(bytes.slice(0, 32)), y: toNumber(bytes.slice(32)) }
}

// A y for this x, if the curve has one; p leaves 3 when divided by 4.
function root(x: bigint): bigint | undefined {
  const square = modulo(x * x * x + curve.a * x + curve.b, p)
  let [y, power] = [1n, square]
  for (let rest = (p + 1n) / 4n; rest > 0n; rest >>= 1n, power = (power * power) % p)
    if (rest & 1n) y = (y * power) % p
  return (y * y) % p === square ? y : undefined
}
