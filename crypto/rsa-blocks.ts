// Secrets longer than one RSA block: cut into blocks, each wrapped by itself, one after the other. RFC 8017 knows no such
// thing; networks do it (facts/unionpay 4.1 tells of blocks of 117 bytes under keys of 1024 bits). Other suites take one piece.
import { type Bytes, concat } from './bytes.ts'
import { checkBytes, type Random } from './check.ts'
import type { Keyring } from './keyring.ts'
import type { PublicKey } from './keys.ts'
import { rsaPublic } from './rsa.ts'
import { SM2_DEFAULT } from './sm2-options.ts'
import { type SuiteOptions, wrap } from './suites.ts'

// 00 02, eight bytes of chance, 00.
const PADDING_BYTES = 11
// Of one secret; fields are short.
const BLOCKS_MAX = 16

export async function wrapLong(
  key: PublicKey,
  secret: Bytes,
  random: Random,
  options: SuiteOptions = SM2_DEFAULT,
): Promise<Bytes> {
  checkBytes('secret', secret)
  if (key.suite !== 'rsa') return wrap(key, secret, random, options)
  const room = blockBytes(key) - PADDING_BYTES
  const blocks: Bytes[] = []
  for (let at = 0; at < secret.length; at += room)
    blocks.push(await wrap(key, secret.subarray(at, at + room), random, options))
  return concat(...blocks)
}

// `key` is the public half of the one that `keyId` names: it says how long a block is. Undefined where no block can be one.
export async function unwrapLong(
  keys: Keyring,
  keyId: string,
  key: PublicKey,
  wrapped: Bytes,
): Promise<Bytes | undefined> {
  checkBytes('wrapped', wrapped)
  if (key.suite !== 'rsa') return keys.unwrap(keyId, wrapped)
  const length = blockBytes(key)
  if (wrapped.length === 0 || wrapped.length % length !== 0 || wrapped.length > BLOCKS_MAX * length)
    return undefined
  const pieces: Bytes[] = []
  for (let at = 0; at < wrapped.length; at += length) {
    const piece = await keys.unwrap(keyId, wrapped.subarray(at, at + length))
    if (piece === undefined) return undefined
    pieces.push(piece)
  }
  return concat(...pieces)
}

const blockBytes = (key: PublicKey & { suite: 'rsa' }): number =>
  Math.ceil((rsaPublic('key', key).asymmetricKeyDetails?.modulusLength ?? 0) / 8)
