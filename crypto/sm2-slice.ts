// A slice of the comparison with OpenSSL (sm2-agreement.test.ts), in a worker thread: so many random cases from a seed. Three in
// four are signatures, made here and verified there or the other way about, each with a wrong one beside it; the fourth is a
// ciphertext, in either direction.
import { parentPort, workerData } from 'node:worker_threads'
import koffi from 'koffi'
import {
  type Bytes,
  concat,
  generateKeyPair,
  publicHalf,
  SM2_DEFAULT,
  sign,
  sm3,
  toHex,
  unwrap,
  utf8,
  verify,
  wrap,
  writePkcs8,
  writeSpki,
} from './crypto.ts'
import { type OpenSslKey, openSsl } from './openssl.ts'

export type Slice = { readonly seed: string; readonly cases: number }
export type Told = {
  readonly signedHere: number
  readonly signedThere: number
  readonly wrappedHere: number
  readonly wrappedThere: number
  readonly keys: number
  // What was found, with the case that shows it again.
  readonly differences: readonly string[]
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>> & { readonly suite: 'sm' }
type Keys = { readonly pair: Pair; readonly private: OpenSslKey; readonly public: OpenSslKey }

// The first eight uses of a key go the plain way, the others by its table.
const CASES_PER_KEY = 64
const ID = utf8(SM2_DEFAULT.userId)
const ASN1 = { ...SM2_DEFAULT, ciphertext: 'asn1' } as const

const openssl = openSsl(koffi)

async function keysFrom(seed: string, count: number): Promise<Keys> {
  let draws = 0
  const pair = await generateKeyPair('sm', () => sm3(utf8(`${seed} key ${count} ${draws++}`)))
  if (pair.suite !== 'sm') throw new Error('an SM2 key was asked for')
  return {
    pair,
    private: openssl.privateKey(writePkcs8(pair)),
    public: openssl.publicKey(writeSpki(pair.publicKey)),
  }
}

function flipped(bytes: Bytes, chance: Bytes): Bytes {
  const at = ((chance[0] ?? 0) * 256 + (chance[1] ?? 0)) % (bytes.length * 8)
  return bytes.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte))
}

async function signedHere({ pair, ...keys }: Keys, message: Bytes, chance: Bytes): Promise<boolean> {
  const ours = await sign(pair, message, SM2_DEFAULT, () => chance)
  return (
    openssl.verify(keys.public, ID, message, ours) &&
    (await verify(publicHalf(pair), message, ours)) &&
    !(await verify(publicHalf(pair), message, flipped(ours, chance)))
  )
}

async function signedThere({ pair, ...keys }: Keys, message: Bytes, chance: Bytes): Promise<boolean> {
  const theirs = openssl.sign(keys.private, ID, message)
  return (
    (await verify(publicHalf(pair), message, theirs)) &&
    !(await verify(publicHalf(pair), flipped(message, chance), theirs))
  )
}

async function wrappedHere({ pair, ...keys }: Keys, message: Bytes, chance: Bytes): Promise<boolean> {
  let draws = 0
  const drawn = (): Bytes => sm3(concat(chance, Uint8Array.of(draws++)))
  const opened = openssl.decrypt(keys.private, await wrap(publicHalf(pair), message, drawn, ASN1))
  return opened !== undefined && toHex(opened) === toHex(message)
}

async function wrappedThere({ pair, ...keys }: Keys, message: Bytes): Promise<boolean> {
  const theirs = openssl.encrypt(keys.public, message)
  const opened = await unwrap(pair, theirs, ASN1)
  return opened !== undefined && toHex(opened) === toHex(message)
}

const KINDS = { signedHere, signedThere, wrappedHere, wrappedThere } as const
const ORDER = [
  'signedHere',
  'signedThere',
  'signedHere',
  'wrappedHere',
  'signedThere',
  'signedHere',
  'signedThere',
  'wrappedThere',
] as const

async function played({ seed, cases }: Slice): Promise<Told> {
  const told = { signedHere: 0, signedThere: 0, wrappedHere: 0, wrappedThere: 0 }
  const differences: string[] = []
  let keys: Keys | undefined
  let made = 0
  for (let count = 0; count < cases; count++) {
    if (keys === undefined || count % CASES_PER_KEY === 0) {
      if (keys !== undefined) for (const each of [keys.private, keys.public]) openssl.free(each)
      keys = await keysFrom(seed, made++)
    }
    const chance = sm3(utf8(`${seed} ${count}`))
    const message = chance.subarray(0, 1 + ((chance[31] ?? 0) % 32))
    const kind = ORDER[count % ORDER.length] ?? 'signedHere'
    if (await KINDS[kind](keys, message, chance)) told[kind] += 1
    else differences.push(`${kind}, case ${count} of the seed ${seed}`)
  }
  if (keys !== undefined) for (const each of [keys.private, keys.public]) openssl.free(each)
  return { ...told, keys: made, differences }
}

parentPort?.postMessage(await played(workerData as Slice))
