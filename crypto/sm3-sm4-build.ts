// Builds the module of SM3 and SM4 as sm2-build.ts does the one of SM2. `npm run build:sm3-sm4` writes all of it;
// sm3-sm4-build.test.ts demands the same bytes.
import { type Bytes, toBase64 } from './bytes.ts'
import { ARGS, type Compile, compiled, type Read } from './sm2-build.ts'
import { constants } from './sm3-sm4-constants.ts'
import { rounds } from './sm3-sm4-rounds.ts'

export const SYMMETRIC_GENERATED: Readonly<Record<string, string>> = {
  'constants.ts': constants(),
  'rounds.ts': rounds(),
}

const VECTORS = ['--enable', 'simd', '--enable', 'relaxed-simd']

// `read` is about crypto/sm3-sm4.
export function buildSymmetric(compile: Compile, read: Read): Promise<Bytes> {
  return compiled(
    compile,
    ['sm3-sm4.ts', ...ARGS, ...VECTORS],
    (name) => SYMMETRIC_GENERATED[name] ?? read(name),
  )
}

export function symmetricSource(module: Bytes): string {
  return `// Made by crypto/sm3-sm4-build.ts from crypto/sm3-sm4; \`npm run build:sm3-sm4\` writes it again. ${module.length} bytes of WebAssembly.
export const SM3_SM4_MODULE =
  '${toBase64(module)}'
`
}
