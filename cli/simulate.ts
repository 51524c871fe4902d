// `sifang simulate`: business days of drawn traffic on the whole network, in process, every day closed, filed, paid and judged.
// Exit 0 where every invariant held, 1 where one did not; the same seed gives the same transcript.
import { type SimulatedDay, simulate } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import { profileNamed } from './profile.ts'
import { UsageError } from './usage.ts'

type SimulateCommand = {
  readonly days: string
  readonly seed: string
  readonly profile: string
  readonly busy: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

const DAYS_MAX = 1000

export async function simulateCommand(options: SimulateCommand): Promise<void> {
  const { lang, seed, json } = options
  const [days, busy] = [whole('--days', options.days), whole('--busy', options.busy)]
  const profile = await profileNamed(options.profile)
  const done = await simulate({
    profile,
    seed,
    days,
    busy,
    told: (day) => {
      if (json !== true) console.log(lineOf(day, lang))
    },
  })
  const { violated, transcript, messages } = done
  const business = done.days.filter((day) => day.business).length
  if (json === true) {
    const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    console.log(JSON.stringify({ ...done, business }, plain, 2))
  } else
    console.log(
      say(lang, 'cli.simulate.total', {
        days: String(done.days.length),
        business: String(business),
        messages: String(messages),
        violated: String(violated.length),
        transcript,
      }),
    )
  process.exitCode = violated.length === 0 ? 0 : 1
}

/** One day: what it came to for the institution, and what was violated, with the reason. */
function lineOf({ day, business, items, net, breaks, judged }: SimulatedDay, lang: 'zh' | 'en'): string {
  const held = judged.filter(({ verdict }) => verdict === 'held').length
  const wrong = judged.filter(({ verdict }) => verdict === 'violated')
  const told = say(lang, business ? 'cli.simulate.day' : 'cli.simulate.dayOff', {
    day,
    items: String(items).padStart(3),
    net: String(net).padStart(10),
    breaks: String(breaks),
    held: String(held),
  })
  return [told, ...wrong.map(({ invariant, because }) => `  ✗ ${invariant}: ${because}`)].join('\n')
}

function whole(name: string, text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text) && Number(text) <= DAYS_MAX) return Number(text)
  throw new UsageError(
    `${name} ${text}: expected a whole number from 1 to ${DAYS_MAX} 应为 1 至 ${DAYS_MAX} 的整数`,
  )
}
