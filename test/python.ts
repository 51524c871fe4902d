// Python for the tests of the wallet in another language: where it is, or why those tests are skipped.
import { spawnSync } from 'node:child_process'

const NAME = 'python3'

/** The program itself, past whatever only leads to it; or what is missing. */
export function python(): { readonly program: string; readonly missing: string } {
  const asking = 'import sys; print(*sys.version_info[:2], sys.executable)'
  const asked = spawnSync(NAME, ['-c', asking], { encoding: 'utf8' })
  if (asked.error !== undefined || asked.status !== 0)
    return { program: NAME, missing: `there is no ${NAME} on the PATH` }
  const [major = '0', minor = '0', program = NAME] = asked.stdout.trim().split(' ')
  const fine = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 9)
  return { program, missing: fine ? '' : `${NAME} is ${major}.${minor}, and 3.9 is needed` }
}
