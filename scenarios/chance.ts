// The one source of chance of a run: SM3 in counter mode over a seed. Equal seeds give equal bytes.
// For tests and simulations only; `sifang up` with one's own keys draws from the platform.
import { concat, sm3, utf8 } from '../crypto/crypto.ts'

export type Random = (length: number) => Uint8Array

export function seeded(seed: string): Random {
  const key = sm3(utf8(`sifang seed ${seed}`))
  let counter = 0
  let pool = new Uint8Array()
  return (length) => {
    const parts: Uint8Array[] = []
    let missing = length
    while (missing > 0) {
      if (pool.length === 0) {
        const block = new Uint8Array(8)
        new DataView(block.buffer).setBigUint64(0, BigInt(counter))
        counter += 1
        pool = new Uint8Array(sm3(concat(key, block)))
      }
      const taken = pool.subarray(0, missing)
      parts.push(taken)
      pool = pool.subarray(taken.length)
      missing -= taken.length
    }
    return concat(...parts)
  }
}
