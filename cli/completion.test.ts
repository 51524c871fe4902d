// Completion follows from the commands themselves: each of them and each option can be completed, and a real bash does.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CATALOGUE } from '../conformance/conformance.ts'
import { PROFILES } from '../wire/wire.ts'
import { bashScript, fishScript, zshScript } from './completion-scripts.ts'
import { placesOf, valuesByName } from './completion.ts'
import { examCommands } from './exam-commands.ts'
import { sifang } from './as-user.ts'
import { toolCommands } from './tool-commands.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-completion-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const program = new Command('sifang').option('--lang <zh|en>', 'language')
examCommands(program, () => 'en')
toolCommands(program, () => 'en')
const places = await placesOf(program)
const missing = (shell: string): string | undefined =>
  spawnSync(shell, ['-c', 'exit 0']).status === 0 ? undefined : `no ${shell} on this machine`

/** What bash offers for a line whose last word is being typed. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const script = join(folder, 'sifang.bash')
  await writeFile(script, bashScript(places))
  const line = words.map((word) => `'${word}'`).join(' ')
  const ask = `source '${script}'; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _sifang; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', ask], { cwd: folder })
  return stdout.split('\n').filter((one) => one !== '')
}

describe.skipIf(missing('bash') !== undefined)('bash', () => {
  test('offers every command and every option of each', async () => {
    for (const place of places) {
      const offers = await offered('sifang', ...place.path, '')
      expect(offers).toEqual(expect.arrayContaining(place.commands.map(({ name }) => name)))
      const options = place.options.flatMap(({ names }) => names)
      expect(await offered('sifang', ...place.path, '-')).toEqual(options)
      expect(options).toContain('--help')
    }
    expect(places.map(({ path }) => path.join(' '))).toEqual(
      expect.arrayContaining(['', 'certify', 'compare', 'keys', 'keys new', 'completion', 'init']),
    )
  })
  test.each<[string[], string[]]>([
    [['certify', '--profile', ''], Object.keys(PROFILES)],
    [
      ['--lang', ''],
      ['zh', 'en'],
    ],
    [
      ['certify', '--page', 'COD-006.'],
      ['COD-006.frozen', 'COD-006.suspended', 'COD-006.unbound'],
    ],
    [
      ['explain', 'INV-4'],
      ['INV-40', 'INV-41', 'INV-42', 'INV-43', 'INV-44', 'INV-45', 'INV-46', 'INV-47', 'INV-48'],
    ],
    [['explain', 'respC'], ['respCode']],
    [['keys', 'sh'], ['show']],
    [['--lang', 'zh', 'completion', 'f'], ['fish']],
    [['certify', '--sh'], ['--shard']],
    [['certify', '--seed', ''], []],
    [['compare', 'lat'], ['latest']],
  ])('%j', async (words, expected) => {
    expect(await offered('sifang', ...words)).toEqual(expected)
  })
  test('row ids for explain and --grep, files and folders where those are wanted', async () => {
    const rows = CATALOGUE.map(({ id }) => id)
    expect(await offered('sifang', 'explain', '')).toEqual(expect.arrayContaining(rows))
    expect(await offered('sifang', 'certify', '--grep', '')).toEqual(expect.arrayContaining(rows))
    await writeFile(join(folder, 'my config.yaml'), '')
    expect(await offered('sifang', 'certify', '--config', 'my')).toEqual(['my config.yaml'])
    expect(await offered('sifang', 'certify', '--out', 'my')).toEqual([])
  })
  test('the printed script is the same one, with the root’s own options', async () => {
    const { exit, out } = await sifang(['completion', 'bash'], { cwd: folder })
    expect(exit).toBe(0)
    expect(out).toContain(`'keys new'`)
    expect(out).toContain('--version')
    expect(spawnSync('bash', ['-n'], { input: out }).stderr.toString()).toBe('')
  })
})

for (const [shell, script] of [
  ['zsh', zshScript],
  ['fish', fishScript],
] as const)
  test(`${shell}: its syntax, where there is such a shell`, async ({ skip }) => {
    skip(missing(shell) !== undefined, missing(shell))
    const path = join(folder, `sifang.${shell}`)
    await writeFile(path, script(places))
    expect(spawnSync(shell, ['-n', path]).stderr.toString()).toBe('')
  })

test('whatever has values of its own is a command or an option that there is', async () => {
  const known = new Set(
    places.flatMap(({ path, options }) => {
      const at = path.join(' ')
      return [at, ...options.flatMap(({ names }) => names.flatMap((name) => [name, `${at} ${name}`]))]
    }),
  )
  for (const key of Object.keys(await valuesByName())) expect(known).toContain(key)
})

test('a shell that we do not know is named with those we do', async () => {
  expect(await sifang(['completion', 'tcsh'], { cwd: folder })).toMatchObject({
    exit: 2,
    err: expect.stringContaining('there is bash, zsh, fish') as string,
  })
})
