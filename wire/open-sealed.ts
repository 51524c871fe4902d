// The sealed half of `open`: time, unwrap, tag, decrypt, parts and signature, in the order that the profile names.
import { type Bytes, equalBytes, sm4CbcDecrypt, verify } from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import type { Certificate } from './directory.ts'
import type { OpenStep, Refused, Sealer } from './envelope.ts'
import {
  IV_BYTES,
  KEY_BYTES,
  messageKeys,
  type Parts,
  readInner,
  signedInside,
  signedOutside,
  tagOf,
} from './frame.ts'
import type { Head } from './head.ts'
import { refuse } from './open-rules.ts'
import { readStamp } from './time.ts'

/** What has been found out so far, kept for the transcript even when a later step refuses. */
export type Steps = { head?: Head; key?: Bytes; domain?: Bytes }

const SEALED_RULE: Text = {
  zh: '密钥块、校验值或加密块不成立',
  en: 'the wrapped key, the tag and the sealed block do not belong together',
}

/** time, unwrap, tag, decrypt, parts and signature, in the order that the profile names. */
export async function contentsOf(
  world: Sealer,
  head: Head,
  parts: Parts,
  signer: Certificate,
  now: number,
  steps: Steps,
): Promise<{ domain: Bytes } | Refused> {
  const sealedFault = (step: OpenStep): Refused => ({
    kind: 'refused',
    class: 'REJ-CRYPTO',
    step,
    field: '(sealed block)',
    rule: SEALED_RULE,
  })
  const badSign = refuse(
    'REJ-SIG',
    'signature',
    'sign',
    '签名与报文不符',
    'does not verify over this message',
  )
  const outside = head.order === 'encrypt-then-sign'
  if (
    outside &&
    !(await signed(
      world,
      signer,
      signedOutside(parts.head, parts.wrap, parts.iv, parts.cipher, parts.tag),
      parts.sign,
    ))
  )
    return badSign
  const ts = readStamp(head.ts)
  if (ts === undefined) return refuse('REJ-FORMAT', 'time', 'ts', '不是真实存在的时间', 'is not a real time')
  const { clockSkewMs } = world.profile.values
  if (Math.abs(now - ts) > clockSkewMs)
    return refuse(
      'REJ-REPLAY',
      'time',
      'ts',
      `与本方时钟相差超过 ${clockSkewMs / 1000} 秒`,
      `is more than ${clockSkewMs / 1000} s away from this party’s clock`,
    )
  // A wrapped key that does not open is replaced by chance, so that every failure takes the same path to the tag.
  const unwrapped = await world.keys.unwrap(head.enccert, parts.wrap)
  const key = unwrapped?.length === KEY_BYTES ? unwrapped : world.random(KEY_BYTES)
  const keys = messageKeys(key, parts.head)
  if (!equalBytes(tagOf(keys.mac, parts.head, parts.wrap, parts.iv, parts.cipher), parts.tag))
    return sealedFault('tag')
  steps.key = key
  if (parts.iv.length !== IV_BYTES) return sealedFault('decrypt')
  const plain = await sm4CbcDecrypt(keys.encrypt, parts.iv, parts.cipher)
  if (plain === undefined) return sealedFault('decrypt')
  const inner = readInner(plain, world.profile.order)
  if (inner === undefined) return sealedFault('parts')
  steps.domain = inner.domain
  if (!outside && !(await signed(world, signer, signedInside(parts.head, inner.domain), inner.sign)))
    return badSign
  return { domain: inner.domain }
}

/** False for a signature of the wrong form as well: to the receiver both are “does not verify”. */
async function signed(world: Sealer, signer: Certificate, bytes: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length === 0) return false
  return verify(signer.key, bytes, signature, world.profile.sm2)
}
