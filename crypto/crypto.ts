// The front door of the room: bytes in, bytes out. Nothing here knows what it protects.
// Read on in suites.ts (the four verbs), sm2-sign.ts and sm2-encrypt.ts (the curve), sm3.ts and sm4.ts (short
// inputs in sm3-sm4.ts, long ones OpenSSL's).
export { aesEcbDecrypt, aesEcbEncrypt } from './aes.ts'
export {
  type Authority,
  type AuthorityKeys,
  authority,
  type CertificateRequest,
  type CertificateUse,
  certifies,
  type RevokedSerial,
  testAuthority,
  testRoots,
  type TlsPublicKey,
} from './authority.ts'
export { type Bytes, concat, equalBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts'
export { type DigestName, keyedDigest, sha1, sha256 } from './digests.ts'
export {
  ecdsaHolds,
  keyedBy,
  type KeyedHow,
  type LooseCipher,
  looseDecrypt,
  type PlainDigest,
  plainDigest,
  readLooseSignature,
  rsaDigestInfo,
  rsaSignedBytes,
  rsaUnwrapOaep,
  sm2Identity,
  sm2Reduced,
  sm2SignedDigest,
} from './inspect.ts'
export { type Keyring, keyring } from './keyring.ts'
export { generateKeyPair, type PrivateKey, type PublicKey, publicHalf, type SuiteName } from './keys.ts'
export { type KeyFile, type KeyFileRefusal, readKeyFile } from './key-file.ts'
export { writePem, writePkcs8, writeSpki } from './key-forms.ts'
export type { Certificate } from './key-structures.ts'
export { type RsaKeyFile, readRsaKeyFile } from './rsa-key-file.ts'
export { RSA_TEST_KEYS, rsaTestKey } from './rsa-test-keys.ts'
export { type RsaDigest, type RsaPrivateKey, type RsaPublicKey, rsaKeyOf, signRsa, verifyRsa } from './rsa.ts'
export { unwrapLong, wrapLong } from './rsa-blocks.ts'
export { Secret } from './secret.ts'
export { SM2_DEFAULT, type Sm2Options } from './sm2-options.ts'
export { hmacSm3, sm3, sm3Hex, sm3Kdf } from './sm3.ts'
export { SM4_DEFAULT, sm4CbcDecrypt, sm4CbcEncrypt, sm4Decrypt, sm4Encrypt, type Sm4Options } from './sm4.ts'
export { sign, type SuiteOptions, unwrap, verify, wrap } from './suites.ts'
export { generateTlsKey, type TlsKey } from './tls-key.ts'
export { readX509, type X509, type X509Key, type X509Refusal } from './x509.ts'
export {
  type ChainFault,
  type ChainFaultName,
  type ChainPolicy,
  type ChainUse,
  isListOf,
  verifyChain,
} from './x509-chain.ts'
export { readRevocationList, type RevocationList } from './x509-list.ts'
