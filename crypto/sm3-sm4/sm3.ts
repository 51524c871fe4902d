// SM3 (GB/T 32905) over what lies in memory. A state is eight words as numbers, so that a prefix that serves many times
// (a key of HMAC, a secret of the key derivation) is digested once.
import { compress } from './rounds.ts'

const BLOCK: usize = 64
export const STATE_BYTES: usize = 32
const LENGTH_BYTES: usize = 8

const start = memory.data<u32>([
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
])

export function begin(state: usize): void {
  copyState(state, start)
}

// @ts-ignore: decorator
@inline
export function copyState(to: usize, from: usize): void {
  v128.store(to, v128.load(from))
  v128.store(to, v128.load(from, 16), 16)
}

// All whole blocks of `length` bytes at `from`; answers with how many bytes they are.
export function absorb(state: usize, from: usize, length: usize): usize {
  const whole = length & ~(BLOCK - 1)
  for (let at: usize = 0; at < whole; at += BLOCK) compress(state, from + at)
  return whole
}

// The rest, the bit 1, noughts and the length in bits of everything since the beginning. Writes behind the rest: up to
// two blocks from `from` on belong to it.
export function finish(state: usize, from: usize, length: usize, total: usize): void {
  const rest = from + absorb(state, from, length)
  const left = length & (BLOCK - 1)
  const blocks: usize = left + 1 + LENGTH_BYTES > BLOCK ? 2 * BLOCK : BLOCK
  store<u8>(rest + left, 0x80)
  memory.fill(rest + left + 1, 0, blocks - left - 1)
  store<u64>(rest + blocks - LENGTH_BYTES, bswap(<u64>total << 3))
  absorb(state, rest, blocks)
}

// The digest that a finished state is.
export function writeDigest(out: usize, state: usize): void {
  v128.store(out, swapped(v128.load(state)))
  v128.store(out, swapped(v128.load(state, 16)), 16)
}

// @ts-ignore: decorator
@inline
function swapped(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}
