// How a form is signed: by the method that the profile's suite names, never by what the message says of itself.
// RSA and SM2 sign the digest's lower-case hex, and so hash twice (facts/unionpay 1.4; for SM2 that is ours, by analogy).
import { type Bytes, sha256, sm3, type SuiteOptions, toHex, utf8 } from '../crypto/crypto.ts'
import type { Profile } from './profile.ts'

export type FormMethod = {
  /** signType or signMethod. */
  readonly code: string
  /** What the key signs, of the canonical string. */
  signed(text: Bytes): Bytes
  readonly options?: Partial<SuiteOptions>
  /** Written in hex; base64 otherwise. */
  readonly hex?: true
}

const rsa = (code: string): FormMethod => ({ code, signed: (text) => utf8(toHex(sha256(text))) })
const sm2: FormMethod = { code: '03', signed: (text) => utf8(toHex(sm3(text))) }
const keyedSm3: FormMethod = { code: '12', signed: (text) => text, options: { keyed: 'sm3' }, hex: true }

export const QRC_METHODS = { rsa: rsa('02'), sm: sm2 } as const
export const ACP_METHODS = { rsa: rsa('01'), 'sm3-shared': keyedSm3 } as const

export function methodOf(
  of: Readonly<Partial<Record<Profile['suite'], FormMethod>>>,
  { id, suite }: Pick<Profile, 'id' | 'suite'>,
): FormMethod {
  const method = of[suite]
  if (method === undefined) throw new Error(`profile ${id}: this frame signs nothing by suite ${suite}`)
  return method
}
