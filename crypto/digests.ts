// SHA-256 and the keyed digests of UnionPay's ACP (signMethod 11 and 12): H(text ‖ "&" ‖ hex(H(key))). That is no HMAC, and
// it is the network's own; nothing of ours is built on it.
import { hash } from 'node:crypto'
import { type Bytes, concat, toHex, utf8 } from './bytes.ts'
import { checkBytes, checkOneOf } from './check.ts'
import { sm3 } from './sm3.ts'

export type DigestName = 'sha256' | 'sm3'

export function sha256(bytes: Bytes): Bytes {
  checkBytes('bytes', bytes)
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

// Only for networks that still say so (ACP 5.0.0 and before).
export function sha1(bytes: Bytes): Bytes {
  checkBytes('bytes', bytes)
  return new Uint8Array(hash('sha1', bytes, 'buffer'))
}

export function keyedDigest(name: DigestName, key: Bytes, bytes: Bytes): Bytes {
  checkOneOf('name', name, ['sha256', 'sm3'])
  const digest = name === 'sm3' ? sm3 : sha256
  return digest(concat(bytes, utf8('&'), utf8(toHex(digest(key)))))
}
