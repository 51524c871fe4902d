// SM4 (GB/T 32907) in the two modes in use: CBC with PKCS#7 padding, and CTR inside the sm3-shared suite.
// CBC alone proves nothing about who wrote the ciphertext: callers check a tag first, then decrypt.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type Bytes, concat } from './bytes.ts'
import { checkBytes } from './check.ts'

const BLOCK_BYTES = 16

export async function sm4CbcEncrypt(key: Bytes, iv: Bytes, plain: Bytes): Promise<Bytes> {
  checkBytes('key', key, BLOCK_BYTES)
  checkBytes('iv', iv, BLOCK_BYTES)
  checkBytes('plain', plain)
  const cipher = createCipheriv('sm4-cbc', key, iv)
  return concat(cipher.update(plain), cipher.final())
}

export async function sm4CbcDecrypt(key: Bytes, iv: Bytes, cipher: Bytes): Promise<Bytes | undefined> {
  checkBytes('key', key, BLOCK_BYTES)
  checkBytes('iv', iv, BLOCK_BYTES)
  checkBytes('cipher', cipher)
  if (cipher.length === 0 || cipher.length % BLOCK_BYTES !== 0) return undefined
  const decipher = createDecipheriv('sm4-cbc', key, iv).setAutoPadding(false)
  return withoutPadding(concat(decipher.update(cipher), decipher.final()))
}

// Counter mode is its own inverse.
export function sm4Ctr(key: Bytes, iv: Bytes, bytes: Bytes): Bytes {
  checkBytes('key', key, BLOCK_BYTES)
  checkBytes('iv', iv, BLOCK_BYTES)
  checkBytes('bytes', bytes)
  const cipher = createCipheriv('sm4-ctr', key, iv)
  return concat(cipher.update(bytes), cipher.final())
}

// All sixteen last bytes are looked at whatever they say, so that time does not tell where padding broke.
function withoutPadding(padded: Bytes): Bytes | undefined {
  const count = padded.at(-1) ?? 0
  let wrong = count === 0 || count > BLOCK_BYTES ? 1 : 0
  for (let back = 1; back <= BLOCK_BYTES; back++) {
    const inPadding = back <= count ? 0xff : 0
    wrong |= inPadding & ((padded.at(-back) ?? 0) ^ count)
  }
  return wrong === 0 ? padded.slice(0, padded.length - count) : undefined
}
