// AES-256-ECB with PKCS#7 padding, as EPCC enciphers single values (facts/netsunion-gm 3). It hides no repetition and proves
// nothing about who wrote it: a fresh key for each message and the signature over the ciphertext do.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type Bytes, concat } from './bytes.ts'
import { checkBytes } from './check.ts'

const KEY_BYTES = 32
const BLOCK_BYTES = 16

export function aesEcbEncrypt(key: Bytes, plain: Bytes): Bytes {
  checkBytes('key', key, KEY_BYTES)
  checkBytes('plain', plain)
  const cipher = createCipheriv('aes-256-ecb', key, null)
  return concat(cipher.update(plain), cipher.final())
}

// Undefined for whatever the peer sent that does not read: one way out, and it says nothing.
export function aesEcbDecrypt(key: Bytes, cipher: Bytes): Bytes | undefined {
  checkBytes('key', key, KEY_BYTES)
  checkBytes('cipher', cipher)
  if (cipher.length === 0 || cipher.length % BLOCK_BYTES !== 0) return undefined
  const decipher = createDecipheriv('aes-256-ecb', key, null)
  try {
    return concat(decipher.update(cipher), decipher.final())
  } catch {
    return undefined
  }
}
