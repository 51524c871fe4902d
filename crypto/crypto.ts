// The front door of the room: bytes in, bytes out. Nothing here knows what it protects.
// Read on in suites.ts (the four verbs), sm2-sign.ts and sm2-encrypt.ts (the curve), sm3.ts and sm4.ts (OpenSSL's).
export { type Bytes, concat, equalBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts'
export { type Keyring, keyring } from './keyring.ts'
export { generateKeyPair, type PrivateKey, type PublicKey, publicHalf, type SuiteName } from './keys.ts'
export { type KeyFile, type KeyFileRefusal, readKeyFile } from './key-file.ts'
export { writePem, writePkcs8, writeSpki } from './key-forms.ts'
export type { Certificate } from './key-structures.ts'
export { Secret } from './secret.ts'
export { SM2_DEFAULT, type Sm2Options } from './sm2-options.ts'
export { hmacSm3, sm3, sm3Kdf } from './sm3.ts'
export { SM4_DEFAULT, sm4CbcDecrypt, sm4CbcEncrypt, sm4Decrypt, sm4Encrypt, type Sm4Options } from './sm4.ts'
export { sign, unwrap, verify, wrap } from './suites.ts'
