// Keys that work and never come out: callers name a key and get a signature or a secret. An HSM fits here.
import type { Bytes } from './bytes.ts'
import { systemChance } from './chance.ts'
import { checkText, kindOf, type Random } from './check.ts'
import { checkPrivateKey, type PrivateKey } from './keys.ts'
import { checkOptions, SM2_DEFAULT, type Sm2Options } from './sm2-options.ts'
import { sign, unwrap } from './suites.ts'

export type Keyring = {
  sign(keyId: string, bytes: Bytes): Promise<Bytes>
  unwrap(keyId: string, bytes: Bytes): Promise<Bytes | undefined>
}

// The map is copied: keys are replaced by making another keyring, never under a signature in progress.
// `random` is mixed into the nonces of SM2.
export function keyring(
  keys: ReadonlyMap<string, PrivateKey>,
  options: Sm2Options = SM2_DEFAULT,
  random: Random = systemChance,
): Keyring {
  if (!(keys instanceof Map)) throw new TypeError(`keys must be a map, got ${kindOf(keys)}`)
  checkOptions(options)
  const held: ReadonlyMap<string, PrivateKey> = new Map(keys)
  for (const [keyId, key] of held) checkPrivateKey(`key ${keyId}`, key)
  return Object.freeze({
    sign: async (keyId: string, bytes: Bytes) => sign(find(held, keyId), bytes, options, random),
    unwrap: async (keyId: string, bytes: Bytes) => unwrap(find(held, keyId), bytes, options),
  })
}

function find(held: ReadonlyMap<string, PrivateKey>, keyId: string): PrivateKey {
  const key = held.get(checkText('keyId', keyId))
  if (key === undefined) throw new Error(`The keyring holds no key named ${keyId}.`)
  return key
}
