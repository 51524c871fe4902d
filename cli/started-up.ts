// A `sifang up` in a process of its own at ports that are free, ready when this resolves. Test-only.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'

export type StartedUp = {
  /** The switch's address, at which the desk is. */
  readonly url: string
  /** Where a party listens: 0 switch, 1 institution, 2 and 3 acquirers, 4 bank. */
  at(place: number): string
  /** Ends it as Ctrl-C does; resolves with its exit code when all is written. */
  stop(): Promise<number | null>
}

const PARTIES = 5
const TRIES = 20

export async function startedUp(cwd: string, args: readonly string[] = []): Promise<StartedUp> {
  const port = await freePorts(args.includes('--tls') ? 2 * PARTIES : PARTIES)
  const script = join(import.meta.dirname, 'sifang.js')
  const words = [script, 'up', '--profile', 'sim', '--port', String(port), ...args]
  const up = spawn(process.execPath, words, { cwd, env: { ...process.env, LC_ALL: 'C' } })
  const ended = new Promise<number | null>((resolve) => up.on('close', resolve))
  let said = ''
  up.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    let out = ''
    up.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes('/control/ledger\n')) resolve()
    })
    up.on('close', () => reject(new Error(`sifang up ended: ${said}`)))
  })
  const at = (place: number): string => `http://127.0.0.1:${port + place}`
  return {
    url: at(0),
    at,
    stop: () => {
      up.kill('SIGINT')
      return ended
    },
  }
}

/** Below those that a system hands out by itself, so that nobody is given one of them in between. */
const [FROM, TO] = [10_000, 32_000]

/** The first of so many ports in a row that nobody listens at. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const first = randomInt(FROM, TO)
    const row = Array.from({ length: count }, (_, index) => portFree(first + index))
    if ((await Promise.all(row)).every((free) => free)) return first
  }
  throw new Error(`there are no ${count} free ports in a row`)
}

function portFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
