// The command as a user meets it: what it prints, what it leaves behind, and the exit code of every ending.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Said, sifang as runSifang } from './as-user.ts'
import { freePorts } from './started-up.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const sifang = (...args: readonly string[]): Promise<Said> => runSifang(args, { cwd: folder })

describe('usage', () => {
  test('--help names every command and every exit code', async () => {
    const { exit, out } = await sifang('--help')
    expect(exit).toBe(0)
    for (const word of [
      'certify',
      'compare',
      'list',
      'explain',
      'mutants',
      'explore',
      'init',
      'up',
      'doctor',
      'keys',
      'completion',
      '130  interrupted',
    ])
      expect(out).toContain(word)
  })
  test('--help loads the parser and the names of things, and nothing that works', async () => {
    const seen = new Set<string>()
    const follow = async (name: string): Promise<void> => {
      if (seen.has(name)) return
      seen.add(name)
      const text = await readFile(fileURLToPath(new URL(name, import.meta.url)), 'utf8')
      // What is imported when the file is read; an import inside a function waits until it is called.
      const top = text.split('\n').filter((line) => !line.startsWith('import type '))
      const names = top.flatMap((line) => [
        ...(/^(?:import|} from) .*'(\.\/[^']+)'$/.exec(line)?.slice(1) ?? []),
        ...(/^ {4}import\('(\.\/[^']+)'\),$/.exec(line)?.slice(1) ?? []),
      ])
      for (const next of names) await follow(next)
    }
    await follow('./main.ts')
    expect([...seen].map((name) => name.slice(2, -3)).sort()).toEqual(
      ['examples', 'exam-commands', 'exits', 'lang', 'main', 'tool-commands', 'usage'].sort(),
    )
  })
  test('a language that there is not is named', async () => {
    expect(await sifang('--lang', 'fr', 'list')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('zh or en') as string,
    })
  })
  test('a mistyped command is a usage error with a suggestion', async () => {
    expect(await sifang('certfy')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('certify') as string,
    })
  })
  test('an unknown profile names those there are', async () => {
    expect(await sifang('certify', '--profile', 'visa')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('unionpay-ets') as string,
    })
  })
  test('a filter that matches nothing is not a pass', async () => {
    expect(await sifang('certify', '--grep', 'CPM-0001')).toMatchObject({
      exit: 4,
      err: expect.stringContaining('CPM-001') as string,
    })
  })
  test('explain: a row, a code, a class, a field, a mutant, and nothing', async () => {
    expect((await sifang('explain', 'CPM-001')).out).toContain('npx sifang certify --grep CPM-001')
    expect((await sifang('explain', '64')).out).toContain('DECL-FUNDS')
    expect((await sifang('explain', 'rej-sig', '--lang', 'zh')).out).toContain('验签失败')
    expect((await sifang('explain', 'txnAmt')).out).toContain('UP-QRC-3.5')
    expect((await sifang('explain', 'M-19')).out).toContain('RFD-003')
    expect(await sifang('explain', 'XYZ')).toMatchObject({ exit: 2 })
  })
  test('an interleaving that breaks ends with the line that plays it again', async () => {
    const args = ['explore', '--grep', 'COD-004', '--most', '200', '--seed', 'a b']
    const said = await runSifang(args, { cwd: folder, mutant: 'M-68' })
    expect(said.exit).toBe(1)
    expect(said.out.trimEnd().split('\n').at(-1)?.trim()).toBe(
      "replay  npx sifang explore --profile sim --seed 'a b' --most 200 --grep COD-004",
    )
  })
  test('list and doctor speak JSON', async () => {
    const listed = JSON.parse((await sifang('list', '--json', '--all')).out) as {
      pages: { row: string }[]
      without: unknown[]
    }
    expect(new Set(listed.pages.map(({ row }) => row)).size + listed.without.length).toBe(391)
    expect(await sifang('doctor', '--json')).toMatchObject({ exit: 0 })
  })
})

describe('certify', () => {
  test('a run leaves its five files and exits 0; the same seed gives the same transcript', async () => {
    const [first, second] = await Promise.all(
      ['a', 'b'].map((out) => sifang('certify', '--grep', 'CPM-001', '--json', '--out', join(folder, out))),
    )
    const [one, two] = [first, second].map(
      (said) =>
        JSON.parse(said?.out ?? '') as { verdict: string; exit: number; folder: string; transcript: string },
    )
    expect([first?.exit, one?.verdict, one?.exit]).toEqual([0, 'pass', 0])
    for (const file of ['events.ndjson', 'report.html', 'junit.xml', 'ctrf.json', 'summary.md'])
      expect(existsSync(join(one?.folder ?? '', file)), file).toBe(true)
    expect(existsSync(join(folder, 'a', 'latest', 'report.html'))).toBe(true)
    expect(one?.transcript).toBe(two?.transcript)
  })
  test('in process, in Chinese', async () => {
    const { exit, out } = await sifang(
      'certify',
      '--grep',
      'CPM-001',
      '--in-process',
      '--profile',
      'sim',
      '--lang',
      'zh',
      '--out',
      join(folder, 'zh'),
    )
    expect(exit).toBe(0)
    expect(out).toContain('通过')
  })
  test('a store that holds data is refused and kept as it was', async () => {
    const store = `sqlite:${join(folder, 'mine.db')}`
    const args = [
      'certify',
      '--grep',
      'CPM-001',
      '--profile',
      'sim',
      '--store',
      store,
      '--out',
      join(folder, 's'),
    ]
    expect((await sifang(...args)).exit).toBe(0)
    const before = await readFile(join(folder, 'mine.db'))
    expect(await sifang(...args)).toMatchObject({
      exit: 2,
      err: expect.stringContaining('name an empty store') as string,
    })
    expect((await readFile(join(folder, 'mine.db'))).equals(before)).toBe(true)
  })
  test('a planted defect fails with its row, field, expected and observed', async () => {
    const args = ['certify', '--grep', 'RFD-003', '--profile', 'sim', '--out', join(folder, 'm')]
    const said = await runSifang(args, { cwd: folder, mutant: 'M-19' })
    expect(said.exit).toBe(1)
    const replay = 'npx sifang certify --profile sim --seed 1 --page RFD-003\n'
    for (const word of ['RFD-003', 'DECL-AMOUNT', 'respCode', replay]) expect(said.out).toContain(word)
    expect(await readFile(join(folder, 'm', 'latest', 'junit.xml'), 'utf8')).toContain('<failure')
  })
})

const KEY =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'
const config = (lines: readonly string[] = []): string =>
  [
    'subject:',
    '  name: mine',
    '  url: http://127.0.0.1:9',
    `  sign: { id: '1', publicKey: '${KEY}' }`,
    `  encrypt: { id: '2', publicKey: '${KEY}' }`,
    '  features: [wallet]',
    'switch: { port: 0 }',
    ...lines,
  ].join('\n')

describe('somebody else’s system', () => {
  const certify = async (name: string, text: string): Promise<Said> => {
    const file = join(folder, name)
    await writeFile(file, text)
    return sifang('certify', '--config', file, '--grep', 'CPM-001', '--out', join(folder, 'other'))
  }
  test.each([
    ['no-url', config().replace('  url: http://127.0.0.1:9\n', ''), ':2:3: subject.url: an address'],
    ['bad-url', config().replace('http://127.0.0.1:9', 'mine'), ':3:8: subject.url: an address'],
    ['bad-key', config().replace(KEY, '04ab'), ':4:31: subject.sign.publicKey: an SM2 public key'],
    ['off-curve', config().replaceAll('9ad13', '9ad14'), 'subject.sign.publicKey: is not a point'],
    ['unknown', config(['colour: blue']), 'colour'],
    ['feature', config().replace('[wallet]', '[walet]'), ':6:14: subject.features.0: '],
    ['not-yaml', 'subject: [', 'is not YAML'],
  ])('%s is said with file, line and column before anything is sent', async (name, text, expected) => {
    const { exit, err } = await certify(`${name}.yaml`, text)
    expect(err).toContain(expected)
    expect(err).not.toContain('    at ')
    expect(exit).toBe(2)
  })
  test('a missing file is a sentence', async () => {
    expect(await sifang('certify', '--config', 'none.yaml')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('there is no such file') as string,
    })
  })
  test('an address where nobody listens is the environment’s fault: exit 3', async () => {
    expect((await certify('dead.yaml', config())).exit).toBe(3)
  })

  test('our institution in a process of its own is judged by its address; a wrong certificate is a configuration fault', async () => {
    const port = await freePorts(2)
    const up = spawn(
      process.execPath,
      [MAIN, 'up', '--only', 'institution', '--control', '--seed', 'e2e', '--port', String(port)],
      { cwd: folder },
    )
    try {
      const printed = await new Promise<string>((resolve, reject) => {
        let out = ''
        up.stdout.on('data', (chunk: Buffer) => {
          out += chunk.toString()
          if (out.includes('seed: ')) resolve(out)
        })
        up.on('close', () => reject(new Error(`up ended: ${out}`)))
      })
      const text = printed.slice(printed.indexOf('subject:'))
      const good = await certify('good.yaml', text)
      expect(good.exit, good.out + good.err).toBe(0)
      const wrong = await certify(
        'wrong.yaml',
        text.replace(
          /encrypt: \{ id: '\d+', publicKey: '[0-9a-f]+'/,
          `encrypt: { id: '77', publicKey: '${KEY}'`,
        ),
      )
      expect(wrong.exit, wrong.out + wrong.err).toBe(2)
      expect(wrong.out).toMatch(/certificate/)
    } finally {
      up.kill('SIGTERM')
      await new Promise((resolve) => up.on('close', resolve))
    }
  })
})
