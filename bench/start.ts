// From nothing to an answer: `sifang --help`, and `sifang up` until it listens, beside bare Node; and what an installation
// for production weighs.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, type Row, rounded, row } from './row.ts'

const TIMES = 9
const PORT = 24_600

export async function startRows(): Promise<readonly Row[]> {
  const bare: number[] = []
  const help: number[] = []
  const listening: number[] = []
  for (let count = 0; count <= TIMES; count += 1) {
    const [node, help1, up] = [
      wallMs(['-e', '0']),
      wallMs(['cli/main.ts', '--help']),
      await untilListeningMs(),
    ]
    // The first of each fills the compile cache.
    if (count === 0) continue
    bare.push(node)
    help.push(help1)
    listening.push(up)
  }
  const yardstick = `bare Node: ${rounded(median(bare), 0)} ms`
  return [
    row({
      id: 'help',
      what: 'sifang --help',
      value: rounded(median(help), 0),
      unit: 'ms',
      bar: { most: 200 },
      yardstick,
    }),
    row({
      id: 'listening',
      what: 'sifang up until its first address answers',
      value: rounded(median(listening), 0),
      unit: 'ms',
      bar: { most: 300 },
      yardstick,
    }),
    installed(),
  ]
}

function wallMs(args: readonly string[]): number {
  const began = performance.now()
  execFileSync(process.execPath, args, { stdio: 'ignore' })
  return performance.now() - began
}

async function untilListeningMs(): Promise<number> {
  const began = performance.now()
  const up = spawn(process.execPath, ['cli/main.ts', 'up', '--port', String(PORT)], { stdio: 'ignore' })
  try {
    for (;;) {
      // A refused connection comes back at once; whoever asks again in the same turn finds the moment it opens.
      const answered = await fetch(`http://127.0.0.1:${PORT}/`).then(
        () => true,
        () => false,
      )
      if (answered) return performance.now() - began
    }
  } finally {
    up.kill('SIGTERM')
    await new Promise((resolve) => up.on('close', resolve))
  }
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
