// docs/by-hand.md is run as it stands: every line of it, in its order, against a network that runs, and what it answers
// is what the guide says.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedUp, startedUp } from './started-up.ts'

const guide = await readFile(fileURLToPath(new URL('../docs/by-hand.md', import.meta.url)), 'utf8')
const lines = [...guide.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
  block.split('\n').filter((line) => line !== ''),
)
const LINE =
  /^curl -s (?:-X (POST) )?http:\/\/127\.0\.0\.1:(1808[0-2])(\S+)(?: -H '[^']+' -d '([^']+)')? # → (.+)$/

let folder = ''
let up: StartedUp | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-by-hand-'))
  up = await startedUp(folder, [])
})
afterAll(async () => {
  await up?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('every line of the guide answers what it says', async () => {
  expect(lines.length).toBeGreaterThan(10)
  for (const line of lines) {
    const [, method = 'GET', port, path = '', body, answer = ''] = LINE.exec(line) ?? expect.fail(line)
    const response = await fetch(`${up?.at(Number(port) - 18_080) ?? ''}${path}`, {
      method,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
    })
    expect(await response.text(), line).toContain(answer)
  }
}, 60_000)
