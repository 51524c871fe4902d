// Business days from a seed: random traffic, every close, every file, every movement, and the invariants of clearing judged on
// what a day leaves behind: files, messages and exports. Nothing here looks inside a party.
import { isDay, nextBusinessDay, nextDay } from '../clearing/clearing.ts'
import { type ClearingDays, clearingDays, seeded } from '../scenarios/scenarios.ts'
import { type Profile, readBeijingTime } from '../wire/wire.ts'
import { type Judged, judgeDay } from './simulate-judge.ts'

export type SimulatedDay = {
  readonly day: string
  readonly business: boolean
  readonly items: number
  /** The institution's; positive: it receives. */
  readonly net: bigint
  readonly breaks: number
  readonly judged: readonly Judged[]
}
export type Simulated = {
  readonly days: readonly SimulatedDay[]
  readonly violated: readonly (Judged & { readonly day: string })[]
  readonly transcript: string
  readonly messages: number
}

export type SimulateOptions = {
  readonly profile: Profile
  readonly seed: string
  /** So many business days. */
  readonly days: number
  /** Things that happen in a day, at most; on a day without banks a third. */
  readonly busy?: number
  readonly told?: (day: SimulatedDay) => void
}

/** The Monday on which every simulation begins. */
const FIRST = '20260615'
const HOUR_MS = 3600_000
const BUSY = 10
const instant = (day: string, ms = 0): number => (readBeijingTime(`${day}000000`) ?? 0) + ms

export async function simulate({
  profile,
  seed,
  days,
  busy = BUSY,
  told,
}: SimulateOptions): Promise<Simulated> {
  const network = await clearingDays({ profile, seed, start: instant(FIRST, 8 * HOUR_MS) })
  const drawn = drawer(seed)
  const done: SimulatedDay[] = []
  const open: string[] = []
  let business = 0
  for (let day = FIRST; business < days; day = nextDay(day)) {
    await network.advance(Math.max(network.now(), instant(day, 8 * HOUR_MS)))
    await dayOfTraffic(network, day, drawn, isDay(day, 'business-day') ? busy : Math.ceil(busy / 3))
    open.push(day)
    // The next morning: files at nine, and on a day on which banks work the money at ten.
    await network.advance(instant(nextDay(day), 10 * HOUR_MS + 10 * 60_000))
    for (const due of open.filter((one) => nextBusinessDay(one) === nextDay(day))) {
      const one = await judged(network, due)
      done.push(one)
      told?.(one)
      open.splice(open.indexOf(due), 1)
      if (one.business) business += 1
    }
  }
  if (network.failures.length > 0) throw network.failures[0]
  const violated = done.flatMap(({ day, judged: all }) =>
    all.filter(({ verdict }) => verdict === 'violated').map((one) => ({ ...one, day })),
  )
  return { days: done, violated, transcript: network.transcript(), messages: network.messages() }
}

type Draw = (below: number) => number
function drawer(seed: string): Draw {
  const random = seeded(`days ${seed}`)
  return (below) => new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) % below
}

/** Between eight and the cut, some of it right around the cut. */
async function dayOfTraffic(network: ClearingDays, day: string, drawn: Draw, busy: number): Promise<void> {
  const count = drawn(busy) + Math.ceil(busy / 2)
  const times = Array.from({ length: count }, (_, at) =>
    at < 2
      ? instant(day, 23 * HOUR_MS) - 1500 + drawn(3000)
      : instant(day, 10.5 * HOUR_MS) + drawn(12 * HOUR_MS),
  )
  for (const at of times.sort((a, b) => a - b)) {
    if (at > network.now()) await network.advance(at)
    await network.act()
  }
}

async function judged(network: ClearingDays, day: string): Promise<SimulatedDay> {
  const cash = await network.handStatement(day)
  const before = await network.exports(day)
  const again = await network.loadAgain(day)
  const after = await network.exports(day)
  const { items, net, all } = await judgeDay(day, before, { cash, again, after })
  const breaks = before.cases.filter((one) => one['day'] === day).length
  return { day, business: isDay(day, 'business-day'), items, net, breaks, judged: all }
}
