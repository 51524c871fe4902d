// The package as others install it: packed, installed without scripts into an empty folder, run by plain Node, its exports
// imported by their names. Takes a registry and half a minute: full form only.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ROOT } from './sources.ts'

const full = import.meta.env.MODE === 'full'

const SCRIPT = `
import fc from 'fast-check'
import { fieldsOf } from 'sifang/arbitraries'
import { startSwitch } from 'sifang/vitest'
const network = await startSwitch()
const alice = await network.user('alice', 5000n)
const paid = await network.sell({ code: await alice.code(), amount: 1000n })
await network.close()
fc.assert(fc.property(fieldsOf('purchase'), (fields) => fields.amount > 0n))
console.log(paid.state)
`

describe.skipIf(!full)('the installed package (full form: it needs a registry)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-package-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 })

  test('installs, certifies and is imported', () => {
    execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, stdio: 'ignore' })
    rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
    run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', './sifang-0.1.0.tgz')
    const said = run(
      process.execPath,
      'node_modules/sifang/cli/sifang.js',
      'certify',
      '--profile',
      'sim',
      '--json',
    )
    expect(JSON.parse(said.trim().split('\n').at(-1) ?? '')).toMatchObject({ exit: 0 })
    writeFileSync(join(folder, 'example.js'), SCRIPT)
    expect(run(process.execPath, 'example.js')).toBe('SUCCESS\n')
  }, 240_000)
})
