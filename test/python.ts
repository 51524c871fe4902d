// Python for the tests of the wallet in another language: where it is, or why those tests are skipped.
import { spawnSync } from 'node:child_process'

const NAME = 'python3'

/** The program itself, past whatever only leads to it; or what is missing. */
export function python(): { readonly program: string; readonly missing: string } {
  const asking = 'import sys; print(*sys.version_info[:2], sys.executable)'
  const asked = spawnSync(NAME, ['-c', asking], { encoding: 'utf8' })
  if (asked.error !== undefined || asked.status !== 0)
    return { program: NAME, missing: `there is no ${NAME} on the PATH` }
  const [first = '0', second = '0', program = NAME] = asked.stdout.trim().split(' ')
  const fine = Number(first) > 3 || (Number(first) === 3 && Number(second) >= 9)
  return { program, missing: fine ? '' : `${NAME} is ${first}.${second}, and 3.9 is needed` }
}
