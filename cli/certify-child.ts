// A certification in a process of its own: with a defect planted in it, or in another profile beside this one.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunEnd } from '../conformance/conformance.ts'
import type { Role } from '../scenarios/scenarios.ts'

export type Child = {
  /** The defect to plant while modules load; none where the reference is judged as it is. */
  readonly mutant?: string
  readonly role?: Role
  /** Rows to play; all where left out. */
  readonly rows?: readonly string[]
  readonly profile: string
  readonly seed?: string
  readonly out: string
}

const CHILD_MS_MAX = 300_000

/** Its end, or what it said instead of one. */
export function certifyChild(child: Child): Promise<{ end?: RunEnd; said: string }> {
  const { mutant, role, rows, profile, seed, out } = child
  const script = fileURLToPath(
    new URL(mutant === undefined ? './main.ts' : './mutant-child.ts', import.meta.url),
  )
  const args = [
    script,
    ...(mutant === undefined ? [] : [mutant]),
    'certify',
    '--in-process',
    '--json',
    '--profile',
    profile,
    '--out',
    out,
    ...(role === undefined ? [] : ['--role', role]),
    ...(rows === undefined ? [] : ['--grep', rows.join('|')]),
    ...(seed === undefined ? [] : ['--seed', seed]),
  ]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { timeout: CHILD_MS_MAX, maxBuffer: 64 << 20 },
      (_error, stdout, stderr) => {
        const last = stdout.trim().split('\n').at(-1) ?? ''
        try {
          resolve({ end: JSON.parse(last) as RunEnd, said: stderr })
        } catch {
          resolve({ said: stderr.trim().split('\n').at(-1) ?? 'the child said nothing' })
        }
      },
    )
  })
}
