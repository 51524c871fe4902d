// A subject that we start: what its configuration may say, how it is known to be ready, and that it ends whatever
// happens. The exam of a whole wallet in another language is in other-wallet.test.ts.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import type { SpawnConfig } from './spawn-config.ts'
import { somebodyAnswers, type Starting, startSubject } from './spawned.ts'
import { freePorts } from './started-up.ts'
import { patiently } from './stranger.ts'
import { UsageError } from './usage.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-spawn-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const KEY =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'

/** A configuration whose `spawn` has these lines. */
const config = (...spawn: readonly string[]): string =>
  [
    'subject:',
    '  name: mine',
    '  features: [control]',
    '  spawn:',
    ...spawn.map((line) => `    ${line}`),
  ].join('\n')

async function read(text: string): Promise<Awaited<ReturnType<typeof readConfig>>> {
  const path = join(folder, 'sifang.config.yaml')
  await writeFile(path, text)
  return readConfig(path)
}

async function fault(work: Promise<unknown>): Promise<UsageError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof UsageError) return error
  throw new Error(`a sentence was due, and there was ${String(error)}`)
}

describe('subject.spawn', () => {
  test('a line is divided at its spaces; a list is taken as it stands; the rest has defaults', async () => {
    const line = await read(config("command: '  python3  wallet.py ${port} --keys=${keys} '"))
    expect(line.spawn).toEqual({
      command: ['python3', 'wallet.py', '${port}', '--keys=${keys}'],
      folder,
      environment: {},
      ready: { answers: '/control/idle' },
      withinMs: 20_000,
    })
    expect(line.switchPort).toBe(0)
    const list = await read(
      config("command: [node, -e, 'a b; c', '']", 'environment: { KEYS: "${keys}" }', 'within: 3s'),
    )
    expect(list.spawn).toMatchObject({ command: ['node', '-e', 'a b; c', ''], withinMs: 3_000 })
  })
  const handed = "command: 'x ${keys}'"
  test.each([
    ['nothing', [], ':4:9: subject.spawn: how it is started'],
    ['no command', ['within: 5s'], ':5:5: subject.spawn.command: one line, or a list'],
    ['an empty list', ['command: []'], ':5:14: subject.spawn.command: the program'],
    ['a quote in a line', ['command: \'x "a b" ${keys}\''], ':5:14: subject.spawn.command: no shell reads'],
    ['a pipe', ["command: 'x ${keys} | tee'"], ':5:14: subject.spawn.command: no shell reads'],
    ['a variable', ["command: 'x $HOME ${keys}'"], ':5:14: subject.spawn.command: no shell reads'],
    [
      'a placeholder of nothing',
      ["command: [x, '${keys}', '${prot}']"],
      ':5:29: subject.spawn.command.2: ${prot} stands for nothing; there are ${port}',
    ],
    [
      'the same in the environment',
      [handed, 'environment: { A: "${prot}" }'],
      ':6:23: subject.spawn.environment.A: ${prot}',
    ],
    ['a wait without unit', [handed, 'within: 20'], ':6:13: subject.spawn.within: seconds'],
    [
      'two ways to be ready',
      [handed, 'ready: { line: a, answers: /b }'],
      ':6:12: subject.spawn.ready: either',
    ],
    [
      'a path without slash',
      [handed, 'ready: { answers: idle }'],
      ':6:23: subject.spawn.ready.answers: a path',
    ],
    [
      'a folder that is not there',
      [handed, 'folder: nowhere'],
      ':6:13: subject.spawn.folder: there is no folder',
    ],
    ['an unknown member', [handed, 'colour: blue'], 'subject.spawn: '],
    ['keys for nobody', ['command: x'], ':5:5: subject.spawn: write ${keys}'],
  ])('%s is said with file, line and column', async (_, spawn, expected) => {
    const { message, exit } = await fault(read(config(...spawn)))
    expect(message).toContain(`sifang.config.yaml`)
    expect(message).toContain(expected)
    expect(exit).toBe(2)
  })
  test('its own certificates and our keys exclude each other, and one certificate is none', async () => {
    const own = (...uses: readonly string[]): string =>
      uses.map((use) => `\n  ${use}: { id: '1', publicKey: '${KEY}' }`).join('')
    expect((await read(config('command: x') + own('sign', 'encrypt'))).keys?.sign.id).toBe('1')
    const both = await fault(read(config(handed) + own('sign', 'encrypt')))
    expect(both.message).toContain('${keys} hands over test keys of ours')
    expect((await fault(read(config('command: x') + own('sign')))).message).toContain('subject.encrypt: ')
  })
})

/** A subject of a few lines of JavaScript; `port` is given as its first argument. */
const starting = (script: string, more: Partial<SpawnConfig> = {}): Starting => ({
  config: {
    command: [process.execPath, '-e', script, '${port}'],
    folder,
    environment: { PROFILE: 'p:${profile}' },
    ready: { line: 'ready' },
    withinMs: 10_000,
    ...more,
  },
  values: { port: '0', switch: 'http://127.0.0.1:1', peers: 'peers', keys: 'keys', profile: 'sim' },
  url: 'http://127.0.0.1:9',
  log: join(folder, 'subject.log'),
  lang: 'en',
})

const SERVE = "const s=require('node:http').createServer((q,r)=>r.end('x')).listen(0,'127.0.0.1',()=>"
const serving = async (log: string): Promise<string> =>
  `http://127.0.0.1:${/at (\d+)/.exec(await readFile(log, 'utf8'))?.[1] ?? ''}`

describe('a process', () => {
  test('placeholders are filled, a line makes it ready, what it says is kept, and with it ends what it started', async () => {
    const child = `${SERVE}console.log('at',s.address().port,'ready'))`
    const script = `console.log(process.env.PROFILE, process.argv[1]); require('node:child_process').spawn(process.execPath,['-e',${JSON.stringify(child)}],{stdio:'inherit'})`
    const parts = starting(script)
    const started = await startSubject(parts)
    expect(await started.ended(0)).toBeUndefined()
    const log = parts.log ?? ''
    const url = await serving(log)
    expect(await readFile(log, 'utf8')).toContain('p:sim 0')
    expect(await somebodyAnswers(url)).toBe(true)
    await started.stop()
    expect(await somebodyAnswers(url)).toBe(false)
  })
  test('an answer makes it ready, whatever it says', async () => {
    const port = await freePorts(2)
    const script =
      "require('node:http').createServer((q,r)=>{r.statusCode=404;r.end()}).listen(process.argv[1],'127.0.0.1')"
    const parts = starting(script, { ready: { answers: '/control/idle' } })
    const url = `http://127.0.0.1:${port}`
    const started = await startSubject({ ...parts, values: { ...parts.values, port: String(port) }, url })
    expect(await somebodyAnswers(url)).toBe(true)
    await started.stop()
    expect(await somebodyAnswers(url)).toBe(false)
  })
  test('one that dies before it is ready: exit 3, with its last words', async () => {
    const { message, exit } = await fault(
      startSubject(starting("console.error('no such\\ndatabase'); process.exit(7)")),
    )
    expect(exit).toBe(3)
    expect(message).toContain('exit code 7')
    expect(message.endsWith('no such\ndatabase')).toBe(true)
  })
  test('one that is not there, and one that is never ready: exit 3, and nothing is left running', async () => {
    const none = await fault(startSubject(starting('', { command: ['sifang-no-such-program'] })))
    expect([none.exit, none.message]).toEqual([
      3,
      expect.stringContaining('“sifang-no-such-program” was not found'),
    ])
    const parts = starting(`${SERVE}console.log('at',s.address().port))`, {
      ready: { line: 'never' },
      withinMs: 1_500,
    })
    const late = await fault(startSubject({ ...parts, log: join(folder, 'late.log') }))
    expect([late.exit, late.message]).toEqual([3, expect.stringContaining('did not print “never” on stdout')])
    expect(await somebodyAnswers(await serving(join(folder, 'late.log')))).toBe(false)
  })
  test('one that is deaf to SIGTERM is killed', async () => {
    const parts = starting(`process.on('SIGTERM',()=>0); ${SERVE}console.log('at',s.address().port,'ready'))`)
    const log = join(folder, 'deaf.log')
    const started = await startSubject({ ...parts, log })
    await started.stop()
    expect(await somebodyAnswers(await serving(log))).toBe(false)
  })
  test('one that ends by itself is told of, with its last words', async () => {
    const dies = "{console.error('out of paper');process.exit(3)}"
    const script = `${SERVE.replace("r.end('x')", dies)}console.log('at',s.address().port,'ready'))`
    const log = join(folder, 'dies.log')
    const started = await startSubject({ ...starting(script), log })
    expect(await somebodyAnswers(await serving(log))).toBe(false)
    await expect
      .poll(() => started.ended(0))
      .toMatch(/in the middle of the run \(exit code 3\)[^]*out of paper$/)
    await started.stop()
  })
  test('an interrupt ends the waiting', async () => {
    const stop = AbortSignal.abort()
    const { exit } = await fault(startSubject({ ...starting('setInterval(()=>0,1e6)'), stop }))
    expect(exit).toBe(130)
  })
})

test('patience with a path that gives no answer wears out, and comes back with the first answer', async () => {
  const waits: number[] = []
  let silent = true
  const ask = patiently(
    async () => {
      if (silent) throw new Error('timed out')
      return Response.json({})
    },
    (ms) => {
      waits.push(ms)
      return silent ? AbortSignal.abort() : new AbortController().signal
    },
  )
  const call = (path: string): Promise<unknown> => ask(path, {}).catch(() => undefined)
  for (let count = 0; count < 4; count += 1) await call('/sifang/1/debit')
  await call('/sifang/1/credit')
  await call('/control/idle')
  silent = false
  await call('/sifang/1/debit')
  await call('/sifang/1/debit')
  expect(waits).toEqual([10_000, 2_500, 625, 250, 10_000, 30_000, 250, 10_000])
})
