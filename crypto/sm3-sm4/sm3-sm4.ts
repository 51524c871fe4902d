// What the module does for crypto/sm3-sm4.ts: one call a verb, arguments and results at fixed addresses. Of what was there
// before, only the round keys of the last SM4 key are used again. Read on in sm3.ts and sm4.ts.
import { absorb, begin, copyState, finish, STATE_BYTES, writeDigest } from './sm3.ts'
import { countCtr, decryptCbc, decryptEcb, encryptCbc, encryptEcb, schedule } from './sm4.ts'

const BLOCK: usize = 64

// The most that goes in at once. SM3 writes its padding behind that, SM4 the rest of four blocks.
export const TEXT_BYTES: usize = 16384
export const TEXT = memory.data(16384 + 192)
// A key of SM4, or one of HMAC: at most a block, noughts behind it.
export const KEY = memory.data(64)
export const IV = memory.data(16)
// A digest; the two states of an HMAC key; what was derived.
export const RESULT = memory.data(1024)

const state = memory.data(32)
const half = memory.data(32)
const pad = memory.data(64)
const inner = memory.data(128)

export function digest(length: usize): void {
  begin(state)
  finish(state, TEXT, length, length)
  writeDigest(RESULT, state)
}

// RESULT = the states after the key's two blocks, for KEY of at most a block.
export function prepareMac(): void {
  prepareHalf(RESULT, 0x36)
  prepareHalf(RESULT + STATE_BYTES, 0x5c)
}

function prepareHalf(to: usize, byte: u8): void {
  const mask = i8x16.splat(byte)
  for (let at: usize = 0; at < BLOCK; at += 16) v128.store(pad + at, v128.xor(v128.load(KEY + at), mask))
  begin(to)
  absorb(to, pad, BLOCK)
}

// RESULT = the code of TEXT under the two states in RESULT.
export function mac(length: usize): void {
  copyState(state, RESULT)
  finish(state, TEXT, length, BLOCK + length)
  writeDigest(inner, state)
  copyState(state, RESULT + STATE_BYTES)
  finish(state, inner, STATE_BYTES, BLOCK + STATE_BYTES)
  writeDigest(RESULT, state)
}

// RESULT = SM3(TEXT ‖ 1) ‖ SM3(TEXT ‖ 2) ‖ …, counters of four bytes.
export function derive(length: usize, count: u32): void {
  begin(half)
  const whole = absorb(half, TEXT, length)
  for (let block: u32 = 0; block < count; block++) {
    copyState(state, half)
    store<u32>(TEXT + length, bswap(block + 1))
    finish(state, TEXT + whole, length - whole + 4, length + 4)
    writeDigest(RESULT + block * 32, state)
  }
}

// SM4 in place on TEXT, which is whole blocks but in `ctr`.
export function ecb(length: usize, backwards: bool): void {
  schedule(KEY)
  if (backwards) decryptEcb(TEXT, length)
  else encryptEcb(TEXT, length)
}

export function cbc(length: usize, backwards: bool): void {
  schedule(KEY)
  if (backwards) decryptCbc(TEXT, length, IV)
  else encryptCbc(TEXT, length, IV)
}

export function ctr(length: usize): void {
  schedule(KEY)
  countCtr(TEXT, length, IV)
}
