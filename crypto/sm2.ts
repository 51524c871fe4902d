// `sifang/sm2`: SM2 by itself for other people's programs, the same functions that the house uses. Its README is in crypto/sm2.
export type { Bytes } from './bytes.ts'
export { systemChance } from './chance.ts'
export { type KeyFile, type KeyFileRefusal, readKeyFile } from './key-file.ts'
export { writePem, writePkcs8, writeSpki } from './key-forms.ts'
export { generateKeyPair, type PrivateKey, type PublicKey, publicHalf } from './keys.ts'
export { Secret } from './secret.ts'
export { SM2_DEFAULT, type Sm2Options } from './sm2-options.ts'
export { sign, unwrap, verify, wrap } from './suites.ts'
