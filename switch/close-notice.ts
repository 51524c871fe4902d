// What a closed day comes to is told to every party that had a part in it, once, until it is acknowledged: its own sum must
// be the same (STL-019).
import type { Job, JobDraft } from '../store/store.ts'
import { call } from '../wire/wire.ts'
import { DIRECT } from './acp-world.ts'
import { pairNets, positionsOf } from './close-nets.ts'
import { type DayRecord, days } from './feed-book.ts'
import type { SwitchWorld } from './world.ts'

type Body = {
  readonly day: string
  readonly party: string
  readonly currency: string
  readonly attempt: number
}

const noticeJob = (body: Body, dueAt: number): JobDraft => ({
  id: `net:${body.day}.${body.party}.${body.currency}`,
  kind: 'net-notice',
  dueAt,
  body,
})

export function noticeJobs(world: SwitchWorld, { day, sums }: DayRecord, now: number): readonly JobDraft[] {
  return (
    positionsOf(pairNets(sums))
      // Our own gateway is no party that could answer.
      .filter(
        ({ party }) => party !== world.me && party !== DIRECT && world.directory.party(party) !== undefined,
      )
      .map(({ party, currency }) => noticeJob({ day, party, currency, attempt: 0 }, now))
  )
}

const directed = (net: bigint) => ({
  direction: net === 0n ? 'EVEN' : net < 0n ? 'PAYS' : 'RECEIVES',
  netAmount: net < 0n ? -net : net,
})

export async function tellNet(world: SwitchWorld, job: Job): Promise<void> {
  const { day, party, currency, attempt } = job.body as Body
  const record = days.in(await world.store.read([days.key(day)]), day)
  if (record === undefined) throw new Error(`net notice ${job.id}: day ${day} is not closed`)
  const own = pairNets(record.sums).filter((one) => one.party === party && one.currency === currency)
  const net = own.reduce((sum, one) => sum + one.net, 0n)
  const mine = record.sums.filter((sum) => sum.institution === party || sum.acquirer === party)
  const reply = await call(
    world,
    'net.notice',
    party,
    {
      notice: `NET${day}${currency}${party}`,
      clearingDay: day,
      netCurrency: currency,
      ...directed(net),
      itemCount: String(
        mine.filter((sum) => sum.currency === currency).reduce((sum, one) => sum + one.items, 0),
      ),
      nets: own.map(({ counterparty, net: with_ }) => ({ counterparty, ...directed(with_) })),
    },
    world.profile.values.noticeWaitMs,
  )
  const gap = world.profile.values.noticeGapsMs[attempt]
  const heard = reply.kind === 'answered' && reply.class === 'OK'
  await world.store.change([], () => {
    if (heard) return { finish: [job], result: undefined }
    if (gap !== undefined)
      return {
        finish: [job],
        enqueue: [noticeJob({ day, party, currency, attempt: attempt + 1 }, world.clock.wall() + gap)],
        result: undefined,
      }
    const because = `the net of ${day} was not acknowledged by ${party}`
    return {
      finish: [job],
      append: [{ item: `day:${day}`, kind: 'case', body: { because } }],
      result: undefined,
    }
  })
}
