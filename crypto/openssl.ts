// For tests and measurements: SM2 as OpenSSL does it, through its symbols in Node's own binary (node:crypto cannot set
// a user id). koffi comes in as an argument, because nothing that runs may rest on a devDependency.
import type koffi from 'koffi'
import type { Bytes } from './bytes.ts'

type Koffi = typeof koffi
type Native = (...args: readonly unknown[]) => unknown

declare const handle: unique symbol
// An EVP_PKEY; free it.
export type OpenSslKey = { readonly [handle]: true }

export type OpenSsl = {
  readonly version: string
  readonly privateKey: (pkcs8: Bytes) => OpenSslKey
  readonly publicKey: (spki: Bytes) => OpenSslKey
  readonly free: (key: OpenSslKey) => void
  // DER signatures over SM3(Z ‖ message).
  readonly sign: (key: OpenSslKey, userId: Bytes, message: Bytes) => Bytes
  readonly verify: (key: OpenSslKey, userId: Bytes, message: Bytes, signature: Bytes) => boolean
  // Ciphertexts are the SEQUENCE of GM/T 0009.
  readonly encrypt: (key: OpenSslKey, plain: Bytes) => Bytes
  readonly decrypt: (key: OpenSslKey, cipher: Bytes) => Bytes | undefined
}

// Everything it calls, as C declares it; `*` is a pointer to what only OpenSSL looks into.
const DECLARED = {
  OpenSSL_version: 'const char *OpenSSL_version(int which)',
  EVP_sm3: 'void *EVP_sm3()',
  BIO_new_mem_buf: 'void *BIO_new_mem_buf(const uint8_t *bytes, int length)',
  BIO_free: 'int BIO_free(void *bio)',
  d2i_PrivateKey_bio: 'void *d2i_PrivateKey_bio(void *bio, void *reuse)',
  d2i_PUBKEY_bio: 'void *d2i_PUBKEY_bio(void *bio, void *reuse)',
  EVP_PKEY_free: 'void EVP_PKEY_free(void *key)',
  EVP_PKEY_CTX_new: 'void *EVP_PKEY_CTX_new(void *key, void *engine)',
  EVP_PKEY_CTX_free: 'void EVP_PKEY_CTX_free(void *context)',
  EVP_PKEY_CTX_set1_id: 'int EVP_PKEY_CTX_set1_id(void *context, const uint8_t *id, int length)',
  EVP_MD_CTX_new: 'void *EVP_MD_CTX_new()',
  EVP_MD_CTX_free: 'void EVP_MD_CTX_free(void *digest)',
  EVP_MD_CTX_set_pkey_ctx: 'void EVP_MD_CTX_set_pkey_ctx(void *digest, void *context)',
  EVP_DigestSignInit: 'int EVP_DigestSignInit(void *digest, void *out, void *md, void *engine, void *key)',
  EVP_DigestSign:
    'int EVP_DigestSign(void *digest, _Out_ uint8_t *signature, _Inout_ size_t *length, const uint8_t *message, size_t bytes)',
  EVP_DigestVerifyInit:
    'int EVP_DigestVerifyInit(void *digest, void *out, void *md, void *engine, void *key)',
  EVP_DigestVerify:
    'int EVP_DigestVerify(void *digest, const uint8_t *signature, size_t length, const uint8_t *message, size_t bytes)',
  EVP_PKEY_encrypt_init: 'int EVP_PKEY_encrypt_init(void *context)',
  EVP_PKEY_encrypt:
    'int EVP_PKEY_encrypt(void *context, _Out_ uint8_t *out, _Inout_ size_t *length, const uint8_t *in, size_t bytes)',
  EVP_PKEY_decrypt_init: 'int EVP_PKEY_decrypt_init(void *context)',
  EVP_PKEY_decrypt:
    'int EVP_PKEY_decrypt(void *context, _Out_ uint8_t *out, _Inout_ size_t *length, const uint8_t *in, size_t bytes)',
  ERR_clear_error: 'void ERR_clear_error()',
} as const

type Calls = Readonly<Record<keyof typeof DECLARED, Native>>

const SIGNATURE_BYTES_MAX = 72
// Around the plaintext: two coordinates, a digest and four headers.
const CIPHERTEXT_MORE_MAX = 128

// Throws, naming the symbol, where a Node exports too little of its OpenSSL.
export function openSsl(foreign: Koffi): OpenSsl {
  const library = foreign.load(null)
  const named = Object.entries(DECLARED).map(([name, c]) => [name, library.func(c) as Native])
  const calls = Object.fromEntries(named) as Calls
  const spare = (length: number): Uint8Array => new Uint8Array(Math.max(length, 1))
  return {
    version: String(calls.OpenSSL_version(0)),
    privateKey: (pkcs8) => load(calls, 'd2i_PrivateKey_bio', pkcs8),
    publicKey: (spki) => load(calls, 'd2i_PUBKEY_bio', spki),
    free: (key) => void calls.EVP_PKEY_free(key),
    sign: (key, userId, message) =>
      digesting(calls, key, userId, (digest) => {
        must(calls.EVP_DigestSignInit(digest, null, calls.EVP_sm3(), null, key), 'EVP_DigestSignInit')
        const signature = spare(SIGNATURE_BYTES_MAX)
        const length = [signature.length]
        must(calls.EVP_DigestSign(digest, signature, length, message, message.length), 'EVP_DigestSign')
        return signature.slice(0, length[0])
      }),
    verify: (key, userId, message, signature) =>
      digesting(calls, key, userId, (digest) => {
        must(calls.EVP_DigestVerifyInit(digest, null, calls.EVP_sm3(), null, key), 'EVP_DigestVerifyInit')
        return calls.EVP_DigestVerify(digest, signature, signature.length, message, message.length) === 1
      }),
    encrypt: (key, plain) =>
      ciphering(calls, key, (context) => {
        must(calls.EVP_PKEY_encrypt_init(context), 'EVP_PKEY_encrypt_init')
        const out = spare(plain.length + CIPHERTEXT_MORE_MAX)
        const length = [out.length]
        must(calls.EVP_PKEY_encrypt(context, out, length, plain, plain.length), 'EVP_PKEY_encrypt')
        return out.slice(0, length[0])
      }),
    decrypt: (key, cipher) =>
      ciphering(calls, key, (context) => {
        must(calls.EVP_PKEY_decrypt_init(context), 'EVP_PKEY_decrypt_init')
        const out = spare(cipher.length)
        const length = [out.length]
        const opened = calls.EVP_PKEY_decrypt(context, out, length, cipher, cipher.length) === 1
        return opened ? out.slice(0, length[0]) : undefined
      }),
  }
}

function load(calls: Calls, reader: 'd2i_PrivateKey_bio' | 'd2i_PUBKEY_bio', der: Bytes): OpenSslKey {
  const bio = calls.BIO_new_mem_buf(der, der.length)
  const key = calls[reader](bio, null)
  calls.BIO_free(bio)
  must(key === null ? 0 : 1, reader)
  return key as OpenSslKey
}

// The user id belongs to the key's context, which must be hung on the digest's before either is set up.
function digesting<T>(calls: Calls, key: OpenSslKey, userId: Bytes, use: (digest: unknown) => T): T {
  return ciphering(calls, key, (context) => {
    must(calls.EVP_PKEY_CTX_set1_id(context, userId, userId.length), 'EVP_PKEY_CTX_set1_id')
    const digest = calls.EVP_MD_CTX_new()
    try {
      calls.EVP_MD_CTX_set_pkey_ctx(digest, context)
      return use(digest)
    } finally {
      calls.EVP_MD_CTX_free(digest)
    }
  })
}

function ciphering<T>(calls: Calls, key: OpenSslKey, use: (context: unknown) => T): T {
  const context = calls.EVP_PKEY_CTX_new(key, null)
  must(context === null ? 0 : 1, 'EVP_PKEY_CTX_new')
  try {
    return use(context)
  } finally {
    calls.EVP_PKEY_CTX_free(context)
    // What it refused must not be found by Node's own next call.
    calls.ERR_clear_error()
  }
}

function must(answer: unknown, name: string): void {
  if (answer !== 1) throw new Error(`OpenSSL: ${name} answered ${String(answer)}`)
}
