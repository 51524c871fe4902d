// The lint that we rely on is on: each rule named in STYLE 3.3 reports the fault planted for it, under the
// project's own configuration. A promise dropped here would be a lost journal entry.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { plant, ROOT } from './sources.ts'

type Case = { readonly rule: string; readonly name: string; readonly text: string }

const WORK = 'async function work(): Promise<number> {\n  return await Promise.resolve(1)\n}\n'

const FAULTS: readonly Case[] = [
  {
    rule: 'typescript(no-floating-promises)',
    name: 'promise-dropped',
    text: `${WORK}export function f(): void {\n  work()\n}\n`,
  },
  {
    rule: 'typescript(no-floating-promises)',
    name: 'promise-voided',
    text: `${WORK}export function f(): void {\n  void work()\n}\n`,
  },
  {
    rule: 'typescript(no-floating-promises)',
    name: 'promise-dropped-from-table',
    text: `${WORK}const table = { work } as const\nexport function f(kind: keyof typeof table): void {\n  table[kind]()\n}\n`,
  },
  {
    rule: 'typescript(no-floating-promises)',
    name: 'promise-dropped-from-interface',
    text: 'export interface Store {\n  put(): Promise<void>\n}\nexport function f(store: Store): void {\n  store.put()\n}\n',
  },
  {
    rule: 'typescript(no-misused-promises)',
    name: 'promise-as-condition',
    text: `${WORK}export function f(): string {\n  if (work()) return 'always'\n  return 'never'\n}\n`,
  },
  {
    rule: 'typescript(no-misused-promises)',
    name: 'promise-as-callback',
    text: `${WORK}export function f(all: readonly number[]): void {\n  all.forEach(async () => {\n    await work()\n  })\n}\n`,
  },
  {
    rule: 'typescript(await-thenable)',
    name: 'await-of-number',
    text: 'export async function f(count: number): Promise<number> {\n  return await count\n}\n',
  },
  {
    rule: 'typescript(switch-exhaustiveness-check)',
    name: 'switch-forgets-a-member',
    text: "export function f(answer: 'approved' | 'declined' | 'unknown'): string {\n  switch (answer) {\n    case 'approved':\n      return '00'\n    case 'declined':\n      return '51'\n  }\n  return ''\n}\n",
  },
  {
    rule: 'typescript(switch-exhaustiveness-check)',
    name: 'switch-hides-members-in-default',
    text: "export function f(answer: 'approved' | 'declined' | 'unknown'): string {\n  switch (answer) {\n    case 'approved':\n      return '00'\n    default:\n      return '51'\n  }\n}\n",
  },
  {
    rule: 'typescript(no-explicit-any)',
    name: 'any',
    text: 'export function f(row: any): unknown {\n  return row\n}\n',
  },
  {
    rule: 'typescript(no-non-null-assertion)',
    name: 'bang',
    text: 'export function f(row: string | undefined): string {\n  return row!\n}\n',
  },
  {
    rule: 'typescript(consistent-type-imports)',
    name: 'type-imported-as-value',
    text: "import { Row } from './clean.ts'\nexport const row: Row = { id: '1' }\n",
  },
  {
    rule: 'typescript(no-import-type-side-effects)',
    name: 'module-loaded-for-its-types',
    text: "import { type Row } from './clean.ts'\nexport const row: Row = { id: '1' }\n",
  },
  {
    rule: 'import(no-default-export)',
    name: 'default-export',
    text: 'export default function f(): number {\n  return 1\n}\n',
  },
  {
    rule: 'eslint(eqeqeq)',
    name: 'loose-equality',
    text: 'export function f(count: unknown): boolean {\n  return count == 1\n}\n',
  },
  {
    rule: 'eslint(no-param-reassign)',
    name: 'parameter-assigned',
    text: 'export function f(count: number): number {\n  count = 2\n  return count\n}\n',
  },
  {
    rule: 'eslint(prefer-const)',
    name: 'let-never-assigned',
    text: 'export function f(): number {\n  let count = 2\n  return count\n}\n',
  },
]

/** Nothing may be said about these. */
const CLEAN = {
  'clean.ts': `${WORK}export type Row = { readonly id: string }\nexport async function f(): Promise<Row> {\n  return { id: String(await work()) }\n}\n`,
  'tool.config.ts': 'export default { tool: true }\n',
}

type Diagnostic = { readonly code?: string; readonly severity: string; readonly filename: string }

/** Files are named one by one: a walk would leave out what git ignores. */
function lint(files: readonly string[]): { diagnostics: readonly Diagnostic[]; exit: number | null } {
  const command = join(ROOT, 'node_modules/oxlint/bin/oxlint')
  const flags = ['--config', join(ROOT, '.oxlintrc.json'), '--format', 'json']
  const { stdout, stderr, status } = spawnSync(process.execPath, [command, ...flags, ...files], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (!stdout.startsWith('{')) throw new Error(`oxlint said nothing to read: ${stdout}${stderr}`)
  return { diagnostics: (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics, exit: status }
}

describe('planted faults', () => {
  const files: Record<string, string> = {
    'tsconfig.json': JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }),
    ...CLEAN,
  }
  for (const { name, text } of FAULTS) files[`${name}.ts`] = text
  const { folder, remove } = plant('lint', files)
  afterAll(remove)
  const { diagnostics, exit } = lint(
    Object.keys(files)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  )
  const about = (file: string): readonly Diagnostic[] =>
    diagnostics.filter(({ filename }) => filename.endsWith(`/${file}`))

  test.each(FAULTS)('$rule reports $name', ({ rule, name }) => {
    expect(about(`${name}.ts`)).toContainEqual(expect.objectContaining({ code: rule, severity: 'error' }))
  })

  test.each(Object.keys(CLEAN))('nothing is said about %s', (file) => {
    expect(about(file)).toEqual([])
  })

  test('the lint fails', () => {
    expect(exit).toBe(1)
  })
})
