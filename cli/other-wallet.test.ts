// The wallet in another language, started by the exam and judged by it: what it shows passes, what it lacks is not shown,
// what is planted in a copy of it fails, and when it dies nothing passes after it. Skipped, with the reason, without Python.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { python } from '../test/python.ts'
import { somebodyAnswers } from './spawned.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const WALLET = fileURLToPath(new URL('../test/other-wallet', import.meta.url))
const { program, missing } = python()
if (missing !== '') console.warn(`the wallet in Python is not judged here: ${missing}`)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-other-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Fault = { readonly file?: string; readonly find: string; readonly replace: string }

/** A copy of the wallet, with faults planted in it. */
async function copy(name: string, ...faults: readonly Fault[]): Promise<string> {
  const home = join(folder, name)
  await cp(WALLET, home, { recursive: true })
  for (const { file = 'wallet.py', find, replace } of [
    ...faults,
    { file: 'sifang.config.yaml', find: '[python3,', replace: `['${program}',` },
  ]) {
    const text = await readFile(join(home, file), 'utf8')
    expect(text.split(find), `${find} in ${file}`).toHaveLength(2)
    await writeFile(
      join(home, file),
      text.replace(find, () => replace),
    )
  }
  return join(home, 'sifang.config.yaml')
}

type Row = { readonly row: string; readonly verdict: string; readonly because?: { readonly en: string } }
type Run = {
  readonly exit: number | null
  readonly err: string
  readonly folder: string
  row(id: string): string
  because(id: string): string
}

type Certified = { readonly exit: number | null; readonly out: string; readonly err: string }

/** `heard` sees what comes on stderr so far, and may interrupt. */
async function sifang(
  config: string,
  grep: string,
  more: readonly string[],
  heard: (text: string, interrupt: () => void) => void = () => undefined,
): Promise<Certified> {
  const child = spawn(
    process.execPath,
    [MAIN, 'certify', '--config', config, '--grep', grep, '--out', join(config, '..', 'runs'), ...more],
    { cwd: folder, env: { ...process.env, LANG: 'C', NO_COLOR: '1' } },
  )
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
    heard(err, () => child.kill('SIGINT'))
  })
  const exit = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { exit, out, err }
}

async function certify(config: string, grep: string, profile: string): Promise<Run> {
  const { exit, out, err } = await sifang(config, grep, ['--profile', profile, '--json'])
  const end = (out === '' ? {} : JSON.parse(out)) as { rows?: readonly Row[]; folder?: string }
  const found = (id: string): Row | undefined => end.rows?.find(({ row }) => row === id)
  return {
    exit,
    err,
    folder: end.folder ?? '',
    row: (id) => found(id)?.verdict ?? 'not in the run',
    because: (id) => found(id)?.because?.en ?? '',
  }
}

describe.skipIf(missing !== '')(`the wallet in Python${missing && `, skipped: ${missing}`}`, () => {
  test('passes what it shows over real SM2 and SM4; what needs a restart is not shown, and the run is incomplete', async () => {
    const rows = ['CPM-001', 'RFD-003', 'SEC-014', 'TOK-014']
    const run = await certify(await copy('whole'), [...rows, 'SEC-009', 'REV-004'].join('|'), 'unionpay')
    expect(rows.map((id) => `${id} ${run.row(id)} ${run.because(id)}`)).toEqual(
      rows.map((id) => `${id} pass `),
    )
    for (const id of ['SEC-009', 'REV-004'])
      expect([run.row(id), run.because(id)]).toEqual(['not shown', 'the subject does not offer: restart'])
    expect(run.exit, run.err).toBe(4)
    expect(await readFile(join(run.folder, 'subject.log'), 'utf8')).toContain('listening on')
  })

  test.each<[name: string, fault: Fault, grep: string, expected: string]>([
    [
      'keeps no fence',
      {
        find: "        paid = PAYMENTS[key(r)] = {**r, 'kind': 'DECL-STATE', 'txnState': 'FENCED'}",
        replace: "        return answer('DECL-ORIG', r)",
      },
      'REV-003',
      'expected REVERSED',
    ],
    [
      'debits twice on a repeat',
      { file: 'envelope.py', find: '            if name not in self.said:', replace: '            if True:' },
      'CPM-003.parallel',
      'expected OK, OK, OK, OK',
    ],
  ])('a copy that %s fails the row about it', async (name, fault, grep, expected) => {
    const run = await certify(await copy(name.replaceAll(' ', '-'), fault), grep, 'sim')
    const row = grep.slice(0, 7)
    expect([run.row(row), run.exit]).toEqual(['fail', 1])
    expect(run.because(row)).toContain(expected)
  })

  test('a copy that refuses in the open, not sealed, tells as little and passes', async () => {
    const plainly = { find: 'no.back = (head, ref) if', replace: 'no.back = None if' }
    const run = await certify(
      await copy('plainly', { file: 'envelope.py', ...plainly }),
      'SEC-001|SEC-002.other',
      'sim',
    )
    expect([run.row('SEC-001'), run.row('SEC-002'), run.exit]).toEqual(['pass', 'pass', 0])
  })

  test('when it dies in the middle nothing passes after it: not shown for want of the subject, exit 3', async () => {
    const dying = {
      find: 'def credit(r):\n',
      replace:
        "def credit(r):\n    import os; print('out of paper', file=sys.stderr, flush=True); os._exit(7)\n",
    }
    const run = await certify(await copy('dying', dying), 'CPM-001|RFD-001|SEC-001|TOK-002', 'sim')
    expect(['CPM-001', 'RFD-001', 'SEC-001', 'TOK-002'].map(run.row)).toEqual([
      'pass',
      ...Array.from({ length: 3 }, () => 'not shown'),
    ])
    expect(run.because('TOK-002')).toContain('the subject no longer answers')
    expect(run.err).toMatch(/in the middle of the run \(exit code 7\)[^]*out of paper/)
    expect(run.exit).toBe(3)
  })

  test('an interrupt ends the run with 130, and the wallet with it', async () => {
    const config = await copy('stopped')
    let interrupted = false
    const { exit, err } = await sifang(config, 'SEC', ['--profile', 'sim'], (text, interrupt) => {
      if (interrupted || !text.includes('Judging')) return
      interrupted = true
      interrupt()
    })
    expect([interrupted, exit], err).toEqual([true, 130])
    const log = await readFile(join(config, '..', 'runs', 'latest', 'subject.log'), 'utf8')
    const port = /listening on (\d+)/.exec(log)?.[1] ?? ''
    expect(await somebodyAnswers(`http://127.0.0.1:${port}/control/idle`)).toBe(false)
  })
})
