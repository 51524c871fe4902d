// The system's chance, where none is handed in: drawn a page at a time, because the call costs more than the bytes.
import { randomFillSync } from 'node:crypto'
import type { Bytes } from './bytes.ts'

const PAGE_BYTES = 4096

const page = new Uint8Array(PAGE_BYTES)
let used = PAGE_BYTES

export function systemChance(count: number): Bytes {
  if (count > PAGE_BYTES) return randomFillSync(new Uint8Array(count))
  if (used + count > PAGE_BYTES) {
    randomFillSync(page)
    used = 0
  }
  const drawn = page.slice(used, used + count)
  // Nobody finds here what was handed out.
  page.fill(0, used, used + count)
  used += count
  return drawn
}
