// `sifang compare` as a user meets it: how runs are named, what is said first, exit codes, and files that are no run.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Said, sifang } from './as-user.ts'

let folder = ''
const run = (args: readonly string[]): Promise<Said> => sifang(args, { cwd: folder })
let [clean, broken] = ['', '']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-compare-'))
  const certify = async (mutant?: string): Promise<string> => {
    const args = ['certify', '--grep', 'RFD-003|CPM-001', '--in-process', '--profile', 'sim', '--json']
    const said = await sifang(args, { cwd: folder, ...(mutant !== undefined && { mutant }) })
    return (JSON.parse(said.out) as { folder: string }).folder
  }
  clean = await certify()
  broken = await certify('M-19')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('what broke, why, which answers, counts: exit 1; the other way round it is fixed: exit 0', async () => {
  const worse = await run(['compare', clean, 'latest'])
  expect(worse.exit).toBe(1)
  for (const text of [
    'broken: RFD-003  ✓ pass → ✗ fail',
    'expected DECL-AMOUNT, got OK',
    /RFD-003 +credit\.reply 4 +DECL-AMOUNT → OK/,
    '4 pages unchanged · broken 2',
    'Pages that got worse: 2.',
    'The transcripts differ.',
  ])
    expect(worse.out).toMatch(text)
  const better = await run([
    'compare',
    join(broken, 'events.ndjson'),
    clean.replace('runs/', ''),
    '--lang',
    'zh',
  ])
  expect(better.exit).toBe(0)
  expect(better.out).toContain('已修复: RFD-003')
})

test('the same run twice: equal transcripts, nothing worse; --json says the same', async () => {
  const { exit, out } = await run(['compare', clean, clean, '--json'])
  expect(exit).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    transcriptsEqual: true,
    changes: [],
    answers: [],
    worse: 0,
    same: 6,
  })
  expect((await run(['compare', clean, clean])).out).toContain('The transcripts are equal')
})

test('what they were played with is said before anything else', async () => {
  const copy = join(folder, 'copy')
  await mkdir(copy)
  const text = await readFile(join(folder, clean, 'events.ndjson'), 'utf8')
  await writeFile(join(copy, 'events.ndjson'), text.replace('"seed":"1"', '"seed":"2"').replace('"r3', '"r4'))
  const lines = (await run(['compare', clean, copy])).out.split('\n')
  expect(lines.slice(2, 5)).toEqual([
    '!  requirement set differs: r3+a2 → r4+a2',
    '!  seed differs: 1 → 2',
    '   The runs were not played alike: what changed below need not be the subject’s doing.',
  ])
})

describe('a run that cannot be read is exit 2, with file and line', () => {
  const file = async (name: string, change: (text: string) => string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, change(await readFile(join(folder, clean, 'events.ndjson'), 'utf8')))
    return path
  }
  test.each<[string, (text: string) => string, RegExp]>([
    ['not JSON', (text) => text.replace('\n{', '\n<'), /:2: this line is not JSON/],
    ['a number', (text) => text.replace(/\n[^\n]*/, '\n42'), /:2: this line is no event/],
    ['null', (text) => text.replace(/\n[^\n]*/, '\nnull'), /:2: this line is no event/],
    ['another kind of file', (text) => text.replace(/\n[^\n]*/, '\n{"a":1}'), /:2: this line is no event/],
    [
      'a verdict of its own',
      (text) => text.replace('"verdict":"pass"', '"verdict":"fine"'),
      /\(page\.end\) has a verdict/,
    ],
    ['an end without rows', (text) => text.replace('"rows":[', '"lines":['), /\(run\.end\) has no “rows”/],
    ['no beginning', (text) => text.slice(text.indexOf('\n') + 1), /:1: a run begins with its run\.start/],
    ['nothing', () => '', /:1: a run begins with its run\.start/],
  ])('%s', async (name, change, expected) => {
    const said = await run(['compare', await file(`${name.replaceAll(' ', '-')}.ndjson`, change), clean])
    expect(said.err).toMatch(expected)
    expect(said.err).not.toContain('    at ')
    expect(said.exit).toBe(2)
  })
  test('a run that was cut off is compared as far as it went, and that is said', async () => {
    const cut = await file('cut.ndjson', (text) => text.slice(0, -400))
    const said = await run(['compare', cut, clean])
    expect(said.out).toContain('did not come to its end')
    expect(said.exit).toBe(0)
  })
  test('a name that is no run says which are near', async () => {
    const said = await run(['compare', clean.replace('runs/', '').slice(0, -1), 'latest'])
    expect(said).toMatchObject({
      exit: 2,
      err: expect.stringContaining(clean.replace('runs/', '')) as string,
    })
  })
  test('a folder that holds no run, and a folder of runs that is empty', async () => {
    expect((await run(['compare', folder, clean])).err).toContain('there is no events.ndjson in this folder')
    expect((await run(['compare', 'latest', clean, '--out', 'nothing'])).err).toContain(
      'there is no run in nothing',
    )
  })
})
