// Builds the SM2 module: writes the generated sources beside the others, compiles crypto/sm2 with AssemblyScript and turns
// the module into text that a source file can hold, so that it loads from an installed package, and in a worker, without a
// file to find. `npm run build:sm2` writes all of it; sm2-build.test.ts demands the same bytes.
import { type Bytes, toBase64 } from './bytes.ts'
import { constants } from './sm2-constants.ts'
import { products } from './sm2-products.ts'

// AssemblyScript's compiler, imported by name where it is needed: its own types would replace Node's in the whole project.
export const COMPILER: string = 'assemblyscript/asc'

// It comes in as an argument, because nothing that runs may rest on a devDependency.
export type Compile = (
  args: string[],
  options: {
    readFile(name: string, folder: string): string | null
    writeFile(name: string, contents: Uint8Array | string): void
    listFiles(): string[]
  },
) => Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>

const OUT = 'module.wasm'
export const ARGS: readonly string[] = [
  '--outFile',
  OUT,
  '-O3',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
  '--use',
  'abort=',
]

export const GENERATED: Readonly<Record<string, string>> = {
  'constants.ts': constants(),
  'products.ts': products(),
}

// Gives the text of a file beside the entry, or null.
export type Read = (name: string) => string | null

// `read` is about crypto/sm2.
export function buildModule(compile: Compile, read: Read): Promise<Bytes> {
  return compiled(compile, ['sm2.ts', ...ARGS], (name) => GENERATED[name] ?? read(name))
}

// `args` begin with the entry.
export async function compiled(compile: Compile, args: string[], read: Read): Promise<Bytes> {
  const written = new Map<string, Uint8Array | string>()
  const { error, stderr } = await compile(args, {
    readFile: read,
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
  })
  const module = written.get(OUT)
  if (error !== null || !(module instanceof Uint8Array))
    throw new Error(`AssemblyScript: ${stderr.toString()}`)
  return Uint8Array.from(module)
}

export function moduleSource(module: Bytes): string {
  return `// Made by crypto/sm2-build.ts from crypto/sm2; \`npm run build:sm2\` writes it again. ${module.length} bytes of WebAssembly.
export const SM2_MODULE =
  '${toBase64(module)}'
`
}
