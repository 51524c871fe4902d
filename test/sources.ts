// What the house rules read: every file that git knows or would know, and folders of planted violations.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

/** Paths from the root. A file that git still lists but that is gone is left out. */
export function gitKnown(...patterns: readonly string[]): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard', '--', ...patterns], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)))
}

export type Planted = { readonly folder: string; readonly remove: () => void }

/** Lays `files` (path → text) in a fresh folder below test/, which git ignores. */
export function plant(name: string, files: Readonly<Record<string, string>>): Planted {
  const folder = join(ROOT, 'test', `.planted-${name}`)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  remove()
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return { folder, remove }
}
