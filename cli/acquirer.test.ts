// An acquirer as the subject: our own in a process of its own is judged at its address, by its role and nobody else's.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Said, sifang as runSifang } from './as-user.ts'
import { freePorts } from './started-up.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-acquirer-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const sifang = (...args: readonly string[]): Promise<Said> => runSifang(args, { cwd: folder })

test('in a process of its own it is judged by its configuration, and only as what that says it is', async () => {
  const port = await freePorts(2)
  const up = spawn(
    process.execPath,
    [MAIN, 'up', '--only', 'acquirer', '--control', '--port', String(port)],
    {
      cwd: folder,
    },
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
    const config = join(folder, 'acquirer.yaml')
    await writeFile(config, printed.slice(printed.indexOf('subject:')))
    const judged = await sifang('certify', '--config', config, '--json', '--grep', 'CPM-009|NTF-002|MPM-006')
    expect(judged.exit, judged.out + judged.err).toBe(0)
    const { rows, roles } = JSON.parse(judged.out) as {
      rows: { row: string; verdict: string }[]
      roles: { role: string; pages: number }[]
    }
    expect(rows.map(({ row, verdict }) => `${row} ${verdict}`).sort()).toEqual([
      'CPM-009 pass',
      'MPM-006 pass',
      'NTF-002 pass',
    ])
    expect(roles.map(({ role, pages }) => `${role} ${pages}`)).toEqual(['acquirer 3'])
    const other = await sifang('certify', '--config', config, '--role', 'account-institution')
    expect([other.exit, other.err]).toEqual([2, expect.stringContaining('subject.role: acquirer')])
  } finally {
    up.kill('SIGTERM')
    await new Promise((resolve) => up.on('close', resolve))
  }
}, 60_000)

test('a row of both roles is judged in each, and a seed gives the same run', async () => {
  const run = () => sifang('certify', '--in-process', '--profile', 'sim', '--json', '--grep', 'COD-011')
  const [first, again] = [await run(), await run()]
  expect(first.exit, first.out + first.err).toBe(0)
  const { roles, transcript } = JSON.parse(first.out) as { roles: { role: string }[]; transcript: string }
  expect(roles.map(({ role }) => role)).toEqual(['account-institution', 'acquirer'])
  expect((JSON.parse(again.out) as { transcript: string }).transcript).toBe(transcript)
}, 60_000)

test.each([
  ['a role that nobody plays', ['certify', '--role', 'wallet'], 'there is account-institution, acquirer'],
  ['an acquirer alone without an examiner', ['up', '--only', 'acquirer'], 'add --control'],
  ['a bank alone', ['up', '--only', 'bank'], 'can stand alone'],
])('%s is refused with a sentence', async (_what, args, said) => {
  const { exit, err } = await sifang(...args)
  expect([exit, err]).toEqual([2, expect.stringContaining(said)])
})
