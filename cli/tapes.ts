// Tapes of a certification: one for each page, or for each that failed, in the folder of the run. They hold codes and
// tokens in the clear, so nobody but their owner may read them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import about from '../package.json' with { type: 'json' }
import type { PlayPages } from '../conformance/conformance.ts'
import { INSTITUTION, type Stage, tapeText } from '../scenarios/scenarios.ts'
import { UsageError } from './usage.ts'

/** Which pages are recorded, and where to. Plain data: a second stage is told the same. */
export type Recording = { readonly folder: string; readonly which: 'all' | 'failed'; readonly seed: string }

export function tapesWanted(tapes: string | true | undefined): Recording['which'] | undefined {
  if (tapes === undefined || tapes === 'all' || tapes === 'failed') return tapes
  if (tapes === true) return 'all'
  throw new UsageError(
    `--tapes ${tapes}: all (every page, when nothing is named) or failed (pages that did not pass)`,
  )
}

export const tapesFolder = (run: string): string => join(run, 'tapes')

/** What a stage does with a page that is over. */
export function recordPages(
  { folder, which, seed }: Recording,
  stage: Stage,
): NonNullable<PlayPages['over']> {
  return ({ name }, { verdict }) => {
    if (which === 'failed' && verdict === 'pass') return
    const seen = stage.recorder.seen()
    const head = {
      profile: stage.profile.id,
      seed,
      recorded: name,
      by: about.version,
      at: seen[0]?.at ?? stage.clock.now(),
      clock: 'virtual',
      subject: INSTITUTION,
    } as const
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, `${name}.ndjson`), tapeText(head, seen), { mode: 0o600 })
  }
}
