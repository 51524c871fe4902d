// Runs the command as a user does, in a process of its own, and tells what it said. With a mutant's id our institution
// is broken on purpose. Test-only.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export type Said = { readonly exit: number | null; readonly out: string; readonly err: string }
type How = {
  readonly cwd: string
  readonly mutant?: string
  /** The process, for whoever wants to answer it or to wait for what it says. */
  readonly began?: (child: ChildProcess) => void
}

export function sifang(args: readonly string[], { cwd, mutant, began }: How): Promise<Said> {
  const script = join(import.meta.dirname, mutant === undefined ? 'sifang.js' : 'mutant-child.ts')
  const words = [script, ...(mutant === undefined ? [] : [mutant]), ...args]
  const env = { ...process.env, LC_ALL: 'C', NO_COLOR: '1' }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd, env })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', reject)
    child.on('close', (exit) => resolve({ exit, out, err }))
    began?.(child)
  })
}
