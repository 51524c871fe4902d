// From nothing to an answer: `sifang --help`, and `sifang up` until it listens, beside bare Node; and what an installation
// for production weighs.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scheduler } from 'node:timers/promises'
import { median, type Row, rounded, row } from './row.ts'

const TIMES = 15
const PORT = 24_600
const AGAIN_MS = 1

type Start = { readonly wallMs: number; readonly cpuMs: number }

/** Each in its turn, so that whoever else uses the machine is in the way of all of them alike. */
export async function startRows(): Promise<readonly Row[]> {
  const bare: Start[] = []
  const help: Start[] = []
  const listening: Start[] = []
  for (let count = 0; count <= TIMES; count += 1) {
    const [node, words, up] = [run(['-e', '0']), run(['cli/sifang.js', '--help']), await untilListening()]
    // The first of each fills the compile cache.
    if (count === 0) continue
    bare.push(node)
    help.push(words)
    listening.push(up)
  }
  const of = (starts: readonly Start[], what: keyof Start): number =>
    rounded(median(starts.map((one) => one[what])), 0)
  const yardstick = `bare Node: ${of(bare, 'wallMs')} ms (processor ${of(bare, 'cpuMs')} ms)`
  return [
    row({
      id: 'help',
      what: `sifang --help (processor ${of(help, 'cpuMs')} ms)`,
      value: of(help, 'wallMs'),
      unit: 'ms',
      bar: { most: 200 },
      yardstick,
    }),
    row({
      id: 'listening',
      what: `sifang up until its first address answers (processor ${of(listening, 'cpuMs')} ms)`,
      value: of(listening, 'wallMs'),
      unit: 'ms',
      bar: { most: 300 },
      yardstick,
    }),
    installed(),
  ]
}

function run(args: readonly string[]): Start {
  const cpu = childrenCpuMs()
  const began = performance.now()
  execFileSync(process.execPath, args, { stdio: 'ignore' })
  return { wallMs: performance.now() - began, cpuMs: childrenCpuMs() - cpu }
}

/** Processor time of the children that have ended, waited for by this process; zero where there is no /proc. */
function childrenCpuMs(): number {
  const fields = statOf('self')
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * MS_A_TICK
}

const MS_A_TICK = existsSync('/proc/self/stat')
  ? 1000 / Number(execFileSync('getconf', ['CLK_TCK']).toString())
  : 0

function statOf(pid: number | 'self'): readonly string[] {
  if (MS_A_TICK === 0) return []
  // The name in brackets may hold blanks.
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
}

async function untilListening(): Promise<Start> {
  const began = performance.now()
  const up = spawn(process.execPath, ['cli/sifang.js', 'up', '--port', String(PORT)], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => up.on('close', resolve))
  try {
    while (!(await opens(PORT))) {
      if (up.exitCode !== null) throw new Error(`sifang up ended with ${up.exitCode}; is port ${PORT} free?`)
      // A refused connection comes back at once: who asked without a pause would keep a core from who is asked.
      await scheduler.wait(AGAIN_MS)
    }
    await fetch(`http://127.0.0.1:${PORT}/`)
    const wallMs = performance.now() - began
    const fields = statOf(up.pid ?? 'self')
    return { wallMs, cpuMs: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MS_A_TICK }
  } finally {
    up.kill('SIGTERM')
    await ended
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** What `npm ci --omit=dev` brings, without our own sources. */
function installed(): Row {
  const folder = mkdtempSync(join(tmpdir(), 'sifang-install-'))
  try {
    for (const name of ['package.json', 'package-lock.json']) cpSync(name, join(folder, name))
    execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: 'ignore',
    })
    const { packages } = JSON.parse(
      readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'),
    ) as {
      packages: Record<string, unknown>
    }
    return row({
      id: 'install',
      what: `production install, scripts off (${Object.keys(packages).length} packages)`,
      value: rounded(bytesOf(join(folder, 'node_modules')) / 1e6, 1),
      unit: 'MB',
      bar: { most: 30 },
      yardstick: 'Mojaloop Testing Toolkit: 415 MB, 897 packages',
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function bytesOf(path: string): number {
  const about = statSync(path)
  if (!about.isDirectory()) return about.size
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
}
