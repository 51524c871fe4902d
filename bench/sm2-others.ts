// The SM2 that others use, on the same message and secret: sm-crypto-v2 as this house used it before its own (tables for
// the peer, Node's SM3 for Z and e), and sm-crypto as its README has it.
import { hash } from 'node:crypto'
import { sm2 as sm2v2 } from 'sm-crypto-v2'
import { sm2 as sm2v1 } from 'sm-crypto'
import { toHex } from '../crypto/crypto.ts'

export type Verb = 'sign' | 'verify' | 'wrap' | 'unwrap'
type Verbs = Readonly<Record<Verb, () => unknown>>

const WINDOW_BITS = 6
const CURVE = Buffer.from(
  [
    'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc',
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93',
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7',
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  ].join(''),
  'hex',
)

export function others(
  message: Uint8Array,
  secret: Uint8Array,
): Readonly<Record<'sm-crypto-v2' | 'sm-crypto', Verbs>> {
  const { privateKey, publicKey } = sm2v2.generateKeyPairHex()
  return {
    'sm-crypto-v2': second(privateKey, Buffer.from(publicKey, 'hex'), message, secret),
    'sm-crypto': first(privateKey, publicKey, message, secret),
  }
}

function second(d: string, publicKey: Uint8Array, message: Uint8Array, secret: Uint8Array): Verbs {
  const point = sm2v2.precomputePublicKey(toHex(publicKey), WINDOW_BITS)
  const digest = (): Uint8Array => {
    const z = hash(
      'sm3',
      Buffer.concat([
        Buffer.from('0080', 'hex'),
        Buffer.from('1234567812345678'),
        CURVE,
        publicKey.subarray(1),
      ]),
      'buffer',
    )
    return new Uint8Array(hash('sm3', Buffer.concat([z, message]), 'buffer'))
  }
  const how = { hash: false, der: true } as const
  const signature = sm2v2.doSignature(digest(), d, how)
  const wrapped = sm2v2.doEncrypt(secret, toHex(publicKey), 1)
  return {
    sign: () => sm2v2.doSignature(digest(), d, how),
    verify: () => sm2v2.doVerifySignature(digest(), signature, point, how),
    wrap: () => sm2v2.doEncrypt(secret, point, 1),
    unwrap: () => sm2v2.doDecrypt(wrapped, d, 1, { output: 'array' }),
  }
}

function first(d: string, publicHex: string, message: Uint8Array, secret: Uint8Array): Verbs {
  const [bytes, plain] = [[...message], [...secret]]
  const how = { hash: true, der: true, publicKey: publicHex } as const
  const signature = sm2v1.doSignature(bytes, d, how)
  const wrapped = sm2v1.doEncrypt(plain, publicHex, 1)
  return {
    sign: () => sm2v1.doSignature(bytes, d, how),
    verify: () => sm2v1.doVerifySignature(bytes, signature, publicHex, how),
    wrap: () => sm2v1.doEncrypt(plain, publicHex, 1),
    unwrap: () => sm2v1.doDecrypt(wrapped, d, 1, { output: 'array' }),
  }
}
