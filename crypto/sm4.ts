// SM4 (GB/T 32907) in the modes that a profile may name (GB/T 17964): CBC and ECB with or without PKCS#7 padding, CTR, GCM.
// All but GCM prove nothing about who wrote the ciphertext: callers check a tag first, then decrypt.
// Short inputs go to our own module (sm3-sm4.ts), long ones and GCM to OpenSSL, whichever is the faster one.
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'
import { type Bytes, concat } from './bytes.ts'
import { checkBytes, checkOneOf, checkWhole, kindOf } from './check.ts'
import { shortCounted, shortDecrypted, shortEncrypted } from './sm3-sm4.ts'

// CTR and GCM encrypt byte by byte: there is nothing to pad.
export type Sm4Options =
  | { readonly mode: 'cbc' | 'ecb'; readonly padding: 'pkcs7' | 'none' }
  | { readonly mode: 'ctr' | 'gcm'; readonly padding: 'none' }

export const SM4_DEFAULT: Sm4Options = Object.freeze({ mode: 'cbc', padding: 'pkcs7' })

const BLOCK_BYTES = 16
const TAG_BYTES = 16
// What OpenSSL takes; 12 is the length to use, any other is hashed into a counter.
const GCM_IV_BYTES_MAX = 128
const NOTHING = new Uint8Array(0)
// The module takes four blocks at once, and is faster than OpenSSL at any length that it has room for. Encrypting in CBC, where
// a block waits for the one before it, it is the slower one from here on, by measurement.
const SHORT_BYTES_MAX = 8192
const SHORT_CBC_BYTES_MAX = 256

// `iv` is 16 bytes (CBC, CTR), empty (ECB) or 1 to 128 (GCM). GCM's answer ends with its tag of 16 bytes, which also
// covers `aad`; the other modes have no place for it.
export async function sm4Encrypt(
  key: Bytes,
  iv: Bytes,
  plain: Bytes,
  options: Sm4Options = SM4_DEFAULT,
  aad: Bytes = NOTHING,
): Promise<Bytes> {
  check({ key, iv, aad }, options)
  checkBytes('plain', plain)
  if (options.mode === 'ctr') return sm4Ctr(key, iv, plain)
  if (options.mode === 'gcm') return sealGcm(key, iv, plain, aad)
  const padded = options.padding === 'pkcs7'
  if (!padded && plain.length % BLOCK_BYTES !== 0) {
    throw new RangeError(
      `plain must be whole blocks of ${BLOCK_BYTES} bytes without padding, got ${plain.length}`,
    )
  }
  const { mode } = options
  if (plain.length <= (mode === 'cbc' ? SHORT_CBC_BYTES_MAX : SHORT_BYTES_MAX))
    return shortEncrypted({ mode, key, iv }, plain, padded ? BLOCK_BYTES - (plain.length % BLOCK_BYTES) : 0)
  const cipher = createCipheriv(`sm4-${mode}`, key, ivOf(iv, options)).setAutoPadding(padded)
  return concat(cipher.update(plain), cipher.final())
}

// Undefined to whatever the peer sent that does not read; the one way out says nothing.
export async function sm4Decrypt(
  key: Bytes,
  iv: Bytes,
  cipher: Bytes,
  options: Sm4Options = SM4_DEFAULT,
  aad: Bytes = NOTHING,
): Promise<Bytes | undefined> {
  check({ key, iv, aad }, options)
  checkBytes('cipher', cipher)
  if (options.mode === 'ctr') return sm4Ctr(key, iv, cipher)
  if (options.mode === 'gcm') return openGcm(key, iv, cipher, aad)
  const padded = options.padding === 'pkcs7'
  if (cipher.length % BLOCK_BYTES !== 0 || (padded && cipher.length === 0)) return undefined
  const { mode } = options
  const lengthOf = padded ? unpaddedLength : wholeLength
  if (cipher.length <= SHORT_BYTES_MAX) return shortDecrypted({ mode, key, iv }, cipher, lengthOf)
  const decipher = createDecipheriv(`sm4-${mode}`, key, ivOf(iv, options)).setAutoPadding(false)
  const plain = concat(decipher.update(cipher), decipher.final())
  const length = lengthOf(plain)
  return length === undefined ? undefined : plain.slice(0, length)
}

export function sm4CbcEncrypt(key: Bytes, iv: Bytes, plain: Bytes): Promise<Bytes> {
  return sm4Encrypt(key, iv, plain)
}

export function sm4CbcDecrypt(key: Bytes, iv: Bytes, cipher: Bytes): Promise<Bytes | undefined> {
  return sm4Decrypt(key, iv, cipher)
}

// Counter mode is its own inverse.
export function sm4Ctr(key: Bytes, iv: Bytes, bytes: Bytes): Bytes {
  checkBytes('key', key, BLOCK_BYTES)
  checkBytes('iv', iv, BLOCK_BYTES)
  checkBytes('bytes', bytes)
  if (bytes.length <= SHORT_BYTES_MAX) return shortCounted(key, iv, bytes)
  const cipher = createCipheriv('sm4-ctr', key, iv)
  return concat(cipher.update(bytes), cipher.final())
}

// Node's types know the AEAD methods for AES alone; SM4-GCM (RFC 8998) is the same object.
function sealGcm(key: Bytes, iv: Bytes, plain: Bytes, aad: Bytes): Bytes {
  const cipher = createCipheriv('sm4-gcm', key, iv) as CipherGCM
  cipher.setAAD(aad)
  return concat(cipher.update(plain), cipher.final(), cipher.getAuthTag())
}

function openGcm(key: Bytes, iv: Bytes, sealed: Bytes, aad: Bytes): Bytes | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const decipher = createDecipheriv('sm4-gcm', key, iv) as DecipherGCM
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-TAG_BYTES))
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES))
  try {
    return concat(plain, decipher.final())
  } catch {
    return undefined // OpenSSL compares the tag, in constant time
  }
}

function check(
  { key, iv, aad }: { readonly key: Bytes; readonly iv: Bytes; readonly aad: Bytes },
  options: Sm4Options,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be a record, got ${kindOf(options)}`)
  }
  const { mode, padding } = options
  checkOneOf('options.mode', mode, ['cbc', 'ecb', 'ctr', 'gcm'])
  const blocks = mode === 'cbc' || mode === 'ecb'
  checkOneOf('options.padding', padding, blocks ? ['pkcs7', 'none'] : ['none'])
  checkBytes('key', key, BLOCK_BYTES)
  if (mode === 'gcm') checkWhole('the length of iv', checkBytes('iv', iv).length, 1, GCM_IV_BYTES_MAX)
  else checkBytes('iv', iv, mode === 'ecb' ? 0 : BLOCK_BYTES)
  checkBytes('aad', aad, mode === 'gcm' ? undefined : 0)
}

function ivOf(iv: Bytes, { mode }: Sm4Options): Bytes | null {
  return mode === 'ecb' ? null : iv
}

const wholeLength = (plain: Bytes): number => plain.length

// All sixteen last bytes are looked at whatever they say, so that time does not tell where padding broke.
function unpaddedLength(padded: Bytes): number | undefined {
  const { length } = padded
  const count = padded[length - 1] ?? 0
  let wrong = count === 0 || count > BLOCK_BYTES ? 1 : 0
  for (let back = 1; back <= BLOCK_BYTES; back++) {
    const inPadding = back <= count ? 0xff : 0
    wrong |= inPadding & ((padded[length - back] ?? 0) ^ count)
  }
  return wrong === 0 ? length - count : undefined
}
