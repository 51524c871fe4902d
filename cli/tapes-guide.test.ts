// docs/tapes.md is run as it stands: every command in it, in its order, ends well.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sifang } from './as-user.ts'
import { type StartedUp, startedUp } from './started-up.ts'

const guide = await readFile(fileURLToPath(new URL('../docs/tapes.md', import.meta.url)), 'utf8')
const commands = [...guide.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
  block.split('\n').flatMap((line) => (line === '' ? [] : [line])),
)

let folder = ''
let up: StartedUp | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-guide-'))
})
afterAll(async () => {
  await up?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('every command of the guide ends well', async () => {
  expect(commands.length).toBeGreaterThan(15)
  for (const command of commands) {
    const [npx, name, ...words] = command.split(' ')
    expect([npx, name], command).toEqual(['npx', 'sifang'])
    if (words[0] === 'up') {
      // At ports of its own; that it begins and is stopped is all that it does by itself.
      up = await startedUp(folder, words.slice(3))
      continue
    }
    const byHand = ['listen', 'trigger', 'resend'].includes(words[0] ?? '')
    const said = await sifang([...words, ...(byHand ? ['--url', up?.url ?? ''] : [])], { cwd: folder })
    expect(said.exit, `${command}: ${said.out}${said.err}`).toBe(0)
  }
}, 120_000)

test('each mutation and each trigger is in it', () => {
  for (const word of ['dup@', 'replay@', 'late@', 'swap@', 'drop@', 'amount@', 'lost@'])
    expect(guide).toContain(`| \`${word}`)
  for (const word of ['sale', 'refund', 'reversal', 'notice-again', 'close-day', 'crash'])
    expect(guide).toContain(`npx sifang trigger ${word}`)
})

test('what was recorded of the network by hand plays again', async () => {
  expect(await up?.stop()).toBe(0)
  up = undefined
  const said = await sifang(['replay', 'night.ndjson', '--json'], { cwd: folder })
  const { exit, differences, sent } = JSON.parse(said.out) as { exit: number; differences: []; sent: number }
  expect([said.exit, exit, differences]).toEqual([0, 0, []])
  expect(sent).toBeGreaterThan(8)
})
