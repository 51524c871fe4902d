// The one source of chance of a run: SM3 in counter mode over a seed. Equal seeds give equal bytes.
// For tests and simulations only; `sifang up` with one's own keys draws from the platform.
import { concat, sm3, utf8 } from '../crypto/crypto.ts'

export type Random = (length: number) => Uint8Array

export function seeded(seed: string): Random {
  const key = sm3(utf8(`sifang seed ${seed}`))
  const block = concat(key, new Uint8Array(8))
  const view = new DataView(block.buffer)
  let counter = 0
  let pool: Uint8Array = new Uint8Array()
  return (length) => {
    const drawn = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      if (pool.length === 0) {
        view.setBigUint64(key.length, BigInt(counter))
        counter += 1
        pool = sm3(block)
      }
      const taken = pool.subarray(0, length - filled)
      drawn.set(taken, filled)
      filled += taken.length
      pool = pool.subarray(taken.length)
    }
    return drawn
  }
}
