// Keys that work and never come out: callers name a key and get a signature or a secret. An HSM fits here.
import type { Bytes } from './bytes.ts'
import { systemChance } from './chance.ts'
import { checkText, kindOf, type Random } from './check.ts'
import { checkAnyPrivateKey, type PrivateKey } from './keys.ts'
import { checkOptions, SM2_DEFAULT } from './sm2-options.ts'
import { sign, type SuiteOptions, unwrap } from './suites.ts'

export type Keyring = {
  // `options` in place of the keyring's own, for a frame whose habits differ from message to message.
  sign(keyId: string, bytes: Bytes, options?: SuiteOptions): Promise<Bytes>
  unwrap(keyId: string, bytes: Bytes, options?: SuiteOptions): Promise<Bytes | undefined>
}

// The map is copied: keys are replaced by making another keyring, never under a signature in progress.
// `random` is mixed into the nonces of SM2.
export function keyring(
  keys: ReadonlyMap<string, PrivateKey>,
  options: SuiteOptions = SM2_DEFAULT,
  random: Random = systemChance,
): Keyring {
  if (!(keys instanceof Map)) throw new TypeError(`keys must be a map, got ${kindOf(keys)}`)
  checkOptions(options)
  const held: ReadonlyMap<string, PrivateKey> = new Map(keys)
  for (const [keyId, key] of held) checkAnyPrivateKey(`key ${keyId}`, key)
  return Object.freeze({
    sign: async (keyId: string, bytes: Bytes, own = options) => sign(find(held, keyId), bytes, own, random),
    unwrap: async (keyId: string, bytes: Bytes, own = options) => unwrap(find(held, keyId), bytes, own),
  })
}

function find(held: ReadonlyMap<string, PrivateKey>, keyId: string): PrivateKey {
  const key = held.get(checkText('keyId', keyId))
  if (key === undefined) throw new Error(`The keyring holds no key named ${keyId}.`)
  return key
}
