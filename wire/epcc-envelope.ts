// The digital envelope of EPCC (facts/netsunion-gm 3): one key for each message, wrapped for its receiver, under which personal
// values are enciphered one by one. 01 is public: AES-256. 02 is ours: SM4 with the habits of the profile.
import {
  aesEcbDecrypt,
  aesEcbEncrypt,
  type Bytes,
  fromBase64,
  sm4Decrypt,
  sm4Encrypt,
  type Sm4Options,
  toBase64,
  utf8,
} from '../crypto/crypto.ts'
import type { Profile } from './profile.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** The greatest multiple of 62 that fits a byte: above it a byte is drawn anew, so that no letter is likelier. */
const FAIR_BELOW = 248

type Method = {
  readonly prefix: string
  readonly keyLetters: number
  encipher(key: Bytes, plain: Bytes): Promise<Bytes>
  decipher(key: Bytes, cipher: Bytes): Promise<Bytes | undefined>
}

const aes: Method = {
  prefix: '01|',
  keyLetters: 32,
  encipher: async (key, plain) => aesEcbEncrypt(key, plain),
  decipher: async (key, cipher) => aesEcbDecrypt(key, cipher),
}

/** Ours, all of it: the bytes of 16 letters and digits are the key; an IV, where the mode has one, is zero. */
function sm4(options: Sm4Options): Method {
  const iv = new Uint8Array(options.mode === 'ecb' ? 0 : 16)
  return {
    prefix: '02|',
    keyLetters: 16,
    encipher: (key, plain) => sm4Encrypt(key, iv, plain, options),
    decipher: (key, cipher) => sm4Decrypt(key, iv, cipher, options),
  }
}
const SM4_OURS: Sm4Options = { mode: 'ecb', padding: 'pkcs7' }

const methodOf = ({ suite, sm4: options }: Profile): Method =>
  suite === 'rsa' ? aes : sm4(options ?? SM4_OURS)

/** The key as text, whose ASCII bytes it is. */
export function freshKey(profile: Profile, random: (length: number) => Uint8Array): string {
  const { keyLetters } = methodOf(profile)
  let key = ''
  while (key.length < keyLetters)
    for (const byte of random(keyLetters))
      if (byte < FAIR_BELOW && key.length < keyLetters) key += LETTERS[byte % LETTERS.length] ?? ''
  return key
}

/** What is wrapped for the receiver. */
export const envelopeText = (profile: Profile, key: string): Bytes => utf8(methodOf(profile).prefix + key)

/** The key in an unwrapped envelope; undefined for any other prefix, length or letter. */
export function keyIn(profile: Profile, unwrapped: Bytes | undefined): string | undefined {
  const { prefix, keyLetters } = methodOf(profile)
  const text = unwrapped === undefined ? '' : Buffer.from(unwrapped).toString('latin1')
  const key = text.slice(prefix.length)
  const right = text.startsWith(prefix) && key.length === keyLetters && /^[A-Za-z0-9]+$/.test(key)
  return right ? key : undefined
}

export async function encipher(profile: Profile, key: string, text: string): Promise<string> {
  return toBase64(await methodOf(profile).encipher(utf8(key), utf8(text)))
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export async function decipher(profile: Profile, key: string, text: string): Promise<string | undefined> {
  const cipher = fromBase64(text)
  const plain = cipher === undefined ? undefined : await methodOf(profile).decipher(utf8(key), cipher)
  if (plain === undefined) return undefined
  try {
    return decoder.decode(plain)
  } catch {
    return undefined
  }
}
