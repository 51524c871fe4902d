// Lengths of time as pages write them: 61s, 30m, 31d.
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function durationMs(text: string): number {
  const [, count = '0', unit = 's'] = /^([0-9]+)(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(count) * (UNITS[unit] ?? 1000)
}
