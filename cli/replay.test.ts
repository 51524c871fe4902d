// Tapes as a user meets them: recorded by a certification, played again clean and under a planted defect, with every exit.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { python } from '../test/python.ts'
import { type Said, sifang as runSifang } from './as-user.ts'

let folder = ''
let tapes = ''
const sifang = (...args: readonly string[]): Promise<Said> => runSifang(args, { cwd: folder })
const mutated = (mutant: string, ...args: readonly string[]): Promise<Said> =>
  runSifang(args, { cwd: folder, mutant })
const tape = (page: string): string => join(tapes, `${page}.ndjson`)

// Edge and network, a wait, a restart, bent messages, and parts that were lost or late.
const PAGES = [
  'RFD-002',
  'COD-002',
  'REV-017',
  'SEC-013',
  'REV-003.network',
  'CPM-003.network-late',
  'RFD-005.network',
]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-replay-'))
  const run = await sifang('certify', '--profile', 'sim', '--page', ...PAGES, '--tapes', '--out', 'runs')
  expect(run.out + run.err).toContain('Tapes: runs/')
  expect(run.exit).toBe(0)
  tapes = join(folder, 'runs', 'latest', 'tapes')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Told = {
  readonly exit: number
  readonly sent: number
  readonly compared: number
  readonly differences: readonly { readonly n?: number; readonly member: string }[]
  readonly effects: readonly {
    readonly mutation: string
    readonly answer: Readonly<Record<string, string>>
  }[]
  readonly invariants: readonly { readonly invariant: string; readonly result: string }[]
}
const told = ({ out, err }: Said): Told => {
  expect(err).toBe('')
  return JSON.parse(out) as Told
}

describe('certify --tapes', () => {
  test('leaves one tape a page, for its owner alone', async () => {
    expect((await readdir(tapes)).sort()).toEqual(PAGES.map((page) => `${page}.ndjson`).sort())
    for (const page of PAGES) expect((await stat(tape(page))).mode & 0o777, page).toBe(0o600)
    expect((await stat(tapes)).mode & 0o777).toBe(0o700)
  })
  test('a shared run records what the second stage played as well; failed keeps only what did not pass', async () => {
    const grep = [
      '--profile',
      'sim',
      '--role',
      'account-institution',
      '--grep',
      'RFD-00|RFD-01',
      '--out',
      'shared',
    ]
    const pages = async (said: Said): Promise<{ ended: Map<string, string>; taped: string[] }> => {
      const at = join(folder, (JSON.parse(said.out) as { folder: string }).folder)
      const events = (await readFile(join(at, 'events.ndjson'), 'utf8')).matchAll(
        /"page.end","page":"([^"]+)".*?"verdict":"([^"]+)"/g,
      )
      const taped = await readdir(join(at, 'tapes'))
      return {
        ended: new Map([...events].map(([, page = '', verdict = '']) => [page, verdict])),
        taped: taped.map((name) => name.replace('.ndjson', '')).sort(),
      }
    }
    const all = await pages(await sifang('certify', ...grep, '--tapes', '--json'))
    expect(all.taped.length, 'enough to be shared').toBeGreaterThan(12)
    expect(all.taped).toEqual([...all.ended.keys()].sort())
    const few = ['--profile', 'sim', '--page', 'RFD-003', 'RFD-001', '--out', 'few']
    const broken = await pages(await mutated('M-19', 'certify', ...few, '--tapes', 'failed', '--json'))
    expect(broken.taped.length).toBeGreaterThan(0)
    const failed = [...broken.ended].flatMap(([page, verdict]) => (verdict === 'pass' ? [] : [page]))
    expect(broken.taped).toEqual(failed.sort())
  })
  test('without it there is none, and a word that is neither is refused before anything is played', async () => {
    const run = await sifang('certify', '--profile', 'sim', '--page', 'CPM-001', '--out', 'none', '--json')
    const { folder: at } = JSON.parse(run.out) as { folder: string }
    expect(await readdir(join(folder, at))).not.toContain('tapes')
    const refused = await sifang('certify', '--tapes', 'some', '--out', 'never')
    expect(refused).toMatchObject({
      exit: 2,
      err: '--tapes some: all (every page, when nothing is named) or failed (pages that did not pass)\n',
    })
    expect(await readdir(folder)).not.toContain('never')
  })
})

describe('replay', () => {
  test.each(PAGES)('%s: the same answers, invariants hold, exit 0', async (page) => {
    const said = await sifang('replay', tape(page), '--json')
    const done = told(said)
    expect(done.differences).toEqual([])
    expect(done.invariants.filter(({ result }) => result === 'violated')).toEqual([])
    expect([said.exit, done.exit]).toEqual([0, 0])
    expect(done.sent).toBeGreaterThan(0)
    expect(done.compared).toBeGreaterThan(done.sent)
  })
  test('a tape made in one profile plays in another', async () => {
    const said = await sifang('replay', tape('REV-003.network'), '--profile', 'unionpay', '--json')
    expect([said.exit, told(said).differences]).toEqual([0, []])
  })
  test('the night of the double callback: a refund comes twice, and only the defective institution pays twice', async () => {
    const args = ['replay', tape('RFD-002'), '--mutate', 'dup@7'] as const
    const clean = await sifang(...args)
    expect(clean).toMatchObject({
      exit: 0,
      out: expect.stringContaining('dup@7: credit was answered OK') as string,
    })
    // Undisturbed, the same tape does not show the defect.
    expect(await mutated('M-24', 'replay', tape('RFD-002'))).toMatchObject({ exit: 0 })
    const broken = await mutated('M-24', ...args)
    expect(broken.exit).toBe(1)
    expect(broken.out).toContain('≠ message 9 debit.query: refundedTotal expected 3000, observed 6000')
    expect(broken.out).toMatch(/✗ INV-12 is violated: .*6000/)
    expect(broken.out).not.toMatch(/(?<![0-9])[0-9]{16,19}(?![0-9])/)
    const chinese = await mutated('M-24', ...args, '--lang', 'zh')
    expect(chinese.out).toContain('第 9 号 debit.query：refundedTotal 应为 3000，实际 6000')
  })
  test('without mutations a different answer alone is exit 1; with them it is told and does not decide', async () => {
    const other = join(folder, 'other.ndjson')
    const changed = (await readFile(tape('RFD-002'), 'utf8')).replace(
      '"refundedTotal":"3000"',
      '"refundedTotal":"1"',
    )
    await writeFile(other, changed)
    const plain = await sifang('replay', other)
    expect(plain).toMatchObject({
      exit: 1,
      out: expect.stringContaining('expected 1, observed 3000') as string,
    })
    const loose = await sifang('replay', other, '--mutate', 'replay@7')
    expect(loose.exit).toBe(0)
    expect(loose.out).toContain('expected 1, observed 3000')
    expect(loose.out).toContain('the invariants decide')
  })
  test('--list tells the numbers', async () => {
    const { exit, out } = await sifang('replay', tape('RFD-002'), '--list')
    expect(exit).toBe(0)
    expect(out).toMatch(/ 7 {2}credit +\S+RFD002r1 +3000/)
    const listed = JSON.parse((await sifang('replay', tape('SEC-013'), '--list', '--json')).out) as {
      requests: readonly { readonly type: string; readonly bent: boolean }[]
    }
    expect(listed.requests.map(({ bent }) => bent)).toContain(true)
  })
  test.each([
    [
      'a number of something else',
      ['--mutate', 'dup@8'],
      2,
      'dup@8: 8 is the reply to 7 (credit.reply); there could be meant: 5 debit, 7 credit',
    ],
    ['no mutation', ['--mutate', 'twice@7'], 2, 'twice@7: is no mutation; such as: dup@3'],
    ['an unknown profile', ['--profile', 'visa'], 2, 'there is no profile “visa”'],
    ['a configuration that is not there', ['--config', 'none.yaml'], 2, 'none.yaml: there is no such file'],
  ])('%s is a sentence', async (_, more, exit, expected) => {
    const said = await sifang('replay', tape('RFD-002'), ...more)
    expect(said).toMatchObject({ exit, err: expect.stringContaining(expected) as string })
    expect(said.err).not.toContain('    at ')
  })
  test('what is no tape, an empty one, and one that is cut', async () => {
    expect(await sifang('replay', 'nowhere.ndjson')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('nowhere.ndjson: there is no such file; record one with') as string,
    })
    const text = await readFile(tape('RFD-002'), 'utf8')
    const file = join(folder, 'cut.ndjson')
    const cut = async (content: string): Promise<Said> => {
      await writeFile(file, content)
      return sifang('replay', file)
    }
    expect(await cut(text.slice(0, -30))).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/cut\.ndjson:\d+: the last line is not whole/) as string,
    })
    expect(await cut(`${text.split('\n')[0] ?? ''}\n`)).toMatchObject({
      exit: 4,
      out: expect.stringContaining('so nothing was replayed') as string,
    })
  })
})

const { missing } = python()
const WALLET = fileURLToPath(new URL('../test/other-wallet/sifang.config.yaml', import.meta.url))

describe.skipIf(missing !== '')('against somebody else’s system', () => {
  test('our tape plays against the wallet in Python, in its own names and keys', async () => {
    for (const page of ['COD-002', 'REV-003.network']) {
      const said = await sifang('replay', tape(page), '--config', WALLET, '--json')
      expect([page, said.exit, told(said).differences]).toEqual([page, 0, []])
    }
    const twice = await sifang('replay', tape('RFD-002'), '--config', WALLET, '--mutate', 'dup@7', '--json')
    expect(told(twice).effects).toMatchObject([
      { mutation: 'dup@7', answer: { class: 'OK', amount: '3000' } },
    ])
    expect(twice.exit).toBe(0)
  })
  test('what it does not offer is named, and nothing is played', async () => {
    expect(await sifang('replay', tape('REV-017'), '--config', WALLET)).toMatchObject({
      exit: 4,
      err: expect.stringContaining('this tape needs what the subject does not offer: restart') as string,
    })
  })
  test('an address where nobody is is the environment’s fault: exit 3', async () => {
    const config = join(folder, 'dead.yaml')
    const key = `04${'09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'}`
    const keys = `  sign: { id: '1', publicKey: '${key}' }\n  encrypt: { id: '2', publicKey: '${key}' }\n`
    await writeFile(
      config,
      `subject:\n  name: mine\n  url: http://127.0.0.1:9\n${keys}  features: [control]\nswitch: { port: 0 }\n`,
    )
    expect(
      await sifang('replay', tape('RFD-002'), '--config', config, '--profile', 'unionpay'),
    ).toMatchObject({
      exit: 3,
      err: expect.stringContaining('does not answer') as string,
    })
  })
})
