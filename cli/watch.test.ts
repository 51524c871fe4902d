// `certify --watch`: a round for every change and no other, whatever a round ends with, until Ctrl-C.
import type { ChildProcess } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FOLDER } from './pages.ts'
import { type Said, sifang } from './as-user.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-watch-'))
  await mkdir(join(folder, 'pages'))
  await copyFile(join(FOLDER, 'cpm', 'CPM-001.yaml'), join(folder, 'pages', 'CPM-001.yaml'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Each round is a process, on a machine that may be busy. */
const ROUNDS_MS = 120_000

/** Does something as soon as a text is said on stderr, and the next thing when the next text is. */
function whenSaid(
  child: ChildProcess,
  turns: readonly (readonly [text: string, then: () => unknown])[],
): void {
  let [heard, turn] = ['', 0]
  child.stderr?.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
    for (let next = turns[turn]; next !== undefined && heard.includes(next[0]); next = turns[turn]) {
      turn += 1
      heard = heard.slice(heard.indexOf(next[0]) + next[0].length)
      void next[1]()
    }
  })
}

const watch = (args: readonly string[], began: (child: ChildProcess) => void): Promise<Said> =>
  sifang(['certify', '--watch', '--profile', 'sim', ...args], { cwd: folder, began })
const pageRounds = ['--in-process', '--pages', 'pages', '--out', 'runs']

test(
  'a changed page is played again, a broken one is said, and Ctrl-C ends it with 130',
  async () => {
    const path = join(folder, 'pages', 'CPM-001.yaml')
    const good = await readFile(path, 'utf8')
    const said = await watch(pageRounds, (child) =>
      whenSaid(child, [
        ['✓ round 1: ', () => writeFile(path, good.replace('alice: 4000', 'alice: 4001'))],
        ['✗ round 2: nonconforming (exit 1)', () => writeFile(path, `${good}\n  bad`)],
        ['✗ round 3: usage or configuration (exit 2)', () => writeFile(path, good)],
        // Not a page: only what comes with it leads to a round.
        [
          '✓ round 4: ',
          () => writeFile(join(folder, 'pages', 'notes.txt'), 'x').then(() => writeFile(path, good)),
        ],
        ['✓ round 5: ', () => child.kill('SIGINT')],
      ]),
    )
    expect(said.exit).toBe(130)
    expect(said.err.match(/changed: pages\/CPM-001\.yaml\n/g)).toHaveLength(4)
    expect(said.err).not.toMatch(/notes|round 6/)
    expect(said.out.match(/✓ Passed/g)).toHaveLength(3)
  },
  ROUNDS_MS,
)

test(
  'Ctrl-C in the middle of a round ends the round with its report, and says so',
  async () => {
    const said = await watch(['--grep', 'COD', '--out', 'cut'], (child) =>
      whenSaid(child, [['Judging Sifang institution', () => child.kill('SIGINT')]]),
    )
    expect(said.exit).toBe(130)
    expect(said.err).not.toContain('round 1')
    expect(await readFile(join(folder, 'cut', 'latest', 'summary.md'), 'utf8')).toContain('Interrupted')
  },
  ROUNDS_MS,
)

test(
  'the configuration of somebody else’s system is watched as well, also when it is not there yet',
  async () => {
    const path = join(folder, 'mine.yaml')
    const said = await watch(['--config', path, '--page', 'CPM-001', '--out', 'runs'], (child) =>
      whenSaid(child, [
        ['round 1: usage or configuration', () => writeFile(path, 'subject: 1')],
        ['changed: mine.yaml', () => undefined],
        ['round 2: usage or configuration', () => child.kill('SIGINT')],
      ]),
    )
    expect(said.exit).toBe(130)
    expect(said.err).toContain('mine.yaml:1:')
  },
  ROUNDS_MS,
)

test(
  'a folder that is not there is no reason to wait',
  async () => {
    const said = await watch(['--pages', 'none'], () => undefined)
    expect(said).toMatchObject({ exit: 2, err: expect.stringContaining('there is no such folder') as string })
  },
  ROUNDS_MS,
)
