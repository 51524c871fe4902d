// One measured figure beside its bar and its yardstick. What is measured once is a figure; what is measured in turns with
// its yardstick, in one run and on one machine, is a ratio that can be compared with yesterday's.

export type Row = {
  readonly id: string
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What we hold ourselves to: at most, or at least. */
  readonly bar: { readonly most: number } | { readonly least: number }
  readonly yardstick: string
  readonly holds: boolean
}

type Measured = Omit<Row, 'holds'>

export function row(measured: Measured): Row {
  const { value, bar } = measured
  return { ...measured, holds: 'most' in bar ? value <= bar.most : value >= bar.least }
}

export const rounded = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]]
  return (low + high) / 2
}

type Contender = { readonly name: string; run(times: number): unknown; readonly times: number }

/** Microseconds of processor time a run, each contender in slices that take turns, so that a slow minute slows all alike. */
export async function interleaved(
  contenders: readonly Contender[],
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const slices = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1)
    for (const { name, run, times } of contenders) {
      const before = process.cpuUsage()
      await run(times)
      const { user, system } = process.cpuUsage(before)
      // The first round warms up.
      if (round > 0) slices.get(name)?.push((user + system) / times)
    }
  return new Map([...slices].map(([name, all]) => [name, median(all)]))
}
