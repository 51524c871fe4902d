// The SM2 module is what its sources say, byte for byte, and the generated sources are what their generators say. Then that it
// loads where others will load it: in a worker.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromBase64 } from './crypto.ts'
import { buildModule, type Compile, COMPILER, GENERATED, moduleSource } from './sm2-build.ts'
import { SM2_MODULE } from './sm2-module.ts'

const place = (name: string): URL => new URL(name, import.meta.url)
const read = (name: string): string | null =>
  existsSync(place(`sm2/${name}`)) ? readFileSync(place(`sm2/${name}`), 'utf8') : null

describe('the SM2 module', () => {
  it.each(Object.entries(GENERATED))('%s is as its generator writes it', (name, text) => {
    expect(read(name)).toBe(text)
  })

  it('is built again byte for byte (if not: npm run build:sm2)', async () => {
    const { main } = (await import(COMPILER)) as { readonly main: Compile }
    const built = await buildModule(main, read)
    expect(fromBase64(SM2_MODULE)).toEqual(built)
    expect(readFileSync(place('sm2-module.ts'), 'utf8')).toBe(moduleSource(built))
    // The issue asks for about 15 KB: more than twice as much would be a mistake in the options.
    expect(built.length).toBeLessThan(20_000)
  }, 60_000)

  it('is refused by its builder when a source is wrong, with the compiler’s words', async () => {
    const { main } = (await import(COMPILER)) as { readonly main: Compile }
    const wrong = (name: string): string | null =>
      name === 'point.ts' ? 'export function nothing(' : read(name)
    await expect(buildModule(main, wrong)).rejects.toThrow(/AssemblyScript: .*ERROR/s)
  }, 60_000)
})
