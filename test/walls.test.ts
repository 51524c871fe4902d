// The walls of .dependency-cruiser.js stand: nothing crosses them, every module was looked at, and each
// rule reports a violation planted for it (with another TypeScript the tool silently cruises nothing).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { gitKnown, plant, ROOT } from './sources.ts'

const CONFIG = join(ROOT, '.dependency-cruiser.js')
const { ROOMS, default: walls } = (await import(CONFIG)) as {
  readonly ROOMS: Readonly<Record<string, readonly string[] | string>>
  readonly default: { readonly forbidden: readonly { readonly name: string }[] }
}

type Cruise = {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string }
      readonly from: string
      readonly to: string
    }[]
  }
}

/** Exactly what `npm run depcruise` does, in a folder of choice, with an answer to read. */
function cruise(folder: string): Cruise {
  const command = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const { stdout, stderr } = spawnSync(process.execPath, [command, '--config', CONFIG, '-T', 'json', '.'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser said nothing to read: ${stderr}`)
  return JSON.parse(stdout) as Cruise
}

const violationsOf = (seen: Cruise): readonly string[] =>
  seen.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)

describe('the house as it stands', () => {
  const seen = cruise(ROOT)

  test('nothing crosses a wall', () => {
    expect(violationsOf(seen)).toEqual([])
  })

  test('every TypeScript file that git knows was cruised', () => {
    const cruised = new Set(seen.modules.map(({ source }) => source))
    const known = gitKnown('*.ts')
    expect(known.length).toBeGreaterThan(0)
    expect(known.filter((path) => !cruised.has(path))).toEqual([])
  })
})

describe('planted violations', () => {
  const rooms = Object.keys(ROOMS)
  const doorOf = (room: string): string => (room === 'cli' ? 'cli/main.ts' : `${room}/${room}.ts`)
  const files: Record<string, string> = {
    'package.json': JSON.stringify({
      type: 'module',
      dependencies: { pg: '*', '@hono/node-server': '*' },
      devDependencies: { vitest: '*' },
    }),
    'tsconfig.json': JSON.stringify({ extends: '../../tsconfig.json', include: ['**/*.ts'] }),
    'money/inner.ts': 'export const inner = 1\n',
  }
  for (const room of rooms) files[doorOf(room)] = 'export const door = 1\n'

  /** `rules` are the names that must report the file; none means that it must pass. */
  const expected = new Set<string>()
  const put = (path: string, imports: string, ...rules: readonly string[]): void => {
    files[path] = `import * as other from '${imports}'\nexport const it = other\n`
    for (const rule of rules) expected.add(`${rule}: ${path}`)
  }

  for (const [room, may] of Object.entries(ROOMS)) {
    for (const other of rooms.filter((name) => name !== room)) {
      const rules = Array.isArray(may) && !may.includes(other) ? [`${room}-imports-only-its-own`] : []
      if (`${room} ${other}` === 'switch institution') rules.push('switch-never-imports-institution')
      if (`${room} ${other}` === 'institution switch') rules.push('institution-never-imports-switch')
      if (room === 'mocks' && ['switch', 'institution'].includes(other))
        rules.push('mocks-import-no-real-thing')
      put(`${room}/takes-${other}.ts`, `../${doorOf(other)}`, ...rules)
    }
  }

  put('wire/back-door.ts', '../money/inner.ts', 'front-doors-only')
  put('wire/back-door.test.ts', '../money/inner.ts', 'front-doors-only')
  put('test/back-door.test.ts', '../money/inner.ts', 'front-doors-only')
  put('root.config.ts', './money/inner.ts', 'front-doors-only-from-the-root')
  put('money/reaches-far.test.ts', '../reports/reports.ts')
  put('switch/meets.test.ts', '../institution/institution.ts', 'switch-never-imports-institution')
  put('institution/meets.test.ts', '../switch/switch.ts', 'institution-never-imports-switch')
  put('mocks/real.test.ts', '../switch/switch.ts', 'mocks-import-no-real-thing')
  put('conformance/oracle-ledger.ts', '../clearing/clearing.ts', 'oracles-see-only-evidence')
  put('conformance/oracle.ts', '../scenarios/scenarios.ts', 'oracles-see-only-evidence')
  put('conformance/oracle-wire.ts', '../wire/wire.ts')

  files['crypto/openssl.ts'] = 'export const oracle = 1\n'
  put('bench/measures.ts', '../crypto/openssl.ts')
  put('wire/leans.ts', '../crypto/openssl.ts', 'openssl-only-judges-and-measures')
  put('switch/reads-disk.ts', 'node:fs', 'files-and-sockets-at-the-edges')
  put('wire/reads-disk.ts', 'node:fs/promises', 'files-and-sockets-at-the-edges')
  put('institution/listens.ts', '@hono/node-server', 'files-and-sockets-at-the-edges')
  put('mocks/dials.ts', 'node:http', 'files-and-sockets-at-the-edges')
  put('ledger/dials.ts', 'net', 'files-and-sockets-at-the-edges')
  put('crypto/runs.ts', 'node:child_process', 'files-and-sockets-at-the-edges')
  put('crypto/digests.ts', 'node:crypto')
  put('crypto/vectors.test.ts', 'node:fs')
  put('scenarios/pages.ts', 'node:fs')
  put('store/sqlite.ts', 'node:sqlite')
  put('store/postgres.ts', 'pg')
  put('cli/sql.ts', 'node:sqlite', 'databases-only-in-the-store')
  put('conformance/sql.ts', 'pg', 'databases-only-in-the-store')
  put('ledger/proof.ts', 'vitest', 'production-without-dev-dependencies')
  put('ledger/proof.test.ts', 'vitest')
  put('store/contract.ts', 'vitest')
  put('cli/borrowed.ts', 'chai', 'production-without-undeclared-packages')
  put('cli/proven.ts', '../test/anything.ts', 'production-never-imports-tests')
  put('ledger/proven.ts', './proof.test.ts', 'production-never-imports-tests')
  put('cli/nowhere.ts', './nothing.ts', 'everything-resolves')
  files['test/anything.ts'] = 'export const anything = 1\n'

  files['clearing/here.ts'] = "import { there } from './there.ts'\nexport const here = (): unknown => there\n"
  files['clearing/there.ts'] = "import { here } from './here.ts'\nexport const there = (): unknown => here\n"
  expected.add('no-cycles: clearing/here.ts') // a cycle is told once, from its first file
  files['clearing/one.ts'] = "import type { Two } from './two.ts'\nexport type One = { two: Two }\n"
  files['clearing/two.ts'] = "import type { One } from './one.ts'\nexport type Two = { one?: One }\n"

  const { folder, remove } = plant('walls', files)
  afterAll(remove)
  const reported = new Set(cruise(folder).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`))

  test('each is reported, and nothing else is', () => {
    expect([...reported].sort()).toEqual([...expected].sort())
  })

  test('no rule goes without a proof', () => {
    const proven = new Set([...expected].map((line) => line.slice(0, line.indexOf(':'))))
    const named = walls.forbidden.map(({ name }) => name)
    expect(named.filter((name) => !proven.has(name))).toEqual([])
  })
})
