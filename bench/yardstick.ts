// OpenSSL's bare cost of what a message needs, and `openssl speed sm2`: what everything here is measured against.
import { execFileSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import koffi from 'koffi'
import {
  generateKeyPair,
  type PrivateKey,
  publicHalf,
  utf8,
  writePkcs8,
  writeSpki,
} from '../crypto/crypto.ts'
import { type OpenSsl, openSsl } from '../crypto/openssl.ts'
import { seeded } from '../scenarios/scenarios.ts'

export const USER_ID = utf8('1234567812345678')

export type Yardstick = {
  readonly key: PrivateKey & { readonly suite: 'sm' }
  readonly openssl: OpenSsl
  sign(times: number): void
  verify(times: number): void
  encrypt(times: number): void
  decrypt(times: number): void
  /** SM4 both ways and the digests of one message of `bytes` bytes. */
  ciphers(bytes: Uint8Array, times: number): void
}

export async function yardstick(message: Uint8Array, secret: Uint8Array): Promise<Yardstick> {
  const key = await generateKeyPair('sm', seeded('yardstick'))
  if (key.suite !== 'sm') throw new Error('not an SM2 key')
  const half = publicHalf(key)
  if (half.suite !== 'sm') throw new Error('not an SM2 key')
  const openssl = openSsl(koffi)
  const own = openssl.privateKey(writePkcs8(key))
  const peer = openssl.publicKey(writeSpki(half.publicKey))
  const signature = openssl.sign(own, USER_ID, message)
  const wrapped = openssl.encrypt(peer, secret)
  const repeat = (times: number, act: () => unknown): void => {
    for (let count = 0; count < times; count += 1) act()
  }
  return {
    key,
    openssl,
    sign: (times) => repeat(times, () => openssl.sign(own, USER_ID, message)),
    verify: (times) => repeat(times, () => openssl.verify(peer, USER_ID, message, signature)),
    encrypt: (times) => repeat(times, () => openssl.encrypt(peer, secret)),
    decrypt: (times) => repeat(times, () => openssl.decrypt(own, wrapped)),
    ciphers: (bytes, times) => repeat(times, () => ciphers(bytes)),
  }
}

const KEY = new Uint8Array(16).fill(7)

function ciphers(bytes: Uint8Array): void {
  const encrypting = createCipheriv('sm4-cbc', KEY, KEY)
  const sealed = Buffer.concat([encrypting.update(bytes), encrypting.final()])
  const decrypting = createDecipheriv('sm4-cbc', KEY, KEY)
  decrypting.update(sealed)
  decrypting.final()
  // Both sides: the tag, the key derivation, and the reference that a reply names.
  for (let side = 0; side < 2; side += 1) {
    createHmac('sm3', KEY).update(sealed).digest()
    createHash('sm3').update(KEY).digest()
    createHash('sm3').update(sealed).digest()
  }
}

export type Speed = { readonly sign: number; readonly verify: number; readonly told: string }

/** Operations a second by the machine's own `openssl speed sm2`; undefined where there is none. */
export function opensslSpeed(seconds: number): Speed | undefined {
  try {
    const said = execFileSync('openssl', ['speed', '-seconds', String(seconds), 'sm2'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const figures = /CurveSM2\)\s+\S+\s+\S+\s+([0-9.]+)\s+([0-9.]+)/.exec(said)
    const version = /^(?:version: )?(OpenSSL )?([0-9][^\s]*)/m.exec(said)?.[2] ?? ''
    if (figures === null) return undefined
    return { sign: Number(figures[1]), verify: Number(figures[2]), told: `openssl speed sm2 (${version})` }
  } catch {
    return undefined
  }
}
