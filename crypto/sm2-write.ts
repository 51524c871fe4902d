// `npm run build:sm2`: writes the generated sources of the SM2 module and the module itself (sm2-build.ts).
import { readFileSync, writeFileSync } from 'node:fs'
import { buildModule, type Compile, COMPILER, GENERATED, moduleSource } from './sm2-build.ts'

const place = (name: string): URL => new URL(`sm2/${name}`, import.meta.url)

const { main } = (await import(COMPILER)) as { readonly main: Compile }
for (const [name, text] of Object.entries(GENERATED)) writeFileSync(place(name), text)
const module = await buildModule(main, (name) => {
  try {
    return readFileSync(place(name), 'utf8')
  } catch {
    // The compiler asks for more names than there are files.
    return null
  }
})
writeFileSync(new URL('sm2-module.ts', import.meta.url), moduleSource(module))
