// Addresses: what opens what, and what a wrong one is told.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { increment, valueOf } from './contract.ts'
import { openStore } from './store.ts'

test('memory: and sqlite: open their stores', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-open-'))
  for (const address of ['memory:', `sqlite:${join(folder, 'store.db')}`]) {
    const store = await openStore(address, () => 1)
    await increment(store, 'a/1')
    expect(await valueOf(store, 'a/1')).toBe(1)
    await store.close()
  }
  rmSync(folder, { recursive: true })
})

test.each([
  ['', 'memory: or sqlite:'],
  ['sqlite:', 'memory: or sqlite:'],
  ['mysql://root:secret@host/db', 'memory: or sqlite:'],
  ['postgres://root:secret@host/db', 'names no schema'],
  ['postgres://root:secret@host/db?schema=', 'names no schema'],
  ['postgres://root:secret@127.0.0.1:1/db?schema=a-b', 'a schema is named'],
])('%s is refused with what was expected', async (address, words) => {
  const refusal = openStore(address, () => 1)
  await expect(refusal).rejects.toThrow(words)
  await expect(refusal).rejects.not.toThrow('secret')
})
