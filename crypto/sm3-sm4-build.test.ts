// The module of SM3 and SM4 is what its sources say, byte for byte, and the generated sources are what their generators say.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromBase64 } from './crypto.ts'
import { type Compile, COMPILER } from './sm2-build.ts'
import { buildSymmetric, SYMMETRIC_GENERATED, symmetricSource } from './sm3-sm4-build.ts'
import { SM3_SM4_MODULE } from './sm3-sm4-module.ts'

const place = (name: string): URL => new URL(name, import.meta.url)
const read = (name: string): string | null =>
  existsSync(place(`sm3-sm4/${name}`)) ? readFileSync(place(`sm3-sm4/${name}`), 'utf8') : null

describe('the module of SM3 and SM4', () => {
  it.each(Object.entries(SYMMETRIC_GENERATED))('%s is as its generator writes it', (name, text) => {
    expect(read(name)).toBe(text)
  })

  it('is built again byte for byte (if not: npm run build:sm3-sm4)', async () => {
    const { main } = (await import(COMPILER)) as { readonly main: Compile }
    const built = await buildSymmetric(main, read)
    expect(fromBase64(SM3_SM4_MODULE)).toEqual(built)
    expect(readFileSync(place('sm3-sm4-module.ts'), 'utf8')).toBe(symmetricSource(built))
    expect(built.length).toBeLessThan(20_000)
  }, 60_000)
})
