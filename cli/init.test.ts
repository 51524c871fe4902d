// `sifang init`: what it writes is what certify reads; it asks only on a terminal, and writes over nothing.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from './config.ts'
import { configText } from './init-text.ts'
import { type Said, sifang } from './as-user.ts'

let [root, folder] = ['', '']
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sifang-init-'))
})
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'one-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const init = (...args: readonly string[]): Promise<Said> => sifang(['init', ...args], { cwd: folder })
const there = async (): Promise<readonly string[]> => (await readdir(folder)).sort()

test('--yes writes a configuration that certify reads, with test keys of mode 0600', async () => {
  const said = await init('--yes')
  expect(said.exit, said.err).toBe(0)
  expect(await there()).toEqual(['sifang-encrypt.pem', 'sifang-sign.pem', 'sifang.config.yaml'])
  expect(said.out).toContain('npx sifang certify --config sifang.config.yaml --peers')
  const read = await readConfig(join(folder, 'sifang.config.yaml'))
  expect(read).toMatchObject({
    name: 'my wallet',
    url: 'http://127.0.0.1:18081',
    features: [],
    switchPort: 18080,
  })
  expect(read.keys?.sign.id).toBe('1001')
  for (const key of ['sifang-sign.pem', 'sifang-encrypt.pem'])
    expect((await stat(join(folder, key))).mode & 0o777).toBe(0o600)
  // It is the public half of the very key that was written.
  const { out } = await sifang(['keys', 'show', 'sifang-sign.pem', '--json'], { cwd: folder })
  const [shown, used] = [(JSON.parse(out) as { publicKey: string }).publicKey, read.keys?.sign.key]
  expect(used).toMatchObject({ suite: 'sm', publicKey: Uint8Array.from(Buffer.from(shown, 'hex')) })
  const peers = await sifang(['certify', '--config', 'sifang.config.yaml', '--peers'], { cwd: folder })
  expect(peers.exit, peers.err).toBe(0)
  const roles = (JSON.parse(peers.out) as { role: string }[]).map(({ role }) => role)
  expect(roles).toEqual(expect.arrayContaining(['switch', 'institution', 'acquirer', 'bank']))
})

test('every question has a flag, and whatever stands in a value comes back as it was', async () => {
  await init('--yes', '--out', 'first.yaml')
  const [name, seed] = ['a "b": # 四方 \\ {x}', "it's; [1]"]
  const said = await init(
    '--name',
    name,
    '--url',
    'https://wallet.example:8443/base',
    '--seed',
    seed,
    '--port',
    '19000',
    '--features',
    'wallet, clock',
    '--sign',
    'sifang-sign.pem',
    '--encrypt',
    'sifang-encrypt.pem',
    '--sign-id',
    '42',
    '--encrypt-id',
    '43',
    '--out',
    'deep/er/mine.yaml',
    '--json',
  )
  expect(said.exit, said.err).toBe(0)
  expect(JSON.parse(said.out)).toMatchObject({ config: 'deep/er/mine.yaml', keys: [] })
  const read = await readConfig(join(folder, 'deep/er/mine.yaml'))
  expect(read).toMatchObject({ name, seed, features: ['wallet', 'clock'], switchPort: 19000 })
  expect([read.url, read.keys?.sign.id, read.keys?.encrypt.id]).toEqual([
    'https://wallet.example:8443/base',
    '42',
    '43',
  ])
})

test('nothing is written over, and nothing is half written', async () => {
  await writeFile(join(folder, 'sifang-encrypt.pem'), 'mine')
  expect(await init('--yes')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('is there already') as string,
  })
  expect(await there()).toEqual(['sifang-encrypt.pem'])
  await writeFile(join(folder, 'sifang.config.yaml'), 'mine')
  expect(await init('--yes')).toMatchObject({ exit: 2 })
  expect(await readFile(join(folder, 'sifang.config.yaml'), 'utf8')).toBe('mine')
})

describe('without a terminal', () => {
  test('it asks nothing, and says what to give', async () => {
    const said = await init()
    expect(said).toMatchObject({ exit: 2, err: expect.stringContaining('--yes') as string })
    expect(await there()).toEqual([])
  })
  test.each([
    [['--url', 'ftp://x'], '--url ftp://x: an address such as'],
    [['--yes', '--port', '0'], '--port 0: a port number'],
    [['--yes', '--port', '70000'], '--port 70000: a port number'],
    [['--yes', '--sign-id', '007'], '--sign-id 007: 1 to 40 digits'],
    [['--yes', '--features', 'wallet,contrl'], 'near: control'],
    [['--yes', '--name', ' '], 'what your system is called'],
    [['--yes', '--sign', 'x.pem'], 'give both --sign and --encrypt'],
    [['--yes', '--sign', 'x.pem', '--encrypt', 'x.pem'], 'x.pem: cannot be read'],
    [['--ci', 'gitlab'], 'only github'],
  ])('%j is refused with a sentence', async (args, expected) => {
    const said = await init(...args)
    expect(said).toMatchObject({ exit: 2, err: expect.stringContaining(expected) as string })
    expect(said.err).not.toContain('    at ')
    expect(await there()).toEqual([])
  })
})

test('what the comments offer instead works as well', async () => {
  const key = { id: '1', publicKey: `04${'0'.repeat(128)}` }
  const text = configText({
    name: 'x',
    url: 'http://127.0.0.1:1',
    sign: key,
    encrypt: key,
    features: ['control'],
    port: '18080',
    seed: 's',
  })
  const lines = text
    .split('\n')
    .filter((line) => !/^ {2}(url|sign|encrypt):/.test(line))
    .map((line) => line.replace(/^ {2}# (spawn:| {2}command:| {2}ready:)/, '  $1'))
  await writeFile(join(folder, 'spawned.yaml'), lines.join('\n'))
  const read = await readConfig(join(folder, 'spawned.yaml'))
  expect(read.spawn?.command[0]).toBe('node')
  expect(read.spawn?.ready).toEqual({ answers: '/control/idle' })
})

test('--ci github prints a workflow, or writes it where it is told', async () => {
  const printed = await init('--ci', 'github')
  expect(await there()).toEqual([])
  const steps = (parse(printed.out) as { jobs: { certify: { steps: { run?: string }[] } } }).jobs.certify
    .steps
  expect(steps.map(({ run }) => run)).toContain('npx sifang certify --config sifang.config.yaml')
  expect((await init('--ci', 'github', '--out', '.github/workflows/sifang.yml')).exit).toBe(0)
  expect(await readFile(join(folder, '.github/workflows/sifang.yml'), 'utf8')).toBe(printed.out)
  expect((await init('--ci', 'github', '--out', '.github/workflows/sifang.yml')).exit).toBe(2)
})

const TERMINAL = 'script'

/** On a terminal made by `script`: answers each question as it is asked. */
function onTerminal(answer: (question: number) => string): Promise<Said> {
  const command = `stty cols 100; '${process.execPath}' '${join(import.meta.dirname, 'main.ts')}' --lang en init`
  const child: ChildProcess = spawn(TERMINAL, ['-qec', command, '/dev/null'], { cwd: folder })
  let [out, asked] = ['', 0]
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    // A question that is open has this sign; the escape codes between them only move and colour.
    const open = out.split(/\u25c6/).length - 1
    for (; asked < open; asked += 1) child.stdin?.write(answer(asked))
  })
  return new Promise((resolve) => child.on('close', (exit) => resolve({ exit, out, err: '' })))
}
const noScript = spawnSync(TERMINAL, ['--version']).status !== 0

describe.skipIf(noScript)('on a terminal', () => {
  test('every question has a default that Enter takes', async () => {
    const said = await onTerminal(() => '\r')
    expect(said.exit, said.out).toBe(0)
    expect((await readConfig(join(folder, 'sifang.config.yaml'))).name).toBe('my wallet')
  })
  test('Ctrl-C at a question writes nothing: exit 130', async () => {
    expect((await onTerminal((question) => (question === 0 ? '\r' : '\u0003'))).exit).toBe(130)
    expect(await there()).toEqual([])
  })
})
