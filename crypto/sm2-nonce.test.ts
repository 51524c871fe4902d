// The nonce of a signature, which betrays the key if it repeats for another message or can be foretold: what it is made of.
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  keyring,
  publicHalf,
  Secret,
  SM2_DEFAULT,
  sign,
  sm3,
  toHex,
  utf8,
  verify,
} from './crypto.ts'
import { nonceOf, signingKeyOf, signSm2 } from './sm2-sign.ts'

const RAW = { ...SM2_DEFAULT, signature: 'raw' } as const
const d = sm3(utf8('nonce'))
const own = signingKeyOf(d)
const key = { suite: 'sm', key: new Secret(d), publicKey: own.publicKey } as const
const message = utf8('a message')
const stuck = (length: number): Bytes => new Uint8Array(length)

describe('the nonce', () => {
  it('is SM3 of chance, key, digest and attempt', () => {
    const [chance, e] = [sm3(utf8('chance')), sm3(utf8('digest'))]
    const nonce = nonceOf(own, () => chance)
    expect(nonce(e, 0)).toEqual(sm3(concat(chance, d, e, Uint8Array.of(0))))
    expect(nonce(e, 1)).toEqual(sm3(concat(chance, d, e, Uint8Array.of(1))))
  })

  it('is another for every signature, from the system’s chance', async () => {
    const seen = new Set<string>()
    for (let count = 0; count < 300; count++) seen.add(toHex((await sign(key, message, RAW)).slice(0, 32)))
    expect(seen.size).toBe(300)
  })

  it('is another for every message and key even where chance is stuck', async () => {
    const seen = new Set<string>()
    for (let count = 0; count < 50; count++) seen.add(toHex(nonceOf(own, stuck)(sm3(utf8(`${count}`)), 0)))
    seen.add(toHex(nonceOf(signingKeyOf(sm3(d)), stuck)(sm3(utf8('0')), 0)))
    expect(seen.size).toBe(51)
    expect(await sign(key, message, RAW, stuck)).toEqual(await sign(key, message, RAW, stuck))
    expect(await verify(publicHalf(key), message, await sign(key, message, RAW, stuck), RAW)).toBe(true)
  })

  it('is tried again when it cannot be used, and given up when none can', () => {
    const nonces = [new Uint8Array(32), new Uint8Array(32).fill(255), sm3(d)]
    const tried: number[] = []
    const signature = signSm2(own, message, RAW, (_e, attempt) => {
      tried.push(attempt)
      return nonces[attempt] ?? expect.unreachable('the third is good')
    })
    expect(tried).toEqual([0, 1, 2])
    expect(signature).toEqual(signSm2(own, message, RAW, () => sm3(d)))
    expect(() => signSm2(own, message, RAW, () => new Uint8Array(32))).toThrow(
      'no nonce could be used in 8 attempts',
    )
  })

  it('uses the chance that the keyring was given, and checks it', async () => {
    const ring = keyring(new Map([['a', key]]), RAW, stuck)
    expect(await ring.sign('a', message)).toEqual(await sign(key, message, RAW, stuck))
    const short = keyring(new Map([['a', key]]), RAW, () => new Uint8Array(3))
    await expect(short.sign('a', message)).rejects.toThrow('random(32) must be 32 bytes, got 3')
  })
})
