// Thirty business days with all closes, files and money, in process: how long it takes, and what of it is the traffic alone.
import { simulate } from '../conformance/conformance.ts'
import { PROFILES } from '../wire/wire.ts'
import { median, type Row, rounded, row } from './row.ts'

const DAYS = 30
const ROUNDS = 3

export async function dayRows(): Promise<readonly Row[]> {
  const profile = PROFILES['sim']
  if (profile === undefined) throw new Error('there is no profile sim')
  // Once to warm up; the transcript must be the same every time.
  const first = await simulate({ profile, seed: '7', days: DAYS })
  const [seconds, cpu]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    const [began, before] = [performance.now(), process.cpuUsage()]
    const { transcript, violated } = await simulate({ profile, seed: '7', days: DAYS })
    const { user, system } = process.cpuUsage(before)
    seconds.push((performance.now() - began) / 1000)
    cpu.push((user + system) / 1e6)
    if (transcript !== first.transcript || violated.length > 0)
      throw new Error('a seed gave another run, or an invariant was violated')
  }
  const items = first.days.reduce((sum, one) => sum + one.items, 0)
  return [
    row({
      id: 'clearing-days',
      what: `seconds for ${DAYS} business days in process, every file and close (${first.days.length} days, ${items} items, ${first.messages} messages)`,
      value: rounded(median(seconds)),
      unit: 's',
      bar: { most: 2 },
      yardstick: `${rounded(median(cpu))} s of processor time; the same transcript hash ${ROUNDS + 1} times`,
    }),
  ]
}
