// `npm run build`: the package as others install it. Node strips no types under node_modules, so there the commands run
// from dist: every module as JavaScript with its types beside it, and the files that are read while it runs.
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** Pages, the report's style, and the report's script, which is stripped of its types when a report is written. */
const READ_WHILE_RUNNING = [
  'scenarios/pages/**/*.yaml',
  'reports/viewer/*.{ts,css}',
  'reports/words.ts',
  'reports/pages.ts',
  'crypto/**/*.wasm',
]

rmSync(dist, { recursive: true, force: true })
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  { cwd: root, stdio: 'inherit' },
)
for (const pattern of READ_WHILE_RUNNING)
  for (const name of globSync(pattern, { cwd: root })) {
    mkdirSync(dirname(join(dist, name)), { recursive: true })
    cpSync(join(root, name), join(dist, name))
  }
