// SM3 and SM4 for short inputs: one WebAssembly module a thread (crypto/sm3-sm4) and its memory. A call into OpenSSL costs more
// than the digest of a few hundred bytes; above the lengths below it is the faster one, and sm3.ts and sm4.ts ask it.
// Arguments are copied in and results out within one call, with nothing of anybody else's in between.
import { type Bytes, fromBase64 } from './bytes.ts'
import { SM3_SM4_MODULE } from './sm3-sm4-module.ts'

// What Node has and TypeScript knows only in browsers.
declare const WebAssembly: {
  readonly Module: new (bytes: Bytes) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

type Address = { readonly value: number }

// crypto/sm3-sm4/sm3-sm4.ts.
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly TEXT: Address
  readonly KEY: Address
  readonly IV: Address
  readonly RESULT: Address
  digest(length: number): void
  prepareMac(): void
  mac(length: number): void
  derive(length: number, count: number): void
  ecb(length: number, backwards: number): void
  cbc(length: number, backwards: number): void
  ctr(length: number): void
}

const DIGEST_BYTES = 32
const STATES_BYTES = 64
const MAC_KEY_BYTES = 64

type Loaded = Exports & {
  readonly bytes: Bytes
  // The same, for its spelling.
  readonly view: Buffer
  readonly text: number
  readonly key: number
  readonly iv: number
  readonly result: number
}

let loaded: Loaded | undefined

function load(): Loaded {
  const bytes = fromBase64(SM3_SM4_MODULE)
  if (bytes === undefined) throw new Error('sm3-sm4-module.ts is not base64')
  const module = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports
  loaded = {
    ...module,
    bytes: new Uint8Array(module.memory.buffer),
    view: Buffer.from(module.memory.buffer),
    text: module.TEXT.value,
    key: module.KEY.value,
    iv: module.IV.value,
    result: module.RESULT.value,
  }
  return loaded
}

const taken = ({ bytes, result }: Loaded, length: number): Bytes => bytes.slice(result, result + length)

export function shortDigest(text: Bytes): Bytes {
  const module = loaded ?? load()
  module.bytes.set(text, module.text)
  module.digest(text.length)
  return taken(module, DIGEST_BYTES)
}

export function shortDigestHex(text: Bytes): string {
  const module = loaded ?? load()
  module.bytes.set(text, module.text)
  module.digest(text.length)
  return module.view.toString('hex', module.result, module.result + DIGEST_BYTES)
}

// `key` is at most a block of 64 bytes.
export function shortMac(key: Bytes, text: Bytes): Bytes {
  const module = loaded ?? load()
  putMacKey(module, key)
  module.prepareMac()
  return macUnder(module, text)
}

// What HMAC makes of a key before it sees the text.
export function macStates(key: Bytes): Bytes {
  const module = loaded ?? load()
  putMacKey(module, key)
  module.prepareMac()
  return taken(module, STATES_BYTES)
}

export function shortMacUnder(states: Bytes, text: Bytes): Bytes {
  const module = loaded ?? load()
  module.bytes.set(states, module.result)
  return macUnder(module, text)
}

function putMacKey({ bytes, key: at }: Loaded, key: Bytes): void {
  bytes.fill(0, at + key.length, at + MAC_KEY_BYTES)
  bytes.set(key, at)
}

function macUnder(module: Loaded, text: Bytes): Bytes {
  module.bytes.set(text, module.text)
  module.mac(text.length)
  return taken(module, DIGEST_BYTES)
}

export function shortDerived(z: Bytes, length: number): Bytes {
  const module = loaded ?? load()
  module.bytes.set(z, module.text)
  module.derive(z.length, Math.ceil(length / DIGEST_BYTES))
  return taken(module, length)
}

export type BlockMode = 'cbc' | 'ecb'
export type BlockKey = { readonly mode: BlockMode; readonly key: Bytes; readonly iv: Bytes }

// `padding` bytes of that number follow the text; both together are whole blocks.
export function shortEncrypted({ mode, key, iv }: BlockKey, text: Bytes, padding: number): Bytes {
  const module = loaded ?? load()
  const { bytes, text: at } = module
  const length = text.length + padding
  bytes.set(key, module.key)
  bytes.set(iv, module.iv)
  bytes.set(text, at)
  bytes.fill(padding, at + text.length, at + length)
  module[mode](length, 0)
  return bytes.slice(at, at + length)
}

// Whole blocks. `lengthOf` says how many of the bytes that it sees are the answer.
export function shortDecrypted(
  { mode, key, iv }: BlockKey,
  cipher: Bytes,
  lengthOf: (padded: Bytes) => number | undefined,
): Bytes | undefined {
  const module = loaded ?? load()
  const { bytes, text: at } = module
  bytes.set(key, module.key)
  bytes.set(iv, module.iv)
  bytes.set(cipher, at)
  module[mode](cipher.length, 1)
  const length = lengthOf(bytes.subarray(at, at + cipher.length))
  return length === undefined ? undefined : bytes.slice(at, at + length)
}

export function shortCounted(key: Bytes, iv: Bytes, text: Bytes): Bytes {
  const module = loaded ?? load()
  const { bytes, text: at } = module
  bytes.set(key, module.key)
  bytes.set(iv, module.iv)
  bytes.set(text, at)
  module.ctr(text.length)
  return bytes.slice(at, at + text.length)
}
