// Merchants are paid on the next day on which banks work: what was cleared for them, less refunds and fees, of every day whose
// file is in and that no payout had yet: so weekends and holidays roll. A merchant that owes more than it gets is paid nothing, and the rest is carried on (STL-024). One change per
// merchant and day: a batch that dies is begun again, and pays nobody twice (STL-022).
import { dayBefore, nextBusinessDay } from '../clearing/clearing.ts'
import { creditLine, debitLine } from '../ledger/ledger.ts'
import type { Job, JobDraft } from '../store/store.ts'
import { readBeijingTime } from '../wire/wire.ts'
import { dayBook } from './acquirer-book.ts'
import { acquirerDays, carries, paidDays, type Payout, payouts } from './acquirer-close-records.ts'
import type { AcquirerWorld } from './acquirer-records.ts'

export function payoutJob(world: AcquirerWorld, day: string): JobDraft {
  const now = world.clock.wall()
  const hourOf = (on: string): number =>
    (readBeijingTime(`${on}000000`) ?? 0) + world.profile.values.settleAfterMs
  let on = nextBusinessDay(day)
  while (hourOf(on) <= now) on = nextBusinessDay(on)
  return { id: `payout:${on}`, kind: 'payout', dueAt: hourOf(on), body: { on } }
}

/** A file that came late is paid with the next payout: so many business days are looked back upon. Ours. */
const LOOKED_BACK = 30

export async function payOut(world: AcquirerWorld, job: Job): Promise<void> {
  const { on } = job.body as { on: string }
  const candidates: string[] = []
  for (let day = dayBefore(on); candidates.length < LOOKED_BACK; day = dayBefore(day)) candidates.push(day)
  const rows = await world.store.read(candidates.map((day) => acquirerDays.key(day)))
  const loaded = new Set(candidates.filter((day) => acquirerDays.in(rows, day) !== undefined))
  const cleared = new Map<string, Map<string, bigint>>()
  for (const { day, merchant, credit } of await dayBook(world)) {
    if (!loaded.has(day)) continue
    const days = cleared.get(merchant) ?? new Map<string, bigint>()
    cleared.set(merchant, days.set(day, (days.get(day) ?? 0n) + credit))
  }
  for (const [merchant, days] of [...cleared].sort(([a], [b]) => (a < b ? -1 : 1)))
    await paid(world, merchant, on, days)
  await world.store.change([], () => ({ finish: [job], result: undefined }))
}

/** The days of a merchant that no payout had yet, together; each stands in one payout and in no other. */
async function paid(
  world: AcquirerWorld,
  merchant: string,
  on: string,
  days: ReadonlyMap<string, bigint>,
): Promise<void> {
  const keyOf = (day: string): string => `${merchant}.${day}`
  const named = [...days.keys()].sort()
  const id = `${on}.${merchant}`
  const keys = [payouts.key(id), carries.key(merchant), ...named.map((day) => paidDays.key(keyOf(day)))]
  await world.store.change<void>(keys, (rows) => {
    const due = named.filter((day) => paidDays.in(rows, keyOf(day)) === undefined)
    // A second payout of the day would stand under the same name: what came after the first waits for the next.
    if (due.length === 0 || payouts.in(rows, id) !== undefined) return { result: undefined }
    const cleared = due.reduce((sum, day) => sum + (days.get(day) ?? 0n), 0n)
    const before = carries.in(rows, merchant)?.amount ?? 0n
    const amount = cleared + before > 0n ? cleared + before : 0n
    const carried = cleared + before - amount
    const record: Payout = { merchant, on, days: due, cleared, before, paid: amount, carried }
    const lines = [debitLine(`MER:${merchant}`, amount), creditLine('BNK', amount)]
    const body = { entry: { id: `payout:${id}`, currency: '156', lines }, what: 'payout', id }
    return {
      put: [
        payouts.put(id, record),
        carries.put(merchant, { amount: carried }),
        ...due.map((day) => paidDays.put(keyOf(day), { payout: id })),
      ],
      append: amount === 0n ? [] : [{ item: `merchant.${merchant}`, kind: 'posting', body }],
      result: undefined,
    }
  })
}
