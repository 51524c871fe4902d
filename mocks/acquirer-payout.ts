// Merchants are paid on the next day on which banks work: what was cleared for them, less refunds and fees, of every day that
// falls on it. A merchant that owes more than it gets is paid nothing, and the rest is carried on (STL-024). One change per
// merchant and day: a batch that dies is begun again, and pays nobody twice (STL-022).
import { dayBefore, nextBusinessDay } from '../clearing/clearing.ts'
import { creditLine, debitLine } from '../ledger/ledger.ts'
import type { Job, JobDraft } from '../store/store.ts'
import { readBeijingTime } from '../wire/wire.ts'
import { dayBook } from './acquirer-book.ts'
import { acquirerDays, carries, type Payout, payouts } from './acquirer-close-records.ts'
import type { AcquirerWorld } from './acquirer-records.ts'

export function payoutJob(world: AcquirerWorld, day: string): JobDraft {
  const on = nextBusinessDay(day)
  const dueAt = (readBeijingTime(`${on}000000`) ?? 0) + world.profile.values.settleAfterMs
  return { id: `payout:${on}`, kind: 'payout', dueAt: Math.max(dueAt, world.clock.wall()), body: { on } }
}

/** The clearing days that are paid out on a business day: the one before it, and what lay before that without banks. */
export function daysPaidOn(on: string): readonly string[] {
  const found: string[] = []
  for (let day = dayBefore(on); nextBusinessDay(day) === on; day = dayBefore(day)) found.push(day)
  return found.reverse()
}

export async function payOut(world: AcquirerWorld, job: Job): Promise<void> {
  const { on } = job.body as { on: string }
  const days = daysPaidOn(on)
  const rows = await world.store.read(days.map((day) => acquirerDays.key(day)))
  const loaded = days.filter((day) => acquirerDays.in(rows, day) !== undefined)
  const cleared = new Map<string, bigint>()
  for (const { day, merchant, credit } of await dayBook(world))
    if (loaded.includes(day)) cleared.set(merchant, (cleared.get(merchant) ?? 0n) + credit)
  for (const [merchant, amount] of [...cleared].sort(([a], [b]) => (a < b ? -1 : 1)))
    await paid(world, { merchant, on, days: loaded, cleared: amount })
  await world.store.change([], () => ({ finish: [job], result: undefined }))
}

async function paid(
  world: AcquirerWorld,
  { merchant, on, days, cleared }: Pick<Payout, 'merchant' | 'on' | 'days' | 'cleared'>,
): Promise<void> {
  const id = `${on}.${merchant}`
  await world.store.change<void>([payouts.key(id), carries.key(merchant)], (rows) => {
    if (payouts.in(rows, id) !== undefined) return { result: undefined }
    const before = carries.in(rows, merchant)?.amount ?? 0n
    const due = cleared + before
    const amount = due > 0n ? due : 0n
    const record: Payout = { merchant, on, days, cleared, before, paid: amount, carried: due - amount }
    const lines = [debitLine(`MER:${merchant}`, amount), creditLine('BNK', amount)]
    const body = { entry: { id: `payout:${id}`, currency: '156', lines }, what: 'payout', id }
    return {
      put: [payouts.put(id, record), carries.put(merchant, { amount: due - amount })],
      append: amount === 0n ? [] : [{ item: `merchant.${merchant}`, kind: 'posting', body }],
      result: undefined,
    }
  })
}
