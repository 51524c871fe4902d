// `npm run build:sm3-sm4`: writes the generated sources of the module of SM3 and SM4 and the module itself (sm3-sm4-build.ts).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type Compile, COMPILER } from './sm2-build.ts'
import { buildSymmetric, SYMMETRIC_GENERATED, symmetricSource } from './sm3-sm4-build.ts'

const place = (name: string): URL => new URL(`sm3-sm4/${name}`, import.meta.url)
const { main } = (await import(COMPILER)) as { readonly main: Compile }
for (const [name, text] of Object.entries(SYMMETRIC_GENERATED)) writeFileSync(place(name), text)
const module = await buildSymmetric(main, (name) =>
  existsSync(place(name)) ? readFileSync(place(name), 'utf8') : null,
)
writeFileSync(new URL('sm3-sm4-module.ts', import.meta.url), symmetricSource(module))
