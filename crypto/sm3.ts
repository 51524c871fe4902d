// SM3 (GB/T 32905), HMAC over it (GB/T 15852.2) and the key derivation of GB/T 32918.4, clause 5.4.3.
// Short inputs go to our own module (sm3-sm4.ts), long ones to OpenSSL, whichever is the faster one.
import { createHmac, hash } from 'node:crypto'
import { type Bytes, concat } from './bytes.ts'
import { checkBytes, checkWhole } from './check.ts'
import { macStates, shortDerived, shortDigest, shortDigestHex, shortMac, shortMacUnder } from './sm3-sm4.ts'

const DIGEST_BYTES = 32
const BLOCK_BYTES = 64
// Measured: at twice these lengths OpenSSL is the faster one, at half of them the module.
const SHORT_BYTES_MAX = 2048
const SHORT_HEX_BYTES_MAX = 1024
const SHORT_MAC_BYTES_MAX = 4096
// The module's room for what it derives.
const SHORT_DERIVED_BYTES_MAX = 1024
// The clause allows 2^32 - 1 blocks; a megabyte is far above any key, mask or sealed secret here.
const DERIVED_BYTES_MAX = 1024 * 1024

export function sm3(bytes: Bytes): Bytes {
  checkBytes('bytes', bytes)
  return bytes.length <= SHORT_BYTES_MAX ? shortDigest(bytes) : new Uint8Array(hash('sm3', bytes, 'buffer'))
}

// In hexadecimal, for names: at half the cost of the bytes and their conversion.
export function sm3Hex(bytes: Bytes): string {
  checkBytes('bytes', bytes)
  return bytes.length <= SHORT_HEX_BYTES_MAX ? shortDigestHex(bytes) : hash('sm3', bytes, 'hex')
}

export function hmacSm3(key: Bytes, bytes: Bytes): Bytes {
  checkBytes('key', key)
  checkBytes('bytes', bytes)
  return key.length <= BLOCK_BYTES && bytes.length <= SHORT_MAC_BYTES_MAX
    ? shortMac(key, bytes)
    : new Uint8Array(createHmac('sm3', key).update(bytes).digest())
}

// A key that serves many times: its two blocks are digested once. It is copied, so that it may change afterwards.
export type MacKey = { readonly key: Bytes; readonly states: Bytes }

export function macKey(key: Bytes): MacKey {
  checkBytes('key', key)
  const own = key.length <= BLOCK_BYTES ? Uint8Array.from(key) : sm3(key)
  return { key: own, states: macStates(own) }
}

export function hmacSm3With({ key, states }: MacKey, bytes: Bytes): Bytes {
  checkBytes('bytes', bytes)
  return bytes.length <= SHORT_MAC_BYTES_MAX ? shortMacUnder(states, bytes) : hmacSm3(key, bytes)
}

// SM3(z ‖ counter), counter a big-endian u32 from 1, as many times as needed; the last block is cut short.
export function sm3Kdf(z: Bytes, length: number): Bytes {
  checkBytes('z', z)
  checkWhole('length', length, 1, DERIVED_BYTES_MAX)
  if (z.length <= SHORT_BYTES_MAX && length <= SHORT_DERIVED_BYTES_MAX) return shortDerived(z, length)
  const derived = new Uint8Array(length)
  const input = Buffer.from(concat(z, new Uint8Array(4)).buffer)
  for (let block = 0; block * DIGEST_BYTES < length; block++) {
    input.writeUInt32BE(block + 1, z.length)
    const digest = sm3(input)
    derived.set(digest.subarray(0, length - block * DIGEST_BYTES), block * DIGEST_BYTES)
  }
  return derived
}
