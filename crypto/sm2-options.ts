// What GB/T 32918 leaves to agreement and practice settles differently from network to network.
// A profile names each; nothing is guessed from the bytes.
import { type Bytes, utf8 } from './bytes.ts'
import { checkOneOf, kindOf } from './check.ts'

export type Sm2Options = {
  readonly userId: string
  // 'once': e = SM3(Z ‖ message), as the standard says; 'twice': e = SM3(Z ‖ SM3(message)), as some toolkits do.
  readonly hash: 'once' | 'twice'
  readonly signature: 'der' | 'raw'
  // The order of GB/T 32918.4-2016, the one of the drafts before it, and the SEQUENCE of GM/T 0009.
  readonly ciphertext: 'c1c3c2' | 'c1c2c3' | 'asn1'
  // Whether C1 begins with the byte 04 of an uncompressed point; says nothing about 'asn1', which has no such byte.
  readonly point04: boolean
}

// The user id is the default of GM/T 0009-2012, clause 10.
export const SM2_DEFAULT: Sm2Options = Object.freeze({
  userId: '1234567812345678',
  hash: 'once',
  signature: 'der',
  ciphertext: 'c1c3c2',
  point04: true,
})

// Z counts the bits of the user id in sixteen bits (GB/T 32918.2, clause 5.5).
const USER_ID_BYTES_MAX = 0xffff >> 3

// What has passed once and cannot change.
const passed = new WeakSet<Sm2Options>()

export function checkOptions(options: Sm2Options): Sm2Options {
  if (passed.has(options)) return options
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be a record, got ${kindOf(options)}`)
  }
  checkOneOf('options.hash', options.hash, ['once', 'twice'])
  checkOneOf('options.signature', options.signature, ['der', 'raw'])
  checkOneOf('options.ciphertext', options.ciphertext, ['c1c3c2', 'c1c2c3', 'asn1'])
  checkOneOf('options.point04', options.point04, [true, false])
  userIdBytes(options)
  if (Object.isFrozen(options)) passed.add(options)
  return options
}

export function userIdBytes(options: Sm2Options): Bytes {
  if (typeof options.userId !== 'string') {
    throw new TypeError(`options.userId must be a string, got ${kindOf(options.userId)}`)
  }
  const id = utf8(options.userId)
  if (id.length > USER_ID_BYTES_MAX) {
    throw new RangeError(`options.userId must be at most ${USER_ID_BYTES_MAX} bytes, got ${id.length}`)
  }
  return id
}
