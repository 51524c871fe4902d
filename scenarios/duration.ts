// Time as pages write it (61s, 30m, 31d), and its moving.
import type { Cast } from './cast.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function durationMs(text: string): number {
  const [, count = '0', unit = 's'] = /^([0-9]+)(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(count) * (UNITS[unit] ?? 1000)
}

/** Moves the stage. In a whole network messages travel meanwhile, so the subject's clock goes ahead to every instant at
 *  which something will. */
export async function moveTime(cast: Cast, to: number): Promise<void> {
  const { clock, subject } = cast.stage
  const follows = cast.network !== undefined && subject.features.has('clock')
  for (;;) {
    const due = follows ? await cast.network?.nextDue() : undefined
    if (due === undefined || due > to) break
    const next = Math.min(to, Math.max(due, clock.now() + 1))
    await subject.api('POST', '/control/clock', { now: next })
    await cast.stage.scheduled(() => cast.stage.advance(next))
    if (next === to) break
  }
  await cast.stage.scheduled(() => cast.stage.advance(to))
  if (follows) await subject.api('POST', '/control/clock', { now: to })
}
